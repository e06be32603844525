package org.seglosses.samediff.loss;

import org.nd4j.autodiff.samediff.SDVariable;
import org.seglosses.samediff.op.RegionLosses;

import java.util.EnumSet;
import java.util.Set;
import java.util.function.Function;

/**
 * F-beta loss: one minus the F-beta score of the predicted regions, averaged over classes; recall
 * counts beta times as much as precision.
 *
 * <p>With the sums I, P and Y of {@link RegionOptions}, {@code s = smooth} and {@code b = beta^2},
 * a class's score is {@code ((1+b)*I + s) / max(b*Y + P + s, eps)}; the loss is the mean over
 * classes of {@code 1 - score}, or with {@code logLoss} of {@code -log max(score, eps)}. With beta
 * 1 it is {@link Dice}; without smoothing it is {@link Tversky} of {@code alpha = 1/(1+b)} and
 * {@code beta = b/(1+b)}.
 *
 * <p>All modes; labels may be soft, vectors or elements from 0 to 1; fractional masks are per-pixel
 * weights. Nothing valid: value 0, gradient 0; an image with nothing valid counts as 0 in the mean
 * over images.
 *
 * <p>Source: Pastor-Pellicer et al., F-Measure as the Error Function to Train Neural Networks,
 * 2013; Hashemi et al., Asymmetric Loss Functions and Deep Densely-Connected Networks for
 * Highly-Imbalanced Medical Image Segmentation, 2018.
 *
 * @param beta how much more recall counts than precision, between 1e-5 and 1e5; 2 by default
 * @param options smoothing, absent classes and the mean over classes
 * @param ignoreIndex the label of void pixels (or elements), or null, the default
 * @param mode the mode, or null to take it from the activation or the number of channels
 */
public record FBeta(double beta, RegionOptions options, Integer ignoreIndex, Mode mode)
        implements SegmentationLoss {

    /**
     * Checks the parameters.
     *
     * @param beta as the record says
     * @param options as the record says
     * @param ignoreIndex as the record says
     * @param mode as the record says
     * @throws IllegalArgumentException if one is out of its range
     */
    public FBeta {
        Rules.require(
                beta >= 1e-5 && beta <= 1e5,
                "beta",
                "between 1e-5 and 1e5, as its square counts",
                beta);
        Rules.requireGiven(options, "options");
        Rules.require(
                !options.squaredDenominator(),
                "squaredDenominator",
                "false, as scores of squares exceed 1",
                true);
    }

    /**
     * Starts a definition with the defaults.
     *
     * @return a builder
     */
    public static Builder<FBeta> builder() {
        return builder(Function.identity());
    }

    /**
     * Starts a definition with the defaults, for a class that wraps it.
     *
     * @param <T> what the builder builds
     * @param finish makes it of the definition
     * @return a builder
     */
    public static <T> Builder<T> builder(Function<FBeta, T> finish) {
        return new Builder<>(finish);
    }

    @Override
    public Set<Mode> modes() {
        return EnumSet.allOf(Mode.class);
    }

    @Override
    public boolean perImage() {
        return options.perImage();
    }

    @Override
    public SDVariable groupLosses(LossGraph graph, boolean eachImage) {
        double b = beta * beta;
        return options.groupLosses(graph, eachImage, 1 + b, 0, 1, b, 1);
    }

    @Override
    public LossParts parts(LossGraph graph) {
        return LossParts.of(RegionLosses.ofClasses(groupLosses(graph, perImage())), perImage());
    }

    /**
     * Builds the definition or what wraps it.
     *
     * @param <T> what is built
     */
    public static final class Builder<T> extends RegionBuilder<Builder<T>> {

        private final Function<FBeta, T> finish;
        private double beta = 2;

        private Builder(Function<FBeta, T> finish) {
            this.finish = finish;
        }

        @Override
        Builder<T> self() {
            return this;
        }

        /**
         * Sets how much more recall counts than precision, 2 by default.
         *
         * @param beta between 1e-5 and 1e5
         * @return this
         */
        public Builder<T> beta(double beta) {
            this.beta = beta;
            return this;
        }

        /**
         * Builds it.
         *
         * @return what is built
         * @throws IllegalArgumentException if a parameter is out of its range
         */
        public T build() {
            return finish.apply(new FBeta(beta, options(), ignoreIndex, mode));
        }
    }
}
