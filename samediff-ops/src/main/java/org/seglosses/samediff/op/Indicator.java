package org.seglosses.samediff.op;

/** Labels of one class, made of codes. */
final class Indicator {

    private static final int ONE = Float.floatToRawIntBits(1);

    private Indicator() {}

    /** Writes codes, which are below 2^22, as numbers. */
    static void numbers(int[] codes, float[] to, int n) {
        for (int i = 0; i < n; i++) {
            Bits.put(to, i, codes[i] + Bits.OF_MAGIC);
        }
        for (int i = 0; i < n; i++) {
            to[i] -= Bits.MAGIC;
        }
    }

    /** Writes codes as numbers. */
    static void numbers(int[] codes, double[] to, int n) {
        for (int i = 0; i < n; i++) {
            to[i] = codes[i];
        }
    }

    /** Writes 1 where a code is the given one, and else 0. */
    static void of(int[] codes, int code, float[] to, int n) {
        for (int i = 0; i < n; i++) {
            Bits.put(to, i, (codes[i] ^ code) - 1 >> 31 & ~(codes[i] >> 31) & ONE);
        }
    }

    /** Writes 1 where a code is the given one, and else 0. */
    static void of(int[] codes, int code, double[] to, int n) {
        for (int i = 0; i < n; i++) {
            to[i] = codes[i] == code ? 1 : 0;
        }
    }

    /** Writes 1 where a number, a code, is the given one, and else 0. */
    static void of(float[] numbers, int code, float[] to, int n) {
        for (int i = 0; i < n; i++) {
            to[i] = Math.max(1 - Math.abs(numbers[i] - code), 0);
        }
    }

    /** Writes 1 where a number, a code, is the given one, and else 0. */
    static void of(double[] numbers, int code, double[] to, int n) {
        for (int i = 0; i < n; i++) {
            to[i] = Math.max(1 - Math.abs(numbers[i] - code), 0);
        }
    }

    /** Writes 1 where a number has a sign, and else 0. */
    static void ofNegative(float[] x, float[] to, int n) {
        for (int i = 0; i < n; i++) {
            Bits.put(to, i, Bits.get(x, i) >> 31 & ONE);
        }
    }

    /** Writes 1 where a number has a sign, and else 0. */
    static void ofNegative(double[] x, double[] to, int n) {
        for (int i = 0; i < n; i++) {
            to[i] = Math.copySign(1, x[i]) < 0 ? 1 : 0;
        }
    }

    /** Puts numbers without a sign in the place of z, with one where z has none. */
    static void opposeSigns(float[] x, float[] z, int n) {
        for (int i = 0; i < n; i++) {
            Bits.put(z, i, Bits.get(x, i) | ~Bits.get(z, i) & Integer.MIN_VALUE);
        }
    }

    /** Puts numbers without a sign in the place of z, with one where z has none. */
    static void opposeSigns(double[] x, double[] z, int n) {
        for (int i = 0; i < n; i++) {
            z[i] = Math.copySign(x[i], -z[i]);
        }
    }

    /** Exchanges two values where the label, 0 or 1, is not that of the sign of z. */
    static void exchange(float[] a, float[] b, float[] z, float[] label, int n) {
        for (int i = 0; i < n; i++) {
            // the bits of 1 that are shifted have a sign, those of 0 have none
            int mask = (Bits.get(z, i) ^ ~(Bits.get(label, i) << 2)) >> 31;
            int ofA = Bits.get(a, i);
            int ofB = Bits.get(b, i);
            int both = (ofA ^ ofB) & mask;
            Bits.put(a, i, ofA ^ both);
            Bits.put(b, i, ofB ^ both);
        }
    }

    /** Exchanges two values where the label, 0 or 1, is not that of the sign of z. */
    static void exchange(double[] a, double[] b, double[] z, double[] label, int n) {
        for (int i = 0; i < n; i++) {
            if (z[i] < 0 == label[i] > 0) {
                double other = a[i];
                a[i] = b[i];
                b[i] = other;
            }
        }
    }

    /** Puts 0 in the place of values, which may be anything, where a code is void. */
    static void clearVoid(float[] values, int[] codes, int n) {
        for (int i = 0; i < n; i++) {
            Bits.put(values, i, Bits.get(values, i) & ~(codes[i] >> 31));
        }
    }

    /** Puts 0 in the place of values, which may be anything, where a code is void. */
    static void clearVoid(double[] values, int[] codes, int n) {
        for (int i = 0; i < n; i++) {
            values[i] = codes[i] < 0 ? 0 : values[i];
        }
    }

    /** Makes codes void whose value is above a limit; not those of NaN. Values are overwritten. */
    static void voidAbove(float[] values, float limit, int[] codes, int n) {
        for (int i = 0; i < n; i++) {
            values[i] = Math.max(values[i] - limit, 0);
        }
        for (int i = 0; i < n; i++) {
            int bits = Bits.get(values, i);
            // a positive number, but for those whose exponent is that of NaN
            codes[i] |= -bits >> 31 & ~(bits + (1 << 23) >> 31);
        }
    }

    /** Makes codes void whose value is above a limit; not those of NaN. */
    static void voidAbove(double[] values, double limit, int[] codes, int n) {
        for (int i = 0; i < n; i++) {
            codes[i] = values[i] > limit ? Targets.VOID : codes[i];
        }
    }

    /** Whether there is NaN among some values that are 0 otherwise. */
    static boolean anyNaN(float[] x, int n) {
        // added, since HotSpot does not vectorize the search for one
        int exponents = 0;
        for (int i = 0; i < n; i++) {
            exponents += Bits.get(x, i) >>> 23;
        }
        return exponents != 0;
    }

    /** Whether there is NaN among some values that are 0 otherwise. */
    static boolean anyNaN(double[] x, int n) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
            sum += x[i];
        }
        return sum != 0;
    }

    /** Writes 1 where a code is not void, and else 0. */
    static void ofValid(int[] codes, float[] to, int n) {
        for (int i = 0; i < n; i++) {
            Bits.put(to, i, ~(codes[i] >> 31) & ONE);
        }
    }

    /** Writes 1 where a code is not void, and else 0. */
    static void ofValid(int[] codes, double[] to, int n) {
        for (int i = 0; i < n; i++) {
            to[i] = codes[i] < 0 ? 0 : 1;
        }
    }
}
