package org.seglosses.dl4j;

import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.seglosses.samediff.loss.ActiveContour;

/**
 * Active contour loss as a DL4J loss function. Formula, options and special cases are those of the
 * definition, {@link ActiveContour}.
 */
public final class LossActiveContour extends SegmentationLossFunction<ActiveContour> {

    private static final long serialVersionUID = 1L;

    /**
     * Wraps a definition.
     *
     * @param definition the definition
     */
    public LossActiveContour(ActiveContour definition) {
        this(definition, null);
    }

    @JsonCreator
    private LossActiveContour(
            @JsonProperty("definition") ActiveContour definition,
            @JsonProperty("imageSize") ImageSize imageSize) {
        super(definition, imageSize);
    }

    /**
     * Starts a loss with the definition's defaults.
     *
     * @return a builder
     */
    public static ActiveContour.Builder<LossActiveContour> builder() {
        return ActiveContour.builder(LossActiveContour::new);
    }

    @Override
    public LossActiveContour imageSize(int height, int width) {
        return new LossActiveContour(definition(), new ImageSize(height, width));
    }
}
