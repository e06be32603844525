package org.seglosses.dl4j.layer;

import org.deeplearning4j.nn.api.MaskState;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.custom.SoftMax;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.dl4j.LossScore;
import org.seglosses.dl4j.SegmentationLossFunction;
import org.seglosses.dl4j.TrainingTime;
import org.seglosses.samediff.loss.LossExplanation;

import java.util.Arrays;
import java.util.List;

/** {@link SegmentationLossLayer} at work. */
final class SegmentationLoss extends BaseLayer<SegmentationLossLayer> implements IOutputLayer {

    private static final long serialVersionUID = 1L;

    private INDArray labels;

    /** The mask that came with the features through the layers before. */
    private transient INDArray featuresMask;

    /**
     * The loss of the present input, labels, mask and time, as the backward pass found it: DL4J
     * asks for the score right after, and the same run has given it.
     */
    private transient Double known;

    /** What the last backward pass has computed. */
    private transient LossComponentsListener.Report last;

    private transient TrainingWatch watch;

    /** Whether the next score is to be explained. */
    private transient boolean explaining;

    private transient LossExplanation explanation;

    SegmentationLoss(NeuralNetConfiguration conf, DataType dataType) {
        super(conf, dataType);
    }

    private boolean channelsLast() {
        return layerConf().getFormat() == CNN2DFormat.NHWC;
    }

    private IActivation activation() {
        return layerConf().getActivationFn();
    }

    /** The network's counts, which it hands to its layers before each step and after it. */
    private TrainingTime time() {
        return new TrainingTime(getIterationCount(), getEpochCount());
    }

    /** What the last backward pass has computed; null before the first. */
    LossComponentsListener.Report last() {
        return last;
    }

    private INDArray preOutput() {
        assertInputSet(false);
        if (input.rank() != 4) {
            throw new IllegalArgumentException(
                    "input of "
                            + layerId()
                            + " must be of rank 4 ("
                            + layerConf().getFormat().dimensionNames()
                            + "), got "
                            + Arrays.toString(input.shape()));
        }
        return channelsFirst(input);
    }

    private INDArray channelsFirst(INDArray array) {
        return channelsLast() && array.rank() == 4 ? array.permute(0, 3, 1, 2) : array;
    }

    private INDArray lossLabels() {
        if (labels == null) {
            throw new IllegalStateException("labels of " + layerId() + " are not set");
        }
        requirePlanes(labels, "labels", "[N,H,W], [N,H,W,1] or [N,H,W,C]");
        return channelsFirst(labels);
    }

    private INDArray lossMask() {
        if (maskArray == null) {
            return null;
        }
        requirePlanes(maskArray, "mask", "[N,1], [N,H,W], [N,H,W,1] or [N,H,W,C]");
        return channelsFirst(maskArray);
    }

    /**
     * In NHWC the loss would name the shape that it sees, with the channels first; a user looks for
     * that of the array.
     */
    private void requirePlanes(INDArray array, String name, String shapes) {
        if (!channelsLast() || array.rank() != 4 || input == null || input.rank() != 4) {
            return;
        }
        for (int side = 1; side <= 2; side++) {
            if (array.size(side) != input.size(side)) {
                throw new IllegalArgumentException(
                        name
                                + " must be "
                                + shapes
                                + " for input "
                                + Arrays.toString(input.shape())
                                + " of "
                                + layerId()
                                + " in format NHWC, got "
                                + Arrays.toString(array.shape())
                                + ": "
                                + (side == 1 ? "height " : "width ")
                                + array.size(side)
                                + " instead of "
                                + input.size(side)
                                + (array.size(2) == input.size(1) && array.size(3) == input.size(2)
                                        ? "; "
                                                + name
                                                + " [N,C,H,W]? permute(0, 2, 3, 1) makes them"
                                                + " [N,H,W,C]"
                                        : formatHint())
                                + maskHint(name + " must"));
            }
        }
    }

    /** What is asked of the loss. */
    private interface Question<T> {

        T of(SegmentationLossFunction<?> loss, INDArray labels, INDArray mask);
    }

