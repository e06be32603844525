package org.seglosses.samediff.op;

import java.util.Arrays;

/**
 * A loss of one group as a function of the {@link RegionSums} of its classes. A group without a
 * valid pixel is not asked: it costs 0.
 */
enum RegionFormula {
    /**
     * The mean over classes of {@code 1 - r} or {@code -log max(r, eps)} with the ratio {@code r =
     * (a*TP + s) / max(i*TP + p*(TP+FP) + y*Y + t, eps)}, to the power of gamma. Arguments: a, i,
     * p, y, s, t, eps, gamma.
     */
    RATIO("both", "bothBelow", "predicted", "labelled", "smooth", "smoothBelow", "eps", "gamma") {
        @Override
        void evaluate(double[][] sums, Arguments arguments, GroupLoss to) {
            double[] a = arguments.numbers();
            boolean[] present = new boolean[sums.length];
            for (int c = 0; c < sums.length; c++) {
                present[c] = sums[c][RegionSums.LABELLED] > 0;
            }
            double[] share = arguments.shares().of(present);
            double mean = 0;
            for (int c = 0; c < sums.length; c++) {
                if (share[c] == 0 || sums[c][RegionSums.WEIGHT] == 0) {
                    continue;
                }
                double[] s = sums[c];
                double above = a[0] * s[RegionSums.TRUE_POSITIVE] + a[4];
                double below =
                        (a[1] + a[2]) * s[RegionSums.TRUE_POSITIVE]
                                + a[2] * s[RegionSums.FALSE_POSITIVE]
                                + a[3] * s[RegionSums.LABELLED]
                                + a[5];
                double divisor = Math.max(below, a[6]);
                double ratio = above / divisor;
                // the derivative by the ratio, and those of the ratio
                double slope = -share[c];
                if (arguments.logarithm()) {
                    to.parts()[c] = share[c] * -Math.log(Math.max(ratio, a[6]));
                    slope = ratio < a[6] ? 0 : slope / ratio;
                } else {
                    to.parts()[c] = share[c] * (1 - ratio);
                }
                double byBelow = below < a[6] ? 0 : -ratio / divisor;
                to.gradient()[c][RegionSums.TRUE_POSITIVE] =
                        slope * (a[0] / divisor + byBelow * (a[1] + a[2]));
                to.gradient()[c][RegionSums.FALSE_POSITIVE] = slope * byBelow * a[2];
                mean += to.parts()[c];
            }
            double gamma = a[7];
            if (gamma != 1) {
                // a mean of 0 can come out as -1e-17
                mean = Math.max(mean, 0);
                double factor = mean == 0 ? 0 : Math.pow(mean, gamma - 1);
                for (int c = 0; c < sums.length; c++) {
                    to.parts()[c] *= factor;
                    to.gradient()[c][RegionSums.TRUE_POSITIVE] *= gamma * factor;
                    to.gradient()[c][RegionSums.FALSE_POSITIVE] *= gamma * factor;
                }
            }
        }
    },

    /**
     * {@code 1 - (TP*TN - FP*FN) / sqrt((TP+FP)(TP+FN)(TN+FP)(TN+FN))} of the only class, each of
     * the four with eps added. Arguments: eps.
     */
    MATTHEWS("eps") {
        @Override
        void evaluate(double[][] sums, Arguments arguments, GroupLoss to) {
            double eps = arguments.numbers()[0];
            double[] s = sums[0];
            double tp = s[RegionSums.TRUE_POSITIVE] + eps;
            double fp = s[RegionSums.FALSE_POSITIVE] + eps;
            // rounding may leave differences of great sums below 0
            double fn = Math.max(s[RegionSums.LABELLED] - s[RegionSums.TRUE_POSITIVE], 0) + eps;
            double negatives = s[RegionSums.WEIGHT] - s[RegionSums.LABELLED];
            double tn = Math.max(negatives - s[RegionSums.FALSE_POSITIVE], 0) + eps;
            double root = Math.sqrt(tp + fp) * Math.sqrt(tp + fn);
            root *= Math.sqrt(tn + fp) * Math.sqrt(tn + fn);
            double above = tp * tn - fp * fn;
            double mcc = above / root;
            to.parts()[0] = 1 - mcc;
            // of the factors under the root, tp+fn and tn+fp do not depend on the prediction
            double byRoot = mcc / 2 * (1 / (tp + fp) - 1 / (tn + fn));
            to.gradient()[0][RegionSums.TRUE_POSITIVE] = byRoot - (tn + fp) / root;
            to.gradient()[0][RegionSums.FALSE_POSITIVE] = byRoot + (tp + fn) / root;
        }
    },

