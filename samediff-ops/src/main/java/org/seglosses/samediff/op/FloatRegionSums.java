package org.seglosses.samediff.op;

import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;

/** The sums of region losses over the pixels of each map, and their gradient. */
@SuppressWarnings("cast") // the double twin has casts from double to double
final class FloatRegionSums {

    private FloatRegionSums() {}

    static void forward(
            FloatBuffer probabilities,
            FloatTarget target,
            boolean squarePredicted,
            boolean squareLabelled,
            Blocks blocks,
            DoubleBuffer to) {
        int columns = RegionSums.COLUMNS;
        int channels = blocks.channels();
        double[] partial = new double[blocks.count() * channels * columns];
        Parallel.run(
                blocks.count(),
                block -> {
                    int n = blocks.length(block);
                    float[] p = Scratch.floats(0, n);
                    float[] y = Scratch.floats(1, n);
                    float[] w = Scratch.floats(2, n);
                    int[] code = Scratch.ints(0, n);
                    for (int c = 0; c < channels; c++) {
                        if (target.hasOwn(c)) {
                            target.codes(block, c, code);
                            target.weights(block, c, code, w);
                        }
                        target.labels(block, c, code, y);
                        probabilities.get(blocks.offset(block, c), p, 0, n);
                        double both = 0;
                        double predicted = 0;
                        double labelled = 0;
                        double weight = 0;
                        for (int i = 0; i < n; i++) {
                            double wp = (double) w[i] * p[i];
                            double wy = (double) w[i] * y[i];
                            both += wp * y[i];
                            predicted += squarePredicted ? wp * p[i] : wp;
                            labelled += squareLabelled ? wy * y[i] : wy;
                            weight += w[i];
                        }
                        int at = (block * channels + c) * columns;
                        partial[at + RegionSums.TRUE_POSITIVE] = both;
                        partial[at + RegionSums.FALSE_POSITIVE] = predicted - both;
                        partial[at + RegionSums.LABELLED] = labelled;
                        partial[at + RegionSums.WEIGHT] = weight;
                    }
                });
        to.put(0, blocks.addUp(partial, channels * columns));
    }

    static void gradient(
            FloatBuffer probabilities,
            FloatTarget target,
            boolean squarePredicted,
            DoubleBuffer upstream,
            Blocks blocks,
            FloatBuffer to) {
        int channels = blocks.channels();
        Parallel.run(
                blocks.count(),
                block -> {
                    int n = blocks.length(block);
                    float[] p = Scratch.floats(0, n);
                    float[] y = Scratch.floats(1, n);
                    float[] w = Scratch.floats(2, n);
                    int[] code = Scratch.ints(0, n);
                    boolean anyVoid = false;
                    for (int c = 0; c < channels; c++) {
                        if (target.hasOwn(c)) {
                            anyVoid = target.codes(block, c, code);
                            target.weights(block, c, code, w);
                        }
                        target.labels(block, c, code, y);
                        int at = (blocks.image(block) * channels + c) * RegionSums.COLUMNS;
                        float one = (float) upstream.get(at + RegionSums.TRUE_POSITIVE);
                        float zero = (float) upstream.get(at + RegionSums.FALSE_POSITIVE);
                        if (squarePredicted) {
                            probabilities.get(blocks.offset(block, c), p, 0, n);
                            squared(p, one, zero, y, w, n);
                        } else {
                            plain(p, one, zero, y, w, n);
                        }
                        if (anyVoid) {
                            // not a product with the weight 0, which leaves NaN
                            for (int i = 0; i < n; i++) {
                                p[i] = code[i] < 0 ? 0 : p[i];
                            }
                        }
                        to.put(blocks.offset(block, c), p, 0, n);
                    }
                });
    }

    /** Writes gradients that are one number at label 1, another at label 0, and linear between. */
    private static void plain(float[] to, float one, float zero, float[] y, float[] w, int n) {
        for (int i = 0; i < n; i++) {
            to[i] = w[i] * (y[i] * one + (1 - y[i]) * zero);
        }
    }

    /** Puts the gradients in the place of the predictions. */
    private static void squared(float[] p, float one, float zero, float[] y, float[] w, int n) {
        for (int i = 0; i < n; i++) {
            p[i] = w[i] * (y[i] * one + (2 * p[i] - y[i]) * zero);
        }
    }
}
