/**
 * Segmentation losses: one immutable, validated definition a loss, which adds itself to a SameDiff
 * graph.
 *
 * <p>A definition is a record of the loss's parameters with a builder. {@link
 * org.seglosses.samediff.loss.SegmentationLoss#define} puts it into a graph of yours; the DL4J
 * losses wrap the same objects. To add a loss, write one such record: its parameters and their
 * rules, and the few lines that say what it computes from what {@link
 * org.seglosses.samediff.loss.LossGraph} offers.
 */
package org.seglosses.samediff.loss;
