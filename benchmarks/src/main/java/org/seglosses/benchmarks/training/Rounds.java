package org.seglosses.benchmarks.training;

import java.util.Arrays;

/**
 * A figure of each round.
 *
 * @param values at least one
 */
record Rounds(double[] values) {

    double median() {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** The median of the rounds' ratios: a slow minute of the machine meets both sides. */
    double ratioTo(Rounds other) {
        double[] ratios = new double[values.length];
        Arrays.setAll(ratios, i -> values[i] / other.values[i]);
        return new Rounds(ratios).median();
    }
}
