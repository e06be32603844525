package org.seglosses.dl4j.layer;

import org.nd4j.linalg.api.ndarray.INDArray;

/** What the logits of some steps had in common. */
final class SeenLogits {

    /** How far from 1 a sum of probabilities is in HALF. */
    private static final double ROUNDING = 0.01;

    private boolean nonNegative = true;
    private boolean atMostOne = true;
    private boolean sumsOfOne = true;
    private boolean zeros = true;

    /** Adds a step; nothing is read once there was a number below 0, as all logits soon have. */
    void add(INDArray logits) {
        if (!nonNegative) {
            return;
        }
        double smallest = logits.minNumber().doubleValue();
        nonNegative = smallest >= 0;
        if (!nonNegative) {
            return;
        }
        zeros &= smallest == 0;
        double largest = logits.maxNumber().doubleValue();
        // all of them 0: a last layer that starts at zero, which no probabilities do
        atMostOne &= largest > 0 && largest <= 1;
        sumsOfOne &=
                atMostOne
                        && logits.size(1) > 1
                        && logits.sum(1).subi(1).amaxNumber().doubleValue() < ROUNDING;
    }

    /** Whether they look like a softmax's probabilities. */
    boolean softmax() {
        return nonNegative && sumsOfOne;
    }

    /** Whether they may be a sigmoid's probabilities. */
    boolean sigmoid() {
        return nonNegative && atMostOne;
    }

    /** Whether they look cut at 0: never negative, and 0 itself in each step. */
    boolean rectified() {
        return nonNegative && zeros;
    }
}
