/**
 * What a loss costs where it is used: in a training step, and in a whole training beside PyTorch's,
 * of the earth example's network on the earth example's tiles.
 *
 * <p>{@link org.seglosses.benchmarks.training.TrainingStep} and {@link
 * org.seglosses.benchmarks.training.WholeTraining} are the commands.
 */
package org.seglosses.benchmarks.training;
