package org.seglosses.samediff.loss;

import org.nd4j.autodiff.samediff.SDVariable;
import org.seglosses.samediff.op.ElementMeans;
import org.seglosses.samediff.op.ElementSums;
import org.seglosses.samediff.op.NormalizedSums;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Softmax cross entropy with label smoothing and class weights.
 *
 * <p>With probabilities {@code p = softmax(z)} over C classes, label y, class weights v, mask
 * weight w and smoothing s, a pixel's term is {@code w * ((1-s) * v_y * -log p_y + s/C * sum_c v_c
 * * -log p_c)}; the loss is the sum of the terms over the valid pixels divided as {@code
 * normalizeBy} says, by default by the sum of {@code w * v_y}. Soft labels, vectors {@code
 * [N,C,H,W]} of non-negative numbers, are the same formula, linear in y; a graph takes them where
 * the labels' shape is declared with C channels.
 *
 * <p>Mode {@link Mode#MULTICLASS}; fractional masks are per-pixel weights. Computed as log-softmax,
 * so finite for any finite logits. Nothing valid, or a weight sum of 0: value 0, gradient 0.
 *
 * <p>Differences: smp divides by the number of all pixels ({@link NormalizeBy#ALL_PIXELS}); PyTorch
 * divides soft labels by the number of pixels, not by their weights.
 *
 * <p>Source: segmentation_models.pytorch {@code SoftCrossEntropyLoss}; PyTorch {@code
 * CrossEntropyLoss}; label smoothing: Szegedy et al., Rethinking the Inception Architecture, 2016.
 *
 * @param smoothing label smoothing s, in [0,1]; 0 by default
 * @param classWeights a weight for each class, not negative; none by default, which is 1 for all
 * @param ignoreIndex the index label of void pixels, or null; -100 by default
 * @param normalizeBy what the sum is divided by; {@link NormalizeBy#VALID} by default
 */
public record CrossEntropy(
        double smoothing, List<Double> classWeights, Integer ignoreIndex, NormalizeBy normalizeBy)
        implements SegmentationLoss {

    /**
     * Checks the parameters.
     *
     * @param smoothing as the record says
     * @param classWeights as the record says
     * @param ignoreIndex as the record says
     * @param normalizeBy as the record says
     * @throws IllegalArgumentException if one is out of its range
     */
    public CrossEntropy {
        Rules.require(smoothing >= 0 && smoothing <= 1, "smoothing", "in [0,1]", smoothing);
        classWeights = Rules.classWeights(classWeights);
        Rules.requireGiven(normalizeBy, "normalizeBy");
    }

    /**
     * Starts a definition with the defaults.
     *
     * @return a builder
     */
    public static Builder<CrossEntropy> builder() {
        return builder(Function.identity());
    }

    /**
     * Starts a definition with the defaults, for a class that wraps it.
     *
     * @param <T> what the builder builds
     * @param finish makes it of the definition
     * @return a builder
     */
    public static <T> Builder<T> builder(Function<CrossEntropy, T> finish) {
        return new Builder<>(finish);
    }

    @Override
    public Set<Mode> modes() {
        return EnumSet.of(Mode.MULTICLASS);
    }

    @Override
    public SDVariable groupLosses(LossGraph graph, boolean eachImage) {
        SDVariable sums = graph.crossEntropySums(classWeights, smoothing);
        return NormalizedSums.of(sums, normalizeBy.divisor(), eachImage, graph.type());
    }

    @Override
    public LossParts parts(LossGraph graph) {
        SDVariable sums =
                graph.elementSums(
                        graph.target(),
                        ElementSums.Entropy.SOFTMAX,
                        ElementSums.Modulation.smoothed(smoothing),
                        List.of(),
                        false);
        SDVariable mean =
                ElementMeans.of(sums, normalizeBy.divisor(), false, classWeights, graph.type());
        return LossParts.sum(ElementMeans.ofClasses(mean));
    }

    /**
     * Builds the definition or what wraps it.
     *
     * @param <T> what is built
     */
    public static final class Builder<T> {

        private final Function<CrossEntropy, T> finish;
        private double smoothing;
        private List<Double> classWeights = List.of();
        private Integer ignoreIndex = -100;
        private NormalizeBy normalizeBy = NormalizeBy.VALID;

        private Builder(Function<CrossEntropy, T> finish) {
            this.finish = finish;
        }

        /**
         * Sets the label smoothing, 0 by default.
         *
         * @param smoothing the share of each label that is spread over all classes, in [0,1]
         * @return this
         */
        public Builder<T> smoothing(double smoothing) {
            this.smoothing = smoothing;
            return this;
        }

        /**
         * Sets the class weights, 1 for all by default.
         *
         * @param classWeights a weight for each class, finite and not negative
         * @return this
         */
        public Builder<T> classWeights(double... classWeights) {
            this.classWeights = Rules.list(classWeights, "classWeights");
            return this;
        }

        /**
         * Sets the index label of void pixels, -100 by default.
         *
         * @param ignoreIndex the label, or null for none
         * @return this
         */
        public Builder<T> ignoreIndex(Integer ignoreIndex) {
            this.ignoreIndex = ignoreIndex;
            return this;
        }

        /**
         * Sets what the sum is divided by, {@link NormalizeBy#VALID} by default.
         *
         * @param normalizeBy the divisor
         * @return this
         */
        public Builder<T> normalizeBy(NormalizeBy normalizeBy) {
            this.normalizeBy = normalizeBy;
            return this;
        }

        /**
         * Builds it.
         *
         * @return what is built
         * @throws IllegalArgumentException if a parameter is out of its range
         */
        public T build() {
            return finish.apply(
                    new CrossEntropy(smoothing, classWeights, ignoreIndex, normalizeBy));
        }
    }
}
