package org.seglosses.examples.spark;

import org.deeplearning4j.nn.api.NeuralNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.seglosses.dl4j.LossBoundary;
import org.seglosses.dl4j.LossCrossEntropy;
import org.seglosses.dl4j.LossDice;
import org.seglosses.dl4j.LossLovaszSoftmax;
import org.seglosses.dl4j.LossOhemCrossEntropy;
import org.seglosses.examples.earth.EarthTiles;
import org.seglosses.samediff.loss.NormalizeBy;

import java.util.List;

/**
 * A training that is the same in several places, or not.
 *
 * @param name of the loss
 * @param loss the loss
 * @param architecture the network
 * @param meanOverImages whether the loss of a batch is the mean of its images' losses, so that the
 *     mean over workers is that of one machine
 */
record ParityCase(
        String name, ILossFunction loss, Architecture architecture, boolean meanOverImages) {

    /**
     * Small enough for the limit: DL4J's sums for the gradients of biases are in float, and depend
     * on the batch by a ten-thousandth.
     */
    private static final double LEARNING_RATE = 0.02;

    static final List<ParityCase> ALL =
            List.of(
                    new ParityCase(
                            "cross entropy, all pixels",
                            LossCrossEntropy.builder()
                                    .normalizeBy(NormalizeBy.ALL_PIXELS)
                                    .ignoreIndex(EarthTiles.VOID)
                                    .build(),
                            Architecture.UNET,
                            true),
                    new ParityCase(
                            "cross entropy, all pixels",
                            LossCrossEntropy.builder()
                                    .normalizeBy(NormalizeBy.ALL_PIXELS)
                                    .ignoreIndex(EarthTiles.VOID)
                                    .build(),
                            Architecture.SEQUENTIAL,
                            true),
                    new ParityCase(
                            "Dice, per image",
                            LossDice.builder().perImage(true).ignoreIndex(EarthTiles.VOID).build(),
                            Architecture.UNET,
                            true),
                    new ParityCase(
                            "Lovász, per image",
                            LossLovaszSoftmax.builder()
                                    .perImage(true)
                                    .ignoreIndex(EarthTiles.VOID)
                                    .build(),
                            Architecture.UNET,
                            true),
                    new ParityCase(
                            "Boundary",
                            LossBoundary.builder()
                                    .theta0(3)
                                    .theta(5)
                                    .ignoreIndex(EarthTiles.VOID)
                                    .build(),
                            Architecture.UNET,
                            true),
                    new ParityCase(
                            "cross entropy, class weights",
                            LossCrossEntropy.builder()
                                    .classWeights(1, 3)
                                    .ignoreIndex(EarthTiles.VOID)
                                    .build(),
                            Architecture.UNET,
                            false),
                    new ParityCase(
                            "Dice, batch",
                            LossDice.builder().perImage(false).ignoreIndex(EarthTiles.VOID).build(),
                            Architecture.UNET,
                            false),
                    new ParityCase(
                            "Lovász, batch",
                            LossLovaszSoftmax.builder()
                                    .perImage(false)
                                    .ignoreIndex(EarthTiles.VOID)
                                    .build(),
                            Architecture.UNET,
                            false),
                    new ParityCase(
                            "OHEM",
                            LossOhemCrossEntropy.builder()
                                    .thresh(0.1)
                                    .minKept(
                                            Averaging.BATCH * EarthTiles.SIZE * EarthTiles.SIZE / 8)
                                    .ignoreIndex(EarthTiles.VOID)
                                    .build(),
                            Architecture.UNET,
                            false));

    /** A new network, of the same weights at each call, with plain SGD. */
    NeuralNetwork network() {
        return architecture.create(loss, new Sgd(LEARNING_RATE));
    }

    /** The parameters after some steps of the same tiles, wherever they are taken. */
    static INDArray afterSteps(Learner learner, List<String> tiles, int perStep) {
        for (int first = 0; first < tiles.size(); first += perStep) {
            learner.fit(tiles.subList(first, first + perStep));
        }
        return learner.network().params().dup();
    }

    /** The largest difference of two sets of parameters. */
    static double difference(INDArray a, INDArray b) {
        return a.sub(b).amaxNumber().doubleValue();
    }

    @Override
    public String toString() {
        return name + ", " + architecture.title();
    }
}