    /** Asks the loss; its refusals get the layer's name, since a graph may have several. */
    private <T> T ofLoss(Question<T> question) {
        INDArray lossLabels = lossLabels();
        INDArray lossMask = lossMask();
        try {
            return question.of(layerConf().loss(), lossLabels, lossMask);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "in layer \""
                            + layerConf().getLayerName()
                            + "\": "
                            + e.getMessage()
                            + (e.getMessage().contains("permute(") ? "" : formatHint())
                            + maskHint(e.getMessage()),
                    e);
        }
    }

    /** What to write where input and labels come with the channels first after all. */
    private String formatHint() {
        return channelsLast() && !fit(false) && fit(true)
                ? "; input and labels fit as NCHW: write .format(CNN2DFormat.NCHW) on"
                        + " SegmentationLossLayer.Builder, or InputType.convolutional(height, width,"
                        + " channels, CNN2DFormat.NCHW) on the network"
                : "";
    }

    /** Whether labels have the sides of the input. */
    private boolean fit(boolean channelsFirst) {
        int rows = channelsFirst ? 2 : 1;
        int ofLabels = labels.rank() == 3 ? 1 : rows;
        return (labels.rank() == 3 || labels.rank() == 4)
                && labels.size(ofLabels) == input.size(rows)
                && labels.size(ofLabels + 1) == input.size(rows + 1);
    }

    private String maskHint(String message) {
        return maskArray != null && maskArray == featuresMask && message.startsWith("mask must")
                ? "; this is the features mask, which DL4J hands on to the output where there is no"
                        + " label mask, and which pooling has made smaller: give the DataSet a label"
                        + " mask [N,1,H,W], or no features mask"
                : "";
    }

    @Override
    public Pair<Gradient, INDArray> backpropGradient(
            INDArray epsilon, LayerWorkspaceMgr workspaceMgr) {
        INDArray logits = preOutput();
        INDArray gradient =
                workspaceMgr.createUninitialized(
                        ArrayType.ACTIVATION_GRAD, input.dataType(), input.shape(), 'c');
        TrainingTime time = time();
        LossScore loss =
                ofLoss(
                        (fn, labels, mask) ->
                                fn.computeScoreAndGradient(
                                        labels,
                                        logits,
                                        activation(),
                                        mask,
                                        channelsFirst(gradient),
                                        time));
        known = loss.score();
        watch(logits, time);
        last =
                new LossComponentsListener.Report(
                        conf().getLayer().getLayerName(), time, loss.components());
        return new Pair<>(new DefaultGradient(), gradient);
    }

    private void watch(INDArray logits, TrainingTime time) {
        if (layerConf().isWarnings()) {
            if (watch == null) {
                watch = new TrainingWatch(layerConf());
            }
            watch.step(lossLabels(), logits, lossMask(), time);
        }
    }

    /**
     * Explains a score of the network, which knows how to bring inputs, labels and masks here.
     *
     * @param scoring asks the network for its score
     */
    LossExplanation explain(Runnable scoring) {
        explaining = true;
        try {
            scoring.run();
            return explanation;
        } finally {
            explaining = false;
            explanation = null;
        }
    }

    @Override
    public double computeScore(
            double fullNetRegTerm, boolean training, LayerWorkspaceMgr workspaceMgr) {
        INDArray logits = preOutput();
        if (explaining) {
            explanation =
                    ofLoss(
                            (fn, labels, mask) ->
                                    fn.explain(labels, logits, activation(), mask, time()));
        }
        double sum =
                known != null
                        ? known
                        : ofLoss(
                                (fn, labels, mask) ->
                                        fn.computeScore(
                                                labels, logits, activation(), mask, time()));
        known = sum;
        score = (conf().isMiniBatch() ? sum / getInputMiniBatchSize() : sum) + fullNetRegTerm;
        return score;
    }

    @Override
    public INDArray computeScoreForExamples(double fullNetRegTerm, LayerWorkspaceMgr workspaceMgr) {
        INDArray logits = preOutput();
        INDArray scores =
                ofLoss(
                        (fn, labels, mask) ->
                                fn.computeScoreArray(labels, logits, activation(), mask, time()));
        if (fullNetRegTerm != 0) {
            scores.addi(fullNetRegTerm);
        }
        return workspaceMgr.leverageTo(ArrayType.ACTIVATIONS, scores);
    }

    @Override
    public INDArray activate(boolean training, LayerWorkspaceMgr workspaceMgr) {
        preOutput();
        INDArray output = workspaceMgr.dup(ArrayType.ACTIVATIONS, input, 'c');
        if (activation() instanceof ActivationSoftmax) {
            // DL4J's softmax runs over the last axis, which need not be the channels'. Three axes:
            // over axis 1 of four, ND4J's natives with oneDNN are silently wrong in FLOAT.
            INDArray planes =
                    channelsLast()
                            ? output.reshape(
                                    'c', -1, output.size(1) * output.size(2), output.size(3))
                            : output.reshape(
                                    'c', -1, output.size(1), output.size(2) * output.size(3));
            Nd4j.exec(new SoftMax(planes, planes, channelsLast() ? 2 : 1));
            return output;
        }
        return activation().getActivation(output, training);
    }

    @Override
    public void setInput(INDArray input, LayerWorkspaceMgr workspaceMgr) {
        known = null;
        super.setInput(input, workspaceMgr);
    }

    @Override
    public void setIterationCount(int iterationCount) {
        if (iterationCount != getIterationCount()) {
            known = null;
        }
        super.setIterationCount(iterationCount);
    }

    @Override
    public void setEpochCount(int epochCount) {
        if (epochCount != getEpochCount()) {
            known = null;
        }
        super.setEpochCount(epochCount);
    }

    @Override
    public void setLabels(INDArray labels) {
        if (labels != this.labels) {
            known = null;
        }
        this.labels = labels;
    }

    @Override
    public void setMaskArray(INDArray maskArray) {
        if (maskArray != this.maskArray) {
            known = null;
        }
        this.maskArray = maskArray;
    }

    @Override
    public Pair<INDArray, MaskState> feedForwardMaskArray(
            INDArray maskArray, MaskState currentMaskState, int minibatchSize) {
        // as in DL4J's own: where no label mask follows, a features mask serves as one
        featuresMask = maskArray;
        setMaskArray(maskArray);
        return null;
    }

    @Override
    public void clear() {
        super.clear();
        labels = null;
        known = null;
        featuresMask = null;
    }

    @Override
    public INDArray getLabels() {
        return labels;
    }

    @Override
    public boolean needsLabels() {
        return true;
    }

    @Override
    @SuppressWarnings("deprecation") // abstract there
    public int numLabels() {
        return (int) preOutput().size(1);
    }

    @Override
    public Type type() {
        return Type.CONVOLUTIONAL;
    }

    @Override
    public boolean isPretrainLayer() {
        return false;
    }

    @Override
    public boolean hasBias() {
        return false;
    }

    @Override
    public double calcRegularizationScore(boolean backpropOnlyParams) {
        return 0;
    }

    @Override
    public double score() {
        return score;
    }

    @Override
    public Gradient gradient() {
        return gradient;
    }

    private UnsupportedOperationException notHere(String instead) {
        return new UnsupportedOperationException(
                "not supported by an output layer for segmentation; use " + instead);
    }

    @Override
    public double f1Score(DataSet data) {
        throw notHere("SegmentationEvaluation");
    }

    @Override
    public double f1Score(INDArray examples, INDArray labels) {
        throw notHere("SegmentationEvaluation");
    }

    @Override
    public void fit(DataSetIterator iter) {
        throw notHere("the network's fit");
    }

    @Override
    public void fit(INDArray examples, INDArray labels) {
        throw notHere("the network's fit");
    }

    @Override
    public void fit(DataSet data) {
        throw notHere("the network's fit");
    }

    @Override
    public void fit(INDArray examples, int[] labels) {
        throw notHere("the network's fit");
    }

    @Override
    public int[] predict(INDArray examples) {
        throw notHere("the network's output");
    }

    @Override
    public List<String> predict(DataSet dataSet) {
        throw notHere("the network's output");
    }
}
