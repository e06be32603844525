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

    /** The highest bit of the exponent, which numbers of an absolute value below 2 do not have. */
    private static final int TWO = 1 << 30;

    private MaximumKeys() {}

    /** A double has no room in a key. */
    static boolean find(double[] x, PaddedMap map, int reach, int[] distances) {
        return false;
    }

    /**
     * Writes how far behind the start of a window its first maximum is.
     *
     * @param x numbers
     * @param map where the pixels are
     * @param reach how far a window reaches
     * @param distances for each place, that of the window that starts there
     * @return whether the numbers have keys; if not, the distances are undefined
     */
    static boolean find(float[] x, PaddedMap map, int reach, int[] distances) {
        int span = map.span(reach);
        int chunk = map.chunk(reach);
        int[] steps = map.steps(reach);
        float[] part = Scratch.floats(Scratch.EXP, chunk + span);
        int[] keys = Scratch.ints(0, chunk + span);
        int[] others = Scratch.ints(1, chunk + span);
        int[] found = Scratch.ints(2, chunk + span);
        int[] further = Scratch.ints(5, chunk + span);
        int[] seen = Scratch.ints(6, chunk + span);
        Arrays.fill(seen, 0, chunk + span, 0);
        for (int from = 0; from < map.size() - span; from += chunk) {
            int count = Math.min(chunk, map.size() - span - from);
            int n = count + span;
            System.arraycopy(x, from, part, 0, n);
            bits(part, keys, n);
            collect(seen, keys, n);
            order(keys, n);
            boolean first = true;
            for (int step : steps) {
                n -= step;
                System.arraycopy(keys, step, others, 0, n);
                if (first) {
                    start(keys, others, found, step, n);
                    first = false;
                } else {
                    System.arraycopy(found, step, further, 0, n);
                    raise(keys, others, found, further, step, n);
                }
            }
            if (first) {
                Arrays.fill(found, 0, count, 0);
            }
            System.arraycopy(found, 0, distances, from, count);
        }
        int all = 0;
        for (int i = 0; i < chunk + span; i++) {
            all |= seen[i];
        }
        return (all & TWO) == 0;
    }

    private static void bits(float[] x, int[] to, int n) {
        for (int i = 0; i < n; i++) {
            to[i] = Bits.get(x, i);
        }
    }

    private static void collect(int[] seen, int[] bits, int n) {
        for (int i = 0; i < n; i++) {
            seen[i] |= bits[i];
        }
    }

    /** Makes integers of the same order of the bits; zeros of both signs are the same. */
    private static void order(int[] keys, int n) {
        for (int i = 0; i < n; i++) {
            keys[i] = (keys[i] & Integer.MAX_VALUE ^ keys[i] >> 31) - (keys[i] >> 31);
        }
    }

    private static void start(int[] keys, int[] others, int[] found, int step, int n) {
        for (int i = 0; i < n; i++) {
            // of ones if the other key is greater
            int mask = keys[i] - others[i] >> 31;
            keys[i] += others[i] - keys[i] & mask;
            found[i] = step & mask;
        }
    }

    private static void raise(
            int[] keys, int[] others, int[] found, int[] further, int step, int n) {
        for (int i = 0; i < n; i++) {
            int mask = keys[i] - others[i] >> 31;
            keys[i] += others[i] - keys[i] & mask;
            found[i] += further[i] + step - found[i] & mask;
        }
    }
}
