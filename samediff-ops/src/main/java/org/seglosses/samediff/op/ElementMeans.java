package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.Arrays;
import java.util.List;

/**
 * Pixel-wise losses of groups, from {@link ElementSums} {@code [N,C,4]}: a group is each image, or
 * the batch, whose sums are those of its images. The output is the loss of each group {@code [G]},
 * or what each class of each image contributes to the loss of the batch {@code [N,C]}.
 *
 * <p>With class weights v, the terms T, weights M, counts K and factors F of a group's classes, and
 * the divisor D of {@link NormalizedSums.Divisor}: pooled, the loss is {@code sum_c v_c*T_c / D},
 * where D of VALID is {@code sum_c v_c*M_c}; by classes it is {@code sum_c v_c * (T_c / D_c)},
 * where D_c of VALID is M_c. Normalized, it is divided by {@code max(F, 1e-6)} too, F being that of
 * all classes, or of each. Aggregated, with m for what that gives, it is {@code a * (1 -
 * exp(-m))^gamma * m}. A mean over no weight is 0, and so is its gradient.
 *
 * <p>iArgs: the divisor, 1 for DOUBLE, 1 if an image is a group, 1 for what classes contribute, 1
 * for by classes, 1 for normalized. tArgs: a and gamma of the aggregate (a = 0: none), the class
 * weights (none: 1 each).
 */
public final class ElementMeans extends JavaOp {

    private static final double LEAST_FACTORS = 1e-6;

    private static final int TERMS = ElementSums.TERMS;
    private static final int BY_CLASS = 3;
    private static final int WEIGHTS = 2;

    /** For ND4J, which creates ops by reflection. */
    public ElementMeans() {}

