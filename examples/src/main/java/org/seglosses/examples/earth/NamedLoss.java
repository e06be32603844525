package org.seglosses.examples.earth;

import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.seglosses.dl4j.LossBoundary;
import org.seglosses.dl4j.LossCombined;
import org.seglosses.dl4j.LossCrossEntropy;
import org.seglosses.dl4j.LossLovaszSoftmax;
import org.seglosses.dl4j.LossOhemCrossEntropy;
import org.seglosses.dl4j.layer.SegmentationLossLayer;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A loss that the example can train with.
 *
 * @param name what the command line calls it
 * @param title what the page calls it
 * @param purpose what it is for, in a few words
 * @param function the loss
 */
record NamedLoss(String name, String title, String purpose, ILossFunction function) {

    private static final ILossFunction MCXENT = new LossMCXENT();

    private static final LossCrossEntropy CROSS_ENTROPY =
            LossCrossEntropy.builder().ignoreIndex(Region.VOID).build();

    /** Sees at least an eighth of a batch's pixels, and all that are not yet safe. */
    private static final ILossFunction OHEM =
            LossOhemCrossEntropy.builder()
                    .thresh(0.7)
                    .minKept(Training.BATCH * Tile.PIXELS / 8)
                    .ignoreIndex(Region.VOID)
                    .build();

    private static final LossBoundary BOUNDARY =
            LossBoundary.builder().theta0(3).theta(5).ignoreIndex(Region.VOID).build();

    private static final LossLovaszSoftmax LOVASZ =
            LossLovaszSoftmax.builder().perImage(false).ignoreIndex(Region.VOID).build();

    /** Every loss that the command line knows; another one is another line. */
    static final List<NamedLoss> ALL =
            List.of(
                    new NamedLoss("mcxent", "DL4J LossMCXENT", "DL4J’s own, the baseline", MCXENT),
                    new NamedLoss("ce", "Cross entropy", "the same loss, ours", CROSS_ENTROPY),
                    new NamedLoss("ohem", "OHEM", "cross entropy of the hard pixels alone", OHEM),
                    new NamedLoss(
                            "boundary",
                            "Cross entropy + ½ Boundary",
                            "rewards outlines in the right place",
                            LossCombined.builder()
                                    .add(1, CROSS_ENTROPY)
                                    .add(0.5, BOUNDARY)
                                    .build()),
                    new NamedLoss(
                            "ce+lovasz",
                            "Cross entropy + Lovász",
                            "adds a stand-in for the IoU itself",
                            LossCombined.builder().add(1, CROSS_ENTROPY).add(1, LOVASZ).build()),
                    new NamedLoss("lovasz", "Lovász-Softmax", "that stand-in alone", LOVASZ));

    /** The losses of a comma-separated list of names, or of "all". */
    static List<NamedLoss> parse(String list) {
        if (list.strip().equals("all")) {
            return ALL;
        }
        return Stream.of(list.split(",", -1))
                .map(String::strip)
                .distinct()
                .map(NamedLoss::named)
                .toList();
    }

    private static NamedLoss named(String name) {
        return ALL.stream()
                .filter(loss -> loss.name.equals(name))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "unknown loss \"%s\"; known are %s, or all"
                                                .formatted(name, names())));
    }

    private static String names() {
        return ALL.stream().map(NamedLoss::name).collect(Collectors.joining(", "));
    }

    /** Whether it is DL4J's own, which goes with DL4J's own layer. */
    boolean isStock() {
        return function == MCXENT;
    }

    /** The last layer of a network that learns with this loss. */
    Layer layer() {
        return isStock()
                ? new CnnLossLayer.Builder(function).activation(Activation.SOFTMAX).build()
                : new SegmentationLossLayer.Builder(function)
                        .activation(Activation.SOFTMAX)
                        .build();
    }

    /** A batch with labels in the form that {@link #layer()} takes. */
    DataSet dataSet(Batch batch, int classes) {
        return isStock() ? batch.oneHot(classes) : batch.indexed();
    }

    /** DL4J's losses sum over a tile's pixels, ours average: this makes the scores comparable. */
    double perPixel(double score) {
        return isStock() ? score / Tile.PIXELS : score;
    }
}
