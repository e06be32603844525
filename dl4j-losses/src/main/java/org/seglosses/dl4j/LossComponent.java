package org.seglosses.dl4j;

import org.seglosses.samediff.loss.SegmentationLoss;

/**
 * What a component of a {@link LossCombined} contributes: {@code weight * value} of the loss of a
 * batch.
 *
 * @param loss the definition of the component
 * @param weight the weight that it had
 * @param value its own loss, without the weight, as PyTorch would return it
 */
public record LossComponent(SegmentationLoss loss, double weight, double value) {

    /**
     * The name of the component's class.
     *
     * @return the name, as in {@code CrossEntropy}
     */
    public String name() {
        return loss.getClass().getSimpleName();
    }

    /** Weight, name and value, as in {@code 0.5 * CrossEntropy 1.25}. */
    @Override
    public String toString() {
        return weight + " * " + name() + " " + value;
    }
}
