package org.seglosses.samediff.op;

import java.util.Arrays;

/**
 * What each class counts in a mean over classes: {@code w_c / sum w_c} over the classes that are
 * averaged.
 *
 * @param absent what an absent class does, see {@link ClassCoefficients}
 * @param classes the classes averaged; empty: all
 * @param weights the weight of each class, averaged or not; empty: all equal
 */
record ClassShares(int absent, long[] classes, double[] weights) {

    /**
     * Reads them from an op's arguments.
     *
     * @param absentAt the place of what absent classes do, among the iArgs
     * @param classesAt the place that the classes start at, the last of the iArgs
     * @param weightsAt the place that the weights start at, the last of the tArgs
     */
    static ClassShares of(JavaOp op, int absentAt, int classesAt, int weightsAt) {
        long[] ints = op.iArgs();
        double[] reals = op.tArgs();
        return new ClassShares(
                op.intArg(absentAt),
                Arrays.copyOfRange(ints, classesAt, ints.length),
                Arrays.copyOfRange(reals, weightsAt, reals.length));
    }

    /** Returns the share of each class in a group that has some of them. */
    double[] of(boolean[] present) {
        int channels = present.length;
        if (weights.length != 0 && weights.length != channels) {
            throw new IllegalArgumentException(
                    "classWeights must have a weight for each of "
                            + channels
                            + " classes, got "
                            + Arrays.toString(weights));
        }
        boolean[] averaged = new boolean[channels];
        Arrays.fill(averaged, classes.length == 0);
        for (long c : classes) {
            if (c < 0 || c >= channels) {
                throw new IllegalArgumentException(
                        "classes must be from 0 to " + (channels - 1) + ", got " + c);
            }
            averaged[(int) c] = true;
        }
        double sum = 0;
        for (int c = 0; c < channels; c++) {
            if (averaged[c] && (present[c] || absent != ClassCoefficients.EXCLUDE)) {
                sum += weight(c);
            }
        }
        double[] shares = new double[channels];
        for (int c = 0; c < channels; c++) {
            boolean counts = present[c] || absent == ClassCoefficients.PENALIZE;
            shares[c] = averaged[c] && counts && sum > 0 ? weight(c) / sum : 0;
        }
        return shares;
    }

    private double weight(int c) {
        return weights.length == 0 ? 1 : weights[c];
    }
}
