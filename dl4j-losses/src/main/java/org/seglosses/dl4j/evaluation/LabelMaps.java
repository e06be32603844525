package org.seglosses.dl4j.evaluation;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.seglosses.samediff.op.LabelRule;

import java.util.Arrays;

/** Labels and mask of one batch, in any of their shapes, read image by image as class indices. */
final class LabelMaps {
    /** Class of a pixel that does not count. */
    static final int VOID = ClassMapReader.VOID;

    private static final double FOREGROUND_LABEL = 0.5;

    private enum Form {
        INDEX,
        BINARY,
        LARGEST,
        ONE_HOT
    }

    final int images;
    final int height;
    final int width;

    /** False for flat rows: pixels of which nobody knows the neighbours. */
    final boolean geometry;

    private final Settings settings;
    private final Form form;
    private final LabelRule rule;
    private final Planes labels;
    private final Planes mask;
    private final double[] plane;

    /** Of a pixel's label vector; null where labels have one channel. */
    private final double[] largest;

    private final double[] least;
    private final double[] sum;

    private long softPixels;
    private long pixelsAboveHalf;
    private long zeroVectors;

    private LabelMaps(
            INDArray labels,
            INDArray mask,
            Form form,
            int channels,
            boolean geometry,
            String beside,
            INDArray besideArray,
            Settings settings) {
        this.settings = settings;
        rule = LabelRule.of(labels.dataType(), settings.classes(), settings.ignoreIndex());
        this.form = form;
        this.geometry = geometry;
        images = Math.toIntExact(labels.size(0));
        height = Math.toIntExact(labels.size(2));
        width = Math.toIntExact(labels.size(3));
        this.labels = new Planes(labels);
        this.mask = mask == null ? null : new Planes(maskOf(mask, channels, beside, besideArray));
        plane = new double[height * width];
        boolean vectors = this.labels.channels() > 1;
        largest = vectors ? new double[height * width] : null;
        least = vectors ? new double[height * width] : null;
        sum = vectors ? new double[height * width] : null;
    }

    /** Reads labels that stand alone: class indices or one-hot. */
    static LabelMaps of(INDArray labels, INDArray mask, Settings settings) {
        requireNumbers(labels, mask);
        INDArray l = labelsOfImages(labels, settings);
        int classes = settings.classes();
        boolean nchw = settings.format() == CNN2DFormat.NCHW;
        require(
                l != null && (l.size(1) == 1 || l.size(1) == classes),
                "labels must be class indices [N,H,W] or %s, or one-hot %s with one channel for each"
                        + " of the %d classes, got %s in format %s%s",
                nchw ? "[N,1,H,W]" : "[N,H,W,1]",
                nchw ? "[N,C,H,W]" : "[N,H,W,C]",
                classes,
                shape(labels),
                settings.format(),
                labels.rank() == 4 && channelsOf(labels, other(settings), classes)
                        ? "; labels in "
                                + other(settings)
                                + "? call counter(classes, ignoreIndex, CNN2DFormat."
                                + other(settings)
                                + ")"
                        : "");
        requirePixels("labels", labels, l);
        Form form = l.size(1) == 1 ? Form.INDEX : Form.ONE_HOT;
        return new LabelMaps(l, mask, form, classes, true, "labels", labels, settings);
    }

    /**
     * Reads labels beside predictions, which say what they must be shaped like.
     *
     * @param predictions as the caller gave them, to name them
     * @param p the same as {@code [N,C,H,W]}
     */
    static LabelMaps of(
            INDArray labels, INDArray mask, INDArray predictions, INDArray p, Settings settings) {
        boolean geometry = predictions.rank() == 4;
        int channels = Math.toIntExact(p.size(1));
        INDArray l = geometry ? labelsOfImages(labels, settings) : labelsOfRows(labels);
        require(
                l != null
                        && l.size(0) == p.size(0)
                        && (l.size(1) == 1 || l.size(1) == channels)
                        && l.size(2) == p.size(2)
                        && l.size(3) == p.size(3),
                "%s, got labels %s for predictions %s in format %s%s",
                ruleOfShape(l, p, geometry),
                shape(labels),
                shape(predictions),
                settings.format(),
                geometry ? adviceOnFormat(labels, predictions, settings) : "");
        Form form = channels == 1 ? Form.BINARY : l.size(1) == 1 ? Form.INDEX : Form.LARGEST;
        return new LabelMaps(
                l, mask, form, channels, geometry, "predictions", predictions, settings);
    }

