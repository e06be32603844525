package org.seglosses.dl4j;

import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.seglosses.samediff.loss.GeneralizedDice;

/**
 * Generalized Dice loss as a DL4J loss function. Formula, options and special cases are those of
 * the definition, {@link GeneralizedDice}.
 */
public final class LossGeneralizedDice extends SegmentationLossFunction<GeneralizedDice> {

    private static final long serialVersionUID = 1L;

    /**
     * Wraps a definition.
     *
     * @param definition the definition
     */
    public LossGeneralizedDice(GeneralizedDice definition) {
        this(definition, null);
    }

    @JsonCreator
    private LossGeneralizedDice(
            @JsonProperty("definition") GeneralizedDice definition,
            @JsonProperty("imageSize") ImageSize imageSize) {
        super(definition, imageSize);
    }

    /**
     * Starts a loss with the definition's defaults.
     *
     * @return a builder
     */
    public static GeneralizedDice.Builder<LossGeneralizedDice> builder() {
        return GeneralizedDice.builder(LossGeneralizedDice::new);
    }

    /**
     * Starts a loss with the options of MONAI.
     *
     * @return a builder
     */
    public static GeneralizedDice.Builder<LossGeneralizedDice> monai() {
        return builder().monai();
    }

    @Override
    public LossGeneralizedDice imageSize(int height, int width) {
        return new LossGeneralizedDice(definition(), new ImageSize(height, width));
    }
}
