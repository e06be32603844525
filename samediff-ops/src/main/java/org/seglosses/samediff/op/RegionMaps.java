package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * The predictions that region losses are made of, and the sums over each of their maps, which are
 * found while a prediction is at hand: an op has one output. It holds the sums of {@link
 * RegionSums}, and behind them the predictions {@code [N,C,H,W]}: bits in INT32, of DOUBLE in
 * INT64. An integer has no gradient; those of the ops that read the maps lead to the scores.
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

    /** How many elements the sums take before a prediction of a shape. */
    private static int header(long[] shape, DataType type) {
        int sums = Math.toIntExact(shape[0] * shape[1]) * RegionSums.COLUMNS;
        return type == DataType.INT64 ? sums : sums * (Double.BYTES / Float.BYTES);
    }

    /** The sums of maps. */
    static DoubleBuffer sums(INDArray maps, long[] shape) {
        int header = header(shape, maps.dataType());
        return HostArray.doublesWithin(maps, header);
    }

    /** The predictions of maps of FLOAT. */
    static FloatBuffer floats(INDArray maps, long[] shape) {
        int header = header(shape, maps.dataType());
        return HostArray.floatBits(maps).position(header).slice();
    }

    /** The predictions of maps of DOUBLE. */
    static DoubleBuffer doubles(INDArray maps, long[] shape) {
        int header = header(shape, maps.dataType());
        return HostArray.doubleBits(maps).position(header).slice();
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
    long[] outputShape(INDArray[] inputs) {
        long[] shape = inputs[0].shape();
        Blocks.of("scores", inputs[0]);
        return new long[] {
            header(shape, outputType(List.of(inputs[0].dataType()))) + inputs[0].length()
        };
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return inputs.get(0) == DataType.DOUBLE ? DataType.INT64 : DataType.INT32;
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        Blocks blocks = Blocks.of("scores", inputs[0]);
        long[] shape = inputs[0].shape();
        if (inputs[0].dataType() == DataType.DOUBLE) {
            doubleKernel(this, inputs, blocks)
                    .forward(
                            HostArray.doubles(inputs[0]),
                            flagArg(2),
                            doubles(output, shape),
                            sums(output, shape));
        } else {
            floatKernel(this, inputs, blocks)
                    .forward(
                            HostArray.floats(inputs[0]),
                            flagArg(2),
                            floats(output, shape),
                            sums(output, shape));
        }
        HostArray.written(output);
    }
}
