package org.seglosses.samediff.plan;

/**
 * The time that one step of a plan has taken since it was built or its profile was reset.
 *
 * @param step the name of the op in the graph
 * @param op the kind of op
 * @param runs how often the step was run
 * @param nanoseconds the time of all runs together
 */
public record StepTime(String step, String op, long runs, long nanoseconds) {}
