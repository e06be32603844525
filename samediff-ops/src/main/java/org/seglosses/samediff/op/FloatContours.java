package org.seglosses.samediff.op;

import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;

/** The length of contours, row by row, and its gradient by the scores. */
@SuppressWarnings("cast") // the double twin has casts from double to double
final class FloatContours {

    /** So that the root has a derivative where the map is flat. */
    private static final float EPS = (float) 1e-8;

    /** Rows whose lengths are added up in each column, before they are added up in double. */
    private static final int ADDED = 16;

    /** Values of a band, whose channels are worked on together. */
    private static final int BAND = 1 << 13;

    /** The rows that a term reads. */
    private static final int LINES = 3;

    /** Fewer rows are not worth that two before them are worked on again. */
    private static final int LEAST_ROWS = 8;

    /** Of {@link RegionMaps}. */
    private final FloatBuffer predictions;

    private final Probabilities.Form form;

    /** Null where no pixel is void. */
    private final IntBuffer codes;

    private final CodedPlanes planes;
    private final int rows;
    private final int columns;

    // The term at (0,0): dr = p[lower,0] - p[upper,0], dc = p[0,right] - p[0,left].
    private final int lower;
    private final int upper;
    private final int right;
    private final int left;

    FloatContours(
            FloatBuffer predictions,
            Probabilities.Form form,
            IntBuffer codes,
            CodedPlanes planes,
            boolean symmetric) {
        this.predictions = predictions;
        this.form = form;
        this.codes = codes;
        this.planes = planes;
        this.rows = planes.height() - (symmetric ? 1 : 2);
        this.columns = planes.width() - (symmetric ? 1 : 2);
        this.upper = symmetric ? 0 : 1;
        this.lower = upper + 1;
        this.left = upper;
        this.right = lower;
    }

