package org.seglosses.samediff.loss;

import java.util.List;

/**
 * Sets the options that {@link Dice}, {@link Jaccard} and {@link Tversky} share.
 *
 * @param <B> the builder itself
 */
abstract class RegionBuilder<B extends RegionBuilder<B>> {

    private double smooth;
    private Double smoothDenominator;
    private double eps = 1e-7;
    private boolean squaredDenominator;
    private boolean logLoss;
    private boolean perImage;
    private AbsentClass absentClass = AbsentClass.ZERO;
    private List<Integer> classes = List.of();
    private List<Double> classWeights = List.of();

    Integer ignoreIndex;
    Mode mode;

    RegionBuilder() {}

    abstract B self();

    /**
     * @throws IllegalArgumentException if an option is out of its range
     */
    RegionOptions options() {
        return new RegionOptions(
                smooth,
                smoothDenominator,
                eps,
                squaredDenominator,
                logLoss,
                perImage,
                absentClass,
                classes,
                classWeights);
    }

    /**
     * Sets what is added to a score above and below, 0 by default.
     *
     * @param smooth 0 or between 1e-10 and 1e10
     * @return this
     */
    public B smooth(double smooth) {
        this.smooth = smooth;
        return self();
    }

    /**
     * Sets what is added below if that is not {@code smooth}.
     *
     * @param smoothDenominator 0 or between 1e-10 and 1e10, or null for {@code smooth}, the default
     * @return this
     */
    public B smoothDenominator(Double smoothDenominator) {
        this.smoothDenominator = smoothDenominator;
        return self();
    }

    /**
     * Sets what a divisor is at least, and a score before its logarithm; 1e-7 by default.
     *
     * @param eps between 1e-10 and 1e10
     * @return this
     */
    public B eps(double eps) {
        this.eps = eps;
        return self();
    }

    /**
     * Sets whether probabilities and labels are squared in the denominator, false by default.
     *
     * @param squaredDenominator whether they are
     * @return this
     */
    public B squaredDenominator(boolean squaredDenominator) {
        this.squaredDenominator = squaredDenominator;
        return self();
    }

    /**
     * Sets whether a class costs {@code -log(score)} in the place of {@code 1 - score}, false by
     * default.
     *
     * @param logLoss whether it does
     * @return this
     */
    public B logLoss(boolean logLoss) {
        this.logLoss = logLoss;
        return self();
    }

    /**
     * Sets whether the loss is taken of each image and averaged, or of the batch, the default.
     *
     * @param perImage whether it is taken of each image
     * @return this
     */
    public B perImage(boolean perImage) {
        this.perImage = perImage;
        return self();
    }

    /**
     * Sets what absent classes count, {@link AbsentClass#ZERO} by default.
     *
     * @param absentClass what they count
     * @return this
     */
    public B absentClass(AbsentClass absentClass) {
        this.absentClass = absentClass;
        return self();
    }

    /**
     * Sets the classes to average over, all by default; without class 0 the background is left out.
     *
     * @param classes class indices
     * @return this
     */
    public B classes(int... classes) {
        this.classes = Rules.list(classes, "classes");
        return self();
    }

    /**
     * Sets the weights of the classes in the mean over them, 1 for all by default.
     *
     * @param classWeights a weight for each class, finite and not negative
     * @return this
     */
    public B classWeights(double... classWeights) {
        this.classWeights = Rules.list(classWeights, "classWeights");
        return self();
    }

    /**
     * Sets the label of void pixels (or elements), none by default.
     *
     * @param ignoreIndex the label, or null for none
     * @return this
     */
    public B ignoreIndex(Integer ignoreIndex) {
        this.ignoreIndex = ignoreIndex;
        return self();
    }

    /**
     * Names the mode; by default the activation or the number of channels tells it.
     *
     * @param mode the mode, or null
     * @return this
     */
    public B mode(Mode mode) {
        this.mode = mode;
        return self();
    }

    /**
     * Starts from the options of segmentation_models.pytorch, which are the defaults.
     *
     * @return this
     */
    public B smp() {
        return preset(0, false, AbsentClass.ZERO, null);
    }

    /**
     * Starts from the options of the binary losses of the Kaggle notebook "Loss Function Library":
     * {@link Mode#BINARY}, 1 added above and below, absent classes penalized.
     *
     * @return this
     */
    public B blog() {
        return preset(1, false, AbsentClass.PENALIZE, Mode.BINARY);
    }

    /**
     * Starts from the options of MONAI: of each image, 1e-5 added above and below, absent classes
     * penalized. Its {@code include_background=False} is {@code classes}, its {@code squared_pred}
     * is {@code squaredDenominator}, its {@code smooth_nr} and {@code smooth_dr} are {@code smooth}
     * and {@code smoothDenominator}. It does not divide by the class weights' sum.
     *
     * @return this
     */
    public B monai() {
        return preset(1e-5, true, AbsentClass.PENALIZE, null);
    }

    B preset(double smooth, boolean perImage, AbsentClass absentClass, Mode mode) {
        this.smooth = smooth;
        this.smoothDenominator = null;
        this.eps = 1e-7;
        this.squaredDenominator = false;
        this.logLoss = false;
        this.perImage = perImage;
        this.absentClass = absentClass;
        this.classes = List.of();
        this.classWeights = List.of();
        this.ignoreIndex = null;
        return mode(mode);
    }
}
