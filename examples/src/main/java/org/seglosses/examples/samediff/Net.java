package org.seglosses.examples.samediff;

import org.nd4j.autodiff.listeners.Listener;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Pooling2DConfig;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.seglosses.examples.earth.EarthTiles;

import java.io.OutputStream;
import java.io.PrintStream;

/** A small U-Net in SameDiff: two levels of two 3 x 3 convolutions, and one loss. */
final class Net {

    /** Names of the graph's variables, by which a loaded graph is used. */
    static final String IMAGES = "images";

    static final String LABELS = "labels";
    static final String LOGITS = "logits";
    static final String LOSS = "loss";

    private static final int WIDE = 16;
    private static final int DEEP = 32;
    private static final double LEARNING_RATE = 3e-3;

    private final SameDiff sd = SameDiff.create();
    private final Random random;

    private Net(long seed) {
        random = Nd4j.getRandomFactory().getNewRandomInstance(seed);
    }

    /** An untrained network; its weights depend on the seed alone, whatever its loss. */
    static SameDiff create(Objective objective, long seed) {
        return new Net(seed).build(objective);
    }

    private SameDiff build(Objective objective) {
        int side = EarthTiles.SIZE;
        // -1: batches of any size
        SDVariable images =
                sd.placeHolder(IMAGES, DataType.FLOAT, -1, EarthTiles.CHANNELS, side, side);
        SDVariable labels = sd.placeHolder(LABELS, DataType.FLOAT, -1, 1, side, side);

        SDVariable top = level("down1", images, EarthTiles.CHANNELS, WIDE);
        SDVariable bottom = level("down2", halved(top), WIDE, DEEP);
        SDVariable joined = sd.concat(1, sd.cnn().upsampling2d(bottom, 2, 2, true), top);
        SDVariable up = level("up1", joined, DEEP + WIDE, WIDE);
        SDVariable logits = convolution("last", up, 1, WIDE, EarthTiles.CLASSES).rename(LOGITS);

        SDVariable loss = objective.loss().define(sd, LOSS, labels, logits);
        sd.setLossVariables(loss);
        sd.setTrainingConfig(
                TrainingConfig.builder()
                        .updater(new Adam(LEARNING_RATE))
                        .dataSetFeatureMapping(IMAGES)
                        .dataSetLabelMapping(LABELS)
                        // evaluates nothing, but without it fit's history says 0 for each loss
                        .trainEvaluation(loss, 0)
                        .build());
        return sd;
    }

    private SDVariable level(String name, SDVariable x, int in, int out) {
        SDVariable a = sd.nn().relu(convolution(name + "a", x, 3, in, out), 0);
        return sd.nn().relu(convolution(name + "b", a, 3, out, out), 0);
    }

    private SDVariable convolution(String name, SDVariable x, int kernel, int in, int out) {
        double deviation = Math.sqrt(2.0 / (kernel * kernel * in));
        long[] shape = {kernel, kernel, in, out};
        SDVariable weights =
                sd.var(
                        name + "-weights",
                        Nd4j.randn(0, deviation, shape, random).castTo(DataType.FLOAT));
        SDVariable bias = sd.var(name + "-bias", Nd4j.zeros(DataType.FLOAT, out));
        return sd.cnn()
                .conv2d(
                        x,
                        weights,
                        bias,
                        Conv2DConfig.builder()
                                .kH(kernel)
                                .kW(kernel)
                                .paddingMode(PaddingMode.SAME)
                                .build());
    }

    private SDVariable halved(SDVariable x) {
        return sd.cnn().maxPooling2d(x, Pooling2DConfig.builder().kH(2).kW(2).sH(2).sW(2).build());
    }

    /** Trains a network, new or loaded. */
    static void train(SameDiff net, DataSetIterator batches, int epochs, Listener listener) {
        differentiate(net);
        net.fit(batches, epochs, listener);
    }

    /**
     * What {@code fit} would do first. ND4J prints a line for each op that it differentiates, and
     * nothing stops it. Standard output belongs to this program, so it may close it meanwhile; a
     * library must not.
     */
    private static void differentiate(SameDiff net) {
        PrintStream console = System.out;
        System.setOut(new PrintStream(OutputStream.nullOutputStream()));
        try {
            net.createGradFunction();
        } finally {
            System.setOut(console);
        }
    }
}
