package org.seglosses.samediff.op;

import java.nio.FloatBuffer;

/** Sums over the pixels of each image, accumulated in double. */
@SuppressWarnings("cast") // the double twin has casts from double to double
final class FloatImageSums {

    private FloatImageSums() {}

    /** Writes the sum of products of each image, or of each of its channels. */
    static void dot(
            FloatBuffer a, FloatBuffer b, Blocks blocks, boolean byChannel, FloatBuffer to) {
        int channels = byChannel ? blocks.channels() : 1;
        double[] partial = new double[blocks.count() * channels];
        Parallel.run(
                blocks.count(),
                block -> {
                    int n = blocks.length(block);
                    float[] x = Scratch.floats(0, n);
                    float[] y = Scratch.floats(1, n);
                    double sum = 0;
                    for (int c = 0; c < blocks.channels(); c++) {
                        a.get(blocks.offset(block, c), x, 0, n);
                        b.get(blocks.offset(block, c), y, 0, n);
                        for (int i = 0; i < n; i++) {
                            sum += (double) x[i] * y[i];
                        }
                        if (byChannel || c == blocks.channels() - 1) {
                            partial[block * channels + (byChannel ? c : 0)] = sum;
                            sum = 0;
                        }
                    }
                });
        double[] sums = blocks.addUp(partial, channels);
        for (int i = 0; i < sums.length; i++) {
            to.put(i, (float) sums[i]);
        }
    }

    /**
     * Writes the second factor times the upstream gradient of its image, or of the batch, with an
     * addend if there is one.
     */
    static void dotGradient(
            FloatBuffer b,
            FloatBuffer upstream,
            Blocks blocks,
            FloatBuffer addend,
            FloatBuffer to) {
        Parallel.run(
                blocks.count(),
                block -> {
                    int n = blocks.length(block);
                    float[] y = Scratch.floats(0, n);
                    float g = upstream.get(upstream.limit() == 1 ? 0 : blocks.image(block));
                    for (int c = 0; c < blocks.channels(); c++) {
                        b.get(blocks.offset(block, c), y, 0, n);
                        for (int i = 0; i < n; i++) {
                            y[i] *= g;
                        }
                        FloatSoftmax.store(y, addend, to, blocks.offset(block, c), n);
                    }
                });
    }
}
