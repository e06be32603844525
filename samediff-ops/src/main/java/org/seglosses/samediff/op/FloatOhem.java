package org.seglosses.samediff.op;

import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;

/** What online hard example mining needs: true-class probabilities, and the choice of pixels. */
final class FloatOhem {

    private FloatOhem() {}

    static void trueProbabilities(
            FloatBuffer logits, IntBuffer codes, boolean given, Blocks blocks, FloatBuffer to) {
        Blocks single = blocks.withChannels(1);
        Parallel.run(
                blocks.count(),
                block -> {
                    int channels = blocks.channels();
                    int n = blocks.length(block);
                    float[][] e = Scratch.floatBlock(0, channels, n);
                    float[] max = Scratch.floats(1, n);
                    float[] sum = Scratch.floats(2, n);
                    int[] code = Scratch.ints(0, n);
                    FloatSoftmax.load(logits, e, blocks, block);
                    codes.get(single.offset(block, 0), code, 0, n);
                    FloatSoftmax.clearVoid(e, code, channels, n);
                    if (given) {
                        Arrays.fill(sum, 0, n, 1);
                        for (int c = 0; c < channels; c++) {
                            FloatSoftmax.addIfNotFinite(sum, e[c], n);
                        }
                    } else {
                        FloatSoftmax.maxima(e, channels, n, max, sum);
                        FloatSoftmax.exponentials(e, channels, n, max, sum);
                    }
                    float[] label = Scratch.floats(3, n);
                    float[] classes = Scratch.floats(4, n);
                    Indicator.numbers(code, classes, n);
                    Arrays.fill(max, 0, n, 0);
                    for (int c = 0; c < channels; c++) {
                        Indicator.of(classes, c, label, n);
                        FloatSoftmax.addProduct(max, label, e[c], n);
                    }
                    for (int i = 0; i < n; i++) {
                        max[i] /= sum[i];
                    }
                    if (FloatTarget.voids(code, n) > 0) {
                        for (int i = 0; i < n; i++) {
                            max[i] = code[i] < 0 ? Float.POSITIVE_INFINITY : max[i];
                        }
                    }
                    to.put(single.offset(block, 0), max, 0, n);
                });
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
