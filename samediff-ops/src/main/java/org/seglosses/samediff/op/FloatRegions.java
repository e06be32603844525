package org.seglosses.samediff.op;

import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * The predictions of {@link RegionMaps}, their sums over the pixels of each map, and the gradient
 * of these by the scores.
 */
@SuppressWarnings("cast") // the double twin has casts from double to double
final class FloatRegions {

    private final FloatTarget target;
    private final Probabilities.Form form;
    private final boolean squarePredicted;

    /** Whether the maps hold slopes in the place of predictions. */
    private final boolean slopes;

    private final Blocks blocks;
    private final int channels;

    /** Whether labels are 0 and 1, weights are 1, and nothing is squared. */
    private final boolean plain;

    FloatRegions(
            FloatTarget target,
            Probabilities.Form form,
            boolean squarePredicted,
            boolean slopes,
            Blocks blocks) {
        this.target = target;
        this.form = form;
        this.squarePredicted = squarePredicted;
        this.slopes = slopes;
        this.blocks = blocks;
        this.channels = blocks.channels();
        this.plain = target.isHard() && !target.isWeighted() && !squarePredicted;
    }

    /** Writes the predictions, and their sums. */
    void forward(
            FloatBuffer scores, boolean squareLabelled, FloatBuffer predictions, DoubleBuffer to) {
        int rows = channels * RegionSums.COLUMNS;
        double[] partial = new double[blocks.groups() * rows];
        Parallel.run(
                blocks.groups(),
                group -> {
                    int size = blocks.size();
                    float[][] sums = Scratch.floatBlock(1, rows, size);
                    for (int row = 0; row < rows; row++) {
                        Arrays.fill(sums[row], 0, size, 0);
                    }
                    for (int b = blocks.firstBlock(group); b < blocks.endBlock(group); b++) {
                        new Pixels(b).forward(scores, squareLabelled, predictions, sums);
                    }
                    for (int row = 0; row < rows; row++) {
                        int own =
                                target.hasOwn(row / RegionSums.COLUMNS)
                                        ? row
                                        : row % RegionSums.COLUMNS;
                        boolean weight = row % RegionSums.COLUMNS == RegionSums.WEIGHT;
                        partial[group * rows + row] = Sum.of(sums[weight ? own : row], size);
                    }
                });
        to.put(0, blocks.addUpGroups(partial, rows));
    }

    /**
     * Writes the gradient by the scores, for the upstream gradient of the sums, with an addend if
     * there is one.
     */
    void gradient(
            FloatBuffer predictions, DoubleBuffer upstream, FloatBuffer addend, FloatBuffer to) {
        Parallel.run(
                blocks.count(),
                block -> new Pixels(block).gradient(predictions, upstream, addend, to));
    }

    /** The pixels of a block. */
    private final class Pixels {

        private final int block;
        private final int n;

        /** Predictions; of sigmoids, their tails. */
        private final float[][] p;

        private final float[] y;
        private final float[] w;
        private final FloatTarget.Row row;

        Pixels(int block) {
            this.block = block;
            this.n = blocks.length(block);
            this.p = Scratch.floatBlock(0, channels, n);
            this.y = Scratch.floats(3, n);
            this.w = Scratch.floats(4, n);
            this.row = target.row(block);
        }

        void forward(
                FloatBuffer scores,
                boolean squareLabelled,
                FloatBuffer predictions,
                float[][] sums) {
            FloatSoftmax.load(scores, p, blocks, block);
            if (!target.isPerChannel()) {
                row.load(0);
                row.clearVoid(p);
                predict();
                row.clearVoid(p);
                FloatSoftmax.store(p, predictions, blocks, block);
            }
            for (int c = 0; c < channels; c++) {
                row.load(c);
                if (slopes) {
                    slopes(c, predictions, sums);
                    continue;
                }
                if (target.isPerChannel()) {
                    row.clearVoid(p[c]);
                    predict(p[c]);
                    row.clearVoid(p[c]);
                    predictions.put(blocks.offset(block, c), p[c], 0, n);
                }
                if (form == Probabilities.Form.SIGMOID) {
                    FloatSoftmax.ofTails(p[c], n);
                }
                addTo(c, squareLabelled, sums);
            }
        }

