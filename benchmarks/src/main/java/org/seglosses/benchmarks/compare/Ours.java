package org.seglosses.benchmarks.compare;

import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.benchmarks.compare.Contender.Side;
import org.seglosses.dl4j.SegmentationLossFunction;

import java.util.List;

/** A loss of this library, by the one call of SegmentationLossLayer and by the two of others. */
final class Ours {

    private final SegmentationLossFunction<?> loss;
    private final INDArray logits;
    private final INDArray labels;
    private final int images;
    private final IActivation softmax = new ActivationSoftmax();

    /** Stands for the layer's array, which its workspace provides. */
    private final INDArray gradient;

    Ours(SegmentationLossFunction<?> loss, Inputs inputs) {
        this.loss = loss;
        this.logits = inputs.logits();
        this.labels = inputs.labels();
        this.images = inputs.shape().images();
        this.gradient = Nd4j.createUninitialized(logits.dataType(), logits.shape(), 'c');
    }

    List<Contender> contenders() {
        return List.of(
                new LocalContender(Side.OURS, this::inOneRun),
                new LocalContender(Side.OURS_IN_TWO_CALLS, this::inTwoCalls));
    }

    /** How far value and gradient of one run are from the right ones. */
    Agreement against(Peer.Reference reference) {
        double value = inOneRun();
        // DL4J's gradient is that of the sum over the images.
        return Agreement.of(value, gradient.div(images), reference.value(), reference.gradient());
    }

    private double inOneRun() {
        return loss.computeScoreAndGradient(labels, logits, softmax, null, gradient) / images;
    }

    private double inTwoCalls() {
        double score = loss.computeScore(labels, logits, softmax, null, false);
        loss.computeGradient(labels, logits, softmax, null);
        return score / images;
    }
}
