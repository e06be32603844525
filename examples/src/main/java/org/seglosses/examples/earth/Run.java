package org.seglosses.examples.earth;

import java.util.List;

/**
 * One training from scratch.
 *
 * @param seed decides the first weights, the order of the tiles and their flips
 * @param epochs the course of the training
 * @param millisPerStep the median time of a step: one batch forward, backward and update
 * @param prediction the class of each pixel of the whole region
 */
record Run(long seed, List<Epoch> epochs, double millisPerStep, int[] prediction) {

    Run {
        epochs = List.copyOf(epochs);
    }

    /**
     * One pass over the training tiles.
     *
     * @param score the mean training score of its steps
     * @param heldOut how the held-out tiles are mapped after it
     */
    record Epoch(double score, Scores heldOut) {}

    /** How the trained network maps the held-out tiles. */
    Scores scores() {
        return epochs.get(epochs.size() - 1).heldOut();
    }
}
