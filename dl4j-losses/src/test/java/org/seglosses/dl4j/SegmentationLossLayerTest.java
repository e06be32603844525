package org.seglosses.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.earlystopping.EarlyStoppingConfiguration;
import org.deeplearning4j.earlystopping.EarlyStoppingResult;
import org.deeplearning4j.earlystopping.saver.InMemoryModelSaver;
import org.deeplearning4j.earlystopping.scorecalc.DataSetLossCalculator;
import org.deeplearning4j.earlystopping.termination.MaxEpochsTerminationCondition;
import org.deeplearning4j.earlystopping.trainer.EarlyStoppingTrainer;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.transferlearning.FineTuneConfiguration;
import org.deeplearning4j.nn.transferlearning.TransferLearning;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.seglosses.dl4j.evaluation.SegmentationEvaluation;
import org.seglosses.dl4j.layer.SegmentationLossLayer;
import org.seglosses.samediff.loss.CrossEntropy;
import org.seglosses.samediff.loss.LossGraph;
import org.seglosses.samediff.loss.LossParts;
import org.seglosses.samediff.loss.Mode;
import org.seglosses.samediff.loss.SegmentationLoss;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** The output layer in networks: what it takes, what it puts out, what it costs. */
@Tag("smoke")
class SegmentationLossLayerTest {

    private static final Losses LOSS = Losses.COMBINED;

    private static double[] doubles(INDArray array) {
        return array.dup('c').castTo(DataType.DOUBLE).data().asDouble();
    }

    private static Networks networks(CNN2DFormat format, DataType type) {
        return Networks.of(LOSS.function(), LOSS.mode())
                .format(format)
                .type(type)
                .updater(new Sgd(0.1));
    }

    /** Score and parameters after two steps. */
    private record Training(double first, double last, double[] parameters) {

        static Training of(MultiLayerNetwork net, DataSet data) {
            net.fit(data);
            double first = net.score();
            net.fit(data);
            return new Training(first, net.score(), doubles(net.params()));
        }

        static Training of(ComputationGraph net, DataSet data) {
            net.fit(data);
            double first = net.score();
            net.fit(data);
            return new Training(first, net.score(), doubles(net.params()));
        }

        void assertSame(Training other, String how) {
            assertThat(first).as(how).isEqualTo(other.first);
            assertThat(last).as(how).isEqualTo(other.last);
            assertThat(parameters).as(how).isEqualTo(other.parameters);
        }

        void assertClose(Training other, double tolerance, String how) {
            assertThat(first).as(how).isCloseTo(other.first, within(tolerance));
            assertThat(last).as(how).isCloseTo(other.last, within(tolerance));
            assertThat(parameters).as(how).containsExactly(other.parameters, within(tolerance));
        }
    }

    /** All of the labels that the Javadoc names train the same, in both networks and formats. */
    @ParameterizedTest
    @EnumSource
    void labels(CNN2DFormat format) {
        Networks networks = networks(format, DataType.FLOAT);
        Sample sample = Sample.of(LOSS.mode(), DataType.FLOAT, 110).withVoid();
        INDArray features = networks.features(sample.images(), 21);
        INDArray rank4 = networks.layout(sample.classes());
        INDArray rank3 = sample.classes().dup('c').reshape('c', 2, 6, 7);
        Training expected = Training.of(networks.layers(), new DataSet(features, rank4));
        assertThat(expected.last).isLessThan(expected.first);
        List<INDArray> all = new ArrayList<>();
        for (DataType type :
                List.of(
                        DataType.FLOAT,
                        DataType.DOUBLE,
                        DataType.FLOAT16,
                        DataType.INT64,
                        DataType.INT32,
                        DataType.UINT8)) {
            all.add(rank4.castTo(type));
            all.add(rank3.castTo(type));
        }
        for (INDArray labels : all) {
            String how = labels.dataType() + " " + Arrays.toString(labels.shape());
            DataSet data = new DataSet(features, labels);
            double[] before = doubles(labels);
            Training.of(networks.layers(), data).assertSame(expected, how);
            Training.of(networks.graph(), data).assertSame(expected, how + " in a graph");
            assertThat(doubles(labels)).as(how).isEqualTo(before);
        }
        DataSet vectors = new DataSet(features, networks.layout(sample.oneHot()));
        Training.of(networks.layers(), vectors).assertClose(expected, 1e-5, "one-hot");
        Training.of(networks.graph(), vectors).assertClose(expected, 1e-5, "one-hot in a graph");
    }

