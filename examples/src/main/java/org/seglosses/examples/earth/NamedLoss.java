package org.seglosses.examples.earth;

import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.seglosses.dl4j.LossActiveContour;
import org.seglosses.dl4j.LossBceDice;
import org.seglosses.dl4j.LossBoundary;
import org.seglosses.dl4j.LossCombined;
import org.seglosses.dl4j.LossCrossEntropy;
import org.seglosses.dl4j.LossDice;
import org.seglosses.dl4j.LossDuo;
import org.seglosses.dl4j.LossFBeta;
import org.seglosses.dl4j.LossFocal;
import org.seglosses.dl4j.LossGeneralizedDice;
import org.seglosses.dl4j.LossJaccard;
import org.seglosses.dl4j.LossLovaszHinge;
import org.seglosses.dl4j.LossLovaszSoftmax;
import org.seglosses.dl4j.LossMcc;
import org.seglosses.dl4j.LossOhemCrossEntropy;
import org.seglosses.dl4j.LossPoly1CrossEntropy;
import org.seglosses.dl4j.LossSoftBce;
import org.seglosses.dl4j.LossSurface;
import org.seglosses.dl4j.LossTversky;
import org.seglosses.dl4j.SegmentationLossFunction;
import org.seglosses.dl4j.layer.SegmentationLossLayer;
import org.seglosses.samediff.loss.Focal;
import org.seglosses.samediff.loss.Mode;

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
 * @param activation what the network puts out: SOFTMAX over the classes, or SIGMOID
 */
