package org.seglosses.dl4j;

import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.seglosses.samediff.loss.Focal;

/**
 * Focal loss as a DL4J loss function. Formula, options and special cases are those of the
 * definition, {@link Focal}.
 */
public final class LossFocal extends SegmentationLossFunction<Focal> {

    private static final long serialVersionUID = 1L;

    /**
     * Wraps a definition.
     *
     * @param definition the definition
     */
    public LossFocal(Focal definition) {
        this(definition, null);
    }

    @JsonCreator
    private LossFocal(
            @JsonProperty("definition") Focal definition,
            @JsonProperty("imageSize") ImageSize imageSize) {
        super(definition, imageSize);
    }

    /**
     * Starts a loss with the definition's defaults.
     *
     * @return a builder
     */
    public static Focal.Builder<LossFocal> builder() {
        return Focal.builder(LossFocal::new);
    }

    /**
     * Starts a loss with the options of segmentation_models.pytorch.
     *
     * @return a builder
     */
    public static Focal.Builder<LossFocal> smp() {
        return builder().smp();
    }

    /**
     * Starts a loss with the options of NRCan/geo-deep-learning.
     *
     * @return a builder
     */
    public static Focal.Builder<LossFocal> gdl() {
        return builder().gdl();
    }

    /**
     * Starts a loss with the options of the Kaggle notebook "Loss Function Library".
     *
     * @return a builder
     */
    public static Focal.Builder<LossFocal> blog() {
        return builder().blog();
    }

    @Override
    public LossFocal imageSize(int height, int width) {
        return new LossFocal(definition(), new ImageSize(height, width));
    }
}
