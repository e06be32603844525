package org.seglosses.samediff.op;

import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;

/** Softmax over channels, or sigmoid a channel, with void pixels at 0, and its gradient. */
final class FloatProbabilities {

    private FloatProbabilities() {}

    static void forward(
            FloatBuffer logits, IntBuffer codes, boolean sigmoid, Blocks blocks, FloatBuffer to) {
        Parallel.run(
                blocks.count(),
                block -> {
                    int channels = blocks.channels();
                    int n = blocks.length(block);
                    float[][] p = Scratch.floatBlock(0, channels, n);
                    FloatSoftmax.load(logits, p, blocks, block);
                    boolean anyVoid = clearVoid(p, codes, sigmoid, blocks, block);
                    if (sigmoid) {
                        for (int c = 0; c < channels; c++) {
                            sigmoid(p[c], n);
                        }
                    } else {
                        softmax(p, channels, n);
                    }
                    if (anyVoid) {
                        clearVoid(p, codes, sigmoid, blocks, block);
                    }
                    FloatSoftmax.store(p, to, blocks, block);
                });
    }

    private static void softmax(float[][] z, int channels, int n) {
        float[] max = Scratch.floats(1, n);
        float[] sum = Scratch.floats(2, n);
        FloatSoftmax.maxima(z, channels, n, max);
        FloatSoftmax.exponentials(z, channels, n, max, sum);
        for (int c = 0; c < channels; c++) {
            FloatSoftmax.divide(z[c], sum, n);
        }
    }

    private static void sigmoid(float[] z, int length) {
        float[] e = Scratch.floats(1, length);
        for (int i = 0; i < length; i++) {
            e[i] = -Math.abs(z[i]);
        }
        Exp.inPlace(e, 0, length);
        for (int i = 0; i < length; i++) {
            float p = (z[i] >= 0 ? 1 : e[i]) / (1 + e[i]);
            z[i] = p + z[i] * 0;
        }
    }

    /**
     * The probabilities themselves where they are given, with void pixels at 0. One that is not
     * finite makes NaN as a logit would: of itself, and of one label a pixel, of all its pixel's.
     */
    static void given(
            FloatBuffer probabilities,
            IntBuffer codes,
            boolean perChannel,
            Blocks blocks,
            FloatBuffer to) {
        Parallel.run(
                blocks.count(),
                block -> {
                    int channels = blocks.channels();
                    int n = blocks.length(block);
                    float[][] p = Scratch.floatBlock(0, channels, n);
                    float[] wrong = Scratch.floats(1, n);
                    FloatSoftmax.load(probabilities, p, blocks, block);
                    clearVoid(p, codes, perChannel, blocks, block);
                    Arrays.fill(wrong, 0, n, 0);
                    for (int c = 0; c < channels; c++) {
                        FloatSoftmax.addIfNotFinite(perChannel ? p[c] : wrong, p[c], n);
                    }
                    for (int c = 0; c < channels && !perChannel; c++) {
                        FloatSoftmax.add(p[c], wrong, n);
                    }
                    FloatSoftmax.store(p, to, blocks, block);
                });
    }

    /** Takes the probabilities, or with sigmoids the logits. */
    static void gradient(
            FloatBuffer values,
            IntBuffer codes,
            int form,
            boolean perChannel,
            FloatBuffer upstream,
            Blocks blocks,
            FloatBuffer to) {
        Parallel.run(
                blocks.count(),
                block -> {
                    int channels = blocks.channels();
                    int n = blocks.length(block);
                    float[][] p = Scratch.floatBlock(0, channels, n);
                    float[][] g = Scratch.floatBlock(1, channels, n);
                    FloatSoftmax.load(values, p, blocks, block);
                    FloatSoftmax.load(upstream, g, blocks, block);
                    clearVoid(g, codes, perChannel, blocks, block);
                    if (form == Probabilities.GIVEN) {
                        for (int c = 0; c < channels; c++) {
                            FloatSoftmax.addIfNotFinite(g[c], p[c], n);
                        }
                    } else if (form == Probabilities.SIGMOID) {
                        clearVoid(p, codes, perChannel, blocks, block);
                        for (int c = 0; c < channels; c++) {
                            sigmoidGradient(g[c], p[c], n);
                        }
                    } else {
                        float[] mean = Scratch.floats(2, n);
                        for (int i = 0; i < n; i++) {
                            mean[i] = 0;
                        }
                        for (int c = 0; c < channels; c++) {
                            FloatSoftmax.addProduct(mean, p[c], g[c], n);
                        }
                        for (int c = 0; c < channels; c++) {
                            softmaxGradient(g[c], p[c], mean, n);
                        }
                    }
                    FloatSoftmax.store(g, to, blocks, block);
                });
    }

    private static void sigmoidGradient(float[] g, float[] z, int n) {
        float[] e = Scratch.floats(1, n);
        for (int i = 0; i < n; i++) {
            e[i] = -Math.abs(z[i]);
        }
        Exp.inPlace(e, 0, n);
        for (int i = 0; i < n; i++) {
            g[i] *= e[i] / ((1 + e[i]) * (1 + e[i])) + z[i] * 0;
        }
    }

    private static void softmaxGradient(float[] g, float[] p, float[] mean, int n) {
        for (int i = 0; i < n; i++) {
            g[i] = p[i] * (g[i] - mean[i]);
        }
    }

    /** Clears values at void pixels and tells whether there were any. */
    static boolean clearVoid(
            float[][] values, IntBuffer codes, boolean perChannel, Blocks blocks, int block) {
        int n = blocks.length(block);
        int[] code = Scratch.ints(0, n);
        boolean any = false;
        if (!perChannel) {
            codes.get(blocks.withChannels(1).offset(block, 0), code, 0, n);
            for (int i = 0; i < n; i++) {
                any |= code[i] < 0;
            }
            if (any) {
                FloatSoftmax.clearVoid(values, code, blocks.channels(), n);
            }
            return any;
        }
        for (int c = 0; c < blocks.channels(); c++) {
            codes.get(blocks.offset(block, c), code, 0, n);
            for (int i = 0; i < n; i++) {
                if (code[i] < 0) {
                    values[c][i] = 0;
                    any = true;
                }
            }
        }
        return any;
    }
}
