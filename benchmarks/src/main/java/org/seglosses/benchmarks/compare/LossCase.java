package org.seglosses.benchmarks.compare;

import org.seglosses.benchmarks.compare.Contender.Side;
import org.seglosses.dl4j.LossActiveContour;
import org.seglosses.dl4j.LossBoundary;
import org.seglosses.dl4j.LossCrossEntropy;
import org.seglosses.dl4j.LossDice;
import org.seglosses.dl4j.LossDuo;
import org.seglosses.dl4j.LossFocal;
import org.seglosses.dl4j.LossJaccard;
import org.seglosses.dl4j.LossLovaszSoftmax;
import org.seglosses.dl4j.LossOhemCrossEntropy;
import org.seglosses.dl4j.LossTversky;
import org.seglosses.dl4j.SegmentationLossFunction;

import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** One loss with its options: what each side computes, and the time that ours may take. */
enum LossCase {
    BOUNDARY_19_19(
            "boundary-19-19",
            "Boundary 19/19",
            "boundary theta0=19 theta=19",
            () -> LossBoundary.builder().theta0(19).theta(19).build(),
            new Target(Side.PYTORCH, 0.15)),
    BOUNDARY_3_5(
            "boundary-3-5",
            "Boundary 3/5",
            "boundary theta0=3 theta=5",
            () -> LossBoundary.builder().theta0(3).theta(5).build(),
            new Target(Side.PYTORCH, 0.6)),
    LOVASZ_BATCH(
            "lovasz-batch",
            "Lovász-Softmax, batch",
            "lovasz_softmax per_image=false",
            () -> LossLovaszSoftmax.builder().perImage(false).build(),
            new Target(Side.PYTORCH, 0.3)),
    LOVASZ_PER_IMAGE(
            "lovasz-per-image",
            "Lovász-Softmax, per image",
            "lovasz_softmax per_image=true",
            () -> LossLovaszSoftmax.builder().perImage(true).build(),
            new Target(Side.PYTORCH, 0.3)),
    OHEM(
            "ohem",
            "OHEM 0.7, minKept 100000",
            "ohem thresh=0.7 min_kept=100000",
            () -> LossOhemCrossEntropy.builder().thresh(0.7).minKept(100_000).build(),
            new Target(Side.PYTORCH, 0.7)),
    OHEM_PLAIN(
            "ohem-plain",
            "OHEM 0.7",
            "ohem thresh=0.7 min_kept=0",
            () -> LossOhemCrossEntropy.builder().thresh(0.7).build(),
            new Target(Side.PYTORCH, 0.6)),
    DUO(
            "duo",
            "Duo 19/19",
            "duo theta0=19 theta=19",
            () -> LossDuo.gdl().build(),
            new Target(Side.PYTORCH, 0.06)),
    DICE("dice", "Dice", "dice", () -> LossDice.smp().build(), new Target(Side.PYTORCH, 0.6)),
    JACCARD(
            "jaccard",
            "Jaccard",
            "jaccard",
            () -> LossJaccard.smp().build(),
            new Target(Side.PYTORCH, 0.6)),
    TVERSKY(
            "tversky",
            "Tversky 0.3/0.7",
            "tversky alpha=0.3 beta=0.7",
            () -> LossTversky.smp().alpha(0.3).beta(0.7).build(),
            new Target(Side.PYTORCH, 0.6)),
    FOCAL(
            "focal",
            "Focal, one vs rest",
            "focal gamma=2",
            () -> LossFocal.smp().build(),
            new Target(Side.PYTORCH, 0.4)),
    ACTIVE_CONTOUR(
            "active-contour",
            "Active contour",
            "active_contour weight=10",
            () -> LossActiveContour.builder().build(),
            new Target(Side.PYTORCH, 0.5)),
    CROSS_ENTROPY(
            "cross-entropy",
            "cross entropy",
            "cross_entropy",
            () -> LossCrossEntropy.builder().build(),
            new Target(Side.MCXENT, 0.5));

    /** Ours takes at most this share of the other side's time. */
    record Target(Side against, double atMost) {}

    private final String id;
    private final String title;
    private final String formula;
    private final Supplier<SegmentationLossFunction<?>> loss;
    private final Target target;

    LossCase(
            String id,
            String title,
            String formula,
            Supplier<SegmentationLossFunction<?>> loss,
            Target target) {
        this.id = id;
        this.title = title;
        this.formula = formula;
        this.loss = loss;
        this.target = target;
    }

    /** What {@code --cases} takes. */
    String id() {
        return id;
    }

    String title() {
        return title;
    }

    /** The formula's name and options in {@code reference_peer.py}. */
    String formula() {
        return formula;
    }

    /** The same in this library. */
    SegmentationLossFunction<?> loss() {
        return loss.get();
    }

    Target target() {
        return target;
    }

    /** Whether DL4J's LossMCXENT computes the same. */
    boolean isMcxent() {
        return this == CROSS_ENTROPY;
    }

    static List<String> ids() {
        return Arrays.stream(values()).map(LossCase::id).toList();
    }

    static LossCase of(String id) {
        return Arrays.stream(values())
                .filter(one -> one.id.equals(id))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "case must be one of "
                                                + String.join(", ", ids())
                                                + ", got '"
                                                + id
                                                + "'"));
    }
}
