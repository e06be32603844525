package org.seglosses.samediff.loss;

import org.nd4j.autodiff.samediff.SDVariable;
import org.seglosses.samediff.op.RegionLosses;

import java.util.EnumSet;
import java.util.Set;
import java.util.function.Function;

/**
 * Jaccard loss: one minus the Jaccard score (IoU) of the predicted regions, averaged over classes.
 *
 * <p>With the sums I, P and Y of {@link RegionOptions} and {@code s = smooth}, a class's score is
 * {@code (I + s) / max(P + Y - I + s, eps)}; the loss is the mean over classes of {@code 1 -
 * score}, or with {@code logLoss} of {@code -log max(score, eps)}.
 *
 * <p>All modes; labels may be soft, vectors or elements from 0 to 1; fractional masks are per-pixel
 * weights. Nothing valid: value 0, gradient 0; an image with nothing valid counts as 0 in the mean
 * over images.
 *
 * <p>Differences: MONAI's {@code DiceLoss(jaccard=True)} adds half of its smoothing, and does not
 * divide by the sum of the class weights.
 *
 * <p>Source: segmentation_models.pytorch {@code JaccardLoss}; the Kaggle notebook "Loss Function
 * Library" {@code IoULoss}.
 *
 * @param options smoothing, absent classes and the mean over classes
 * @param ignoreIndex the label of void pixels (or elements), or null, the default
 * @param mode the mode, or null to take it from the activation or the number of channels
 */
public record Jaccard(RegionOptions options, Integer ignoreIndex, Mode mode)
        implements SegmentationLoss {

    /**
     * Checks the parameters.
     *
     * @param options as the record says
     * @param ignoreIndex as the record says
     * @param mode as the record says
     * @throws IllegalArgumentException if one is out of its range
     */
    public Jaccard {
        Rules.requireGiven(options, "options");
    }

    /**
     * Starts a definition with the defaults.
     *
     * @return a builder
     */
    public static Builder<Jaccard> builder() {
        return builder(Function.identity());
    }

    /**
     * Starts a definition with the defaults, for a class that wraps it.
     *
     * @param <T> what the builder builds
     * @param finish makes it of the definition
     * @return a builder
     */
    public static <T> Builder<T> builder(Function<Jaccard, T> finish) {
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
        return options.groupLosses(graph, eachImage, 1, -1, 1, 1, 1);
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

        private final Function<Jaccard, T> finish;

        private Builder(Function<Jaccard, T> finish) {
            this.finish = finish;
        }

        @Override
        Builder<T> self() {
            return this;
        }

        /**
         * Builds it.
         *
         * @return what is built
         * @throws IllegalArgumentException if a parameter is out of its range
         */
        public T build() {
            return finish.apply(new Jaccard(options(), ignoreIndex, mode));
        }
    }
}
