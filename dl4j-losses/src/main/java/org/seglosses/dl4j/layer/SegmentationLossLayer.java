package org.seglosses.dl4j.layer;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseOutputLayer;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.InputTypeUtil;
import org.deeplearning4j.nn.conf.memory.LayerMemoryReport;
import org.deeplearning4j.nn.conf.memory.MemoryReport;
import org.deeplearning4j.nn.params.EmptyParamInitializer;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.shade.jackson.annotation.JsonAnySetter;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.seglosses.dl4j.SegmentationLossFunction;

import java.io.IOException;
import java.io.InvalidObjectException;
import java.io.ObjectInputStream;
import java.util.Collection;
import java.util.Objects;

/**
 * An output layer without parameters for semantic segmentation, the counterpart of DL4J's {@code
 * CnnLossLayer} for the losses of this library.
 *
 * <p>Its input is {@code [N,C,H,W]}, or {@code [N,H,W,C]} in a network of that format; it is what
 * the network puts out before the activation: SOFTMAX over the channels, SIGMOID, or IDENTITY for
 * logits, the default. Labels are class indices {@code [N,H,W]} or {@code [N,1,H,W]} ({@code
 * [N,H,W,1]}), of any numeric type, or one-hot of the input's shape. Use the features' type for
 * index labels if the data is to be shuffled by {@code DataSet.shuffle()}, which mispairs rows of
 * different element sizes. Label masks are {@code [N,1]} for images, {@code [N,H,W]}, {@code
 * [N,1,H,W]} ({@code [N,H,W,1]}), or of the input's shape.
 *
 * <p>Score and gradient are computed in one run of the loss's graph an iteration. Weights that
 * follow a schedule are given the network's iteration and epoch; {@link LossComponentsListener}
 * tells what the components of a sum were. Works in {@code MultiLayerNetwork} and {@code
 * ComputationGraph}, with transfer learning, parallel wrappers, and Spark.
 *
 * <pre>{@code
 * new SegmentationLossLayer.Builder(LossBoundary.builder().theta(5).build())
 *         .activation(Activation.SOFTMAX)
 *         .build()
 * }</pre>
 */
public final class SegmentationLossLayer extends FeedForwardLayer {

    private static final long serialVersionUID = 1L;

    private SegmentationLossFunction<?> lossFn;
    private CNN2DFormat format = CNN2DFormat.NCHW;

    /** Not whether it warns: what was serialized before there were warnings has false here. */
    private boolean silent;

    /** What clones of this layer have begun; DL4J's clones, and those alone, share it. */
    private transient TrainingStarts starts = new TrainingStarts();

    /** For Jackson, which sets what else there is; what is missing keeps its default. */
    @JsonCreator
    private SegmentationLossLayer(@JsonProperty("lossFn") ILossFunction lossFn) {
        this.lossFn = requireOurs(lossFn);
    }

