package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The gradient of {@link CrossEntropySums} by its logits, {@code [N,C,H,W]}; not differentiable.
 */
public final class CrossEntropyGradient extends ScoreGradient {

    /** For ND4J, which creates ops by reflection. */
    public CrossEntropyGradient() {}

    private CrossEntropyGradient(SDVariable[] inputs) {
        super(inputs);
    }

    @Override
    ScoreGradient of(SDVariable[] inputs) {
        return new CrossEntropyGradient(inputs);
    }

    static SDVariable of(CrossEntropySums forward, SDVariable upstream) {
        SDVariable[] args = forward.args();
        List<SDVariable> inputs = new ArrayList<>(List.of(args[0], args[1], upstream));
        int others =
                (CrossEntropySums.isSoft(forward) ? 1 : 0)
                        + (forward.isWeighted(args.length) ? 1 : 0);
        inputs.addAll(Arrays.asList(args).subList(2, 2 + others));
        CrossEntropyGradient op = new CrossEntropyGradient(inputs.toArray(new SDVariable[0]));
        op.addIArgument(forward.iArgs());
        op.addTArgument(forward.tArgs());
        return op.variable();
    }

    @Override
    String shortName() {
        return "cross_entropy_gradient";
    }

    @Override
    void checkOwn(OpArguments given) {
        CrossEntropySums.requireArguments(given);
        boolean soft = given.flag(2);
        given.inputs(
                soft ? 4 : 3,
                soft
                        ? new String[] {"logits", "codes", "upstream", "labels", "weights"}
                        : new String[] {"logits", "codes", "upstream", "weights"});
        CrossEntropySums.requireInputs(given, 3, given.countOfInputs());
        given.input(2, OpArguments.FLOATING, given.size(0, 0), 3);
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        return inputs[0].shape();
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        int count = inputs.length - (hasAddend() ? 1 : 0);
        int next = 3;
        INDArray soft = CrossEntropySums.isSoft(this) ? inputs[next++] : null;
        INDArray weights = next < count ? inputs[next] : null;
        double[] upstream = new double[(int) inputs[2].size(0)];
        Arrays.setAll(upstream, image -> inputs[2].getDouble(image, 0));
        if (output.dataType() == DataType.DOUBLE) {
            CrossEntropySums.doubles(this, inputs[0], inputs[1], soft, weights)
                    .gradient(upstream, doubleAddend(inputs), HostArray.doubles(output));
        } else {
            CrossEntropySums.floats(this, inputs[0], inputs[1], soft, weights)
                    .gradient(upstream, floatAddend(inputs), HostArray.floats(output));
        }
        HostArray.written(output);
    }
}
