package org.seglosses.dl4j.evaluation;

import org.deeplearning4j.earlystopping.scorecalc.base.BaseIEvaluationScoreCalculator;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.List;
import java.util.Map;

/**
 * Early stopping by a {@link SegmentationEvaluation}: keeps the model with, for instance, the
 * largest mean IoU on held-out images. For MultiLayerNetwork and ComputationGraph.
 *
 * <pre>{@code
 * new SegmentationScoreCalculator(Metric.MEAN_IOU, heldOut)
 * }</pre>
 *
 * <p>DL4J's ClassificationScoreCalculator cannot do it: it makes its own Evaluation, which knows
 * neither index labels nor IoU.
 *
 * <p>Where a score says little (one class only, most pixels ignored, label vectors of zeros), a
 * warning is logged once.
 *
 * <p>A score is NaN if no pixel of the data counts, and the calculation throws if the network puts
 * out NaN; InvalidScoreIterationTerminationCondition ends such a training before.
 */
public final class SegmentationScoreCalculator
        extends BaseIEvaluationScoreCalculator<Model, SegmentationEvaluation> {
    private static final long serialVersionUID = 1L;

    private static final Logger LOG = LoggerFactory.getLogger(SegmentationScoreCalculator.class);

    /** Never evaluated itself: its copies are. Null to read the network anew each time. */
    private final SegmentationEvaluation options;

    /** What is maximized. */
    private final SegmentationEvaluation.Metric metric;

    /** Name of a graph's output; null for a network with one, or for the first. */
    private final String output;

    /** What fits the network at hand. */
    private transient SegmentationEvaluation fitting;

    private boolean warned;

    /**
     * A calculator over single-input, single-output data, with the evaluation that {@link
     * SegmentationEvaluation#of(MultiLayerNetwork) fits} the network.
     *
     * @param metric the score, larger is better
     * @param heldOut the data to evaluate on, read from its current position or reset at its end
     */
    public SegmentationScoreCalculator(
            SegmentationEvaluation.Metric metric, DataSetIterator heldOut) {
        super(required("heldOut", heldOut));
        this.options = null;
        this.metric = required("metric", metric);
        this.output = null;
    }

    /**
     * A calculator over data with several inputs or outputs, with the evaluation that {@link
     * SegmentationEvaluation#of(ComputationGraph, String) fits} one of a graph's outputs.
     *
     * @param metric the score, larger is better
     * @param output the name of the output
     * @param heldOut the data to evaluate on, read from its current position or reset at its end
     */
    public SegmentationScoreCalculator(
            SegmentationEvaluation.Metric metric, String output, MultiDataSetIterator heldOut) {
        super(required("heldOut", heldOut));
        this.options = null;
        this.metric = required("metric", metric);
        this.output = required("output", output);
    }

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
        this.output = null;
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
        this.output = null;
    }

    @Override
    public double calculateScore(Model network) {
        if (options != null) {
            return super.calculateScore(network);
        }
        if (output != null) {
            return ofOutput(network);
        }
        if (network instanceof MultiLayerNetwork layers) {
            fitting = SegmentationEvaluation.of(layers);
        } else if (network instanceof ComputationGraph graph) {
            fitting = SegmentationEvaluation.of(graph);
        } // super refuses any other
        return super.calculateScore(network);
    }

    private double ofOutput(Model network) {
        if (!(network instanceof ComputationGraph graph)) {
            throw new IllegalArgumentException(
                    "network must be a ComputationGraph to have output \""
                            + output
                            + "\", got "
                            + (network == null ? null : network.getClass().getSimpleName()));
        }
        SegmentationEvaluation evaluation = SegmentationEvaluation.of(graph, output);
        int index = graph.getConfiguration().getNetworkOutputs().indexOf(output);
        graph.evaluate(iterator, Map.of(index, new SegmentationEvaluation[] {evaluation}));
        return finalScore(evaluation);
    }

    @Override
    protected SegmentationEvaluation newEval() {
        return options == null ? fitting : options.newInstance();
    }

    @Override
    protected double finalScore(SegmentationEvaluation evaluation) {
        if (!warned) {
            List<String> alarms = Remarks.alarms(evaluation);
            warned = !alarms.isEmpty();
            alarms.forEach(
                    alarm -> LOG.warn("{} = {}: {}", metric, evaluation.getValue(metric), alarm));
        }
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
