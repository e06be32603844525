package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.List;

/**
 * The softmax probability of each pixel's label, and its entropy {@code -log p}: logits {@code
 * [N,C,H,W]} and codes {@code [N,1,H,W]} to {@code [2,N,H,W]}. At void pixels the probability is
 * +infinity, so that no selection takes them, and the entropy 0. Both are NaN where any of a valid
 * pixel's logits is not finite, but for -infinity of another class, which says probability 0. They
 * are bits, in INT32, of DOUBLE in INT64: an integer has no gradient, and the entropies' own is
 * found from the logits.
 */
public final class TrueProbability extends JavaOp {

    /** For ND4J, which creates ops by reflection. */
    public TrueProbability() {}

    private TrueProbability(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /**
     * Adds the op to the graph of its inputs.
     *
     * @param logits {@code [N,C,H,W]}, or probabilities
     * @param codes codes of {@link Targets} {@code [N,1,H,W]}
     * @param given whether the logits are probabilities
     * @return probabilities and entropies
     */
    public static SDVariable of(SDVariable logits, SDVariable codes, boolean given) {
        TrueProbability op = new TrueProbability(new SDVariable[] {logits, codes});
        op.addIArgument(given ? 1 : 0);
        return op.variable();
    }

    @Override
    String shortName() {
        return "true_probability";
    }

    @Override
    void check(OpArguments given) {
        given.inputs(2, "logits", "codes").integers(1, "probabilities").reals();
        given.flag(0);
        given.predictions(0);
        given.input(
                1,
                List.of(DataType.INT32),
                given.size(0, 0),
                1,
                given.size(0, 2),
                given.size(0, 3));
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        long[] shape = inputs[0].shape();
        return new long[] {2, shape[0], shape[2], shape[3]};
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return inputs.get(0) == DataType.DOUBLE ? DataType.INT64 : DataType.INT32;
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        Blocks blocks = Blocks.of("logits", inputs[0]);
        blocks.requireMatch("codes", inputs[1], 1, 1);
        if (inputs[0].dataType() == DataType.DOUBLE) {
            DoubleOhem.trueProbabilities(
                    HostArray.doubles(inputs[0]),
                    HostArray.ints(inputs[1]),
                    flagArg(0),
                    blocks,
                    HostArray.doubleBits(output));
        } else {
            FloatOhem.trueProbabilities(
                    HostArray.floats(inputs[0]),
                    HostArray.ints(inputs[1]),
                    flagArg(0),
                    blocks,
                    HostArray.floatBits(output));
        }
        HostArray.written(output);
    }
}
