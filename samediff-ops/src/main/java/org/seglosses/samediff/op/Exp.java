package org.seglosses.samediff.op;

/** The exponential function over arrays, for arguments of at most 0. */
final class Exp {

    /** Below this the float result is 0: softmax has no use for less, and denormals are slow. */
    private static final float CUTOFF = -60f;

    /** Fits, with its low parts, into a first-level cache. */
    private static final int CHUNK = 1024;

    private static final float AT_CUTOFF;

    static {
        float[] x = {CUTOFF};
        raw(x, 0, 1);
        AT_CUTOFF = x[0];
    }

    private Exp() {}

    /**
     * Replaces each element by its exponential. The relative error is at most 2e-7 down to -10 and
     * 2e-6 down to -30; from -60 down the result is 0. NaN gives NaN.
     */
    static void inPlace(float[] x, int from, int length) {
        raw(x, from, length);
        for (int i = from; i < from + length; i++) {
            x[i] -= AT_CUTOFF;
        }
    }

    /** Replaces each element by its exponential, to within an ulp. */
    static void inPlace(double[] x, int from, int length) {
        for (int i = from; i < from + length; i++) {
            x[i] = Math.exp(x[i]);
        }
    }

    /**
     * {@code exp(x) = exp(x / 64)^64}: a Taylor polynomial and six squarings in two-part floats.
     * Only multiplications and additions, so that the compiler vectorizes it; table look-ups and
     * exponent bits, the usual ways, it does not (five times slower). Short loops, because it gives
     * up on long ones, over arrays with the same index, because others might overlap.
     */
    private static void raw(float[] x, int from, int length) {
        float[] high = Scratch.floats(Scratch.EXP, CHUNK);
        float[] low = Scratch.floats(Scratch.EXP + 1, CHUNK);
        for (int start = from; start < from + length; start += CHUNK) {
            int n = Math.min(CHUNK, from + length - start);
            System.arraycopy(x, start, high, 0, n);
            scale(high, n);
            polynomial(high, n, low);
            add(high, n, low);
            threeSquarings(high, n, low);
            threeSquarings(high, n, low);
            for (int i = 0; i < n; i++) {
                high[i] += low[i];
            }
            System.arraycopy(high, 0, x, start, n);
        }
    }

    private static void scale(float[] x, int n) {
        for (int i = 0; i < n; i++) {
            x[i] = Math.max(x[i], CUTOFF) * (1f / 64);
        }
    }

    /** Puts {@code exp(y) - 1 - y} into {@code to}. */
    private static void polynomial(float[] y, int n, float[] to) {
        for (int i = 0; i < n; i++) {
            float u = Math.fma(y[i], 1f / 40320, 1f / 5040);
            u = Math.fma(y[i], u, 1f / 720);
            u = Math.fma(y[i], u, 1f / 120);
            u = Math.fma(y[i], u, 1f / 24);
            u = Math.fma(y[i], u, 1f / 6);
            to[i] = y[i] * y[i] * Math.fma(y[i], u, 1f / 2);
        }
    }

    /**
     * Adds up 1, y and the rest; y is exact, so only the rest, which is small, carries a rounding.
     */
    private static void add(float[] high, int n, float[] low) {
        for (int i = 0; i < n; i++) {
            float first = 1f + high[i];
            float sum = first + low[i];
            low[i] = (low[i] - (sum - first)) + (high[i] - (first - 1f));
            high[i] = sum;
        }
    }

    private static void threeSquarings(float[] high, int n, float[] low) {
        for (int i = 0; i < n; i++) {
            float h = high[i];
            float l = low[i];
            float square = h * h;
            l = Math.fma(h + h, l, Math.fma(h, h, -square));
            h = square;
            square = h * h;
            l = Math.fma(h + h, l, Math.fma(h, h, -square));
            h = square;
            square = h * h;
            l = Math.fma(h + h, l, Math.fma(h, h, -square));
            high[i] = square;
            low[i] = l;
        }
    }
}
