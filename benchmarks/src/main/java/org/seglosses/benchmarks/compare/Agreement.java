package org.seglosses.benchmarks.compare;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.Locale;

/**
 * How far two sides are apart: they must have computed the same, or their times mean nothing.
 *
 * @param value difference of the values, relative to the larger one
 * @param gradient Euclidean norm of the difference of the gradients, relative to the larger norm
 * @param tolerance what each of them may be
 */
record Agreement(double value, double gradient, double tolerance) {

    /**
     * Float's rounding on our side: where saturated numbers tie in float alone, Boundary's gradient
     * goes to other pixels of a window (3e-4). A wrong scale or a missing term is far beyond this.
     */
    private static final double TOLERANCE = 1e-3;

    /**
     * Float's rounding on the other side, which only has to be about the same computation:
     * PyTorch's float value of a small Lovász-Softmax is 1.4e-3 off its own double value.
     */
    private static final double TOLERANCE_OF_FLOATS = 1e-2;

    static Agreement of(double value, INDArray gradient, double other, INDArray otherGradient) {
        return of(value, gradient, other, otherGradient, TOLERANCE);
    }

    static Agreement of(
            double value,
            INDArray gradient,
            double other,
            INDArray otherGradient,
            double tolerance) {
        double[] ours = numbers(gradient);
        double[] theirs = numbers(otherGradient);
        if (ours.length != theirs.length) {
            return new Agreement(Double.NaN, Double.NaN, tolerance);
        }
        double difference = 0;
        double norm = 0;
        double otherNorm = 0;
        for (int i = 0; i < ours.length; i++) {
            double gap = ours[i] - theirs[i];
            difference += gap * gap;
            norm += ours[i] * ours[i];
            otherNorm += theirs[i] * theirs[i];
        }
        return new Agreement(
                relative(value - other, value, other),
                relative(Math.sqrt(difference), Math.sqrt(norm), Math.sqrt(otherNorm)),
                tolerance);
    }

    /** Of the values that two sides computed in float. */
    static Agreement of(double value, double other) {
        return new Agreement(relative(value - other, value, other), 0, TOLERANCE_OF_FLOATS);
    }

    private static double[] numbers(INDArray array) {
        return array.reshape('c', new long[] {array.length()})
                .castTo(DataType.DOUBLE)
                .toDoubleVector();
    }

    private static double relative(double difference, double one, double other) {
        double scale = Math.max(Math.abs(one), Math.abs(other));
        return scale == 0 ? 0 : Math.abs(difference) / scale;
    }

    /** False for NaN too. */
    boolean holds() {
        return value <= tolerance && gradient <= tolerance;
    }

    String describe() {
        return String.format(
                Locale.ROOT,
                "values differ by %.1e, gradients by %.1e (at most %.0e)",
                value,
                gradient,
                tolerance);
    }
}
