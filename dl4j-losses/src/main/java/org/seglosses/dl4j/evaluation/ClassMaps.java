package org.seglosses.dl4j.evaluation;

import static org.seglosses.dl4j.evaluation.LabelMaps.VOID;
import static org.seglosses.dl4j.evaluation.LabelMaps.require;
import static org.seglosses.dl4j.evaluation.LabelMaps.requireNumbers;
import static org.seglosses.dl4j.evaluation.LabelMaps.requirePixels;
import static org.seglosses.dl4j.evaluation.LabelMaps.shape;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.Arrays;

/**
 * One batch as DL4J hands it to an evaluation, in any of its shapes, read image by image as two
 * maps of class indices: the truth and the prediction.
 */
final class ClassMaps {
    final int images;
    final int height;
    final int width;

    /** False for flat rows: pixels of which nobody knows the neighbours. */
    final boolean geometry;

    /** Sigmoids never leave 0..1; averages of several may, by their rounding. */
    private static final double SLACK = 1e-6;

    private final double threshold;
    private final boolean logits;
    private final LabelMaps labels;
    private final Planes predictions;
    private final double[] plane;
    private final double[] best;
    private long logitsLikeProbabilities;

    ClassMaps(INDArray labels, INDArray predictions, INDArray mask, Settings settings) {
        requireNumbers("predictions", predictions);
        requireNumbers(labels, mask);
        int rank = predictions.rank();
        require(
                rank == 4 || rank == 2,
                "predictions must have rank 4, %s, or be flat rows [R,C], got %s",
                settings.format() == CNN2DFormat.NCHW ? "[N,C,H,W]" : "[N,H,W,C]",
                shape(predictions));

        INDArray p =
                rank == 4
                        ? LabelMaps.nchw(predictions, settings)
                        : LabelMaps.rowsAsImage(predictions);
        require(
                LabelMaps.isChannels(p.size(1), settings.classes()),
                "predictions must have %d channels%s, one for each class, got %s in format %s%s",
                settings.classes(),
                settings.classes() == 2 ? " (or 1, the foreground's)" : "",
                shape(predictions),
                settings.format(),
                LabelMaps.adviceOnFormat(labels, predictions, settings));
        requirePixels("predictions", predictions, p);

        this.labels = LabelMaps.of(labels, mask, predictions, p, settings);
        this.predictions = new Planes(p);
        threshold = settings.threshold();
        logits = settings.logits();
        images = this.labels.images;
        height = this.labels.height;
        width = this.labels.width;
        geometry = this.labels.geometry;
        plane = new double[height * width];
        best = new double[height * width];
    }

    /**
     * Writes the class of each pixel of one image, {@link LabelMaps#VOID} in both where it does not
     * count.
     */
    void read(int image, int[] truth, int[] predicted) {
        labels.read(image, truth);
        if (predictions.channels() == 1) {
            readDecision(image, truth, predicted);
        } else {
            readArgmax(image, truth, predicted);
        }
    }

    private void readDecision(int image, int[] truth, int[] predicted) {
        predictions.read(image, 0, plane);
        for (int i = 0; i < plane.length; i++) {
            predicted[i] = plane[i] >= threshold ? 1 : 0;
        }
        dropVoid(image, truth, predicted, plane);
        if (logits) {
            countProbabilities(predicted);
        } else {
            requireProbabilities(image, predicted);
        }
    }

    private void countProbabilities(int[] predicted) {
        for (int i = 0; i < predicted.length; i++) {
            logitsLikeProbabilities += predicted[i] != VOID && isProbability(plane[i]) ? 1 : 0;
        }
    }

    private static boolean isProbability(double p) {
        return p >= -SLACK && p <= 1 + SLACK;
    }

    private void requireProbabilities(int image, int[] predicted) {
        for (int i = 0; i < predicted.length; i++) {
            double p = plane[i];
            if (predicted[i] != VOID && !isProbability(p)) {
                throw new IllegalArgumentException(
                        labels.atPixel(
                                                "predictions of one channel must be probabilities from"
                                                        + " 0 to 1, got "
                                                        + p,
                                                image,
                                                i)
                                        .getMessage()
                                + "; logits? call .logits() on the builder, or take"
                                + " SegmentationEvaluation.of(network)");
            }
        }
    }

    /** Of what was read, how many pixels had soft labels. */
    long softPixels() {
        return labels.softPixels();
    }

    /** Of what was read, how many pixels had a label above 0.5 for some class. */
    long pixelsAboveHalf() {
        return labels.pixelsAboveHalf();
    }

    /** Of what was read and the mask counts, how many pixels had label vectors of zeros. */
    long zeroVectors() {
        return labels.zeroVectors();
    }

    /** Of what was read and counts, how many logits of one channel were from 0 to 1. */
    long logitsLikeProbabilities() {
        return logitsLikeProbabilities;
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
                throw labels.atPixel(
                        "predictions must not be NaN where the label counts", image, i);
            }
        }
    }
}