        /** Sums up sigmoids, and writes their derivatives, negative at label 1. */
        private void slopes(int c, FloatBuffer to, float[][] sums) {
            int at = c * RegionSums.COLUMNS;
            float[] right = Scratch.floats(1, n);
            float[] wrong = Scratch.floats(2, n);
            row.labels(c, y);
            row.clearVoid(p[c]);
            FloatSoftmax.ofLabels(p[c], y, w, right, wrong, n);
            row.clearVoid(right);
            row.clearVoid(wrong);
            sums[at + RegionSums.WEIGHT][0] += n - row.voids();
            addRight(
                    right,
                    y,
                    sums[at + RegionSums.TRUE_POSITIVE],
                    sums[at + RegionSums.LABELLED],
                    n);
            addWrong(right, wrong, y, sums[at + RegionSums.FALSE_POSITIVE], n);
            to.put(blocks.offset(block, c), wrong, 0, n);
        }

        /** Puts the predictions of all channels in the place of the scores. */
        private void predict() {
            float[] one = Scratch.floats(1, n);
            float[] other = Scratch.floats(2, n);
            if (form == Probabilities.Form.SOFTMAX) {
                FloatSoftmax.softmax(p, channels, n, one, other, row::has);
            } else {
                FloatProbabilities.spreadNotFinite(p, channels, n);
            }
        }

        /** Puts the predictions of a channel in the place of its scores. */
        private void predict(float[] scores) {
            if (form == Probabilities.Form.SIGMOID) {
                FloatSoftmax.tails(scores, Scratch.floats(1, n), n);
            } else {
                FloatSoftmax.addIfNotFinite(scores, scores, n);
            }
        }

        private void addTo(int c, boolean squareLabelled, float[][] sums) {
            int at = c * RegionSums.COLUMNS;
            float[] both = sums[at + RegionSums.TRUE_POSITIVE];
            float[] only = sums[at + RegionSums.FALSE_POSITIVE];
            float[] labels = sums[at + RegionSums.LABELLED];
            if (plain) {
                if (target.hasOwn(c)) {
                    sums[at + RegionSums.WEIGHT][0] += n - row.voids();
                }
                addPlain(p[c], row.classes(), row.foreground(c), both, only, labels, n);
                return;
            }
            row.labels(c, y);
            if (target.hasOwn(c)) {
                if (target.isWeighted()) {
                    row.weights(c, w);
                    FloatSoftmax.add(sums[at + RegionSums.WEIGHT], w, n);
                } else {
                    sums[at + RegionSums.WEIGHT][0] += n - row.voids();
                }
            }
            // what is summed of predictions and labels alone
            float[] predicted = p[c];
            float[] labelled = y;
            if (squarePredicted) {
                predicted = Scratch.floats(1, n);
                product(p[c], p[c], predicted, n);
            }
            if (squareLabelled && !target.isHard()) {
                labelled = Scratch.floats(2, n);
                product(y, y, labelled, n);
            }
            if (target.isWeighted()) {
                addWeighted(p[c], y, predicted, w, both, only, n);
                FloatSoftmax.addProduct(labels, labelled, w, n);
            } else {
                // at void pixels both are 0
                addUnweighted(p[c], y, predicted, both, only, n);
                FloatSoftmax.add(labels, labelled, n);
            }
        }

        /** The same as {@link #gradient} with fewer rows in between. */
        private void softmaxGradient(
                FloatBuffer predictions,
                DoubleBuffer upstream,
                FloatBuffer addend,
                FloatBuffer to) {
            row.load(0);
            FloatSoftmax.load(predictions, p, blocks, block);
            float[] mean = Scratch.floats(1, n);
            Arrays.fill(mean, 0, n, 0);
            for (int c = 0; c < channels; c++) {
                addMean(p[c], row.classes(), c, one(upstream, c), zero(upstream, c), mean, n);
            }
            for (int c = 0; c < channels; c++) {
                byScores(p[c], row.classes(), c, one(upstream, c), zero(upstream, c), mean, n);
            }
            row.clearVoid(p);
            FloatSoftmax.store(p, addend, to, blocks, block);
        }

        private void bySlopes(
                FloatBuffer slopes, DoubleBuffer upstream, FloatBuffer addend, FloatBuffer to) {
            float[] g = p[0];
            for (int c = 0; c < channels; c++) {
                slopes.get(blocks.offset(block, c), g, 0, n);
                multiplyBySign(g, -one(upstream, c), zero(upstream, c), n);
                if (one(upstream, c) * 0 + zero(upstream, c) * 0 != 0) {
                    // a slope of 0 leaves NaN
                    row.load(target.hasOwn(c) ? c : 0);
                    row.clearVoid(g);
                }
                FloatSoftmax.store(g, addend, to, blocks.offset(block, c), n);
            }
        }

