package org.seglosses.benchmarks.training;

/**
 * What a training step took with one loss and, in the turns beside it, with LossMCXENT.
 *
 * @param step milliseconds of a step, one figure a round
 * @param within of them in the loss layer: gradient and score
 * @param stockStep milliseconds of a step with LossMCXENT
 * @param stockWithin of them in its layer
 */
record StepRow(
        StepCase loss,
        StepSize size,
        Rounds step,
        Rounds within,
        Rounds stockStep,
        Rounds stockWithin) {

    double ratio() {
        return step.ratioTo(stockStep);
    }

    double atMost() {
        return loss.atMost(size);
    }

    String verdict() {
        return ratio() <= atMost() ? "met" : "missed";
    }
}