    private SegmentationLossLayer(Builder builder) {
        super(builder);
        lossFn = requireOurs(builder.getLossFn());
        format = builder.format;
        silent = !builder.warnings;
    }

    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
        in.defaultReadObject();
        if (lossFn == null || format == null) {
            throw new InvalidObjectException(
                    "lossFn and format must be given, got " + lossFn + " and " + format);
        }
    }

    /** DL4J's mappers skip what they do not know. */
    @JsonAnySetter
    private void refuse(String property, Object value) {
        throw new IllegalArgumentException(
                "properties of SegmentationLossLayer must be those of a layer, lossFn, format or warnings, got "
                        + property);
    }

    private static SegmentationLossFunction<?> requireOurs(ILossFunction loss) {
        if (loss instanceof SegmentationLossFunction<?> ours) {
            return ours;
        }
        throw new IllegalArgumentException(
                "lossFn must be a loss of this library (a SegmentationLossFunction), since others take"
                        + " rows and are silently wrong on [N,C,H,W]; got "
                        + (loss == null ? null : loss.getClass().getName()));
    }

    private static CNN2DFormat requireGiven(CNN2DFormat format) {
        if (format == null) {
            throw new IllegalArgumentException("format must be NCHW or NHWC, got null");
        }
        return format;
    }

    /**
     * The loss.
     *
     * @return the loss
     */
    public ILossFunction getLossFn() {
        return lossFn;
    }

    /**
     * Sets the loss; for Jackson, which builds a configuration by setters.
     *
     * @param lossFn a loss of this library
     * @throws IllegalArgumentException if it is another
     */
    public void setLossFn(ILossFunction lossFn) {
        this.lossFn = requireOurs(lossFn);
    }

    /**
     * The format of the input.
     *
     * @return NCHW or NHWC
     */
    public CNN2DFormat getFormat() {
        return format;
    }

    /**
     * Sets the format of the input; the network's input type sets it too.
     *
     * @param format NCHW or NHWC
     */
    public void setFormat(CNN2DFormat format) {
        this.format = requireGiven(format);
    }

    /**
     * Whether the layer warns in training of what looks wrong.
     *
     * @return whether it does
     */
    public boolean isWarnings() {
        return !silent;
    }

    /**
     * Sets whether the layer warns in training; for Jackson. Configurations that do not say it
     * warn.
     *
     * @param warnings whether it does
     * @throws IllegalArgumentException if it is null
     */
    public void setWarnings(Boolean warnings) {
        if (warnings == null) {
            throw new IllegalArgumentException("warnings must be true or false, got null");
        }
        silent = !warnings;
    }

    SegmentationLossFunction<?> loss() {
        return lossFn;
    }

    /** Null in what Java has deserialized, as on Spark: nobody knows of what it is a copy. */
    TrainingStarts starts() {
        return starts;
    }

    @Override
    public Layer instantiate(
            NeuralNetConfiguration conf,
            Collection<TrainingListener> trainingListeners,
            int layerIndex,
            INDArray layerParamsView,
            boolean initializeParams,
            DataType networkDataType) {
        SegmentationLoss layer = new SegmentationLoss(conf, networkDataType);
        layer.setListeners(trainingListeners);
        layer.setIndex(layerIndex);
        layer.setParamsViewArray(layerParamsView);
        layer.setParamTable(initializer().init(conf, layerParamsView, initializeParams));
        layer.setConf(conf);
        return layer;
    }

    @Override
    public ParamInitializer initializer() {
        return EmptyParamInitializer.getInstance();
    }

    @Override
    public InputType getOutputType(int layerIndex, InputType inputType) {
        requireImages(inputType, " (index " + layerIndex + ")");
        return inputType;
    }

    @Override
    public InputPreProcessor getPreProcessorForInputType(InputType inputType) {
        if (inputType instanceof InputType.InputTypeConvolutional3D) {
            // DL4J asks for this first, and its own refusal names neither layer nor rule
            requireImages(inputType, "");
        }
        return InputTypeUtil.getPreProcessorForInputTypeCnnLayers(inputType, getLayerName());
    }

    private void requireImages(InputType inputType, String place) {
        if (!(inputType instanceof InputType.InputTypeConvolutional)
                && !(inputType instanceof InputType.InputTypeConvolutionalFlat)) {
            throw new IllegalArgumentException(
                    "input of SegmentationLossLayer \""
                            + getLayerName()
                            + "\""
                            + place
                            + " must be convolutional (2D images), got "
                            + inputType);
        }
    }

    @Override
    public void setNIn(InputType inputType, boolean override) {
        if (inputType instanceof InputType.InputTypeConvolutional convolutional) {
            format = convolutional.getFormat();
        }
    }

    @Override
    public LayerMemoryReport getMemoryReport(InputType inputType) {
        return new LayerMemoryReport.Builder(layerName, getClass(), inputType, inputType)
                .standardMemory(0, 0)
                .workingMemory(0, 0, 0, 0)
                .cacheMemory(MemoryReport.CACHE_MODE_ALL_ZEROS, MemoryReport.CACHE_MODE_ALL_ZEROS)
                .build();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SegmentationLossLayer layer
                && super.equals(other)
                && Objects.equals(lossFn, layer.lossFn)
                && format == layer.format
                && silent == layer.silent;
    }

    @Override
    protected boolean canEqual(Object other) {
        return other instanceof SegmentationLossLayer;
    }

    @Override
    public int hashCode() {
        return 31 * super.hashCode() + Objects.hash(lossFn, format, silent);
    }

    /** Builds the layer. */
    @SuppressWarnings("unchecked") // DL4J declares build() with a free type
    public static final class Builder extends BaseOutputLayer.Builder<Builder> {

        private CNN2DFormat format = CNN2DFormat.NCHW;
        private boolean warnings = true;

        /**
         * Starts a layer with activation IDENTITY.
         *
         * @param loss a loss of this library
         * @throws IllegalArgumentException if it is another
         */
        public Builder(ILossFunction loss) {
            super(requireOurs(loss));
            this.activationFn = Activation.IDENTITY.getActivationFunction();
        }

        /**
         * Sets the format of the input; the network's input type, where one is set, overrides it.
         *
         * @param format NCHW, the default, or NHWC
         * @return this
         */
        public Builder format(CNN2DFormat format) {
            this.format = requireGiven(format);
            return this;
        }

        /**
         * Sets whether the layer warns of what looks wrong in the first steps of a training, and of
         * schedules whose time stands still. It does so by SLF4J, once for equal layers in a JVM.
         *
         * @param warnings true, the default, or false for silence
         * @return this
         */
        public Builder warnings(boolean warnings) {
            this.warnings = warnings;
            return this;
        }

        @Override
        public SegmentationLossLayer build() {
            return new SegmentationLossLayer(this);
        }
    }
}
