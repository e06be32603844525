package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.List;

/**
 * The sums over H and W that region losses are made of, {@code [N,C,4]} of DOUBLE: with the
 * prediction p, the label y and the weight w of each valid pixel, {@code TP = sum w*p*y}, {@code FP
 * = sum w*p - TP}, {@code Y = sum w*y}, {@code sum w}; on request with squares, {@code sum w*p^2 -
 * TP} and {@code sum w*y^2}.
 *
 * <p>Differentiable by the scores that the prediction is made of, in one step: a gradient by the
 * prediction is never stored.
 */
public final class RegionSums extends JavaOp {

    /** The columns of the sums. */
    static final int TRUE_POSITIVE = 0;

    static final int FALSE_POSITIVE = 1;
    static final int LABELLED = 2;
    static final int WEIGHT = 3;

    /** How many columns there are. */
    static final int COLUMNS = 4;

    /** For ND4J, which creates ops by reflection. */
    public RegionSums() {}

    private RegionSums(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /**
     * Adds the op to the graph of its inputs.
     *
     * @param form what the prediction is of the scores
     * @param scores {@code [N,C,H,W]}
     * @param bits the bits of the prediction, see {@link Probabilities#bits}
     * @param target labels and weights
     * @param squarePredicted whether predictions are squared where they are alone
     * @param squareLabelled whether labels are squared where they are alone
     * @return the sums {@code [N,C,4]}
     */
    public static SDVariable of(
            Probabilities.Form form,
            SDVariable scores,
            SDVariable bits,
            Target target,
            boolean squarePredicted,
            boolean squareLabelled) {
        RegionSums op = new RegionSums(target.inputs(scores, bits));
        op.addIArgument(
                target.form(), squarePredicted ? 1 : 0, squareLabelled ? 1 : 0, form.ordinal());
        return op.variable();
    }

    @Override
    String shortName() {
        return "region_sums";
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        return new long[] {inputs[0].size(0), inputs[0].size(1), COLUMNS};
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        // a score near 1 is a difference of sums that are nearly equal
        return DataType.DOUBLE;
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        Blocks blocks = Blocks.of("scores", inputs[0]);
        INDArray bits = inputs[Target.count(intArg(0))];
        if (inputs[0].dataType() == DataType.DOUBLE) {
            DoubleRegionSums.forward(
                    HostArray.doubleBits(bits),
                    DoubleTarget.of(intArg(0), inputs, blocks),
                    flagArg(1),
                    flagArg(2),
                    blocks,
                    HostArray.doubles(output));
        } else {
            FloatRegionSums.forward(
                    HostArray.floatBits(bits),
                    FloatTarget.of(intArg(0), inputs, blocks),
                    flagArg(1),
                    flagArg(2),
                    blocks,
                    HostArray.doubles(output));
        }
        HostArray.written(output);
    }

    @Override
    public List<SDVariable> doDiff(List<SDVariable> upstream) {
        return List.of(RegionSumsGradient.of(this, upstream.get(0)));
    }
}