    @ParameterizedTest
    @EnumSource
    void masks(CNN2DFormat format) {
        Networks networks = networks(format, DataType.FLOAT);
        Sample sample = Sample.of(LOSS.mode(), DataType.FLOAT, 111);
        INDArray features = networks.features(sample.images(), 21);
        INDArray labels = networks.layout(sample.classes());
        INDArray pixels = sample.mask();
        // what a mask does is what the ignore index does at its zeros
        INDArray ignored = sample.classes().dup();
        for (long i = 0; i < ignored.length(); i++) {
            if (pixels.getDouble(i) == 0) {
                ignored.putScalar(i, Sample.VOID);
            }
        }
        Training expected =
                Training.of(networks.layers(), new DataSet(features, networks.layout(ignored)));
        INDArray wide = Nd4j.concat(1, pixels, pixels, pixels);
        for (INDArray mask :
                List.of(
                        pixels.dup('c').reshape('c', 2, 6, 7),
                        networks.layout(pixels),
                        networks.layout(wide),
                        networks.layout(pixels).castTo(DataType.BOOL),
                        networks.layout(pixels).castTo(DataType.DOUBLE))) {
            String how = mask.dataType() + " " + Arrays.toString(mask.shape());
            double[] before = doubles(mask);
            DataSet data = new DataSet(features, labels, null, mask);
            Training.of(networks.layers(), data).assertSame(expected, how);
            Training.of(networks.graph(), data).assertSame(expected, how + " in a graph");
            assertThat(doubles(mask)).as(how).isEqualTo(before);
        }
        INDArray images = Nd4j.createFromArray(new float[][] {{1}, {0}});
        INDArray second = sample.classes().dup();
        second.slice(1).assign(Sample.VOID);
        Training one =
                Training.of(networks.layers(), new DataSet(features, networks.layout(second)));
        DataSet data = new DataSet(features, labels, null, images);
        Training.of(networks.layers(), data).assertSame(one, "[N,1]");
        Training.of(networks.graph(), data).assertSame(one, "[N,1] in a graph");
    }

