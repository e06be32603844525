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

    private final FloatBuffer logits;
    private final IntBuffer codes;
    private final FloatBuffer soft;
    private final FloatBuffer weights;
    private final Blocks blocks;
    private final float[] classWeights;
    private final double smoothing;
    private final boolean probabilities;

    /**
     * One of {@code codes} and {@code soft} is null; so may be {@code weights}. Instead of logits
     * there may be probabilities.
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
        this.classWeights = new float[blocks.channels()];
        for (int c = 0; c < blocks.channels(); c++) {
            this.classWeights[c] = classWeights.length == 0 ? 1 : (float) classWeights[c];
        }
        this.smoothing = smoothing;
        this.probabilities = probabilities;
    }

    /** Writes for each image its sum of terms, its sum of weights, and its number of pixels. */
    void sums(FloatBuffer to) {
        double[] partial = new double[2 * blocks.groups()];
        Parallel.run(blocks.groups(), group -> groupSums(group, partial));
        double[] sums = blocks.addUpGroups(partial, 2);
        for (int image = 0; image < blocks.images(); image++) {
            to.put(3 * image, (float) sums[2 * image]);
            to.put(3 * image + 1, (float) sums[2 * image + 1]);
            to.put(3 * image + 2, blocks.pixels());
        }
    }

    private void groupSums(int group, double[] partial) {
        int size = blocks.size();
        float[] terms = Scratch.floats(0, size);
        float[] masses = Scratch.floats(1, size);
        Arrays.fill(terms, 0, size, 0);
        Arrays.fill(masses, 0, size, 0);
        for (int block = blocks.firstBlock(group); block < blocks.endBlock(group); block++) {
            new Pixels(block).addTo(terms, masses);
        }
        partial[2 * group] = Sum.of(terms, size);
        partial[2 * group + 1] = Sum.of(masses, size);
    }

    /**
     * Writes the gradient by the logits, for the upstream gradient of each image's sum of terms.
     */
    void gradient(FloatBuffer upstream, FloatBuffer to) {
        Parallel.run(
                blocks.count(),
                block -> {
                    Pixels pixels = new Pixels(block);
                    pixels.gradient(upstream.get(3 * blocks.image(block)));
                    FloatSoftmax.store(pixels.z, to, blocks, block);
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
        private final float keep = (float) (1 - smoothing);
        private final float spread = (float) (smoothing / channels);

        private final float[][] z;
        private final float[][] y;
        private final float[] w;
        private final int[] code;
        private final boolean anyVoid;

        /** The sum of a pixel's labels. */
        private final float[] labels;

        /** The sum of a pixel's {@code a_c}. */
        private final float[] a;

        private final float[] max;
        private final float[] sum;

        Pixels(int block) {
            this.block = block;
            this.n = blocks.length(block);
            this.z = Scratch.floatBlock(0, channels, n);
            this.y = Scratch.floatBlock(1, channels, n);
            this.w = Scratch.floats(2, n);
            this.labels = Scratch.floats(3, n);
            this.a = Scratch.floats(4, n);
            this.max = Scratch.floats(5, n);
            this.sum = Scratch.floats(6, n);
            this.code = Scratch.ints(0, n);
            FloatSoftmax.load(logits, z, blocks, block);
            loadWeights();
            this.anyVoid = loadLabels();
            if (anyVoid) {
                FloatSoftmax.clearVoid(z, code, channels, n);
                FloatSoftmax.clearVoid(w, code, n);
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
            if (soft == null) {
                codes.get(pixel(), code, 0, n);
            } else {
                FloatSoftmax.load(soft, y, blocks, block);
                Arrays.fill(labels, 0, n, 0);
                for (int c = 0; c < channels; c++) {
                    requireLabels(c);
                    FloatSoftmax.add(labels, y[c], n);
                }
                for (int i = 0; i < n; i++) {
                    code[i] = labels[i] == 0 ? Targets.VOID : 0;
                }
            }
            for (int i = 0; i < n && weights != null; i++) {
                if (w[i] == 0) {
                    code[i] = Targets.VOID;
                }
            }
            for (int c = 0; c < channels && soft == null; c++) {
                Indicator.of(code, c, y[c], n);
            }
            if (soft == null) {
                Arrays.fill(labels, 0, n, 1);
            }
            return FloatTarget.anyVoid(code, n);
        }

        private void requireLabels(int c) {
            for (int i = 0; i < n; i++) {
                if (!PixelWeights.isWeight(y[c][i])) {
                    throw new IllegalArgumentException(
                            "labels must be finite and not negative ("
                                    + PixelWeights.RULE
                                    + "), got "
                                    + y[c][i]
                                    + " at "
                                    + blocks.place(block, c, i));
                }
            }
        }

        void addTo(float[] terms, float[] masses) {
            // sum_c a_c * (max - z_c), so that a term is w * (a * log(sum exp(z - max)) + below)
            float[] below = Scratch.floats(7, n);
            float[] mass = Scratch.floats(8, n);
            Arrays.fill(a, 0, n, 0);
            Arrays.fill(below, 0, n, 0);
            Arrays.fill(mass, 0, n, 0);
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
                FloatSoftmax.maxima(z, channels, n, max, sum);
            }
            for (int c = 0; c < channels; c++) {
                addShare(classWeights[c], y[c], mass, n);
                addShares(c, below);
            }
            if (!probabilities) {
                FloatSoftmax.exponentials(z, channels, n, max, sum);
                Log.inPlace(sum, n);
            }
            for (int i = 0; i < n; i++) {
                terms[i] += w[i] * (a[i] * sum[i] + below[i]);
                masses[i] += w[i] * mass[i];
            }
        }

        private void addShares(int c, float[] below) {
            float own = keep * classWeights[c];
            float shared = spread * classWeights[c];
            float[] logit = z[c];
            float[] label = y[c];
            for (int i = 0; i < n; i++) {
                float share = own * label[i] + shared * labels[i];
                a[i] += share;
                // finite, for the product with a share of 0
                below[i] += share * Math.min(max[i] - logit[i], Float.MAX_VALUE);
            }
        }

        /** Puts the gradient in the place of the logits. */
        void gradient(float upstream) {
            Arrays.fill(a, 0, n, 0);
            for (int c = 0; c < channels; c++) {
                addShare(keep * classWeights[c], y[c], a, n);
                if (spread != 0) {
                    addShare(spread * classWeights[c], labels, a, n);
                }
            }
            for (int i = 0; i < n; i++) {
                w[i] *= upstream;
            }
            if (probabilities) {
                for (int c = 0; c < channels; c++) {
                    gradientByProbability(c);
                }
            } else {
                FloatSoftmax.maxima(z, channels, n, max, sum);
                FloatSoftmax.exponentials(z, channels, n, max, sum);
                for (int i = 0; i < n; i++) {
                    a[i] = w[i] * a[i] / sum[i];
                }
                for (int c = 0; c < channels; c++) {
                    gradientByLogit(c);
                }
            }
            if (anyVoid) {
                // not a product with the weight 0, which leaves NaN
                FloatSoftmax.clearVoid(z, code, channels, n);
            }
        }

        private void gradientByLogit(int c) {
            float own = keep * classWeights[c];
            float shared = spread * classWeights[c];
            float[] e = z[c];
            float[] label = y[c];
            for (int i = 0; i < n; i++) {
                e[i] = e[i] * a[i] - w[i] * (own * label[i] + shared * labels[i]);
            }
        }

        private void gradientByProbability(int c) {
            for (int i = 0; i < n; i++) {
                float share = classWeights[c] * (keep * y[c][i] + spread * labels[i]);
                z[c][i] = -w[i] * share * inverse(z[c][i]);
            }
        }
    }

    private static void addShare(float share, float[] labels, float[] to, int n) {
        for (int i = 0; i < n; i++) {
            to[i] += share * labels[i];
        }
    }

    private static void atLeast(float least, float[] x, int n) {
        for (int i = 0; i < n; i++) {
            x[i] = Math.max(x[i], least);
        }
    }
}
