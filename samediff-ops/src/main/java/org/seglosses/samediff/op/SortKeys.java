package org.seglosses.samediff.op;

/** Numbers as longs of the same order, of as many low bits as the numbers have. */
final class SortKeys {

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

    /** Whether all bits from {@code bit} up are 0; there may be none. */
    static boolean above(long difference, int bit) {
        return bit == Long.SIZE || difference >>> bit == 0;
    }
}
