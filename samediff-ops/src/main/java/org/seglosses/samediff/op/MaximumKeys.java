package org.seglosses.samediff.op;

import java.util.Arrays;

/**
 * The first place of the maximum of each window of a {@link PaddedMap}, all at once, for floats
 * between -2 and 2: each step of a maximum carries along how far its place is.
 *
 * <p>The floats are compared as integers of the same order, whose differences do not overflow. So a
 * mask takes the place of a branch, and the compiler vectorizes the loop.
 */
final class MaximumKeys {

    /** Less than any key; no number has it. */
    private static final int LEAST = -1 << 30;

    /** The highest bit of the exponent, which numbers of an absolute value below 2 do not have. */
    private static final int TWO = 1 << 30;

    private static final int NEGATIVE_INFINITY = 0xff800000;

    private MaximumKeys() {}

    /** A double has no room in a key. */
    static boolean find(double[] x, PaddedMap map, int reach, int[] distances) {
        return false;
    }

    /**
     * Writes how far behind the start of a window its first maximum is.
     *
     * @param x numbers, and negative infinity for what is never a maximum
     * @param map where the pixels are
     * @param reach how far a window reaches
     * @param distances for each place, that of the window that starts there
     * @return whether the numbers have keys; if not, nothing is written
     */
    static boolean find(float[] x, PaddedMap map, int reach, int[] distances) {
        int n = map.size();
        int[] keys = Scratch.ints(0, n);
        if (!keys(x, keys, n)) {
            return false;
        }
        int[] others = Scratch.ints(1, n);
        int[] further = Scratch.ints(2, n);
        Arrays.fill(distances, 0, n, 0);
        for (int step : map.steps(reach)) {
            n -= step;
            System.arraycopy(keys, step, others, 0, n);
            System.arraycopy(distances, step, further, 0, n);
            raise(keys, others, distances, further, step, n);
        }
        return true;
    }

    /** Makes keys of numbers; tells whether all have one. */
    private static boolean keys(float[] x, int[] keys, int n) {
        int seen = 0;
        for (int i = 0; i < n; i++) {
            int bits = Float.floatToRawIntBits(x[i]);
            int negative = bits >> 31;
            int size = bits & Integer.MAX_VALUE;
            boolean none = bits == NEGATIVE_INFINITY;
            seen |= none ? 0 : size;
            // zeros of both signs have the same key
            keys[i] = none ? LEAST : (size ^ negative) - negative;
        }
        return (seen & TWO) == 0;
    }

    private static void raise(
            int[] keys, int[] others, int[] distances, int[] further, int step, int n) {
        for (int i = 0; i < n; i++) {
            // of ones if the other key is greater
            int mask = keys[i] - others[i] >> 31;
            keys[i] += others[i] - keys[i] & mask;
            distances[i] += further[i] + step - distances[i] & mask;
        }
    }
}
