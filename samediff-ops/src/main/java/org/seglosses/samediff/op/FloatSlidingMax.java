package org.seglosses.samediff.op;

import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;

/**
 * Sliding maximum over a square window, and its gradient.
 *
 * <p>The maximum is separable, and over a length k it is made of {@code log2 k} element-wise
 * maxima: over lengths 1, 2, 4, ..., then of two overlapping parts. Each row is an array of its
 * own, and a shift along a row is a copy, because the compiler vectorizes a loop only if all its
 * arrays are read at the same index.
 *
 * <p>{@code codes} are null where no pixel is void.
 */
final class FloatSlidingMax {

    /**
     * Of so many pixels one must have an upstream gradient that is not 0 before finding the
     * positions of all maxima at once is cheaper than searching for each.
     */
    private static final int DENSE = 16;

    private static final int ALL = -1;

    private FloatSlidingMax() {}

    static void forward(
            FloatBuffer x, IntBuffer codes, CodedPlanes planes, int window, FloatBuffer y) {
        Parallel.run(
                planes.bands(),
                band -> {
                    int plane = planes.plane(band);
                    int first = planes.firstRow(band);
                    int end = planes.endRow(band);
                    int width = planes.width();
                    int reach = Math.min(window / 2, planes.height() - 1);
                    int count = end - first + 2 * reach;
                    float[][] rows =
                            alongRows(
                                    x,
                                    codes,
                                    planes,
                                    plane,
                                    first - reach,
                                    end + reach,
                                    window,
                                    null);
                    int span = 2 * reach + 1;
                    int length = 1;
                    for (; 2 * length <= span; length *= 2) {
                        for (int i = 0; i + 2 * length <= count; i++) {
                            raise(rows[i], rows[i + length], width);
                        }
                    }
                    for (int i = 0; i < end - first; i++) {
                        if (length < span) {
                            raise(rows[i], rows[i + span - length], width);
                        }
                        int at = planes.offset(plane) + (first + i) * width;
                        if (codes != null) {
                            passVoid(x, at, codes, planes, plane, first + i, rows[i]);
                        }
                        y.put(at, rows[i], 0, width);
                    }
                });
    }

