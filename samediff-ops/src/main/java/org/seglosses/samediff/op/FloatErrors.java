package org.seglosses.samediff.op;

import java.nio.FloatBuffer;
import java.nio.IntBuffer;

/**
 * Errors of the Lovász losses, and their gradients. Absolute errors are {@code |1{foreground} -
 * p|}, hinge errors {@code max(0, 1 - z * (2 * 1{foreground} - 1))}; both are 0 at void pixels.
 * Where an error is 0 its gradient is 0.
 */
final class FloatErrors {

    private FloatErrors() {}

    static void forward(
            FloatBuffer values,
            IntBuffer codes,
            boolean hinge,
            boolean perChannel,
            Blocks blocks,
            FloatBuffer to) {
        Parallel.run(
                blocks.count(),
                block -> {
                    int channels = blocks.channels();
                    int n = blocks.length(block);
                    float[][] e = Scratch.floatBlock(0, channels, n);
                    int[] code = Scratch.ints(0, n);
                    FloatSoftmax.load(values, e, blocks, block);
                    for (int c = 0; c < channels; c++) {
                        int foreground = foreground(codes, code, c, perChannel, blocks, block);
                        if (hinge) {
                            for (int i = 0; i < n; i++) {
                                float z = e[c][i];
                                float error = 1 - (code[i] == foreground ? z : -z);
                                // z * 0: not finite in, NaN out
                                e[c][i] = code[i] < 0 ? 0 : Math.max(error, 0) + z * 0;
                            }
                        } else {
                            for (int i = 0; i < n; i++) {
                                float p = e[c][i];
                                e[c][i] =
                                        code[i] < 0
                                                ? 0
                                                : Math.abs((code[i] == foreground ? 1 : 0) - p);
                            }
                        }
                    }
                    FloatSoftmax.store(e, to, blocks, block);
                });
    }

    static void gradient(
            FloatBuffer errors,
            FloatBuffer upstream,
            IntBuffer codes,
            boolean perChannel,
            Blocks blocks,
            FloatBuffer to) {
        Parallel.run(
                blocks.count(),
                block -> {
                    int channels = blocks.channels();
                    int n = blocks.length(block);
                    float[][] e = Scratch.floatBlock(0, channels, n);
                    float[][] g = Scratch.floatBlock(1, channels, n);
                    int[] code = Scratch.ints(0, n);
                    FloatSoftmax.load(errors, e, blocks, block);
                    FloatSoftmax.load(upstream, g, blocks, block);
                    for (int c = 0; c < channels; c++) {
                        int foreground = foreground(codes, code, c, perChannel, blocks, block);
                        for (int i = 0; i < n; i++) {
                            float signed = code[i] == foreground ? -g[c][i] : g[c][i];
                            g[c][i] = code[i] < 0 || e[c][i] == 0 ? 0 : signed;
                        }
                    }
                    FloatSoftmax.store(g, to, blocks, block);
                });
    }

    /** Loads the codes of a channel and returns the code that is its foreground. */
    private static int foreground(
            IntBuffer codes, int[] code, int c, boolean perChannel, Blocks blocks, int block) {
        int n = blocks.length(block);
        if (perChannel) {
            codes.get(blocks.offset(block, c), code, 0, n);
            return 1;
        }
        if (c == 0) {
            codes.get(blocks.withChannels(1).offset(block, 0), code, 0, n);
        }
        return c;
    }
}
