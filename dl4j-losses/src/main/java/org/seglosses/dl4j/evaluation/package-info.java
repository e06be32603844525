/**
 * How good a segmentation is: the confusion matrix and what follows from it, and the boundary F1.
 *
 * <p>What lives here speaks DL4J's evaluation contracts ({@link org.nd4j.evaluation.IEvaluation},
 * {@link org.deeplearning4j.earlystopping.scorecalc.ScoreCalculator}) and judges the output of any
 * network. Losses and layers it knows only where it reads off a network how to judge it.
 *
 * <p>{@link org.seglosses.dl4j.evaluation.ClassMapReader} opens its reading of labels and masks to
 * whoever else counts pixels.
 */
package org.seglosses.dl4j.evaluation;
