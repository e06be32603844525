/**
 * The output layer that hands a loss whole images: logits of rank 4 and labels as class indices,
 * where DL4J's own {@code CnnLossLayer} flattens to rows and insists on one-hot labels.
 */
package org.seglosses.dl4j.layer;
