package org.seglosses.samediff.op;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.function.IntConsumer;

/** The k-th smallest of the values of a group. */
final class FloatSelection {

    /** Values that a task counts. */
    private static final int CHUNK = 1 << 14;

    private static final int DIGIT = 11;

    private FloatSelection() {}

    /**
     * Finds the key digit by digit, the highest first: in each pass those are counted by their next
     * digit that have the digits found so far. Values are only read, by all threads.
     */
    static float select(FloatBuffer values, int from, int n, long k) {
        int chunks = (n + CHUNK - 1) / CHUNK;
        int[][] counts = new int[chunks][1 << DIGIT];
        boolean[] nan = new boolean[chunks];
        long rank = -1;
        long found = 0;
        for (int high = Float.SIZE; high > 0; high -= DIGIT) {
            int shift = Math.max(0, high - DIGIT);
            int above = high;
            long prefix = found;
            IntConsumer count =
                    chunk -> {
                        int start = chunk * CHUNK;
                        int length = Math.min(CHUNK, n - start);
                        Arrays.fill(counts[chunk], 0);
                        nan[chunk] =
                                count(
                                        values,
                                        from + start,
                                        length,
                                        above,
                                        prefix,
                                        shift,
                                        counts[chunk]);
                    };
            Parallel.run(chunks, count);
            int[] total = counts[0];
            for (int chunk = 1; chunk < chunks; chunk++) {
                for (int digit = 0; digit < total.length; digit++) {
                    total[digit] += counts[chunk][digit];
                }
            }
            if (rank < 0) {
                for (boolean one : nan) {
                    if (one) {
                        return Float.NaN;
                    }
                }
                long finite = Arrays.stream(total).asLongStream().sum();
                if (finite == 0) {
                    return Float.NEGATIVE_INFINITY;
                }
                rank = Math.min(k, finite) - 1;
            }
            int digit = 0;
            while (rank >= total[digit]) {
                rank -= total[digit++];
            }
            found |= (long) digit << shift;
        }
        return SortKeys.toFloat(found);
    }

    /** Counts, and returns whether there was NaN; positive infinities are left out. */
    private static boolean count(
            FloatBuffer values, int from, int n, int high, long prefix, int shift, int[] counts) {
        float[] block = Scratch.floats(0, n);
        values.get(from, block, 0, n);
        boolean nan = false;
        int mask = (1 << high - shift) - 1;
        for (int i = 0; i < n; i++) {
            float value = block[i];
            nan |= value != value;
            long key = SortKeys.of(value);
            boolean counted = value < Float.POSITIVE_INFINITY && SortKeys.above(key ^ prefix, high);
            counts[(int) (key >>> shift) & mask] += counted ? 1 : 0;
        }
        return nan;
    }
}
