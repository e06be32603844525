package org.seglosses.dl4j;

import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.seglosses.samediff.loss.LovaszSoftmax;

/**
 * Lovász-Softmax as a DL4J loss function. Formula, options and special cases are those of the
 * definition, {@link LovaszSoftmax}.
 */
public final class LossLovaszSoftmax extends SegmentationLossFunction<LovaszSoftmax> {

    private static final long serialVersionUID = 1L;

    /**
     * Wraps a definition.
     *
     * @param definition the definition
     */
    public LossLovaszSoftmax(LovaszSoftmax definition) {
        this(definition, null);
    }

    @JsonCreator
    private LossLovaszSoftmax(
            @JsonProperty("definition") LovaszSoftmax definition,
            @JsonProperty("imageSize") ImageSize imageSize) {
        super(definition, imageSize);
    }

    /**
     * Starts a loss with the definition's defaults.
     *
     * @return a builder
     */
    public static LovaszSoftmax.Builder<LossLovaszSoftmax> builder() {
        return LovaszSoftmax.builder(LossLovaszSoftmax::new);
    }

    /**
     * Starts a loss with the options of segmentation_models.pytorch.
     *
     * @return a builder
     */
    public static LovaszSoftmax.Builder<LossLovaszSoftmax> smp() {
        return builder().smp();
    }

    /**
     * Starts a loss with the options of NRCan/geo-deep-learning.
     *
     * @return a builder
     */
    public static LovaszSoftmax.Builder<LossLovaszSoftmax> gdl() {
        return builder().gdl();
    }

    @Override
    public LossLovaszSoftmax imageSize(int height, int width) {
        return new LossLovaszSoftmax(definition(), new ImageSize(height, width));
    }
}
