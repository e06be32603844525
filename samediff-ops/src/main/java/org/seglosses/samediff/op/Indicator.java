package org.seglosses.samediff.op;

/** Labels of one class, made of codes. */
final class Indicator {

    private static final int ONE = Float.floatToRawIntBits(1);

    private Indicator() {}

    /** Writes 1 where a code is the given one, not negative, and else 0. */
    static void of(int[] codes, int code, float[] to, int n) {
        int[] bits = Scratch.ints(Scratch.EXP, n);
        for (int i = 0; i < n; i++) {
            int difference = codes[i] ^ code;
            // its sign bit, or that of its opposite, is set unless it is 0
            bits[i] = ~(difference | -difference) >> 31 & ONE;
        }
        Bits.toFloats(bits, to, n);
    }

    /** Writes 1 where a code is the given one, not negative, and else 0. */
    static void of(int[] codes, int code, double[] to, int n) {
        for (int i = 0; i < n; i++) {
            to[i] = codes[i] == code ? 1 : 0;
        }
    }
}
