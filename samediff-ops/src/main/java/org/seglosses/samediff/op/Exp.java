package org.seglosses.samediff.op;

/** The exponential function over arrays, for arguments of at most 0. */
final class Exp {

    /** Below this the float result is 0: softmax has no use for less, and denormals are slow. */
    private static final float CUTOFF = -60f;

    private static final float AT_CUTOFF;

    static {
        float[] x = {CUTOFF};
        raw(x, 0, 1);
        AT_CUTOFF = x[0];
    }

    private Exp() {}

    /**
     * Replaces each element by its exponential. The relative error is at most {@code 1e-7 * max(1,
     * |x|)}, what half an ulp of x would make; below -60 the result is 0. NaN gives NaN.
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
     * {@code exp(x) = exp(x / 64)^64}: a Taylor polynomial and six squarings in two-part floats. Only
     * multiplications and additions, so that the compiler vectorizes it; table look-ups and exponent
     * bits, the usual ways, it does not (five times slower).
     */
    private static void raw(float[] x, int from, int length) {
        for (int i = from; i < from + length; i++) {
            float y = Math.max(x[i], CUTOFF) * (1f / 64);
            float u = Math.fma(y, 1f / 5040, 1f / 720);
            u = Math.fma(y, u, 1f / 120);
            u = Math.fma(y, u, 1f / 24);
            u = Math.fma(y, u, 1f / 6);
            u = Math.fma(y, u, 1f / 2);
            u = y * Math.fma(y, u, 1f);
            float h = 1f + u;
            float l = u - (h - 1f);
            float square = h * h;
            l = Math.fma(h + h, l, Math.fma(h, h, -square));
            h = square;
            square = h * h;
            l = Math.fma(h + h, l, Math.fma(h, h, -square));
            h = square;
            square = h * h;
            l = Math.fma(h + h, l, Math.fma(h, h, -square));
            h = square;
            square = h * h;
            l = Math.fma(h + h, l, Math.fma(h, h, -square));
            h = square;
            square = h * h;
            l = Math.fma(h + h, l, Math.fma(h, h, -square));
            h = square;
            square = h * h;
            l = Math.fma(h + h, l, Math.fma(h, h, -square));
            x[i] = square + l;
        }
    }
}
