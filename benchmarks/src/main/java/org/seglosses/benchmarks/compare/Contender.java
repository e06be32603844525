package org.seglosses.benchmarks.compare;

/** One side of a comparison: a way to get the value and the gradient of a loss. */
interface Contender {

    /** Whose figures these are: a column of the table. */
    enum Side {
        PYTORCH("PyTorch"),
        OURS("ours"),
        OURS_IN_TWO_CALLS("ours, two calls"),
        MCXENT("LossMCXENT");

        private final String title;

        Side(String title) {
            this.title = title;
        }

        String title() {
            return title;
        }
    }

    /**
     * What one turn gave.
     *
     * @param value the loss as PyTorch's {@code forward} returns it
     * @param milliseconds what each repetition took
     */
    record Turn(double value, double[] milliseconds) {}

    /** Computes value and gradient {@code repetitions} times, each of them timed. */
    Turn run(int repetitions);
}
