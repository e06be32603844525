package org.seglosses.dl4j;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.seglosses.dl4j.layer.SegmentationLossLayer;
import org.seglosses.samediff.loss.Mode;

import java.util.Random;

/** The small convolutional network of the tests, as layers and as a graph. */
final class Networks {

    static final int INPUTS = 2;

    private final ILossFunction loss;
    private final int outputs;
    private Activation activation;
    private CNN2DFormat format = CNN2DFormat.NCHW;
    private DataType type = DataType.DOUBLE;
    private IUpdater updater = new Sgd(1.0);
    private WorkspaceMode workspaces = WorkspaceMode.ENABLED;
    private boolean flat;
    private double l2;

    private Networks(ILossFunction loss, Mode mode) {
        this.loss = loss;
        this.outputs = Sample.channels(mode);
        this.activation = mode == Mode.MULTICLASS ? Activation.SOFTMAX : Activation.SIGMOID;
    }

    static Networks of(ILossFunction loss, Mode mode) {
        return new Networks(loss, mode);
    }

    Networks activation(Activation other) {
        activation = other;
        return this;
    }

    Networks format(CNN2DFormat other) {
        format = other;
        return this;
    }

    Networks type(DataType other) {
        type = other;
        return this;
    }

    Networks updater(IUpdater other) {
        updater = other;
        return this;
    }

    Networks workspaces(WorkspaceMode other) {
        workspaces = other;
        return this;
    }

    Networks l2(double other) {
        l2 = other;
        return this;
    }

    /** With DL4J's own CnnLossLayer at its end. */
    Networks flat() {
        flat = true;
        return this;
    }

    private NeuralNetConfiguration.Builder configuration() {
        return new NeuralNetConfiguration.Builder()
                .seed(12345)
                .dataType(type)
                .updater(updater)
                .l2(l2)
                .trainingWorkspaceMode(workspaces)
                .inferenceWorkspaceMode(workspaces)
                .convolutionMode(ConvolutionMode.Same);
    }

    private Layer first() {
        return new ConvolutionLayer.Builder(3, 3)
                .nOut(INPUTS)
                .activation(Activation.TANH)
                .dataFormat(format)
                .build();
    }

    private Layer second() {
        return new ConvolutionLayer.Builder(1, 1)
                .nOut(outputs)
                .activation(Activation.IDENTITY)
                .dataFormat(format)
                .build();
    }

    private Layer output() {
        return flat
                ? new CnnLossLayer.Builder(loss).activation(activation).format(format).build()
                : new SegmentationLossLayer.Builder(loss).activation(activation).build();
    }

    private InputType inputType() {
        return InputType.convolutional(Sample.HEIGHT, Sample.WIDTH, INPUTS, format);
    }

    MultiLayerConfiguration layersConfiguration() {
        return configuration()
                .list()
                .layer(first())
                .layer(second())
                .layer(output())
                .setInputType(inputType())
                .build();
    }

    ComputationGraphConfiguration graphConfiguration() {
        return configuration()
                .graphBuilder()
                .addInputs("in")
                .addLayer("first", first(), "in")
                .addLayer("second", second(), "first")
                .addLayer("out", output(), "second")
                .setOutputs("out")
                .setInputTypes(inputType())
                .build();
    }

    MultiLayerNetwork layers() {
        MultiLayerNetwork net = new MultiLayerNetwork(layersConfiguration());
        net.init();
        widen(net.params());
        return net;
    }

    ComputationGraph graph() {
        ComputationGraph net = new ComputationGraph(graphConfiguration());
        net.init();
        widen(net.params());
        return net;
    }

    /** Weights that give logits of the order of 1, so that each branch of a loss is reached. */
    private static void widen(INDArray parameters) {
        Random random = new Random(3);
        for (long i = 0; i < parameters.length(); i++) {
            parameters.putScalar(i, 0.9 * random.nextGaussian());
        }
    }

    /** Random features for a batch, in the network's format and type. */
    INDArray features(long images, long seed) {
        return layout(Sample.gaussians(seed, type, images, INPUTS, Sample.HEIGHT, Sample.WIDTH));
    }

    /** Images, labels or a mask in the network's format. */
    INDArray layout(INDArray channelsFirst) {
        return channelsFirst == null || channelsFirst.rank() != 4 || format == CNN2DFormat.NCHW
                ? channelsFirst
                : Sample.channelsLast(channelsFirst);
    }

    /** A batch for the network. */
    DataSet data(Sample sample, boolean oneHot, boolean masked) {
        return new DataSet(
                features(sample.images(), 21),
                layout(oneHot ? sample.oneHot() : sample.classes()),
                null,
                masked ? layout(sample.mask()) : null);
    }
}
