package org.seglosses.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.deeplearning4j.earlystopping.EarlyStoppingConfiguration;
import org.deeplearning4j.earlystopping.EarlyStoppingResult;
import org.deeplearning4j.earlystopping.saver.InMemoryModelSaver;
import org.deeplearning4j.earlystopping.saver.LocalFileGraphSaver;
import org.deeplearning4j.earlystopping.saver.LocalFileModelSaver;
import org.deeplearning4j.earlystopping.termination.InvalidScoreIterationTerminationCondition;
import org.deeplearning4j.earlystopping.termination.MaxEpochsTerminationCondition;
import org.deeplearning4j.earlystopping.termination.ScoreImprovementEpochTerminationCondition;
import org.deeplearning4j.earlystopping.trainer.EarlyStoppingGraphTrainer;
import org.deeplearning4j.earlystopping.trainer.EarlyStoppingTrainer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.CacheMode;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.optimize.api.InvocationType;
import org.deeplearning4j.optimize.listeners.CheckpointListener;
import org.deeplearning4j.optimize.listeners.EvaluativeListener;
import org.deeplearning4j.parallelism.ParallelInference;
import org.deeplearning4j.parallelism.inference.InferenceMode;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.evaluation.IEvaluation;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.AsyncDataSetIterator;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.dataset.api.preprocessor.ImagePreProcessingScaler;
import org.nd4j.linalg.dataset.api.preprocessor.NormalizerStandardize;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Sgd;
import org.seglosses.dl4j.evaluation.SegmentationEvaluation;
import org.seglosses.dl4j.evaluation.SegmentationEvaluation.Metric;
import org.seglosses.dl4j.evaluation.SegmentationScoreCalculator;
import org.seglosses.dl4j.layer.SegmentationLossLayer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** What DL4J has around a network, with index labels and a loss of ours at its end. */
@Tag("smoke")
class TrainingInDl4jTest {

    private static final Losses LOSS = Losses.COMBINED;

    private static Networks networks(DataType type) {
        return Networks.of(LOSS.function(), LOSS.mode()).type(type);
    }

