package org.seglosses.dl4j;

import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.seglosses.samediff.loss.Boundary;

/**
 * Boundary loss as a DL4J loss function. Formula, options and special cases are those of the
 * definition, {@link Boundary}.
 */
public final class LossBoundary extends SegmentationLossFunction<Boundary> {

    private static final long serialVersionUID = 1L;

    /**
     * Wraps a definition.
     *
     * @param definition the definition
     */
    public LossBoundary(Boundary definition) {
        this(definition, null);
    }

    @JsonCreator
    private LossBoundary(
            @JsonProperty("definition") Boundary definition,
            @JsonProperty("imageSize") ImageSize imageSize) {
        super(definition, imageSize);
    }

    /**
     * Starts a loss with the definition's defaults.
     *
     * @return a builder
     */
    public static Boundary.Builder<LossBoundary> builder() {
        return Boundary.builder(LossBoundary::new);
    }

    /**
     * Starts a loss with the options of NRCan/geo-deep-learning.
     *
     * @return a builder
     */
    public static Boundary.Builder<LossBoundary> gdl() {
        return builder().gdl();
    }

    @Override
    public LossBoundary imageSize(int height, int width) {
        return new LossBoundary(definition(), new ImageSize(height, width));
    }
}
