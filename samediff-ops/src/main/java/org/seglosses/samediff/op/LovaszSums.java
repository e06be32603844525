package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.List;

/**
 * The sum of the errors times their weights, of each image {@code [N]} or of the batch {@code [1]},
 * accumulated in double. The gradient by the values is that of {@link WeightedSums}: the weights of
 * {@link LovaszWeights} have the errors' sign, and are its constants.
 */
public final class LovaszSums extends JavaOp {

    private static final int BY_CHANNEL = 2;

    /** For ND4J, which creates ops by reflection. */
    public LovaszSums() {}

    private LovaszSums(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /**
     * Adds the op to the graph of its inputs.
     *
     * @param values probabilities or logits {@code [N,C,H,W]}
     * @param weights the bits of the weights, as {@link LovaszWeights} gives them
     * @param hinge whether errors are those of logits, and not of probabilities
     * @param eachImage whether there is a sum for each image, and not of the batch
     * @return the sums {@code [N]} or {@code [1]}
     */
    public static SDVariable of(
            SDVariable values, SDVariable weights, boolean hinge, boolean eachImage) {
        LovaszSums op = new LovaszSums(new SDVariable[] {values, weights});
        op.addIArgument(hinge ? 1 : 0, eachImage ? 1 : 0);
        return op.variable();
    }

    /**
     * Adds the same sums of each channel of each image to a graph; not differentiable.
     *
     * @param sums sums of this op
     * @return the sums {@code [N,C]}
     */
    public static SDVariable ofChannels(SDVariable sums) {
        LovaszSums given = (LovaszSums) sums.getCreator();
        LovaszSums op = new LovaszSums(given.args());
        op.addIArgument(given.intArg(0), BY_CHANNEL);
        return op.variable();
    }

    @Override
    String shortName() {
        return "lovasz_sums";
    }

    @Override
    void check(OpArguments given) {
        given.inputs(2, "values", "weights").integers(2, "hinge", "groups").reals();
        given.flag(0);
        given.code(1, BY_CHANNEL + 1);
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
        if (intArg(1) == BY_CHANNEL) {
            return new long[] {images, inputs[0].size(1)};
        }
        return new long[] {flagArg(1) ? images : 1};
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return inputs.get(0);
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        Blocks blocks = Blocks.of("values", inputs[0]);
        blocks.requireMatch("weights", inputs[1], blocks.channels(), blocks.channels());
        if (output.dataType() == DataType.DOUBLE) {
            DoubleLovasz.sums(
                    HostArray.doubles(inputs[0]),
                    HostArray.doubleBits(inputs[1]),
                    flagArg(0),
                    blocks,
                    HostArray.doubles(output));
        } else {
            FloatLovasz.sums(
                    HostArray.floats(inputs[0]),
                    HostArray.floatBits(inputs[1]),
                    flagArg(0),
                    blocks,
                    HostArray.floats(output));
        }
        HostArray.written(output);
    }

    @Override
    public List<SDVariable> doDiff(List<SDVariable> upstream) {
        if (intArg(1) == BY_CHANNEL) {
            throw new UnsupportedOperationException(opName() + " of channels has no derivative");
        }
        return List.of(WeightedSumsGradient.of(upstream.get(0), arg(1)));
    }
}
