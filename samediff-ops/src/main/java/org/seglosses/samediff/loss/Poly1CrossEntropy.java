package org.seglosses.samediff.loss;

import org.nd4j.autodiff.samediff.SDVariable;
import org.seglosses.samediff.op.ElementMeans;
import org.seglosses.samediff.op.ElementSums;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Poly-1 cross entropy: softmax cross entropy with its first polynomial coefficient raised.
 *
 * <p>With {@code e = -log p_y}, class weights v and the weight w of each valid pixel, a pixel's
 * term is {@code w * v_y * (e + epsilon * (1 - p_y))}; the loss is the sum of the terms divided as
 * {@code normalizeBy} says, by default by the sum of {@code w * v_y}.
 *
 * <p>Mode {@link Mode#MULTICLASS}; labels may be soft, vectors of numbers from 0 to 1: {@code
 * exp(-e)} with {@code e = sum_c y_c*e_c} is in the place of p_y, {@code sum_c v_c*y_c*e_c} in that
 * of {@code v_y*e}, {@code sum_c v_c*y_c} in that of v_y. Fractional masks are per-pixel weights.
 * Nothing valid, or a weight sum of 0: value 0, gradient 0.
 *
 * <p>Source: Leng et al., PolyLoss: A Polynomial Expansion Perspective of Classification Loss
 * Functions, 2022.
 *
 * @param epsilon what is added to the first coefficient, 0 or between 1e-10 and 1e10; 1 by default
 * @param classWeights a weight for each class, not negative; none by default, which is 1 for all
 * @param ignoreIndex the label of void pixels (or elements), or null, the default
 * @param normalizeBy what the sum is divided by; {@link NormalizeBy#VALID} by default
 */
public record Poly1CrossEntropy(
        double epsilon, List<Double> classWeights, Integer ignoreIndex, NormalizeBy normalizeBy)
        implements SegmentationLoss {

    /**
     * Checks the parameters.
     *
     * @param epsilon as the record says
     * @param classWeights as the record says
     * @param ignoreIndex as the record says
     * @param normalizeBy as the record says
     * @throws IllegalArgumentException if one is out of its range
     */
    public Poly1CrossEntropy {
        Rules.requireScale(epsilon, "epsilon");
        classWeights = Rules.classWeights(classWeights);
        Rules.requireGiven(normalizeBy, "normalizeBy");
    }

    /**
     * Starts a definition with the defaults.
     *
     * @return a builder
     */
    public static Builder<Poly1CrossEntropy> builder() {
        return builder(Function.identity());
    }

    /**
     * Starts a definition with the defaults, for a class that wraps it.
     *
     * @param <T> what the builder builds
     * @param finish makes it of the definition
     * @return a builder
     */
    public static <T> Builder<T> builder(Function<Poly1CrossEntropy, T> finish) {
        return new Builder<>(finish);
    }

    @Override
    public Set<Mode> modes() {
        return EnumSet.of(Mode.MULTICLASS);
    }

    @Override
    public SDVariable groupLosses(LossGraph graph, boolean eachImage) {
        SDVariable sums =
                graph.elementSums(
                        graph.target(),
                        ElementSums.Entropy.SOFTMAX,
                        ElementSums.Modulation.poly(epsilon),
                        List.of(),
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

        private final Function<Poly1CrossEntropy, T> finish;
        private double epsilon = 1;
        private List<Double> classWeights = List.of();
        private Integer ignoreIndex;
        private NormalizeBy normalizeBy = NormalizeBy.VALID;

        private Builder(Function<Poly1CrossEntropy, T> finish) {
            this.finish = finish;
        }

        /**
         * Sets what is added to the first coefficient, 1 by default.
         *
         * @param epsilon 0 or between 1e-10 and 1e10
         * @return this
         */
        public Builder<T> epsilon(double epsilon) {
            this.epsilon = epsilon;
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
         * Sets the label of void pixels (or elements), none by default.
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
                    new Poly1CrossEntropy(epsilon, classWeights, ignoreIndex, normalizeBy));
        }
    }
}
