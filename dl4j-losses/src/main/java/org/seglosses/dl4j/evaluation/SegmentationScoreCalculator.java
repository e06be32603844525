package org.seglosses.dl4j.evaluation;

import org.deeplearning4j.earlystopping.scorecalc.base.BaseIEvaluationScoreCalculator;
import org.deeplearning4j.nn.api.Model;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;

/**
 * Early stopping by a {@link SegmentationEvaluation}: keeps the model with, for instance, the
 * largest mean IoU on held-out images. For MultiLayerNetwork and ComputationGraph (its first
 * output).
 *
 * <p>DL4J's ClassificationScoreCalculator cannot do it: it makes its own Evaluation, which knows
 * neither index labels nor IoU.
 *
 * <p>A score is NaN if no pixel of the data counts, and the calculation throws if the network puts
 * out NaN; InvalidScoreIterationTerminationCondition ends such a training before.
 */
public final class SegmentationScoreCalculator
        extends BaseIEvaluationScoreCalculator<Model, SegmentationEvaluation> {
    private static final long serialVersionUID = 1L;

    /** Never evaluated itself: its copies are. */
    private final SegmentationEvaluation options;

    /** What is maximized. */
    private final SegmentationEvaluation.Metric metric;

    /**
     * A calculator over single-input, single-output data.
     *
     * @param options the evaluation to make; itself it is not used
     * @param metric the score, larger is better
     * @param heldOut the data to evaluate on, read from its current position or reset at its end
     */
    public SegmentationScoreCalculator(
            SegmentationEvaluation options,
            SegmentationEvaluation.Metric metric,
            DataSetIterator heldOut) {
        super(required("heldOut", heldOut));
        this.options = required("options", options).newInstance();
        this.metric = required("metric", metric);
    }

    /**
     * A calculator over data with several inputs or outputs; the first output counts.
     *
     * @param options the evaluation to make; itself it is not used
     * @param metric the score, larger is better
     * @param heldOut the data to evaluate on, read from its current position or reset at its end
     */
    public SegmentationScoreCalculator(
            SegmentationEvaluation options,
            SegmentationEvaluation.Metric metric,
            MultiDataSetIterator heldOut) {
        super(required("heldOut", heldOut));
        this.options = required("options", options).newInstance();
        this.metric = required("metric", metric);
    }

    @Override
    protected SegmentationEvaluation newEval() {
        return options.newInstance();
    }

    @Override
    protected double finalScore(SegmentationEvaluation evaluation) {
        return evaluation.getValue(metric);
    }

    @Override
    public boolean minimizeScore() {
        return metric.minimize();
    }

    private static <T> T required(String name, T value) {
        if (value == null) {
            throw new IllegalArgumentException(name + " must not be null");
        }
        return value;
    }
}
