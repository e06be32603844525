package org.seglosses.dl4j;

import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.seglosses.samediff.loss.Poly1CrossEntropy;

/**
 * Poly-1 cross entropy as a DL4J loss function. Formula, options and special cases are those of the
 * definition, {@link Poly1CrossEntropy}.
 */
public final class LossPoly1CrossEntropy extends SegmentationLossFunction<Poly1CrossEntropy> {

    private static final long serialVersionUID = 1L;

    /**
     * Wraps a definition.
     *
     * @param definition the definition
     */
    public LossPoly1CrossEntropy(Poly1CrossEntropy definition) {
        this(definition, null);
    }

    @JsonCreator
    private LossPoly1CrossEntropy(
            @JsonProperty("definition") Poly1CrossEntropy definition,
            @JsonProperty("imageSize") ImageSize imageSize) {
        super(definition, imageSize);
    }

    /**
     * Starts a loss with the definition's defaults.
     *
     * @return a builder
     */
    public static Poly1CrossEntropy.Builder<LossPoly1CrossEntropy> builder() {
        return Poly1CrossEntropy.builder(LossPoly1CrossEntropy::new);
    }

    @Override
    public LossPoly1CrossEntropy imageSize(int height, int width) {
        return new LossPoly1CrossEntropy(definition(), new ImageSize(height, width));
    }
}
