/**
 * The side-by-side run: the same losses on the same arrays in PyTorch, in this library and, where
 * it has one, in DL4J itself, taking turns in one session on one machine.
 *
 * <p>{@link org.seglosses.benchmarks.compare.Comparison} is the command. A {@code LossCase} says
 * what is compared and how much of the other side's time it may take, {@code Inputs} makes the
 * arrays, a {@code Contender} is one side, {@code SideBySide} lets the contenders take turns,
 * {@code Scaling} does so with our own losses at several sizes, {@code Memory} is what each side
 * takes, and {@code Report} lays out the figures. {@code TwoBuilds} lets this build and an older
 * one take turns, each a {@code Worker} in a JVM of its own. A new loss is one more constant in
 * {@code LossCase} and one more formula in {@code reference_peer.py}; a new kind of input is one
 * more value in its list.
 */
package org.seglosses.benchmarks.compare;
