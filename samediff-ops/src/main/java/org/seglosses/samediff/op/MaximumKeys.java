package org.seglosses.samediff.op;

import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;

/**
 * The position of each window's maximum, all at once, by sliding maxima of keys.
 *
 * <p>A key is a long that has the value, as 32 bits in ascending order, above the position, as 31
 * bits in descending order: the greatest key of a window is its greatest value, at the first
 * position. NaN is the greatest value; a void pixel has the key 0, which is less than any other.
 */
final class MaximumKeys {

    private static final int POSITION_BITS = 31;
    private static final int LAST_POSITION = Integer.MAX_VALUE;

    private MaximumKeys() {}

    /** The value of a double leaves no room for the position. */
    static boolean find(
            DoubleBuffer x,
            IntBuffer codes,
            CodedPlanes planes,
            int band,
            int window,
            int[] sources,
            int base) {
        return false;
    }

    /**
     * Writes the position in its plane of the maximum of each pixel of a band to {@code sources}.
     */
    static boolean find(
            FloatBuffer x,
            IntBuffer codes,
            CodedPlanes planes,
            int band,
            int window,
            int[] sources,
            int base) {
        int plane = planes.plane(band);
        int first = planes.firstRow(band);
        int end = planes.endRow(band);
        int width = planes.width();
        int reach = Math.min(window / 2, planes.height() - 1);
        int count = end - first + 2 * reach;
        long[][] rows = alongRows(x, codes, planes, plane, first - reach, end + reach, window);
        int span = 2 * reach + 1;
        int length = 1;
        for (; 2 * length <= span; length *= 2) {
            for (int i = 0; i + 2 * length <= count; i++) {
                raise(rows[i], rows[i + length], width);
            }
        }
        int[] code = Scratch.ints(0, width);
        for (int i = first; i < end; i++) {
            long[] row = rows[i - first];
            if (length < span) {
                raise(row, rows[i - first + span - length], width);
            }
            int at = base + i * width;
            for (int j = 0; j < width; j++) {
                sources[at + j] = LAST_POSITION - ((int) row[j] & LAST_POSITION);
            }
            if (codes != null) {
                codes.get(planes.codeOffset(plane) + i * width, code, 0, width);
                for (int j = 0; j < width; j++) {
                    if (code[j] < 0) {
                        sources[at + j] = i * width + j;
                    }
                }
            }
        }
        return true;
    }

    private static long[][] alongRows(
            FloatBuffer x,
            IntBuffer codes,
            CodedPlanes planes,
            int plane,
            int from,
            int to,
            int window) {
        int width = planes.width();
        int reach = Math.min(window / 2, width - 1);
        int span = 2 * reach + 1;
        int padded = width + 2 * reach;
        long[][] rows = Scratch.longRows(to - from, padded);
        long[] shifted = Scratch.longs(0, padded);
        float[] values = Scratch.floats(0, width);
        int[] code = Scratch.ints(0, width);
        for (int i = from; i < to; i++) {
            long[] row = rows[i - from];
            if (i < 0 || i >= planes.height()) {
                Arrays.fill(row, 0, width, 0);
                continue;
            }
            x.get(planes.offset(plane) + i * width, values, 0, width);
            int position = LAST_POSITION - i * width;
            for (int j = 0; j < width; j++) {
                // + 0f makes a negative zero positive: the two are equal
                int bits = Float.floatToIntBits(values[j] + 0f);
                int ascending = bits ^ (bits >> 31 | Integer.MIN_VALUE);
                row[reach + j] = (ascending & 0xffffffffL) << POSITION_BITS | position - j;
            }
            if (codes != null) {
                codes.get(planes.codeOffset(plane) + i * width, code, 0, width);
                for (int j = 0; j < width; j++) {
                    if (code[j] < 0) {
                        row[reach + j] = 0;
                    }
                }
            }
            Arrays.fill(row, 0, reach, 0);
            Arrays.fill(row, reach + width, padded, 0);
            int length = 1;
            for (; 2 * length <= span; length *= 2) {
                int n = padded - 2 * length + 1;
                System.arraycopy(row, length, shifted, 0, n);
                raise(row, shifted, n);
            }
            if (length < span) {
                System.arraycopy(row, span - length, shifted, 0, width);
                raise(row, shifted, width);
            }
        }
        return rows;
    }

    /** The greater of two keys: without a branch, so that the compiler vectorizes it. */
    private static void raise(long[] row, long[] other, int n) {
        for (int j = 0; j < n; j++) {
            // keys are not negative, so the difference does not overflow
            long difference = row[j] - other[j];
            row[j] -= difference & difference >> 63;
        }
    }
}
