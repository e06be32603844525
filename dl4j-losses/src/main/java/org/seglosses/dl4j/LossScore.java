package org.seglosses.dl4j;

import java.util.List;

/**
 * A score and what it is made of.
 *
 * @param score {@code n * l}, the score that DL4J asks for, where n is the number of examples and l
 *     the sum of {@code weight * value} over the components
 * @param components the terms of a sum in their order; of any other loss itself, with weight 1
 */
public record LossScore(double score, List<LossComponent> components) {

    /**
     * Keeps a copy of the components.
     *
     * @param score as the record says
     * @param components as the record says
     */
    public LossScore {
        components = List.copyOf(components);
    }
}
