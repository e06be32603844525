package org.seglosses.dl4j.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.seglosses.dl4j.LossCombined;
import org.seglosses.dl4j.LossCrossEntropy;
import org.seglosses.dl4j.LossDice;
import org.seglosses.dl4j.SegmentationLossFunction;
import org.seglosses.samediff.loss.CrossEntropy;
import org.seglosses.samediff.loss.Dice;
import org.seglosses.samediff.loss.LossExplanation;

import java.util.Random;

/** {@link SegmentationHead#explain}: the network's score, from what the network itself hands on. */
class ExplainedNetworksTest {

    private static final int N = 3;
    private static final int H = 4;
    private static final int W = 5;
    private static final int C = 3;

    private static final ISchedule SCHEDULE =
            new MapSchedule.Builder(ScheduleType.ITERATION).add(0, 0.25).add(2, 2).build();

    private static SegmentationLossFunction<?> sum() {
        return LossCombined.builder()
                .add(1, CrossEntropy.builder().build())
                .add(SCHEDULE, Dice.builder().build())
                .build();
    }

    private static NeuralNetConfiguration.Builder configuration() {
        return new NeuralNetConfiguration.Builder()
                .seed(3)
                .dataType(DataType.DOUBLE)
                .updater(new Sgd(0.1))
                .l2(0.01)
                .convolutionMode(ConvolutionMode.Same);
    }

    private static ConvolutionLayer convolution(int channels, CNN2DFormat format) {
        return new ConvolutionLayer.Builder(3, 3)
                .nOut(channels)
                .activation(Activation.IDENTITY)
                .dataFormat(format)
                // DL4J's backward pass through dropout fails in NHWC
                .dropOut(format == CNN2DFormat.NCHW ? 0.5 : 0)
                .build();
    }

    private static SegmentationLossLayer output(SegmentationLossFunction<?> loss) {
        return new SegmentationLossLayer.Builder(loss)
                .name("out")
                .activation(Activation.SOFTMAX)
                .build();
    }

    private static MultiLayerNetwork layers(CNN2DFormat format) {
        MultiLayerNetwork net =
                new MultiLayerNetwork(
                        configuration()
                                .list()
                                .layer(convolution(4, format))
                                .layer(new BatchNormalization.Builder().build())
                                .layer(convolution(C, format))
                                .layer(output(sum()))
                                .setInputType(InputType.convolutional(H, W, 2, format))
                                .build());
        net.init();
        return net;
    }

    private static ComputationGraph graph(String... outputs) {
        var builder =
                configuration()
                        .graphBuilder()
                        .addInputs("in")
                        .addLayer("first", convolution(4, CNN2DFormat.NCHW), "in")
                        .addLayer("second", convolution(C, CNN2DFormat.NCHW), "first");
        for (String each : outputs) {
            builder.addLayer(
                    each,
                    each.equals("plain")
                            ? new CnnLossLayer.Builder(new LossMCXENT())
                                    .activation(Activation.SOFTMAX)
                                    .build()
                            : output(each.equals("dice") ? LossDice.builder().build() : sum()),
                    "second");
        }
        ComputationGraph graph =
                new ComputationGraph(
                        builder.setOutputs(outputs)
                                .setInputTypes(InputType.convolutional(H, W, 2))
                                .build());
        graph.init();
        return graph;
    }

    private static INDArray random(long seed, int bound, long... shape) {
        Random random = new Random(seed);
        INDArray array = Nd4j.create(DataType.DOUBLE, shape);
        for (long i = 0; i < array.length(); i++) {
            array.putScalar(i, bound == 0 ? random.nextGaussian() : random.nextInt(bound));
        }
        return array;
    }

    private static INDArray layout(INDArray array, CNN2DFormat format) {
        return format == CNN2DFormat.NCHW ? array : array.permute(0, 2, 3, 1).dup('c');
    }

    private static DataSet data(CNN2DFormat format, boolean masked) {
        return new DataSet(
                layout(random(1, 0, N, 2, H, W), format),
                layout(random(2, C, N, 1, H, W), format),
                null,
                masked ? layout(random(3, 2, N, 1, H, W), format) : null);
    }

    @ParameterizedTest
    @EnumSource
    void ofLayers(CNN2DFormat format) {
        MultiLayerNetwork net = layers(format);
        for (boolean masked : new boolean[] {false, true}) {
            DataSet data = data(format, masked);
            for (double weight : new double[] {0.25, 0.25, 2}) {
                LossExplanation explained = SegmentationHead.explain(net, data);
                double loss = net.score(data) - net.calcRegularizationScore(true);
                assertThat(explained.value()).isCloseTo(loss, within(1e-12));
                assertThat(explained.components())
                        .extracting(LossExplanation::name)
                        .containsExactly("CrossEntropy", "Dice");
                if (!masked) {
                    assertThat(explained.components())
                            .extracting(LossExplanation::weight)
                            .containsExactly(1.0, weight);
                    net.fit(data);
                }
            }
        }
    }

