package org.seglosses.samediff.loss;

import org.nd4j.autodiff.samediff.SDVariable;
import org.seglosses.samediff.op.DistanceWeights;
import org.seglosses.samediff.op.WeightedSums;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Surface loss: the mean of the probabilities times the signed distances to the border of the
 * target, which integrates over the region between the two borders. In the literature it is called
 * boundary loss too; {@link Boundary} is another one.
 *
 * <p>In each image, the distance map {@code phi} of a class is, at a valid pixel of another class,
 * the Euclidean distance in pixels to the nearest pixel of the class; at a pixel of the class it is
 * {@code 1 - d}, with d the distance to the nearest valid pixel of another class; and 0 all over an
 * image where no valid pixel has the class, or all have. With probabilities p, mask weights m and
 * class weights w, the loss is {@code sum_c w_c * l_c / sum_c w_c}, {@code l_c = sum(m * p_c *
 * phi_c) / sum m}, sums over the valid pixels of the whole batch. <b>It may be negative</b>: a
 * perfect prediction costs the mean of phi over the pixels of each class, 0 at most. Distances are
 * exact, and computed in the graph; those of labels that come again are kept, see the README.
 *
 * <p>Modes {@link Mode#MULTICLASS} and {@link Mode#BINARY}, where the sigmoid map of the foreground
 * is the only class. Hard labels alone; fractional masks are per-pixel weights. An image with
 * nothing valid has no pixel in the mean; with nothing valid at all, and as a mean over no class,
 * the loss is 0. Sides of an image must not exceed 32767 (its diagonal 46340). The loss alone is
 * flat where a class is missed altogether: add it to a regional one, cross entropy say, with a x.
 *
 * <p>Differences from the reference: it takes distance maps from the data loader; there are no void
 * pixels and no weights; where a class is all over an image, its map there is that of SciPy's
 * transform without a background, which is not a distance.
 *
 * <p>Source: Kervadec et al., Boundary loss for highly unbalanced segmentation, MIDL 2019;
 * LIVIAETS/boundary-loss {@code SurfaceLoss}, {@code one_hot2dist}.
 *
 * @param classes the classes to average over; none by default, which is all (the reference's {@code
 *     idc}, which leaves out the background in most of its experiments)
 * @param absentClass what a class counts that is absent from the whole batch; {@link
 *     AbsentClass#ZERO} by default, or {@link AbsentClass#EXCLUDE}
 * @param classWeights a weight for each class in the mean, not negative; none by default
 * @param ignoreIndex the index label of void pixels, or null, the default
 * @param mode the mode, or null to take it from the activation or the number of channels
 */
public record Surface(
        List<Integer> classes,
        AbsentClass absentClass,
        List<Double> classWeights,
        Integer ignoreIndex,
        Mode mode)
        implements SegmentationLoss {

    /**
     * Checks the parameters.
     *
     * @param classes as the record says
     * @param absentClass as the record says
     * @param classWeights as the record says
     * @param ignoreIndex as the record says
     * @param mode as the record says
     * @throws IllegalArgumentException if one is out of its range
     */
    public Surface {
        classes = Rules.classes(classes);
        Rules.requireGiven(absentClass, "absentClass");
        Rules.require(
                absentClass != AbsentClass.PENALIZE,
                "absentClass",
                "ZERO or EXCLUDE (an absent class has no distances)",
                absentClass);
        classWeights = Rules.classWeights(classWeights);
        Rules.require(mode != Mode.MULTILABEL, "mode", "MULTICLASS or BINARY", mode);
    }

    /**
     * Starts a definition with the defaults.
     *
     * @return a builder
     */
    public static Builder<Surface> builder() {
        return builder(Function.identity());
    }

    /**
     * Starts a definition with the defaults, for a class that wraps it.
     *
     * @param <T> what the builder builds
     * @param finish makes it of the definition
     * @return a builder
     */
    public static <T> Builder<T> builder(Function<Surface, T> finish) {
        return new Builder<>(finish);
    }

    @Override
    public Set<Mode> modes() {
        return EnumSet.of(Mode.MULTICLASS, Mode.BINARY);
    }

    @Override
    public boolean needsImages() {
        return true;
    }

    @Override
    public SDVariable groupLosses(LossGraph graph, boolean eachImage) {
        SDVariable sums = sums(graph, eachImage);
        return eachImage ? sums : sums.sum(true, 0);
    }

    /** What each image contributes to its own loss, or to the batch's. */
    private SDVariable sums(LossGraph graph, boolean eachImage) {
        SDVariable codes = graph.codes(true);
        SDVariable probabilities = graph.probabilities(codes);
        SDVariable weights =
                DistanceWeights.of(
                        probabilities,
                        codes,
                        graph.weights(),
                        eachImage,
                        absentClass.ordinal(),
                        classes,
                        classWeights);
        return WeightedSums.of(probabilities, weights);
    }

    @Override
    public LossParts parts(LossGraph graph) {
        return LossParts.sum(WeightedSums.ofChannels(sums(graph, false)));
    }

    /**
     * Builds the definition or what wraps it.
     *
     * @param <T> what is built
     */
    public static final class Builder<T> {

        private final Function<Surface, T> finish;
        private List<Integer> classes = List.of();
        private AbsentClass absentClass = AbsentClass.ZERO;
        private List<Double> classWeights = List.of();
        private Integer ignoreIndex;
        private Mode mode;

        private Builder(Function<Surface, T> finish) {
            this.finish = finish;
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
         * Sets what a class counts that is absent from the whole batch, {@link AbsentClass#ZERO} by
         * default.
         *
         * @param absentClass ZERO or EXCLUDE
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
         * Builds it.
         *
         * @return what is built
         * @throws IllegalArgumentException if a parameter is out of its range
         */
        public T build() {
            return finish.apply(new Surface(classes, absentClass, classWeights, ignoreIndex, mode));
        }
    }
}
