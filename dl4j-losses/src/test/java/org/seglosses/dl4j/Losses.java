package org.seglosses.dl4j;

import org.seglosses.samediff.loss.AbsentClass;
import org.seglosses.samediff.loss.Boundary;
import org.seglosses.samediff.loss.CrossEntropy;
import org.seglosses.samediff.loss.LovaszSoftmax;
import org.seglosses.samediff.loss.Mode;
import org.seglosses.samediff.loss.NormalizeBy;
import org.seglosses.samediff.loss.OhemCrossEntropy;

import java.util.Arrays;
import java.util.List;

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
    COMBINED(
            LossCombined.builder()
                    .add(1, CrossEntropy.builder().ignoreIndex(Sample.VOID).build())
                    .add(0.7, OhemCrossEntropy.builder().thresh(0.3).build())
                    .add(0.5, LovaszSoftmax.builder().ignoreIndex(Sample.VOID).build())
                    .add(0.25, Boundary.builder().ignoreIndex(Sample.VOID).build())
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

        @Override
        public String toString() {
            return loss + " " + mode;
        }
    }

    private final SegmentationLossFunction<?> function;

    Losses(SegmentationLossFunction<?> function) {
        this.function = function;
    }

    SegmentationLossFunction<?> function() {
        return function;
    }

    /** The mode that a loss is mostly used in. */
    Mode mode() {
        return modes().get(0);
    }

    private List<Mode> modes() {
        return Arrays.stream(Mode.values())
                .filter(function.definition().modes()::contains)
                .toList();
    }

    /** Every loss in every mode that it is defined in. */
    static List<InMode> inAllModes() {
        return Arrays.stream(values())
                .flatMap(loss -> loss.modes().stream().map(mode -> new InMode(loss, mode)))
                .toList();
    }
}
