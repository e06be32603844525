package org.seglosses.samediff.op;

import java.util.Arrays;

/**
 * Numbers as longs of the same order, of as many low bits as the numbers have, and selection of
 * one.
 */
final class SortKeys {

    private static final int DIGIT = 11;

    private SortKeys() {}

    static long of(float value) {
        int bits = Float.floatToRawIntBits(value);
        return (bits ^ (bits >> 31 | Integer.MIN_VALUE)) & 0xffffffffL;
    }

    static float toFloat(long key) {
        int bits = (int) key;
        return Float.intBitsToFloat(bits ^ (~bits >> 31 | Integer.MIN_VALUE));
    }

    /** All 64 bits: in unsigned order. */
    static long of(double value) {
        long bits = Double.doubleToRawLongBits(value);
        return bits ^ (bits >> 63 | Long.MIN_VALUE);
    }

    static double toDouble(long key) {
        return Double.longBitsToDouble(key ^ (~key >> 63 | Long.MIN_VALUE));
    }

    /**
     * Returns the key with {@code rank} others before it; the keys are overwritten. The highest
     * digit is counted first; only the keys that share it with the one looked for remain.
     *
     * @param bits how many low bits the keys have
     */
    static long select(long[] keys, int n, int rank, int bits) {
        int[] counts = new int[1 << DIGIT];
        for (int high = bits; high > 0 && n > 1; high -= DIGIT) {
            int shift = Math.max(0, high - DIGIT);
            int mask = (1 << high - shift) - 1;
            Arrays.fill(counts, 0);
            for (int i = 0; i < n; i++) {
                counts[(int) (keys[i] >>> shift) & mask]++;
            }
            int digit = 0;
            while (rank >= counts[digit]) {
                rank -= counts[digit++];
            }
            int kept = 0;
            for (int i = 0; i < n; i++) {
                long key = keys[i];
                keys[kept] = key;
                kept += ((int) (key >>> shift) & mask) == digit ? 1 : 0;
            }
            n = kept;
        }
        return keys[0];
    }
}
