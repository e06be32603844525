package org.seglosses.samediff.loss;

import org.nd4j.autodiff.samediff.SDVariable;
import org.seglosses.samediff.op.ElementMeans;
import org.seglosses.samediff.op.ElementSums;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Focal loss: cross entropy in which pixels count less the better they are predicted. Three forms
 * of it are in use, and are not the same.
 *
 * <p>With e a cross entropy, {@code q = 1 - exp(-e)}, and the weight w of each valid pixel:
 *
 * <ul>
 *   <li>{@link Form#ONE_VS_REST}, the default (smp, MONAI): e of the sigmoid of each class; an
 *       element's term is {@code w * a * q^gamma * e} with {@code a = alpha*y + (1-alpha)*(1-y)}.
 *       In {@link Mode#MULTICLASS} the loss is the sum over classes of their means, each times its
 *       class weight v; otherwise the mean over all elements, {@code sum w*v*... / sum w*v}.
 *   <li>{@link Form#SOFTMAX}: e of the softmax over classes; a pixel's term is {@code w * v_y *
 *       alpha * q^gamma * e}, the loss their mean, {@code sum .../ sum w*v_y}. Mode MULTICLASS.
 *   <li>{@link Form#AGGREGATE} (geo-deep-learning, the Kaggle notebook): with m the mean of e, of
 *       the softmax in MULTICLASS and of sigmoids otherwise, {@code alpha * (1 - exp(-m))^gamma *
 *       m}.
 * </ul>
 *
 * <p>With {@code reducedThreshold} t the factor is {@code (q/t)^gamma}, and 1 where {@code 1-q <
 * t}. {@code normalized}, the loss is also divided by {@code max(sum of factors, 1e-6)}, in
 * ONE_VS_REST of MULTICLASS for each class.
 *
 * <p>Labels may be soft, vectors or elements from 0 to 1: of the softmax, {@code e = sum_c
 * y_c*e_c}, and with class weights {@code sum_c v_c*y_c*e_c} in the place of {@code v_y*e} and
 * {@code sum_c v_c*y_c} in the place of v_y. Fractional masks are per-pixel weights. Nothing valid:
 * value 0, gradient 0. Where q is 0 the gradient is 0 for any gamma above 0.
 *
 * <p>Differences: MONAI divides by the number of classes too, and so gives {@code 1/C} of this; the
 * references of AGGREGATE have no gradient at a perfect prediction with gamma below 1.
 *
 * <p>Source: Lin et al., Focal Loss for Dense Object Detection, 2017; segmentation_models.pytorch
 * {@code FocalLoss}; NRCan/geo-deep-learning {@code FocalLoss}; the Kaggle notebook "Loss Function
 * Library" {@code FocalLoss}; Project-MONAI/MONAI {@code FocalLoss}.
 *
 * @param form which of the forms; {@link Form#ONE_VS_REST} by default
 * @param gamma the power, 0 or between 1e-10 and 10; 2 by default
 * @param alpha the weight of positives, in [0,1] in ONE_VS_REST and between 1e-10 and 1e10
 *     otherwise; null, the default, for none
 * @param reducedThreshold t; t and t^gamma between 1e-10 and 1; null, the default, for none
 * @param normalized whether the loss is divided by the sum of the factors too; false by default
 * @param classWeights a weight for each class, not negative; none by default, which is 1 for all
 * @param ignoreIndex the label of void pixels (or elements), or null, the default
 * @param normalizeBy what the sum is divided by; {@link NormalizeBy#VALID} by default
 * @param mode the mode, or null to take it from the activation or the number of channels
 */
public record Focal(
        Form form,
        double gamma,
        Double alpha,
        Double reducedThreshold,
        boolean normalized,
        List<Double> classWeights,
        Integer ignoreIndex,
        NormalizeBy normalizeBy,
        Mode mode)
        implements SegmentationLoss {

    /** What the factor is applied to. */
    public enum Form {
        /** The cross entropy of the sigmoid of each class. */
        ONE_VS_REST,
        /** The cross entropy of the softmax, of each pixel. */
        SOFTMAX,
        /** The mean cross entropy. */
        AGGREGATE
    }

    /**
     * Checks the parameters.
     *
     * @param form as the record says
     * @param gamma as the record says
     * @param alpha as the record says
     * @param reducedThreshold as the record says
     * @param normalized as the record says
     * @param classWeights as the record says
     * @param ignoreIndex as the record says
     * @param normalizeBy as the record says
     * @param mode as the record says
     * @throws IllegalArgumentException if one is out of its range
     */
    public Focal {
        Rules.requireGiven(form, "form");
        if (gamma != 0) {
            Rules.requirePower(gamma, "gamma");
        }
        if (alpha != null && form == Form.ONE_VS_REST) {
            Rules.require(alpha >= 0 && alpha <= 1, "alpha", "in [0,1]", alpha);
        } else if (alpha != null) {
            Rules.requirePositive(alpha, "alpha");
        }
        // an easy pixel counts t^-gamma times what a hard one does, which is a weight
        Rules.require(
                reducedThreshold == null
                        || reducedThreshold >= 1e-10
                                && reducedThreshold <= 1
                                && Math.pow(reducedThreshold, gamma) >= 1e-10,
                "reducedThreshold",
                "between 1e-10 and 1, and so must be reducedThreshold^gamma",
                reducedThreshold);
        boolean aggregate = form == Form.AGGREGATE;
        Rules.require(
                !aggregate || reducedThreshold == null,
                "reducedThreshold",
                "null in form AGGREGATE",
                reducedThreshold);
        Rules.require(
                !aggregate || !normalized, "normalized", "false in form AGGREGATE", normalized);
        classWeights = Rules.classWeights(classWeights);
        Rules.requireGiven(normalizeBy, "normalizeBy");
        Rules.require(
                form != Form.SOFTMAX || mode == null || mode == Mode.MULTICLASS,
                "mode",
                "MULTICLASS in form SOFTMAX",
                mode);
    }

    /**
     * Starts a definition with the defaults.
     *
     * @return a builder
     */
    public static Builder<Focal> builder() {
        return builder(Function.identity());
    }

    /**
     * Starts a definition with the defaults, for a class that wraps it.
     *
     * @param <T> what the builder builds
     * @param finish makes it of the definition
     * @return a builder
     */
    public static <T> Builder<T> builder(Function<Focal, T> finish) {
        return new Builder<>(finish);
    }

    @Override
    public Set<Mode> modes() {
        return form == Form.SOFTMAX ? EnumSet.of(Mode.MULTICLASS) : EnumSet.allOf(Mode.class);
    }

    @Override
    public SDVariable groupLosses(LossGraph graph, boolean eachImage) {
        boolean multiclass = graph.mode() == Mode.MULTICLASS;
        boolean oneVsRest = form == Form.ONE_VS_REST;
        if (graph.ofProbabilities() && multiclass && oneVsRest) {
            throw new IllegalArgumentException(
                    "probabilities must not be given to "
                            + this
                            + " in mode MULTICLASS: it takes the sigmoid of each logit");
        }
        boolean aggregate = form == Form.AGGREGATE;
        double weight = alpha == null ? 1 : alpha;
        ElementSums.Modulation modulation =
                aggregate
                        ? ElementSums.Modulation.NONE
                        : new ElementSums.Modulation(
                                gamma,
                                reducedThreshold == null ? 0 : reducedThreshold,
                                alpha == null ? Double.NaN : alpha,
                                0,
                                0);
        SDVariable sums =
                graph.elementSums(
                        graph.target(),
                        multiclass && !oneVsRest
                                ? ElementSums.Entropy.SOFTMAX
                                : ElementSums.Entropy.SIGMOID,
                        modulation,
                        List.of(),
                        normalized);
        return ElementMeans.of(
                sums,
                normalizeBy.divisor(),
                eachImage,
                multiclass && oneVsRest,
                normalized,
                aggregate ? new double[] {weight, gamma} : null,
                classWeights,
                graph.type());
    }

    @Override
    public LossParts parts(LossGraph graph) {
        return LossParts.sum(ElementMeans.ofClasses(groupLosses(graph, false)));
    }

    /**
     * Builds the definition or what wraps it.
     *
     * @param <T> what is built
     */
    public static final class Builder<T> {

        private final Function<Focal, T> finish;
        private Form form = Form.ONE_VS_REST;
        private double gamma = 2;
        private Double alpha;
        private Double reducedThreshold;
        private boolean normalized;
        private List<Double> classWeights = List.of();
        private Integer ignoreIndex;
        private NormalizeBy normalizeBy = NormalizeBy.VALID;
        private Mode mode;

        private Builder(Function<Focal, T> finish) {
            this.finish = finish;
        }

        /**
         * Sets which of the forms it is, {@link Form#ONE_VS_REST} by default.
         *
         * @param form the form
         * @return this
         */
        public Builder<T> form(Form form) {
            this.form = form;
            return this;
        }

        /**
         * Sets the power, 2 by default.
         *
         * @param gamma 0 or between 1e-10 and 10
         * @return this
         */
        public Builder<T> gamma(double gamma) {
            this.gamma = gamma;
            return this;
        }

        /**
         * Sets the weight of positives, none by default.
         *
         * @param alpha in [0,1] for ONE_VS_REST, between 1e-10 and 1e10 for the others, or null for
         *     none
         * @return this
         */
        public Builder<T> alpha(Double alpha) {
            this.alpha = alpha;
            return this;
        }

        /**
         * Sets the probability below which an element counts in full, none by default.
         *
         * @param reducedThreshold between 1e-10 and 1, as its power of gamma must be, or null for
         *     none
         * @return this
         */
        public Builder<T> reducedThreshold(Double reducedThreshold) {
            this.reducedThreshold = reducedThreshold;
            return this;
        }

        /**
         * Sets whether the loss is divided by the sum of the factors too, false by default.
         *
         * @param normalized whether it is
         * @return this
         */
        public Builder<T> normalized(boolean normalized) {
            this.normalized = normalized;
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
         * Sets what the sum is divided by, {@link NormalizeBy#VALID} by default.
         *
         * @param normalizeBy the divisor
         * @return this
         */
        public Builder<T> normalizeBy(NormalizeBy normalizeBy) {
            this.normalizeBy = normalizeBy;
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
         * Starts from the options of segmentation_models.pytorch, which are the defaults.
         *
         * @return this
         */
        public Builder<T> smp() {
            return preset(Form.ONE_VS_REST, null, null, null);
        }

        /**
         * Starts from the options of NRCan/geo-deep-learning: {@link Form#AGGREGATE}, alpha 0.5,
         * label 255 void.
         *
         * @return this
         */
        public Builder<T> gdl() {
            return preset(Form.AGGREGATE, 0.5, 255, Mode.MULTICLASS);
        }

        /**
         * Starts from the options of the Kaggle notebook "Loss Function Library": {@link
         * Form#AGGREGATE}, alpha 0.8, {@link Mode#BINARY}.
         *
         * @return this
         */
        public Builder<T> blog() {
            return preset(Form.AGGREGATE, 0.8, null, Mode.BINARY);
        }

        private Builder<T> preset(Form form, Double alpha, Integer ignoreIndex, Mode mode) {
            return form(form)
                    .gamma(2)
                    .alpha(alpha)
                    .reducedThreshold(null)
                    .normalized(false)
                    .classWeights()
                    .ignoreIndex(ignoreIndex)
                    .normalizeBy(NormalizeBy.VALID)
                    .mode(mode);
        }

        /**
         * Builds it.
         *
         * @return what is built
         * @throws IllegalArgumentException if a parameter is out of its range
         */
        public T build() {
            return finish.apply(
                    new Focal(
                            form,
                            gamma,
                            alpha,
                            reducedThreshold,
                            normalized,
                            classWeights,
                            ignoreIndex,
                            normalizeBy,
                            mode));
        }
    }
}
