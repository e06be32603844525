package org.seglosses.dl4j;

import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.seglosses.samediff.loss.Duo;

/**
 * Duo loss as a DL4J loss function. Formula, options and special cases are those of the definition,
 * {@link Duo}.
 */
public final class LossDuo extends SegmentationLossFunction<Duo> {

    private static final long serialVersionUID = 1L;

    /**
     * Wraps a definition.
     *
     * @param definition the definition
     */
    public LossDuo(Duo definition) {
        this(definition, null);
    }

    @JsonCreator
    private LossDuo(
            @JsonProperty("definition") Duo definition,
            @JsonProperty("imageSize") ImageSize imageSize) {
        super(definition, imageSize);
    }

    /**
     * Starts a loss with the definition's defaults.
     *
     * @return a builder
     */
    public static Duo.Builder<LossDuo> builder() {
        return Duo.builder(LossDuo::new);
    }

    /**
     * Starts a loss with the options of NRCan/geo-deep-learning.
     *
     * @return a builder
     */
    public static Duo.Builder<LossDuo> gdl() {
        return builder().gdl();
    }

    @Override
    public LossDuo imageSize(int height, int width) {
        return new LossDuo(definition(), new ImageSize(height, width));
    }
}
