package org.seglosses.samediff.op;

import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;

/** The sums of {@link ElementSums} and their gradient, block by block. */
@SuppressWarnings("cast") // the double twin has casts from double to double
final class FloatElements {

    private final FloatBuffer logits;
    private final FloatTarget target;
    private final boolean softmax;
    private final boolean probabilities;
    private final ElementSums.Modulation modulation;
    private final double[] positiveWeights;
    private final Blocks blocks;

    FloatElements(
            FloatBuffer logits,
            FloatTarget target,
            boolean softmax,
            boolean probabilities,
            ElementSums.Modulation modulation,
            double[] positiveWeights,
            Blocks blocks) {
        this.logits = logits;
        this.target = target;
        this.softmax = softmax;
        this.probabilities = probabilities;
        this.modulation = modulation;
        this.positiveWeights = positiveWeights;
        this.blocks = blocks;
    }

    void sums(DoubleBuffer to) {
        int columns = blocks.channels() * ElementSums.COLUMNS;
        double[] partial = new double[blocks.count() * columns];
        Parallel.run(
                blocks.count(),
                block -> {
                    if (softmax) {
                        new Pixels(block).sums(partial, block * columns);
                    } else {
                        new Elements(block).sums(partial, block * columns);
                    }
                });
        to.put(0, blocks.addUp(partial, columns));
    }

    /** Writes the gradient for the upstream gradient of each image's terms and factors. */
    void gradient(DoubleBuffer upstream, FloatBuffer to) {
        Parallel.run(
                blocks.count(),
                block -> {
                    if (softmax) {
                        new Pixels(block).gradient(upstream, to);
                    } else {
                        new Elements(block).gradient(upstream, to);
                    }
                });
    }

    /** The elements of a block, a channel after the other. */
    private final class Elements {

        private final int block;
        private final int n;
        private final float[] z;
        private final float[] y;
        private final float[] w;
        private final float[] entropy;
        private final float[] slope;
        private final float[] q;
        private final int[] code;
        private boolean anyVoid;
        private final Factors factors;

        Elements(int block) {
            this.block = block;
            this.n = blocks.length(block);
            this.z = Scratch.floats(0, n);
            this.y = Scratch.floats(1, n);
            this.w = Scratch.floats(2, n);
            this.entropy = Scratch.floats(3, n);
            this.slope = Scratch.floats(4, n);
            this.q = Scratch.floats(5, n);
            this.code = Scratch.ints(0, n);
            this.factors = new Factors(n);
        }

        void sums(double[] to, int at) {
            for (int c = 0; c < blocks.channels(); c++) {
                load(c);
                double terms = 0;
                double weights = 0;
                double all = 0;
                float addend = (float) modulation.poly();
                for (int i = 0; i < n; i++) {
                    double wf = (double) w[i] * factors.f[i];
                    double wa = (double) w[i] * alpha(y[i]);
                    terms += wa * (factors.f[i] * entropy[i] + addend * q[i]);
                    weights += w[i];
                    all += wf;
                }
                int row = at + c * ElementSums.COLUMNS;
                to[row + ElementSums.TERMS] = terms;
                to[row + ElementSums.WEIGHTS] = weights;
                to[row + ElementSums.COUNT] = n;
                to[row + ElementSums.FACTORS] = all;
            }
        }

        void gradient(DoubleBuffer upstream, FloatBuffer to) {
            float addend = (float) modulation.poly();
            for (int c = 0; c < blocks.channels(); c++) {
                load(c);
                int row = (blocks.image(block) * blocks.channels() + c) * ElementSums.COLUMNS;
                float byTerms = (float) upstream.get(row + ElementSums.TERMS);
                float byFactors = (float) upstream.get(row + ElementSums.FACTORS);
                for (int i = 0; i < n; i++) {
                    float term = factors.f[i] + factors.slope[i] * entropy[i] + addend * (1 - q[i]);
                    float g = byTerms * alpha(y[i]) * term + byFactors * factors.slope[i];
                    z[i] = code[i] < 0 ? 0 : w[i] * g * slope[i];
                }
                to.put(blocks.offset(block, c), z, 0, n);
            }
        }

