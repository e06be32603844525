package org.seglosses.samediff.op;

import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;

/** The length of contours, row by row, and its gradient by the scores. */
@SuppressWarnings("cast") // the double twin has casts from double to double
final class FloatContours {

    /** So that the root has a derivative where the map is flat. */
    private static final float EPS = (float) 1e-8;

    /** Values of a band of rows, which are worked on as one: rows alone are short loops. */
    private static final int BAND = 1 << 12;

    /** Fewer rows are not worth that those before them are worked on again. */
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
        int bands = bands(rows);
        double[] lengths = new double[planes.planes() * bands];
        double[] counts = new double[planes.planes() * bands];
        Parallel.run(
                planes.planes() * bands,
                task -> {
                    int first = task % bands * band();
                    int end = Math.min(rows, first + band());
                    Terms terms = new Terms(task / bands, first, end);
                    terms.find();
                    lengths[task] = terms.sum();
                    counts[task] =
                            codes == null
                                    ? (double) (end - first) * columns
                                    : Sum.of(terms.valid, terms.n);
                });
        int perImage = planes.channels() * bands;
        for (int image = 0; image < planes.images(); image++) {
            double sum = 0;
            double count = 0;
            for (int task = image * perImage; task < (image + 1) * perImage; task++) {
                sum += lengths[task];
                count += counts[task];
            }
            to.put(3 * image, (float) sum);
            to.put(3 * image + 1, (float) count);
            to.put(3 * image + 2, (float) ((double) planes.channels() * rows * columns));
        }
    }

    /** The rows of a band. */
    private int band() {
        return Math.max(LEAST_ROWS, BAND / planes.width());
    }

    private int bands(int height) {
        return (height + band() - 1) / band();
    }

    /**
     * Writes the gradient by the scores that the predictions were made of, with an addend if there
     * is one.
     */
    void gradient(FloatBuffer upstream, FloatBuffer addend, FloatBuffer to) {
        int height = planes.height();
        int bands = bands(height);
        Parallel.run(
                planes.images() * bands,
                task -> {
                    int image = task / bands;
                    int first = task % bands * band();
                    int end = Math.min(height, first + band());
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
        int n = (end - first) * width;
        // the rows of terms that reach these, of which some may not exist
        int reach = first - lower;
        int all = (end - reach) * width;
        Terms terms = new Terms(plane, Math.max(0, reach), Math.min(rows, end));
        terms.find();
        terms.share(by);
        int before = (terms.first - reach) * width;
        float[] ofRows = Scratch.floats(8, all);
        float[] ofColumns = Scratch.floats(9, all);
        pad(terms.rowStep, before, terms.n, ofRows, all);
        pad(terms.columnStep, before, terms.n, ofColumns, all);
        float[] ofUpper = Scratch.floats(10, n);
        float[] ofRight = Scratch.floats(11, n);
        float[] ofLeft = Scratch.floats(12, n);
        System.arraycopy(ofRows, (lower - upper) * width, ofUpper, 0, n);
        System.arraycopy(ofColumns, lower * width - right, ofRight, 0, n);
        System.arraycopy(ofColumns, lower * width - left, ofLeft, 0, n);
        for (int i = 0; i < n; i++) {
            to[i] = ofRows[i] - ofUpper[i] + (ofRight[i] - ofLeft[i]);
        }
    }

    private static void pad(float[] from, int before, int n, float[] to, int all) {
        Arrays.fill(to, 0, before, 0);
        System.arraycopy(from, 0, to, before, n);
        Arrays.fill(to, before + n, all, 0);
    }

    /**
     * The terms of some rows of a plane, one row after the other and each as wide as the plane: the
     * last columns are no terms, and may be anything before they are cleared.
     */
    private final class Terms {

        private final int first;
        private final int n;
        private final int from;
        private final int codesFrom;

        private final float[] rowStep;
        private final float[] columnStep;
        private final float[] length;

        /** 1 where no pixel of a term is void, else 0; unused where none is at all. */
        private final float[] valid;

        private final float[] lines;
        private final float[] other;

        Terms(int plane, int first, int end) {
            this.first = first;
            this.n = (end - first) * planes.width();
            this.from = plane * planes.pixels() + first * planes.width();
            this.codesFrom = planes.codeOffset(plane) + first * planes.width();
            this.rowStep = Scratch.floats(0, n);
            this.columnStep = Scratch.floats(1, n);
            this.length = Scratch.floats(2, n);
            this.valid = Scratch.floats(3, n);
            this.lines = Scratch.floats(4, n + lower * planes.width());
            this.other = Scratch.floats(5, n);
        }

        void find() {
            int all = n + lower * planes.width();
            predictions.get(from, lines, 0, all);
            if (form == Probabilities.Form.SIGMOID) {
                FloatSoftmax.ofTails(lines, all);
            }
            difference(lower * planes.width(), upper * planes.width(), rowStep);
            difference(right, left, columnStep);
            lengths(rowStep, columnStep, length, n);
            if (codes != null) {
                findValid(all);
            }
        }

        private void difference(int plus, int minus, float[] to) {
            System.arraycopy(lines, plus, to, 0, n);
            System.arraycopy(lines, minus, other, 0, n);
            subtract(to, other, n);
        }

        private void findValid(int all) {
            int[] code = Scratch.ints(1, all);
            float[] pixels = Scratch.floats(6, all);
            codes.get(codesFrom, code, 0, all);
            Indicator.ofValid(code, pixels, all);
            System.arraycopy(pixels, lower * planes.width(), valid, 0, n);
            for (int offset : new int[] {upper * planes.width(), right, left}) {
                System.arraycopy(pixels, offset, other, 0, n);
                FloatSoftmax.multiply(valid, other, n);
            }
            clearEnds(valid);
        }

        private void clearEnds(float[] x) {
            for (int end = planes.width(); end <= n; end += planes.width()) {
                for (int j = columns - planes.width(); j < 0; j++) {
                    x[end + j] = 0;
                }
            }
        }

        double sum() {
            clearEnds(length);
            if (codes != null) {
                FloatSoftmax.multiply(length, valid, n);
            }
            return Sum.of(length, n);
        }

        /** Makes shares of the steps. */
        void share(float by) {
            shares(by, length, n);
            if (codes != null) {
                FloatSoftmax.multiply(length, valid, n);
            }
            FloatSoftmax.multiply(rowStep, length, n);
            FloatSoftmax.multiply(columnStep, length, n);
            clearEnds(rowStep);
            clearEnds(columnStep);
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
