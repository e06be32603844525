package org.seglosses.samediff.loss;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.shade.jackson.annotation.JsonInclude;
import org.nd4j.shade.jackson.databind.annotation.JsonDeserialize;
import org.seglosses.samediff.op.RegionLosses;

import java.io.Serializable;
import java.util.List;

/**
 * What {@link Dice}, {@link Jaccard} and {@link Tversky} have in common: they are means over
 * classes of {@code 1 - score}, with a score that is a ratio of sums over pixels, of the batch or
 * of each image.
 *
 * <p>With the probability p, the label y and the weight w of each valid pixel, {@code I = sum
 * w*p*y}, {@code P = sum w*p}, {@code Y = sum w*y}. A class is absent where {@code Y = 0}. A class
 * of {@link Mode#MULTILABEL} without a valid element counts as 0.
 *
 * @param smooth s, added above and below, 0 or between 1e-10 and 1e10; 0 by default
 * @param smoothDenominator what is added below if that is not s, 0 or between 1e-10 and 1e10; null,
 *     the default, for s
 * @param eps what a divisor is at least, and a score before its logarithm; between 1e-10 and 1e10,
 *     with logLoss below 1; 1e-7 by default
 * @param squaredDenominator whether P and Y are sums of squares, {@code sum w*p^2} and {@code sum
 *     w*y^2}; false by default
 * @param logLoss whether a class costs {@code -log max(score, eps)} in the place of {@code 1 -
 *     score}; false by default
 * @param perImage whether the loss is taken of each image, and averaged, or of the batch; false by
 *     default
 * @param absentClass what absent classes count; {@link AbsentClass#ZERO} by default
 * @param classes the classes to average over; none by default, which is all
 * @param classWeights a weight for each class in the mean, not negative; none by default
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
@JsonDeserialize(using = DefinitionReader.class)
public record RegionOptions(
        double smooth,
        Double smoothDenominator,
        double eps,
        boolean squaredDenominator,
        boolean logLoss,
        boolean perImage,
        AbsentClass absentClass,
        List<Integer> classes,
        List<Double> classWeights)
        implements Serializable {

    /**
     * Checks the options.
     *
     * @param smooth as the record says
     * @param smoothDenominator as the record says
     * @param eps as the record says
     * @param squaredDenominator as the record says
     * @param logLoss as the record says
     * @param perImage as the record says
     * @param absentClass as the record says
     * @param classes as the record says
     * @param classWeights as the record says
     * @throws IllegalArgumentException if one is out of its range
     */
    public RegionOptions {
        Rules.requireScale(smooth, "smooth");
        if (smoothDenominator != null) {
            Rules.requireScale(smoothDenominator, "smoothDenominator");
        }
        Rules.requirePositive(eps, "eps");
        Rules.require(!logLoss || eps < 1, "eps", "below 1, the best score, with logLoss", eps);
        Rules.requireGiven(absentClass, "absentClass");
        classes = Rules.classes(classes);
        classWeights = Rules.classWeights(classWeights);
    }

    /**
     * Adds the loss of each group of pixels to a graph, for a score {@code (both*I + s) /
     * (bothBelow*I + predicted*P + labelled*Y + s)}.
     */
    SDVariable groupLosses(
            LossGraph graph,
            boolean eachImage,
            double both,
            double bothBelow,
            double predicted,
            double labelled,
            double gamma) {
        RegionLosses.Ratio ratio =
                new RegionLosses.Ratio(
                        both,
                        bothBelow,
                        predicted,
                        labelled,
                        smooth,
                        smoothDenominator == null ? smooth : smoothDenominator,
                        eps);
        RegionLosses.Mean mean =
                new RegionLosses.Mean(
                        eachImage, absentClass.ordinal(), classes, classWeights, graph.type());
        return RegionLosses.ratio(
                graph.regionSums(squaredDenominator, squaredDenominator),
                mean,
                ratio,
                logLoss,
                gamma);
    }
}
