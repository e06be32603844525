package org.seglosses.benchmarks.compare;

import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.Locale;

/**
 * How far two sides are apart: they must have computed the same, or their times mean nothing.
 *
 * @param value difference of the values, relative to the larger one
 * @param gradient Euclidean norm of the difference of the gradients, relative to the larger norm
 */
record Agreement(double value, double gradient) {

    /** Sums of float numbers in different orders; a pixel more or less behind OHEM's threshold. */
    private static final double VALUE_TOLERANCE = 1e-4;

    /**
     * Where float numbers tie in one side's rounding and not in the other's, single pixels are
     * ranked, selected or taken for a window's maximum differently; a wrong scale or a missing term
     * is far beyond this.
     */
    private static final double GRADIENT_TOLERANCE = 1e-2;

    static Agreement of(double value, INDArray gradient, double other, INDArray otherGradient) {
        float[] ours = gradient.reshape('c', new long[] {gradient.length()}).toFloatVector();
        float[] theirs =
                otherGradient.reshape('c', new long[] {otherGradient.length()}).toFloatVector();
        if (ours.length != theirs.length) {
            return new Agreement(Double.NaN, Double.NaN);
        }
        double difference = 0;
        double norm = 0;
        double otherNorm = 0;
        for (int i = 0; i < ours.length; i++) {
            double gap = (double) ours[i] - theirs[i];
            difference += gap * gap;
            norm += (double) ours[i] * ours[i];
            otherNorm += (double) theirs[i] * theirs[i];
        }
        return new Agreement(
                relative(value - other, value, other),
                relative(Math.sqrt(difference), Math.sqrt(norm), Math.sqrt(otherNorm)));
    }

    /** Of two values alone. */
    static Agreement of(double value, double other) {
        return new Agreement(relative(value - other, value, other), 0);
    }

    private static double relative(double difference, double one, double other) {
        double scale = Math.max(Math.abs(one), Math.abs(other));
        return scale == 0 ? 0 : Math.abs(difference) / scale;
    }

    /** False for NaN too. */
    boolean holds() {
        return value <= VALUE_TOLERANCE && gradient <= GRADIENT_TOLERANCE;
    }

    String describe() {
        return String.format(
                Locale.ROOT,
                "values differ by %.1e (at most %.0e), gradients by %.1e (at most %.0e)",
                value,
                VALUE_TOLERANCE,
                gradient,
                GRADIENT_TOLERANCE);
    }
}
