package org.seglosses.benchmarks.training;

/** How much a training step takes in: {@code batch} images of {@code edge} x {@code edge}. */
record StepSize(int batch, int edge) {

    @Override
    public String toString() {
        return batch + " x " + edge + "²";
    }
}
