package org.seglosses.samediff.loss;

import org.nd4j.autodiff.samediff.SDVariable;
import org.seglosses.samediff.op.RegionLosses;

import java.util.EnumSet;
import java.util.Set;
import java.util.function.Function;

/**
 * Tversky loss: Dice loss with false positives and false negatives weighted apart; focal Tversky
 * loss by gamma.
 *
 * <p>With the sums I, P and Y of {@link RegionOptions}, {@code FP = P - I}, {@code FN = Y - I} and
 * {@code s = smooth}, a class's score is {@code (I + s) / max(I + alpha*FP + beta*FN + s, eps)};
 * the loss is {@code m^gamma} with m the mean over classes of {@code 1 - score}, or with {@code
 * logLoss} of {@code -log max(score, eps)}. With alpha and beta 1/2 it is Dice loss with a
 * smoothing of 2s, with 1 Jaccard loss.
 *
 * <p>All modes; labels may be soft, vectors or elements from 0 to 1; fractional masks are per-pixel
 * weights. Nothing valid: value 0, gradient 0; an image with nothing valid counts as 0 in the mean
 * over images. Where the loss is 0 and gamma below 1, the gradient is 0.
 *
 * <p>Differences: none from smp where its gradient is defined. Abraham and Khan write the focal
 * loss as a sum over classes with the power {@code 1/gamma}.
 *
 * <p>Source: Salehi et al., Tversky loss function for image segmentation, 2017; Abraham and Khan, A
 * novel focal Tversky loss function, 2019; segmentation_models.pytorch {@code TverskyLoss};
 * Project-MONAI/MONAI {@code TverskyLoss}.
 *
 * @param alpha the weight of false positives, 0 or between 1e-10 and 1e10; 0.5 by default
 * @param beta the weight of false negatives, 0 or between 1e-10 and 1e10; 0.5 by default
 * @param gamma the power of the mean over classes, between 1e-10 and 10; 1 by default
 * @param options smoothing, absent classes and the mean over classes
 * @param ignoreIndex the label of void pixels (or elements), or null, the default
 * @param mode the mode, or null to take it from the activation or the number of channels
 */
public record Tversky(
        double alpha,
        double beta,
        double gamma,
        RegionOptions options,
        Integer ignoreIndex,
        Mode mode)
        implements SegmentationLoss {

    /**
     * Checks the parameters.
     *
     * @param alpha as the record says
     * @param beta as the record says
     * @param gamma as the record says
     * @param options as the record says
     * @param ignoreIndex as the record says
     * @param mode as the record says
     * @throws IllegalArgumentException if one is out of its range
     */
    public Tversky {
        Rules.requireScale(alpha, "alpha");
        Rules.requireScale(beta, "beta");
        Rules.requirePower(gamma, "gamma");
        Rules.requireGiven(options, "options");
        Rules.require(
                !options.squaredDenominator(),
                "squaredDenominator",
                "false, as false positives and negatives have no squares",
                true);
    }

    /**
     * Starts a definition with the defaults.
     *
     * @return a builder
     */
    public static Builder<Tversky> builder() {
        return builder(Function.identity());
    }

    /**
     * Starts a definition with the defaults, for a class that wraps it.
     *
     * @param <T> what the builder builds
     * @param finish makes it of the definition
     * @return a builder
     */
    public static <T> Builder<T> builder(Function<Tversky, T> finish) {
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
        return options.groupLosses(graph, eachImage, 1, 1 - alpha - beta, alpha, beta, gamma);
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

        private final Function<Tversky, T> finish;
        private double alpha = 0.5;
        private double beta = 0.5;
        private double gamma = 1;

        private Builder(Function<Tversky, T> finish) {
            this.finish = finish;
        }

        @Override
        Builder<T> self() {
            return this;
        }

        /**
         * Sets the weight of false positives, 0.5 by default.
         *
         * @param alpha 0 or between 1e-10 and 1e10
         * @return this
         */
        public Builder<T> alpha(double alpha) {
            this.alpha = alpha;
            return this;
        }

        /**
         * Sets the weight of false negatives, 0.5 by default.
         *
         * @param beta 0 or between 1e-10 and 1e10
         * @return this
         */
        public Builder<T> beta(double beta) {
            this.beta = beta;
            return this;
        }

        /**
         * Sets the power of the mean over classes, 1 by default.
         *
         * @param gamma between 1e-10 and 10
         * @return this
         */
        public Builder<T> gamma(double gamma) {
            this.gamma = gamma;
            return this;
        }

        /**
         * Builds it.
         *
         * @return what is built
         * @throws IllegalArgumentException if a parameter is out of its range
         */
        public T build() {
            return finish.apply(new Tversky(alpha, beta, gamma, options(), ignoreIndex, mode));
        }
    }
}
