package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The gradient of {@link WeightedSums} by the probabilities, and of {@link LovaszSums} by the
 * values; not differentiable.
 */
public final class WeightedSumsGradient extends ScoreGradient {

    /** For ND4J, which creates ops by reflection. */
    public WeightedSumsGradient() {}

    private WeightedSumsGradient(SDVariable[] inputs) {
        super(inputs);
    }

    @Override
    ScoreGradient of(SDVariable[] inputs) {
        return new WeightedSumsGradient(inputs);
    }

    static SDVariable of(SDVariable upstream, SDVariable weights) {
        return new WeightedSumsGradient(new SDVariable[] {upstream, weights}).variable();
    }

    @Override
    String shortName() {
        return "weighted_sums_gradient";
    }

    @Override
    void checkOwn(OpArguments given) {
        given.inputs(2, "upstream", "weights").integers(0).reals();
        given.length(0, OpArguments.FLOATING, OpArguments.ANY);
        given.input(
                1,
                given.bitsOf(0),
                OpArguments.ANY,
                OpArguments.ANY,
                OpArguments.ANY,
                OpArguments.ANY);
        long images = given.size(1, 0);
        given.length(0, OpArguments.FLOATING, given.size(0, 0) == 1 ? 1 : images);
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        return inputs[1].shape();
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        Blocks blocks = Blocks.of("weights", inputs[1]);
        if (output.dataType() == DataType.DOUBLE) {
            DoubleImageSums.dotGradient(
                    HostArray.doubleBits(inputs[1]),
                    HostArray.doubles(inputs[0]),
                    blocks,
                    doubleAddend(inputs),
                    HostArray.doubles(output));
        } else {
            FloatImageSums.dotGradient(
                    HostArray.floatBits(inputs[1]),
                    HostArray.floats(inputs[0]),
                    blocks,
                    floatAddend(inputs),
                    HostArray.floats(output));
        }
        HostArray.written(output);
    }
}
