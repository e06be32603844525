package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.Arrays;

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
        boolean weighted = forward.isWeighted(args.length);
        SDVariable[] inputs = Arrays.copyOf(args, weighted ? 4 : 3);
        inputs[2] = upstream;
        if (weighted) {
            inputs[3] = args[2];
        }
        CrossEntropyGradient op = new CrossEntropyGradient(inputs);
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
        given.inputs(3, "logits", "labels", "upstream", "weights");
        CrossEntropySums.requireArguments(given);
        given.input(2, given.typeOf(0), given.size(0, 0), 3);
        if (given.countOfInputs() > 3) {
            CrossEntropySums.requireWeights(given, 3);
        }
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        return inputs[0].shape();
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        INDArray weights = inputs.length > (hasAddend() ? 4 : 3) ? inputs[3] : null;
        if (output.dataType() == DataType.DOUBLE) {
            CrossEntropySums.doubles(this, inputs[0], inputs[1], weights)
                    .gradient(
                            HostArray.doubles(inputs[2]),
                            doubleAddend(inputs),
                            HostArray.doubles(output));
        } else {
            CrossEntropySums.floats(this, inputs[0], inputs[1], weights)
                    .gradient(
                            HostArray.floats(inputs[2]),
                            floatAddend(inputs),
                            HostArray.floats(output));
        }
        HostArray.written(output);
    }
}
