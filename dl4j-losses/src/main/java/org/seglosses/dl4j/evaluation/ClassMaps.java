package org.seglosses.dl4j.evaluation;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.Arrays;

/**
 * One batch as DL4J hands it to an evaluation, in any of its shapes, read image by image as two
 * maps of class indices: the truth and the prediction.
 */
final class ClassMaps {
    /** Class of a pixel that does not count. */
    static final int VOID = -1;

    private static final double FOREGROUND_LABEL = 0.5;

    private enum LabelForm {
        INDEX,
        BINARY,
        CHANNELS
    }

    final int images;
    final int height;
    final int width;

    /** False for flat rows: pixels of which nobody knows the neighbours. */
    final boolean geometry;

    private final Settings settings;
    private final LabelForm form;
    private final Planes predictions;
    private final Planes labels;
    private final Planes mask;
    private final double[] plane;
    private final double[] best;

    ClassMaps(INDArray labels, INDArray predictions, INDArray mask, Settings settings) {
        this.settings = settings;
        requireNumbers("predictions", predictions);
        requireNumbers("labels", labels);
        if (mask != null) {
            requireNumbers("mask", mask);
        }
        int rank = predictions.rank();
        require(
                rank == 4 || rank == 2,
                "predictions must have rank 4, %s, or be flat rows [R,C], got %s",
                settings.format() == CNN2DFormat.NCHW ? "[N,C,H,W]" : "[N,H,W,C]",
                shape(predictions));
        geometry = rank == 4;

        INDArray p = geometry ? nchw(predictions) : rowsAsImage(predictions);
        int channels = Math.toIntExact(p.size(1));
        require(
                channels == settings.classes() || (channels == 1 && settings.classes() == 2),
                "predictions must have %d channels%s, one for each class, got %s in format %s",
                settings.classes(),
                settings.classes() == 2 ? " (or 1, the foreground's)" : "",
                shape(predictions),
                settings.format());
        images = Math.toIntExact(p.size(0));
        height = Math.toIntExact(p.size(2));
        width = Math.toIntExact(p.size(3));
        require(
                (long) height * width <= Integer.MAX_VALUE,
                "predictions must have at most %d pixels an image, got %s",
                Integer.MAX_VALUE,
                shape(predictions));

        INDArray l = geometry ? labelsOfImages(labels) : labelsOfRows(labels);
        require(
                l != null
                        && l.size(0) == images
                        && (l.size(1) == 1 || l.size(1) == channels)
                        && l.size(2) == height
                        && l.size(3) == width,
                "labels must be class indices %s or one value a class, shaped like the predictions,"
                        + " got labels %s for predictions %s in format %s",
                geometry ? "[N,H,W] or [N,H,W] with one channel" : "[R] or [R,1]",
                shape(labels),
                shape(predictions),
                settings.format());
        if (channels == 1) {
            form = LabelForm.BINARY;
        } else {
            form = l.size(1) == 1 ? LabelForm.INDEX : LabelForm.CHANNELS;
        }

        this.predictions = new Planes(p);
        this.labels = new Planes(l);
        this.mask = mask == null ? null : new Planes(maskOf(mask, channels, shape(predictions)));
        plane = new double[height * width];
        best = new double[height * width];
    }

    /**
     * Writes the class of each pixel of one image, {@link #VOID} in both where it does not count.
     */
    void read(int image, int[] truth, int[] predicted) {
        Arrays.fill(truth, 0);
        if (mask != null) {
            readMask(image, truth);
        }
        switch (form) {
            case INDEX -> readIndices(image, truth);
            case BINARY -> readForeground(image, truth);
            case CHANNELS -> readLargestLabel(image, truth);
        }
        if (predictions.channels() == 1) {
            readDecision(image, truth, predicted);
        } else {
            readArgmax(image, truth, predicted);
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
            if (label == ignored) {
                truth[i] = VOID;
            } else if (label == index && index >= 0 && index < settings.classes()) {
                truth[i] = truth[i] == VOID ? VOID : index;
            } else {
                throw atPixel(
                        "labels must be integers in 0.."
                                + (settings.classes() - 1)
                                + ignoreIndexToo()
                                + ", got "
                                + label,
                        image,
                        i);
            }
        }
    }

    private void readForeground(int image, int[] truth) {
        labels.read(image, 0, plane);
        double ignored = settings.ignoreIndex() == null ? Double.NaN : settings.ignoreIndex();
        for (int i = 0; i < plane.length; i++) {
            double label = plane[i];
            if (label == ignored) {
                truth[i] = VOID;
            } else if (label >= 0 && label <= 1) {
                truth[i] = truth[i] == VOID ? VOID : label >= FOREGROUND_LABEL ? 1 : 0;
            } else {
                throw atPixel(
                        "labels for predictions of one channel must lie in 0..1"
                                + ignoreIndexToo()
                                + ", got "
                                + label,
                        image,
                        i);
            }
        }
    }

