package org.seglosses.dl4j;

import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.seglosses.samediff.loss.Dice;

/**
 * Dice loss as a DL4J loss function. Formula, options and special cases are those of the
 * definition, {@link Dice}.
 */
public final class LossDice extends SegmentationLossFunction<Dice> {

    private static final long serialVersionUID = 1L;

    /**
     * Wraps a definition.
     *
     * @param definition the definition
     */
    public LossDice(Dice definition) {
        this(definition, null);
    }

    @JsonCreator
    private LossDice(
            @JsonProperty("definition") Dice definition,
            @JsonProperty("imageSize") ImageSize imageSize) {
        super(definition, imageSize);
    }

    /**
     * Starts a loss with the definition's defaults.
     *
     * @return a builder
     */
    public static Dice.Builder<LossDice> builder() {
        return Dice.builder(LossDice::new);
    }

    /**
     * Starts a loss with the options of segmentation_models.pytorch.
     *
     * @return a builder
     */
    public static Dice.Builder<LossDice> smp() {
        return builder().smp();
    }

    /**
     * Starts a loss with the options of NRCan/geo-deep-learning.
     *
     * @return a builder
     */
    public static Dice.Builder<LossDice> gdl() {
        return builder().gdl();
    }

    /**
     * Starts a loss with the options of the Kaggle notebook "Loss Function Library".
     *
     * @return a builder
     */
    public static Dice.Builder<LossDice> blog() {
        return builder().blog();
    }

    /**
     * Starts a loss with the options of MONAI.
     *
     * @return a builder
     */
    public static Dice.Builder<LossDice> monai() {
        return builder().monai();
    }

    @Override
    public LossDice imageSize(int height, int width) {
        return new LossDice(definition(), new ImageSize(height, width));
    }
}
