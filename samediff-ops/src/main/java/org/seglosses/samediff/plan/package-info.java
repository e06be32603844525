/**
 * Runs a SameDiff graph whose shapes are fixed many times without allocating.
 *
 * <p>SameDiff's own session looks up, shapes and allocates every intermediate array at every call,
 * which costs more than the arithmetic of a typical loss. A {@link
 * org.seglosses.samediff.plan.GraphPlan} does all of that once for given input shapes and types:
 * what depends on constants and shapes alone is folded, the rest becomes a flat list of steps over
 * buffers that are shared by values which are not alive at the same time. {@link
 * org.seglosses.samediff.plan.Gradients} appends the backward pass to the same graph, so that one
 * plan yields a value and its gradient in one run.
 *
 * <p>What may enter this package: what any static SameDiff graph needs. It knows nothing of losses,
 * of segmentation or of single ops written in Java; such an op becomes part of a plan by
 * implementing {@link org.seglosses.samediff.plan.PlannedOp}.
 */
package org.seglosses.samediff.plan;