    /** What is wrong with a shape, as narrow as can be said. */
    private static String ruleOfShape(INDArray l, INDArray p, boolean geometry) {
        if (l != null && (l.size(1) == 1 || l.size(1) == p.size(1))) {
            if (!geometry) {
                return "labels must have as many rows as the predictions";
            }
            boolean sameSize = l.size(2) == p.size(2) && l.size(3) == p.size(3);
            if (sameSize) {
                return "labels must be of as many images as the predictions";
            }
            if (l.size(0) == p.size(0)) {
                return "labels must have the height and width of the predictions";
            }
        }
        return "labels must be class indices "
                + (geometry ? "[N,H,W] or [N,H,W] with one channel" : "[R] or [R,1]")
                + " or one value a class, shaped like the predictions";
    }

    /** The line to write if all would fit in the other format. */
    static String adviceOnFormat(INDArray labels, INDArray predictions, Settings settings) {
        CNN2DFormat other = other(settings);
        if (fits(labels, predictions, other, other, settings.classes())) {
            return "; as "
                    + other
                    + " they fit: call .format(CNN2DFormat."
                    + other
                    + ") on the builder";
        }
        if (fits(labels, predictions, other, settings.format(), settings.classes())) {
            return "; labels in "
                    + other
                    + "? write labels.permute("
                    + (other == CNN2DFormat.NHWC ? "0, 3, 1, 2" : "0, 2, 3, 1")
                    + ")";
        }
        return "";
    }

    private static boolean fits(
            INDArray labels,
            INDArray predictions,
            CNN2DFormat ofLabels,
            CNN2DFormat ofPredictions,
            int classes) {
        if (predictions.rank() != 4) {
            return false;
        }
        INDArray p = nchw(predictions, ofPredictions);
        INDArray l =
                switch (labels.rank()) {
                    case 3 ->
                            labels.reshape('c', labels.size(0), 1, labels.size(1), labels.size(2));
                    case 4 -> nchw(labels, ofLabels);
                    default -> null;
                };
        return l != null
                && isChannels(p.size(1), classes)
                && l.size(0) == p.size(0)
                && (l.size(1) == 1 || l.size(1) == p.size(1))
                && l.size(2) == p.size(2)
                && l.size(3) == p.size(3);
    }

    private static boolean channelsOf(INDArray labels, CNN2DFormat format, int classes) {
        long channels = nchw(labels, format).size(1);
        return channels == 1 || channels == classes;
    }

    static boolean isChannels(long channels, int classes) {
        return channels == classes || channels == 1 && classes == 2;
    }

    private static CNN2DFormat other(Settings settings) {
        return settings.format() == CNN2DFormat.NCHW ? CNN2DFormat.NHWC : CNN2DFormat.NCHW;
    }

    /** Of the pixels read that count, those whose label is neither 0 nor 1 for some class. */
    long softPixels() {
        return softPixels;
    }

    /** Of the pixels read that count, those with a label above 0.5 for some class. */
    long pixelsAboveHalf() {
        return pixelsAboveHalf;
    }

    /** Of the pixels read that the mask counts, those whose label vector is 0 for all classes. */
    long zeroVectors() {
        return zeroVectors;
    }

    /** Writes the class of each pixel of one image, {@link #VOID} where it does not count. */
    void read(int image, int[] truth) {
        Arrays.fill(truth, 0);
        if (mask != null) {
            readMask(image, truth);
        }
        switch (form) {
            case INDEX -> readIndices(image, truth);
            case BINARY -> readForeground(image, truth);
            case LARGEST, ONE_HOT -> readVectors(image, truth);
        }
    }

