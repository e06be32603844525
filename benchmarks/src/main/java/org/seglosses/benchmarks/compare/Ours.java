package org.seglosses.benchmarks.compare;

import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.benchmarks.compare.Contender.Side;
import org.seglosses.dl4j.SegmentationLossFunction;

import java.util.Map;

/** A loss of this library, by the one call of SegmentationLossLayer and by the two of others. */
final class Ours {

    private final SegmentationLossFunction<?> loss;
    private final INDArray logits;
    private final INDArray labels;
    private final int images;
    private final IActivation activation;

    /** Stands for the layer's array, which its workspace provides. */
    private final INDArray gradient;

    Ours(LossCase loss, Inputs inputs) {
        this(loss, inputs.shape(), inputs.logits(), inputs.labels());
    }

    Ours(LossCase loss, Shape shape, INDArray logits, INDArray labels) {
        this.loss = loss.loss();
        this.activation = loss.activation(shape);
        this.logits = logits;
        this.labels = labels;
        this.images = shape.images();
        this.gradient = Nd4j.createUninitialized(logits.dataType(), logits.shape(), 'c');
    }

    Map<Side, Contender> contenders() {
        return Map.of(
                Side.OURS,
                new LocalContender(this::inOneRun),
                Side.OURS_IN_TWO_CALLS,
                new LocalContender(this::inTwoCalls));
    }

    /** How far value and gradient of one run are from the right ones. */
    Agreement against(Peer.Reference reference) {
        double value = inOneRun();
        return Agreement.of(value, gradient(), reference.value(), reference.gradient());
    }

    /** The gradient of the last run, of the mean over the images. */
    INDArray gradient() {
        // DL4J's gradient is that of the sum over the images.
        return gradient.div(images);
    }

    /** The value; the gradient is kept. */
    double inOneRun() {
        return loss.computeScoreAndGradient(labels, logits, activation, null, gradient) / images;
    }

    private double inTwoCalls() {
        double score = loss.computeScore(labels, logits, activation, null, false);
        loss.computeGradient(labels, logits, activation, null);
        return score / images;
    }
}
