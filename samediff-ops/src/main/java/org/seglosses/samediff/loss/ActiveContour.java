package org.seglosses.samediff.loss;

import org.nd4j.autodiff.samediff.SDVariable;
import org.seglosses.samediff.op.NormalizedSums;
import org.seglosses.samediff.op.PixelWeights;
import org.seglosses.samediff.op.RegionLosses;

import java.util.EnumSet;
import java.util.Set;
import java.util.function.Function;

/**
 * Active contour loss: the length of the predicted contours, and how well the regions fit the
 * labels.
 *
 * <p>With {@code dr = p[i+2,j] - p[i+1,j]} and {@code dc = p[i,j+2] - p[i,j+1]}, for i below H-2
 * and j below W-2, the loss is {@code weight * mean sqrt(dr^2 + dc^2 + 1e-8) + mean(p * (y-1)^2) +
 * mean((1-p) * y^2)}, means over images, channels and places. With {@code symmetric}, {@code dr =
 * p[i+1,j] - p[i,j]} and {@code dc = p[i,j+1] - p[i,j]}, for i below H-1 and j below W-1: both at
 * the same pixel.
 *
 * <p>All modes; labels may be soft, vectors or elements from 0 to 1; fractional masks are per-pixel
 * weights of the region's means; a term of the length counts if all its pixels are valid. Images
 * must be of at least 3 x 3. Nothing valid: value 0, gradient 0. A perfect prediction costs {@code
 * weight} times the length of the true contours.
 *
 * <p>Source: Chen et al., Learning Active Contour Models for Medical Image Segmentation, 2019; its
 * PyTorch port {@code active_contour_loss}.
 *
 * @param weight the weight of the length, 0 or between 1e-10 and 1e10; 10 by default
 * @param symmetric whether both differences are taken at the same pixel; false by default
 * @param ignoreIndex the label of void pixels (or elements), or null, the default
 * @param mode the mode, or null to take it from the activation or the number of channels
 */
public record ActiveContour(double weight, boolean symmetric, Integer ignoreIndex, Mode mode)
        implements SegmentationLoss {

    /**
     * Checks the parameters.
     *
     * @param weight as the record says
     * @param symmetric as the record says
     * @param ignoreIndex as the record says
     * @param mode as the record says
     * @throws IllegalArgumentException if one is out of its range
     */
    public ActiveContour {
        Rules.require(
                PixelWeights.isWeight(weight),
                "weight",
                "finite and not negative, " + PixelWeights.RULE,
                weight);
    }

    /**
     * Starts a definition with the defaults.
     *
     * @return a builder
     */
    public static Builder<ActiveContour> builder() {
        return builder(Function.identity());
    }

    /**
     * Starts a definition with the defaults, for a class that wraps it.
     *
     * @param <T> what the builder builds
     * @param finish makes it of the definition
     * @return a builder
     */
    public static <T> Builder<T> builder(Function<ActiveContour, T> finish) {
        return new Builder<>(finish);
    }

    @Override
    public Set<Mode> modes() {
        return EnumSet.allOf(Mode.class);
    }

    @Override
    public boolean needsImages() {
        return true;
    }

    @Override
    public SDVariable groupLosses(LossGraph graph, boolean eachImage) {
        return fit(graph, eachImage).add(length(graph, eachImage).mul(weight));
    }

    private SDVariable length(LossGraph graph, boolean eachImage) {
        return NormalizedSums.of(
                graph.contourSums(symmetric),
                NormalizedSums.Divisor.VALID,
                eachImage,
                graph.type());
    }

    private SDVariable fit(LossGraph graph, boolean eachImage) {
        RegionLosses.Mean mean = RegionLosses.Mean.ofGroups(eachImage, graph.type());
        return RegionLosses.fit(graph.regionSums(false, true), mean);
    }

    @Override
    public LossParts parts(LossGraph graph) {
        LossParts length = LossParts.sum(length(graph, false).reshape(1, 1));
        LossParts fit = LossParts.sum(RegionLosses.ofClasses(fit(graph, false)));
        return LossParts.of(
                LossParts.Component.of("length", weight, length, graph),
                LossParts.Component.of("fit", 1, fit, graph));
    }

    /**
     * Builds the definition or what wraps it.
     *
     * @param <T> what is built
     */
    public static final class Builder<T> {

        private final Function<ActiveContour, T> finish;
        private double weight = 10;
        private boolean symmetric;
        private Integer ignoreIndex;
        private Mode mode;

        private Builder(Function<ActiveContour, T> finish) {
            this.finish = finish;
        }

        /**
         * Sets the weight of the length, 10 by default.
         *
         * @param weight 0 or between 1e-10 and 1e10
         * @return this
         */
        public Builder<T> weight(double weight) {
            this.weight = weight;
            return this;
        }

        /**
         * Sets whether both differences are taken at the same pixel, false by default.
         *
         * @param symmetric whether they are
         * @return this
         */
        public Builder<T> symmetric(boolean symmetric) {
            this.symmetric = symmetric;
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
         * Builds it.
         *
         * @return what is built
         * @throws IllegalArgumentException if a parameter is out of its range
         */
        public T build() {
            return finish.apply(new ActiveContour(weight, symmetric, ignoreIndex, mode));
        }
    }
}