    /** A message names the shape that the user gave, not that which the loss sees. */
    @Test
    void channelsFirstInANetworkOfChannelsLast() {
        Networks networks = networks(CNN2DFormat.NHWC, DataType.DOUBLE);
        Sample sample = Sample.of(LOSS.mode(), DataType.DOUBLE, 128);
        INDArray features = networks.features(2, 21);
        MultiLayerNetwork net = networks.layers();
        assertThatThrownBy(() -> net.score(new DataSet(features, sample.classes())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("labels", "[2, 1, 6, 7]", "[2, 6, 7, 3]", "NHWC")
                .hasMessageEndingWith(
                        "got [2, 1, 6, 7]: height 1 instead of 6; labels [N,C,H,W]? permute(0, 2, 3, 1)"
                                + " makes them [N,H,W,C]");
        INDArray labels = networks.layout(sample.classes());
        assertThatThrownBy(() -> net.fit(new DataSet(features, labels, null, sample.mask())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("mask", "[2, 1, 6, 7]", "[2, 6, 7, 3]", "NHWC");
    }

    /** Where no label mask follows, a features mask is one, as in DL4J's own output layers. */
    @Test
    void featuresMask() {
        Networks networks = networks(CNN2DFormat.NCHW, DataType.DOUBLE);
        Sample sample = Sample.of(LOSS.mode(), DataType.DOUBLE, 112);
        INDArray features = networks.features(sample.images(), 21);
        INDArray mask = sample.mask();
        DataSet byLabels = new DataSet(features, sample.classes(), null, mask);
        DataSet byFeatures = new DataSet(features, sample.classes(), mask, null);
        DataSet unmasked = new DataSet(features, sample.classes());
        double expected = networks.layers().score(byLabels);
        assertThat(networks.layers().score(unmasked)).isNotEqualTo(expected);
        assertThat(networks.layers().score(byFeatures)).isEqualTo(expected);
        assertThat(networks.graph().score(byFeatures)).isEqualTo(expected);
        // and it is gone with the batch
        MultiLayerNetwork net = networks.layers();
        net.score(byFeatures);
        assertThat(net.score(unmasked)).isEqualTo(networks.layers().score(unmasked));
    }

    @ParameterizedTest
    @EnumSource
    void workspacesMakeNoDifference(CNN2DFormat format) {
        Sample sample = Sample.of(LOSS.mode(), DataType.FLOAT, 113).withVoid();
        Networks networks = networks(format, DataType.FLOAT);
        DataSet data = networks.data(sample, false, true);
        networks.workspaces(WorkspaceMode.NONE);
        Training none = Training.of(networks.layers(), data);
        INDArray scores = networks.layers().scoreExamples(data, true);
        networks.workspaces(WorkspaceMode.ENABLED);
        Training.of(networks.layers(), data).assertSame(none, "enabled");
        Training.of(networks.graph(), data).assertSame(none, "enabled, graph");
        assertThat(networks.layers().scoreExamples(data, true)).isEqualTo(scores);
        assertThat(networks.graph().scoreExamples(data, true)).isEqualTo(scores);
        networks.workspaces(WorkspaceMode.NONE);
        Training.of(networks.graph(), data).assertSame(none, "none, graph");
    }

    @ParameterizedTest
    @EnumSource
    void outputIsTheActivationOverTheChannels(CNN2DFormat format) {
        for (DataType type : List.of(DataType.FLOAT, DataType.DOUBLE)) {
            Networks networks = networks(format, type);
            INDArray features = networks.features(3, 5);
            MultiLayerNetwork net = networks.layers();
            INDArray logits = net.feedForward(features).get(2).dup();
            double[] before = doubles(features);
            INDArray out = net.output(features);
            assertThat(networks.graph().outputSingle(features)).isEqualTo(out);
            assertThat(doubles(features)).isEqualTo(before);
            int axis = format == CNN2DFormat.NCHW ? 1 : 3;
            INDArray exp = Transforms.exp(logits.castTo(DataType.DOUBLE), true);
            INDArray expected = exp.div(exp.sum(true, axis));
            assertThat(out.shape()).isEqualTo(logits.shape());
            assertThat(doubles(out)).containsExactly(doubles(expected), within(1e-6));

            INDArray same = networks.activation(Activation.IDENTITY).layers().output(features);
            assertThat(same).isEqualTo(logits);
            Networks binary =
                    Networks.of(LossLovaszHinge.builder().build(), Mode.BINARY)
                            .format(format)
                            .type(type);
            MultiLayerNetwork sigmoid = binary.layers();
            INDArray z = sigmoid.feedForward(features).get(2).castTo(DataType.DOUBLE);
            assertThat(doubles(sigmoid.output(features)))
                    .containsExactly(doubles(Transforms.sigmoid(z, true)), within(1e-6));
        }
    }

    /** Counts the runs of the loss: it asks once a run whether rows would do. */
    private static final class Counting implements SegmentationLoss {

        private static final long serialVersionUID = 1L;
        private static final AtomicInteger RUNS = new AtomicInteger();
        private final CrossEntropy counted = CrossEntropy.builder().build();

        @Override
        public Set<Mode> modes() {
            return counted.modes();
        }

        @Override
        public Integer ignoreIndex() {
            return counted.ignoreIndex();
        }

        @Override
        public boolean needsImages() {
            RUNS.incrementAndGet();
            return false;
        }

        @Override
        public SDVariable groupLosses(LossGraph graph, boolean eachImage) {
            return counted.groupLosses(graph, eachImage);
        }

        @Override
        public LossParts parts(LossGraph graph) {
            return counted.parts(graph);
        }
    }

    private static final class LossCounting extends SegmentationLossFunction<Counting> {

        private static final long serialVersionUID = 1L;

        LossCounting() {
            super(new Counting(), null);
        }

        @Override
        public LossCounting imageSize(int height, int width) {
            throw new UnsupportedOperationException();
        }
    }

    @Test
    void oneRunAnIteration() {
        Networks networks = Networks.of(new LossCounting(), Mode.MULTICLASS);
        DataSet data = networks.data(Sample.of(Mode.MULTICLASS, DataType.DOUBLE, 114), false, true);
        MultiLayerNetwork layers = networks.layers();
        ComputationGraph graph = networks.graph();
        Counting.RUNS.set(0);
        for (int i = 1; i <= 3; i++) {
            layers.fit(data);
            assertThat(Counting.RUNS).hasValue(i);
        }
        for (int i = 4; i <= 6; i++) {
            graph.fit(data);
            assertThat(Counting.RUNS).hasValue(i);
        }
        layers.score(data);
        graph.score(data);
        layers.scoreExamples(data, false);
        graph.scoreExamples(data, false);
        assertThat(Counting.RUNS).hasValue(10);
    }

    @Test
    void scoreWithoutTheBackwardPass() {
        Networks networks = networks(CNN2DFormat.NHWC, DataType.DOUBLE);
        DataSet data = networks.data(Sample.of(LOSS.mode(), DataType.DOUBLE, 115), false, true);
        MultiLayerNetwork layers = networks.layers();
        double before = layers.score(data);
        layers.fit(data);
        assertThat(layers.score()).isEqualTo(before);
        assertThat(layers.score(data)).isLessThan(before);
        ComputationGraph graph = networks.graph();
        assertThat(graph.score(data)).isEqualTo(before);
        graph.fit(data);
        assertThat(graph.score()).isEqualTo(before);
        assertThat(graph.score(data)).isEqualTo(layers.score(data));
    }

    /** The score that the backward pass left is that of its input, labels and mask alone. */
    @Test
    void aKnownScoreIsForgottenInTime() {
        Networks networks = networks(CNN2DFormat.NCHW, DataType.DOUBLE);
        Sample one = Sample.of(LOSS.mode(), DataType.DOUBLE, 116);
        Sample two = Sample.of(LOSS.mode(), DataType.DOUBLE, 117);
        IOutputLayer layer = (IOutputLayer) networks.layers().getOutputLayer();
        LayerWorkspaceMgr none = LayerWorkspaceMgr.noWorkspaces();
        layer.setInput(one.logits(), none);
        layer.setLabels(one.classes());
        layer.backpropGradient(null, none);
        double first = layer.computeScore(0, true, none);
        assertThat(first).isCloseTo(score(one, one, null), within(1e-12));
        assertThat(layer.computeScore(0.5, true, none)).isEqualTo(first + 0.5);
        layer.setLabels(two.classes());
        assertThat(layer.computeScore(0, true, none))
                .isCloseTo(score(one, two, null), within(1e-12));
        layer.setMaskArray(one.mask());
        assertThat(layer.computeScore(0, true, none))
                .isCloseTo(score(one, two, one.mask()), within(1e-12));
        layer.setInput(two.logits(), none);
        assertThat(layer.computeScore(0, true, none))
                .isCloseTo(score(two, two, one.mask()), within(1e-12));
        layer.setMaskArray(null);
        assertThat(layer.computeScore(0, true, none))
                .isCloseTo(score(two, two, null), within(1e-12));
    }

    private static double score(Sample logits, Sample labels, INDArray mask) {
        return LOSS.function()
                .computeScore(
                        labels.classes(), logits.logits(), logits.activationFunction(), mask, true);
    }

    /** Wrong order of calls. */
    @Test
    void callsInTheWrongOrder() {
        Networks networks = networks(CNN2DFormat.NCHW, DataType.DOUBLE);
        IOutputLayer layer = (IOutputLayer) networks.layers().getOutputLayer();
        LayerWorkspaceMgr none = LayerWorkspaceMgr.noWorkspaces();
        Sample sample = Sample.of(LOSS.mode(), DataType.DOUBLE, 118);
        layer.setLabels(sample.classes());
        assertThatThrownBy(() -> layer.computeScore(0, true, none))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("nput");
        layer.clear();
        layer.setInput(sample.logits(), none);
        assertThatThrownBy(() -> layer.computeScore(0, true, none))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("labels");
        assertThatThrownBy(() -> layer.backpropGradient(null, none))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("labels");
        assertThatThrownBy(() -> layer.computeScoreForExamples(0, none))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("labels");
        assertThatThrownBy(() -> layer.f1Score(sample.logits(), sample.classes()))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("SegmentationEvaluation");
        layer.setInput(sample.logits().slice(0), none);
        assertThatThrownBy(() -> layer.computeScore(0, true, none))
                .isInstanceOf(RuntimeException.class);
        assertThatThrownBy(() -> layer.activate(false, none))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[3, 6, 7]");
    }

    /** Without averaging over the batch DL4J sums: score and update are n times as large. */
    @Test
    void withoutMinibatchAveraging() {
        Networks networks = networks(CNN2DFormat.NCHW, DataType.DOUBLE);
        DataSet data = networks.data(Sample.of(LOSS.mode(), DataType.DOUBLE, 119), false, false);
        MultiLayerNetwork averaged = networks.layers();
        var configuration = networks.layersConfiguration();
        configuration.getConfs().forEach(each -> each.setMiniBatch(false));
        MultiLayerNetwork summed = new MultiLayerNetwork(configuration);
        summed.init();
        summed.setParams(averaged.params().dup());
        INDArray before = averaged.params().dup();
        averaged.fit(data);
        summed.fit(data);
        assertThat(summed.score()).isCloseTo(2 * averaged.score(), within(1e-12));
        assertThat(doubles(summed.params().sub(before)))
                .containsExactly(doubles(averaged.params().sub(before).mul(2)), within(1e-12));
    }

    @Test
    void halfPrecision() {
        Networks networks = networks(CNN2DFormat.NCHW, DataType.FLOAT16);
        Sample sample = Sample.of(LOSS.mode(), DataType.FLOAT16, 120).withVoid();
        DataSet data = networks.data(sample, false, true);
        MultiLayerNetwork net = networks.layers();
        double before = net.score(data);
        for (int i = 0; i < 10; i++) {
            net.fit(data);
        }
        assertThat(net.score(data)).isLessThan(0.95 * before);
        assertThat(net.output(data.getFeatures()).dataType()).isEqualTo(DataType.FLOAT16);
        Networks wide = networks(CNN2DFormat.NCHW, DataType.DOUBLE);
        assertThat(before)
                .isCloseTo(
                        wide.layers()
                                .score(
                                        wide.data(
                                                Sample.of(LOSS.mode(), DataType.DOUBLE, 120)
                                                        .withVoid(),
                                                false,
                                                true)),
                        within(0.01));
    }

    @Test
    void twoOutputs() {
        Losses a = Losses.LOVASZ_SOFTMAX;
        Losses b = Losses.CROSS_ENTROPY;
        ComputationGraphConfiguration configuration =
                new NeuralNetConfiguration.Builder()
                        .seed(2)
                        .dataType(DataType.DOUBLE)
                        .updater(new Sgd(0.1))
                        .graphBuilder()
                        .addInputs("in")
                        .addLayer(
                                "conv",
                                new ConvolutionLayer.Builder(1, 1)
                                        .nOut(3)
                                        .activation(Activation.IDENTITY)
                                        .build(),
                                "in")
                        .addLayer(
                                "a",
                                new SegmentationLossLayer.Builder(a.function()).build(),
                                "conv")
                        .addLayer(
                                "b",
                                new SegmentationLossLayer.Builder(b.function()).build(),
                                "conv")
                        .setOutputs("a", "b")
                        .setInputTypes(InputType.convolutional(6, 7, 2))
                        .build();
        ComputationGraph net = new ComputationGraph(configuration);
        net.init();
        Sample one = Sample.of(Mode.MULTICLASS, DataType.DOUBLE, 121);
        Sample two = Sample.of(Mode.MULTICLASS, DataType.DOUBLE, 122);
        INDArray features = Sample.gaussians(123, DataType.DOUBLE, 2, 2, 6, 7);
        MultiDataSet data =
                new MultiDataSet(
                        new INDArray[] {features},
                        new INDArray[] {one.classes(), two.oneHot()},
                        null,
                        new INDArray[] {null, two.mask()});
        INDArray logits = net.output(features)[0];
        double expected =
                a.function()
                                .computeScore(
                                        one.classes(), logits, one.activationFunction(), null, true)
                        + b.function()
                                .computeScore(
                                        two.classes(),
                                        logits,
                                        two.activationFunction(),
                                        two.mask(),
                                        true);
        assertThat(net.score(data)).isCloseTo(expected, within(1e-12));
        net.fit(data);
        assertThat(net.score()).isCloseTo(expected, within(1e-12));
        assertThat(net.score(data)).isLessThan(expected);
    }

    @Test
    void transferLearningOfAGraph() {
        ComputationGraph old =
                Networks.of(new LossMCXENT(), Mode.MULTICLASS).type(DataType.FLOAT).flat().graph();
        ComputationGraph net =
                new TransferLearning.GraphBuilder(old)
                        .fineTuneConfiguration(
                                new FineTuneConfiguration.Builder()
                                        .updater(new Adam(0.02))
                                        .seed(1)
                                        .build())
                        .removeVertexAndConnections("out")
                        .addLayer(
                                "loss",
                                new SegmentationLossLayer.Builder(LOSS.function())
                                        .activation(Activation.SOFTMAX)
                                        .build(),
                                "second")
                        .setOutputs("loss")
                        .build();
        Networks networks = networks(CNN2DFormat.NCHW, DataType.FLOAT);
        DataSet data = networks.data(Sample.of(LOSS.mode(), DataType.FLOAT, 124), false, false);
        assertThat(net.outputSingle(data.getFeatures()))
                .isEqualTo(old.outputSingle(data.getFeatures()));
        double before = net.score(data);
        for (int i = 0; i < 10; i++) {
            net.fit(data);
        }
        assertThat(net.score(data)).isLessThan(0.9 * before);
    }

    @Test
    void transferLearningOfLayers() {
        MultiLayerNetwork old =
                Networks.of(new LossMCXENT(), Mode.MULTICLASS).type(DataType.FLOAT).flat().layers();
        MultiLayerNetwork net =
                new TransferLearning.Builder(old)
                        .fineTuneConfiguration(
                                new FineTuneConfiguration.Builder()
                                        .updater(new Adam(0.02))
                                        .seed(1)
                                        .build())
                        .setFeatureExtractor(0)
                        .removeOutputLayer()
                        .addLayer(
                                new SegmentationLossLayer.Builder(LOSS.function())
                                        .activation(Activation.SOFTMAX)
                                        .build())
                        .build();
        Networks networks = networks(CNN2DFormat.NCHW, DataType.FLOAT);
        DataSet data = networks.data(Sample.of(LOSS.mode(), DataType.FLOAT, 125), false, false);
        assertThat(net.output(data.getFeatures())).isEqualTo(old.output(data.getFeatures()));
        double before = net.score(data);
        for (int i = 0; i < 10; i++) {
            net.fit(data);
        }
        assertThat(net.score(data)).isLessThan(before);
        assertThat(net.getParam("0_W")).isEqualTo(old.getParam("0_W"));
    }

    @ParameterizedTest
    @EnumSource
    void evaluationOfIndexLabels(CNN2DFormat format) {
        Networks networks = networks(format, DataType.FLOAT);
        Sample sample = Sample.of(LOSS.mode(), DataType.FLOAT, 126).withVoid();
        DataSet data = networks.data(sample, false, false);
        MultiLayerNetwork layers = networks.layers();
        INDArray out = layers.output(data.getFeatures());
        INDArray predicted = Nd4j.argMax(out, format == CNN2DFormat.NCHW ? 1 : 3);
        long[][] confusion = new long[3][3];
        for (int n = 0; n < 2; n++) {
            for (int y = 0; y < 6; y++) {
                for (int x = 0; x < 7; x++) {
                    int label = (int) sample.classes().getDouble(n, 0, y, x);
                    if (label != Sample.VOID) {
                        confusion[label][predicted.getInt(n, y, x)]++;
                    }
                }
            }
        }
        SegmentationEvaluation.Builder options =
                SegmentationEvaluation.builder(3).ignoreIndex(Sample.VOID).format(format);
        var batches = new ExistingDataSetIterator(List.of(data));
        assertThat(layers.doEvaluation(batches, options.build())[0].confusion())
                .isDeepEqualTo(confusion);
        batches.reset();
        assertThat(networks.graph().doEvaluation(batches, options.build())[0].confusion())
                .isDeepEqualTo(confusion);
    }

    @Test
    void earlyStopping() {
        Networks networks = networks(CNN2DFormat.NCHW, DataType.FLOAT);
        List<DataSet> batches = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            batches.add(
                    networks.data(Sample.of(LOSS.mode(), DataType.FLOAT, 127 + i), false, true));
        }
        EarlyStoppingResult<MultiLayerNetwork> result =
                new EarlyStoppingTrainer(
                                new EarlyStoppingConfiguration.Builder<MultiLayerNetwork>()
                                        .epochTerminationConditions(
                                                new MaxEpochsTerminationCondition(4))
                                        .scoreCalculator(
                                                new DataSetLossCalculator(
                                                        new ExistingDataSetIterator(batches), true))
                                        .modelSaver(new InMemoryModelSaver<>())
                                        .evaluateEveryNEpochs(1)
                                        .build(),
                                networks.layers(),
                                new ExistingDataSetIterator(batches))
                        .fit();
        assertThat(result.getScoreVsEpoch()).hasSize(4);
        double mean =
                batches.stream()
                        .mapToDouble(batch -> result.getBestModel().score(batch))
                        .average()
                        .orElseThrow();
        double best = result.getScoreVsEpoch().get(result.getBestModelEpoch());
        assertThat(best).isCloseTo(mean, within(1e-5));
        assertThat(best).isLessThan(result.getScoreVsEpoch().get(0));
    }

    /** What DL4J asks a layer's configuration for. */
    @Test
    void configuration() {
        Networks networks = networks(CNN2DFormat.NHWC, DataType.FLOAT);
        var layers = networks.layersConfiguration();
        assertThat(((SegmentationLossLayer) layers.getConf(2).getLayer()).getFormat())
                .as("the format comes from the input type")
                .isEqualTo(CNN2DFormat.NHWC);
        assertThat(layers.getMemoryReport(InputType.convolutional(6, 7, 2, CNN2DFormat.NHWC)))
                .isNotNull();
        assertThat(networks.layers().summary()).contains("SegmentationLoss");
        assertThat(networks.layers().getOutputLayer().numParams()).isZero();
        SegmentationLossLayer layer = new SegmentationLossLayer.Builder(LOSS.function()).build();
        assertThat(layer.getActivationFn()).isEqualTo(Activation.IDENTITY.getActivationFunction());
        assertThatThrownBy(() -> layer.getOutputType(3, InputType.feedForward(5)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("convolutional")
                .hasMessageContaining("3");
    }
}
