package org.seglosses.dl4j;

import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.seglosses.samediff.loss.SoftBce;

/**
 * Binary cross entropy as a DL4J loss function. Formula, options and special cases are those of the
 * definition, {@link SoftBce}.
 */
public final class LossSoftBce extends SegmentationLossFunction<SoftBce> {

    private static final long serialVersionUID = 1L;

    /**
     * Wraps a definition.
     *
     * @param definition the definition
     */
    public LossSoftBce(SoftBce definition) {
        this(definition, null);
    }

    @JsonCreator
    private LossSoftBce(
            @JsonProperty("definition") SoftBce definition,
            @JsonProperty("imageSize") ImageSize imageSize) {
        super(definition, imageSize);
    }

    /**
     * Starts a loss with the definition's defaults.
     *
     * @return a builder
     */
    public static SoftBce.Builder<LossSoftBce> builder() {
        return SoftBce.builder(LossSoftBce::new);
    }

    /**
     * Starts a loss with the options of segmentation_models.pytorch.
     *
     * @return a builder
     */
    public static SoftBce.Builder<LossSoftBce> smp() {
        return builder().smp();
    }

    @Override
    public LossSoftBce imageSize(int height, int width) {
        return new LossSoftBce(definition(), new ImageSize(height, width));
    }
}
