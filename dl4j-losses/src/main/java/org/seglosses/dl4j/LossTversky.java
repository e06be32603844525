package org.seglosses.dl4j;

import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.seglosses.samediff.loss.Tversky;

/**
 * Tversky loss as a DL4J loss function. Formula, options and special cases are those of the
 * definition, {@link Tversky}.
 */
public final class LossTversky extends SegmentationLossFunction<Tversky> {

    private static final long serialVersionUID = 1L;

    /**
     * Wraps a definition.
     *
     * @param definition the definition
     */
    public LossTversky(Tversky definition) {
        this(definition, null);
    }

    @JsonCreator
    private LossTversky(
            @JsonProperty("definition") Tversky definition,
            @JsonProperty("imageSize") ImageSize imageSize) {
        super(definition, imageSize);
    }

    /**
     * Starts a loss with the definition's defaults.
     *
     * @return a builder
     */
    public static Tversky.Builder<LossTversky> builder() {
        return Tversky.builder(LossTversky::new);
    }

    /**
     * Starts a loss with the options of segmentation_models.pytorch.
     *
     * @return a builder
     */
    public static Tversky.Builder<LossTversky> smp() {
        return builder().smp();
    }

    /**
     * Starts a loss with the options of MONAI.
     *
     * @return a builder
     */
    public static Tversky.Builder<LossTversky> monai() {
        return builder().monai();
    }

    @Override
    public LossTversky imageSize(int height, int width) {
        return new LossTversky(definition(), new ImageSize(height, width));
    }
}
