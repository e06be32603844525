package org.seglosses.benchmarks.compare;

import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.seglosses.benchmarks.compare.Contender.Side;
import org.seglosses.dl4j.LossActiveContour;
import org.seglosses.dl4j.LossBceDice;
import org.seglosses.dl4j.LossBoundary;
import org.seglosses.dl4j.LossCrossEntropy;
import org.seglosses.dl4j.LossDice;
import org.seglosses.dl4j.LossDuo;
import org.seglosses.dl4j.LossFocal;
import org.seglosses.dl4j.LossJaccard;
import org.seglosses.dl4j.LossLovaszHinge;
import org.seglosses.dl4j.LossLovaszSoftmax;
import org.seglosses.dl4j.LossOhemCrossEntropy;
import org.seglosses.dl4j.LossSoftBce;
import org.seglosses.dl4j.LossTversky;
import org.seglosses.dl4j.SegmentationLossFunction;
import org.seglosses.samediff.loss.Mode;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** One loss with its options: what each side computes, and the time that ours may take. */
enum LossCase {
    BOUNDARY_19_19(
            "boundary-19-19",
            "Boundary 19/19",
            "boundary theta0=19 theta=19",
            () -> LossBoundary.builder().theta0(19).theta(19).build(),
            Target.ofPyTorch(0.05)),
    BOUNDARY_3_5(
            "boundary-3-5",
            "Boundary 3/5",
            "boundary theta0=3 theta=5",
            () -> LossBoundary.builder().theta0(3).theta(5).build(),
            Target.ofPyTorch(0.25)),
    LOVASZ_BATCH(
            "lovasz-batch",
            "Lovász-Softmax, batch",
            "lovasz_softmax per_image=false",
            () -> LossLovaszSoftmax.builder().perImage(false).build(),
            Target.ofPyTorch(0.15)),
    LOVASZ_PER_IMAGE(
            "lovasz-per-image",
            "Lovász-Softmax, per image",
            "lovasz_softmax per_image=true",
            () -> LossLovaszSoftmax.builder().perImage(true).build(),
            Target.ofPyTorch(0.15)),
    LOVASZ_HINGE(
            "lovasz-hinge",
            "Lovász hinge",
            "lovasz_hinge",
            () -> LossLovaszHinge.builder().build(),
            Target.ofPyTorch(0.15)),
    DUO(
            "duo",
            "Duo 19/19",
            "duo theta0=19 theta=19",
            () -> LossDuo.gdl().build(),
            Target.ofPyTorch(0.06)),
    OHEM(
            "ohem",
            "OHEM 0.7, minKept 100000",
            "ohem thresh=0.7 min_kept=100000",
            () -> LossOhemCrossEntropy.builder().thresh(0.7).minKept(100_000).build(),
            Target.ofPyTorch(0.25)),
    OHEM_PLAIN(
            "ohem-plain",
            "OHEM 0.7",
            "ohem thresh=0.7 min_kept=0",
            () -> LossOhemCrossEntropy.builder().thresh(0.7).build(),
            Target.ofPyTorch(0.6)),
    DICE("dice", "Dice", "dice", () -> LossDice.smp().build(), Target.ofPyTorch(0.6)),
    JACCARD(
            "jaccard",
            "Jaccard",
            "jaccard",
            () -> LossJaccard.smp().build(),
            Target.ofPyTorch(0.6)),
    TVERSKY(
            "tversky",
            "Tversky 0.3/0.7",
            "tversky alpha=0.3 beta=0.7",
            () -> LossTversky.smp().alpha(0.3).beta(0.7).build(),
            Target.ofPyTorch(0.6)),
    FOCAL(
            "focal",
            "Focal, one vs rest",
            "focal gamma=2",
            () -> LossFocal.smp().build(),
            Target.ofPyTorch(0.4)),
    BCE_DICE(
            "bce-dice",
            "BCE-Dice",
            "bce_dice smooth=1",
            () -> LossBceDice.builder().build(),
            Target.ofPyTorch(1)),
    SOFT_BCE(
            "soft-bce",
            "SoftBCE",
            "soft_bce",
            () -> LossSoftBce.builder().build(),
            Target.ofPyTorch(1)),
    ACTIVE_CONTOUR(
            "active-contour",
            "Active contour",
            "active_contour weight=10",
            () -> LossActiveContour.builder().build(),
            Target.ofPyTorch(0.5)),
    CROSS_ENTROPY(
            "cross-entropy",
            "cross entropy",
            "cross_entropy",
            () -> LossCrossEntropy.builder().build(),
            Target.ofPyTorch(1),
            new Target(Side.MCXENT, 0.2, Optional.of(new Shape(4, 5, 256, 256))));

    /**
     * Ours takes at most this share of the other side's time.
     *
     * @param at the only shape of which that is asked; none for all
     */
    record Target(Side against, double atMost, Optional<Shape> at) {

        static Target ofPyTorch(double atMost) {
            return new Target(Side.PYTORCH, atMost, Optional.empty());
        }
    }

    private final String id;
    private final String title;
    private final String formula;
    private final Supplier<SegmentationLossFunction<?>> loss;
    private final List<Target> targets;

    LossCase(
            String id,
            String title,
            String formula,
            Supplier<SegmentationLossFunction<?>> loss,
            Target... targets) {
        this.id = id;
        this.title = title;
        this.formula = formula;
        this.loss = loss;
        this.targets = List.of(targets);
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

    List<Target> targets(Shape shape) {
        return targets.stream()
                .filter(target -> target.at().map(shape::equals).orElse(true))
                .toList();
    }

    /**
     * What the loss makes of these channels: one is the foreground's; several are classes, or, for
     * losses that know none, a yes or no each.
     */
    private Optional<Mode> mode(Shape shape) {
        Set<Mode> modes = loss().definition().modes();
        Stream<Mode> meant =
                shape.classes() == 1
                        ? Stream.of(Mode.BINARY)
                        : Stream.of(Mode.MULTICLASS, Mode.MULTILABEL);
        return meant.filter(modes::contains).findFirst();
    }

    boolean appliesTo(Shape shape) {
        return mode(shape).isPresent();
    }

    IActivation activation(Shape shape) {
        return mode(shape).orElseThrow() == Mode.MULTICLASS
                ? new ActivationSoftmax()
                : new ActivationSigmoid();
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
