package org.seglosses.dl4j;

import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.samediff.loss.Mode;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.DoubleStream;

/**
 * A small batch of random logits with patchy labels: every class is in every image, and so are
 * boundaries. Logits are continuous, so that no two errors, probabilities or window values are
 * equal; the same seed gives the same batch.
 *
 * @param mode what the channels mean
 * @param logits {@code [N,C,H,W]}
 * @param classes class indices or {@link #VOID}, {@code [N,1,H,W]}, of the logits' type
 */
record Sample(Mode mode, INDArray logits, INDArray classes) {

    /** The ignore index of all losses of {@link Losses}. */
    static final int VOID = 255;

    static final int IMAGES = 2;
    static final int HEIGHT = 6;
    static final int WIDTH = 7;

    static Sample of(Mode mode, DataType type, long seed) {
        return of(mode, type, seed, IMAGES, HEIGHT, WIDTH);
    }

    static Sample of(Mode mode, DataType type, long seed, int images, int height, int width) {
        Random random = new Random(seed + 1);
        double[] classes = new double[images * height * width];
        for (int i = 0; i < classes.length; i++) {
            int x = i % width;
            int y = i / width % height;
            int image = i / (width * height);
            int patch = x / 3 + y / 2 + image;
            classes[i] = (random.nextInt(6) == 0 ? random.nextInt(9) : patch) % kinds(mode);
        }
        return new Sample(
                mode,
                gaussians(seed, type, images, channels(mode), height, width).muli(1.5),
                array(classes, type, images, 1, height, width));
    }

    /** The channels that a mode has in the tests. */
    static int channels(Mode mode) {
        return mode == Mode.BINARY ? 1 : 3;
    }

    private static int kinds(Mode mode) {
        return mode == Mode.BINARY ? 2 : channels(mode);
    }

    static INDArray array(double[] values, DataType type, long... shape) {
        return Nd4j.createFromArray(values).reshape('c', shape).castTo(type);
    }

    static INDArray gaussians(long seed, DataType type, long... shape) {
        Random random = new Random(seed);
        return array(
                DoubleStream.generate(random::nextGaussian)
                        .limit(Arrays.stream(shape).reduce(1, (a, b) -> a * b))
                        .toArray(),
                type,
                shape);
    }

    /** The same batch with about an eighth of its pixels void. */
    Sample withVoid() {
        Random random = new Random(7);
        INDArray some = classes.dup('c');
        for (long i = 0; i < some.length(); i++) {
            if (random.nextInt(8) == 0) {
                some.putScalar(i, VOID);
            }
        }
        return new Sample(mode, logits, some);
    }

    Sample withLogits(INDArray others) {
        return new Sample(mode, others, classes);
    }

    DataType type() {
        return logits.dataType();
    }

    long images() {
        return logits.size(0);
    }

    /** One image alone. */
    Sample image(long n) {
        long[] one = {1, 1, classes.size(2), classes.size(3)};
        long[] all = {1, logits.size(1), classes.size(2), classes.size(3)};
        return new Sample(
                mode,
                logits.slice(n).dup('c').reshape('c', all),
                classes.slice(n).dup('c').reshape('c', one));
    }

    /** Vectors {@code [N,C,H,W]}; void is a vector of zeros, or of the ignore index if sigmoid. */
    INDArray oneHot() {
        INDArray vectors = Nd4j.create(type(), logits.shape());
        for (int n = 0; n < logits.size(0); n++) {
            for (int c = 0; c < logits.size(1); c++) {
                for (int y = 0; y < logits.size(2); y++) {
                    for (int x = 0; x < logits.size(3); x++) {
                        int label = (int) classes.getDouble(n, 0, y, x);
                        int foreground = mode == Mode.BINARY ? 1 : c;
                        double value = label == foreground ? 1 : 0;
                        if (label == VOID && mode != Mode.MULTICLASS) {
                            value = VOID;
                        }
                        vectors.putScalar(new int[] {n, c, y, x}, value);
                    }
                }
            }
        }
        return vectors;
    }

    /** About a quarter of the pixels masked out, {@code [N,1,H,W]}. */
    INDArray mask() {
        Random random = new Random(11);
        double[] values = new double[(int) classes.length()];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextInt(4) == 0 ? 0 : 1;
        }
        return array(values, type(), classes.shape());
    }

    /** Weights of pixels, an eighth of them 0; of elements if the channels are apart. */
    INDArray weights() {
        Random random = new Random(13);
        long[] shape = mode == Mode.MULTILABEL ? logits.shape() : classes.shape();
        double[] values = new double[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextInt(8) == 0 ? 0 : 0.25 + random.nextDouble();
        }
        return array(values, type(), shape);
    }

    /** Random labels between 0 and 1, {@code [N,C,H,W]}; a vector's sum is 1 if softmax. */
    INDArray soft() {
        Random random = new Random(17);
        INDArray soft =
                array(
                        DoubleStream.generate(random::nextDouble).limit(logits.length()).toArray(),
                        DataType.DOUBLE,
                        logits.shape());
        return (mode == Mode.MULTICLASS ? soft.div(soft.sum(true, 1)) : soft).castTo(type());
    }

    /** The activation that says the mode. */
    Activation activation() {
        return mode == Mode.MULTICLASS ? Activation.SOFTMAX : Activation.SIGMOID;
    }

    IActivation activationFunction() {
        return activation().getActivationFunction();
    }

    /** Rows {@code [N*H*W,K]} of {@code [N,K,H,W]}, as CnnLossLayer makes them. */
    static INDArray rows(INDArray images) {
        return images.permute(0, 2, 3, 1).dup('c').reshape('c', -1, images.size(1));
    }

    static INDArray channelsLast(INDArray images) {
        return images.permute(0, 2, 3, 1).dup('c');
    }
}
