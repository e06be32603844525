package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.List;

/**
 * The mean of a group's pixel terms, {@code [G]}, from {@link CrossEntropySums} {@code [N,3]}: a
 * group is each image (G = N) or the batch (G = 1). A group whose divisor is 0 has mean 0 and
 * gradient 0.
 */
public final class NormalizedSums extends JavaOp {

    /** What the sum of a group's terms is divided by. */
    public enum Divisor {
        /** The sum of the weights of its valid pixels. */
        VALID,
        /** The number of its pixels, void ones included. */
        ALL_PIXELS,
        /** One. */
        SUM,
        /** The number of its images. */
        IMAGES
    }

    /** For ND4J, which creates ops by reflection. */
    public NormalizedSums() {}

    private NormalizedSums(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /**
     * Adds the op to the graph of its inputs. Sums of DOUBLE hold what a mean of FLOAT does not.
     *
     * @param sums {@code [N,3]}
     * @param divisor what to divide by
     * @param eachImage whether each image is a group
     * @param type the type of the means
     * @return the means {@code [G]}
     */
    public static SDVariable of(
            SDVariable sums, Divisor divisor, boolean eachImage, DataType type) {
        NormalizedSums op = new NormalizedSums(new SDVariable[] {sums});
        op.addIArgument(divisor.ordinal(), eachImage ? 1 : 0, type == DataType.DOUBLE ? 1 : 0);
        return op.variable();
    }

    @Override
    String shortName() {
        return "normalized_sums";
    }

    @Override
    void check(OpArguments given) {
        given.inputs(1, "sums");
        requireArguments(given);
    }

    /** The rules of this op and its gradient; returns whether a group is an image. */
    static boolean requireArguments(OpArguments given) {
        given.integers(3, "divisor", "eachImage", "double").reals();
        given.flag(2);
        given.code(0, Divisor.values().length);
        given.input(0, OpArguments.FLOATING, OpArguments.ANY, 3);
        return given.flag(1);
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        return new long[] {flagArg(1) ? inputs[0].size(0) : 1};
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return flagArg(2) ? DataType.DOUBLE : DataType.FLOAT;
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        double[][] groups = groups(inputs[0], flagArg(1));
        Divisor divisor = Divisor.values()[intArg(0)];
        for (int g = 0; g < groups.length; g++) {
            double by = divisor(groups[g], divisor);
            // without any weight a mean is 0, yet stays NaN if a valid logit was not finite
            output.putScalar(g, by == 0 ? groups[g][0] * 0 : groups[g][0] / by);
        }
    }

    /** Adds up the columns of each group, and its images. */
    static double[][] groups(INDArray sums, boolean eachImage) {
        int images = (int) sums.size(0);
        double[][] groups = new double[eachImage ? images : 1][4];
        for (int i = 0; i < images; i++) {
            double[] group = groups[eachImage ? i : 0];
            for (int k = 0; k < 3; k++) {
                group[k] += sums.getDouble(i, k);
            }
            group[3]++;
        }
        return groups;
    }

    static double divisor(double[] group, Divisor divisor) {
        return switch (divisor) {
            case VALID -> group[1];
            case ALL_PIXELS -> group[2];
            case SUM -> 1;
            case IMAGES -> group[3];
        };
    }

    @Override
    public List<SDVariable> doDiff(List<SDVariable> upstream) {
        return List.of(NormalizedSumsGradient.of(this, upstream.get(0)));
    }
}
