package org.seglosses.dl4j.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.datasets.iterator.utilty.SingletonMultiDataSetIterator;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.graph.SubsetVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.SpaceToDepthLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.seglosses.dl4j.LossBoundary;
import org.seglosses.dl4j.LossCombined;
import org.seglosses.dl4j.LossCrossEntropy;
import org.seglosses.dl4j.LossDice;
import org.seglosses.dl4j.LossOhemCrossEntropy;
import org.seglosses.dl4j.LossSoftBce;
import org.seglosses.dl4j.evaluation.SegmentationEvaluation.Metric;
import org.seglosses.dl4j.layer.SegmentationLossLayer;
import org.seglosses.samediff.loss.Mode;

import java.util.List;

/** What an evaluation reads off a network. */
class NetworkOutputTest {
    private static final int SIDE = 4;

    private static final String BY_HAND =
            "; say it by hand: SegmentationEvaluation.builder(classes), with .format(...),"
                    + " .ignoreIndex(...), and .logits() for one channel of logits";

    private static Layer convolution(int outputs, Activation activation) {
        return new ConvolutionLayer.Builder(1, 1).nOut(outputs).activation(activation).build();
    }

    private static Layer output(ILossFunction loss, Activation activation) {
        return new SegmentationLossLayer.Builder(loss).name("out").activation(activation).build();
    }

    private static NeuralNetConfiguration.Builder configuration() {
        return new NeuralNetConfiguration.Builder()
                .seed(1)
                .dataType(DataType.FLOAT)
                .convolutionMode(ConvolutionMode.Same);
    }

    private static MultiLayerNetwork layers(CNN2DFormat format, Layer... layers) {
        NeuralNetConfiguration.ListBuilder list = configuration().list();
        for (Layer layer : layers) {
            list.layer(layer);
        }
        MultiLayerNetwork net =
                new MultiLayerNetwork(
                        list.setInputType(InputType.convolutional(SIDE, SIDE, 2, format)).build());
        net.init();
        return net;
    }

    /** The same layers in a row, the last one named "out". */
    private static ComputationGraph graph(CNN2DFormat format, Layer... layers) {
        var builder = configuration().graphBuilder().addInputs("in");
        String last = "in";
        for (int i = 0; i < layers.length; i++) {
            String name = i == layers.length - 1 ? "out" : "layer" + i;
            builder.addLayer(name, layers[i], last);
            last = name;
        }
        ComputationGraph net =
                new ComputationGraph(
                        builder.setOutputs("out")
                                .setInputTypes(InputType.convolutional(SIDE, SIDE, 2, format))
                                .build());
        net.init();
        return net;
    }

    /** Equal evaluations have equal options. */
    private static void assertReads(SegmentationEvaluation.Builder expected, Layer... layers) {
        assertReads(CNN2DFormat.NCHW, expected, layers);
    }

    private static void assertReads(
            CNN2DFormat format, SegmentationEvaluation.Builder expected, Layer... layers) {
        SegmentationEvaluation e = expected.format(format).build();
        assertThat(SegmentationEvaluation.of(layers(format, layers))).isEqualTo(e);
        ComputationGraph graph = graph(format, layers);
        assertThat(SegmentationEvaluation.of(graph)).isEqualTo(e);
        assertThat(SegmentationEvaluation.of(graph, "out")).isEqualTo(e);
    }

