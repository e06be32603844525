/**
 * Looks at training data before it trains anything: label masks that DL4J would lose on the way.
 *
 * <p>What lives here knows arrays and iterators only, neither networks nor losses.
 */
package org.seglosses.dl4j.data;
