package org.seglosses.examples.earth;

import org.seglosses.dl4j.evaluation.SegmentationEvaluation;

import java.util.stream.IntStream;

/**
 * How well held-out tiles are mapped.
 *
 * @param iou intersection over union of each class
 * @param meanIou their mean
 * @param boundaryF1 agreement of the classes' outlines within one pixel, mean over classes
 */
record Scores(double[] iou, double meanIou, double boundaryF1) {

    static Scores of(SegmentationEvaluation evaluation) {
        return new Scores(
                IntStream.range(0, evaluation.classes()).mapToDouble(evaluation::iou).toArray(),
                evaluation.meanIou(),
                evaluation.boundaryF1());
    }
}
