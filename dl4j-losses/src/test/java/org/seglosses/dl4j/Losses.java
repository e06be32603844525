package org.seglosses.dl4j;

import org.seglosses.samediff.loss.AbsentClass;
import org.seglosses.samediff.loss.Boundary;
import org.seglosses.samediff.loss.CrossEntropy;
import org.seglosses.samediff.loss.Dice;
import org.seglosses.samediff.loss.Focal;
import org.seglosses.samediff.loss.GeneralizedDice;
import org.seglosses.samediff.loss.LovaszSoftmax;
import org.seglosses.samediff.loss.Mode;
import org.seglosses.samediff.loss.NormalizeBy;
import org.seglosses.samediff.loss.OhemCrossEntropy;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The losses that every suite of this package goes through, with options that reach each of their
 * branches. A new loss adds a line here (a test holds that each has one). All ignore {@link
 * Sample#VOID}; class weights are for three classes.
 */
enum Losses {
    CROSS_ENTROPY(LossCrossEntropy.builder().ignoreIndex(Sample.VOID).build()),
    CROSS_ENTROPY_SMOOTH(
            LossCrossEntropy.builder()
                    .smoothing(0.1)
                    .classWeights(0.5, 1, 2)
                    .ignoreIndex(Sample.VOID)
                    .build()),
    CROSS_ENTROPY_ALL_PIXELS(
            LossCrossEntropy.builder()
                    .normalizeBy(NormalizeBy.ALL_PIXELS)
                    .ignoreIndex(Sample.VOID)
                    .build()),
    OHEM(LossOhemCrossEntropy.builder().thresh(0.3).build()),
    OHEM_MIN_KEPT(
            LossOhemCrossEntropy.builder().thresh(0.1).minKept(25).classWeights(0.5, 1, 2).build()),
    LOVASZ_SOFTMAX(LossLovaszSoftmax.builder().ignoreIndex(Sample.VOID).build()),
    LOVASZ_SOFTMAX_BATCH(
            LossLovaszSoftmax.builder()
                    .perImage(false)
                    .absentClass(AbsentClass.PENALIZE)
                    .ignoreIndex(Sample.VOID)
                    .build()),
    LOVASZ_HINGE(LossLovaszHinge.builder().ignoreIndex(Sample.VOID).build()),
    LOVASZ_HINGE_BATCH(
            LossLovaszHinge.builder()
                    .perImage(false)
                    .flatten(true)
                    .ignoreIndex(Sample.VOID)
                    .build()),
    BOUNDARY(LossBoundary.builder().ignoreIndex(Sample.VOID).build()),
    BOUNDARY_COMPLEMENT(
            LossBoundary.builder()
                    .theta0(5)
                    .theta(3)
                    .absentClass(AbsentClass.EXCLUDE)
                    .complement(true)
                    .ignoreIndex(Sample.VOID)
                    .build()),
    SURFACE(LossSurface.builder().ignoreIndex(Sample.VOID).build()),
    SURFACE_OF_ONE(
            LossSurface.builder()
                    .classes(0)
                    .absentClass(AbsentClass.EXCLUDE)
                    .ignoreIndex(Sample.VOID)
                    .build()),
    DICE(LossDice.builder().ignoreIndex(Sample.VOID).build()),
    DICE_PER_IMAGE(
            LossDice.monai()
                    .smoothDenominator(1e-4)
                    .squaredDenominator(true)
                    .ignoreIndex(Sample.VOID)
                    .build()),
    DICE_LOG(
            LossDice.gdl()
                    .logLoss(true)
                    .absentClass(AbsentClass.EXCLUDE)
                    .classWeights(0.5, 1, 2)
                    .mode(Mode.MULTICLASS)
                    .ignoreIndex(Sample.VOID)
                    .build()),
    JACCARD(LossJaccard.builder().ignoreIndex(Sample.VOID).build()),
    JACCARD_LOG(
            LossJaccard.blog()
                    .logLoss(true)
                    .perImage(true)
                    .mode(Mode.MULTILABEL)
                    .ignoreIndex(Sample.VOID)
                    .build()),
    TVERSKY(LossTversky.builder().alpha(0.3).beta(0.7).ignoreIndex(Sample.VOID).build()),
    TVERSKY_FOCAL(
            LossTversky.builder()
                    .alpha(0.7)
                    .beta(0.3)
                    .gamma(1.5)
                    .smooth(1)
                    .perImage(true)
                    .mode(Mode.MULTICLASS)
                    .ignoreIndex(Sample.VOID)
                    .build()),
    TVERSKY_LOG(
            LossTversky.builder()
                    .gamma(0.75)
                    .logLoss(true)
                    .classWeights(0.5, 1, 2)
                    .mode(Mode.MULTILABEL)
                    .ignoreIndex(Sample.VOID)
                    .build()),
    F_BETA(LossFBeta.builder().ignoreIndex(Sample.VOID).build()),
    MCC(LossMcc.builder().ignoreIndex(Sample.VOID).build()),
    GENERALIZED_DICE(LossGeneralizedDice.builder().ignoreIndex(Sample.VOID).build()),
    GENERALIZED_DICE_BATCH(
            LossGeneralizedDice.builder()
                    .weighting(GeneralizedDice.Weighting.SIMPLE)
                    .smooth(0)
                    .smoothDenominator(1e-4)
                    .perImage(false)
                    .ignoreIndex(Sample.VOID)
                    .build()),
    SOFT_BCE(LossSoftBce.builder().ignoreIndex(Sample.VOID).build()),
    SOFT_BCE_SMOOTH(
            LossSoftBce.builder()
                    .smoothing(0.1)
                    .classWeights(0.5, 1, 2)
                    .posWeight(3, 2, 1)
                    .normalizeBy(NormalizeBy.ALL_PIXELS)
                    .mode(Mode.MULTILABEL)
                    .ignoreIndex(Sample.VOID)
                    .build()),
    FOCAL(LossFocal.builder().ignoreIndex(Sample.VOID).build()),
    FOCAL_REDUCED(
            LossFocal.builder()
                    .alpha(0.25)
                    .gamma(1.5)
                    .reducedThreshold(0.5)
                    .normalized(true)
                    .ignoreIndex(Sample.VOID)
                    .build()),
    FOCAL_SOFTMAX(
            LossFocal.builder()
                    .form(Focal.Form.SOFTMAX)
                    .alpha(0.5)
                    .classWeights(0.5, 1, 2)
                    .ignoreIndex(Sample.VOID)
                    .build()),
    FOCAL_AGGREGATE(
            LossFocal.builder()
                    .form(Focal.Form.AGGREGATE)
                    .alpha(0.8)
                    .ignoreIndex(Sample.VOID)
                    .build()),
    POLY1(LossPoly1CrossEntropy.builder().ignoreIndex(Sample.VOID).build()),
    POLY1_WEIGHTS(
            LossPoly1CrossEntropy.builder()
                    .epsilon(2)
                    .classWeights(0.5, 1, 2)
                    .normalizeBy(NormalizeBy.IMAGES)
                    .ignoreIndex(Sample.VOID)
                    .build()),
    ACTIVE_CONTOUR(LossActiveContour.builder().ignoreIndex(Sample.VOID).build()),
    ACTIVE_CONTOUR_SYMMETRIC(
            LossActiveContour.builder()
                    .weight(0.5)
                    .symmetric(true)
                    .mode(Mode.MULTICLASS)
                    .ignoreIndex(Sample.VOID)
                    .build()),
    DUO(LossDuo.builder().ignoreIndex(Sample.VOID).build()),
    DUO_BATCH(
            LossDuo.gdl()
                    .perImage(false)
                    .theta0(3)
                    .theta(5)
                    .absentClass(AbsentClass.PENALIZE)
                    .ignoreIndex(Sample.VOID)
                    .build()),
    BCE_DICE(LossBceDice.builder().ignoreIndex(Sample.VOID).build()),
    COMBINED(
            LossCombined.builder()
                    .add(1, CrossEntropy.builder().ignoreIndex(Sample.VOID).build())
                    .add(0.7, OhemCrossEntropy.builder().thresh(0.3).build())
                    .add(0.5, LovaszSoftmax.builder().ignoreIndex(Sample.VOID).build())
                    .add(0.25, Boundary.builder().ignoreIndex(Sample.VOID).build())
                    .build()),
    COMBINED_SOFT(
            LossCombined.builder()
                    .add(1, Focal.builder().ignoreIndex(Sample.VOID).build())
                    .add(0.5, Dice.builder().ignoreIndex(Sample.VOID).build())
                    .build());

    /**
     * A loss in one of its modes.
     *
     * @param loss the loss
     * @param mode the mode
     */
    record InMode(Losses loss, Mode mode) {

        SegmentationLossFunction<?> function() {
            return loss.function;
        }

        /** Whether it is the first line of its class, in the mode that it is mostly used in. */
        boolean isMainOfItsClass() {
            return mode == loss.mode()
                    && Arrays.stream(values())
                                    .filter(
                                            other ->
                                                    other.function.getClass()
                                                            == loss.function.getClass())
                                    .findFirst()
                                    .orElseThrow()
                            == loss;
        }

        @Override
        public String toString() {
            return loss + " " + mode;
        }
    }

    private final SegmentationLossFunction<?> function;

    Losses(SegmentationLossFunction<?> function) {
        this.function = function;
    }

    /** Those of a sorted order or of outlines, for which a label is a class or nothing. */
    private static final Set<Losses> OF_HARD_LABELS =
            EnumSet.of(
                    OHEM,
                    OHEM_MIN_KEPT,
                    LOVASZ_SOFTMAX,
                    LOVASZ_SOFTMAX_BATCH,
                    LOVASZ_HINGE,
                    LOVASZ_HINGE_BATCH,
                    BOUNDARY,
                    BOUNDARY_COMPLEMENT,
                    SURFACE,
                    SURFACE_OF_ONE,
                    DUO,
                    DUO_BATCH,
                    COMBINED);

    /** Those that need to know which pixels are one image, or where in it they are. */
    private static final Set<Losses> OF_IMAGES =
            EnumSet.of(
                    LOVASZ_SOFTMAX,
                    LOVASZ_HINGE,
                    BOUNDARY,
                    BOUNDARY_COMPLEMENT,
                    SURFACE,
                    SURFACE_OF_ONE,
                    DICE_PER_IMAGE,
                    JACCARD_LOG,
                    TVERSKY_FOCAL,
                    GENERALIZED_DICE,
                    ACTIVE_CONTOUR,
                    ACTIVE_CONTOUR_SYMMETRIC,
                    DUO,
                    DUO_BATCH,
                    COMBINED);

    SegmentationLossFunction<?> function() {
        return function;
    }

    /** Whether flat rows of unknown images must be refused. */
    boolean isOfImages() {
        return OF_IMAGES.contains(this);
    }

    /** Whether the least value is not 0: the surface loss has negative distances. */
    boolean mayBeNegative() {
        return function instanceof LossSurface;
    }

    /** The mode that a loss is mostly used in. */
    Mode mode() {
        return modes().get(0);
    }

    private List<Mode> modes() {
        Mode named = function.definition().mode();
        return Arrays.stream(Mode.values())
                .filter(function.definition().modes()::contains)
                .filter(mode -> named == null || mode == named)
                .toList();
    }

    /** Every loss that takes soft labels and fractional masks, in every mode. */
    static List<InMode> ofSoftTargets() {
        return inAllModes().stream().filter(each -> !OF_HARD_LABELS.contains(each.loss)).toList();
    }

    /** Every loss in every mode that it is defined in. */
    static List<InMode> inAllModes() {
        return Arrays.stream(values())
                .flatMap(loss -> loss.modes().stream().map(mode -> new InMode(loss, mode)))
                .toList();
    }
}
