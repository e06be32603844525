package org.seglosses.benchmarks.compare;

import java.util.function.DoubleSupplier;

/** A side that runs in this JVM. */
final class LocalContender implements Contender {

    private static final double NANOSECONDS_IN_A_MILLISECOND = 1e6;

    private final DoubleSupplier valueAndGradient;

    /**
     * @param valueAndGradient computes both, keeps the gradient to itself and returns the value
     */
    LocalContender(DoubleSupplier valueAndGradient) {
        this.valueAndGradient = valueAndGradient;
    }

    @Override
    public Turn run(int repetitions) {
        double[] milliseconds = new double[repetitions];
        double value = Double.NaN;
        for (int i = 0; i < repetitions; i++) {
            long start = System.nanoTime();
            value = valueAndGradient.getAsDouble();
            milliseconds[i] = (System.nanoTime() - start) / NANOSECONDS_IN_A_MILLISECOND;
        }
        return new Turn(value, milliseconds);
    }
}
