/**
 * Plain SameDiff, without DL4J's networks: a small U-Net as a graph of its own, trained with two of
 * the library's losses, saved, and trained on in a fresh JVM.
 *
 * <p>{@link org.seglosses.examples.samediff.SameDiffExample} is the command; {@code Net} is what a
 * user would write.
 */
package org.seglosses.examples.samediff;