    private void readMask(int image, int[] truth) {
        for (int c = 0; c < mask.channels(); c++) {
            mask.read(image, c, plane);
            for (int i = 0; i < plane.length; i++) {
                double m = plane[i];
                if (!(m >= 0) || m == Double.POSITIVE_INFINITY) {
                    throw atPixel("mask must be finite and >= 0, got " + m, image, i);
                }
                int state = m == 0 ? VOID : 0;
                if (c == 0) {
                    truth[i] = state;
                } else if (truth[i] != state) {
                    throw atPixel(
                            "mask must be zero or non-zero in all channels of a pixel alike,"
                                    + " got a difference between channels 0 and "
                                    + c,
                            image,
                            i);
                }
            }
        }
    }

    private void readIndices(int image, int[] truth) {
        labels.read(image, 0, plane);
        // NaN equals nothing, so no ignoreIndex needs no second test.
        double ignored = settings.ignoreIndex() == null ? Double.NaN : settings.ignoreIndex();
        for (int i = 0; i < plane.length; i++) {
            double label = plane[i];
            int index = (int) label;
            if (truth[i] == VOID || label == ignored) {
                truth[i] = VOID;
            } else if (label == index && index >= 0 && index < settings.classes()) {
                truth[i] = index;
                countSoft(false, 1);
            } else {
                throw rule.notIndex(label, place(image, i));
            }
        }
    }

    private void readForeground(int image, int[] truth) {
        labels.read(image, 0, plane);
        double ignored = settings.ignoreIndex() == null ? Double.NaN : settings.ignoreIndex();
        for (int i = 0; i < plane.length; i++) {
            double label = plane[i];
            if (truth[i] == VOID || label == ignored) {
                truth[i] = VOID;
            } else if (LabelRule.isElement(label)) {
                truth[i] = label >= FOREGROUND_LABEL ? 1 : 0;
                countSoft(label != 0 && label != 1, label);
            } else {
                throw rule.notElement(label, place(image, i));
            }
        }
    }

    private void readVectors(int image, int[] truth) {
        labels.read(image, 0, sum);
        System.arraycopy(sum, 0, largest, 0, sum.length);
        System.arraycopy(sum, 0, least, 0, sum.length);
        for (int c = 1; c < labels.channels(); c++) {
            labels.read(image, c, plane);
            for (int i = 0; i < plane.length; i++) {
                double label = plane[i];
                if (label > largest[i] && truth[i] != VOID) {
                    truth[i] = c;
                }
                largest[i] = Math.max(largest[i], label);
                least[i] = Math.min(least[i], label);
                sum[i] += label;
            }
        }
        for (int i = 0; i < truth.length; i++) {
            if (truth[i] != VOID) {
                switch (rule.kind(sum[i], least[i], largest[i])) {
                    case IGNORED -> {
                        truth[i] = VOID;
                        zeroVectors++;
                    }
                    case ONE_HOT -> countSoft(false, 1);
                    case SOFT -> {
                        if (form == Form.ONE_HOT) {
                            throw notOneHot(image, i);
                        }
                        countSoft(true, largest[i]);
                    }
                    case WRONG ->
                            throw form == Form.ONE_HOT ? notOneHot(image, i) : notVector(image, i);
                }
            }
        }
    }

    private void countSoft(boolean soft, double largestLabel) {
        softPixels += soft ? 1 : 0;
        pixelsAboveHalf += largestLabel > FOREGROUND_LABEL ? 1 : 0;
    }

    private IllegalArgumentException notOneHot(int image, int i) {
        return rule.notOneHot(sum[i], least[i], largest[i], place(image, i));
    }

    private IllegalArgumentException notVector(int image, int i) {
        IllegalArgumentException wrong =
                rule.notVector(sum[i], least[i], largest[i], place(image, i));
        return sum[i] > 1 && largest[i] <= 1
                ? new IllegalArgumentException(
                        wrong.getMessage()
                                + "; score such channels one by one, each by a SegmentationEvaluation"
                                + " of 2 classes")
                : wrong;
    }

