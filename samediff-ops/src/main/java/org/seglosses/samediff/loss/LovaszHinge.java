package org.seglosses.samediff.loss;

import org.nd4j.autodiff.samediff.SDVariable;
import org.seglosses.samediff.op.LovaszSums;
import org.seglosses.samediff.op.LovaszWeights;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Lovász hinge: the Lovász extension of the Jaccard loss over the hinge errors of binary logits.
 *
 * <p>The errors {@code m_i = max(0, 1 - z_i * (2*y_i - 1))} of the valid pixels are sorted in
 * descending order; the loss is {@code sum_r m_r * (J_r - J_(r-1))} as in {@link LovaszSoftmax}, of
 * each image and then averaged over images, or of the batch as one. Equal errors stay in memory
 * order.
 *
 * <p>Modes {@link Mode#BINARY} and {@link Mode#MULTILABEL}: the mean over channels, or with {@code
 * flatten} all channels as one vector, as smp has it. Hard labels alone; fractional masks are
 * refused. An image with nothing valid counts as 0.
 *
 * <p>Source: Berman et al., The Lovász-Softmax loss, 2018; bermanmaxim/LovaszSoftmax {@code
 * lovasz_hinge}; segmentation_models.pytorch {@code LovaszLoss} (binary, multilabel).
 *
 * @param perImage whether the loss is taken of each image, or of the batch; true by default
 * @param flatten whether the channels of MULTILABEL form one vector; false by default
 * @param ignoreIndex the label of void pixels (or elements), or null, the default
 * @param mode the mode, or null to take it from the activation or the number of channels
 */
public record LovaszHinge(boolean perImage, boolean flatten, Integer ignoreIndex, Mode mode)
        implements SegmentationLoss {

    /**
     * Checks the parameters.
     *
     * @param perImage as the record says
     * @param flatten as the record says
     * @param ignoreIndex as the record says
     * @param mode as the record says
     * @throws IllegalArgumentException if one is out of its range
     */
    public LovaszHinge {
        Rules.require(mode != Mode.MULTICLASS, "mode", "BINARY or MULTILABEL", mode);
    }

    /**
     * Starts a definition with the defaults.
     *
     * @return a builder
     */
    public static Builder<LovaszHinge> builder() {
        return builder(Function.identity());
    }

    /**
     * Starts a definition with the defaults, for a class that wraps it.
     *
     * @param <T> what the builder builds
     * @param finish makes it of the definition
     * @return a builder
     */
    public static <T> Builder<T> builder(Function<LovaszHinge, T> finish) {
        return new Builder<>(finish);
    }

    @Override
    public Set<Mode> modes() {
        return EnumSet.of(Mode.BINARY, Mode.MULTILABEL);
    }

    @Override
    public SDVariable groupLosses(LossGraph graph, boolean eachImage) {
        if (graph.ofProbabilities()) {
            throw new IllegalArgumentException(
                    "probabilities must not be given to "
                            + this
                            + ": it is defined on logits alone");
        }
        SDVariable codes = graph.codes();
        SDVariable logits = graph.scores();
        SDVariable weights =
                flatten
                        ? LovaszWeights.flat(logits, codes, eachImage)
                        : LovaszWeights.of(
                                logits,
                                codes,
                                true,
                                eachImage,
                                AbsentClass.PENALIZE.ordinal(),
                                List.of(),
                                List.of());
        return LovaszSums.of(logits, weights, true, eachImage);
    }

    @Override
    public LossParts parts(LossGraph graph) {
        return LossParts.of(LovaszSums.ofChannels(groupLosses(graph, perImage)), perImage);
    }

    /**
     * Builds the definition or what wraps it.
     *
     * @param <T> what is built
     */
    public static final class Builder<T> {

        private final Function<LovaszHinge, T> finish;
        private boolean perImage = true;
        private boolean flatten;
        private Integer ignoreIndex;
        private Mode mode;

        private Builder(Function<LovaszHinge, T> finish) {
            this.finish = finish;
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
         * Sets whether the channels of {@link Mode#MULTILABEL} form one vector, false by default.
         *
         * @param flatten whether they do
         * @return this
         */
        public Builder<T> flatten(boolean flatten) {
            this.flatten = flatten;
            return this;
        }

        /**
         * Sets the label of void pixels or elements, none by default.
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
         * @param mode BINARY or MULTILABEL, or null
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
            return finish.apply(new LovaszHinge(perImage, flatten, ignoreIndex, mode));
        }
    }
}
