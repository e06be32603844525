package org.seglosses.dl4j;

import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.seglosses.samediff.loss.LovaszHinge;

/**
 * Lovász hinge as a DL4J loss function. Formula, options and special cases are those of the
 * definition, {@link LovaszHinge}.
 */
public final class LossLovaszHinge extends SegmentationLossFunction<LovaszHinge> {

    private static final long serialVersionUID = 1L;

    /**
     * Wraps a definition.
     *
     * @param definition the definition
     */
    public LossLovaszHinge(LovaszHinge definition) {
        this(definition, null);
    }

    @JsonCreator
    private LossLovaszHinge(
            @JsonProperty("definition") LovaszHinge definition,
            @JsonProperty("imageSize") ImageSize imageSize) {
        super(definition, imageSize);
    }

    /**
     * Starts a loss with the definition's defaults.
     *
     * @return a builder
     */
    public static LovaszHinge.Builder<LossLovaszHinge> builder() {
        return LovaszHinge.builder(LossLovaszHinge::new);
    }

    @Override
    public LossLovaszHinge imageSize(int height, int width) {
        return new LossLovaszHinge(definition(), new ImageSize(height, width));
    }
}
