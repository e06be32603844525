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
        double[] partial = new double[2 * blocks.count()];
        Parallel.run(blocks.count(), block -> blockSums(block, partial));
        double[] sums = blocks.addUp(partial, 2);
        for (int image = 0; image < blocks.images(); image++) {
            to.put(3 * image, (float) sums[2 * image]);
            to.put(3 * image + 1, (float) sums[2 * image + 1]);
            to.put(3 * image + 2, blocks.pixels());
        }
    }

    private void blockSums(int block, double[] partial) {
        int channels = blocks.channels();
        int n = blocks.length(block);
        float[][] z = Scratch.floatBlock(0, channels, n);
        float[][] y = soft == null ? null : Scratch.floatBlock(2, channels, n);
        float[] max = Scratch.floats(2, n);
        float[] sum = Scratch.floats(3, n);
        float[] w = Scratch.floats(4, n);
        float[] below = Scratch.floats(5, n);
        float[] a = Scratch.floats(6, n);
        int[] code = Scratch.ints(0, n);
        load(block, z, y, code, w);
        if (probabilities) {
            Arrays.fill(max, 0, n, 0);
            // the logarithm of the sum, which is 1; or NaN
            Arrays.fill(sum, 0, n, 0);
            for (int c = 0; c < channels; c++) {
                FloatSoftmax.addIfNotFinite(sum, z[c], n);
                for (int i = 0; i < n; i++) {
                    z[c][i] = Math.max(z[c][i], LEAST_PROBABILITY);
                }
                Log.inPlace(z[c], 0, n);
            }
        } else {
            FloatSoftmax.maxima(z, channels, n, max);
        }
        double mass = shares(z, y, code, w, max, n, below, a);
        if (!probabilities) {
            FloatSoftmax.exponentials(z, channels, n, max, sum);
            Log.inPlace(sum, 0, n);
        }
        double terms = 0;
        for (int i = 0; i < n; i++) {
            if (code[i] >= 0) {
                terms += w[i] * ((double) a[i] * sum[i] + below[i]);
            }
        }
        partial[2 * block] = terms;
        partial[2 * block + 1] = mass;
    }

    /**
     * Finds {@code a = sum_c a_c} and {@code below = sum_c a_c * (max - z_c)}, so that a pixel's
     * term is {@code a * log(sum exp(z - max)) + below}; returns the sum of the pixels' weights.
     */
    private double shares(
            float[][] z,
            float[][] y,
            int[] code,
            float[] w,
            float[] max,
            int n,
            float[] below,
            float[] a) {
        float keep = (float) (1 - smoothing);
        float spread = (float) (smoothing / blocks.channels());
        double mass = 0;
        for (int i = 0; i < n; i++) {
            a[i] = 0;
            below[i] = 0;
            if (code[i] < 0) {
                continue;
            }
            float pixelMass = 0;
            if (y == null) {
                int c = code[i];
                pixelMass = classWeights[c];
                a[i] = keep * pixelMass;
                below[i] = a[i] * (max[i] - z[c][i]);
            } else {
                for (int c = 0; c < blocks.channels(); c++) {
                    float share = classWeights[c] * y[c][i];
                    pixelMass += share;
                    if (share != 0) {
                        a[i] += keep * share;
                        below[i] += keep * share * (max[i] - z[c][i]);
                    }
                }
            }
            mass += (double) w[i] * pixelMass;
            if (spread != 0) {
                float total = y == null ? 1 : total(y, i);
                for (int c = 0; c < blocks.channels(); c++) {
                    float share = spread * classWeights[c] * total;
                    a[i] += share;
                    below[i] += share * (max[i] - z[c][i]);
                }
            }
        }
        return mass;
    }

    private float total(float[][] y, int i) {
        float total = 0;
        for (int c = 0; c < blocks.channels(); c++) {
            total += y[c][i];
        }
        return total;
    }

    /**
     * Writes the gradient by the logits, for the upstream gradient of each image's sum of terms.
     */
    void gradient(FloatBuffer upstream, FloatBuffer to) {
        Parallel.run(blocks.count(), block -> blockGradient(block, upstream, to));
    }

    private void blockGradient(int block, FloatBuffer upstream, FloatBuffer to) {
        int channels = blocks.channels();
        int n = blocks.length(block);
        float[][] e = Scratch.floatBlock(0, channels, n);
        float[] max = Scratch.floats(2, n);
        float[] sum = Scratch.floats(3, n);
        float[] w = Scratch.floats(4, n);
        float[][] y = soft == null ? null : Scratch.floatBlock(2, channels, n);
        float[] factor = Scratch.floats(6, n);
        int[] code = Scratch.ints(0, n);
        load(block, e, y, code, w);
        float g = upstream.get(3 * blocks.image(block));
        for (int i = 0; i < n; i++) {
            w[i] = code[i] < 0 ? 0 : w[i] * g;
        }
        float keep = (float) (1 - smoothing);
        float spread = (float) (smoothing / channels);
        float allClasses = 0;
        for (int c = 0; c < channels; c++) {
            allClasses += classWeights[c];
        }
        // factor = w * sum_c a_c, what the softmax is multiplied by
        for (int i = 0; i < n; i++) {
            float a = 0;
            if (y == null) {
                a = code[i] < 0 ? 0 : keep * classWeights[code[i]] + spread * allClasses;
            } else {
                for (int c = 0; c < channels; c++) {
                    a += keep * classWeights[c] * y[c][i];
                }
                a += spread * allClasses * total(y, i);
            }
            factor[i] = w[i] * a;
        }
        float[][] inverse = null;
        if (probabilities) {
            inverse = Scratch.floatBlock(1, channels, n);
            for (int c = 0; c < channels; c++) {
                inverse(e[c], inverse[c], n);
                Arrays.fill(e[c], 0, n, 0);
            }
        } else {
            FloatSoftmax.maxima(e, channels, n, max);
            FloatSoftmax.exponentials(e, channels, n, max, sum);
            FloatSoftmax.divide(factor, sum, n);
            for (int c = 0; c < channels; c++) {
                FloatSoftmax.multiply(e[c], factor, n);
            }
        }
        if (y == null) {
            if (spread != 0) {
                for (int c = 0; c < channels; c++) {
                    FloatSoftmax.addScaled(e[c], w, -spread * classWeights[c], n);
                }
            }
            for (int i = 0; i < n; i++) {
                if (code[i] >= 0) {
                    e[code[i]][i] -= w[i] * keep * classWeights[code[i]];
                }
            }
        } else {
            for (int i = 0; i < n; i++) {
                float total = total(y, i);
                for (int c = 0; c < channels; c++) {
                    e[c][i] -= w[i] * classWeights[c] * (keep * y[c][i] + spread * total);
                }
            }
        }
        for (int c = 0; c < channels && probabilities; c++) {
            FloatSoftmax.multiply(e[c], inverse[c], n);
        }
        FloatSoftmax.store(e, to, blocks, block);
    }

    private static void inverse(float[] p, float[] to, int n) {
        for (int i = 0; i < n; i++) {
            to[i] = inverse(p[i]);
        }
    }

    /** The derivative of the logarithm of a probability; NaN of what is not finite. */
    static float inverse(float p) {
        return p > LEAST_PROBABILITY ? 1 / p + p * 0 : p * 0;
    }

    /** Loads a block; a pixel without label or weight gets a void code and logits of 0. */
    private void load(int block, float[][] z, float[][] y, int[] code, float[] w) {
        int channels = blocks.channels();
        int n = blocks.length(block);
        int pixel = blocks.image(block) * blocks.pixels() + blocks.start(block);
        FloatSoftmax.load(logits, z, blocks, block);
        if (weights == null) {
            Arrays.fill(w, 0, n, 1);
        } else {
            weights.get(pixel, w, 0, n);
        }
        if (y == null) {
            codes.get(pixel, code, 0, n);
        } else {
            FloatSoftmax.load(soft, y, blocks, block);
            softCodes(block, y, code);
        }
        boolean anyVoid = false;
        for (int i = 0; i < n; i++) {
            if (w[i] == 0) {
                code[i] = Targets.VOID;
            }
            anyVoid |= code[i] < 0;
        }
        if (anyVoid) {
            FloatSoftmax.clearVoid(z, code, channels, n);
        }
    }

    /** A pixel is void where its label vector is all zero. */
    private void softCodes(int block, float[][] y, int[] code) {
        for (int i = 0; i < blocks.length(block); i++) {
            float total = 0;
            for (int c = 0; c < blocks.channels(); c++) {
                float v = y[c][i];
                if (!PixelWeights.isWeight(v)) {
                    throw new IllegalArgumentException(
                            "labels must be finite and not negative ("
                                    + PixelWeights.RULE
                                    + "), got "
                                    + v
                                    + " at "
                                    + blocks.place(block, c, i));
                }
                total += v;
            }
            code[i] = total == 0 ? Targets.VOID : 0;
        }
    }
}
