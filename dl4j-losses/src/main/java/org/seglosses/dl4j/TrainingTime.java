package org.seglosses.dl4j;

/**
 * When in a training a loss is computed: what schedules of its weights depend on. The numbers are
 * those that a schedule of the learning rate is given in the same step.
 *
 * @param iteration how many iterations the network has done, 0 in the first
 * @param epoch how many epochs the network has done, 0 in the first
 */
public record TrainingTime(int iteration, int epoch) {

    /**
     * Checks the time.
     *
     * @param iteration as the record says
     * @param epoch as the record says
     * @throws IllegalArgumentException if one is negative
     */
    public TrainingTime {
        if (iteration < 0 || epoch < 0) {
            throw new IllegalArgumentException(
                    "iteration and epoch must be at least 0, got " + iteration + " and " + epoch);
        }
    }
}
