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
                        int own = target.hasOwn(row / columns) ? row : row % columns;
                        boolean weight = row % columns == RegionSums.WEIGHT;
                        partial[at + row] = Sum.of(sums[weight ? own : row], size);
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
        // what is summed of predictions and labels alone
        float[] predicted = p;
        float[] labelled = y;
        int[] code = Scratch.ints(0, n);
        boolean anyVoid = false;
        for (int c = 0; c < blocks.channels(); c++) {
            int row = c * RegionSums.COLUMNS;
            if (target.hasOwn(c)) {
                int voids = target.codes(block, c, code);
                anyVoid = voids > 0;
                if (target.isWeighted()) {
                    target.weights(block, c, code, anyVoid, w);
                    FloatSoftmax.add(sums[row + RegionSums.WEIGHT], w, n);
                } else {
                    sums[row + RegionSums.WEIGHT][0] += n - voids;
                }
            }
            target.labels(block, c, code, anyVoid, y);
            probabilities.get(blocks.offset(block, c), p, 0, n);
            if (squareLabelled) {
                labelled = Scratch.floats(3, n);
                product(y, target.isWeighted() ? w : y, labelled, n);
            }
            if (squarePredicted || target.isWeighted()) {
                predicted = Scratch.floats(4, n);
                product(p, squarePredicted ? p : w, predicted, n);
            }
            if (target.isWeighted()) {
                if (squarePredicted) {
                    FloatSoftmax.multiply(predicted, w, n);
                }
                if (squareLabelled) {
                    FloatSoftmax.multiply(labelled, y, n);
                }
                FloatSoftmax.multiply(y, w, n);
            }
            // without weights the void pixels' predictions and labels are 0
            FloatSoftmax.add(sums[row + RegionSums.LABELLED], labelled, n);
            add(
                    p,
                    y,
                    predicted,
                    sums[row + RegionSums.TRUE_POSITIVE],
                    sums[row + RegionSums.FALSE_POSITIVE],
                    n);
        }
    }

    private static void add(
            float[] p, float[] y, float[] alone, float[] both, float[] only, int n) {
        for (int i = 0; i < n; i++) {
            float product = p[i] * y[i];
            both[i] += product;
            only[i] += alone[i] - product;
        }
    }

    private static void product(float[] x, float[] y, float[] to, int n) {
        for (int i = 0; i < n; i++) {
            to[i] = x[i] * y[i];
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
                            anyVoid = target.codes(block, c, code) > 0;
                            if (target.isWeighted()) {
                                target.weights(block, c, code, anyVoid, w);
                            }
                        }
                        target.labels(block, c, code, anyVoid, y);
                        int at = (blocks.image(block) * channels + c) * RegionSums.COLUMNS;
                        float one = (float) upstream.get(at + RegionSums.TRUE_POSITIVE);
                        float zero = (float) upstream.get(at + RegionSums.FALSE_POSITIVE);
                        if (squarePredicted) {
                            probabilities.get(blocks.offset(block, c), g[c], 0, n);
                            squared(g[c], one, zero, y, n);
                        } else {
                            plain(g[c], one, zero, y, n);
                        }
                        if (target.isWeighted()) {
                            FloatSoftmax.multiply(g[c], w, n);
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
    private static void plain(float[] to, float one, float zero, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            to[i] = y[i] * one + (1 - y[i]) * zero;
        }
    }

    /** Puts the gradients in the place of the predictions. */
    private static void squared(float[] p, float one, float zero, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            p[i] = y[i] * one + (2 * p[i] - y[i]) * zero;
        }
    }
}
