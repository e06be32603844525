package org.seglosses.samediff.op;

import java.nio.FloatBuffer;

/** Softmax statistics of a block: channels one after another, {@code n} pixels each. */
final class FloatSoftmax {

    private FloatSoftmax() {}

    static void load(FloatBuffer from, float[] to, Blocks blocks, int block) {
        int n = blocks.length(block);
        for (int c = 0; c < blocks.channels(); c++) {
            from.get(blocks.offset(block, c), to, c * n, n);
        }
    }

    static void store(float[] from, FloatBuffer to, Blocks blocks, int block) {
        int n = blocks.length(block);
        for (int c = 0; c < blocks.channels(); c++) {
            to.put(blocks.offset(block, c), from, c * n, n);
        }
    }

    /** Puts 0 in the place of the values at void pixels, which may be anything. */
    static void clearVoid(float[] values, int[] codes, int channels, int n) {
        for (int i = 0; i < n; i++) {
            if (codes[i] < 0) {
                for (int c = 0; c < channels; c++) {
                    values[c * n + i] = 0;
                }
            }
        }
    }

    /**
     * Puts {@code exp(z - max)} in the place of {@code z}, and the maximum and the sum over the channels
     * into {@code max} and {@code sum}. The sum is NaN wherever a channel is not finite.
     */
    static void exponentials(float[] z, int channels, int n, float[] max, float[] sum) {
        System.arraycopy(z, 0, max, 0, n);
        for (int i = 0; i < n; i++) {
            sum[i] = z[i] * 0;
        }
        for (int c = 1; c < channels; c++) {
            int o = c * n;
            for (int i = 0; i < n; i++) {
                max[i] = Math.max(max[i], z[o + i]);
            }
            for (int i = 0; i < n; i++) {
                sum[i] += z[o + i] * 0;
            }
        }
        for (int c = 0; c < channels; c++) {
            int o = c * n;
            for (int i = 0; i < n; i++) {
                z[o + i] -= max[i];
            }
        }
        Exp.inPlace(z, 0, channels * n);
        for (int c = 0; c < channels; c++) {
            int o = c * n;
            for (int i = 0; i < n; i++) {
                sum[i] += z[o + i];
            }
        }
    }
}
