package org.seglosses.samediff.loss;

import org.nd4j.autodiff.samediff.SDVariable;
import org.seglosses.samediff.op.ElementMeans;
import org.seglosses.samediff.op.ElementSums;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Binary cross entropy with logits: label smoothing, weights of channels and of positives, soft
 * labels.
 *
 * <p>With {@code y' = y*(1-s) + (1-y)*s}, channel weights v, positive weights r and the weight w of
 * each valid element, an element's term is {@code w * v_c * (-r_c * y' * log sigmoid(z) - (1-y') *
 * log sigmoid(-z))}; the loss is the sum of the terms divided as {@code normalizeBy} says, by
 * default by the sum of {@code w * v_c}.
 *
 * <p>Modes {@link Mode#BINARY} and {@link Mode#MULTILABEL}; labels may be soft, elements from 0 to
 * 1; fractional masks are per-pixel weights. Computed with softplus, so finite for any finite
 * logits. Nothing valid, or a weight sum of 0: value 0, gradient 0.
 *
 * <p>Differences: smp and PyTorch divide by the number of all elements ({@link
 * NormalizeBy#ALL_PIXELS}).
 *
 * <p>Source: segmentation_models.pytorch {@code SoftBCEWithLogitsLoss}; PyTorch {@code
 * BCEWithLogitsLoss}; bermanmaxim/LovaszSoftmax {@code binary_xloss}.
 *
 * @param smoothing label smoothing s, in [0,1]; 0 by default
 * @param classWeights a weight for each channel, not negative; none by default, which is 1 for all
 * @param posWeight a factor for the positive part of each channel, not negative; none by default
 * @param ignoreIndex the label of void elements, or null; -100 by default
 * @param normalizeBy what the sum is divided by; {@link NormalizeBy#VALID} by default
 * @param mode the mode, or null to take it from the activation or the number of channels
 */
public record SoftBce(
        double smoothing,
        List<Double> classWeights,
        List<Double> posWeight,
        Integer ignoreIndex,
        NormalizeBy normalizeBy,
        Mode mode)
        implements SegmentationLoss {

    /**
     * Checks the parameters.
     *
     * @param smoothing as the record says
     * @param classWeights as the record says
     * @param posWeight as the record says
     * @param ignoreIndex as the record says
     * @param normalizeBy as the record says
     * @param mode as the record says
     * @throws IllegalArgumentException if one is out of its range
     */
    public SoftBce {
        Rules.require(smoothing >= 0 && smoothing <= 1, "smoothing", "in [0,1]", smoothing);
        classWeights = Rules.classWeights(classWeights);
        posWeight = Rules.weights(posWeight, "posWeight");
        Rules.requireGiven(normalizeBy, "normalizeBy");
        Rules.require(mode != Mode.MULTICLASS, "mode", "BINARY or MULTILABEL", mode);
    }

    /**
     * Starts a definition with the defaults.
     *
     * @return a builder
     */
    public static Builder<SoftBce> builder() {
        return builder(Function.identity());
    }

    /**
     * Starts a definition with the defaults, for a class that wraps it.
     *
     * @param <T> what the builder builds
     * @param finish makes it of the definition
     * @return a builder
     */
    public static <T> Builder<T> builder(Function<SoftBce, T> finish) {
        return new Builder<>(finish);
    }

    @Override
    public Set<Mode> modes() {
        return EnumSet.of(Mode.BINARY, Mode.MULTILABEL);
    }

    @Override
    public SDVariable groupLosses(LossGraph graph, boolean eachImage) {
        SDVariable sums =
                graph.elementSums(
                        graph.target(),
                        ElementSums.Entropy.SIGMOID,
                        ElementSums.Modulation.smoothed(smoothing),
                        posWeight,
                        false);
        return ElementMeans.of(sums, normalizeBy.divisor(), eachImage, classWeights, graph.type());
    }

    @Override
    public LossParts parts(LossGraph graph) {
        return LossParts.sum(ElementMeans.ofClasses(groupLosses(graph, false)));
    }

    /**
     * Builds the definition or what wraps it.
     *
     * @param <T> what is built
     */
    public static final class Builder<T> {

        private final Function<SoftBce, T> finish;
        private double smoothing;
        private List<Double> classWeights = List.of();
        private List<Double> posWeight = List.of();
        private Integer ignoreIndex = -100;
        private NormalizeBy normalizeBy = NormalizeBy.VALID;
        private Mode mode;

        private Builder(Function<SoftBce, T> finish) {
            this.finish = finish;
        }

        /**
         * Sets the label smoothing, 0 by default.
         *
         * @param smoothing how far labels move towards each other, in [0,1]
         * @return this
         */
        public Builder<T> smoothing(double smoothing) {
            this.smoothing = smoothing;
            return this;
        }

        /**
         * Sets the weights of the channels, 1 for all by default.
         *
         * @param classWeights a weight for each channel, finite and not negative
         * @return this
         */
        public Builder<T> classWeights(double... classWeights) {
            this.classWeights = Rules.list(classWeights, "classWeights");
            return this;
        }

        /**
         * Sets a factor for the positive part of each channel, 1 for all by default.
         *
         * @param posWeight a factor for each channel, finite and not negative
         * @return this
         */
        public Builder<T> posWeight(double... posWeight) {
            this.posWeight = Rules.list(posWeight, "posWeight");
            return this;
        }

        /**
         * Sets the label of void elements, -100 by default.
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
         * Names the mode; by default the activation or the number of channels tells it.
         *
         * @param mode the mode, or null
         * @return this
         */
        public Builder<T> mode(Mode mode) {
            this.mode = mode;
            return this;
        }

        /**
         * Starts from the options of segmentation_models.pytorch: divided by the number of all
         * elements.
         *
         * @return this
         */
        public Builder<T> smp() {
            return smoothing(0)
                    .classWeights()
                    .posWeight()
                    .ignoreIndex(-100)
                    .normalizeBy(NormalizeBy.ALL_PIXELS)
                    .mode(null);
        }

        /**
         * Builds it.
         *
         * @return what is built
         * @throws IllegalArgumentException if a parameter is out of its range
         */
        public T build() {
            return finish.apply(
                    new SoftBce(
                            smoothing, classWeights, posWeight, ignoreIndex, normalizeBy, mode));
        }
    }
}
