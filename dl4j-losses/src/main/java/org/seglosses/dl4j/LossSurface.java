package org.seglosses.dl4j;

import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.seglosses.samediff.loss.Surface;

/**
 * Surface loss as a DL4J loss function. Formula, options and special cases are those of the
 * definition, {@link Surface}.
 */
public final class LossSurface extends SegmentationLossFunction<Surface> {

    private static final long serialVersionUID = 1L;

    /**
     * Wraps a definition.
     *
     * @param definition the definition
     */
    public LossSurface(Surface definition) {
        this(definition, null);
    }

    @JsonCreator
    private LossSurface(
            @JsonProperty("definition") Surface definition,
            @JsonProperty("imageSize") ImageSize imageSize) {
        super(definition, imageSize);
    }

    /**
     * Starts a loss with the definition's defaults.
     *
     * @return a builder
     */
    public static Surface.Builder<LossSurface> builder() {
        return Surface.builder(LossSurface::new);
    }

    @Override
    public LossSurface imageSize(int height, int width) {
        return new LossSurface(definition(), new ImageSize(height, width));
    }
}