    void sums(FloatBuffer to) {
        double[] lengths = new double[planes.planes()];
        double[] counts = new double[planes.planes()];
        Parallel.run(
                planes.planes(),
                plane -> {
                    Terms terms = new Terms(plane);
                    float[] length = Scratch.floats(5, columns);
                    float[] count = Scratch.floats(6, columns);
                    Arrays.fill(count, 0, columns, 0);
                    for (int i = 0; i < rows; i++) {
                        if (i % ADDED == 0) {
                            Arrays.fill(length, 0, columns, 0);
                        }
                        terms.find(i);
                        if (codes == null) {
                            FloatSoftmax.add(length, terms.length, columns);
                        } else {
                            FloatSoftmax.addProduct(length, terms.length, terms.valid, columns);
                            FloatSoftmax.add(count, terms.valid, columns);
                        }
                        if (i % ADDED == ADDED - 1 || i == rows - 1) {
                            lengths[plane] += Sum.of(length, columns);
                        }
                    }
                    counts[plane] =
                            codes == null ? (double) rows * columns : Sum.of(count, columns);
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

    /**
     * Writes the gradient by the scores that the predictions were made of, with an addend if there
     * is one.
     */
    void gradient(FloatBuffer upstream, FloatBuffer addend, FloatBuffer to) {
        int height = planes.height();
        int band = Math.min(height, Math.max(LEAST_ROWS, BAND / planes.width()));
        int bands = (height + band - 1) / band;
        Parallel.run(
                planes.images() * bands,
                task -> {
                    int image = task / bands;
                    int first = task % bands * band;
                    int end = Math.min(height, first + band);
                    int n = (end - first) * planes.width();
                    int channels = planes.channels();
                    float[][] p = Scratch.floatBlock(0, channels, n);
                    float[][] g = Scratch.floatBlock(1, channels, n);
                    for (int c = 0; c < channels; c++) {
                        int plane = image * channels + c;
                        int from = plane * planes.pixels() + first * planes.width();
                        predictions.get(from, p[c], 0, n);
                        byProbabilities(plane, first, end, upstream.get(3 * image), g[c]);
                        if (codes != null) {
                            int[] code = Scratch.ints(0, n);
                            int at = planes.codeOffset(plane) + first * planes.width();
                            codes.get(at, code, 0, n);
                            Indicator.clearVoid(g[c], code, n);
                        }
                    }
                    FloatProbabilities.toScores(form, p, g, channels, n);
                    for (int c = 0; c < channels; c++) {
                        int plane = image * channels + c;
                        int from = plane * planes.pixels() + first * planes.width();
                        FloatSoftmax.store(g[c], addend, to, from, n);
                    }
                });
    }

    /** Finds the gradient by the probabilities in some rows of a plane. */
    private void byProbabilities(int plane, int first, int end, float by, float[] to) {
        int width = planes.width();
        Terms terms = new Terms(plane);
        // the shares of row differences, of as many term rows as reach a row
        float[][] shares = Scratch.floatBlock(2, lower + 1, width);
        float[] g = Scratch.floats(5, width);
        float[] moved = Scratch.floats(6, width);
        for (int i = Math.max(0, first - lower); i < end; i++) {
            if (i < rows) {
                terms.find(i);
                terms.share(by, shares[i % (lower + 1)]);
            }
            if (i < first) {
                continue;
            }
            Arrays.fill(g, 0, width, 0);
            if (i >= lower && i - lower < rows) {
                FloatSoftmax.add(g, shares[(i - lower) % (lower + 1)], columns);
            }
            if (i >= upper && i - upper < rows) {
                subtract(g, shares[(i - upper) % (lower + 1)], columns);
            }
            if (i < rows) {
                Arrays.fill(moved, 0, width, 0);
                System.arraycopy(terms.columnStep, 0, moved, right, columns);
                FloatSoftmax.add(g, moved, width);
                Arrays.fill(moved, 0, width, 0);
                System.arraycopy(terms.columnStep, 0, moved, left, columns);
                subtract(g, moved, width);
            }
            System.arraycopy(g, 0, to, (i - first) * width, width);
        }
    }

    /** The terms of one row of a plane. */
    private final class Terms {

        private final int from;
        private final int codesFrom;
        private final float[] rowStep = Scratch.floats(0, columns);
        private final float[] columnStep = Scratch.floats(1, columns);
        private final float[] other = Scratch.floats(2, columns);
        private final float[] length = Scratch.floats(3, columns);

        /** 1 where no pixel of a term is void, else 0; unused where none is at all. */
        private final float[] valid = Scratch.floats(4, columns);

        private final float[][] lines = Scratch.floatBlock(3, LINES, planes.width());
        private final int[] held = new int[LINES];

        Terms(int plane) {
            Arrays.fill(held, -1);
            this.from = plane * planes.pixels();
            this.codesFrom = planes.codeOffset(plane);
        }

        void find(int row) {
            int at = row * planes.width();
            System.arraycopy(line(row + lower), 0, rowStep, 0, columns);
            subtract(rowStep, line(row + upper), columns);
            float[] line = line(row);
            System.arraycopy(line, right, columnStep, 0, columns);
            System.arraycopy(line, left, other, 0, columns);
            subtract(columnStep, other, columns);
            lengths(rowStep, columnStep, length, columns);
            if (codes != null) {
                int[] sign = Scratch.ints(1, columns);
                Arrays.fill(sign, 0, columns, 0);
                addSigns(at + lower * planes.width(), sign);
                addSigns(at + upper * planes.width(), sign);
                addSigns(at + right, sign);
                addSigns(at + left, sign);
                Indicator.numbers(sign, valid, columns);
                Indicator.of(valid, 0, valid, columns);
            }
        }

        /** The probabilities of a row, which up to three rows of terms read. */
        private float[] line(int row) {
            int slot = row % LINES;
            if (held[slot] != row) {
                predictions.get(from + row * planes.width(), lines[slot], 0, planes.width());
                if (form == Probabilities.Form.SIGMOID) {
                    FloatSoftmax.ofTails(lines[slot], planes.width());
                }
                held[slot] = row;
            }
            return lines[slot];
        }

        private void addSigns(int place, int[] to) {
            int[] code = Scratch.ints(2, columns);
            codes.get(codesFrom + place, code, 0, columns);
            for (int j = 0; j < columns; j++) {
                to[j] += code[j] >>> 31;
            }
        }

        /** Makes shares of the steps: those of rows go to an array, those of columns stay. */
        void share(float by, float[] ofRows) {
            shares(by, length, columns);
            if (codes != null) {
                FloatSoftmax.multiply(length, valid, columns);
            }
            System.arraycopy(rowStep, 0, ofRows, 0, columns);
            FloatSoftmax.multiply(ofRows, length, columns);
            FloatSoftmax.multiply(columnStep, length, columns);
        }
    }

    private static void lengths(float[] rowStep, float[] columnStep, float[] to, int n) {
        for (int j = 0; j < n; j++) {
            to[j] =
                    (float)
                            Math.sqrt(
                                    rowStep[j] * rowStep[j] + columnStep[j] * columnStep[j] + EPS);
        }
    }

    private static void shares(float by, float[] length, int n) {
        for (int j = 0; j < n; j++) {
            length[j] = by / length[j];
        }
    }

    private static void subtract(float[] to, float[] x, int n) {
        for (int j = 0; j < n; j++) {
            to[j] -= x[j];
        }
    }
}
