package org.seglosses.samediff.op;

import java.util.Arrays;

/**
 * The mean over classes: which are averaged, with which weights, and what absent ones do, see
 * {@link ClassCoefficients}.
 *
 * @param averaged for each class whether it is averaged
 * @param weights the weight of each class, averaged or not; empty: all equal
 * @param absent what a class that is absent from a group does
 */
record ClassShares(boolean[] averaged, double[] weights, int absent) {

    /**
     * Checks the classes.
     *
     * @param classes C
     * @param some the classes averaged, from index {@code from} on; none: all
     */
    static ClassShares of(int classes, long[] some, int from, double[] weights, int absent) {
        if (weights.length != 0 && weights.length != classes) {
            throw new IllegalArgumentException(
                    "classWeights must have a weight for each of "
                            + classes
                            + " classes, got "
                            + Arrays.toString(weights));
        }
        boolean[] averaged = new boolean[classes];
        Arrays.fill(averaged, some.length == from);
        for (int i = from; i < some.length; i++) {
            if (some[i] < 0 || some[i] >= classes) {
                throw new IllegalArgumentException(
                        "classes must be from 0 to " + (classes - 1) + ", got " + some[i]);
            }
            averaged[(int) some[i]] = true;
        }
        return new ClassShares(averaged, weights, absent);
    }

    /**
     * Writes the share of each class in the mean of a group; counts and shares are from an index
     * on.
     */
    void write(int[] counts, int from, double[] shares) {
        double sum = 0;
        for (int c = 0; c < averaged.length; c++) {
            boolean present = counts[from + c] > 0;
            if (averaged[c] && (present || absent != ClassCoefficients.EXCLUDE)) {
                sum += weight(c);
            }
        }
        for (int c = 0; c < averaged.length; c++) {
            boolean present = counts[from + c] > 0;
            if (averaged[c] && sum > 0 && (present || absent == ClassCoefficients.PENALIZE)) {
                shares[from + c] = weight(c) / sum;
            }
        }
    }

    private double weight(int c) {
        return weights.length == 0 ? 1 : weights[c];
    }
}