    private ElementMeans(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /**
     * Adds the op to the graph of its inputs: pooled, not normalized, not aggregated.
     *
     * @param sums {@code [N,C,4]}
     * @param divisor what to divide by
     * @param eachImage whether a group is an image, and not the batch
     * @param classWeights the class weights; none for 1 each
     * @param type the type of the losses
     * @return the losses {@code [G]}
     */
    public static SDVariable of(
            SDVariable sums,
            NormalizedSums.Divisor divisor,
            boolean eachImage,
            List<Double> classWeights,
            DataType type) {
        return of(sums, divisor, eachImage, false, false, null, classWeights, type);
    }

    /**
     * Adds the op to the graph of its inputs.
     *
     * @param sums {@code [N,C,4]}
     * @param divisor what to divide by
     * @param eachImage whether a group is an image, and not the batch
     * @param byClasses whether each class has a mean of its own
     * @param normalized whether the loss is divided by the factors too
     * @param aggregate a and gamma, or null
     * @param classWeights the class weights; none for 1 each
     * @param type the type of the losses
     * @return the losses {@code [G]}
     */
    public static SDVariable of(
            SDVariable sums,
            NormalizedSums.Divisor divisor,
            boolean eachImage,
            boolean byClasses,
            boolean normalized,
            double[] aggregate,
            List<Double> classWeights,
            DataType type) {
        ElementMeans op = new ElementMeans(new SDVariable[] {sums});
        op.addIArgument(
                divisor.ordinal(),
                type == DataType.DOUBLE ? 1 : 0,
                eachImage ? 1 : 0,
                0,
                byClasses ? 1 : 0,
                normalized ? 1 : 0);
        op.addTArgument(aggregate == null ? new double[2] : aggregate);
        classWeights.forEach(op::addTArgument);
        return op.variable();
    }

    /**
     * Adds what each class of each image contributes to losses of the batch to their graph; not
     * differentiable.
     *
     * @param losses losses of this op
     * @return the contributions {@code [N,C]}
     */
    public static SDVariable ofClasses(SDVariable losses) {
        ElementMeans forward = (ElementMeans) losses.getCreator();
        ElementMeans op = new ElementMeans(forward.args());
        long[] arguments = forward.iArgs();
        arguments[BY_CLASS] = 1;
        op.addIArgument(arguments);
        op.addTArgument(forward.tArgs());
        return op.variable();
    }

    @Override
    String shortName() {
        return "element_means";
    }

    @Override
    void check(OpArguments given) {
        given.inputs(1, "sums");
        requireArguments(given);
    }

    /** The rules of this op and its gradient; returns whether a group is an image. */
    static boolean requireArguments(OpArguments given) {
        given.integers(
                        6,
                        "divisor",
                        "double",
                        "eachImage",
                        "contributions",
                        "byClasses",
                        "normalized")
                .realsAndWeights("classWeights", "a", "gamma");
        given.code(0, NormalizedSums.Divisor.values().length);
        for (int i = 1; i < 6; i++) {
            given.flag(i);
        }
        given.notNegative(0);
        given.notNegative(1);
        given.input(
                0, List.of(DataType.DOUBLE), OpArguments.ANY, OpArguments.ANY, ElementSums.COLUMNS);
        given.weightOfEach(WEIGHTS, given.size(0, 1));
        return given.flag(2);
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        long images = inputs[0].size(0);
        return flagArg(BY_CLASS)
                ? new long[] {images, inputs[0].size(1)}
                : new long[] {flagArg(2) ? images : 1};
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return flagArg(1) ? DataType.DOUBLE : DataType.FLOAT;
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        GroupLoss[] groups = groups(this, inputs[0]);
        if (flagArg(BY_CLASS)) {
            contributions(groups[0].parts(), inputs[0], output);
        } else {
            GroupLoss.writeLosses(groups, output);
        }
    }

    /** Shares out what each class contributes among the images that its terms come from. */
    private static void contributions(double[] parts, INDArray sums, INDArray output) {
        double[][] all = GroupLoss.addUp(sums, 0, (int) sums.size(0));
        for (int i = 0; i < sums.size(0); i++) {
            for (int c = 0; c < parts.length; c++) {
                double share = sums.getDouble(i, c, TERMS) / all[c][TERMS];
                output.putScalar(i, c, all[c][TERMS] == 0 ? 0 : parts[c] * share);
            }
        }
    }

    /** Finds the losses of all groups for an op that has this op's arguments. */
    static GroupLoss[] groups(JavaOp op, INDArray sums) {
        return GroupLoss.all(sums, op.flagArg(2), (own, images) -> group(op, own, images));
    }

    private static GroupLoss group(JavaOp op, double[][] sums, int images) {
        NormalizedSums.Divisor divisor = NormalizedSums.Divisor.values()[op.intArg(0)];
        boolean byClasses = op.flagArg(4);
        boolean normalized = op.flagArg(5);
        double[] v = classWeights(op, sums.length);
        GroupLoss group = GroupLoss.zero(sums);
        double[] parts = group.parts();
        double[][] gradient = group.gradient();
        double mass = 0;
        double count = 0;
        double factors = 0;
        for (int c = 0; c < sums.length; c++) {
            mass += v[c] * sums[c][ElementSums.WEIGHTS];
            count += sums[c][ElementSums.COUNT];
            factors += sums[c][ElementSums.FACTORS];
        }
        double total = 0;
        for (int c = 0; c < sums.length; c++) {
            double[] s = sums[c];
            double by =
                    switch (divisor) {
                        case VALID -> byClasses ? s[ElementSums.WEIGHTS] : mass;
                        case ALL_PIXELS -> byClasses ? s[ElementSums.COUNT] : count;
                        case SUM -> 1;
                        case IMAGES -> images;
                    };
            double all = byClasses ? s[ElementSums.FACTORS] : factors;
            double norm = normalized ? Math.max(all, LEAST_FACTORS) : 1;
            // without any weight a mean is 0, yet stays NaN if a valid logit was not finite
            double share = by == 0 ? 0 : v[c] / by / norm;
            parts[c] = share * s[ElementSums.TERMS] + s[ElementSums.TERMS] * 0;
            gradient[c][ElementSums.TERMS] = share + s[ElementSums.TERMS] * 0;
            if (normalized && byClasses && all > LEAST_FACTORS) {
                gradient[c][ElementSums.FACTORS] = -parts[c] / norm;
            }
            total += parts[c];
        }
        if (normalized && !byClasses && factors > LEAST_FACTORS) {
            for (double[] derivatives : gradient) {
                derivatives[ElementSums.FACTORS] = -total / factors;
            }
        }
        double[] aggregate = op.tArgs();
        if (aggregate[0] != 0) {
            aggregate(aggregate[0], aggregate[1], total, parts, gradient);
        }
        return group;
    }

    /** Puts {@code a*q^gamma*m}, {@code q = 1 - exp(-m)}, in the place of m. */
    private static void aggregate(
            double a, double gamma, double m, double[] parts, double[][] gradient) {
        double q = -Math.expm1(-m);
        double factor = gamma == 0 ? a : a * Math.pow(q, gamma);
        // at m = 0 the derivative is 0, though below 1 the power's has no bound there; m / q has
        // one
        double slope = m == 0 ? factor : factor * (1 + gamma * Math.exp(-m) * (m / q));
        for (int c = 0; c < parts.length; c++) {
            parts[c] *= factor;
            gradient[c][ElementSums.TERMS] *= slope;
            gradient[c][ElementSums.FACTORS] *= slope;
        }
    }

    private static double[] classWeights(JavaOp op, int channels) {
        double[] all = op.tArgs();
        double[] weights = new double[channels];
        Arrays.fill(weights, 1);
        if (all.length == WEIGHTS) {
            return weights;
        }
        if (all.length != WEIGHTS + channels) {
            throw new IllegalArgumentException(
                    "classWeights must have a weight for each of "
                            + channels
                            + " classes, got "
                            + (all.length - WEIGHTS)
                            + " weights");
        }
        System.arraycopy(all, WEIGHTS, weights, 0, channels);
        return weights;
    }

    @Override
    public List<SDVariable> doDiff(List<SDVariable> upstream) {
        if (flagArg(BY_CLASS)) {
            throw new UnsupportedOperationException(opName() + " of classes has no derivative");
        }
        return List.of(ElementMeansGradient.of(this, upstream.get(0)));
    }
}
