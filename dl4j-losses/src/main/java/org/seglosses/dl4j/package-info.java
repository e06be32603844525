/**
 * The losses as DL4J's {@code ILossFunction}: one small class a loss over its definition in {@code
 * org.seglosses.samediff.loss}, and the engine that they share. A new loss is a definition there
 * and one class like {@link org.seglosses.dl4j.LossBoundary} here.
 */
package org.seglosses.dl4j;
