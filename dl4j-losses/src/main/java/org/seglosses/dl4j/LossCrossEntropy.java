package org.seglosses.dl4j;

import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.seglosses.samediff.loss.CrossEntropy;

/**
 * Softmax cross entropy as a DL4J loss function. Formula, options and special cases are those of
 * the definition, {@link CrossEntropy}.
 */
public final class LossCrossEntropy extends SegmentationLossFunction<CrossEntropy> {

    private static final long serialVersionUID = 1L;

    /**
     * Wraps a definition.
     *
     * @param definition the definition
     */
    public LossCrossEntropy(CrossEntropy definition) {
        this(definition, null);
    }

    @JsonCreator
    private LossCrossEntropy(
            @JsonProperty("definition") CrossEntropy definition,
            @JsonProperty("imageSize") ImageSize imageSize) {
        super(definition, imageSize);
    }

    /**
     * Starts a loss with the definition's defaults.
     *
     * @return a builder
     */
    public static CrossEntropy.Builder<LossCrossEntropy> builder() {
        return CrossEntropy.builder(LossCrossEntropy::new);
    }

    @Override
    public LossCrossEntropy imageSize(int height, int width) {
        return new LossCrossEntropy(definition(), new ImageSize(height, width));
    }
}
