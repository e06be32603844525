package org.seglosses.dl4j;

import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.seglosses.samediff.loss.Jaccard;

/**
 * Jaccard loss as a DL4J loss function. Formula, options and special cases are those of the
 * definition, {@link Jaccard}.
 */
public final class LossJaccard extends SegmentationLossFunction<Jaccard> {

    private static final long serialVersionUID = 1L;

    /**
     * Wraps a definition.
     *
     * @param definition the definition
     */
    public LossJaccard(Jaccard definition) {
        this(definition, null);
    }

    @JsonCreator
    private LossJaccard(
            @JsonProperty("definition") Jaccard definition,
            @JsonProperty("imageSize") ImageSize imageSize) {
        super(definition, imageSize);
    }

    /**
     * Starts a loss with the definition's defaults.
     *
     * @return a builder
     */
    public static Jaccard.Builder<LossJaccard> builder() {
        return Jaccard.builder(LossJaccard::new);
    }

    /**
     * Starts a loss with the options of segmentation_models.pytorch.
     *
     * @return a builder
     */
    public static Jaccard.Builder<LossJaccard> smp() {
        return builder().smp();
    }

    /**
     * Starts a loss with the options of the Kaggle notebook "Loss Function Library".
     *
     * @return a builder
     */
    public static Jaccard.Builder<LossJaccard> blog() {
        return builder().blog();
    }

    /**
     * Starts a loss with the options of MONAI.
     *
     * @return a builder
     */
    public static Jaccard.Builder<LossJaccard> monai() {
        return builder().monai();
    }

    @Override
    public LossJaccard imageSize(int height, int width) {
        return new LossJaccard(definition(), new ImageSize(height, width));
    }
}
