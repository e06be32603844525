package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.List;

/**
 * The softmax probability of each pixel's label: logits {@code [N,C,H,W]} and codes {@code
 * [N,1,H,W]} to {@code [N,1,H,W]}; +infinity at void pixels, so that no selection takes them. NaN
 * where any of a valid pixel's logits is not finite. It serves to select pixels and has no
 * gradient.
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
     * @return the probabilities
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
    long[] outputShape(INDArray[] inputs) {
        return inputs[1].shape();
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return inputs.get(0);
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        Blocks blocks = Blocks.of("logits", inputs[0]);
        blocks.requireMatch("codes", inputs[1], 1, 1);
        if (output.dataType() == DataType.DOUBLE) {
            DoubleOhem.trueProbabilities(
                    HostArray.doubles(inputs[0]),
                    HostArray.ints(inputs[1]),
                    flagArg(0),
                    blocks,
                    HostArray.doubles(output));
        } else {
            FloatOhem.trueProbabilities(
                    HostArray.floats(inputs[0]),
                    HostArray.ints(inputs[1]),
                    flagArg(0),
                    blocks,
                    HostArray.floats(output));
        }
        HostArray.written(output);
    }
}
