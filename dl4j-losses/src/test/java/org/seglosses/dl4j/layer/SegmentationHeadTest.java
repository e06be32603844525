package org.seglosses.dl4j.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.transferlearning.FineTuneConfiguration;
import org.deeplearning4j.nn.transferlearning.TransferLearning;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.seglosses.dl4j.LossBoundary;
import org.seglosses.dl4j.LossCrossEntropy;
import org.seglosses.dl4j.LossLovaszHinge;
import org.seglosses.dl4j.LossLovaszSoftmax;
import org.seglosses.dl4j.SegmentationLossFunction;

import java.util.Random;

/** Networks of DL4J's own layers; those of Keras are in {@link ReadyModelsTest}. */
class SegmentationHeadTest {

    private static final int SIDE = 8;

    private static final SegmentationLossFunction<?> CROSS_ENTROPY =
            LossCrossEntropy.builder().build();

    private static ConvolutionLayer convolution(int size, int outputs, Activation activation) {
        return new ConvolutionLayer.Builder(size, size)
                .nOut(outputs)
                .activation(activation)
                .build();
    }

    private static CnnLossLayer loss(LossFunction loss, Activation activation) {
        return new CnnLossLayer.Builder(loss).activation(activation).build();
    }

    private static NeuralNetConfiguration.Builder builder() {
        return new NeuralNetConfiguration.Builder()
                .seed(5)
                .updater(new Adam(0.01))
                .convolutionMode(ConvolutionMode.Same);
    }

    private static MultiLayerNetwork layers(CNN2DFormat format, Layer... layers) {
        NeuralNetConfiguration.ListBuilder list = builder().list();
        for (Layer layer : layers) {
            list.layer(layer);
        }
        MultiLayerNetwork net =
                new MultiLayerNetwork(
                        list.setInputType(InputType.convolutional(SIDE, SIDE, 2, format)).build());
        net.init();
        return net;
    }

    private static MultiLayerNetwork layers(Layer... layers) {
        return layers(CNN2DFormat.NCHW, layers);
    }

    /** The structure of DL4J's zoo U-Net, of one step down. */
    private static ComputationGraph unet() {
        return graph(
                unetBody()
                        .addLayer("output", loss(LossFunction.XENT, Activation.SIGMOID), "conv10")
                        .setOutputs("output"));
    }

