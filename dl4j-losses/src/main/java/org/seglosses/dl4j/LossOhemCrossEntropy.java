package org.seglosses.dl4j;

import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.seglosses.samediff.loss.OhemCrossEntropy;

/**
 * Cross entropy over the hard pixels as a DL4J loss function. Formula, options and special cases
 * are those of the definition, {@link OhemCrossEntropy}.
 */
public final class LossOhemCrossEntropy extends SegmentationLossFunction<OhemCrossEntropy> {

    private static final long serialVersionUID = 1L;

    /**
     * Wraps a definition.
     *
     * @param definition the definition
     */
    public LossOhemCrossEntropy(OhemCrossEntropy definition) {
        this(definition, null);
    }

    @JsonCreator
    private LossOhemCrossEntropy(
            @JsonProperty("definition") OhemCrossEntropy definition,
            @JsonProperty("imageSize") ImageSize imageSize) {
        super(definition, imageSize);
    }

    /**
     * Starts a loss with the definition's defaults.
     *
     * @return a builder
     */
    public static OhemCrossEntropy.Builder<LossOhemCrossEntropy> builder() {
        return OhemCrossEntropy.builder(LossOhemCrossEntropy::new);
    }

    @Override
    public LossOhemCrossEntropy imageSize(int height, int width) {
        return new LossOhemCrossEntropy(definition(), new ImageSize(height, width));
    }
}
