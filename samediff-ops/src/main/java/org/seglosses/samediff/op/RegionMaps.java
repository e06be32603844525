package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.List;

/**
 * The predictions that region losses are made of, and the sums over each of their maps, which are
 * found while a prediction is at hand; in one array, see {@link Maps}.
 *
 * <p>A prediction is the score, or the softmax over channels, and at void pixels 0. Of a sigmoid
 * its <em>tail</em> is held, which knows its derivative too where it is rounded to 1: p below 1/2,
 * and else p - 1; see {@link FloatSoftmax#tails}. On request it is the sigmoid's <em>slope</em>,
 * {@code p * (1-p)}, negative where the label is 1: the gradient needs nothing else then.
 */
public final class RegionMaps extends JavaOp {

    /** For ND4J, which creates ops by reflection. */
    public RegionMaps() {}

    private RegionMaps(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /**
     * Adds the op to the graph of its inputs.
     *
     * @param form what the prediction is of the scores
     * @param scores {@code [N,C,H,W]}
     * @param target labels and weights
     * @param squarePredicted whether predictions are squared where they are summed alone
     * @param squareLabelled whether labels are squared where they are summed alone
     * @param slopes whether the maps hold slopes in the place of predictions; only of sigmoids,
     *     with labels of 0 and 1, without weights and squares
     * @return the maps
     */
    public static SDVariable of(
            Probabilities.Form form,
            SDVariable scores,
            Target target,
            boolean squarePredicted,
            boolean squareLabelled,
            boolean slopes) {
        RegionMaps op = new RegionMaps(target.inputs(scores));
        op.addIArgument(
                target.form(),
                squarePredicted ? 1 : 0,
                squareLabelled ? 1 : 0,
                form.ordinal(),
                slopes ? 1 : 0);
        return op.variable();
    }

    /** How the maps of scores of a shape lie in their array. */
    static Maps layout(INDArray scores) {
        return new Maps(scores.shape(), RegionSums.COLUMNS);
    }

    /** Makes the kernel for an op that has this op's arguments. */
    static FloatRegions floatKernel(JavaOp op, INDArray[] inputs, Blocks blocks) {
        return new FloatRegions(
                FloatTarget.of(op.intArg(0), inputs, blocks),
                Probabilities.Form.values()[op.intArg(3)],
                op.flagArg(1),
                op.flagArg(4),
                blocks);
    }

    /** Makes the kernel for an op that has this op's arguments. */
    static DoubleRegions doubleKernel(JavaOp op, INDArray[] inputs, Blocks blocks) {
        return new DoubleRegions(
                DoubleTarget.of(op.intArg(0), inputs, blocks),
                Probabilities.Form.values()[op.intArg(3)],
                op.flagArg(1),
                op.flagArg(4),
                blocks);
    }

    @Override
    String shortName() {
        return "region_maps";
    }

    @Override
    void check(OpArguments given) {
        requireArguments(given, Target.require(given));
    }

    /** The rules of this op and of those that read its maps. */
    static void requireArguments(OpArguments given, int form) {
        given.integers(5, "target", "squarePredicted", "squareLabelled", "form", "slopes").reals();
        given.flag(1);
        given.flag(2);
        given.code(3, Probabilities.Form.values().length);
        given.flag(4);
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        Blocks.of("scores", inputs[0]);
        return new long[] {layout(inputs[0]).length(inputs[0].dataType())};
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return Maps.type(inputs.get(0));
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        Blocks blocks = Blocks.of("scores", inputs[0]);
        Maps maps = layout(inputs[0]);
        if (inputs[0].dataType() == DataType.DOUBLE) {
            doubleKernel(this, inputs, blocks)
                    .forward(
                            HostArray.doubles(inputs[0]),
                            flagArg(2),
                            maps.doubles(output),
                            maps.sums(output));
        } else {
            floatKernel(this, inputs, blocks)
                    .forward(
                            HostArray.floats(inputs[0]),
                            flagArg(2),
                            maps.floats(output),
                            maps.sums(output));
        }
        HostArray.written(output);
    }
}