    @Test
    void ofAGraph() {
        ComputationGraph graph = graph("out");
        for (boolean masked : new boolean[] {false, true}) {
            DataSet data = data(CNN2DFormat.NCHW, masked);
            LossExplanation explained = SegmentationHead.explain(graph, data);
            double loss = graph.score(data) - graph.calcRegularizationScore(true);
            assertThat(explained.value()).isCloseTo(loss, within(1e-12));
            assertThat(SegmentationHead.explain(graph, data.toMultiDataSet())).isEqualTo(explained);
            assertThat(SegmentationHead.explain(graph, data.toMultiDataSet(), "out"))
                    .isEqualTo(explained);
        }
        // and the layer goes on scoring as before
        double before = graph.score(data(CNN2DFormat.NCHW, false));
        graph.fit(data(CNN2DFormat.NCHW, false));
        assertThat(graph.score(data(CNN2DFormat.NCHW, false))).isNotEqualTo(before);
    }

    @Test
    void severalOutputs() {
        ComputationGraph graph = graph("dice", "out", "plain");
        INDArray labels = random(2, C, N, 1, H, W);
        INDArray vectors = Nd4j.zeros(DataType.DOUBLE, N, C, H, W);
        vectors.slice(0).slice(1).assign(1);
        vectors.slice(1).slice(0).assign(1);
        vectors.slice(2).slice(2).assign(1);
        MultiDataSet data =
                new MultiDataSet(
                        new INDArray[] {random(1, 0, N, 2, H, W)},
                        new INDArray[] {labels, labels, vectors});
        LossExplanation dice = SegmentationHead.explain(graph, data, "dice");
        LossExplanation sum = SegmentationHead.explain(graph, data, "out");
        ComputationGraph alone = graph("out");
        alone.setParams(graph.params());
        DataSet one = new DataSet(data.getFeatures(0), labels);
        assertThat(sum.value())
                .isCloseTo(alone.score(one) - alone.calcRegularizationScore(true), within(1e-12));
        assertThat(dice.name()).isEqualTo("Dice");
        assertThat(dice.value()).isCloseTo(sum.components().get(1).value(), within(1e-12));
        assertThatThrownBy(() -> SegmentationHead.explain(graph, data))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage("output must be named, one of [dice, out]: explain(graph, data, name)");
        assertThatThrownBy(() -> SegmentationHead.explain(graph, data, "plain"))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "output must be a SegmentationLossLayer, one of [dice, out], got plain");
    }

    @Test
    void refusals() {
        DataSet data = data(CNN2DFormat.NCHW, false);
        MultiLayerNetwork plain =
                new MultiLayerNetwork(
                        configuration()
                                .list()
                                .layer(convolution(C, CNN2DFormat.NCHW))
                                .layer(
                                        new CnnLossLayer.Builder(LossCrossEntropy.builder().build())
                                                .name("end")
                                                .activation(Activation.SOFTMAX)
                                                .build())
                                .setInputType(InputType.convolutional(H, W, 2))
                                .build());
        plain.init();
        assertThatThrownBy(() -> SegmentationHead.explain(plain, data))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "network must end in a SegmentationLossLayer"
                                + " (SegmentationHead.replaceOutput gives it one), got"
                                + " CnnLossLayer \"end\"");
        assertThatThrownBy(() -> SegmentationHead.explain(graph("plain"), data.toMultiDataSet()))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "graph must have a SegmentationLossLayer among its outputs, got [plain]");
        assertThatThrownBy(() -> SegmentationHead.explain((MultiLayerNetwork) null, data))
                .hasMessage("network must be given and initialized");
        assertThatThrownBy(() -> SegmentationHead.explain(layers(CNN2DFormat.NCHW), null))
                .hasMessage("data must be given, got null");
        assertThatThrownBy(() -> SegmentationHead.explain(graph("out"), (DataSet) null))
                .hasMessage("data must be given, got null");
        // what the loss refuses, with the layer's name; the next score is as any
        MultiLayerNetwork net = layers(CNN2DFormat.NCHW);
        double score = net.score(data);
        DataSet bad = data(CNN2DFormat.NCHW, false);
        bad.getLabels().putScalar(0, 7);
        assertThatThrownBy(() -> SegmentationHead.explain(net, bad))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("in layer \"out\": labels must be class indices");
        assertThat(net.score(data)).isEqualTo(score);
    }
}
