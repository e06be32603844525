package org.seglosses.samediff.op;

import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;

/**
 * Cross entropy of blocks. The term of a pixel is {@code w * sum_c a_c * (lse - z_c)} with its
 * weight w, and {@code a_c = weight_c * ((1-s) * y_c + s/C * sum y)}; its weight in the mean is
 * {@code w * sum_c weight_c * y_c}.
 */
@SuppressWarnings("cast") // the double twin has casts from double to double
final class FloatCrossEntropy {

    /**
     * The least probability whose logarithm is taken, since that of 0 is infinite. Below it the
     * loss is constant; its inverse, which the gradient holds, is a float with room for sums.
     */
    static final float LEAST_PROBABILITY = (float) 1e-30;

    /** Far from where a product overflows. */
    private static final float HUGE = (float) 1e20;

    /**
     * By what terms are multiplied where their sum has overflowed, though the mean need not: the
     * weights of a pixel and of a class, of 1e10 each, and some pixels leave any logit a number.
     */
    static final float REDUCED = (float) 0x1p-96;

    private final FloatBuffer logits;
    private final IntBuffer codes;
    private final FloatBuffer soft;
    private final FloatBuffer weights;
    private final Blocks blocks;
    private final boolean weighted;
    private final float[] classWeights;
    private final double smoothing;
    private final boolean probabilities;

    /**
     * Soft labels may be null, if there are codes alone; so may be weights. Instead of logits there
     * may be probabilities.
     */
    FloatCrossEntropy(
            FloatBuffer logits,
            IntBuffer codes,
            FloatBuffer soft,
            FloatBuffer weights,
            Blocks blocks,
            double[] classWeights,
            double smoothing,
            boolean probabilities) {
        this.logits = logits;
        this.codes = codes;
        this.soft = soft;
        this.weights = weights;
        this.blocks = blocks;
        this.weighted = classWeights.length != 0;
        this.classWeights = new float[blocks.channels()];
        for (int c = 0; c < blocks.channels(); c++) {
            this.classWeights[c] = classWeights.length == 0 ? 1 : (float) classWeights[c];
        }
        this.smoothing = smoothing;
        this.probabilities = probabilities;
    }

    /**
     * Finds for each image its sum of terms and its sum of weights.
     *
     * @param ofTrueClass an array in whose second half the codes' entropies are, if they are known,
     *     or null
     */
    double[] sums(FloatBuffer ofTrueClass) {
        double[] partial = new double[2 * blocks.groups()];
        Parallel.run(
                blocks.groups(),
                group -> {
                    groupSums(group, ofTrueClass, 1, partial);
                    if (!Double.isFinite(partial[2 * group])) {
                        groupSums(group, ofTrueClass, REDUCED, partial);
                    }
                });
        return blocks.addUpGroups(partial, 2);
    }

    /** Finds the sums of a group from terms that are multiplied by a number meanwhile. */
    private void groupSums(int group, FloatBuffer ofTrueClass, float reduced, double[] partial) {
        int size = blocks.size();
        float[] terms = Scratch.floats(0, size);
        float[] masses = Scratch.floats(1, size);
        Arrays.fill(terms, 0, size, 0);
        Arrays.fill(masses, 0, size, 0);
        for (int block = blocks.firstBlock(group); block < blocks.endBlock(group); block++) {
            if (ofTrueClass == null) {
                new Pixels(block, reduced).addTo(terms, masses);
            } else {
                addKnown(block, ofTrueClass, reduced, terms, masses);
            }
        }
        partial[2 * group] = Sum.of(terms, size) / reduced;
        partial[2 * group + 1] = Sum.of(masses, size);
    }

    private void addKnown(
            int block, FloatBuffer ofTrueClass, float reduced, float[] terms, float[] masses) {
        int n = blocks.length(block);
        int at = blocks.withChannels(1).offset(block, 0);
        int[] code = Scratch.ints(0, n);
        float[] w = Scratch.floats(2, n);
        float[] entropy = Scratch.floats(3, n);
        codes.get(at, code, 0, n);
        ofTrueClass.get(blocks.images() * blocks.pixels() + at, entropy, 0, n);
        Indicator.ofValid(code, w, n);
        if (weights != null) {
            float[] own = Scratch.floats(4, n);
            weights.get(at, own, 0, n);
            FloatSoftmax.multiply(w, own, n);
        }
        for (int i = 0; i < n && weighted; i++) {
            w[i] *= classWeights[Math.max(code[i], 0)];
        }
        FloatSoftmax.add(masses, w, n);
        if (reduced != 1) {
            scale(w, reduced, n);
        }
        FloatSoftmax.addProduct(terms, w, entropy, n);
    }