    private void readLargestLabel(int image, int[] truth) {
        Arrays.fill(best, 0);
        for (int c = 0; c < labels.channels(); c++) {
            labels.read(image, c, plane);
            for (int i = 0; i < plane.length; i++) {
                double label = plane[i];
                if (label > best[i] && label < Double.POSITIVE_INFINITY) {
                    best[i] = label;
                    truth[i] = truth[i] == VOID ? VOID : c;
                } else if (!(label >= 0) || label == Double.POSITIVE_INFINITY) {
                    throw atPixel(
                            "labels must be finite and >= 0, got " + label + " for class " + c,
                            image,
                            i);
                }
            }
        }
        for (int i = 0; i < best.length; i++) {
            if (best[i] == 0) {
                truth[i] = VOID;
            }
        }
    }

    private void readDecision(int image, int[] truth, int[] predicted) {
        predictions.read(image, 0, plane);
        double threshold = settings.threshold();
        for (int i = 0; i < plane.length; i++) {
            predicted[i] = plane[i] >= threshold ? 1 : 0;
        }
        dropVoid(image, truth, predicted, plane);
    }

    private void readArgmax(int image, int[] truth, int[] predicted) {
        predictions.read(image, 0, best);
        Arrays.fill(predicted, 0);
        for (int c = 1; c < predictions.channels(); c++) {
            predictions.read(image, c, plane);
            for (int i = 0; i < plane.length; i++) {
                double v = plane[i];
                if (v > best[i]) {
                    best[i] = v;
                    predicted[i] = c;
                } else if (v != v) {
                    // Nothing is greater than NaN: it stays, and dropVoid finds it.
                    best[i] = v;
                }
            }
        }
        dropVoid(image, truth, predicted, best);
    }

    private void dropVoid(int image, int[] truth, int[] predicted, double[] values) {
        for (int i = 0; i < predicted.length; i++) {
            if (truth[i] == VOID) {
                predicted[i] = VOID;
            } else if (values[i] != values[i]) {
                throw atPixel("predictions must not be NaN where the label counts", image, i);
            }
        }
    }

    private INDArray labelsOfImages(INDArray a) {
        return switch (a.rank()) {
            case 3 -> a.reshape('c', a.size(0), 1, a.size(1), a.size(2));
            case 4 -> nchw(a);
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

    private INDArray maskOf(INDArray a, int channels, String predictionShape) {
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
                    case 4 -> geometry ? nchw(a) : null;
                    default -> null;
                };
        require(
                m != null
                        && fits(m.size(0), images)
                        && fits(m.size(1), channels)
                        && fits(m.size(2), height)
                        && fits(m.size(3), width),
                "mask must be %s, got mask %s for predictions %s in format %s",
                geometry
                        ? "[N], [N,1], [N,H,W] or of rank 4 and broadcastable to the predictions"
                        : "[R], [R,1] or [R,C]",
                shape(a),
                predictionShape,
                settings.format());
        long[] full = {images, m.size(1), height, width};
        return Arrays.equals(m.shape(), full) ? m : m.broadcast(full);
    }

    private static boolean fits(long size, long full) {
        return size == full || size == 1;
    }

    private INDArray nchw(INDArray a) {
        return settings.format() == CNN2DFormat.NCHW ? a : a.permute(0, 3, 1, 2);
    }

    /** [R,C] as one image of R x 1 pixels: all rows in one bulk copy instead of R small ones. */
    private static INDArray rowsAsImage(INDArray rows) {
        return rows.permute(1, 0).dup('c').reshape('c', 1, rows.size(1), rows.size(0), 1);
    }

    private String ignoreIndexToo() {
        return settings.ignoreIndex() == null
                ? " (no ignoreIndex is set)"
                : " or ignoreIndex " + settings.ignoreIndex();
    }

    private IllegalArgumentException atPixel(String message, int image, int i) {
        String where =
                geometry
                        ? " at image " + image + ", row " + i / width + ", column " + i % width
                        : " at row " + i;
        return new IllegalArgumentException(
                message
                        + where
                        + (geometry
                                ? " of " + images + " images of " + height + " x " + width
                                : " of " + height));
    }

    private static void requireNumbers(String name, INDArray a) {
        require(a != null, "%s must not be null", name);
        require(
                a.dataType().isNumerical() || a.dataType() == DataType.BOOL,
                "%s must hold numbers or booleans, got %s of type %s",
                name,
                shape(a),
                a.dataType());
        require(!a.isEmpty(), "%s must not be empty, got %s", name, shape(a));
    }

    private static void require(boolean holds, String message, Object... values) {
        if (!holds) {
            throw new IllegalArgumentException(String.format(message, values));
        }
    }

    private static String shape(INDArray a) {
        return Arrays.toString(a.shape());
    }
}
