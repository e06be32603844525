package org.seglosses.samediff.op;

/** The natural logarithm over arrays, for positive arguments. */
final class Log {

    private static final int SQRT_HALF = Float.floatToRawIntBits((float) Math.sqrt(0.5));

    private static final float LN2 = (float) Math.log(2);
    private static final float L1 = 0.66666662693f;
    private static final float L2 = 0.40000972152f;
    private static final float L3 = 0.28498786688f;
    private static final float L4 = 0.24279078841f;

    private Log() {}

    /**
     * Replaces each of the first n elements, positive and normal, by its logarithm, to within two
     * ulps. NaN and infinity give NaN.
     *
     * <p>With {@code x = 2^k * (1+f)}, {@code 1+f} in [sqrt(1/2), sqrt(2)), and {@code s = f /
     * (2+f)}: {@code log(1+f) = 2s + 2/3 s^3 + 2/5 s^5 + ...}, the minimax polynomial of FreeBSD's
     * logf. Java's own logarithm is of doubles and takes ten times as long.
     */
    static void inPlace(float[] x, int n) {
        float[] m = Scratch.floats(Scratch.EXP, n);
        float[] k = Scratch.floats(Scratch.EXP + 1, n);
        split(x, m, k, n);
        for (int i = 0; i < n; i++) {
            float f = m[i] - 1;
            float s = f / (2 + f);
            float z = s * s;
            float rest = z * (L1 + z * (L2 + z * (L3 + z * L4)));
            float half = 0.5f * f * f;
            x[i] = f - (half - s * (half + rest)) + (k[i] - Bits.MAGIC) * LN2 + x[i] * 0;
        }
    }

    private static void split(float[] x, float[] mantissa, float[] exponent, int n) {
        for (int i = 0; i < n; i++) {
            int bits = Bits.get(x, i);
            int k = bits - SQRT_HALF >> 23;
            Bits.put(mantissa, i, bits - (k << 23));
            Bits.put(exponent, i, k + Bits.OF_MAGIC);
        }
    }

    /** Replaces each of the first n elements by its logarithm. */
    static void inPlace(double[] x, int n) {
        for (int i = 0; i < n; i++) {
            x[i] = Math.log(x[i]);
        }
    }

    /**
     * Replaces each of the first n elements x, from 0 to 1, by {@code log(1+x)}, small ones too to
     * within two ulps.
     *
     * <p>The same series with {@code s = x / (2+x)}, at most 1/3: its tail from s^17 on is below
     * 1e-9 of the result.
     */
    static void onePlus(float[] x, int n) {
        for (int i = 0; i < n; i++) {
            float s = x[i] / (2 + x[i]);
            float z = s * s;
            float rest = z * (1f / 11 + z * (1f / 13 + z * (1f / 15)));
            rest = z * (1f / 3 + z * (1f / 5 + z * (1f / 7 + z * (1f / 9 + rest))));
            x[i] = 2 * (s + s * rest);
        }
    }

    /** Replaces each of the first n elements x by {@code log(1+x)}. */
    static void onePlus(double[] x, int n) {
        for (int i = 0; i < n; i++) {
            x[i] = Math.log1p(x[i]);
        }
    }
}