    /**
     * Writes the gradient by the logits, for the upstream gradient of each image's sum of terms,
     * with an addend if there is one.
     */
    void gradient(double[] upstream, FloatBuffer addend, FloatBuffer to) {
        Parallel.run(
                blocks.count(),
                block -> {
                    Pixels pixels = new Pixels(block, 1);
                    pixels.gradient((float) upstream[blocks.image(block)]);
                    FloatSoftmax.store(pixels.z, addend, to, blocks, block);
                });
    }

    /** The derivative of the logarithm of a probability; NaN of what is not finite. */
    static float inverse(float p) {
        return p > LEAST_PROBABILITY ? 1 / p + p * 0 : p * 0;
    }

    /** The pixels of a block; those without label or weight have logits and weights of 0. */
    private final class Pixels {

        private final int block;
        private final int n;
        private final int channels = blocks.channels();

        /** What labels are multiplied by: their own, and their sum for each class. */
        private final float keep;

        private final float spread;

        private final float reduced;

        private final float[][] z;
        private final float[][] y;
        private final float[] w;
        private final int[] code;
        private final boolean anyVoid;

        /** The sum of a pixel's labels. */
        private final float[] labels;

        /** The sum of a pixel's {@code a_c}, if it is not 1. */
        private final float[] a;

        /** Whether the sums of labels and of {@code a_c} are 1. */
        private final boolean whole;

        private final float[] max;
        private final float[] sum;

        Pixels(int block, float reduced) {
            this.block = block;
            this.n = blocks.length(block);
            this.reduced = reduced;
            this.keep = reduced * (float) (1 - smoothing);
            this.spread = reduced * (float) (smoothing / channels);
            this.z = Scratch.floatBlock(0, channels, n);
            this.y = Scratch.floatBlock(1, channels, n);
            this.w = Scratch.floats(2, n);
            this.labels = Scratch.floats(3, n);
            this.a = Scratch.floats(4, n);
            this.whole = soft == null && !weighted && reduced == 1;
            this.max = Scratch.floats(5, n);
            this.sum = Scratch.floats(6, n);
            this.code = Scratch.ints(0, n);
            FloatSoftmax.load(logits, z, blocks, block);
            loadWeights();
            this.anyVoid = loadLabels();
            if (anyVoid) {
                Indicator.ofValid(code, max, n);
                FloatSoftmax.multiply(w, max, n);
                clearVoidIfHuge();
            }
        }

        /**
         * Void logits may be anything. Most often they are usual numbers, and their weight of 0 is
         * enough: void pixels are many, and hard to foresee, where hard examples are chosen.
         */
        private void clearVoidIfHuge() {
            Arrays.fill(sum, 0, n, 0);
            for (int c = 0; c < channels; c++) {
                addIfHuge(sum, z[c], n);
            }
            if (Sum.of(sum, n) != 0) {
                FloatSoftmax.clearVoid(z, code, channels, n);
            }
        }

        private int pixel() {
            return blocks.image(block) * blocks.pixels() + blocks.start(block);
        }

        private void loadWeights() {
            if (weights == null) {
                Arrays.fill(w, 0, n, 1);
            } else {
                weights.get(pixel(), w, 0, n);
            }
        }

        /** Returns whether a pixel has no label or no weight; its code is void then. */
        private boolean loadLabels() {
            codes.get(pixel(), code, 0, n);
            for (int i = 0; i < n && weights != null; i++) {
                if (w[i] == 0) {
                    code[i] = Targets.VOID;
                }
            }
            if (soft == null) {
                float[] classes = Scratch.floats(13, n);
                Indicator.numbers(code, classes, n);
                for (int c = 0; c < channels; c++) {
                    Indicator.of(classes, c, y[c], n);
                }
                Arrays.fill(labels, 0, n, 1);
                return FloatTarget.voids(code, n) > 0;
            }
            boolean any = FloatTarget.voids(code, n) > 0;
            FloatSoftmax.load(soft, y, blocks, block);
            if (any) {
                // where a pixel is void its labels may be anything
                FloatSoftmax.clearVoid(y, code, channels, n);
            }
            Arrays.fill(labels, 0, n, 0);
            for (int c = 0; c < channels; c++) {
                FloatSoftmax.add(labels, y[c], n);
            }
            return any;
        }

