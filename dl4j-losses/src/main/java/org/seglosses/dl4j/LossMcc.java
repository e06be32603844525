package org.seglosses.dl4j;

import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.seglosses.samediff.loss.Mcc;

/**
 * Matthews correlation coefficient loss as a DL4J loss function. Formula, options and special cases
 * are those of the definition, {@link Mcc}.
 */
public final class LossMcc extends SegmentationLossFunction<Mcc> {

    private static final long serialVersionUID = 1L;

    /**
     * Wraps a definition.
     *
     * @param definition the definition
     */
    public LossMcc(Mcc definition) {
        this(definition, null);
    }

    @JsonCreator
    private LossMcc(
            @JsonProperty("definition") Mcc definition,
            @JsonProperty("imageSize") ImageSize imageSize) {
        super(definition, imageSize);
    }

    /**
     * Starts a loss with the definition's defaults.
     *
     * @return a builder
     */
    public static Mcc.Builder<LossMcc> builder() {
        return Mcc.builder(LossMcc::new);
    }

    @Override
    public LossMcc imageSize(int height, int width) {
        return new LossMcc(definition(), new ImageSize(height, width));
    }
}