        private float alpha(float label) {
            double alpha = modulation.alpha();
            return Double.isNaN(alpha) ? 1 : (float) (1 - alpha + (2 * alpha - 1) * label);
        }

        /** Finds the entropies of a channel, their derivatives by the logits, q and factors. */
        private void load(int c) {
            if (target.hasOwn(c)) {
                anyVoid = target.codes(block, c, code);
                target.weights(block, c, code, w);
            }
            target.labels(block, c, code, y);
            logits.get(blocks.offset(block, c), z, 0, n);
            if (anyVoid) {
                for (int i = 0; i < n; i++) {
                    z[i] = code[i] < 0 ? 0 : z[i];
                }
            }
            // softplus(z) and softplus(-z), their derivatives by z and -z
            float[] above = Scratch.floats(6, n);
            float[] below = Scratch.floats(7, n);
            if (probabilities) {
                for (int i = 0; i < n; i++) {
                    above[i] = Math.max(1 - z[i], FloatCrossEntropy.LEAST_PROBABILITY);
                    below[i] = Math.max(z[i], FloatCrossEntropy.LEAST_PROBABILITY);
                    slope[i] = (1 - label(y[i])) * FloatCrossEntropy.inverse(1 - z[i]);
                    slope[i] -=
                            (float) positiveWeights[c]
                                    * label(y[i])
                                    * FloatCrossEntropy.inverse(z[i]);
                    q[i] = y[i] * (1 - z[i]) + (1 - y[i]) * z[i];
                }
                Log.inPlace(above, 0, n);
                Log.inPlace(below, 0, n);
                for (int i = 0; i < n; i++) {
                    above[i] = -above[i];
                    below[i] = -below[i];
                }
            } else {
                for (int i = 0; i < n; i++) {
                    above[i] = -Math.abs(z[i]);
                }
                Exp.inPlace(above, 0, n);
                System.arraycopy(above, 0, below, 0, n);
                Log.onePlus(below, 0, n);
                for (int i = 0; i < n; i++) {
                    float e = above[i];
                    float positive = (z[i] >= 0 ? 1 : e) / (1 + e);
                    float negative = (z[i] >= 0 ? e : 1) / (1 + e);
                    slope[i] =
                            (1 - label(y[i])) * positive
                                    - (float) positiveWeights[c] * label(y[i]) * negative;
                    q[i] = y[i] * negative + (1 - y[i]) * positive;
                    above[i] = Math.max(z[i], 0) + below[i];
                    below[i] = Math.max(-z[i], 0) + below[i];
                }
            }
            for (int i = 0; i < n; i++) {
                float s = label(y[i]);
                // z * 0: not finite in, NaN out
                entropy[i] =
                        (1 - s) * above[i] + (float) positiveWeights[c] * s * below[i] + z[i] * 0;
                slope[i] += z[i] * 0;
            }
            factors.find(entropy, q);
        }

        private float label(float label) {
            float smoothing = (float) modulation.smoothing();
            return smoothing == 0 ? label : label * (1 - 2 * smoothing) + smoothing;
        }
    }

    /** The pixels of a block, with all their classes. */
    private final class Pixels {

        private final int block;
        private final int n;
        private final int channels;

        /** The entropy of each class. */
        private final float[][] own;

        private final float[][] p;
        private final float[][] y;
        private final float[] w;
        private final float[] entropy;
        private final float[] q;
        private final float[] labels;
        private final int[] code;
        private final Factors factors;

        Pixels(int block) {
            this.block = block;
            this.n = blocks.length(block);
            this.channels = blocks.channels();
            this.own = Scratch.floatBlock(0, channels, n);
            this.p = Scratch.floatBlock(1, channels, n);
            this.y = Scratch.floatBlock(2, channels, n);
            this.w = Scratch.floats(2, n);
            this.entropy = Scratch.floats(3, n);
            this.labels = Scratch.floats(4, n);
            this.q = Scratch.floats(5, n);
            this.code = Scratch.ints(0, n);
            this.factors = new Factors(n);
            load();
        }

