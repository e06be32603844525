package org.seglosses.samediff.op;

import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;

/** The sums of region losses over the pixels of each map, and their gradient by the scores. */
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
        double[] partial = new double[blocks.groups() * channels * columns];
        Parallel.run(
                blocks.groups(),
                group -> {
                    int size = blocks.size();
                    float[][] sums = Scratch.floatBlock(0, channels * columns, size);
                    for (int row = 0; row < channels * columns; row++) {
                        Arrays.fill(sums[row], 0, size, 0);
                    }
                    for (int b = blocks.firstBlock(group); b < blocks.endBlock(group); b++) {
                        addBlock(
                                probabilities,
                                target,
                                squarePredicted,
                                squareLabelled,
                                blocks,
                                b,
                                sums);
                    }
                    int at = group * channels * columns;
                    for (int row = 0; row < channels * columns; row++) {
                        partial[at + row] = Sum.of(sums[row], size);
                    }
                });
        to.put(0, blocks.addUpGroups(partial, channels * columns));
    }

    private static void addBlock(
            FloatBuffer probabilities,
            FloatTarget target,
            boolean squarePredicted,
            boolean squareLabelled,
            Blocks blocks,
            int block,
            float[][] sums) {
        int n = blocks.length(block);
        float[] p = Scratch.floats(0, n);
        float[] y = Scratch.floats(1, n);
        float[] w = Scratch.floats(2, n);
        float[] predicted = squarePredicted ? Scratch.floats(3, n) : p;
        float[] labelled = squareLabelled ? Scratch.floats(4, n) : y;
        int[] code = Scratch.ints(0, n);
        boolean anyVoid = false;
        for (int c = 0; c < blocks.channels(); c++) {
            if (target.hasOwn(c)) {
                anyVoid = target.codes(block, c, code);
                target.weights(block, c, code, anyVoid, w);
            }
            target.labels(block, c, code, anyVoid, y);
            probabilities.get(blocks.offset(block, c), p, 0, n);
            if (squarePredicted) {
                square(p, predicted, n);
            }
            if (squareLabelled) {
                square(y, labelled, n);
            }
            int row = c * RegionSums.COLUMNS;
            add(
                    p,
                    predicted,
                    y,
                    w,
                    sums[row + RegionSums.TRUE_POSITIVE],
                    sums[row + RegionSums.FALSE_POSITIVE],
                    n);
            FloatSoftmax.addProduct(sums[row + RegionSums.LABELLED], w, labelled, n);
            FloatSoftmax.add(sums[row + RegionSums.WEIGHT], w, n);
        }
    }

    private static void add(
            float[] p, float[] alone, float[] y, float[] w, float[] both, float[] only, int n) {
        for (int i = 0; i < n; i++) {
            float product = w[i] * p[i] * y[i];
            both[i] += product;
            only[i] += w[i] * alone[i] - product;
        }
    }

    private static void square(float[] x, float[] to, int n) {
        for (int i = 0; i < n; i++) {
            to[i] = x[i] * x[i];
        }
    }

    /**
     * Writes the gradient by the scores that the probabilities were made of.
     *
     * @param form how they were made, see {@link Probabilities}
     */
    static void gradient(
            FloatBuffer scores,
            FloatBuffer probabilities,
            Probabilities.Form form,
            FloatTarget target,
            boolean squarePredicted,
            DoubleBuffer upstream,
            Blocks blocks,
            FloatBuffer to) {
        int channels = blocks.channels();
        boolean sigmoid = form == Probabilities.Form.SIGMOID;
        Parallel.run(
                blocks.count(),
                block -> {
                    int n = blocks.length(block);
                    float[][] values = Scratch.floatBlock(0, channels, n);
                    float[][] g = Scratch.floatBlock(1, channels, n);
                    float[] y = Scratch.floats(3, n);
                    float[] w = Scratch.floats(4, n);
                    int[] code = Scratch.ints(0, n);
                    boolean anyVoid = false;
                    FloatSoftmax.load(sigmoid ? scores : probabilities, values, blocks, block);
                    for (int c = 0; c < channels; c++) {
                        if (target.hasOwn(c)) {
                            anyVoid = target.codes(block, c, code);
                            target.weights(block, c, code, anyVoid, w);
                        }
                        target.labels(block, c, code, anyVoid, y);
                        int at = (blocks.image(block) * channels + c) * RegionSums.COLUMNS;
                        float one = (float) upstream.get(at + RegionSums.TRUE_POSITIVE);
                        float zero = (float) upstream.get(at + RegionSums.FALSE_POSITIVE);
                        if (squarePredicted) {
                            probabilities.get(blocks.offset(block, c), g[c], 0, n);
                            squared(g[c], one, zero, y, w, n);
                        } else {
                            plain(g[c], one, zero, y, w, n);
                        }
                        if (anyVoid) {
                            // not a product with the weight 0, which leaves NaN
                            FloatSoftmax.clearVoid(g[c], code, n);
                            FloatSoftmax.clearVoid(values[c], code, n);
                        }
                    }
                    FloatProbabilities.toScores(form, values, g, channels, n);
                    FloatSoftmax.store(g, to, blocks, block);
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