    private static void assertRefused(String message, Layer... layers) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SegmentationEvaluation.of(layers(CNN2DFormat.NCHW, layers)))
                .withMessage("output \"out\" " + message);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SegmentationEvaluation.of(graph(CNN2DFormat.NCHW, layers)))
                .withMessage("output \"out\" " + message);
    }

    @ParameterizedTest
    @EnumSource(CNN2DFormat.class)
    void classesFormatAndIgnoreIndex(CNN2DFormat format) {
        ILossFunction loss = LossCrossEntropy.builder().ignoreIndex(255).build();
        for (Activation activation : new Activation[] {Activation.SOFTMAX, Activation.IDENTITY}) {
            assertReads(
                    format,
                    SegmentationEvaluation.builder(5).ignoreIndex(255),
                    convolution(3, Activation.RELU),
                    convolution(5, Activation.IDENTITY),
                    output(loss, activation));
        }
        assertReads(
                format,
                SegmentationEvaluation.builder(3),
                convolution(3, Activation.IDENTITY),
                new DropoutLayer.Builder(0.9).build(),
                new Upsampling2D.Builder(2).dataFormat(format).build(),
                new ActivationLayer(Activation.TANH),
                output(LossDice.builder().build(), Activation.SOFTMAX));
    }

    @Test
    void oneChannel() {
        ILossFunction loss = LossSoftBce.builder().ignoreIndex(9).build();
        Layer convolution = convolution(1, Activation.IDENTITY);
        assertReads(
                SegmentationEvaluation.builder(2).ignoreIndex(9).logits(),
                convolution,
                output(loss, Activation.IDENTITY));
        assertReads(
                SegmentationEvaluation.builder(2).ignoreIndex(9),
                convolution,
                output(loss, Activation.SIGMOID));
        assertReads(
                SegmentationEvaluation.builder(2).ignoreIndex(9).logits(),
                convolution(1, Activation.SIGMOID),
                new BatchNormalization(),
                output(loss, Activation.IDENTITY));
    }

    @Test
    void otherLayers() {
        assertReads(
                SegmentationEvaluation.builder(4),
                new DepthwiseConvolution2D.Builder(1, 1).depthMultiplier(2).build(),
                new FrozenLayer(new ActivationLayer(Activation.IDENTITY)),
                new CnnLossLayer.Builder(LossFunction.MCXENT)
                        .activation(Activation.SOFTMAX)
                        .build());
        assertReads(
                SegmentationEvaluation.builder(3).ignoreIndex(-100),
                convolution(3, Activation.IDENTITY),
                new CnnLossLayer.Builder(LossCrossEntropy.builder().build())
                        .activation(Activation.SOFTMAX)
                        .build());
        assertReads(
                SegmentationEvaluation.builder(2).logits().ignoreIndex(-100),
                convolution(1, Activation.IDENTITY),
                new CnnLossLayer.Builder(LossSoftBce.builder().build())
                        .activation(Activation.IDENTITY)
                        .build());
        // DL4J's own loss takes what the network puts out for probabilities
        assertReads(
                SegmentationEvaluation.builder(2),
                convolution(1, Activation.SIGMOID),
                new CnnLossLayer.Builder(LossFunction.XENT)
                        .activation(Activation.IDENTITY)
                        .build());
    }

    @Test
    void theIgnoreIndexThatAllTermsShare() {
        Layer convolution = convolution(3, Activation.IDENTITY);
        LossCombined same =
                LossCombined.builder()
                        .add(1, LossCrossEntropy.builder().ignoreIndex(255).build())
                        .add(
                                1,
                                LossCombined.builder()
                                        .add(2, LossDice.builder().ignoreIndex(255).build())
                                        .build())
                        .build();
        assertReads(
                SegmentationEvaluation.builder(3).ignoreIndex(255),
                convolution,
                output(same, Activation.SOFTMAX));
        // no label can be -100 or 255 where both terms look at it
        LossCombined defaults =
                LossCombined.builder()
                        .add(1, LossCrossEntropy.builder().build())
                        .add(1, LossOhemCrossEntropy.builder().build())
                        .build();
        assertReads(
                SegmentationEvaluation.builder(3),
                convolution,
                output(defaults, Activation.SOFTMAX));
        LossCombined odd =
                LossCombined.builder()
                        .add(1, LossCrossEntropy.builder().ignoreIndex(2).build())
                        .add(1, LossDice.builder().build())
                        .build();
        assertRefused(
                "has terms that ignore different labels, [2, null], one of them a class: give all"
                        + " terms the same ignoreIndex",
                convolution,
                output(odd, Activation.SOFTMAX));
    }

    @Test
    void whatCannotBeJudgedByClasses() {
        ILossFunction loss = LossDice.builder().build();
        String multilabel =
                "must be of one class a pixel, got 3 channels with a sigmoid each: score them one by"
                        + " one, each by a SegmentationEvaluation of 2 classes";
        Layer convolution = convolution(3, Activation.IDENTITY);
        assertRefused(multilabel, convolution, output(loss, Activation.SIGMOID));
        assertRefused(
                multilabel,
                convolution,
                output(LossDice.builder().mode(Mode.MULTILABEL).build(), Activation.IDENTITY));
        assertRefused(
                "must have activation SIGMOID or IDENTITY with one channel, got softmax",
                convolution(1, Activation.IDENTITY),
                output(loss, Activation.SOFTMAX));
    }

    @ParameterizedTest
    @EnumSource(
            value = Activation.class,
            names = {"SIGMOID", "RELU", "SOFTPLUS", "HARDSIGMOID", "RELU6"})
    void anActivationBeforeLogits(Activation activation) {
        ILossFunction loss = LossSoftBce.builder().build();
        String message =
                "puts out logits, but layer \"layer0\" before it has activation "
                        + activation.getActivationFunction()
                        + ": give that layer IDENTITY (DL4J's convolutions have SIGMOID by default)";
        Layer before =
                new ConvolutionLayer.Builder(1, 1)
                        .name("layer0")
                        .nOut(1)
                        .activation(activation)
                        .build();
        assertRefused(message, before, output(loss, Activation.IDENTITY));
        assertRefused(
                message,
                before,
                new ActivationLayer(Activation.IDENTITY),
                output(loss, Activation.IDENTITY));
    }

    /** Some of the channels of a convolution: it is still what puts out the logits. */
    @ParameterizedTest
    @EnumSource(
            value = Activation.class,
            names = {"SIGMOID", "IDENTITY"})
    void anActivationBeforeSomeOfItsChannels(Activation activation) {
        ComputationGraph net =
                new ComputationGraph(
                        configuration()
                                .graphBuilder()
                                .addInputs("in")
                                .addLayer("three", convolution(3, activation), "in")
                                .addVertex("one", new SubsetVertex(1, 1), "three")
                                .addLayer(
                                        "out",
                                        output(LossSoftBce.builder().build(), Activation.IDENTITY),
                                        "one")
                                .addVertex("copy", new SubsetVertex(0, 0), "out")
                                .setOutputs("out", "copy")
                                .setInputTypes(InputType.convolutional(SIDE, SIDE, 2))
                                .build());
        net.init();
        if (activation == Activation.IDENTITY) {
            assertThat(SegmentationEvaluation.of(net, "out"))
                    .isEqualTo(
                            SegmentationEvaluation.builder(2).ignoreIndex(-100).logits().build());
        } else {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> SegmentationEvaluation.of(net, "out"))
                    .withMessage(
                            "output \"out\" puts out logits, but layer \"three\" before it has"
                                    + " activation sigmoid: give that layer IDENTITY (DL4J's"
                                    + " convolutions have SIGMOID by default)");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SegmentationEvaluation.of(net, "copy"))
                .withMessageContaining("got a vertex");
    }

    @Test
    void whatCannotBeRead() {
        assertRefused(
                "must be a SegmentationLossLayer or CnnLossLayer to be read, got ConvolutionLayer"
                        + BY_HAND,
                new ConvolutionLayer.Builder(1, 1)
                        .name("out")
                        .nOut(3)
                        .activation(Activation.IDENTITY)
                        .build());
        assertRefused(
                "has a number of channels that the layers before it do not tell" + BY_HAND,
                convolution(3, Activation.IDENTITY),
                new SpaceToDepthLayer.Builder<>(2).build(),
                output(LossDice.builder().build(), Activation.SOFTMAX));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SegmentationEvaluation.of((MultiLayerNetwork) null))
                .withMessage("network must be given, got null");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SegmentationEvaluation.of((ComputationGraph) null))
                .withMessage("graph must be given, got null");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SegmentationEvaluation.of(null, "out"))
                .withMessage("graph must be given, got null");
    }

    private static ComputationGraph twoOutputs() {
        ComputationGraph net =
                new ComputationGraph(
                        configuration()
                                .graphBuilder()
                                .addInputs("in")
                                .addLayer("a", convolution(2, Activation.TANH), "in")
                                .addLayer("b", convolution(3, Activation.TANH), "in")
                                .addVertex("merge", new MergeVertex(), "a", "b")
                                .addLayer(
                                        "classes",
                                        output(
                                                LossCrossEntropy.builder().ignoreIndex(255).build(),
                                                Activation.SOFTMAX),
                                        "merge")
                                .addLayer("one", convolution(1, Activation.IDENTITY), "merge")
                                .addLayer(
                                        "foreground",
                                        output(
                                                LossSoftBce.builder().ignoreIndex(7).build(),
                                                Activation.IDENTITY),
                                        "one")
                                .setOutputs("classes", "foreground")
                                .setInputTypes(InputType.convolutional(SIDE, SIDE, 2))
                                .build());
        net.init();
        return net;
    }

    @Test
    void severalOutputsByName() {
        ComputationGraph net = twoOutputs();
        assertThat(SegmentationEvaluation.of(net, "classes"))
                .isEqualTo(SegmentationEvaluation.builder(5).ignoreIndex(255).build());
        assertThat(SegmentationEvaluation.of(net, "foreground"))
                .isEqualTo(SegmentationEvaluation.builder(2).ignoreIndex(7).logits().build());
        assertThat(SegmentationEvaluation.builder(net, "foreground").boundaryTolerance(3).build())
                .isEqualTo(
                        SegmentationEvaluation.builder(2)
                                .ignoreIndex(7)
                                .logits()
                                .boundaryTolerance(3)
                                .build());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SegmentationEvaluation.of(net))
                .withMessage(
                        "output must be named where a graph has several, one of [classes,"
                                + " foreground]");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SegmentationEvaluation.of(net, "one"))
                .withMessage("output must be one of [classes, foreground], got one");
    }

    /** Logits -3, 0.2, 2 and 0.7 of which all but the first are foreground. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void logitsAreNotCutAtOneHalf(boolean asGraph) {
        Layer[] parts = {
            convolution(1, Activation.IDENTITY),
            output(LossSoftBce.builder().build(), Activation.IDENTITY)
        };
        INDArray features = Nd4j.zeros(DataType.FLOAT, 1, 2, SIDE, SIDE);
        INDArray labels = Nd4j.ones(DataType.FLOAT, 1, 1, SIDE, SIDE);
        float[] logits = {-3, 0.2f, 2, 0.7f};
        for (int x = 0; x < SIDE; x++) {
            for (int y = 0; y < SIDE; y++) {
                features.putScalar(new int[] {0, 0, y, x}, logits[x]);
                labels.putScalar(new int[] {0, 0, y, x}, x == 0 ? 0 : 1);
            }
        }
        List<DataSet> data = List.of(new DataSet(features, labels));
        INDArray weights = Nd4j.createFromArray(new float[] {0, 1, 0}).reshape(1, 3);
        Model net;
        SegmentationEvaluation e;
        if (asGraph) {
            ComputationGraph graph = graph(CNN2DFormat.NCHW, parts);
            graph.setParams(weights); // bias first
            e =
                    graph.doEvaluation(
                                    new ExistingDataSetIterator(data),
                                    SegmentationEvaluation.of(graph))[0];
            net = graph;
        } else {
            MultiLayerNetwork layers = layers(CNN2DFormat.NCHW, parts);
            layers.setParams(weights);
            e =
                    layers.doEvaluation(
                                    new ExistingDataSetIterator(data),
                                    SegmentationEvaluation.of(layers))[0];
            net = layers;
        }
        assertThat(e.confusion()).isDeepEqualTo(new long[][] {{4, 0}, {0, 12}});
        assertThat(
                        new SegmentationScoreCalculator(
                                        Metric.MEAN_IOU, new ExistingDataSetIterator(data))
                                .calculateScore(net))
                .isEqualTo(1);
    }

    @Test
    void theScoreCalculatorTakesAnOutputByName() {
        ComputationGraph net = twoOutputs();
        INDArray features = Nd4j.rand(DataType.FLOAT, 2, 2, SIDE, SIDE);
        INDArray[] out = net.output(features);
        INDArray classes = Nd4j.argMax(out[0], 1).castTo(DataType.FLOAT).reshape(2, 1, SIDE, SIDE);
        INDArray foreground = out[1].gte(0).castTo(DataType.FLOAT);
        foreground.putScalar(0, 1 - foreground.getDouble(0));
        foreground.putScalar(5, 7);
        MultiDataSet data =
                new MultiDataSet(new INDArray[] {features}, new INDArray[] {classes, foreground});
        assertThat(
                        new SegmentationScoreCalculator(
                                        Metric.PIXEL_ACCURACY,
                                        "foreground",
                                        new SingletonMultiDataSetIterator(data))
                                .calculateScore(net))
                .isCloseTo(30 / 31.0, within(1e-12));
        assertThat(
                        new SegmentationScoreCalculator(
                                        Metric.PIXEL_ACCURACY,
                                        "classes",
                                        new SingletonMultiDataSetIterator(data))
                                .calculateScore(net))
                .isEqualTo(1);
        MultiLayerNetwork layers =
                layers(
                        CNN2DFormat.NCHW,
                        convolution(3, Activation.IDENTITY),
                        output(LossBoundary.builder().build(), Activation.SOFTMAX));
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                new SegmentationScoreCalculator(
                                                Metric.PIXEL_ACCURACY,
                                                "classes",
                                                new SingletonMultiDataSetIterator(data))
                                        .calculateScore(layers))
                .withMessage(
                        "network must be a ComputationGraph to have output \"classes\", got"
                                + " MultiLayerNetwork");
    }
}
