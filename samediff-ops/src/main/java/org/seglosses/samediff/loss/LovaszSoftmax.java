package org.seglosses.samediff.loss;

import org.nd4j.autodiff.samediff.SDVariable;
import org.seglosses.samediff.op.LovaszSums;
import org.seglosses.samediff.op.LovaszWeights;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Lovász-Softmax: the Lovász extension of the Jaccard loss, averaged over classes.
 *
 * <p>For each class c, the errors {@code m_i = |1{y_i = c} - p_ic|} of the valid pixels are sorted
 * in descending order; the class's loss is {@code sum_r m_r * (J_r - J_(r-1))} with {@code J_r = 1
 * - (P - F_r) / (P + B_r)}, P the class's pixels, and F_r and B_r the foreground and background
 * pixels among the first r. The loss is the mean over classes, of each image and then over images,
 * or of the batch as one. Equal errors stay in (n,h,w) order.
 *
 * <p>Modes {@link Mode#MULTICLASS} and {@link Mode#BINARY}, where the sigmoid map of the foreground
 * is the only class. Hard labels alone (index or one-hot); fractional masks are refused. An image
 * with nothing valid counts as 0 in the mean over images; a mean over no class is 0. Where an error
 * is 0 its gradient is 0.
 *
 * <p>Differences: smp fails where an image has nothing valid; geo-deep-learning computes a softmax
 * over one channel where C = 1.
 *
 * <p>Source: Berman et al., The Lovász-Softmax loss, 2018; bermanmaxim/LovaszSoftmax {@code
 * lovasz_softmax}; NRCan/geo-deep-learning {@code LovaszSoftmax}; segmentation_models.pytorch
 * {@code LovaszLoss}.
 *
 * @param perImage whether the loss is taken of each image, or of the batch; true by default
 * @param classes the classes to average over; none by default, which is all
 * @param absentClass what absent classes count; {@link AbsentClass#EXCLUDE} by default
 * @param classWeights a weight for each class in the mean, not negative; none by default
 * @param ignoreIndex the index label of void pixels, or null, the default
 * @param mode the mode, or null to take it from the activation or the number of channels
 */
public record LovaszSoftmax(
        boolean perImage,
        List<Integer> classes,
        AbsentClass absentClass,
        List<Double> classWeights,
        Integer ignoreIndex,
        Mode mode)
        implements SegmentationLoss {

    /**
     * Checks the parameters.
     *
     * @param perImage as the record says
     * @param classes as the record says
     * @param absentClass as the record says
     * @param classWeights as the record says
     * @param ignoreIndex as the record says
     * @param mode as the record says
     * @throws IllegalArgumentException if one is out of its range
     */
    public LovaszSoftmax {
        classes = Rules.classes(classes);
        Rules.requireGiven(absentClass, "absentClass");
        classWeights = Rules.classWeights(classWeights);
        Rules.require(mode != Mode.MULTILABEL, "mode", "MULTICLASS or BINARY", mode);
    }

    /**
     * Starts a definition with the defaults.
     *
     * @return a builder
     */
    public static Builder<LovaszSoftmax> builder() {
        return builder(Function.identity());
    }

    /**
     * Starts a definition with the defaults, for a class that wraps it.
     *
     * @param <T> what the builder builds
     * @param finish makes it of the definition
     * @return a builder
     */
    public static <T> Builder<T> builder(Function<LovaszSoftmax, T> finish) {
        return new Builder<>(finish);
    }

    @Override
    public Set<Mode> modes() {
        return EnumSet.of(Mode.MULTICLASS, Mode.BINARY);
    }

    @Override
    public SDVariable groupLosses(LossGraph graph, boolean eachImage) {
        SDVariable codes = graph.codes();
        SDVariable p = graph.probabilities();
        SDVariable weights =
                LovaszWeights.of(
                        p, codes, false, eachImage, absentClass.ordinal(), classes, classWeights);
        return LovaszSums.of(p, weights, false, eachImage);
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

        private final Function<LovaszSoftmax, T> finish;
        private boolean perImage = true;
        private List<Integer> classes = List.of();
        private AbsentClass absentClass = AbsentClass.EXCLUDE;
        private List<Double> classWeights = List.of();
        private Integer ignoreIndex;
        private Mode mode;

        private Builder(Function<LovaszSoftmax, T> finish) {
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
         * Sets the classes to average over, all by default.
         *
         * @param classes class indices
         * @return this
         */
        public Builder<T> classes(int... classes) {
            this.classes = Rules.list(classes, "classes");
            return this;
        }

        /**
         * Sets what absent classes count, {@link AbsentClass#EXCLUDE} by default (Berman's {@code
         * present}); {@link AbsentClass#PENALIZE} is his {@code all}.
         *
         * @param absentClass what they count
         * @return this
         */
        public Builder<T> absentClass(AbsentClass absentClass) {
            this.absentClass = absentClass;
            return this;
        }

        /**
         * Sets the weights of the classes in the mean over them, 1 for all by default.
         *
         * @param classWeights a weight for each class, finite and not negative
         * @return this
         */
        public Builder<T> classWeights(double... classWeights) {
            this.classWeights = Rules.list(classWeights, "classWeights");
            return this;
        }

        /**
         * Sets the index label of void pixels, none by default.
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
         * @param mode MULTICLASS or BINARY, or null
         * @return this
         */
        public Builder<T> mode(Mode mode) {
            this.mode = mode;
            return this;
        }

        /**
         * Starts from the options of segmentation_models.pytorch: of the batch, present classes.
         *
         * @return this
         */
        public Builder<T> smp() {
            return perImage(false)
                    .classes()
                    .absentClass(AbsentClass.EXCLUDE)
                    .classWeights()
                    .ignoreIndex(null)
                    .mode(null);
        }

        /**
         * Starts from the options of NRCan/geo-deep-learning, which are the defaults: of each
         * image, present classes.
         *
         * @return this
         */
        public Builder<T> gdl() {
            return smp().perImage(true);
        }

        /**
         * Builds it.
         *
         * @return what is built
         * @throws IllegalArgumentException if a parameter is out of its range
         */
        public T build() {
            return finish.apply(
                    new LovaszSoftmax(
                            perImage, classes, absentClass, classWeights, ignoreIndex, mode));
        }
    }
}
