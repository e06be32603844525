package org.seglosses.samediff.op;

import java.nio.FloatBuffer;

/** The k-th smallest of the values of a group. */
final class FloatSelection {

    /** Values read at a time. */
    private static final int BLOCK = 1 << 13;

    private FloatSelection() {}

    static void select(FloatBuffer values, int group, int n, long k, FloatBuffer to) {
        long[] keys = Scratch.longs(0, n);
        float[] block = Scratch.floats(0, Math.min(n, BLOCK));
        int count = 0;
        for (int start = 0; start < n; start += BLOCK) {
            int length = Math.min(BLOCK, n - start);
            values.get(group * n + start, block, 0, length);
            for (int i = 0; i < length; i++) {
                float value = block[i];
                if (value != value) {
                    to.put(group, value);
                    return;
                }
                keys[count] = SortKeys.of(value);
                count += value < Float.POSITIVE_INFINITY ? 1 : 0;
            }
        }
        if (count == 0) {
            to.put(group, Float.NEGATIVE_INFINITY);
            return;
        }
        long key = SortKeys.select(keys, count, (int) Math.min(k, count) - 1, Float.SIZE);
        to.put(group, SortKeys.toFloat(key));
    }
}