    private static INDArray labelsOfImages(INDArray a, Settings settings) {
        return switch (a.rank()) {
            case 3 -> a.reshape('c', a.size(0), 1, a.size(1), a.size(2));
            case 4 -> nchw(a, settings);
            default -> null;
        };
    }

    private static INDArray labelsOfRows(INDArray a) {
        return switch (a.rank()) {
            case 1 -> a.reshape('c', 1, 1, a.size(0), 1);
            case 2 -> rowsAsImage(a);
            default -> null;
        };
    }

    private INDArray maskOf(INDArray a, int channels, String beside, INDArray besideArray) {
        INDArray m =
                switch (a.rank()) {
                    case 1 ->
                            geometry
                                    ? a.reshape('c', a.size(0), 1, 1, 1)
                                    : a.reshape('c', 1, 1, a.size(0), 1);
                    case 2 -> {
                        if (!geometry) {
                            yield rowsAsImage(a);
                        }
                        yield a.size(1) == 1 ? a.reshape('c', a.size(0), 1, 1, 1) : null;
                    }
                    case 3 -> geometry ? a.reshape('c', a.size(0), 1, a.size(1), a.size(2)) : null;
                    case 4 -> geometry ? nchw(a, settings) : null;
                    default -> null;
                };
        require(
                m != null
                        && fits(m.size(0), images)
                        && fits(m.size(1), channels)
                        && fits(m.size(2), height)
                        && fits(m.size(3), width),
                "mask must be %s, got mask %s for %s %s in format %s",
                geometry
                        ? "[N], [N,1], [N,H,W] or of rank 4 and broadcastable to one value a class"
                        : "[R], [R,1] or [R,C]",
                shape(a),
                beside,
                shape(besideArray),
                settings.format());
        long[] full = {images, m.size(1), height, width};
        return Arrays.equals(m.shape(), full) ? m : m.broadcast(full);
    }

    private static boolean fits(long size, long full) {
        return size == full || size == 1;
    }

    static INDArray nchw(INDArray a, Settings settings) {
        return nchw(a, settings.format());
    }

    private static INDArray nchw(INDArray a, CNN2DFormat format) {
        return format == CNN2DFormat.NCHW ? a : a.permute(0, 3, 1, 2);
    }

    /** [R,C] as one image of R x 1 pixels: all rows in one bulk copy instead of R small ones. */
    static INDArray rowsAsImage(INDArray rows) {
        return rows.permute(1, 0).dup('c').reshape('c', 1, rows.size(1), rows.size(0), 1);
    }

    IllegalArgumentException atPixel(String message, int image, int i) {
        return new IllegalArgumentException(message + " " + place(image, i));
    }

    private String place(int image, int i) {
        return geometry
                ? String.format(
                        "at image %d, row %d, column %d of %d images of %d x %d",
                        image, i / width, i % width, images, height, width)
                : "at row " + i + " of " + height;
    }

    /** Checks all that can be said of labels and mask (or null) before their shapes. */
    static void requireNumbers(INDArray labels, INDArray mask) {
        requireNumbers("labels", labels);
        if (mask != null) {
            requireNumbers("mask", mask);
        }
    }

    /** Checks that a plane of {@code [N,C,H,W]} fits an array. */
    static void requirePixels(String name, INDArray a, INDArray nchw) {
        require(
                nchw.size(2) * nchw.size(3) <= Integer.MAX_VALUE,
                "%s must have at most %d pixels an image, got %s",
                name,
                Integer.MAX_VALUE,
                shape(a));
    }

    static void requireNumbers(String name, INDArray a) {
        require(a != null, "%s must not be null", name);
        require(
                a.dataType().isNumerical() || a.dataType() == DataType.BOOL,
                "%s must hold numbers or booleans, got %s of type %s",
                name,
                shape(a),
                a.dataType());
        require(!a.isEmpty(), "%s must not be empty, got %s", name, shape(a));
    }

    static void require(boolean holds, String message, Object... values) {
        if (!holds) {
            throw new IllegalArgumentException(String.format(message, values));
        }
    }

    static String shape(INDArray a) {
        return Arrays.toString(a.shape());
    }
}
