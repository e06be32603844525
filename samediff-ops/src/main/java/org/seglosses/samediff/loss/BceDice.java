package org.seglosses.samediff.loss;

import org.nd4j.autodiff.samediff.SDVariable;

import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;

/**
 * Binary cross entropy plus Dice loss.
 *
 * <p>Formula, special cases and shapes are those of {@link SoftBce} and {@link Dice}; by default 1
 * is added above and below in the Dice score, and absent classes are penalized. Modes {@link
 * Mode#BINARY} and {@link Mode#MULTILABEL}; labels may be soft, elements from 0 to 1; fractional
 * masks are per-pixel weights.
 *
 * <p>Differences: the notebook takes the cross entropy of probabilities, which costs at most 100
 * and loses its gradient once the sigmoid is rounded; this one keeps both.
 *
 * <p>Source: the Kaggle notebook "Loss Function Library" {@code DiceBCELoss}.
 *
 * @param bce the cross entropy
 * @param dice the Dice loss, of the same ignore index and mode
 */
public record BceDice(SoftBce bce, Dice dice) implements SegmentationLoss {

    /**
     * Checks the parameters.
     *
     * @param bce as the record says
     * @param dice as the record says
     * @throws IllegalArgumentException if they differ in ignore index or mode
     */
    public BceDice {
        Rules.requireGiven(bce, "bce");
        Rules.requireGiven(dice, "dice");
        Rules.require(
                Objects.equals(bce.ignoreIndex(), dice.ignoreIndex()),
                "ignoreIndex",
                "the same in both parts",
                bce.ignoreIndex() + " and " + dice.ignoreIndex());
        Rules.require(
                bce.mode() == dice.mode(),
                "mode",
                "the same in both parts",
                bce.mode() + " and " + dice.mode());
    }

    /**
     * Starts a definition with the defaults.
     *
     * @return a builder
     */
    public static Builder<BceDice> builder() {
        return builder(Function.identity());
    }

    /**
     * Starts a definition with the defaults, for a class that wraps it.
     *
     * @param <T> what the builder builds
     * @param finish makes it of the definition
     * @return a builder
     */
    public static <T> Builder<T> builder(Function<BceDice, T> finish) {
        return new Builder<>(finish);
    }

    @Override
    public Set<Mode> modes() {
        return EnumSet.of(Mode.BINARY, Mode.MULTILABEL);
    }

    @Override
    public Mode mode() {
        return bce.mode();
    }

    @Override
    public Integer ignoreIndex() {
        return bce.ignoreIndex();
    }

    @Override
    public boolean needsImages() {
        return bce.needsImages() || dice.needsImages();
    }

    @Override
    public SDVariable groupLosses(LossGraph graph, boolean eachImage) {
        return bce.groupLosses(graph, eachImage).add(dice.groupLosses(graph, eachImage));
    }

    @Override
    public SDVariable loss(LossGraph graph) {
        return bce.loss(graph).add(dice.loss(graph));
    }

    @Override
    public LossParts parts(LossGraph graph) {
        return LossParts.of(
                LossParts.Component.of(1, bce, graph), LossParts.Component.of(1, dice, graph));
    }

    /**
     * Builds the definition or what wraps it.
     *
     * @param <T> what is built
     */
    public static final class Builder<T> {

        private final Function<BceDice, T> finish;
        private final SoftBce.Builder<SoftBce> bce = SoftBce.builder();
        private final Dice.Builder<Dice> dice =
                Dice.builder().smooth(1).absentClass(AbsentClass.PENALIZE);

        private Builder(Function<BceDice, T> finish) {
            this.finish = finish;
            ignoreIndex(null);
        }

        /**
         * Sets the label smoothing of the cross entropy, 0 by default.
         *
         * @param smoothing in [0,1]
         * @return this
         */
        public Builder<T> smoothing(double smoothing) {
            bce.smoothing(smoothing);
            return this;
        }

        /**
         * Sets a factor for the positive part of each channel in the cross entropy, 1 for all by
         * default.
         *
         * @param posWeight a factor for each channel, finite and not negative
         * @return this
         */
        public Builder<T> posWeight(double... posWeight) {
            bce.posWeight(posWeight);
            return this;
        }

        /**
         * Sets what the cross entropy is divided by, {@link NormalizeBy#VALID} by default.
         *
         * @param normalizeBy the divisor
         * @return this
         */
        public Builder<T> normalizeBy(NormalizeBy normalizeBy) {
            bce.normalizeBy(normalizeBy);
            return this;
        }

        /**
         * Sets what is added to the Dice score above and below, 1 by default.
         *
         * @param smooth 0 or between 1e-10 and 1e10
         * @return this
         */
        public Builder<T> smooth(double smooth) {
            dice.smooth(smooth);
            return this;
        }

        /**
         * Sets whether the Dice loss is taken of each image, or of the batch, the default.
         *
         * @param perImage whether it is taken of each image
         * @return this
         */
        public Builder<T> perImage(boolean perImage) {
            dice.perImage(perImage);
            return this;
        }

        /**
         * Sets what absent classes count in the Dice loss, {@link AbsentClass#PENALIZE} by default.
         *
         * @param absentClass what they count
         * @return this
         */
        public Builder<T> absentClass(AbsentClass absentClass) {
            dice.absentClass(absentClass);
            return this;
        }

        /**
         * Sets the weights of the channels in both, 1 for all by default.
         *
         * @param classWeights a weight for each channel, finite and not negative
         * @return this
         */
        public Builder<T> classWeights(double... classWeights) {
            bce.classWeights(classWeights);
            dice.classWeights(classWeights);
            return this;
        }

        /**
         * Sets the label of void elements, none by default.
         *
         * @param ignoreIndex the label, or null for none
         * @return this
         */
        public Builder<T> ignoreIndex(Integer ignoreIndex) {
            bce.ignoreIndex(ignoreIndex);
            dice.ignoreIndex(ignoreIndex);
            return this;
        }

        /**
         * Names the mode; by default the activation or the number of channels tells it.
         *
         * @param mode BINARY or MULTILABEL, or null
         * @return this
         */
        public Builder<T> mode(Mode mode) {
            bce.mode(mode);
            dice.mode(mode);
            return this;
        }

        /**
         * Starts from the options of the Kaggle notebook "Loss Function Library", which are the
         * defaults, in {@link Mode#BINARY}.
         *
         * @return this
         */
        public Builder<T> blog() {
            return smoothing(0)
                    .posWeight()
                    .normalizeBy(NormalizeBy.VALID)
                    .smooth(1)
                    .perImage(false)
                    .absentClass(AbsentClass.PENALIZE)
                    .classWeights()
                    .ignoreIndex(null)
                    .mode(Mode.BINARY);
        }

        /**
         * Builds it.
         *
         * @return what is built
         * @throws IllegalArgumentException if a parameter is out of its range
         */
        public T build() {
            return finish.apply(new BceDice(bce.build(), dice.build()));
        }
    }
}
