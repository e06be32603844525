package org.seglosses.samediff.loss;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

import java.util.Arrays;
import java.util.Random;

/**
 * A batch as plain arrays: logits, codes and weights. Codes are a class index a pixel, or 0 and 1
 * an element of MULTILABEL; -1 is void. There are as many weights as codes, or none. Soft labels,
 * if there are any, are {@code [N,C,H,W]}, and codes tell void ones alone. Labels and masks in the
 * forms that a loss takes are made from them.
 */
record Sample(
        int n,
        int c,
        int h,
        int w,
        boolean perChannel,
        double[] z,
        int[] codes,
        double[] weights,
        double[] soft) {

    static final int VOID = -1;

    /** Single pixels, lines, odd sizes; N from 1 to 3. */
    static final int[][] SIZES = {
        {1, 1, 1}, {3, 1, 5}, {2, 4, 1}, {1, 9, 2}, {2, 7, 5}, {3, 8, 9}, {2, 13, 11}
    };

    /** For a loss that needs sides of at least 3. */
    static final int[][] SIZES_OF_THREE = {
        {1, 3, 3}, {3, 3, 5}, {2, 4, 3}, {1, 9, 4}, {2, 7, 5}, {3, 8, 9}, {2, 13, 11}
    };

    /** Draws labels in patches, with void ones, absent classes and void images among them. */
    static Sample draw(
            Random random, Mode mode, int c, int[] size, double scale, boolean weighted) {
        int n = size[0];
        int h = size[1];
        int w = size[2];
        boolean perChannel = mode == Mode.MULTILABEL;
        int classes = mode == Mode.MULTICLASS ? c : 2;
        int planes = perChannel ? n * c : n;
        int patch = 1 + random.nextInt(4);
        double voids = random.nextInt(3) == 0 ? 0 : 0.2;
        int[] codes = new int[planes * h * w];
        int[] patches = random.ints(4096, 0, random.nextInt(4) == 0 ? 1 : classes).toArray();
        for (int i = 0; i < codes.length; i++) {
            int row = i / w % h / patch;
            int at = i / w / h * 389 + row * 23 + i % w / patch;
            codes[i] = random.nextDouble() < voids ? VOID : patches[at % patches.length];
        }
        if (random.nextInt(5) == 0) {
            Arrays.fill(codes, 0, codes.length / n, VOID);
        }
        double[] z = new double[n * c * h * w];
        for (int i = 0; i < z.length; i++) {
            // as float and half hold it, so that all types see the same logits
            z[i] = (float) (scale * random.nextGaussian());
        }
        double[] weights = weighted ? new double[codes.length] : null;
        for (int i = 0; weighted && i < weights.length; i++) {
            weights[i] = 0.25 * (1 + random.nextInt(8));
        }
        return new Sample(n, c, h, w, perChannel, z, codes, weights, null);
    }

    /**
     * The sample with soft labels: vectors that sum to 1, or elements from 0 to 1, half of them at
     * an end.
     */
    Sample softened(Random random) {
        double[] y = new double[z.length];
        for (int i = 0; i < y.length; i++) {
            // as float holds it
            double v = random.nextInt(2) == 0 ? random.nextInt(2) : random.nextFloat();
            y[i] = isVoid(i / pixels() / c, i / pixels() % c, i % pixels()) ? 0 : v;
        }
        for (int i = 0; c > 1 && !perChannel && i < n * pixels(); i++) {
            double rest = isVoid(i / pixels(), 0, i % pixels()) ? 0 : 1;
            for (int k = 0; k < c; k++) {
                double share = k == c - 1 ? 1 : random.nextInt(4) / 4.0;
                y[at(i / pixels(), k, i % pixels())] = rest * share;
                rest -= rest * share;
            }
        }
        return new Sample(n, c, h, w, perChannel, z, codes, weights, y);
    }

    int pixels() {
        return h * w;
    }

    int at(int image, int channel, int pixel) {
        return (image * c + channel) * pixels() + pixel;
    }

    /** The code of a pixel, or of an element of MULTILABEL. */
    int code(int image, int channel, int pixel) {
        return codes[perChannel ? at(image, channel, pixel) : image * pixels() + pixel];
    }

    boolean isVoid(int image, int channel, int pixel) {
        return code(image, channel, pixel) == VOID;
    }

    double weight(int image, int pixel) {
        return weight(image, 0, pixel);
    }

    double weight(int image, int channel, int pixel) {
        return weights == null
                ? 1
                : weights[perChannel ? at(image, channel, pixel) : image * pixels() + pixel];
    }

    /** The label of a channel at a pixel that is not void, from 0 to 1. */
    double y(int image, int channel, int pixel) {
        if (soft != null) {
            return soft[at(image, channel, pixel)];
        }
        int own = perChannel || c == 1 ? 1 : channel;
        return code(image, channel, pixel) == own ? 1 : 0;
    }

    long[] shape() {
        return new long[] {n, c, h, w};
    }

    Sample withLogits(double[] other) {
        return new Sample(n, c, h, w, perChannel, other, codes, weights, soft);
    }

    Sample withWeights(double[] other) {
        return new Sample(n, c, h, w, perChannel, z, codes, other, soft);
    }

    Sample withCodes(int[] other) {
        return new Sample(n, c, h, w, perChannel, z, other, weights, soft);
    }

    /** The logits with others at void pixels. */
    Sample withVoidLogits(double... others) {
        double[] changed = z.clone();
        for (int i = 0; i < z.length; i++) {
            if (isVoid(i / pixels() / c, i / pixels() % c, i % pixels())) {
                changed[i] = others[i % others.length];
            }
        }
        return withLogits(changed);
    }

    /** Images in another order, or some of them alone. */
    Sample images(int... order) {
        double[] otherZ = new double[order.length * c * pixels()];
        int[] otherCodes = new int[order.length * codes.length / n];
        double[] otherWeights = weights == null ? null : new double[otherCodes.length];
        double[] otherSoft = soft == null ? null : new double[otherZ.length];
        for (int i = 0; i < order.length; i++) {
            copy(z, order[i], otherZ, i, z.length / n);
            copy(codes, order[i], otherCodes, i, codes.length / n);
            if (weights != null) {
                copy(weights, order[i], otherWeights, i, weights.length / n);
            }
            if (soft != null) {
                copy(soft, order[i], otherSoft, i, soft.length / n);
            }
        }
        return new Sample(
                order.length, c, h, w, perChannel, otherZ, otherCodes, otherWeights, otherSoft);
    }

    @SuppressWarnings("SuspiciousSystemArraycopy")
    private static void copy(Object from, int i, Object to, int j, int length) {
        System.arraycopy(from, i * length, to, j * length, length);
    }

    /** Channels in another order, and hard labels with them. */
    Sample channels(int... order) {
        double[] otherZ = z.clone();
        int[] otherCodes = codes.clone();
        double[] otherWeights = weights == null ? null : weights.clone();
        for (int image = 0; image < n; image++) {
            for (int k = 0; k < c; k++) {
                for (int pixel = 0; pixel < pixels(); pixel++) {
                    otherZ[at(image, k, pixel)] = z[at(image, order[k], pixel)];
                    if (perChannel) {
                        otherCodes[at(image, k, pixel)] = code(image, order[k], pixel);
                        if (weights != null) {
                            otherWeights[at(image, k, pixel)] = weight(image, order[k], pixel);
                        }
                    } else if (code(image, 0, pixel) == order[k]) {
                        otherCodes[image * pixels() + pixel] = k;
                    }
                }
            }
        }
        return new Sample(n, c, h, w, perChannel, otherZ, otherCodes, otherWeights, null);
    }

    boolean hasVoid() {
        return Arrays.stream(codes).anyMatch(code -> code == VOID);
    }

    INDArray logits(DataType type) {
        return array(type, z, n, c, h, w);
    }

    /**
     * Class indices (of MULTILABEL: elements), void ones as the ignore index if there is one; or
     * the soft labels, vectors being all zero where void.
     */
    INDArray labels(DataType type, Integer ignoreIndex) {
        int other = ignoreIndex == null ? 0 : ignoreIndex;
        if (soft != null) {
            double[] y = soft.clone();
            for (int i = 0; i < y.length && (perChannel || c == 1); i++) {
                boolean isVoid = isVoid(i / pixels() / c, i / pixels() % c, i % pixels());
                y[i] = isVoid ? other : y[i];
            }
            return array(type, y, n, c, h, w);
        }
        double[] labels = Arrays.stream(codes).mapToDouble(v -> v == VOID ? other : v).toArray();
        return perChannel ? array(type, labels, n, c, h, w) : array(type, labels, n, h, w);
    }

    /** One-hot vectors, all zero where void. */
    INDArray oneHot(DataType type) {
        double[] vectors = new double[n * c * pixels()];
        for (int i = 0; i < codes.length; i++) {
            if (codes[i] != VOID) {
                vectors[at(i / pixels(), codes[i], i % pixels())] = 1;
            }
        }
        return array(type, vectors, n, c, h, w);
    }

    /** Whether the labels alone do not say all: weights, or void pixels without an ignore index. */
    boolean needsMask(Integer ignoreIndex) {
        return weights != null || ignoreIndex == null && hasVoid();
    }

    /** The weights, 0 where void. */
    INDArray mask(DataType type) {
        double[] mask = new double[codes.length];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = codes[i] == VOID ? 0 : weights == null ? 1 : weights[i];
        }
        return perChannel ? array(type, mask, n, c, h, w) : array(type, mask, n, h, w);
    }

    static INDArray array(DataType type, double[] values, long... shape) {
        return Nd4j.createFromArray(values).castTo(type).reshape('c', shape);
    }

    static double[] doubles(INDArray array) {
        return array.castTo(DataType.DOUBLE).dup('c').data().asDouble();
    }
}