        private void load() {
            boolean anyVoid = target.codes(block, 0, code);
            target.weights(block, 0, code, w);
            FloatSoftmax.load(logits, p, blocks, block);
            if (anyVoid) {
                FloatSoftmax.clearVoid(p, code, channels, n);
            }
            float[] max = Scratch.floats(6, n);
            float[] sum = Scratch.floats(7, n);
            Arrays.fill(sum, 0, n, 0);
            for (int c = 0; c < channels; c++) {
                target.labels(block, c, code, y[c]);
                if (probabilities) {
                    for (int i = 0; i < n; i++) {
                        own[c][i] = Math.max(p[c][i], FloatCrossEntropy.LEAST_PROBABILITY);
                        sum[i] += p[c][i] * 0;
                    }
                    Log.inPlace(own[c], 0, n);
                }
            }
            if (probabilities) {
                for (int c = 0; c < channels; c++) {
                    for (int i = 0; i < n; i++) {
                        own[c][i] = sum[i] - own[c][i];
                    }
                }
            } else {
                FloatSoftmax.maxima(p, channels, n, max);
                for (int c = 0; c < channels; c++) {
                    for (int i = 0; i < n; i++) {
                        own[c][i] = max[i] - p[c][i];
                    }
                }
                FloatSoftmax.exponentials(p, channels, n, max, sum);
                for (int c = 0; c < channels; c++) {
                    FloatSoftmax.divide(p[c], sum, n);
                }
                Log.inPlace(sum, 0, n);
                for (int c = 0; c < channels; c++) {
                    FloatSoftmax.add(own[c], sum, n);
                }
            }
            Arrays.fill(entropy, 0, n, 0);
            Arrays.fill(labels, 0, n, 0);
            Arrays.fill(q, 0, n, 0);
            for (int c = 0; c < channels; c++) {
                FloatSoftmax.add(labels, y[c], n);
            }
            for (int c = 0; c < channels; c++) {
                for (int i = 0; i < n; i++) {
                    entropy[i] += label(c, i) * own[c][i];
                    q[i] += p[c][i] * (1 - y[c][i]);
                }
            }
            factors.find(entropy, q);
        }

        void sums(double[] to, int at) {
            double alpha = Double.isNaN(modulation.alpha()) ? 1 : modulation.alpha();
            float addend = (float) modulation.poly();
            for (int c = 0; c < channels; c++) {
                double terms = 0;
                double weights = 0;
                double all = 0;
                for (int i = 0; i < n; i++) {
                    double wy = (double) w[i] * label(c, i);
                    terms += wy * (factors.f[i] * own[c][i] + addend * q[i]);
                    weights += (double) w[i] * y[c][i];
                    all += wy * factors.f[i];
                }
                int row = at + c * ElementSums.COLUMNS;
                to[row + ElementSums.TERMS] = alpha * terms;
                to[row + ElementSums.WEIGHTS] = weights;
                to[row + ElementSums.COUNT] = c == 0 ? n : 0;
                to[row + ElementSums.FACTORS] = all;
            }
        }

        /** The label of a class, smoothed: its share of what the pixel's labels are together. */
        private float label(int c, int i) {
            float smoothing = (float) modulation.smoothing();
            return smoothing == 0
                    ? y[c][i]
                    : (1 - smoothing) * y[c][i] + smoothing / channels * labels[i];
        }