    /**
     * Maxima along each row; rows outside the plane are negative infinity.
     *
     * @param values if not null, gets the values of the rows, void ones as negative infinity
     */
    private static float[][] alongRows(
            FloatBuffer x,
            IntBuffer codes,
            CodedPlanes planes,
            int plane,
            int from,
            int to,
            int window,
            float[] values) {
        int width = planes.width();
        int reach = Math.min(window / 2, width - 1);
        int span = 2 * reach + 1;
        int padded = width + 2 * reach;
        float[][] rows = Scratch.floatBlock(0, to - from, padded);
        float[] shifted = Scratch.floats(0, padded);
        int[] code = Scratch.ints(0, width);
        for (int i = from; i < to; i++) {
            float[] row = rows[i - from];
            if (i < 0 || i >= planes.height()) {
                Arrays.fill(row, 0, width, Float.NEGATIVE_INFINITY);
                continue;
            }
            x.get(planes.offset(plane) + i * width, row, reach, width);
            if (codes != null) {
                codes.get(planes.codeOffset(plane) + i * width, code, 0, width);
                for (int j = 0; j < width; j++) {
                    if (code[j] < 0) {
                        row[reach + j] = Float.NEGATIVE_INFINITY;
                    }
                }
            }
            if (values != null) {
                System.arraycopy(row, reach, values, (i - from) * width, width);
            }
            Arrays.fill(row, 0, reach, Float.NEGATIVE_INFINITY);
            Arrays.fill(row, reach + width, padded, Float.NEGATIVE_INFINITY);
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

    private static void raise(float[] row, float[] other, int n) {
        for (int j = 0; j < n; j++) {
            row[j] = Math.max(row[j], other[j]);
        }
    }

    private static void passVoid(
            FloatBuffer x,
            int at,
            IntBuffer codes,
            CodedPlanes planes,
            int plane,
            int i,
            float[] row) {
        int width = planes.width();
        int[] code = Scratch.ints(0, width);
        float[] values = Scratch.floats(1, width);
        codes.get(planes.codeOffset(plane) + i * width, code, 0, width);
        x.get(at, values, 0, width);
        for (int j = 0; j < width; j++) {
            if (code[j] < 0) {
                row[j] = values[j];
            }
        }
    }

    static void gradient(
            FloatBuffer x,
            IntBuffer codes,
            FloatBuffer y,
            FloatBuffer upstream,
            CodedPlanes planes,
            int window,
            FloatBuffer dx) {
        int n = planes.pixels();
        boolean whole = planes.bandsPerPlane() == 1;
        int size = whole ? 0 : planes.planes() * n;
        // not scratch: read in a second run, before which this thread may have helped another
        // kernel
        int[] allPixels = new int[size];
        int[] allSources = new int[size];
        int[] counts = new int[planes.bands()];
        Parallel.run(
                planes.bands(),
                band -> {
                    int plane = planes.plane(band);
                    int[] pixels = whole ? Scratch.ints(4, n) : allPixels;
                    int[] sources = whole ? Scratch.ints(5, n) : allSources;
                    int base = whole ? 0 : planes.offset(plane);
                    counts[band] =
                            find(
                                    x, codes, y, upstream, planes, band, window, pixels, sources,
                                    base);
                    if (whole) {
                        scatter(upstream, pixels, sources, base, counts, planes, plane, dx);
                    }
                });
        if (!whole) {
            // windows of one band have maxima in others too: planes are summed up as a whole
            Parallel.run(
                    planes.planes(),
                    plane ->
                            scatter(
                                    upstream,
                                    allPixels,
                                    allSources,
                                    planes.offset(plane),
                                    counts,
                                    planes,
                                    plane,
                                    dx));
        }
    }

    private static void scatter(
            FloatBuffer upstream,
            int[] pixels,
            int[] sources,
            int base,
            int[] counts,
            CodedPlanes planes,
            int plane,
            FloatBuffer dx) {
        int n = planes.pixels();
        float[] g = Scratch.floats(1, n);
        float[] sum = Scratch.floats(2, n);
        upstream.get(planes.offset(plane), g, 0, n);
        Arrays.fill(sum, 0, n, 0);
        int firstBand = plane * planes.bandsPerPlane();
        for (int band = firstBand; band < firstBand + planes.bandsPerPlane(); band++) {
            int start = planes.firstRow(band) * planes.width();
            int end = planes.endRow(band) * planes.width();
            if (counts[band] == ALL) {
                for (int i = start; i < end; i++) {
                    sum[sources[base + i]] += g[i];
                }
            } else {
                for (int i = base + start; i < base + start + counts[band]; i++) {
                    sum[sources[i]] += g[pixels[i]];
                }
            }
        }
        dx.put(planes.offset(plane), sum, 0, n);
    }

    /**
     * Finds the pixels of a band with an upstream gradient that is not 0, and the pixels that it
     * goes to, in their plane.
     *
     * @return how many there are; {@link #ALL} if all pixels are taken and {@code pixels} is unused
     */
    private static int find(
            FloatBuffer x,
            IntBuffer codes,
            FloatBuffer y,
            FloatBuffer upstream,
            CodedPlanes planes,
            int band,
            int window,
            int[] pixels,
            int[] sources,
            int base) {
        int start = planes.firstRow(band) * planes.width();
        int n = planes.endRow(band) * planes.width() - start;
        float[] g = Scratch.floats(1, n);
        upstream.get(planes.offset(planes.plane(band)) + start, g, 0, n);
        int count = 0;
        for (int i = 0; i < n; i++) {
            pixels[base + start + count] = start + i;
            count += g[i] != 0 ? 1 : 0;
        }
        if ((long) count * DENSE >= n
                && MaximumKeys.find(x, codes, planes, band, window, sources, base)) {
            return ALL;
        }
        if (count > 0) {
            search(x, codes, y, planes, band, window, pixels, sources, base, count);
        }
        return count;
    }

    /** For each listed pixel: the first row that has the maximum, and its first place there. */
    private static void search(
            FloatBuffer x,
            IntBuffer codes,
            FloatBuffer y,
            CodedPlanes planes,
            int band,
            int window,
            int[] pixels,
            int[] sources,
            int base,
            int count) {
        int plane = planes.plane(band);
        int width = planes.width();
        int first = planes.firstRow(band);
        int end = planes.endRow(band);
        int reach = window / 2;
        int from = Math.max(0, first - reach);
        int to = (int) Math.min(planes.height(), (long) end + reach);
        float[] values = Scratch.floats(3, (to - from) * width);
        float[][] rows = alongRows(x, codes, planes, plane, from, to, window, values);
        float[] maxima = Scratch.floats(4, (end - first) * width);
        y.get(planes.offset(plane) + first * width, maxima, 0, (end - first) * width);
        int[] code = Scratch.ints(0, (to - from) * width);
        if (codes != null) {
            codes.get(planes.codeOffset(plane) + from * width, code, 0, (to - from) * width);
        }
        int at = base + first * width;
        for (int k = at; k < at + count; k++) {
            int pixel = pixels[k];
            if (codes != null && code[pixel - from * width] < 0) {
                sources[k] = pixel;
                continue;
            }
            float max = maxima[pixel - first * width];
            int i = pixel / width;
            int j = pixel % width;
            int lastRow = (int) Math.min(to - 1, (long) i + reach);
            int left = Math.max(0, j - reach);
            int right = (int) Math.min(width - 1, (long) j + reach);
            int source = -1;
            for (int r = Math.max(0, i - reach); source < 0 && r <= lastRow; r++) {
                if (equal(rows[r - from][j], max)) {
                    int row = (r - from) * width;
                    for (int c = left; source < 0 && c <= right; c++) {
                        // a void pixel is no maximum, not even of valid negative infinities
                        if (equal(values[row + c], max) && (codes == null || code[row + c] >= 0)) {
                            source = r * width + c;
                        }
                    }
                }
            }
            sources[k] = source;
        }
    }

    private static boolean equal(float value, float max) {
        return value == max || value != value && max != max;
    }
}
