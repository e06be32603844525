package org.seglosses.samediff.op;

import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * Softmax and sigmoid of a block: a row for each channel, {@code n} pixels each.
 *
 * <p>Few statements a loop, over arrays with one index from 0, without conditions: that is what the
 * compiler vectorizes.
 */
final class FloatSoftmax {

    // What is left of a sigmoid, and of a decay, where the exponential has its greatest value. It
    // is
    // subtracted, so that a sigmoid ends in 0 on the one side as it does on the other.
    static final float LEAST_SIGMOID;
    private static final float LEAST_DECAY;

    static {
        float[] z = {-1000};
        Exp.ofNegated(z, z, 1);
        LEAST_SIGMOID = 1 / (1 + z[0]);
        LEAST_DECAY = 1 / z[0];
    }

    private FloatSoftmax() {}

    static void load(FloatBuffer from, float[][] to, Blocks blocks, int block) {
        int n = blocks.length(block);
        for (int c = 0; c < blocks.channels(); c++) {
            from.get(blocks.offset(block, c), to[c], 0, n);
        }
    }

    static void store(float[][] from, FloatBuffer to, Blocks blocks, int block) {
        store(from, null, to, blocks, block);
    }

    /** Stores values, with an addend if there is one. */
    static void store(
            float[][] from, FloatBuffer addend, FloatBuffer to, Blocks blocks, int block) {
        int n = blocks.length(block);
        for (int c = 0; c < blocks.channels(); c++) {
            store(from[c], addend, to, blocks.offset(block, c), n);
        }
    }

    /** Stores values, which are overwritten, with an addend if there is one. */
    static void store(float[] from, FloatBuffer addend, FloatBuffer to, int at, int n) {
        if (addend != null) {
            float[] other = Scratch.floats(Scratch.EXP, n);
            addend.get(at, other, 0, n);
            add(from, other, n);
        }
        to.put(at, from, 0, n);
    }

    /** Puts 0 in the place of the values at void pixels, which may be anything. */
    static void clearVoid(float[][] values, int[] codes, int channels, int n) {
        for (int c = 0; c < channels; c++) {
            Indicator.clearVoid(values[c], codes, n);
        }
    }

    /** What a softmax has to know of labels, where a logit is -infinity. */
    interface Labels {

        /** Whether the label of a pixel has a share above 0 in a class. */
        boolean have(int channel, int pixel);
    }

    /**
     * Finds the maximum over the channels; {@code sum} gets 0, or NaN at a pixel without a softmax:
     * where a logit is NaN or +infinity, where one is -infinity and its class has a share in the
     * label, and where all are -infinity. Elsewhere -infinity says probability 0. Returns whether
     * any logit is not finite.
     */
    static boolean maxima(
            float[][] z, int channels, int n, float[] max, float[] sum, Labels labels) {
        System.arraycopy(z[0], 0, max, 0, n);
        Arrays.fill(sum, 0, n, 0);
        addIfNotFinite(sum, z[0], n);
        for (int c = 1; c < channels; c++) {
            raise(max, sum, z[c], n);
        }
        boolean any = Indicator.anyNaN(sum, n);
        if (any) {
            allowNegativeInfinity(z, channels, n, max, sum, labels);
        }
        return any;
    }

    private static void allowNegativeInfinity(
            float[][] z, int channels, int n, float[] max, float[] sum, Labels labels) {
        for (int i = 0; i < n; i++) {
            if (sum[i] == 0) {
                continue;
            }
            sum[i] = max[i] * 0;
            for (int c = 0; c < channels; c++) {
                if (z[c][i] == Float.NEGATIVE_INFINITY && labels.have(c, i)) {
                    sum[i] = Float.NaN;
                }
            }
        }
    }

    private static void raise(float[] max, float[] sum, float[] z, int n) {
        for (int i = 0; i < n; i++) {
            max[i] = Math.max(max[i], z[i]);
            sum[i] += z[i] * 0;
        }
    }

    /** Puts {@code exp(z - max)} in the place of {@code z}, and adds it over the channels. */
    static void exponentials(float[][] z, int channels, int n, float[] max, float[] sum) {
        for (int c = 0; c < channels; c++) {
            Exp.ofDifferences(z[c], max, sum, n);
        }
    }

    /** Puts the softmax in the place of {@code z}; NaN in all channels of a pixel without one. */
    static void softmax(float[][] z, int channels, int n, float[] max, float[] sum, Labels labels) {
        maxima(z, channels, n, max, sum, labels);
        exponentials(z, channels, n, max, sum);
        for (int i = 0; i < n; i++) {
            sum[i] = 1 / sum[i];
        }
        for (int c = 0; c < channels; c++) {
            multiply(z[c], sum, n);
        }
    }

    /** Makes {@code exp(-|z|)} of {@code exp(-z)}. */
    static void decays(float[] e, int n) {
        for (int i = 0; i < n; i++) {
            e[i] = Math.max(Math.min(e[i], 1 / e[i]) - LEAST_DECAY, 0);
        }
    }

    /** Puts the sigmoid in the place of z, NaN of what is not finite. */
    static void sigmoid(float[] z, float[] e, int n) {
        Exp.ofNegated(z, e, n);
        for (int i = 0; i < n; i++) {
            z[i] = 1 / (1 + e[i]) - LEAST_SIGMOID + z[i] * 0;
        }
    }

    /**
     * Puts the <em>tail</em> of the sigmoid in the place of z: the sigmoid p itself where z is
     * negative, and else {@code p - 1}, whose sign stays where it is 0; NaN of what is not finite.
     */
    static void tails(float[] z, float[] e, int n) {
        Exp.ofNegatedMagnitudes(z, e, n);
        for (int i = 0; i < n; i++) {
            e[i] = e[i] / (1 + e[i]) + z[i] * 0;
        }
        Indicator.opposeSigns(e, z, n);
    }

    /** Puts the sigmoid in the place of its tail. */
    static void ofTails(float[] tails, int n) {
        float[] above = Scratch.floats(Scratch.EXP, n);
        Indicator.ofNegative(tails, above, n);
        add(tails, above, n);
    }

    /**
     * Writes the probability of the label and that of the other one, small ones to the last digits,
     * and {@code e = exp(-|z|)}; NaN of what is not finite.
     *
     * @param y labels, 0 and 1 alone
     */
    static void ofLabels(float[] z, float[] y, float[] e, float[] right, float[] wrong, int n) {
        Exp.ofNegatedMagnitudes(z, e, n);
        for (int i = 0; i < n; i++) {
            float p = 1 / (1 + e[i]) + z[i] * 0;
            right[i] = p;
            wrong[i] = e[i] * p;
        }
        Indicator.exchange(right, wrong, z, y, n);
    }

    /** Multiplies by the derivative of the sigmoid that a tail is of. */
    static void tailGradient(float[] g, float[] tails, int n) {
        for (int i = 0; i < n; i++) {
            float t = Math.abs(tails[i]);
            g[i] *= t * (1 - t);
        }
    }

    /** Makes NaN of elements of {@code to} where {@code x} is not finite. */
    static void addIfNotFinite(float[] to, float[] x, int n) {
        for (int i = 0; i < n; i++) {
            to[i] += x[i] * 0;
        }
    }

    static void add(float[] to, float[] x, int n) {
        for (int i = 0; i < n; i++) {
            to[i] += x[i];
        }
    }

    static void multiply(float[] to, float[] x, int n) {
        for (int i = 0; i < n; i++) {
            to[i] *= x[i];
        }
    }

    static void addProduct(float[] to, float[] x, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            to[i] += x[i] * y[i];
        }
    }
}
