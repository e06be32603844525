package org.seglosses.samediff.op;

import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;

/** The length of contours, plane by plane, and its gradient. */
@SuppressWarnings("cast") // the double twin has casts from double to double
final class FloatContours {

    /** So that the root has a derivative where the map is flat. */
    private static final float EPS = (float) 1e-8;

    private final FloatBuffer probabilities;
    private final IntBuffer codes;
    private final CodedPlanes planes;
    private final int rows;
    private final int columns;

    // Where the four pixels of the term at (0,0) are: dr = p[lower] - p[upper], dc likewise.
    private final int lower;
    private final int upper;
    private final int right;
    private final int left;

    FloatContours(
            FloatBuffer probabilities, IntBuffer codes, CodedPlanes planes, boolean symmetric) {
        this.probabilities = probabilities;
        this.codes = codes;
        this.planes = planes;
        int w = planes.width();
        this.rows = planes.height() - (symmetric ? 1 : 2);
        this.columns = w - (symmetric ? 1 : 2);
        this.upper = symmetric ? 0 : w;
        this.lower = upper + w;
        this.left = symmetric ? 0 : 1;
        this.right = left + 1;
    }

    void sums(FloatBuffer to) {
        double[] lengths = new double[planes.planes()];
        long[] counts = new long[planes.planes()];
        Parallel.run(
                planes.planes(),
                plane -> {
                    Terms terms = new Terms(plane);
                    double sum = 0;
                    long count = 0;
                    for (int i = 0; i < rows; i++) {
                        terms.find(i);
                        for (int j = 0; j < columns; j++) {
                            if (terms.valid[j] >= 0) {
                                sum += terms.length[j];
                                count++;
                            }
                        }
                    }
                    lengths[plane] = sum;
                    counts[plane] = count;
                });
        for (int image = 0; image < planes.images(); image++) {
            double sum = 0;
            double count = 0;
            for (int c = 0; c < planes.channels(); c++) {
                sum += lengths[image * planes.channels() + c];
                count += counts[image * planes.channels() + c];
            }
            to.put(3 * image, (float) sum);
            to.put(3 * image + 1, (float) count);
            to.put(3 * image + 2, (float) ((double) planes.channels() * rows * columns));
        }
    }

    void gradient(FloatBuffer upstream, FloatBuffer to) {
        Parallel.run(
                planes.planes(),
                plane -> {
                    Terms terms = new Terms(plane);
                    int n = planes.pixels();
                    float[] g = Scratch.floats(6, n);
                    Arrays.fill(g, 0, n, 0);
                    float by = upstream.get(3 * (plane / planes.channels()));
                    for (int i = 0; i < rows; i++) {
                        terms.find(i);
                        int at = i * planes.width();
                        for (int j = 0; j < columns; j++) {
                            if (terms.valid[j] >= 0) {
                                float share = by / terms.length[j];
                                float row = share * terms.rowStep[j];
                                float column = share * terms.columnStep[j];
                                g[at + lower + j] += row;
                                g[at + upper + j] -= row;
                                g[at + right + j] += column;
                                g[at + left + j] -= column;
                            }
                        }
                    }
                    to.put(plane * n, g, 0, n);
                });
    }

    /** The terms of one row of a plane. */
    private final class Terms {

        private final int from;
        private final int codesFrom;
        private final float[] rowStep = Scratch.floats(0, columns);
        private final float[] columnStep = Scratch.floats(1, columns);
        private final float[] other = Scratch.floats(2, columns);
        private final float[] length = Scratch.floats(3, columns);
        private final int[] valid = Scratch.ints(0, columns);
        private final int[] code = Scratch.ints(1, columns);

        Terms(int plane) {
            this.from = plane * planes.pixels();
            this.codesFrom = planes.codeOffset(plane);
        }

        void find(int row) {
            int at = row * planes.width();
            difference(from + at + lower, from + at + upper, rowStep);
            difference(from + at + right, from + at + left, columnStep);
            for (int j = 0; j < columns; j++) {
                length[j] =
                        (float)
                                Math.sqrt(
                                        rowStep[j] * rowStep[j]
                                                + columnStep[j] * columnStep[j]
                                                + EPS);
            }
            codes.get(codesFrom + at + lower, valid, 0, columns);
            or(codesFrom + at + upper);
            or(codesFrom + at + right);
            or(codesFrom + at + left);
        }

        private void difference(int minuend, int subtrahend, float[] to) {
            probabilities.get(minuend, to, 0, columns);
            probabilities.get(subtrahend, other, 0, columns);
            for (int j = 0; j < columns; j++) {
                to[j] -= other[j];
            }
        }

        /** A code below 0 makes the result so. */
        private void or(int place) {
            codes.get(place, code, 0, columns);
            for (int j = 0; j < columns; j++) {
                valid[j] |= code[j];
            }
        }
    }
}
