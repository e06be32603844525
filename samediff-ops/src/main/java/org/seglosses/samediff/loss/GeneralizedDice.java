package org.seglosses.samediff.loss;

import org.nd4j.autodiff.samediff.SDVariable;
import org.seglosses.samediff.op.RegionLosses;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Generalized Dice loss: one Dice score over all classes, each class weighted by how rare it is.
 *
 * <p>With the sums I, P and Y of {@link RegionOptions} and {@code s = smooth}, the loss is {@code 1
 * - (2 * sum_c v_c*I_c + u*s) / (sum_c v_c * (P_c + Y_c) + u*t)}, with {@code v_c} as {@link
 * Weighting} says; a class without label has the greatest weight of the others, and where no class
 * that counts has a label the loss is {@code 1 - s/t}. By default {@code u = sum_c v_c}, so that s
 * and t are counted in pixels, as I, P and Y are, and weigh the same at any size of images; with
 * {@code smoothInPixels} false {@code u = 1}.
 *
 * <p>Modes {@link Mode#MULTICLASS} and {@link Mode#MULTILABEL}; labels may be soft, vectors or
 * elements from 0 to 1; fractional masks are per-pixel weights. Nothing valid: value 0, gradient 0;
 * an image with nothing valid counts as 0 in the mean over images.
 *
 * <p>Differences: none from MONAI with {@link Builder#monai}, where the class weights can be
 * computed in its precision. MONAI's smoothing is a constant beside weights of {@code 1 / Y_c^2}:
 * an image of two halves that are predicted the wrong way round costs 0.995 at 64 x 64 pixels and
 * 0.16 at 2048 x 2048, and here 1.
 *
 * <p>Source: Sudre et al., Generalised Dice overlap as a deep learning loss function, 2017;
 * Project-MONAI/MONAI {@code GeneralizedDiceLoss}.
 *
 * @param weighting the weights of the classes; {@link Weighting#SQUARE} by default
 * @param smooth s, added above, 0 or between 1e-10 and 1e10; 1e-5 by default
 * @param smoothDenominator t, added below, between 1e-10 and 1e10; null, the default, for s
 * @param smoothInPixels whether s and t are multiplied by the sum of the weights of the classes
 *     that count; true by default
 * @param perImage whether the loss is taken of each image, or of the batch; true by default
 * @param classes the classes that count; none by default, which is all
 * @param ignoreIndex the label of void pixels (or elements), or null, the default
 * @param mode the mode, or null to take it from the activation or the number of channels
 */
public record GeneralizedDice(
        Weighting weighting,
        double smooth,
        Double smoothDenominator,
        boolean smoothInPixels,
        boolean perImage,
        List<Integer> classes,
        Integer ignoreIndex,
        Mode mode)
        implements SegmentationLoss {

    /** A class's weight as a power of the sum of its labels. */
    public enum Weighting {
        /** {@code 1 / Y_c^2}. */
        SQUARE(2),
        /** {@code 1 / Y_c}. */
        SIMPLE(1),
        /** 1. */
        UNIFORM(0);

        private final double power;

        Weighting(double power) {
            this.power = power;
        }
    }

    /**
     * Checks the parameters.
     *
     * @param weighting as the record says
     * @param smooth as the record says
     * @param smoothDenominator as the record says
     * @param smoothInPixels as the record says
     * @param perImage as the record says
     * @param classes as the record says
     * @param ignoreIndex as the record says
     * @param mode as the record says
     * @throws IllegalArgumentException if one is out of its range
     */
    public GeneralizedDice {
        Rules.requireGiven(weighting, "weighting");
        Rules.requireScale(smooth, "smooth");
        // with nothing predicted of classes without label the divisor is this alone
        if (smoothDenominator == null) {
            Rules.requirePositive(smooth, "smooth");
        } else {
            Rules.requirePositive(smoothDenominator, "smoothDenominator");
        }
        classes = Rules.classes(classes);
        Rules.require(mode != Mode.BINARY, "mode", "MULTICLASS or MULTILABEL", mode);
    }

    /**
     * Starts a definition with the defaults.
     *
     * @return a builder
     */
    public static Builder<GeneralizedDice> builder() {
        return builder(Function.identity());
    }

    /**
     * Starts a definition with the defaults, for a class that wraps it.
     *
     * @param <T> what the builder builds
     * @param finish makes it of the definition
     * @return a builder
     */
    public static <T> Builder<T> builder(Function<GeneralizedDice, T> finish) {
        return new Builder<>(finish);
    }

    @Override
    public Set<Mode> modes() {
        return EnumSet.of(Mode.MULTICLASS, Mode.MULTILABEL);
    }

    @Override
    public SDVariable groupLosses(LossGraph graph, boolean eachImage) {
        RegionLosses.Mean mean =
                new RegionLosses.Mean(
                        eachImage,
                        AbsentClass.PENALIZE.ordinal(),
                        classes,
                        List.of(),
                        graph.type());
        return RegionLosses.generalizedDice(
                graph.regionSums(false, false),
                mean,
                weighting.power,
                smooth,
                smoothDenominator == null ? smooth : smoothDenominator,
                smoothInPixels);
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
    public static final class Builder<T> {

        private final Function<GeneralizedDice, T> finish;
        private Weighting weighting = Weighting.SQUARE;
        private double smooth = 1e-5;
        private Double smoothDenominator;
        private boolean smoothInPixels = true;
        private boolean perImage = true;
        private List<Integer> classes = List.of();
        private Integer ignoreIndex;
        private Mode mode;

        private Builder(Function<GeneralizedDice, T> finish) {
            this.finish = finish;
        }

        /**
         * Sets the weights of the classes, {@link Weighting#SQUARE} by default.
         *
         * @param weighting the weights
         * @return this
         */
        public Builder<T> weighting(Weighting weighting) {
            this.weighting = weighting;
            return this;
        }

        /**
         * Sets what is added above and below, 1e-5 by default.
         *
         * @param smooth 0 or between 1e-10 and 1e10
         * @return this
         */
        public Builder<T> smooth(double smooth) {
            this.smooth = smooth;
            return this;
        }

        /**
         * Sets what is added below if that is not {@code smooth}.
         *
         * @param smoothDenominator between 1e-10 and 1e10, or null for {@code smooth}, the default
         * @return this
         */
        public Builder<T> smoothDenominator(Double smoothDenominator) {
            this.smoothDenominator = smoothDenominator;
            return this;
        }

        /**
         * Sets whether what is added above and below is multiplied by the sum of the classes'
         * weights, and so is counted in pixels; true by default.
         *
         * @param smoothInPixels whether it is, or is a constant as in MONAI
         * @return this
         */
        public Builder<T> smoothInPixels(boolean smoothInPixels) {
            this.smoothInPixels = smoothInPixels;
            return this;
        }

        /**
         * Sets whether the loss is taken of each image and averaged, the default, or of the batch.
         *
         * @param perImage whether it is
         * @return this
         */
        public Builder<T> perImage(boolean perImage) {
            this.perImage = perImage;
            return this;
        }

        /**
         * Sets the classes that count, all by default.
         *
         * @param classes class indices
         * @return this
         */
        public Builder<T> classes(int... classes) {
            this.classes = Rules.list(classes, "classes");
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
         * @param mode MULTICLASS or MULTILABEL, or null
         * @return this
         */
        public Builder<T> mode(Mode mode) {
            this.mode = mode;
            return this;
        }

        /**
         * Starts from the options of MONAI: smoothing is a constant.
         *
         * @return this
         */
        public Builder<T> monai() {
            return weighting(Weighting.SQUARE)
                    .smooth(1e-5)
                    .smoothDenominator(null)
                    .smoothInPixels(false)
                    .perImage(true)
                    .classes()
                    .ignoreIndex(null)
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
                    new GeneralizedDice(
                            weighting,
                            smooth,
                            smoothDenominator,
                            smoothInPixels,
                            perImage,
                            classes,
                            ignoreIndex,
                            mode));
        }
    }
}
