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
                    float[] one = Scratch.floats(1, n);
                    float[] other = Scratch.floats(2, n);
                    if (sigmoid) {
                        for (int c = 0; c < channels; c++) {
                            FloatSoftmax.sigmoid(p[c], one, n);
                        }
                    } else {
                        int[] code = Scratch.ints(0, n);
                        FloatSoftmax.softmax(p, channels, n, one, other, (c, i) -> code[i] == c);
                    }
                    if (anyVoid) {
                        clearVoid(p, codes, sigmoid, blocks, block);
                    }
                    FloatSoftmax.store(p, to, blocks, block);
                });
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
                    FloatSoftmax.load(probabilities, p, blocks, block);
                    clearVoid(p, codes, perChannel, blocks, block);
                    for (int c = 0; c < channels && perChannel; c++) {
                        FloatSoftmax.addIfNotFinite(p[c], p[c], n);
                    }
                    if (!perChannel) {
                        spreadNotFinite(p, channels, n);
                    }
                    FloatSoftmax.store(p, to, blocks, block);
                });
    }

    /** Makes NaN of all channels of a pixel where one is not finite. */
    static void spreadNotFinite(float[][] p, int channels, int n) {
        float[] wrong = Scratch.floats(1, n);
        Arrays.fill(wrong, 0, n, 0);
        for (int c = 0; c < channels; c++) {
            FloatSoftmax.addIfNotFinite(wrong, p[c], n);
        }
        for (int c = 0; c < channels; c++) {
            FloatSoftmax.add(p[c], wrong, n);
        }
    }

    /** Takes the probabilities, or with sigmoids the logits. */
    static void gradient(
            FloatBuffer values,
            IntBuffer codes,
            Probabilities.Form form,
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
                    if (form == Probabilities.Form.SIGMOID) {
                        clearVoid(p, codes, perChannel, blocks, block);
                        for (int c = 0; c < channels; c++) {
                            FloatSoftmax.tails(p[c], Scratch.floats(1, n), n);
                        }
                    }
                    toScores(form, p, g, channels, n);
                    FloatSoftmax.store(g, to, blocks, block);
                });
    }

    /**
     * Puts the gradient by the scores in the place of the gradient g by the probabilities. Takes
     * the probabilities, or the tails of sigmoids.
     */
    static void toScores(
            Probabilities.Form form, float[][] values, float[][] g, int channels, int n) {
        if (form == Probabilities.Form.GIVEN) {
            for (int c = 0; c < channels; c++) {
                FloatSoftmax.addIfNotFinite(g[c], values[c], n);
            }
        } else if (form == Probabilities.Form.SIGMOID) {
            for (int c = 0; c < channels; c++) {
                FloatSoftmax.tailGradient(g[c], values[c], n);
            }
        } else {
            float[] mean = Scratch.floats(2, n);
            Arrays.fill(mean, 0, n, 0);
            for (int c = 0; c < channels; c++) {
                FloatSoftmax.addProduct(mean, values[c], g[c], n);
            }
            for (int c = 0; c < channels; c++) {
                softmaxGradient(g[c], values[c], mean, n);
            }
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
            any = FloatTarget.voids(code, n) > 0;
            if (any) {
                FloatSoftmax.clearVoid(values, code, blocks.channels(), n);
            }
            return any;
        }
        for (int c = 0; c < blocks.channels(); c++) {
            codes.get(blocks.offset(block, c), code, 0, n);
            if (FloatTarget.voids(code, n) > 0) {
                Indicator.clearVoid(values[c], code, n);
                any = true;
            }
        }
        return any;
    }
}