        private float one(DoubleBuffer upstream, int c) {
            int at = (blocks.image(block) * channels + c) * RegionSums.COLUMNS;
            return (float) upstream.get(at + RegionSums.TRUE_POSITIVE);
        }

        private float zero(DoubleBuffer upstream, int c) {
            int at = (blocks.image(block) * channels + c) * RegionSums.COLUMNS;
            return (float) upstream.get(at + RegionSums.FALSE_POSITIVE);
        }

        void gradient(
                FloatBuffer predictions,
                DoubleBuffer upstream,
                FloatBuffer addend,
                FloatBuffer to) {
            if (slopes) {
                bySlopes(predictions, upstream, addend, to);
                return;
            }
            if (plain && form == Probabilities.Form.SOFTMAX) {
                softmaxGradient(predictions, upstream, addend, to);
                return;
            }
            float[][] g = Scratch.floatBlock(1, channels, n);
            FloatSoftmax.load(predictions, p, blocks, block);
            for (int c = 0; c < channels; c++) {
                row.load(c);
                row.labels(c, y);
                float one = one(upstream, c);
                float zero = zero(upstream, c);
                if (squarePredicted) {
                    System.arraycopy(p[c], 0, g[c], 0, n);
                    if (form == Probabilities.Form.SIGMOID) {
                        FloatSoftmax.ofTails(g[c], n);
                    }
                    squared(g[c], one, zero, y, n);
                } else {
                    plain(g[c], one, zero, y, n);
                }
                if (target.isWeighted()) {
                    if (target.hasOwn(c)) {
                        row.weights(c, w);
                    }
                    FloatSoftmax.multiply(g[c], w, n);
                }
                // not a product with the weight 0, which leaves NaN
                row.clearVoid(g[c]);
            }
            FloatProbabilities.toScores(form, p, g, channels, n);
            FloatSoftmax.store(g, addend, to, blocks, block);
        }
    }

    private static void addRight(float[] right, float[] y, float[] both, float[] labels, int n) {
        for (int i = 0; i < n; i++) {
            both[i] += y[i] * right[i];
            labels[i] += y[i];
        }
    }

    /** Puts the slopes, negative where the label is 1, in the place of what is wrong. */
    private static void addWrong(float[] right, float[] wrong, float[] y, float[] only, int n) {
        for (int i = 0; i < n; i++) {
            only[i] += (1 - y[i]) * wrong[i];
            wrong[i] *= right[i] * (1 - 2 * y[i]);
        }
    }

    private static void multiplyBySign(float[] x, float ofNegative, float ofPositive, int n) {
        for (int i = 0; i < n; i++) {
            x[i] = Math.min(x[i], 0) * ofNegative + Math.max(x[i], 0) * ofPositive;
        }
    }

    private static void addMean(
            float[] p, float[] classes, int c, float one, float zero, float[] to, int n) {
        float more = one - zero;
        for (int i = 0; i < n; i++) {
            float y = Math.max(1 - Math.abs(classes[i] - c), 0);
            to[i] += p[i] * (zero + y * more);
        }
    }

    private static void byScores(
            float[] p, float[] classes, int c, float one, float zero, float[] mean, int n) {
        float more = one - zero;
        for (int i = 0; i < n; i++) {
            float y = Math.max(1 - Math.abs(classes[i] - c), 0);
            p[i] *= zero + y * more - mean[i];
        }
    }

    private static void addPlain(
            float[] p,
            float[] classes,
            int foreground,
            float[] both,
            float[] only,
            float[] labels,
            int n) {
        for (int i = 0; i < n; i++) {
            float y = Math.max(1 - Math.abs(classes[i] - foreground), 0);
            float product = p[i] * y;
            both[i] += product;
            only[i] += p[i] - product;
            labels[i] += y;
        }
    }

    private static void addUnweighted(
            float[] p, float[] y, float[] alone, float[] both, float[] only, int n) {
        for (int i = 0; i < n; i++) {
            float product = p[i] * y[i];
            both[i] += product;
            only[i] += alone[i] - product;
        }
    }

    private static void addWeighted(
            float[] p, float[] y, float[] alone, float[] w, float[] both, float[] only, int n) {
        for (int i = 0; i < n; i++) {
            float product = w[i] * (p[i] * y[i]);
            both[i] += product;
            only[i] += w[i] * alone[i] - product;
        }
    }

    private static void product(float[] x, float[] y, float[] to, int n) {
        for (int i = 0; i < n; i++) {
            to[i] = x[i] * y[i];
        }
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