    private static ComputationGraphConfiguration.GraphBuilder unetBody() {
        return builder()
                .graphBuilder()
                .addInputs("input")
                .setInputTypes(InputType.convolutional(SIDE, SIDE, 2))
                .addLayer("conv1-1", convolution(3, 4, Activation.RELU), "input")
                .addLayer("conv1-2", convolution(3, 4, Activation.RELU), "conv1-1")
                .addLayer(
                        "pool1",
                        new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX)
                                .kernelSize(2, 2)
                                .build(),
                        "conv1-2")
                .addLayer("conv5-1", convolution(3, 8, Activation.RELU), "pool1")
                .addLayer("drop5", new DropoutLayer.Builder(0.9).build(), "conv5-1")
                .addLayer("up9-1", new Upsampling2D.Builder(2).build(), "drop5")
                .addLayer("up9-2", convolution(2, 4, Activation.RELU), "up9-1")
                .addVertex("merge9", new MergeVertex(), "conv1-2", "up9-2")
                .addLayer("conv9-1", convolution(3, 4, Activation.RELU), "merge9")
                .addLayer("conv10", convolution(1, 1, Activation.IDENTITY), "conv9-1");
    }

    private static ComputationGraph graph(ComputationGraphConfiguration.GraphBuilder builder) {
        ComputationGraph graph = new ComputationGraph(builder.build());
        graph.init();
        return graph;
    }

    private static INDArray images(CNN2DFormat format) {
        Random random = new Random(9);
        INDArray images =
                format == CNN2DFormat.NCHW
                        ? Nd4j.create(DataType.FLOAT, 3, 2, SIDE, SIDE)
                        : Nd4j.create(DataType.FLOAT, 3, SIDE, SIDE, 2);
        for (long i = 0; i < images.length(); i++) {
            images.putScalar(i, random.nextGaussian());
        }
        return images;
    }

    private static INDArray images() {
        return images(CNN2DFormat.NCHW);
    }

    /** Class indices [N,1,H,W]. */
    private static INDArray indices(int classes) {
        INDArray labels = Nd4j.create(DataType.FLOAT, 3, 1, SIDE, SIDE);
        for (int n = 0; n < 3; n++) {
            for (int y = 0; y < SIDE; y++) {
                for (int x = 0; x < SIDE; x++) {
                    labels.putScalar(new int[] {n, 0, y, x}, (x / 3 + y / 3 + n) % classes);
                }
            }
        }
        return labels;
    }

    private static void assertClose(INDArray actual, INDArray expected) {
        assertThat(actual.shape()).isEqualTo(expected.shape());
        assertThat(actual.sub(expected).amaxNumber().doubleValue()).isLessThan(1e-6);
    }

    private static void assertTrains(
            MultiLayerNetwork net, int classes, SegmentationLossFunction<?> loss) {
        DataSet data = new DataSet(images(), indices(classes));
        MultiLayerNetwork tuned = SegmentationHead.replaceOutput(net, loss);
        assertClose(tuned.output(images()), net.output(images()));
        INDArray old = net.params().dup();
        double before = tuned.score(data);
        for (int i = 0; i < 15; i++) {
            tuned.fit(data);
        }
        assertThat(tuned.score(data)).isLessThan(before);
        assertThat(net.params()).isEqualTo(old);
    }

    @Test
    void aSoftmaxInTheLossLayer() {
        MultiLayerNetwork net =
                layers(
                        convolution(3, 4, Activation.RELU),
                        convolution(1, 3, Activation.IDENTITY),
                        loss(LossFunction.MCXENT, Activation.SOFTMAX));
        assertTrains(net, 3, CROSS_ENTROPY);
        assertTrains(net, 3, LossLovaszSoftmax.builder().build());
        assertTrains(net, 3, LossBoundary.builder().build());
    }

    @Test
    void aSigmoidInTheLossLayer() {
        MultiLayerNetwork net =
                layers(
                        convolution(3, 4, Activation.RELU),
                        convolution(1, 1, Activation.IDENTITY),
                        loss(LossFunction.XENT, Activation.SIGMOID));
        assertTrains(net, 2, LossLovaszHinge.builder().build());
        assertTrains(net, 2, LossBoundary.builder().build());
    }

    @Test
    void logits() {
        MultiLayerNetwork net =
                layers(
                        convolution(3, 3, Activation.IDENTITY),
                        loss(LossFunction.MSE, Activation.IDENTITY));
        assertTrains(net, 3, CROSS_ENTROPY);
    }

    @Test
    void anActivationBehindIdentities() {
        MultiLayerNetwork net =
                layers(
                        CNN2DFormat.NHWC,
                        convolution(3, 3, Activation.IDENTITY),
                        new ActivationLayer(Activation.SOFTMAX),
                        new ActivationLayer(Activation.IDENTITY),
                        loss(LossFunction.MCXENT, Activation.IDENTITY));
        MultiLayerNetwork tuned = SegmentationHead.replaceOutput(net, CROSS_ENTROPY);
        INDArray images = images(CNN2DFormat.NHWC);
        assertClose(tuned.output(images), net.output(images));
        SegmentationLossLayer output =
                (SegmentationLossLayer) tuned.getOutputLayer().conf().getLayer();
        assertThat(output.getFormat()).isEqualTo(CNN2DFormat.NHWC);
        assertThat(output.getActivationFn()).hasToString("softmax");
        // what the loss reads is what the softmax was made of
        assertClose(tuned.feedForward(images).get(3), net.feedForwardToLayer(0, images).get(1));
    }

    /** DL4J's softmax in a convolution of NCHW sums to 1 along each row of the image. */
    @Test
    void aSoftmaxOverTheWidthBecomesOneOverTheChannels() {
        MultiLayerNetwork net = layers(convolution(3, 3, Activation.SOFTMAX));
        assertClose(net.output(images()).sum(3), Nd4j.ones(DataType.FLOAT, 3, 3, SIDE));
        MultiLayerNetwork tuned = SegmentationHead.replaceOutput(net, CROSS_ENTROPY);
        assertClose(tuned.output(images()).sum(1), Nd4j.ones(DataType.FLOAT, 3, SIDE, SIDE));
    }

    @Test
    void theUNetOfTheZoo() {
        ComputationGraph net = unet();
        ComputationGraph head =
                SegmentationHead.replaceOutput(net, "output", LossLovaszSoftmax.builder().build());
        ComputationGraph tuned =
                new TransferLearning.GraphBuilder(head)
                        .fineTuneConfiguration(
                                new FineTuneConfiguration.Builder().updater(new Adam(0.01)).build())
                        .setFeatureExtractor("drop5")
                        .build();
        assertClose(tuned.outputSingle(images()), net.outputSingle(images()));
        DataSet data = new DataSet(images(), indices(2));
        double before = tuned.score(data, false);
        for (int i = 0; i < 15; i++) {
            tuned.fit(data);
        }
        assertThat(tuned.score(data, false)).isLessThan(before);
        assertThat(tuned.getLayer("conv5-1").params()).isEqualTo(net.getLayer("conv5-1").params());
        assertThat(tuned.getLayer("conv10").params()).isNotEqualTo(net.getLayer("conv10").params());

        ComputationGraph again =
                SegmentationHead.replaceOutput(tuned, "output", LossLovaszHinge.builder().build());
        again.fit(data);
        assertThat(again.getLayer("conv5-1").params()).isEqualTo(net.getLayer("conv5-1").params());
        assertThat(again.getLayer("conv10").params())
                .isNotEqualTo(tuned.getLayer("conv10").params());
    }

    /** Parameters, the updater's state and the counts: else the next steps were others. */
    @Test
    void theSameLossGoesOnAsIfNothingHadBeenReplaced() {
        DataSet data = new DataSet(images(), indices(3));
        MultiLayerNetwork net =
                SegmentationHead.replaceOutput(
                        layers(
                                convolution(3, 4, Activation.RELU),
                                new BatchNormalization(),
                                convolution(1, 3, Activation.SOFTMAX)),
                        CROSS_ENTROPY);
        for (int i = 0; i < 4; i++) {
            net.fit(data);
        }
        MultiLayerNetwork other = SegmentationHead.replaceOutput(net, CROSS_ENTROPY);
        assertThat(other.getIterationCount()).isEqualTo(4);
        for (int i = 0; i < 3; i++) {
            net.fit(data);
            other.fit(data);
        }
        assertThat(other.params()).isEqualTo(net.params());

        ComputationGraph graph =
                SegmentationHead.replaceOutput(
                        graph(
                                unetBody()
                                        .addLayer(
                                                "classes",
                                                convolution(1, 3, Activation.SOFTMAX),
                                                "conv9-1")
                                        .addLayer(
                                                "loss",
                                                loss(LossFunction.MCXENT, Activation.IDENTITY),
                                                "classes")
                                        .addLayer(
                                                "other",
                                                loss(LossFunction.XENT, Activation.SIGMOID),
                                                "conv10")
                                        .setOutputs("loss", "other")),
                        "loss",
                        CROSS_ENTROPY);
        INDArray[] labels = {indices(3), indices(2)};
        MultiDataSet both = new MultiDataSet(new INDArray[] {images()}, labels);
        for (int i = 0; i < 4; i++) {
            graph.fit(both);
        }
        ComputationGraph second = SegmentationHead.replaceOutput(graph, "loss", CROSS_ENTROPY);
        assertThat(second.getConfiguration().getIterationCount()).isEqualTo(4);
        assertThat(second.getUpdater().getStateViewArray())
                .isEqualTo(graph.getUpdater().getStateViewArray());
        assertThat(second.params()).isEqualTo(graph.params());
        assertThat(second.output(images())).isEqualTo(graph.output(images()));
    }

    @Test
    void aConvolutionAtTheEndOfAGraphGetsTheLossBehindIt() {
        ComputationGraph net =
                graph(
                        unetBody()
                                .addLayer(
                                        "probabilities",
                                        convolution(1, 2, Activation.SIGMOID),
                                        "conv9-1")
                                .setOutputs("probabilities", "conv10"));
        ComputationGraph tuned =
                SegmentationHead.replaceOutput(
                        net, "probabilities", LossLovaszHinge.builder().build());
        assertThat(tuned.getConfiguration().getNetworkOutputs())
                .containsExactly("probabilities_loss", "conv10");
        assertClose(tuned.output(images())[0], net.output(images())[0]);
        assertClose(tuned.output(images())[1], net.output(images())[1]);
    }

    /** In Keras's way, from the end: 3 for images, and 1 for what has been pooled, which stays. */
    @Test
    void mergesAlongTheLastAxis() {
        MergeVertex merge = new MergeVertex();
        merge.setMergeAxis(-1);
        ComputationGraph net =
                graph(
                        unetBody()
                                .addLayer("pooled", new GlobalPoolingLayer(), "conv9-1")
                                .addLayer(
                                        "dense", new DenseLayer.Builder().nOut(3).build(), "pooled")
                                .addVertex("both", merge, "pooled", "dense")
                                .addLayer(
                                        "scores",
                                        new OutputLayer.Builder(LossFunction.MSE)
                                                .activation(Activation.IDENTITY)
                                                .nOut(2)
                                                .build(),
                                        "both")
                                .setOutputs("conv10", "scores"));
        MergeVertex images = (MergeVertex) net.getConfiguration().getVertices().get("merge9");
        assertThat(images.getMergeAxis()).isEqualTo(1); // DL4J's own is left alone too
        ComputationGraph tuned =
                SegmentationHead.replaceOutput(net, "conv10", LossLovaszHinge.builder().build());
        assertThat(tuned.getConfiguration().getVertices().get("both"))
                .extracting("mergeAxis")
                .isEqualTo(-1);
        assertThat(tuned.getConfiguration().getVertices().get("merge9"))
                .extracting("mergeAxis")
                .isEqualTo(1);
        assertClose(tuned.output(images())[0], net.output(images())[0]);
        assertClose(tuned.output(images())[1], net.output(images())[1]);
    }

    @Test
    void refusals() {
        SegmentationLossFunction<?> loss = CROSS_ENTROPY;
        MultiLayerNetwork net = layers(convolution(3, 3, Activation.SOFTMAX));
        assertThatThrownBy(() -> SegmentationHead.replaceOutput(net, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("loss must be given, got null");
        assertThatThrownBy(
                        () ->
                                SegmentationHead.replaceOutput(
                                        new MultiLayerNetwork(net.getLayerWiseConfigurations()),
                                        loss))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("network must be given and initialized");
        assertThatThrownBy(() -> SegmentationHead.replaceOutput(unet(), "out", loss))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("output must be one of [output], got out");
        assertThatThrownBy(
                        () ->
                                SegmentationHead.replaceOutput(
                                        layers(convolution(3, 3, Activation.TANH)), loss))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "the network's last activation must be softmax, sigmoid or identity, is"
                                + " tanh, got ConvolutionLayer \"layer0\"");
        assertThatThrownBy(
                        () ->
                                SegmentationHead.replaceOutput(
                                        layers(
                                                convolution(3, 3, Activation.SOFTMAX),
                                                new OutputLayer.Builder(LossFunction.MCXENT)
                                                        .activation(Activation.SOFTMAX)
                                                        .nOut(3)
                                                        .build()),
                                        loss))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "the network must end in a CnnLossLayer, SegmentationLossLayer,"
                                + " ActivationLayer or 2D convolution, got OutputLayer \"layer1\"");
        assertThatThrownBy(
                        () ->
                                SegmentationHead.replaceOutput(
                                        layers(
                                                convolution(3, 3, Activation.SOFTMAX),
                                                new Upsampling2D.Builder(2).build(),
                                                loss(LossFunction.MCXENT, Activation.IDENTITY)),
                                        loss))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "what an output without activation reads must be an ActivationLayer or 2D"
                                + " convolution, got Upsampling2D \"layer1\"");
        ComputationGraph shared =
                graph(
                        unetBody()
                                .addLayer(
                                        "classes", convolution(1, 3, Activation.SOFTMAX), "conv9-1")
                                .addLayer(
                                        "one",
                                        loss(LossFunction.MCXENT, Activation.IDENTITY),
                                        "classes")
                                .addLayer(
                                        "two",
                                        loss(LossFunction.MSE, Activation.IDENTITY),
                                        "classes")
                                .setOutputs("one", "two", "conv10"));
        assertThatThrownBy(() -> SegmentationHead.replaceOutput(shared, "one", loss))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "from the network's last activation on, each layer must have one reader"
                                + " (the output counts as one), got ConvolutionLayer \"classes\"");
    }
}