        void addTo(float[] terms, float[] masses) {
            // sum_c a_c * (max - z_c), so that a term is w * (a * log(sum exp(z - max)) + below)
            float[] below = Scratch.floats(7, n);
            Arrays.fill(below, 0, n, 0);
            if (probabilities) {
                Arrays.fill(max, 0, n, 0);
                // the logarithm of the sum, which is 1; or NaN
                Arrays.fill(sum, 0, n, 0);
                for (int c = 0; c < channels; c++) {
                    FloatSoftmax.addIfNotFinite(sum, z[c], n);
                    atLeast(LEAST_PROBABILITY, z[c], n);
                    Log.inPlace(z[c], n);
                }
            } else {
                FloatSoftmax.maxima(z, channels, n, max, sum, this::hasShare);
            }
            if (!whole) {
                findShares();
            }
            float[] mass = labels;
            if (weighted) {
                mass = Scratch.floats(8, n);
                Arrays.fill(mass, 0, n, 0);
                for (int c = 0; c < channels; c++) {
                    addScaled(mass, y[c], classWeights[c], n);
                }
            }
            for (int c = 0; c < channels; c++) {
                addDifferences(
                        below,
                        max,
                        z[c],
                        y[c],
                        keep * classWeights[c],
                        labels,
                        spread * classWeights[c],
                        n);
            }
            if (!probabilities) {
                FloatSoftmax.exponentials(z, channels, n, max, sum);
                Log.inPlace(sum, n);
            }
            if (!whole) {
                FloatSoftmax.multiply(sum, a, n);
            }
            FloatSoftmax.add(sum, below, n);
            FloatSoftmax.addProduct(terms, w, sum, n);
            FloatSoftmax.addProduct(masses, w, mass, n);
        }

        /** Whether a class counts at a pixel, by its label or by smoothing. */
        private boolean hasShare(int c, int i) {
            return smoothing > 0 || y[c][i] != 0;
        }

        /** Finds the sum of {@code a_c}: without class weights, that of the labels. */
        private void findShares() {
            if (!weighted) {
                System.arraycopy(labels, 0, a, 0, n);
                if (reduced != 1) {
                    scale(a, reduced, n);
                }
                return;
            }
            Arrays.fill(a, 0, n, 0);
            for (int c = 0; c < channels; c++) {
                addScaled(a, y[c], keep * classWeights[c], n);
                addScaled(a, labels, spread * classWeights[c], n);
            }
        }

        /** Puts the gradient in the place of the logits. */
        void gradient(float upstream) {
            scale(w, upstream, n);
            if (probabilities) {
                for (int c = 0; c < channels; c++) {
                    gradientByProbability(c);
                }
            } else {
                FloatSoftmax.maxima(z, channels, n, max, sum, this::hasShare);
                FloatSoftmax.exponentials(z, channels, n, max, sum);
                if (whole) {
                    System.arraycopy(w, 0, a, 0, n);
                } else {
                    findShares();
                    FloatSoftmax.multiply(a, w, n);
                }
                divide(a, sum, n);
                for (int c = 0; c < channels; c++) {
                    byLogit(
                            z[c],
                            a,
                            w,
                            y[c],
                            keep * classWeights[c],
                            labels,
                            spread * classWeights[c],
                            n);
                }
            }
            if (anyVoid && (probabilities || upstream * 0 != 0)) {
                // not a product with the weight 0, which leaves NaN, and the sign of 0
                FloatSoftmax.clearVoid(z, code, channels, n);
            }
        }

        private void gradientByProbability(int c) {
            for (int i = 0; i < n; i++) {
                float share = classWeights[c] * (keep * y[c][i] + spread * labels[i]);
                z[c][i] = -w[i] * share * inverse(z[c][i]);
            }
        }
    }

    // One or two statements a loop, over arrays that are parameters: the compiler vectorizes that.

    private static void addScaled(float[] to, float[] x, float by, int n) {
        for (int i = 0; i < n; i++) {
            to[i] += x[i] * by;
        }
    }

    private static void scale(float[] x, float by, int n) {
        for (int i = 0; i < n; i++) {
            x[i] *= by;
        }
    }

    private static void divide(float[] x, float[] by, int n) {
        for (int i = 0; i < n; i++) {
            x[i] /= by[i];
        }
    }

    private static void addIfHuge(float[] to, float[] x, int n) {
        for (int i = 0; i < n; i++) {
            to[i] += Math.max(Math.abs(x[i]) - HUGE, 0);
        }
    }

    private static void addDifferences(
            float[] to,
            float[] max,
            float[] z,
            float[] y,
            float own,
            float[] labels,
            float shared,
            int n) {
        for (int i = 0; i < n; i++) {
            // finite, for the product with a share of 0
            float difference = Math.min(max[i] - z[i], Float.MAX_VALUE);
            to[i] += (own * y[i] + shared * labels[i]) * difference;
        }
    }

    private static void byLogit(
            float[] e,
            float[] factor,
            float[] w,
            float[] y,
            float own,
            float[] labels,
            float shared,
            int n) {
        for (int i = 0; i < n; i++) {
            e[i] = e[i] * factor[i] - w[i] * (own * y[i] + shared * labels[i]);
        }
    }

    private static void atLeast(float least, float[] x, int n) {
        for (int i = 0; i < n; i++) {
            x[i] = Math.max(x[i], least);
        }
    }
}
