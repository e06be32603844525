package org.seglosses.samediff.op;

import java.util.Arrays;

/**
 * Where the pixels of a map are in an array that has room around them for windows: rows above and
 * below the map, and columns between its rows, which hold what is never a maximum.
 *
 * <p>So every window has the same distances from its pixel. Its maximum is separable, and over a
 * length k it is made of {@code log2 k} maxima of two: over lengths 1, 2, 4, ... and at last of two
 * parts that overlap. Each of these is an element-wise maximum of the array and the array moved by
 * {@link #steps a step}.
 *
 * @param rows the rows of the map
 * @param width its columns
 * @param marginRows the rows above and below
 * @param marginColumns the columns between two rows
 */
record PaddedMap(int rows, int width, int marginRows, int marginColumns) {

    private static final int CHUNK = 1 << 14;

    /** A map with room for windows that reach so many pixels each way. */
    static PaddedMap of(int rows, int width, int reach) {
        return new PaddedMap(rows, width, Math.min(reach, rows - 1), Math.min(reach, width - 1));
    }

    int stride() {
        return width + marginColumns;
    }

    /** The number of elements. */
    int size() {
        return (rows + 2 * marginRows) * stride() + marginColumns;
    }

    /** Returns the place of the first pixel of a row. */
    int at(int row) {
        return (marginRows + row) * stride() + marginColumns;
    }

    /** Returns how far before its pixel a window starts. */
    int before(int reach) {
        return Math.min(reach, marginRows) * stride() + Math.min(reach, marginColumns);
    }

    /**
     * Returns the steps by which the array moves to have at each place the maximum of the window
     * that starts there: along the rows first, so that of equal maxima the first in the order of
     * rows and then columns comes first.
     */
    int[] steps(int reach) {
        int spanColumns = 2 * Math.min(reach, marginColumns) + 1;
        int spanRows = 2 * Math.min(reach, marginRows) + 1;
        int[] steps = new int[2 * Integer.SIZE];
        int count = steps(spanColumns, 1, steps, 0);
        count = steps(spanRows, stride(), steps, count);
        return Arrays.copyOf(steps, count);
    }

    private static int steps(int span, int unit, int[] steps, int count) {
        int length = 1;
        for (; 2 * length <= span; length *= 2) {
            steps[count++] = length * unit;
        }
        if (length < span) {
            steps[count++] = (span - length) * unit;
        }
        return count;
    }

    /** Returns how many elements a window spans, less one: what all its steps are together. */
    int span(int reach) {
        return 2 * before(reach);
    }

    /**
     * Returns how many windows to find the maxima of at a time: their elements fit into a core's
     * cache, and those that the next ones need again are few.
     */
    int chunk(int reach) {
        return Math.max(CHUNK, 8 * span(reach));
    }
}
