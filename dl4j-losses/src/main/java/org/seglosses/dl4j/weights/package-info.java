/**
 * What a training set says about the weights of a loss: how often each class occurs, and class
 * weights that make up for it.
 *
 * <p>What lives here looks at labels only and hands out plain numbers; it knows neither networks
 * nor losses, apart from the range that a weight may have.
 */
package org.seglosses.dl4j.weights;
