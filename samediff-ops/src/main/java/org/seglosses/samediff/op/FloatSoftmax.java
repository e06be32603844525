package org.seglosses.samediff.op;

import java.nio.FloatBuffer;
import java.util.Arrays;

/** Softmax statistics of a block: a row for each channel, {@code n} pixels each. */
final class FloatSoftmax {

    private FloatSoftmax() {}

    static void load(FloatBuffer from, float[][] to, Blocks blocks, int block) {
        int n = blocks.length(block);
        for (int c = 0; c < blocks.channels(); c++) {
            from.get(blocks.offset(block, c), to[c], 0, n);
        }
    }

    static void store(float[][] from, FloatBuffer to, Blocks blocks, int block) {
        int n = blocks.length(block);
        for (int c = 0; c < blocks.channels(); c++) {
            to.put(blocks.offset(block, c), from[c], 0, n);
        }
    }

    /** Puts 0 in the place of the values at void pixels, which may be anything. */
    static void clearVoid(float[][] values, int[] codes, int channels, int n) {
        for (int i = 0; i < n; i++) {
            if (codes[i] < 0) {
                for (int c = 0; c < channels; c++) {
                    values[c][i] = 0;
                }
            }
        }
    }

    /** Finds the maximum over the channels. */
    static void maxima(float[][] z, int channels, int n, float[] max) {
        System.arraycopy(z[0], 0, max, 0, n);
        for (int c = 1; c < channels; c++) {
            maximum(max, z[c], n);
        }
    }

    /**
     * Puts {@code exp(z - max)} in the place of {@code z}, and the sum over the channels into
     * {@code sum}. The sum is NaN wherever a channel is not finite.
     */
    static void exponentials(float[][] z, int channels, int n, float[] max, float[] sum) {
        Arrays.fill(sum, 0, n, 0);
        for (int c = 0; c < channels; c++) {
            addIfNotFinite(sum, z[c], n);
            subtract(z[c], max, n);
            Exp.inPlace(z[c], 0, n);
            add(sum, z[c], n);
        }
    }

    // One statement a loop, over arrays with one index: that is what the compiler vectorizes.

    private static void maximum(float[] to, float[] x, int n) {
        for (int i = 0; i < n; i++) {
            to[i] = Math.max(to[i], x[i]);
        }
    }

    /** Makes NaN of elements of {@code to} where {@code x} is not finite. */
    static void addIfNotFinite(float[] to, float[] x, int n) {
        for (int i = 0; i < n; i++) {
            to[i] += x[i] * 0;
        }
    }

    private static void subtract(float[] to, float[] x, int n) {
        for (int i = 0; i < n; i++) {
            to[i] -= x[i];
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

    static void divide(float[] to, float[] x, int n) {
        for (int i = 0; i < n; i++) {
            to[i] /= x[i];
        }
    }

    static void addProduct(float[] to, float[] x, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            to[i] += x[i] * y[i];
        }
    }

    static void addScaled(float[] to, float[] x, float by, int n) {
        for (int i = 0; i < n; i++) {
            to[i] += x[i] * by;
        }
    }
}
