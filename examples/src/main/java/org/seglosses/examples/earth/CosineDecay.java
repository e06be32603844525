package org.seglosses.examples.earth;

import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * A learning rate that falls from {@code start} to 0 along half a cosine, a step at a time (DL4J
 * has no such schedule).
 *
 * @param start the first step's rate
 * @param steps the number of steps until 0
 */
record CosineDecay(@JsonProperty("start") double start, @JsonProperty("steps") int steps)
        implements ISchedule {

    private static final long serialVersionUID = 1L;

    @Override
    public double valueAt(int iteration, int epoch) {
        double done = Math.min(1.0, (double) iteration / steps);
        return start * 0.5 * (1 + Math.cos(Math.PI * done));
    }

    @Override
    public ISchedule clone() {
        return this;
    }
}
