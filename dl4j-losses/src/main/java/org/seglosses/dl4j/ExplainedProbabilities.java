package org.seglosses.dl4j;

import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.schedule.FixedSchedule;
import org.seglosses.samediff.loss.SegmentationLoss;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Warns where what is to be explained looks like what a network puts out, not like logits. */
final class ExplainedProbabilities {

    private static final Logger LOG = LoggerFactory.getLogger(SegmentationLossFunction.class);

    /** Losses that are remembered; the rest may be told again. */
    private static final int MOST = 256;

    /** How far from 1 a sum of probabilities is in HALF. */
    private static final double ROUNDING = 0.01;

    private static final Set<Object> TOLD =
            Collections.newSetFromMap(
                    Collections.synchronizedMap(
                            new LinkedHashMap<>() {
                                private static final long serialVersionUID = 1L;

                                @Override
                                protected boolean removeEldestEntry(
                                        Map.Entry<Object, Boolean> eldest) {
                                    return size() > MOST;
                                }
                            }));

    /** What makes losses equal here; schedules do not, since a user's may have no equals. */
    private record Key(SegmentationLoss definition, IActivation activation) {}

    private ExplainedProbabilities() {}

    /** Forgets what has been told; for tests. */
    static void forget() {
        TOLD.clear();
    }

    /** Warns once of equal losses. */
    static void warn(
            String name, SegmentationLoss definition, IActivation activation, INDArray logits) {
        boolean softmax = activation instanceof ActivationSoftmax;
        if (!softmax && !(activation instanceof ActivationSigmoid)
                || !looksPutOut(logits, softmax)
                || !TOLD.add(new Key(definition.withSchedules(new FixedSchedule(1)), activation))) {
            return;
        }
        LOG.warn(
                "what {} is to explain is between 0 and 1{}: it looks like what activation {} puts"
                        + " out, and explain takes what stands before it."
                        + " SegmentationHead.explain(network, dataSet) takes that from the network;"
                        + " if this is said of its call, a layer before the loss has an activation,"
                        + " which SegmentationHead.check(network) names",
                name,
                softmax ? " and sums to 1 over the channels" : "",
                activation);
    }

    private static boolean looksPutOut(INDArray logits, boolean softmax) {
        return logits.minNumber().doubleValue() >= 0
                && logits.maxNumber().doubleValue() <= 1
                && (!softmax || logits.sum(1).subi(1).amaxNumber().doubleValue() < ROUNDING);
    }
}
