package org.seglosses.benchmarks.training;

import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.linalg.activations.Activation;
import org.seglosses.dl4j.LossActiveContour;
import org.seglosses.dl4j.LossBceDice;
import org.seglosses.dl4j.LossBoundary;
import org.seglosses.dl4j.LossCombined;
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
import org.seglosses.dl4j.layer.SegmentationLossLayer;

import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** A loss to train with, and the time of a step with LossMCXENT that a step with it may take. */
enum StepCase {
    CROSS_ENTROPY("cross entropy", 1.0, () -> LossCrossEntropy.builder().build()) {
        @Override
        double atMost(StepSize size) {
            return size.edge() >= 256 ? 0.9 : super.atMost(size);
        }
    },
    OHEM_PLAIN("OHEM 0.7", 1.05, () -> LossOhemCrossEntropy.builder().thresh(0.7).build()),
    OHEM(
            "OHEM 0.7, minKept 20000",
            1.05,
            () -> LossOhemCrossEntropy.builder().thresh(0.7).minKept(20_000).build()),
    FOCAL("Focal, one vs rest", 1.05, () -> LossFocal.smp().build()),
    DICE("Dice", 1.05, () -> LossDice.smp().build()),
    JACCARD("Jaccard", 1.05, () -> LossJaccard.smp().build()),
    TVERSKY("Tversky 0.3/0.7", 1.05, () -> LossTversky.smp().alpha(0.3).beta(0.7).build()),
    LOVASZ_BATCH(
            "Lovász-Softmax, batch",
            1.05,
            () -> LossLovaszSoftmax.builder().perImage(false).build()),
    LOVASZ_PER_IMAGE(
            "Lovász-Softmax, per image",
            1.05,
            () -> LossLovaszSoftmax.builder().perImage(true).build()),
    BOUNDARY_3_5("Boundary 3/5", 1.05, () -> LossBoundary.builder().theta0(3).theta(5).build()),
    BOUNDARY_19_19(
            "Boundary 19/19", 1.15, () -> LossBoundary.builder().theta0(19).theta(19).build()),
    ACTIVE_CONTOUR("Active contour", 1.05, () -> LossActiveContour.builder().build()),
    SOFT_BCE("SoftBCE", 1.05, () -> LossSoftBce.builder().build(), Activation.SIGMOID),
    BCE_DICE("BCE-Dice", 1.05, () -> LossBceDice.builder().build(), Activation.SIGMOID),
    LOVASZ_HINGE("Lovász hinge", 1.05, () -> LossLovaszHinge.builder().build(), Activation.SIGMOID),
    DUO("Duo 19/19", 1.15, () -> LossDuo.gdl().build()),
    CROSS_ENTROPY_AND_LOVASZ(
            "cross entropy + Lovász",
            1.15,
            () ->
                    LossCombined.builder()
                            .add(1, CROSS_ENTROPY.loss())
                            .add(1, LOVASZ_BATCH.loss())
                            .build()),
    CROSS_ENTROPY_AND_BOUNDARY(
            "cross entropy + Boundary 3/5",
            1.15,
            () ->
                    LossCombined.builder()
                            .add(1, CROSS_ENTROPY.loss())
                            .add(0.5, BOUNDARY_3_5.loss())
                            .build());

    private final String title;
    private final double atMost;
    private final Supplier<SegmentationLossFunction<?>> loss;
    private final Activation activation;

    StepCase(String title, double atMost, Supplier<SegmentationLossFunction<?>> loss) {
        this(title, atMost, loss, Activation.SOFTMAX);
    }

    StepCase(
            String title,
            double atMost,
            Supplier<SegmentationLossFunction<?>> loss,
            Activation activation) {
        this.title = title;
        this.atMost = atMost;
        this.loss = loss;
        this.activation = activation;
    }

    /** What {@code --cases} takes. */
    String id() {
        return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }

    String title() {
        return title;
    }

    SegmentationLossFunction<?> loss() {
        return loss.get();
    }

    /** Of two classes, a sigmoid of the second is enough. */
    int outputs() {
        return activation == Activation.SIGMOID ? 1 : EarthTiles.CLASSES;
    }

    Layer layer() {
        return new SegmentationLossLayer.Builder(loss()).activation(activation).build();
    }

    /** The share of the step with LossMCXENT that is allowed. */
    double atMost(StepSize size) {
        return atMost;
    }

    static List<String> ids() {
        return Arrays.stream(values()).map(StepCase::id).toList();
    }

    static StepCase of(String id) {
        return Arrays.stream(values())
                .filter(one -> one.id().equals(id))
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
