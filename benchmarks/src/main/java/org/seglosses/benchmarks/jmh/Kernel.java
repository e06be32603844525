package org.seglosses.benchmarks.jmh;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.seglosses.samediff.op.BoundarySums;
import org.seglosses.samediff.op.BoundaryTargets;
import org.seglosses.samediff.op.ClassCoefficients;
import org.seglosses.samediff.op.ContourSums;
import org.seglosses.samediff.op.CrossEntropySums;
import org.seglosses.samediff.op.DistanceWeights;
import org.seglosses.samediff.op.ElementMaps;
import org.seglosses.samediff.op.ElementSums;
import org.seglosses.samediff.op.KthSmallest;
import org.seglosses.samediff.op.LovaszSums;
import org.seglosses.samediff.op.LovaszWeights;
import org.seglosses.samediff.op.Probabilities;
import org.seglosses.samediff.op.RegionMaps;
import org.seglosses.samediff.op.RegionSums;
import org.seglosses.samediff.op.Target;
import org.seglosses.samediff.op.Targets;
import org.seglosses.samediff.op.TrueProbability;

import java.util.List;
import java.util.function.BinaryOperator;

/** An op of the losses, as a graph of its own over values [N,C,H,W] and codes [N,1,H,W]. */
public enum Kernel {
    /** Class indices checked and made codes. */
    TARGETS(
            Values.LOGITS,
            false,
            (values, labels) ->
                    Targets.of(labels, values, null, Targets.Labelling.PIXEL, 255, false, false)),
    /** Softmax over the channels. */
    SOFTMAX(Values.LOGITS, true, Probabilities::softmax),
    /** Sums of the cross entropy. */
    CROSS_ENTROPY_SUMS(
            Values.LOGITS,
            true,
            (logits, codes) ->
                    CrossEntropySums.of(
                            logits, new Target(true, codes, null, null), List.of(), 0, false)),
    /** Sums of the sigmoids' cross entropies. */
    ELEMENT_SUMS(
            Values.LOGITS,
            true,
            (logits, codes) -> {
                Target target = new Target(true, codes, null, null);
                return ElementSums.of(
                        logits,
                        target,
                        ElementMaps.of(
                                logits, target, ElementSums.Modulation.NONE, List.of(), false));
            }),
    /** Softmax, intersections and sizes of regions. */
    REGION_SUMS(
            Values.LOGITS,
            true,
            (logits, codes) ->
                    RegionSums.of(
                            logits, new Target(true, codes, null, null), maps(logits, codes))),
    /** The sort of the errors, and what each weighs. */
    LOVASZ_WEIGHTS(Values.FRACTIONS, false, Kernel::lovaszWeights),
    /** Errors times weights, and the sort before. */
    LOVASZ_SUMS(
            Values.FRACTIONS,
            true,
            (x, codes) -> LovaszSums.of(x, lovaszWeights(x, codes), false, true)),
    /** Boundaries by small windows, those of the labels too. */
    BOUNDARY_SUMS_3(Values.FRACTIONS, true, (x, codes) -> boundarySums(x, codes, 3, 5)),
    /** Boundaries by large windows, those of the labels too. */
    BOUNDARY_SUMS_19(Values.FRACTIONS, true, (x, codes) -> boundarySums(x, codes, 19, 19)),
    /** The boundaries of the labels, narrow and wide. */
    BOUNDARY_TARGETS(
            Values.FRACTIONS, false, (x, codes) -> BoundaryTargets.of(codes, x, 3, 5, false)),
    /** Softmax, lengths of contours. */
    CONTOUR_SUMS(
            Values.LOGITS,
            true,
            (logits, codes) ->
                    ContourSums.of(
                            Probabilities.Form.SOFTMAX, logits, maps(logits, codes), codes, false)),
    /** The probability of each pixel's class. */
    TRUE_PROBABILITY(
            Values.LOGITS, false, (logits, codes) -> TrueProbability.of(logits, codes, false)),
    /** The selection that OHEM needs. */
    KTH_SMALLEST(Values.FRACTIONS, false, (x, codes) -> KthSmallest.of(x, 100_000, false)),
    /** Signed distances to the labels' outlines. */
    DISTANCE_TRANSFORM(
            Values.FRACTIONS,
            false,
            (x, codes) ->
                    DistanceWeights.of(
                            x, codes, null, true, ClassCoefficients.ZERO, List.of(), List.of()));

    /** What the op takes. */
    private enum Values {
        LOGITS,
        FRACTIONS
    }

    private final Values values;
    private final boolean hasGradient;
    private final BinaryOperator<SDVariable> op;

    Kernel(Values values, boolean hasGradient, BinaryOperator<SDVariable> op) {
        this.values = values;
        this.hasGradient = hasGradient;
        this.op = op;
    }

    private static SDVariable maps(SDVariable logits, SDVariable codes) {
        Target target = new Target(true, codes, null, null);
        return RegionMaps.of(Probabilities.Form.SOFTMAX, logits, target, false, false, false);
    }

    private static SDVariable lovaszWeights(SDVariable x, SDVariable codes) {
        return LovaszWeights.of(
                x, codes, false, true, ClassCoefficients.EXCLUDE, List.of(), List.of());
    }

    private static SDVariable boundarySums(SDVariable x, SDVariable codes, int theta0, int theta) {
        SDVariable targets = BoundaryTargets.of(codes, x, theta0, theta, false);
        return BoundarySums.of(x, codes, targets, theta0, theta, false);
    }

    INDArray values(Maps maps) {
        return values == Values.LOGITS ? maps.logits() : maps.fractions();
    }

    /** Whether the losses differentiate it. */
    boolean hasGradient() {
        return hasGradient;
    }

    SDVariable of(SDVariable values, SDVariable codes) {
        return op.apply(values, codes);
    }
}
