package org.seglosses.samediff.loss;

import org.nd4j.autodiff.samediff.SDVariable;

import java.util.List;

/**
 * What a loss is made of, in a graph: contributions of the classes of images, or components.
 *
 * @param contributions what each class of each image contributes, {@code [N,C]}, or each class of
 *     the batch, {@code [1,C]}; null for a sum of components
 * @param ofImages whether the loss is the mean over images of their contributions' sums, and not
 *     the sum of all
 * @param components the components; none where there are contributions
 */
public record LossParts(SDVariable contributions, boolean ofImages, List<Component> components) {

    /**
     * A component of a loss.
     *
     * @param name what to call it
     * @param weight its weight in the loss, a scalar
     * @param parts what it is made of
     */
    public record Component(String name, SDVariable weight, LossParts parts) {

        /**
         * A component that is a loss.
         *
         * @param weight its weight
         * @param loss the loss
         * @param graph what the loss is computed from
         * @return the component
         */
        public static Component of(double weight, SegmentationLoss loss, LossGraph graph) {
            return of(loss.getClass().getSimpleName(), weight, loss.parts(graph), graph);
        }

        /**
         * A component.
         *
         * @param name what to call it
         * @param weight its weight
         * @param parts what it is made of
         * @param graph the graph of the parts
         * @return the component
         */
        public static Component of(String name, double weight, LossParts parts, LossGraph graph) {
            return new Component(name, graph.sameDiff().constant(weight), parts);
        }
    }

    /**
     * A loss that is the sum of contributions.
     *
     * @param contributions {@code [N,C]} or {@code [1,C]}
     * @return its parts
     */
    public static LossParts sum(SDVariable contributions) {
        return of(contributions, false);
    }

    /**
     * A loss that is the sum of contributions, or the mean over images of their sums.
     *
     * @param contributions {@code [N,C]}, or for a sum {@code [1,C]} too
     * @param meanOfImages whether it is the mean
     * @return its parts
     */
    public static LossParts of(SDVariable contributions, boolean meanOfImages) {
        return new LossParts(contributions, meanOfImages, List.of());
    }

    /**
     * A loss that is a weighted sum of others.
     *
     * @param components the others
     * @return its parts
     */
    public static LossParts of(Component... components) {
        return new LossParts(null, false, List.of(components));
    }
}
