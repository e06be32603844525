package org.seglosses.samediff.loss;

import org.nd4j.autodiff.samediff.SDVariable;
import org.seglosses.samediff.op.RegionLosses;

import java.util.EnumSet;
import java.util.Set;
import java.util.function.Function;

/**
 * Matthews correlation coefficient loss of a binary map.
 *
 * <p>With the probability p, the label y and the weight w of each valid pixel of the batch, {@code
 * TP = sum w*p*y + eps}, {@code FP = sum w*p*(1-y) + eps}, {@code FN = sum w*(1-p)*y + eps} and
 * {@code TN = sum w*(1-p)*(1-y) + eps}; the loss is {@code 1 - (TP*TN - FP*FN) / sqrt((TP+FP) *
 * (TP+FN) * (TN+FP) * (TN+FN))}, in [0,2].
 *
 * <p>Mode {@link Mode#BINARY}; labels may be soft, from 0 to 1; fractional masks are per-pixel
 * weights. Nothing valid: value 0, gradient 0. A perfect prediction of a batch that is all
 * background, or all foreground, costs 1/2.
 *
 * <p>Differences: smp takes probabilities and applies no activation, which is {@link
 * #defineOnProbabilities} here.
 *
 * <p>Source: Abhishek and Hamarneh, Matthews Correlation Coefficient Loss for Deep Convolutional
 * Networks, 2021; segmentation_models.pytorch {@code MCCLoss}.
 *
 * @param eps what is added to each of the four counts, between 1e-10 and 1e10; 1e-5 by default
 * @param ignoreIndex the label of void pixels, or null, the default
 */
public record Mcc(double eps, Integer ignoreIndex) implements SegmentationLoss {

    /**
     * Checks the parameters.
     *
     * @param eps as the record says
     * @param ignoreIndex as the record says
     * @throws IllegalArgumentException if one is out of its range
     */
    public Mcc {
        Rules.requirePositive(eps, "eps");
    }

    /**
     * Starts a definition with the defaults.
     *
     * @return a builder
     */
    public static Builder<Mcc> builder() {
        return builder(Function.identity());
    }

    /**
     * Starts a definition with the defaults, for a class that wraps it.
     *
     * @param <T> what the builder builds
     * @param finish makes it of the definition
     * @return a builder
     */
    public static <T> Builder<T> builder(Function<Mcc, T> finish) {
        return new Builder<>(finish);
    }

    @Override
    public Set<Mode> modes() {
        return EnumSet.of(Mode.BINARY);
    }

    @Override
    public SDVariable groupLosses(LossGraph graph, boolean eachImage) {
        RegionLosses.Mean mean = RegionLosses.Mean.ofGroups(eachImage, graph.type());
        return RegionLosses.matthews(graph.regionSums(false, false), mean, eps);
    }

    @Override
    public LossParts parts(LossGraph graph) {
        return LossParts.sum(RegionLosses.ofClasses(groupLosses(graph, false)));
    }

    /**
     * Builds the definition or what wraps it.
     *
     * @param <T> what is built
     */
    public static final class Builder<T> {

        private final Function<Mcc, T> finish;
        private double eps = 1e-5;
        private Integer ignoreIndex;

        private Builder(Function<Mcc, T> finish) {
            this.finish = finish;
        }

        /**
         * Sets what is added to each of the four counts, 1e-5 by default.
         *
         * @param eps between 1e-10 and 1e10
         * @return this
         */
        public Builder<T> eps(double eps) {
            this.eps = eps;
            return this;
        }

        /**
         * Sets the label of void pixels, none by default.
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
            return finish.apply(new Mcc(eps, ignoreIndex));
        }
    }
}