    /**
     * {@code 1 - (2 * sum_c v_c*TP_c + s) / (sum_c v_c*(TP_c + FP_c + Y_c) + t)} over the classes
     * that are averaged, with {@code v_c = Y_c^-k}; of a class without label, the greatest of the
     * others. Arguments: k, s, t.
     */
    GENERALIZED_DICE("power", "smooth", "smoothBelow") {
        @Override
        void evaluate(double[][] sums, Arguments arguments, GroupLoss to) {
            generalizedDice(sums, arguments, to, false);
        }
    },

    /** The mean over all elements of {@code p*(y-1)^2 + (1-p)*y^2}, Y being of squares. */
    FIT() {
        @Override
        void evaluate(double[][] sums, Arguments arguments, GroupLoss to) {
            double weight = 0;
            for (double[] s : sums) {
                weight += s[RegionSums.WEIGHT];
            }
            for (int c = 0; c < sums.length; c++) {
                double[] s = sums[c];
                to.parts()[c] =
                        (s[RegionSums.FALSE_POSITIVE]
                                        + s[RegionSums.LABELLED]
                                        - s[RegionSums.TRUE_POSITIVE])
                                / weight;
                to.gradient()[c][RegionSums.TRUE_POSITIVE] = -1 / weight;
                to.gradient()[c][RegionSums.FALSE_POSITIVE] = 1 / weight;
            }
        }
    },

    /** As {@link #GENERALIZED_DICE}, with s and t times {@code sum_c v_c}. Arguments: k, s, t. */
    GENERALIZED_DICE_IN_PIXELS("power", "smooth", "smoothBelow") {
        @Override
        void evaluate(double[][] sums, Arguments arguments, GroupLoss to) {
            generalizedDice(sums, arguments, to, true);
        }
    };

    private final String[] names;

    RegionFormula(String... names) {
        this.names = names;
    }

    /** How many arguments the formula has; class weights follow them. */
    int arguments() {
        return names.length;
    }

    String[] names() {
        return names.clone();
    }

    /** States the rule of an argument, by its name. */
    void check(OpArguments given, int argument) {
        switch (names[argument]) {
            case "eps", "gamma" -> given.positive(argument);
            case "bothBelow" -> given.finite(argument);
            default -> given.notNegative(argument);
        }
    }

    /**
     * What a formula takes beside the sums.
     *
     * @param numbers its own arguments first
     * @param logarithm whether a ratio's logarithm is taken
     * @param shares what classes count
     */
    record Arguments(double[] numbers, boolean logarithm, ClassShares shares) {}

    private static void generalizedDice(
            double[][] sums, Arguments arguments, GroupLoss to, boolean inPixels) {
        double[] a = arguments.numbers();
        boolean[] all = new boolean[sums.length];
        Arrays.fill(all, true);
        double[] share = arguments.shares().of(all);
        double[] v = new double[sums.length];
        double greatest = 0;
        for (int c = 0; c < v.length; c++) {
            double labelled = sums[c][RegionSums.LABELLED];
            v[c] = share[c] == 0 ? 0 : Math.pow(labelled, -a[0]);
            greatest = Double.isInfinite(v[c]) ? greatest : Math.max(greatest, v[c]);
        }
        double unit = 0;
        for (int c = 0; c < v.length; c++) {
            v[c] = Math.min(v[c], greatest);
            unit += v[c];
        }
        // with no weight at all the loss is 1 - s/t in any unit
        unit = inPixels && unit > 0 ? unit : 1;
        double s = a[1] * unit;
        double t = a[2] * unit;
        double above = s;
        double below = t;
        for (int c = 0; c < v.length; c++) {
            double both = sums[c][RegionSums.TRUE_POSITIVE];
            double predicted = both + sums[c][RegionSums.FALSE_POSITIVE];
            above += 2 * v[c] * both;
            below += v[c] * (predicted + sums[c][RegionSums.LABELLED]);
        }
        for (int c = 0; c < v.length; c++) {
            double own =
                    sums[c][RegionSums.FALSE_POSITIVE]
                            + sums[c][RegionSums.LABELLED]
                            - sums[c][RegionSums.TRUE_POSITIVE];
            to.parts()[c] = (v[c] * own + share[c] * (t - s)) / below;
            double byBelow = v[c] * above / (below * below);
            to.gradient()[c][RegionSums.TRUE_POSITIVE] = byBelow - 2 * v[c] / below;
            to.gradient()[c][RegionSums.FALSE_POSITIVE] = byBelow;
        }
    }

    /**
     * Finds the loss of a group.
     *
     * @param sums the sums of each class
     * @param arguments what else it takes
     * @param to gets what each class contributes, and the derivatives by the sums that depend on
     *     the prediction
     */
    abstract void evaluate(double[][] sums, Arguments arguments, GroupLoss to);
}
