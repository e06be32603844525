package org.seglosses.samediff.loss;

import org.nd4j.autodiff.samediff.SDVariable;
import org.seglosses.samediff.op.RegionLosses;

import java.util.EnumSet;
import java.util.Set;
import java.util.function.Function;

/**
 * Dice loss: one minus the Dice score (F1) of the predicted regions, averaged over classes.
 *
 * <p>With the sums I, P and Y of {@link RegionOptions} and {@code s = smooth}, a class's score is
 * {@code (2*I + s) / max(P + Y + s, eps)}; the loss is the mean over classes of {@code 1 - score},
 * or with {@code logLoss} of {@code -log max(score, eps)}.
 *
 * <p>All modes; labels may be soft, vectors or elements from 0 to 1; fractional masks are per-pixel
 * weights. Nothing valid: value 0, gradient 0; an image with nothing valid counts as 0 in the mean
 * over images.
 *
 * <p>Differences: MONAI does not divide by the sum of the class weights; geo-deep-learning takes
 * any mode that it does not know for {@link Mode#MULTILABEL}.
 *
 * <p>Source: Milletari et al., V-Net, 2016; segmentation_models.pytorch {@code DiceLoss};
 * NRCan/geo-deep-learning {@code DiceLoss}; the Kaggle notebook "Loss Function Library" {@code
 * DiceLoss}; Project-MONAI/MONAI {@code DiceLoss}.
 *
 * @param options smoothing, absent classes and the mean over classes
 * @param ignoreIndex the label of void pixels (or elements), or null, the default
 * @param mode the mode, or null to take it from the activation or the number of channels
 */
public record Dice(RegionOptions options, Integer ignoreIndex, Mode mode)
        implements SegmentationLoss {

    /**
     * Checks the parameters.
     *
     * @param options as the record says
     * @param ignoreIndex as the record says
     * @param mode as the record says
     * @throws IllegalArgumentException if one is out of its range
     */
    public Dice {
        Rules.requireGiven(options, "options");
    }

    /**
     * Starts a definition with the defaults.
     *
     * @return a builder
     */
    public static Builder<Dice> builder() {
        return builder(Function.identity());
    }

    /**
     * Starts a definition with the defaults, for a class that wraps it.
     *
     * @param <T> what the builder builds
     * @param finish makes it of the definition
     * @return a builder
     */
    public static <T> Builder<T> builder(Function<Dice, T> finish) {
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
        return options.groupLosses(graph, eachImage, 2, 0, 1, 1, 1);
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

        private final Function<Dice, T> finish;

        private Builder(Function<Dice, T> finish) {
            this.finish = finish;
        }

        @Override
        Builder<T> self() {
            return this;
        }

        /**
         * Starts from the options of NRCan/geo-deep-learning: 1 added above and below.
         *
         * @return this
         */
        public Builder<T> gdl() {
            return preset(1, false, AbsentClass.ZERO, null);
        }

        /**
         * Builds it.
         *
         * @return what is built
         * @throws IllegalArgumentException if a parameter is out of its range
         */
        public T build() {
            return finish.apply(new Dice(options(), ignoreIndex, mode));
        }
    }
}
