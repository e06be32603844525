package org.seglosses.dl4j;

import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.seglosses.samediff.loss.FBeta;

/**
 * F-beta loss as a DL4J loss function. Formula, options and special cases are those of the
 * definition, {@link FBeta}.
 */
public final class LossFBeta extends SegmentationLossFunction<FBeta> {

    private static final long serialVersionUID = 1L;

    /**
     * Wraps a definition.
     *
     * @param definition the definition
     */
    public LossFBeta(FBeta definition) {
        this(definition, null);
    }

    @JsonCreator
    private LossFBeta(
            @JsonProperty("definition") FBeta definition,
            @JsonProperty("imageSize") ImageSize imageSize) {
        super(definition, imageSize);
    }

    /**
     * Starts a loss with the definition's defaults.
     *
     * @return a builder
     */
    public static FBeta.Builder<LossFBeta> builder() {
        return FBeta.builder(LossFBeta::new);
    }

    @Override
    public LossFBeta imageSize(int height, int width) {
        return new LossFBeta(definition(), new ImageSize(height, width));
    }
}
