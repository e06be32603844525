package org.seglosses.samediff.op;

import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;

/** What online hard example mining needs: true-class probabilities, and the choice of pixels. */
final class FloatOhem {

    private FloatOhem() {}

    /** Writes the probabilities of all pixels, and then their entropies. */
    static void trueProbabilities(
            FloatBuffer logits, IntBuffer codes, boolean given, Blocks blocks, FloatBuffer to) {
        Blocks single = blocks.withChannels(1);
        Parallel.run(
                blocks.count(),
                block -> {
                    int channels = blocks.channels();
                    int n = blocks.length(block);
                    float[][] z = Scratch.floatBlock(0, channels, n);
                    float[] max = Scratch.floats(1, n);
                    float[] sum = Scratch.floats(2, n);
                    float[] p = Scratch.floats(3, n);
                    float[] entropy = Scratch.floats(4, n);
                    float[] classes = Scratch.floats(5, n);
                    int[] code = Scratch.ints(0, n);
                    FloatSoftmax.load(logits, z, blocks, block);
                    codes.get(single.offset(block, 0), code, 0, n);
                    boolean anyVoid = FloatTarget.voids(code, n) > 0;
                    if (anyVoid) {
                        FloatSoftmax.clearVoid(z, code, channels, n);
                    }
                    Indicator.numbers(code, classes, n);
                    Arrays.fill(p, 0, n, 0);
                    Arrays.fill(entropy, 0, n, 0);
                    if (given) {
                        Arrays.fill(sum, 0, n, 0);
                        for (int c = 0; c < channels; c++) {
                            FloatSoftmax.addIfNotFinite(sum, z[c], n);
                            addOwn(p, classes, c, z[c], n);
                        }
                        entropies(p, sum, entropy, n);
                    } else {
                        FloatSoftmax.maxima(z, channels, n, max, sum, (c, i) -> code[i] == c);
                        for (int c = 0; c < channels; c++) {
                            addOwnDifference(entropy, classes, c, max, z[c], n);
                        }
                        FloatSoftmax.exponentials(z, channels, n, max, sum);
                        for (int c = 0; c < channels; c++) {
                            addOwn(p, classes, c, z[c], n);
                        }
                        for (int i = 0; i < n; i++) {
                            p[i] /= sum[i];
                        }
                        Log.inPlace(sum, n);
                        FloatSoftmax.add(entropy, sum, n);
                    }
                    if (anyVoid) {
                        for (int i = 0; i < n; i++) {
                            p[i] = code[i] < 0 ? Float.POSITIVE_INFINITY : p[i];
                        }
                        Indicator.clearVoid(entropy, code, n);
                    }
                    int at = single.offset(block, 0);
                    to.put(at, p, 0, n);
                    to.put(blocks.images() * blocks.pixels() + at, entropy, 0, n);
                });
    }

    /** Makes entropies of given probabilities. */
    private static void entropies(float[] p, float[] notFinite, float[] to, int n) {
        for (int i = 0; i < n; i++) {
            p[i] += notFinite[i];
            to[i] = Math.max(p[i], FloatCrossEntropy.LEAST_PROBABILITY);
        }
        Log.inPlace(to, n);
        for (int i = 0; i < n; i++) {
            to[i] = -to[i];
        }
    }

    private static void addOwn(float[] to, float[] classes, int c, float[] x, int n) {
        for (int i = 0; i < n; i++) {
            to[i] += Math.max(1 - Math.abs(classes[i] - c), 0) * x[i];
        }
    }

    private static void addOwnDifference(
            float[] to, float[] classes, int c, float[] max, float[] z, int n) {
        for (int i = 0; i < n; i++) {
            // finite, for the product with 0
            float difference = Math.min(max[i] - z[i], Float.MAX_VALUE);
            to[i] += Math.max(1 - Math.abs(classes[i] - c), 0) * difference;
        }
    }

    /** Makes the pixels void whose probability is above the threshold; NaN keeps a pixel. */
    static void hardCodes(
            FloatBuffer probabilities,
            FloatBuffer kth,
            float threshold,
            IntBuffer codes,
            Blocks blocks,
            IntBuffer to) {
        Parallel.run(
                blocks.count(),
                block -> {
                    int n = blocks.length(block);
                    int from = blocks.offset(block, 0);
                    float[] p = Scratch.floats(0, n);
                    int[] code = Scratch.ints(0, n);
                    probabilities.get(from, p, 0, n);
                    codes.get(from, code, 0, n);
                    float limit = threshold;
                    if (kth != null) {
                        limit =
                                Math.max(
                                        limit, kth.get(kth.limit() == 1 ? 0 : blocks.image(block)));
                    }
                    Indicator.voidAbove(p, limit, code, n);
                    to.put(from, code, 0, n);
                });
    }
}
