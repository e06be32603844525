package org.seglosses.samediff.loss;

import org.nd4j.autodiff.samediff.SDVariable;
import org.seglosses.samediff.op.CrossEntropySums;
import org.seglosses.samediff.op.ElementMeans;
import org.seglosses.samediff.op.ElementSums;
import org.seglosses.samediff.op.HardCodes;
import org.seglosses.samediff.op.KthSmallest;
import org.seglosses.samediff.op.NormalizedSums;
import org.seglosses.samediff.op.Target;
import org.seglosses.samediff.op.TrueProbability;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Cross entropy over the hard pixels of the batch (online hard example mining).
 *
 * <p>With {@code p_true} the softmax probability of a pixel's label, the pixels kept are those with
 * {@code p_true <= max(thresh, k-th smallest p_true)}, {@code k = min(minKept, number of valid
 * pixels)}; the second term only if {@code minKept > 0}. Ties at the threshold are all kept. The
 * loss is the cross entropy of the kept pixels, {@code sum w * v_y * -log p_true / sum w * v_y}
 * with class weights v and mask weights w. The selection carries no gradient, ignores the weights,
 * and spans the batch. In FLOAT a probability below {@code exp(-60)} is 0, and such pixels tie.
 *
 * <p>Mode {@link Mode#MULTICLASS}; hard labels alone (index or one-hot). Fractional masks weight
 * the kept pixels; each valid pixel counts 1 towards k. Nothing kept: value 0, gradient 0.
 *
 * <p>Differences from the reference: it is NaN where nothing is kept.
 *
 * <p>Source: Shrivastava et al., Training Region-based Object Detectors with Online Hard Example
 * Mining, 2016; NRCan/geo-deep-learning {@code losses/ohem_loss.py OhemCrossEntropy2d}.
 *
 * @param thresh pixels whose probability is at most this are always kept, in [0,1]; 0.6 by default
 * @param minKept how many pixels are kept at least, not negative; 0 by default
 * @param classWeights a weight for each class, not negative; none by default, which is 1 for all
 * @param ignoreIndex the index label of void pixels, or null; 255 by default
 */
public record OhemCrossEntropy(
        double thresh, int minKept, List<Double> classWeights, Integer ignoreIndex)
        implements SegmentationLoss {

    /**
     * Checks the parameters.
     *
     * @param thresh as the record says
     * @param minKept as the record says
     * @param classWeights as the record says
     * @param ignoreIndex as the record says
     * @throws IllegalArgumentException if one is out of its range
     */
    public OhemCrossEntropy {
        Rules.require(thresh >= 0 && thresh <= 1, "thresh", "in [0,1]", thresh);
        Rules.require(minKept >= 0, "minKept", "at least 0", minKept);
        classWeights = Rules.classWeights(classWeights);
    }

    /**
     * Starts a definition with the defaults.
     *
     * @return a builder
     */
    public static Builder<OhemCrossEntropy> builder() {
        return builder(Function.identity());
    }

    /**
     * Starts a definition with the defaults, for a class that wraps it.
     *
     * @param <T> what the builder builds
     * @param finish makes it of the definition
     * @return a builder
     */
    public static <T> Builder<T> builder(Function<OhemCrossEntropy, T> finish) {
        return new Builder<>(finish);
    }

    @Override
    public Set<Mode> modes() {
        return EnumSet.of(Mode.MULTICLASS);
    }

    /** The codes of the pixels that are kept. */
    private SDVariable kept(LossGraph graph, SDVariable ofTrueClass, boolean eachImage) {
        SDVariable kth =
                minKept == 0 ? null : KthSmallest.ofProbabilities(ofTrueClass, minKept, eachImage);
        return HardCodes.of(graph.codes(true), ofTrueClass, kth, thresh);
    }

    private static SDVariable ofTrueClass(LossGraph graph) {
        return TrueProbability.of(graph.scores(), graph.codes(true), graph.ofProbabilities());
    }

    @Override
    public SDVariable groupLosses(LossGraph graph, boolean eachImage) {
        SDVariable ofTrueClass = ofTrueClass(graph);
        SDVariable sums =
                CrossEntropySums.ofHard(
                        graph.scores(),
                        kept(graph, ofTrueClass, eachImage),
                        graph.weights(),
                        classWeights,
                        ofTrueClass,
                        graph.ofProbabilities());
        return NormalizedSums.of(sums, NormalizeBy.VALID.divisor(), eachImage, graph.type());
    }

    @Override
    public LossParts parts(LossGraph graph) {
        SDVariable sums =
                graph.elementSums(
                        new Target(
                                true,
                                kept(graph, ofTrueClass(graph), false),
                                null,
                                graph.weights()),
                        ElementSums.Entropy.SOFTMAX,
                        ElementSums.Modulation.NONE,
                        List.of(),
                        false);
        SDVariable mean =
                ElementMeans.of(
                        sums, NormalizeBy.VALID.divisor(), false, classWeights, graph.type());
        return LossParts.sum(ElementMeans.ofClasses(mean));
    }

    /**
     * Builds the definition or what wraps it.
     *
     * @param <T> what is built
     */
    public static final class Builder<T> {

        private final Function<OhemCrossEntropy, T> finish;
        private double thresh = 0.6;
        private int minKept;
        private List<Double> classWeights = List.of();
        private Integer ignoreIndex = 255;

        private Builder(Function<OhemCrossEntropy, T> finish) {
            this.finish = finish;
        }

        /**
         * Sets the probability up to which a pixel is hard, 0.6 by default.
         *
         * @param thresh the threshold, in [0,1]
         * @return this
         */
        public Builder<T> thresh(double thresh) {
            this.thresh = thresh;
            return this;
        }

        /**
         * Sets how many pixels of the batch are kept at least, 0 by default.
         *
         * @param minKept the number, not negative
         * @return this
         */
        public Builder<T> minKept(int minKept) {
            this.minKept = minKept;
            return this;
        }

        /**
         * Sets the class weights, 1 for all by default.
         *
         * @param classWeights a weight for each class, finite and not negative
         * @return this
         */
        public Builder<T> classWeights(double... classWeights) {
            this.classWeights = Rules.list(classWeights, "classWeights");
            return this;
        }

        /**
         * Sets the index label of void pixels, 255 by default.
         *
         * @param ignoreIndex the label, or null for none
         * @return this
         */
        public Builder<T> ignoreIndex(Integer ignoreIndex) {
            this.ignoreIndex = ignoreIndex;
            return this;
        }

        /**
         * Builds it.
         *
         * @return what is built
         * @throws IllegalArgumentException if a parameter is out of its range
         */
        public T build() {
            return finish.apply(new OhemCrossEntropy(thresh, minKept, classWeights, ignoreIndex));
        }
    }
}
