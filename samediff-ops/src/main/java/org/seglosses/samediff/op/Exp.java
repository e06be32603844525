package org.seglosses.samediff.op;

/**
 * The exponential function over arrays.
 *
 * <p>{@code exp(x) = 2^k * exp(x - k*ln2)} with k the nearest integer to {@code x/ln2} and a
 * polynomial for the rest. The loops are made for the compiler to vectorize: a few statements,
 * arrays with the same index, floats or their {@link Bits} alone. Adding {@link Bits#MAGIC} rounds
 * to an integer and leaves it in the low bits, whence a shift makes the exponent of 2^k.
 */
final class Exp {

    /** Below this the float result is 0: softmax has no use for less, and denormals are slow. */
    private static final float CUTOFF = -60f;

    private static final float INVERSE_LN2 = 1.44269504f;

    // ln2 in two parts: the first has so few bits that its product with k is exact.
    private static final float LN2_HIGH = 0.693145751953125f;
    private static final float LN2_LOW = 1.42860677e-6f;

    private static final float AT_CUTOFF = (float) Math.exp(CUTOFF);

    private Exp() {}

    /**
     * Replaces each of the first n elements, at most 0, by its exponential. The relative error is
     * at most 2e-7 down to -10 and 2e-6 down to -30; from -60 down the result is 0. NaN gives NaN.
     */
    static void inPlace(float[] x, int n) {
        float[] rounded = Scratch.floats(Scratch.EXP, n);
        float[] powers = Scratch.floats(Scratch.EXP + 1, n);
        round(x, rounded, n);
        powersOfTwo(rounded, powers, n);
        finish(x, rounded, powers, n);
    }

    /** Replaces each x, at most minus, by {@code exp(x - minus)}, and adds that to {@code sum}. */
    static void ofDifferences(float[] x, float[] minus, float[] sum, int n) {
        float[] rounded = Scratch.floats(Scratch.EXP, n);
        float[] powers = Scratch.floats(Scratch.EXP + 1, n);
        roundDifferences(x, minus, rounded, n);
        powersOfTwo(rounded, powers, n);
        finish(x, rounded, powers, sum, n);
    }

    /**
     * Writes {@code exp(-z)}, from {@code exp(-60)}, for which it is 0, to {@code exp(60)}; of
     * these sigmoids are made, to the last digits on both sides.
     */
    static void ofNegated(float[] z, float[] to, int n) {
        float[] rounded = Scratch.floats(Scratch.EXP, n);
        float[] powers = Scratch.floats(Scratch.EXP + 1, n);
        roundNegated(z, to, rounded, n);
        powersOfTwo(rounded, powers, n);
        finish(to, rounded, powers, n);
    }

    /** Writes {@code exp(-|z|)}, 0 from -60 and from 60 on. */
    static void ofNegatedMagnitudes(float[] z, float[] to, int n) {
        float[] rounded = Scratch.floats(Scratch.EXP, n);
        float[] powers = Scratch.floats(Scratch.EXP + 1, n);
        roundNegatedMagnitudes(z, to, rounded, n);
        powersOfTwo(rounded, powers, n);
        finish(to, rounded, powers, n);
    }

    /** Replaces each of the first n elements by its exponential, to within an ulp. */
    static void inPlace(double[] x, int n) {
        for (int i = 0; i < n; i++) {
            x[i] = Math.exp(x[i]);
        }
    }

    /** Replaces each x by {@code exp(x - minus)}, and adds that to {@code sum}. */
    static void ofDifferences(double[] x, double[] minus, double[] sum, int n) {
        for (int i = 0; i < n; i++) {
            x[i] = Math.exp(x[i] - minus[i]);
            sum[i] += x[i];
        }
    }

    /** Writes {@code exp(-z)}, up to {@code exp(700)}. */
    static void ofNegated(double[] z, double[] to, int n) {
        for (int i = 0; i < n; i++) {
            to[i] = Math.exp(Math.min(-z[i], 700));
        }
    }

    /** Writes {@code exp(-|z|)}. */
    static void ofNegatedMagnitudes(double[] z, double[] to, int n) {
        for (int i = 0; i < n; i++) {
            to[i] = Math.exp(-Math.abs(z[i]));
        }
    }

    private static void round(float[] x, float[] rounded, int n) {
        for (int i = 0; i < n; i++) {
            float y = Math.max(x[i], CUTOFF);
            x[i] = y;
            rounded[i] = Math.fma(y, INVERSE_LN2, Bits.MAGIC);
        }
    }

    private static void roundDifferences(float[] x, float[] minus, float[] rounded, int n) {
        for (int i = 0; i < n; i++) {
            float y = Math.max(x[i] - minus[i], CUTOFF);
            x[i] = y;
            rounded[i] = Math.fma(y, INVERSE_LN2, Bits.MAGIC);
        }
    }

    private static void roundNegated(float[] z, float[] x, float[] rounded, int n) {
        for (int i = 0; i < n; i++) {
            float y = Math.min(Math.max(-z[i], CUTOFF), -CUTOFF);
            x[i] = y;
            rounded[i] = Math.fma(y, INVERSE_LN2, Bits.MAGIC);
        }
    }

    private static void roundNegatedMagnitudes(float[] z, float[] x, float[] rounded, int n) {
        for (int i = 0; i < n; i++) {
            float y = Math.max(-Math.abs(z[i]), CUTOFF);
            x[i] = y;
            rounded[i] = Math.fma(y, INVERSE_LN2, Bits.MAGIC);
        }
    }

    private static void powersOfTwo(float[] rounded, float[] to, int n) {
        for (int i = 0; i < n; i++) {
            Bits.put(to, i, (Bits.get(rounded, i) << 23) + (127 << 23));
        }
    }

    private static void finish(float[] x, float[] rounded, float[] powers, int n) {
        for (int i = 0; i < n; i++) {
            float k = rounded[i] - Bits.MAGIC;
            float y = Math.fma(k, -LN2_LOW, Math.fma(k, -LN2_HIGH, x[i]));
            float u = Math.fma(y, 1.9875691500e-4f, 1.3981999507e-3f);
            u = Math.fma(y, u, 8.3334519073e-3f);
            u = Math.fma(y, u, 4.1665795894e-2f);
            u = Math.fma(y, u, 1.6666665459e-1f);
            u = Math.fma(y, u, 5.0000001201e-1f);
            x[i] = (Math.fma(y * y, u, y) + 1) * powers[i] - AT_CUTOFF;
        }
    }

    private static void finish(float[] x, float[] rounded, float[] powers, float[] sum, int n) {
        for (int i = 0; i < n; i++) {
            float k = rounded[i] - Bits.MAGIC;
            float y = Math.fma(k, -LN2_LOW, Math.fma(k, -LN2_HIGH, x[i]));
            float u = Math.fma(y, 1.9875691500e-4f, 1.3981999507e-3f);
            u = Math.fma(y, u, 8.3334519073e-3f);
            u = Math.fma(y, u, 4.1665795894e-2f);
            u = Math.fma(y, u, 1.6666665459e-1f);
            u = Math.fma(y, u, 5.0000001201e-1f);
            float e = (Math.fma(y * y, u, y) + 1) * powers[i] - AT_CUTOFF;
            x[i] = e;
            sum[i] += e;
        }
    }
}