    private static List<DataSet> batches(Networks networks, DataType type, int count) {
        List<DataSet> batches = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            batches.add(
                    networks.data(Sample.of(LOSS.mode(), type, 140 + i).withVoid(), false, true));
        }
        return batches;
    }

    private static SegmentationEvaluation evaluation() {
        return SegmentationEvaluation.builder(3).ignoreIndex(Sample.VOID).build();
    }

    // ---- gradients ----

    /** The updates of one step with rate 1, by parameter. */
    private static List<INDArray> updates(Networks networks, GradientNormalization how) {
        MultiLayerConfiguration configuration = networks.layersConfiguration();
        configuration
                .getConfs()
                .forEach(
                        each -> {
                            if (each.getLayer() instanceof BaseLayer layer) {
                                layer.setGradientNormalization(how);
                                layer.setGradientNormalizationThreshold(0.05);
                            }
                        });
        MultiLayerNetwork net = new MultiLayerNetwork(configuration);
        net.init();
        net.setParams(networks.layers().params());
        List<String> names = List.of("0_W", "0_b", "1_W", "1_b");
        List<INDArray> before = names.stream().map(name -> net.getParam(name).dup()).toList();
        net.fit(batches(networks, DataType.DOUBLE, 1).get(0));
        List<INDArray> updates = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            updates.add(before.get(i).sub(net.getParam(names.get(i))));
        }
        return updates;
    }

    private static double norm(INDArray... arrays) {
        return Math.sqrt(
                Arrays.stream(arrays)
                        .mapToDouble(a -> Math.pow(a.norm2Number().doubleValue(), 2))
                        .sum());
    }

    /** Clipping and normalizing see the gradient of the batch's mean. */
    @ParameterizedTest
    @EnumSource
    void gradientNormalization(GradientNormalization how) {
        Networks networks = networks(DataType.DOUBLE);
        List<INDArray> plain = updates(networks, GradientNormalization.None);
        List<INDArray> actual = updates(networks, how);
        for (int i = 0; i < plain.size(); i++) {
            INDArray g = plain.get(i);
            double layer = norm(plain.get(i / 2 * 2), plain.get(i / 2 * 2 + 1));
            INDArray expected =
                    switch (how) {
                        case None -> g;
                        case RenormalizeL2PerLayer -> g.div(layer);
                        case RenormalizeL2PerParamType -> g.div(norm(g));
                        case ClipElementWiseAbsoluteValue -> clipped(g, 0.05);
                        case ClipL2PerLayer -> g.mul(Math.min(1, 0.05 / layer));
                        case ClipL2PerParamType -> g.mul(Math.min(1, 0.05 / norm(g)));
                    };
            assertThat(actual.get(i).sub(expected).amaxNumber().doubleValue())
                    .as("parameter %d", i)
                    .isLessThan(1e-6); // DL4J adds an epsilon to norms
        }
        assertThat(norm(plain.get(0))).as("something to clip").isGreaterThan(0.05);
    }

    private static INDArray clipped(INDArray array, double most) {
        INDArray clipped = array.dup();
        for (long i = 0; i < clipped.length(); i++) {
            clipped.putScalar(i, Math.max(-most, Math.min(most, clipped.getDouble(i))));
        }
        return clipped;
    }

    @ParameterizedTest
    @EnumSource
    void cacheModes(CacheMode mode) {
        Networks networks = networks(DataType.FLOAT).updater(new Sgd(0.1));
        List<DataSet> batches = batches(networks, DataType.FLOAT, 2);
        MultiLayerNetwork expected = networks.layers();
        batches.forEach(expected::fit);
        MultiLayerConfiguration layers = networks.layersConfiguration();
        layers.setCacheMode(mode);
        layers.getConfs().forEach(each -> each.setCacheMode(mode));
        MultiLayerNetwork net = new MultiLayerNetwork(layers);
        net.init();
        net.setParams(networks.layers().params());
        batches.forEach(net::fit);
        assertThat(net.params()).isEqualTo(expected.params());
    }

    // ---- listeners and early stopping ----

    @Test
    void listeners(@TempDir Path directory) {
        Networks networks = networks(DataType.FLOAT).updater(new Sgd(0.1));
        List<DataSet> batches = batches(networks, DataType.FLOAT, 4);
        MultiLayerNetwork net = networks.layers();
        SegmentationEvaluation seen = evaluation();
        CheckpointListener checkpoints =
                new CheckpointListener.Builder(directory.toFile())
                        .keepAll()
                        .saveEveryEpoch()
                        .build();
        net.setListeners(
                checkpoints,
                new EvaluativeListener(
                        new ExistingDataSetIterator(batches),
                        1,
                        InvocationType.EPOCH_END,
                        new IEvaluation<?>[] {seen}));
        net.fit(new ExistingDataSetIterator(batches), 2);
        MultiLayerNetwork saved = checkpoints.loadCheckpointMLN(checkpoints.lastCheckpoint());
        assertThat(saved.params()).isEqualTo(net.params());
        assertThat(saved.doEvaluation(new ExistingDataSetIterator(batches), evaluation())[0])
                .isEqualTo(seen);
    }

    @Test
    void earlyStoppingOnMeanIou(@TempDir Path directory) {
        Networks networks = networks(DataType.FLOAT).updater(new Adam(0.05));
        List<DataSet> training = batches(networks, DataType.FLOAT, 2);
        DataSetIterator heldOut = new ExistingDataSetIterator(batches(networks, DataType.FLOAT, 1));
        SegmentationScoreCalculator meanIou =
                new SegmentationScoreCalculator(
                        SegmentationEvaluation.builder(3).ignoreIndex(255).build(),
                        Metric.MEAN_IOU,
                        heldOut);
        EarlyStoppingConfiguration<MultiLayerNetwork> configuration =
                new EarlyStoppingConfiguration.Builder<MultiLayerNetwork>()
                        .scoreCalculator(meanIou) // larger is better: it says so itself
                        .epochTerminationConditions(
                                new MaxEpochsTerminationCondition(60),
                                new ScoreImprovementEpochTerminationCondition(3))
                        .iterationTerminationConditions(
                                new InvalidScoreIterationTerminationCondition())
                        .modelSaver(new LocalFileModelSaver(directory.toString()))
                        .build();
        EarlyStoppingResult<MultiLayerNetwork> layers =
                new EarlyStoppingTrainer(
                                configuration,
                                networks.layers(),
                                new ExistingDataSetIterator(training))
                        .fit();
        assertBest(layers);
        heldOut.reset();
        assertThat(layers.getBestModel().doEvaluation(heldOut, evaluation())[0].meanIou())
                .isEqualTo(layers.getScoreVsEpoch().get(layers.getBestModelEpoch()));

        EarlyStoppingResult<ComputationGraph> graph =
                new EarlyStoppingGraphTrainer(
                                new EarlyStoppingConfiguration.Builder<ComputationGraph>()
                                        .scoreCalculator(meanIou)
                                        .epochTerminationConditions(
                                                new MaxEpochsTerminationCondition(60),
                                                new ScoreImprovementEpochTerminationCondition(3))
                                        .modelSaver(new LocalFileGraphSaver(directory.toString()))
                                        .build(),
                                networks.graph(),
                                new ExistingDataSetIterator(training))
                        .fit();
        assertBest(graph);
        assertThat(graph.getScoreVsEpoch()).isEqualTo(layers.getScoreVsEpoch());
    }

    private static void assertBest(EarlyStoppingResult<?> result) {
        // getBestModelScore() is the loss that the restored model last computed, which is 0
        double best = result.getScoreVsEpoch().get(result.getBestModelEpoch());
        assertThat(result.getScoreVsEpoch().values()).allMatch(score -> score <= best);
        assertThat(best).isGreaterThan(result.getScoreVsEpoch().get(0));
        // it stopped since the last three epochs were no better
        assertThat(result.getTerminationDetails()).contains("ScoreImprovement");
        assertThat(result.getTotalEpochs()).isLessThan(60);
    }

    /** A network that becomes NaN is ended before the evaluation would refuse it. */
    @Test
    void aNetworkOfNaN() {
        Networks networks = networks(DataType.FLOAT).updater(new Sgd(0.1));
        List<DataSet> batches = batches(networks, DataType.FLOAT, 1);
        MultiLayerNetwork net = networks.layers();
        net.setListeners(
                new BaseTrainingListener() {
                    private int epochs;

                    @Override
                    public void onEpochStart(Model model) {
                        if (++epochs == 3) {
                            model.params().putScalar(0, Float.NaN);
                        }
                    }
                });
        EarlyStoppingResult<MultiLayerNetwork> result =
                new EarlyStoppingTrainer(
                                new EarlyStoppingConfiguration.Builder<MultiLayerNetwork>()
                                        .scoreCalculator(
                                                new SegmentationScoreCalculator(
                                                        evaluation(),
                                                        Metric.MEAN_IOU,
                                                        new ExistingDataSetIterator(batches)))
                                        .epochTerminationConditions(
                                                new MaxEpochsTerminationCondition(9))
                                        .iterationTerminationConditions(
                                                new InvalidScoreIterationTerminationCondition())
                                        .modelSaver(new InMemoryModelSaver<>())
                                        .build(),
                                net,
                                new ExistingDataSetIterator(batches))
                        .fit();
        assertThat(net.score()).isNaN();
        assertThat(result.getTerminationDetails()).contains("InvalidScore");
        assertThat(result.getScoreVsEpoch()).hasSize(2);
        assertThat(result.getBestModel().score(batches.get(0))).isFinite();
        assertThatThrownBy(
                        () -> net.doEvaluation(new ExistingDataSetIterator(batches), evaluation()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("predictions must not be NaN");
    }

    // ---- data ----

    /** Index labels that are fetched ahead in a thread and a workspace of DL4J's own. */
    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "UBYTE", "INT", "LONG", "HALF"})
    void labelsFetchedAhead(DataType type) {
        Networks networks = networks(DataType.FLOAT).updater(new Sgd(0.1));
        List<DataSet> batches =
                batches(networks, DataType.FLOAT, 5).stream()
                        .map(
                                batch ->
                                        new DataSet(
                                                batch.getFeatures(),
                                                batch.getLabels().castTo(type),
                                                null,
                                                batch.getLabelsMaskArray()))
                        .toList();
        MultiLayerNetwork plain = networks.layers();
        batches.forEach(plain::fit);
        MultiLayerNetwork ahead = networks.layers();
        ahead.fit(new AsyncDataSetIterator(new ExistingDataSetIterator(batches), 3));
        assertThat(ahead.params()).isEqualTo(plain.params());
    }

    /** Single examples that an iterator puts together. */
    @Test
    void examplesPutTogether() {
        Networks networks = networks(DataType.FLOAT).updater(new Sgd(0.1));
        List<DataSet> batches = batches(networks, DataType.FLOAT, 3);
        List<DataSet> examples = new ArrayList<>();
        batches.forEach(batch -> examples.addAll(batch.asList()));
        assertThat(examples).hasSize(6);
        MultiLayerNetwork plain = networks.layers();
        batches.forEach(plain::fit);
        MultiLayerNetwork net = networks.layers();
        net.fit(new ListDataSetIterator<>(examples, 2));
        assertThat(net.params()).isEqualTo(plain.params());
    }

    @Test
    void normalizers() {
        Networks networks = networks(DataType.FLOAT);
        DataSet data = batches(networks, DataType.FLOAT, 1).get(0);
        NormalizerStandardize standardize = new NormalizerStandardize();
        standardize.fit(data);
        DataSet standard = data.copy();
        standardize.preProcess(standard);
        assertThat(standard.getFeatures()).isNotEqualTo(data.getFeatures());
        assertThat(standard.getLabels()).isEqualTo(data.getLabels());

        // classes are no quantities; what comes of them is refused
        standardize.fitLabel(true);
        standardize.fit(data);
        DataSet mangled = data.copy();
        standardize.preProcess(mangled);
        assertThatThrownBy(() -> networks.layers().score(mangled))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("labels must be class indices from 0 to 2", "255");

        // masks of 0 and 255 from image files become labels of 0 and 1
        ImagePreProcessingScaler scaler = new ImagePreProcessingScaler();
        scaler.fitLabel(true);
        DataSet image =
                new DataSet(
                        data.getFeatures().dup(),
                        data.getLabels().eq(1).castTo(DataType.FLOAT).muli(255));
        scaler.preProcess(image);
        assertThat(image.getLabels()).isEqualTo(data.getLabels().eq(1).castTo(DataType.FLOAT));
    }

    @Test
    void parallelInference() {
        MultiLayerNetwork net = networks(DataType.FLOAT).layers();
        INDArray features = networks(DataType.FLOAT).features(3, 8);
        ParallelInference inference =
                new ParallelInference.Builder(net)
                        .workers(2)
                        .inferenceMode(InferenceMode.BATCHED)
                        .batchLimit(4)
                        .build();
        try {
            assertThat(inference.output(features)).isEqualTo(net.output(features));
        } finally {
            inference.shutdown();
        }
    }

    // ---- formats ----

    private static ConvolutionLayer convolution(int size, int outputs, CNN2DFormat format) {
        return new ConvolutionLayer.Builder(size, size)
                .nOut(outputs)
                .activation(Activation.TANH)
                .dataFormat(format)
                .build();
    }

    /** A U-Net of one step down, as the zoo's are built, with batch normalization. */
    private static ComputationGraph unet(CNN2DFormat format) {
        ComputationGraph net =
                new ComputationGraph(
                        new NeuralNetConfiguration.Builder()
                                .dataType(DataType.DOUBLE)
                                .updater(new Sgd(0.5))
                                .convolutionMode(ConvolutionMode.Same)
                                .graphBuilder()
                                .addInputs("in")
                                .setInputTypes(InputType.convolutional(6, 8, 2, format))
                                .addLayer("left", convolution(3, 4, format), "in")
                                .addLayer(
                                        "down",
                                        new SubsamplingLayer.Builder(
                                                        SubsamplingLayer.PoolingType.MAX)
                                                .kernelSize(2, 2)
                                                .stride(2, 2)
                                                .dataFormat(format)
                                                .build(),
                                        "left")
                                .addLayer("bottom", convolution(3, 6, format), "down")
                                .addLayer("norm", new BatchNormalization(), "bottom")
                                .addLayer(
                                        "up",
                                        new Upsampling2D.Builder(2).dataFormat(format).build(),
                                        "norm")
                                .addVertex("merge", new MergeVertex(), "left", "up")
                                .addLayer("right", convolution(3, 3, format), "merge")
                                .addLayer(
                                        "out",
                                        new SegmentationLossLayer.Builder(LOSS.function())
                                                .activation(Activation.SOFTMAX)
                                                .build(),
                                        "right")
                                .setOutputs("out")
                                .build());
        net.init();
        Random random = new Random(3);
        for (String name : List.of("left_W", "bottom_W", "right_W")) {
            // in the order of one format, whatever the other's parameters are laid out like
            INDArray weights = net.getParam(name);
            weights.assign(
                    Sample.gaussians(random.nextInt(), DataType.DOUBLE, weights.shape()).muli(0.3));
        }
        return net;
    }

    @Test
    void aUNetOfEitherFormat() {
        Sample sample = Sample.of(LOSS.mode(), DataType.DOUBLE, 150, 2, 6, 8).withVoid();
        INDArray features = Sample.gaussians(151, DataType.DOUBLE, 2, 2, 6, 8);
        DataSet first = new DataSet(features, sample.classes());
        DataSet last =
                new DataSet(Sample.channelsLast(features), Sample.channelsLast(sample.classes()));
        ComputationGraph nchw = unet(CNN2DFormat.NCHW);
        ComputationGraph nhwc = unet(CNN2DFormat.NHWC);
        double before = nchw.score(first);
        for (int i = 0; i < 5; i++) {
            nchw.fit(first);
            nhwc.fit(last);
            assertThat(nhwc.score()).isCloseTo(nchw.score(), within(1e-9));
        }
        assertThat(nchw.score(first)).isLessThan(before);
    }
}
