package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.List;

/**
 * For each image the sum of probabilities times their weights, {@code DistanceWeights}: {@code
 * [N,C,H,W]} and {@code [N,C,H,W]} to {@code [N]}, accumulated in double. The weights are constants
 * of the gradient.
 */
public final class WeightedSums extends JavaOp {

    /** For ND4J, which creates ops by reflection. */
    public WeightedSums() {}

    private WeightedSums(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /**
     * Adds the op to the graph of its inputs.
     *
     * @param probabilities {@code [N,C,H,W]}
     * @param weights the bits of the weights, as the op of the weights gives them
     * @return the sums {@code [N]}
     */
    public static SDVariable of(SDVariable probabilities, SDVariable weights) {
        return new WeightedSums(new SDVariable[] {probabilities, weights}).variable();
    }

    /**
     * Adds the same sums of each channel to a graph; not differentiable.
     *
     * @param sums sums of this op
     * @return the sums {@code [N,C]}
     */
    public static SDVariable ofChannels(SDVariable sums) {
        WeightedSums op = new WeightedSums(((WeightedSums) sums.getCreator()).args());
        op.addIArgument(1);
        return op.variable();
    }

    private boolean byChannel() {
        return iArgs().length > 0;
    }

    @Override
    String shortName() {
        return "weighted_sums";
    }

    @Override
    void check(OpArguments given) {
        given.inputs(2, "probabilities", "weights").integers(0, "byChannel").reals().yes(0);
        given.predictions(0);
        given.input(
                1,
                given.bitsOf(0),
                given.size(0, 0),
                given.size(0, 1),
                given.size(0, 2),
                given.size(0, 3));
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        long images = inputs[0].size(0);
        return byChannel() ? new long[] {images, inputs[0].size(1)} : new long[] {images};
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return inputs.get(0);
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        Blocks blocks = Blocks.of("probabilities", inputs[0]);
        blocks.requireMatch("weights", inputs[1], blocks.channels(), blocks.channels());
        if (output.dataType() == DataType.DOUBLE) {
            DoubleImageSums.dot(
                    HostArray.doubles(inputs[0]),
                    HostArray.doubleBits(inputs[1]),
                    blocks,
                    byChannel(),
                    HostArray.doubles(output));
        } else {
            FloatImageSums.dot(
                    HostArray.floats(inputs[0]),
                    HostArray.floatBits(inputs[1]),
                    blocks,
                    byChannel(),
                    HostArray.floats(output));
        }
        HostArray.written(output);
    }

    @Override
    public List<SDVariable> doDiff(List<SDVariable> upstream) {
        if (byChannel()) {
            throw new UnsupportedOperationException(opName() + " of channels has no derivative");
        }
        return List.of(WeightedSumsGradient.of(upstream.get(0), arg(1)));
    }
}