record NamedLoss(
        String name, String title, String purpose, ILossFunction function, Activation activation) {

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

    private static final LossDice DICE = LossDice.builder().ignoreIndex(Region.VOID).build();

    private static final LossFocal FOCAL = LossFocal.builder().ignoreIndex(Region.VOID).build();

    /** What is compared unless the command line says otherwise. */
    static final List<NamedLoss> ALL =
            List.of(
                    softmax("mcxent", "DL4J LossMCXENT", "DL4J’s own, the baseline", MCXENT),
                    softmax("ce", "Cross entropy", "the same loss, ours", CROSS_ENTROPY),
                    softmax("ohem", "OHEM", "cross entropy of the hard pixels alone", OHEM),
                    softmax(
                            "boundary",
                            "Cross entropy + ½ Boundary",
                            "rewards outlines in the right place",
                            LossCombined.builder()
                                    .add(1, CROSS_ENTROPY)
                                    .add(0.5, BOUNDARY)
                                    .build()),
                    softmax(
                            "ce+lovasz",
                            "Cross entropy + Lovász",
                            "adds a stand-in for the IoU itself",
                            LossCombined.builder().add(1, CROSS_ENTROPY).add(1, LOVASZ).build()),
                    softmax("lovasz", "Lovász-Softmax", "that stand-in alone", LOVASZ));

    private static final List<NamedLoss> OTHERS =
            List.of(
                    softmax("dice", "Dice", "the overlap of regions", DICE),
                    softmax(
                            "ce+dice",
                            "Cross entropy + Dice",
                            "adds the overlap of regions",
                            LossCombined.builder().add(1, CROSS_ENTROPY).add(1, DICE).build()),
                    softmax(
                            "jaccard",
                            "Jaccard",
                            "the IoU, of probabilities",
                            LossJaccard.builder().ignoreIndex(Region.VOID).build()),
                    softmax(
                            "tversky",
                            "Tversky 0.3, 0.7",
                            "overlap, dearer where a class is missed",
                            LossTversky.builder()
                                    .alpha(0.3)
                                    .beta(0.7)
                                    .ignoreIndex(Region.VOID)
                                    .build()),
                    softmax(
                            "fbeta",
                            "F-beta, beta 2",
                            "overlap, with recall first",
                            LossFBeta.builder().ignoreIndex(Region.VOID).build()),
                    softmax(
                            "gdice",
                            "Generalized Dice",
                            "overlap, rare classes first",
                            LossGeneralizedDice.builder().ignoreIndex(Region.VOID).build()),
                    softmax("focal", "Focal", "cross entropy, hard pixels first", FOCAL),
                    softmax(
                            "focal-softmax",
                            "Focal, of the softmax",
                            "the same, over the classes together",
                            LossFocal.builder()
                                    .form(Focal.Form.SOFTMAX)
                                    .ignoreIndex(Region.VOID)
                                    .build()),
                    softmax(
                            "focal+dice",
                            "Focal + Dice",
                            "hard pixels and the overlap",
                            LossCombined.builder().add(1, FOCAL).add(1, DICE).build()),
                    softmax(
                            "poly1",
                            "Poly-1",
                            "cross entropy, steeper at the end",
                            LossPoly1CrossEntropy.builder().ignoreIndex(Region.VOID).build()),
                    softmax(
                            "duo",
                            "Duo",
                            "half Lovász-Softmax, half Boundary",
                            LossDuo.builder().ignoreIndex(Region.VOID).build()),
                    softmax(
                            "ce+surface",
                            "Cross entropy + Surface / 100",
                            "adds the distance between outlines",
                            LossCombined.builder()
                                    .add(1, CROSS_ENTROPY)
                                    .add(
                                            0.01,
                                            LossSurface.builder().ignoreIndex(Region.VOID).build())
                                    .build()),
                    softmax(
                            "active-contour",
                            "Active contour",
                            "regions with short outlines",
                            LossActiveContour.builder().weight(1).ignoreIndex(Region.VOID).build()),
                    sigmoid(
                            "softbce",
                            "Binary cross entropy",
                            "cross entropy of sigmoids",
                            LossSoftBce.builder().ignoreIndex(Region.VOID).build()),
                    sigmoid(
                            "bcedice",
                            "Binary CE + Dice",
                            "of sigmoids, with the overlap",
                            LossBceDice.builder().ignoreIndex(Region.VOID).build()),
                    sigmoid(
                            "lovasz-hinge",
                            "Lovász hinge",
                            "the stand-in for the IoU, of margins",
                            LossLovaszHinge.builder().ignoreIndex(Region.VOID).build()),
                    sigmoid(
                            "mcc",
                            "Matthews correlation",
                            "the correlation with the truth",
                            LossMcc.builder().ignoreIndex(Region.VOID).build()));

    /** Every loss that the command line knows; another one is another line. */
    static final List<NamedLoss> EVERY = Stream.concat(ALL.stream(), OTHERS.stream()).toList();

    private static NamedLoss softmax(
            String name, String title, String purpose, ILossFunction function) {
        return new NamedLoss(name, title, purpose, function, Activation.SOFTMAX);
    }

    private static NamedLoss sigmoid(
            String name, String title, String purpose, ILossFunction function) {
        return new NamedLoss(name, title, purpose, function, Activation.SIGMOID);
    }

    /**
     * The losses of a comma-separated list of names, of "all", or of "every": every one that can
     * tell so many classes apart.
     */
    static List<NamedLoss> parse(String list, int classes) {
        if (list.strip().equals("all")) {
            return ALL;
        }
        if (list.strip().equals("every")) {
            return EVERY.stream().filter(loss -> loss.tellsApart(classes)).toList();
        }
        List<NamedLoss> losses =
                Stream.of(list.split(",", -1))
                        .map(String::strip)
                        .distinct()
                        .map(NamedLoss::named)
                        .toList();
        for (NamedLoss loss : losses) {
            if (!loss.tellsApart(classes)) {
                throw new IllegalArgumentException(
                        "%s tells two classes apart, not the task's %d"
                                .formatted(loss.name, classes));
            }
        }
        return losses;
    }

    private static NamedLoss named(String name) {
        return EVERY.stream()
                .filter(loss -> loss.name.equals(name))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "unknown loss \"%s\"; known are %s, or all, or every"
                                                .formatted(name, names())));
    }

    private static String names() {
        return EVERY.stream().map(NamedLoss::name).collect(Collectors.joining(", "));
    }

    /** Whether it is DL4J's own, which goes with DL4J's own layer. */
    boolean isStock() {
        return function == MCXENT;
    }

    /** The channels that tell some classes apart: of two, a sigmoid of the second is enough. */
    int channels(int classes) {
        return activation == Activation.SIGMOID && classes == 2 ? 1 : classes;
    }

    /** Whether it can tell so many classes apart; some losses know two. */
    boolean tellsApart(int classes) {
        return isStock()
                || activation == Activation.SOFTMAX
                || channels(classes) == 1
                || ((SegmentationLossFunction<?>) function)
                        .definition()
                        .modes()
                        .contains(Mode.MULTILABEL);
    }

    /** The last layer of a network that learns with this loss. */
    Layer layer() {
        return isStock()
                ? new CnnLossLayer.Builder(function).activation(activation).build()
                : new SegmentationLossLayer.Builder(function).activation(activation).build();
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
