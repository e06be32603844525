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

    /** Whether a term is {@code q^gamma * e} of labels 0 and 1: the focal loss as most use it. */
    private final boolean focal;

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
        this.focal =
                Double.isNaN(modulation.alpha())
                        && !target.isWeighted()
                        && target.isHard()
                        && !probabilities
                        && Arrays.stream(positiveWeights).allMatch(weight -> weight == 1)
                        && isSmallInteger(modulation.gamma())
                        && modulation.gamma() > 0
                        && modulation.reduced() == 0
                        && modulation.poly() == 0;
    }

    private static boolean isSmallInteger(double gamma) {
        return gamma == Math.rint(gamma) && gamma <= 8;
    }

    /** Writes the sums and, if they are asked for, of elements the derivatives of the terms. */
    void sums(DoubleBuffer to, FloatBuffer slopes) {
        int columns = blocks.channels() * ElementSums.COLUMNS;
        double[] partial = new double[blocks.groups() * columns];
        Parallel.run(
                blocks.groups(),
                group -> {
                    float[][] sums = groupSums(group, 1, slopes);
                    boolean finite = true;
                    for (int row = 0; row < columns; row++) {
                        double sum = Sum.of(sums[row], blocks.size());
                        partial[group * columns + row] = sum;
                        finite &= Double.isFinite(sum);
                    }
                    if (!finite) {
                        sums = groupSums(group, FloatCrossEntropy.REDUCED, null);
                        for (int c = 0; c < blocks.channels(); c++) {
                            int row = c * ElementSums.COLUMNS + ElementSums.TERMS;
                            partial[group * columns + row] =
                                    Sum.of(sums[row], blocks.size()) / FloatCrossEntropy.REDUCED;
                        }
                    }
                });
        double[] sums = blocks.addUpGroups(partial, columns);
        for (int row = 0; row < blocks.images() * blocks.channels(); row++) {
            boolean counts = !softmax || row % blocks.channels() == 0;
            sums[row * ElementSums.COLUMNS + ElementSums.COUNT] = counts ? blocks.pixels() : 0;
        }
        to.put(0, sums);
    }

    /** Finds the sums of a group with weights that are multiplied by a number meanwhile. */
    private float[][] groupSums(int group, float reduced, FloatBuffer slopes) {
        int size = blocks.size();
        int columns = blocks.channels() * ElementSums.COLUMNS;
        float[][] sums = Scratch.floatBlock(4, columns, size);
        for (int row = 0; row < columns; row++) {
            Arrays.fill(sums[row], 0, size, 0);
        }
        for (int b = blocks.firstBlock(group); b < blocks.endBlock(group); b++) {
            if (softmax) {
                new Pixels(b, reduced).addTo(sums);
            } else {
                new Elements(b, reduced).addTo(sums, slopes);
            }
        }
        return sums;
    }

    /**
     * Writes the gradient for the upstream gradient of each image's terms and factors, with an
     * addend if there is one. Where the derivatives of the terms are given, it is that of these.
     */
    void gradient(FloatBuffer slopes, DoubleBuffer upstream, FloatBuffer addend, FloatBuffer to) {
        Parallel.run(
                blocks.count(),
                block -> {
                    if (slopes != null) {
                        new Elements(block, 1).scale(slopes, upstream, addend, to);
                    } else if (softmax) {
                        new Pixels(block, 1).gradient(upstream, addend, to);
                    } else {
                        new Elements(block, 1).gradient(upstream, addend, to);
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
        private final FloatTarget.Row row;
        private final Factors factors;

        // A term counts alpha: that of label 0, and by how much that of label 1 is more.
        private final float alpha;
        private final float alphaMore;

        /** Whether a term is an entropy: not weighted, nor changed. */
        private final boolean plain;

        /** What weights are multiplied by. */
        private final float reduced;

        Elements(int block, float reduced) {
            this.block = block;
            this.reduced = reduced;
            this.n = blocks.length(block);
            this.z = Scratch.floats(0, n);
            this.y = Scratch.floats(1, n);
            this.w = Scratch.floats(2, n);
            this.entropy = Scratch.floats(3, n);
            this.slope = Scratch.floats(4, n);
            this.q = Scratch.floats(5, n);
            this.row = target.row(block);
            this.factors = new Factors(n);
            boolean none = Double.isNaN(modulation.alpha());
            this.alpha = none ? 1 : (float) (1 - modulation.alpha());
            this.alphaMore = none ? 0 : (float) (2 * modulation.alpha() - 1);
            this.plain = none && !target.isWeighted() && !factors.any() && reduced == 1;
        }

        void addTo(float[][] sums, FloatBuffer slopes) {
            for (int c = 0; c < blocks.channels(); c++) {
                if (slopes != null && focal) {
                    addFocal(c, sums, slopes);
                    continue;
                }
                load(c, true, slopes != null);
                int at = c * ElementSums.COLUMNS;
                float[] terms = sums[at + ElementSums.TERMS];
                float[] weights = sums[at + ElementSums.WEIGHTS];
                float[] factored = sums[at + ElementSums.FACTORS];
                if (plain) {
                    row.clearVoid(entropy);
                    FloatSoftmax.add(terms, entropy, n);
                    weights[0] += n - row.voids();
                    factored[0] += n - row.voids();
                } else {
                    float[] count = w;
                    if (alpha != 1 || alphaMore != 0) {
                        count = Scratch.floats(6, n);
                        shares(y, w, alpha, alphaMore, count, n);
                    }
                    if (factors.any()) {
                        add(count, factors.f, entropy, (float) modulation.poly(), q, terms, n);
                        FloatSoftmax.addProduct(factored, w, factors.f, n);
                    } else {
                        FloatSoftmax.addProduct(terms, count, entropy, n);
                        FloatSoftmax.add(factored, w, n);
                    }
                    FloatSoftmax.add(weights, w, n);
                }
                if (slopes != null) {
                    findGradient(1, 0);
                    slopes.put(blocks.offset(block, c), slope, 0, n);
                }
            }
        }

        /** Adds up {@code q^gamma * e}, without the factors, with fewer rows in between. */
        private void addFocal(int c, float[][] sums, FloatBuffer slopes) {
            loadChannel(c);
            ofHardLabels(z, y, null, entropy, q, n);
            row.clearVoid(q);
            float gamma = (float) modulation.gamma();
            // q^(gamma-1)
            Arrays.fill(factors.f, 0, n, 1);
            for (int k = 1; k < gamma; k++) {
                FloatSoftmax.multiply(factors.f, q, n);
            }
            int at = c * ElementSums.COLUMNS;
            addModulated(factors.f, q, entropy, sums[at + ElementSums.TERMS], n);
            focalSlopes(factors.f, q, entropy, y, gamma, n);
            sums[at + ElementSums.WEIGHTS][0] += n - row.voids();
            slopes.put(blocks.offset(block, c), factors.f, 0, n);
        }

        void gradient(DoubleBuffer upstream, FloatBuffer addend, FloatBuffer to) {
            for (int c = 0; c < blocks.channels(); c++) {
                load(c, factors.any(), true);
                findGradient(
                        upstream(upstream, c, ElementSums.TERMS),
                        upstream(upstream, c, ElementSums.FACTORS));
                FloatSoftmax.store(slope, addend, to, blocks.offset(block, c), n);
            }
        }

        /** Writes the gradient of terms whose derivatives are known. */
        void scale(FloatBuffer slopes, DoubleBuffer upstream, FloatBuffer addend, FloatBuffer to) {
            for (int c = 0; c < blocks.channels(); c++) {
                float by = upstream(upstream, c, ElementSums.TERMS);
                slopes.get(blocks.offset(block, c), slope, 0, n);
                FloatElements.scale(slope, by, n);
                if (by * 0 != 0) {
                    // a slope of 0 leaves NaN
                    row.load(target.hasOwn(c) ? c : 0);
                    row.clearVoid(slope);
                }
                FloatSoftmax.store(slope, addend, to, blocks.offset(block, c), n);
            }
        }

        private float upstream(DoubleBuffer upstream, int c, int column) {
            int row = blocks.image(block) * blocks.channels() + c;
            return (float) upstream.get(row * ElementSums.COLUMNS + column);
        }

        /** Makes the gradient of the derivatives of the entropies of the channel that is loaded. */
        private void findGradient(float byTerms, float byFactors) {
            if (plain) {
                FloatElements.scale(slope, byTerms, n);
            } else {
                shares(y, w, byTerms * alpha, byTerms * alphaMore, z, n);
                if (factors.any()) {
                    float[] term = Scratch.floats(6, n);
                    float poly = (float) modulation.poly();
                    slopes(factors.f, factors.slope, entropy, poly, q, term, n);
                    FloatSoftmax.multiply(z, term, n);
                    if (byFactors != 0) {
                        shares(factors.slope, w, 0, byFactors, term, n);
                        FloatSoftmax.add(z, term, n);
                    }
                }
                FloatSoftmax.multiply(slope, z, n);
            }
            // not a product with the weight 0, which leaves NaN
            row.clearVoid(slope);
        }

        /**
         * Loads a channel and finds what is asked for of the entropies and their derivatives by the
         * logits; q and the factors, if there are any.
         */
        private void load(int c, boolean entropies, boolean slopes) {
            loadChannel(c);
            if (target.hasOwn(c) && !plain) {
                row.weights(c, w);
                if (reduced != 1) {
                    FloatElements.scale(w, reduced, n);
                }
            }
            float[] label = y;
            if (modulation.smoothing() != 0) {
                label = Scratch.floats(10, n);
                float smoothing = (float) modulation.smoothing();
                System.arraycopy(y, 0, label, 0, n);
                smooth(label, smoothing, n);
            }
            float positiveWeight = (float) positiveWeights[c];
            if (probabilities) {
                ofProbabilities(label, positiveWeight);
            } else if (target.isHard() && modulation.smoothing() == 0 && positiveWeight == 1) {
                ofHardLabels(z, y, slopes ? slope : null, entropies ? entropy : null, q, n);
            } else {
                ofLogits(
                        z,
                        y,
                        label,
                        positiveWeight,
                        entropies ? entropy : null,
                        slopes ? slope : null,
                        factors.any() ? q : null,
                        n);
            }
            if (factors.any()) {
                factors.find(entropy, q, positiveWeight == 1 && !isSoft());
            }
        }

        /** Loads labels, and logits, which are 0 where void. */
        private void loadChannel(int c) {
            row.load(c);
            row.labels(c, y);
            logits.get(blocks.offset(block, c), z, 0, n);
            row.clearVoid(z);
        }

        private boolean isSoft() {
            float soft = 0;
            for (int i = 0; i < n && !target.isHard(); i++) {
                soft += y[i] * (1 - y[i]);
            }
            return soft != 0;
        }

        private void ofProbabilities(float[] label, float positiveWeight) {
            float least = FloatCrossEntropy.LEAST_PROBABILITY;
            float[] above = Scratch.floats(6, n);
            float[] below = Scratch.floats(7, n);
            for (int i = 0; i < n; i++) {
                above[i] = Math.max(1 - z[i], least);
                below[i] = Math.max(z[i], least);
            }
            Log.inPlace(above, n);
            Log.inPlace(below, n);
            for (int i = 0; i < n; i++) {
                float one = positiveWeight * label[i];
                float zero = 1 - label[i];
                entropy[i] = z[i] * 0 - zero * above[i] - one * below[i];
                slope[i] =
                        zero * FloatCrossEntropy.inverse(1 - z[i])
                                - one * FloatCrossEntropy.inverse(z[i])
                                + z[i] * 0;
                q[i] = y[i] * (1 - z[i]) + (1 - y[i]) * z[i];
            }
        }
    }

    // One or two statements a loop, over arrays that are parameters: the compiler vectorizes that.

    private static void smooth(float[] y, float smoothing, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = y[i] * (1 - 2 * smoothing) + smoothing;
        }
    }

    /**
     * Finds what there is an array for: entropies, their derivatives, and q; not finite in, NaN
     * out.
     *
     * <p>All in one method: HotSpot puts small ones into their caller, and among many other loops
     * it vectorizes none.
     */
    private static void ofLogits(
            float[] z,
            float[] y,
            float[] label,
            float positiveWeight,
            float[] entropy,
            float[] slope,
            float[] q,
            int n) {
        float[] e = Scratch.floats(6, n);
        Exp.ofNegated(z, e, n);
        if (slope != null) {
            // p and e * p are the sigmoids of z and -z
            for (int i = 0; i < n; i++) {
                float p = 1 / (1 + e[i]);
                float zero = (1 - label[i]) * (p - FloatSoftmax.LEAST_SIGMOID);
                slope[i] = zero - positiveWeight * label[i] * (e[i] * p) + z[i] * 0;
            }
        }
        if (q != null) {
            for (int i = 0; i < n; i++) {
                float p = 1 / (1 + e[i]);
                q[i] = y[i] * (e[i] * p) + (1 - y[i]) * (p - FloatSoftmax.LEAST_SIGMOID);
            }
        }
        if (entropy != null) {
            // log(1 + exp(-|z|)) is what a hard sigmoid's entropy lacks
            FloatSoftmax.decays(e, n);
            Log.onePlus(e, n);
            for (int i = 0; i < n; i++) {
                float zero = (1 - label[i]) * (Math.max(z[i], 0) + e[i]);
                float one = positiveWeight * label[i] * (Math.max(-z[i], 0) + e[i]);
                entropy[i] = zero + one + z[i] * 0;
            }
        }
    }

    /** Finds the same, and q, of labels 0 and 1: it is the probability of the other label. */
    private static void ofHardLabels(
            float[] z, float[] y, float[] slope, float[] entropy, float[] q, int n) {
        float[] e = Scratch.floats(6, n);
        FloatSoftmax.ofLabels(z, y, e, Scratch.floats(7, n), q, n);
        if (slope != null) {
            for (int i = 0; i < n; i++) {
                slope[i] = q[i] * (1 - 2 * y[i]);
            }
        }
        if (entropy != null) {
            Log.onePlus(e, n);
            for (int i = 0; i < n; i++) {
                entropy[i] = Math.max(z[i] * (1 - 2 * y[i]), 0) + e[i] + z[i] * 0;
            }
        }
    }

    private static void scale(float[] x, float by, int n) {
        for (int i = 0; i < n; i++) {
            x[i] *= by;
        }
    }

    private static void shares(float[] y, float[] w, float zero, float more, float[] to, int n) {
        for (int i = 0; i < n; i++) {
            to[i] = w[i] * (zero + more * y[i]);
        }
    }

    private static void add(
            float[] count, float[] f, float[] entropy, float addend, float[] q, float[] to, int n) {
        for (int i = 0; i < n; i++) {
            to[i] += count[i] * (f[i] * entropy[i] + addend * q[i]);
        }
    }

    private static void addModulated(float[] f, float[] q, float[] entropy, float[] to, int n) {
        for (int i = 0; i < n; i++) {
            to[i] += f[i] * q[i] * entropy[i];
        }
    }

    /** Puts the derivatives of {@code q^gamma * e} by the logits in the place of q^(gamma-1). */
    private static void focalSlopes(
            float[] f, float[] q, float[] entropy, float[] y, float gamma, int n) {
        for (int i = 0; i < n; i++) {
            float byEntropy = f[i] * (q[i] + gamma * (1 - q[i]) * entropy[i]);
            f[i] = byEntropy * q[i] * (1 - 2 * y[i]);
        }
    }

    /** The derivatives of the terms by the entropies. */
    private static void slopes(
            float[] f, float[] slope, float[] entropy, float addend, float[] q, float[] to, int n) {
        for (int i = 0; i < n; i++) {
            to[i] = f[i] + slope[i] * entropy[i] + addend * (1 - q[i]);
        }
    }

    private static void differences(float[] max, float[] z, float[] to, int n) {
        for (int i = 0; i < n; i++) {
            to[i] = Math.min(max[i] - z[i], Float.MAX_VALUE);
        }
    }

    private static void clearWithout(float[] label, float[] values, int n) {
        for (int i = 0; i < n; i++) {
            values[i] = label[i] == 0 ? 0 : values[i];
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
        private final FloatTarget.Row row;
        private final Factors factors;

        Pixels(int block, float reduced) {
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
            this.row = target.row(block);
            this.factors = new Factors(n);
            load();
            if (reduced != 1) {
                scale(w, reduced, n);
            }
        }

        private void load() {
            row.load(0);
            row.weights(0, w);
            FloatSoftmax.load(logits, p, blocks, block);
            row.clearVoid(p);
            float[] max = Scratch.floats(6, n);
            float[] sum = Scratch.floats(7, n);
            Arrays.fill(sum, 0, n, 0);
            for (int c = 0; c < channels; c++) {
                row.labels(c, y[c]);
                if (probabilities) {
                    for (int i = 0; i < n; i++) {
                        own[c][i] = Math.max(p[c][i], FloatCrossEntropy.LEAST_PROBABILITY);
                        sum[i] += p[c][i] * 0;
                    }
                    Log.inPlace(own[c], n);
                }
            }
            if (probabilities) {
                for (int c = 0; c < channels; c++) {
                    for (int i = 0; i < n; i++) {
                        own[c][i] = sum[i] - own[c][i];
                    }
                }
            } else {
                boolean smooth = modulation.smoothing() != 0;
                boolean infinite =
                        FloatSoftmax.maxima(
                                p, channels, n, max, sum, (c, i) -> smooth || y[c][i] != 0);
                for (int c = 0; c < channels; c++) {
                    differences(max, p[c], own[c], n);
                    if (infinite) {
                        // infinity times 0 is no number
                        clearWithout(y[c], own[c], n);
                    }
                }
                FloatSoftmax.exponentials(p, channels, n, max, sum);
                float[] inverse = max;
                for (int i = 0; i < n; i++) {
                    inverse[i] = 1 / sum[i];
                }
                for (int c = 0; c < channels; c++) {
                    FloatSoftmax.multiply(p[c], inverse, n);
                }
                Log.inPlace(sum, n);
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
            // where probabilities are given, those of a pixel need not add up to 1
            factors.find(entropy, q, target.isHard() && !probabilities);
        }

        void addTo(float[][] sums) {
            float alpha = Double.isNaN(modulation.alpha()) ? 1 : (float) modulation.alpha();
            float poly = (float) modulation.poly();
            for (int c = 0; c < channels; c++) {
                int at = c * ElementSums.COLUMNS;
                float[] terms = sums[at + ElementSums.TERMS];
                float[] factored = sums[at + ElementSums.FACTORS];
                for (int i = 0; i < n; i++) {
                    float wy = w[i] * label(c, i);
                    float wyf = wy * factors.f[i];
                    terms[i] += alpha * (wyf * own[c][i] + wy * poly * q[i]);
                    factored[i] += wyf;
                }
                FloatSoftmax.addProduct(sums[at + ElementSums.WEIGHTS], w, y[c], n);
            }
        }

        /** The label of a class, smoothed: its share of what the pixel's labels are together. */
        private float label(int c, int i) {
            float smoothing = (float) modulation.smoothing();
            return smoothing == 0
                    ? y[c][i]
                    : (1 - smoothing) * y[c][i] + smoothing / channels * labels[i];
        }

        void gradient(DoubleBuffer upstream, FloatBuffer addend, FloatBuffer to) {
            double alpha = Double.isNaN(modulation.alpha()) ? 1 : modulation.alpha();
            float poly = (float) modulation.poly();
            int first = blocks.image(block) * channels * ElementSums.COLUMNS;
            float[] byTerms = new float[channels];
            // what the pixel's entropy counts, and what its classes' entropies count together
            float[] shared = Scratch.floats(6, n);
            float[] classes = Scratch.floats(7, n);
            Arrays.fill(shared, 0, n, 0);
            Arrays.fill(classes, 0, n, 0);
            for (int c = 0; c < channels; c++) {
                int at = first + c * ElementSums.COLUMNS;
                byTerms[c] = (float) (alpha * upstream.get(at + ElementSums.TERMS));
                float byFactors = (float) upstream.get(at + ElementSums.FACTORS);
                for (int i = 0; i < n; i++) {
                    float term =
                            factors.slope[i] * (byTerms[c] * own[c][i] + byFactors)
                                    + byTerms[c] * poly * (1 - q[i]);
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
                    own[c][i] = w[i] * g;
                }
            }
            row.clearVoid(own);
            FloatSoftmax.store(own, addend, to, blocks, block);
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

        /** Whether terms are more than entropies. */
        boolean any() {
            return modulation.gamma() != 0 || modulation.poly() != 0;
        }

        /**
         * Finds them, and q where it is not known yet: it is the probability of what is not the
         * label where labels are 0 and 1 and an entropy is not weighted.
         */
        void find(float[] entropy, float[] q, boolean known) {
            Arrays.fill(f, 0, n, 1);
            Arrays.fill(slope, 0, n, 0);
            if (!any()) {
                return;
            }
            if (!known) {
                for (int i = 0; i < n; i++) {
                    q[i] = (float) -Math.expm1(-entropy[i]);
                }
            }
            if (modulation.gamma() != 0) {
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
            if (isSmallInteger(gamma)) {
                // q^(gamma-1)
                for (int k = 1; k < gamma; k++) {
                    FloatSoftmax.multiply(f, q, n);
                }
                for (int i = 0; i < n; i++) {
                    slope[i] = gamma * f[i] * (1 - q[i]);
                }
                FloatSoftmax.multiply(f, q, n);
                return;
            }
            for (int i = 0; i < n; i++) {
                f[i] = Math.max(q[i], FloatCrossEntropy.LEAST_PROBABILITY);
            }
            Log.inPlace(f, n);
            for (int i = 0; i < n; i++) {
                f[i] = Math.min(gamma * f[i], 0);
            }
            Exp.inPlace(f, n);
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
