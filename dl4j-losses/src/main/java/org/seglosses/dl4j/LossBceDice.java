package org.seglosses.dl4j;

import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.seglosses.samediff.loss.BceDice;

/**
 * Binary cross entropy plus Dice loss as a DL4J loss function. Formula, options and special cases
 * are those of the definition, {@link BceDice}.
 */
public final class LossBceDice extends SegmentationLossFunction<BceDice> {

    private static final long serialVersionUID = 1L;

    /**
     * Wraps a definition.
     *
     * @param definition the definition
     */
    public LossBceDice(BceDice definition) {
        this(definition, null);
    }

    @JsonCreator
    private LossBceDice(
            @JsonProperty("definition") BceDice definition,
            @JsonProperty("imageSize") ImageSize imageSize) {
        super(definition, imageSize);
    }

    /**
     * Starts a loss with the definition's defaults.
     *
     * @return a builder
     */
    public static BceDice.Builder<LossBceDice> builder() {
        return BceDice.builder(LossBceDice::new);
    }

    /**
     * Starts a loss with the options of the Kaggle notebook "Loss Function Library".
     *
     * @return a builder
     */
    public static BceDice.Builder<LossBceDice> blog() {
        return builder().blog();
    }

    @Override
    public LossBceDice imageSize(int height, int width) {
        return new LossBceDice(definition(), new ImageSize(height, width));
    }
}