        void gradient(DoubleBuffer upstream, FloatBuffer to) {
            double alpha = Double.isNaN(modulation.alpha()) ? 1 : modulation.alpha();
            float addend = (float) modulation.poly();
            int row = blocks.image(block) * channels * ElementSums.COLUMNS;
            float[] byTerms = new float[channels];
            // what the pixel's entropy counts, and what its classes' entropies count together
            float[] shared = Scratch.floats(6, n);
            float[] classes = Scratch.floats(7, n);
            Arrays.fill(shared, 0, n, 0);
            Arrays.fill(classes, 0, n, 0);
            for (int c = 0; c < channels; c++) {
                int at = row + c * ElementSums.COLUMNS;
                byTerms[c] = (float) (alpha * upstream.get(at + ElementSums.TERMS));
                float byFactors = (float) upstream.get(at + ElementSums.FACTORS);
                for (int i = 0; i < n; i++) {
                    float term =
                            factors.slope[i] * (byTerms[c] * own[c][i] + byFactors)
                                    + byTerms[c] * addend * (1 - q[i]);
                    shared[i] += label(c, i) * term;
                    classes[i] += label(c, i) * byTerms[c];
                }
            }
            for (int c = 0; c < channels; c++) {
                for (int i = 0; i < n; i++) {
                    float g;
                    if (probabilities) {
                        g = shared[i] + factors.f[i] * byTerms[c];
                        g *= -label(c, i) * FloatCrossEntropy.inverse(p[c][i]);
                    } else {
                        g =
                                shared[i] * (p[c][i] * labels[i] - label(c, i))
                                        + factors.f[i]
                                                * (p[c][i] * classes[i] - byTerms[c] * label(c, i));
                    }
                    own[c][i] = code[i] < 0 ? 0 : w[i] * g;
                }
            }
            FloatSoftmax.store(own, to, blocks, block);
        }
    }

    /** The factors f of entropies, and their derivatives. */
    private final class Factors {

        private final int n;
        private final float[] f;
        private final float[] slope;

        Factors(int n) {
            this.n = n;
            float[][] both = Scratch.floatBlock(3, 2, n);
            this.f = both[0];
            this.slope = both[1];
        }

        /** Finds them, and q where the others of a pixel do not tell it. */
        void find(float[] entropy, float[] q) {
            boolean plain = modulation.gamma() == 0;
            Arrays.fill(f, 0, n, 1);
            Arrays.fill(slope, 0, n, 0);
            if (plain && modulation.poly() == 0) {
                return;
            }
            // where probabilities are given, those of a pixel need not add up to 1
            if (!target.isHard() || softmax && probabilities) {
                for (int i = 0; i < n; i++) {
                    q[i] = (float) -Math.expm1(-entropy[i]);
                }
            }
            if (!plain) {
                power((float) modulation.gamma(), q);
                if (modulation.reduced() > 0) {
                    reduce(q);
                }
            }
        }

        /**
         * Finds {@code q^gamma} and its derivative by the entropy, {@code gamma*q^(gamma-1)*(1-q)}.
         */
        private void power(float gamma, float[] q) {
            if (gamma == Math.rint(gamma) && gamma <= 8) {
                Arrays.fill(slope, 0, n, gamma);
                for (int k = 1; k < gamma; k++) {
                    FloatSoftmax.multiply(slope, q, n);
                }
                for (int i = 0; i < n; i++) {
                    f[i] = slope[i] / gamma * q[i];
                    slope[i] *= 1 - q[i];
                }
                return;
            }
            for (int i = 0; i < n; i++) {
                f[i] = Math.max(q[i], FloatCrossEntropy.LEAST_PROBABILITY);
            }
            Log.inPlace(f, 0, n);
            for (int i = 0; i < n; i++) {
                f[i] = Math.min(gamma * f[i], 0);
            }
            Exp.inPlace(f, 0, n);
            for (int i = 0; i < n; i++) {
                // where q is 0 both are, though below 1 the power's derivative has no bound there
                boolean some = q[i] > FloatCrossEntropy.LEAST_PROBABILITY;
                slope[i] = some ? gamma * f[i] / q[i] * (1 - q[i]) : q[i] * 0;
                f[i] = some ? f[i] : q[i] * 0;
            }
        }

        private void reduce(float[] q) {
            float threshold = (float) modulation.reduced();
            float scale = (float) Math.pow(modulation.reduced(), -modulation.gamma());
            for (int i = 0; i < n; i++) {
                boolean hard = 1 - q[i] < threshold;
                f[i] = hard ? 1 : scale * f[i];
                slope[i] = hard ? 0 : scale * slope[i];
            }
        }
    }
}
