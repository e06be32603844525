package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.List;

/**
 * Region losses of groups, from {@link RegionSums} {@code [N,C,4]}: a group is each image, or the
 * batch, whose sums are those of its images. The output is the loss of each group {@code [G]}, or
 * what each class contributes to it {@code [G,C]}. A group without a valid pixel costs 0 and has
 * gradient 0; NaN in any class's sums makes NaN of its group.
 *
 * <p>iArgs: the formula, 1 for DOUBLE, 1 if an image is a group, 1 for what classes contribute, 1
 * for a logarithm, what absent classes do, the classes averaged (none: all). tArgs: the formula's
 * arguments, the class weights (none: all equal).
 */
public final class RegionLosses extends JavaOp {

    private static final int BY_CLASS = 3;
    private static final int CLASSES = 6;

    /** For ND4J, which creates ops by reflection. */
    public RegionLosses() {}

    private RegionLosses(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /**
     * A mean over classes, and the groups that it is taken of.
     *
     * @param eachImage whether a group is an image, and not the batch
     * @param absent what a class that is absent from a group does, see {@link ClassCoefficients}
     * @param classes the classes averaged; empty: all
     * @param classWeights the weight of each class, averaged or not, in the mean; empty: all equal
     * @param type the type of the losses
     */
    public record Mean(
            boolean eachImage,
            int absent,
            List<Integer> classes,
            List<Double> classWeights,
            DataType type) {

        /**
         * Groups alone, for a loss that has no mean over classes.
         *
         * @param eachImage whether a group is an image, and not the batch
         * @param type the type of the losses
         * @return them
         */
        public static Mean ofGroups(boolean eachImage, DataType type) {
            return new Mean(eachImage, ClassCoefficients.PENALIZE, List.of(), List.of(), type);
        }
    }

    /**
     * A ratio {@code (both*I + smooth) / max(b*I + predicted*P + labelled*Y + smoothBelow, eps)},
     * with {@code I = TP} and {@code P = TP + FP}.
     *
     * @param both the factor of {@code I = sum w*p*y} above
     * @param bothBelow its factor below
     * @param predicted the factor of {@code P = sum w*p} below
     * @param labelled the factor of {@code Y = sum w*y} below
     * @param smooth what is added above
     * @param smoothBelow what is added below
     * @param eps what the ratio's divisor is at least, and the ratio itself before its logarithm
     */
    public record Ratio(
            double both,
            double bothBelow,
            double predicted,
            double labelled,
            double smooth,
            double smoothBelow,
            double eps) {}

    /**
     * Adds to the graph of its inputs: {@code (mean_c (1 - r_c))^gamma}, or with a logarithm {@code
     * (mean_c -log max(r_c, eps))^gamma}, of the ratios r of the classes.
     *
     * @param sums {@code [N,C,4]}
     * @param mean the mean over classes
     * @param ratio the ratio of a class
     * @param logarithm whether its logarithm is taken
     * @param gamma the power
     * @return the losses {@code [G]}
     */
    public static SDVariable ratio(
            SDVariable sums, Mean mean, Ratio ratio, boolean logarithm, double gamma) {
        return of(
                sums,
                RegionFormula.RATIO,
                mean,
                logarithm,
                ratio.both,
                ratio.bothBelow,
                ratio.predicted,
                ratio.labelled,
                ratio.smooth,
                ratio.smoothBelow,
                ratio.eps,
                gamma);
    }

    /**
     * Adds one minus the Matthews correlation of the only class to the graph of its inputs.
     *
     * @param sums {@code [N,1,4]}
     * @param mean for its groups and type
     * @param eps what is added to each of the four counts
     * @return the losses {@code [G]}
     */
    public static SDVariable matthews(SDVariable sums, Mean mean, double eps) {
        return of(sums, RegionFormula.MATTHEWS, mean, false, eps);
    }

    /**
     * Adds the generalized Dice loss to the graph of its inputs.
     *
     * @param sums {@code [N,C,4]}
     * @param mean for its groups, its type, and the classes that count
     * @param power a class's weight is its labels' sum to minus this power
     * @param smooth what is added above
     * @param smoothBelow what is added below
     * @param inPixels whether what is added is multiplied by the sum of the classes' weights
     * @return the losses {@code [G]}
     */
    public static SDVariable generalizedDice(
            SDVariable sums,
            Mean mean,
            double power,
            double smooth,
            double smoothBelow,
            boolean inPixels) {
        RegionFormula formula =
                inPixels
                        ? RegionFormula.GENERALIZED_DICE_IN_PIXELS
                        : RegionFormula.GENERALIZED_DICE;
        return of(sums, formula, mean, false, power, smooth, smoothBelow);
    }

    /**
     * Adds the mean over all elements of {@code p*(y-1)^2 + (1-p)*y^2} to the graph of its inputs.
     *
     * @param sums {@code [N,C,4]}, of squared labels
     * @param mean for its groups and type
     * @return the losses {@code [G]}
     */
    public static SDVariable fit(SDVariable sums, Mean mean) {
        return of(sums, RegionFormula.FIT, mean, false);
    }

    /**
     * Adds what each class contributes to losses to their graph; not differentiable.
     *
     * @param losses losses of this op
     * @return the contributions {@code [G,C]}
     */
    public static SDVariable ofClasses(SDVariable losses) {
        RegionLosses forward = (RegionLosses) losses.getCreator();
        RegionLosses op = new RegionLosses(forward.args());
        long[] arguments = forward.iArgs();
        arguments[BY_CLASS] = 1;
        op.addIArgument(arguments);
        op.addTArgument(forward.tArgs());
        return op.variable();
    }

    private static SDVariable of(
            SDVariable sums,
            RegionFormula formula,
            Mean mean,
            boolean logarithm,
            double... arguments) {
        RegionLosses op = new RegionLosses(new SDVariable[] {sums});
        op.addIArgument(
                formula.ordinal(),
                mean.type == DataType.DOUBLE ? 1 : 0,
                mean.eachImage ? 1 : 0,
                0,
                logarithm ? 1 : 0,
                mean.absent);
        mean.classes.forEach(op::addIArgument);
        op.addTArgument(arguments);
        mean.classWeights.forEach(op::addTArgument);
        return op.variable();
    }

    @Override
    String shortName() {
        return "region_losses";
    }

    @Override
    void check(OpArguments given) {
        given.inputs(1, "sums");
        requireArguments(given);
    }

    /** The rules of this op and its gradient; returns whether a group is an image. */
    static boolean requireArguments(OpArguments given) {
        given.integersAndMore(
                "classes",
                "formula",
                "double",
                "eachImage",
                "contributions",
                "logarithm",
                "absent");
        RegionFormula formula =
                RegionFormula.values()[given.code(0, RegionFormula.values().length)];
        for (int i = 1; i < 5; i++) {
            given.flag(i);
        }
        given.code(5, ClassCoefficients.PENALIZE + 1);
        String[] names = formula.names();
        given.realsAndWeights("classWeights", names);
        for (int i = 0; i < names.length; i++) {
            formula.check(given, i);
        }
        given.input(
                0, List.of(DataType.DOUBLE), OpArguments.ANY, OpArguments.ANY, RegionSums.COLUMNS);
        given.classes(CLASSES, given.size(0, 1));
        given.weightOfEach(names.length, given.size(0, 1));
        return given.flag(2);
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        long groups = flagArg(2) ? inputs[0].size(0) : 1;
        return flagArg(BY_CLASS) ? new long[] {groups, inputs[0].size(1)} : new long[] {groups};
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return flagArg(1) ? DataType.DOUBLE : DataType.FLOAT;
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        GroupLoss[] groups = groups(this, inputs[0]);
        if (flagArg(BY_CLASS)) {
            GroupLoss.writeParts(groups, output);
        } else {
            GroupLoss.writeLosses(groups, output);
        }
    }

    /** Finds the losses of all groups for an op that has this op's arguments. */
    static GroupLoss[] groups(JavaOp op, INDArray sums) {
        RegionFormula formula = RegionFormula.values()[op.intArg(0)];
        RegionFormula.Arguments arguments =
                new RegionFormula.Arguments(
                        op.tArgs(),
                        op.flagArg(4),
                        ClassShares.of(op, 5, CLASSES, formula.arguments()));
        return GroupLoss.all(sums, op.flagArg(2), (own, images) -> group(formula, arguments, own));
    }

    private static GroupLoss group(
            RegionFormula formula, RegionFormula.Arguments arguments, double[][] sums) {
        double check = 0;
        double weight = 0;
        for (double[] ofClass : sums) {
            // NaN of any class, though it may not count
            check += ofClass[RegionSums.FALSE_POSITIVE] * 0;
            weight += ofClass[RegionSums.WEIGHT];
        }
        GroupLoss group = GroupLoss.zero(sums);
        if (weight > 0) {
            formula.evaluate(sums, arguments, group);
        }
        for (int c = 0; c < sums.length; c++) {
            group.parts()[c] += check;
            for (int k = 0; k < RegionSums.COLUMNS; k++) {
                group.gradient()[c][k] += check;
            }
        }
        return group;
    }

    @Override
    public List<SDVariable> doDiff(List<SDVariable> upstream) {
        if (flagArg(BY_CLASS)) {
            throw new UnsupportedOperationException(opName() + " of classes has no derivative");
        }
        return List.of(RegionLossesGradient.of(this, upstream.get(0)));
    }
}
