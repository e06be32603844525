package org.seglosses.dl4j.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.earlystopping.EarlyStoppingConfiguration;
import org.deeplearning4j.earlystopping.EarlyStoppingResult;
import org.deeplearning4j.earlystopping.saver.InMemoryModelSaver;
import org.deeplearning4j.earlystopping.termination.MaxEpochsTerminationCondition;
import org.deeplearning4j.earlystopping.trainer.EarlyStoppingGraphTrainer;
import org.deeplearning4j.earlystopping.trainer.EarlyStoppingTrainer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.InvocationType;
import org.deeplearning4j.optimize.listeners.EvaluativeListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.evaluation.IEvaluation;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.adapter.MultiDataSetIteratorAdapter;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions;
import org.seglosses.dl4j.evaluation.SegmentationEvaluation.Metric;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** What DL4J itself calls: evaluation, listeners and early stopping, in both network types. */
class SegmentationEvaluationInNetworksTest {
    private static final int EXAMPLES = 10;
    private static final int BATCH = 4; // the last one is smaller
    private static final int CLASSES = 3;
    private static final int HEIGHT = 6;
    private static final int WIDTH = 7;

    private enum Mask {
        NONE(null),
        PER_EXAMPLE(new long[] {EXAMPLES, 1}),
        PER_PIXEL(new long[] {EXAMPLES, HEIGHT, WIDTH}),
        PER_PIXEL_RANK_4(new long[] {EXAMPLES, 1, HEIGHT, WIDTH});

        private final long[] shape;

        Mask(long[] shape) {
            this.shape = shape;
        }
    }

    /** The brightest of three input channels is the class, once blurred. */
    private static DataSet data(Mask mask) {
        Random r = new Random(1);
        INDArray features = Nd4j.create(DataType.FLOAT, EXAMPLES, 3, HEIGHT, WIDTH);
        INDArray labels = Nd4j.create(DataType.FLOAT, EXAMPLES, CLASSES, HEIGHT, WIDTH);
        for (int n = 0; n < EXAMPLES; n++) {
            for (int y = 0; y < HEIGHT; y++) {
                for (int x = 0; x < WIDTH; x++) {
                    int c = (x / 3 + y / 3 + n) % CLASSES;
                    labels.putScalar(new int[] {n, c, y, x}, 1);
                    for (int k = 0; k < 3; k++) {
                        double light = (k == c ? 1 : 0) + 0.6 * r.nextGaussian();
                        features.putScalar(new int[] {n, k, y, x}, light);
                    }
                }
            }
        }
        DataSet data = new DataSet(features, labels);
        if (mask.shape != null) {
            INDArray m = Nd4j.create(DataType.FLOAT, mask.shape);
            for (long i = 0; i < m.length(); i++) {
                m.putScalar(i, r.nextInt(4) == 0 ? 0 : 1);
            }
            data.setLabelsMaskArray(m);
        }
        return data;
    }

    /** Cut, not merged: DataSet.merge drops masks [N,H,W] and mangles [N,1] for images. */
    private static DataSetIterator iterator(DataSet data) {
        List<DataSet> batches = new ArrayList<>();
        for (int from = 0; from < EXAMPLES; from += BATCH) {
            INDArrayIndex some = NDArrayIndex.interval(from, Math.min(from + BATCH, EXAMPLES));
            INDArray mask = data.getLabelsMaskArray();
            batches.add(
                    new DataSet(
                            data.getFeatures().get(some),
                            data.getLabels().get(some),
                            null,
                            mask == null ? null : mask.get(some)));
        }
        return new ExistingDataSetIterator(batches);
    }

    private static NeuralNetConfiguration.Builder configuration() {
        return new NeuralNetConfiguration.Builder()
                .seed(5)
                .dataType(DataType.FLOAT)
                .updater(new Adam(0.02))
                .convolutionMode(ConvolutionMode.Same);
    }

    private static ConvolutionLayer convolution(CNN2DFormat format) {
        return new ConvolutionLayer.Builder(3, 3)
                .nIn(3)
                .nOut(CLASSES)
                .activation(Activation.IDENTITY)
                .dataFormat(format)
                .build();
    }

    private static CnnLossLayer output(CNN2DFormat format) {
        return new CnnLossLayer.Builder(LossFunctions.LossFunction.MCXENT)
                .activation(Activation.SOFTMAX)
                .format(format)
                .build();
    }

    private static MultiLayerNetwork layers(CNN2DFormat format) {
        MultiLayerNetwork net =
                new MultiLayerNetwork(
                        configuration()
                                .list()
                                .layer(convolution(format))
                                .layer(output(format))
                                .setInputType(InputType.convolutional(HEIGHT, WIDTH, 3, format))
                                .build());
        net.init();
        return net;
    }

    private static ComputationGraph graph() {
        ComputationGraph net =
                new ComputationGraph(
                        configuration()
                                .graphBuilder()
                                .addInputs("in")
                                .addLayer("conv", convolution(CNN2DFormat.NCHW), "in")
                                .addLayer("out", output(CNN2DFormat.NCHW), "conv")
                                .setOutputs("out")
                                .setInputTypes(InputType.convolutional(HEIGHT, WIDTH, 3))
                                .build());
        net.init();
        return net;
    }

    /** Read off element by element. */
    private static SlowEvaluation slow(DataSet data, INDArray out) {
        int[][][] truth = new int[EXAMPLES][HEIGHT][WIDTH];
        int[][][] predicted = new int[EXAMPLES][HEIGHT][WIDTH];
        INDArray mask = data.getLabelsMaskArray();
        for (int n = 0; n < EXAMPLES; n++) {
            for (int y = 0; y < HEIGHT; y++) {
                for (int x = 0; x < WIDTH; x++) {
                    for (int c = 1; c < CLASSES; c++) {
                        if (data.getLabels().getDouble(n, c, y, x) == 1) {
                            truth[n][y][x] = c;
                        }
                        if (out.getDouble(n, c, y, x)
                                > out.getDouble(n, predicted[n][y][x], y, x)) {
                            predicted[n][y][x] = c;
                        }
                    }
                    if (mask != null
                            && (mask.rank() == 2
                                            ? mask.getDouble(n, 0)
                                            : mask.rank() == 3
                                                    ? mask.getDouble(n, y, x)
                                                    : mask.getDouble(n, 0, y, x))
                                    == 0) {
                        truth[n][y][x] = -1;
                    }
                }
            }
        }
        return new SlowEvaluation(CLASSES, truth, predicted);
    }

    private static void assertEquals(SegmentationEvaluation e, SlowEvaluation slow) {
        assertThat(e.confusion()).isDeepEqualTo(slow.confusion());
        for (int c = 0; c < CLASSES; c++) {
            assertThat(e.boundaryF1(c)).isEqualTo(slow.boundaryF1(c, 1), within(1e-12));
        }
    }

    @ParameterizedTest
    @EnumSource(Mask.class)
    void doEvaluation(Mask mask) {
        DataSet data = data(mask);
        MultiLayerNetwork layers = layers(CNN2DFormat.NCHW);
        SlowEvaluation slow = slow(data, layers.output(data.getFeatures()));
        SegmentationEvaluation e = new SegmentationEvaluation(CLASSES);
        SegmentationEvaluation[] all = layers.doEvaluation(iterator(data), e);
        assertThat(all).containsExactly(e);
        assertEquals(e, slow);

        ComputationGraph graph = graph();
        graph.setParams(layers.params());
        assertEquals(
                graph.doEvaluation(iterator(data), new SegmentationEvaluation(CLASSES))[0], slow);
        assertEquals(
                graph.doEvaluation(
                                new MultiDataSetIteratorAdapter(iterator(data)),
                                new SegmentationEvaluation(CLASSES))[0],
                slow);
    }

    @Test
    void doEvaluationInNhwc() {
        DataSet nchw = data(Mask.NONE);
        MultiLayerNetwork net = layers(CNN2DFormat.NHWC);
        DataSet data =
                new DataSet(
                        nchw.getFeatures().permute(0, 2, 3, 1).dup('c'),
                        nchw.getLabels().permute(0, 2, 3, 1).dup('c'));
        SegmentationEvaluation e =
                SegmentationEvaluation.builder(CLASSES).format(CNN2DFormat.NHWC).build();
        net.doEvaluation(iterator(data), e);
        assertEquals(e, slow(nchw, net.output(data.getFeatures()).permute(0, 3, 1, 2)));
    }

    /**
     * The layer for index labels is not needed for this: evaluation only runs the network forward.
     */
    @Test
    void indexLabelsPassThroughDoEvaluation() {
        DataSet oneHot = data(Mask.NONE);
        DataSet index =
                new DataSet(
                        oneHot.getFeatures(),
                        Nd4j.argMax(oneHot.getLabels(), 1)
                                .castTo(DataType.FLOAT)
                                .reshape('c', EXAMPLES, 1, HEIGHT, WIDTH));
        ComputationGraph net = graph();
        assertEquals(
                net.doEvaluation(iterator(index), new SegmentationEvaluation(CLASSES))[0],
                slow(oneHot, net.output(oneHot.getFeatures())[0]));
    }

    @Test
    void evaluativeListener() {
        DataSet data = data(Mask.NONE);
        SegmentationEvaluation e = new SegmentationEvaluation(CLASSES);
        EvaluativeListener listener =
                new EvaluativeListener(
                        iterator(data), 1, InvocationType.EPOCH_END, new IEvaluation<?>[] {e});
        MultiLayerNetwork net = layers(CNN2DFormat.NCHW);
        net.setListeners(listener);
        net.fit(iterator(data), 2);
        assertEquals(e, slow(data, net.output(data.getFeatures())));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void earlyStoppingKeepsTheBestModel(boolean asGraph) {
        int epochs = 6;
        DataSet data = data(Mask.PER_PIXEL);
        SegmentationEvaluation options = new SegmentationEvaluation(CLASSES);
        if (asGraph) {
            EarlyStoppingResult<ComputationGraph> result =
                    new EarlyStoppingGraphTrainer(
                                    EarlyStoppingSetup.<ComputationGraph>of(
                                            epochs,
                                            new SegmentationScoreCalculator(
                                                    options,
                                                    Metric.BOUNDARY_F1,
                                                    new MultiDataSetIteratorAdapter(
                                                            iterator(data)))),
                                    graph(),
                                    iterator(data))
                            .fit();
            assertBest(result.getScoreVsEpoch(), result.getBestModelEpoch(), epochs);
            double again =
                    result.getBestModel()
                            .doEvaluation(iterator(data), options.newInstance())[0]
                            .boundaryF1();
            assertThat(again).isEqualTo(result.getScoreVsEpoch().get(result.getBestModelEpoch()));
        } else {
            EarlyStoppingResult<MultiLayerNetwork> result =
                    new EarlyStoppingTrainer(
                                    EarlyStoppingSetup.<MultiLayerNetwork>of(
                                            epochs,
                                            new SegmentationScoreCalculator(
                                                    options, Metric.MEAN_IOU, iterator(data))),
                                    layers(CNN2DFormat.NCHW),
                                    iterator(data))
                            .fit();
            assertBest(result.getScoreVsEpoch(), result.getBestModelEpoch(), epochs);
            double again =
                    result.getBestModel()
                            .doEvaluation(iterator(data), options.newInstance())[0]
                            .meanIou();
            assertThat(again).isEqualTo(result.getScoreVsEpoch().get(result.getBestModelEpoch()));
        }
        assertThat(options.pixels()).isZero();
    }

    private static final class EarlyStoppingSetup {
        static <T extends Model> EarlyStoppingConfiguration<T> of(
                int epochs, SegmentationScoreCalculator score) {
            return new EarlyStoppingConfiguration.Builder<T>()
                    .epochTerminationConditions(new MaxEpochsTerminationCondition(epochs))
                    .evaluateEveryNEpochs(1)
                    .scoreCalculator(score)
                    .modelSaver(new InMemoryModelSaver<>())
                    .build();
        }
    }

    private static void assertBest(Map<Integer, Double> scores, int best, int epochs) {
        assertThat(scores).hasSize(epochs);
        assertThat(scores.get(best))
                .isEqualTo(scores.values().stream().mapToDouble(v -> v).max().orElseThrow());
        Iterator<Double> inOrder = scores.values().iterator();
        assertThat(scores.get(best)).as("training helps").isGreaterThan(inOrder.next());
    }

    @Test
    void badScoreCalculators() {
        SegmentationEvaluation options = new SegmentationEvaluation(2);
        DataSetIterator some = iterator(data(Mask.NONE));
        assertThatThrownBy(() -> new SegmentationScoreCalculator(null, Metric.MEAN_IOU, some))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("options must not be null");
        assertThatThrownBy(() -> new SegmentationScoreCalculator(options, null, some))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("metric must not be null");
        assertThatThrownBy(
                        () ->
                                new SegmentationScoreCalculator(
                                        options, Metric.MEAN_IOU, (DataSetIterator) null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("heldOut must not be null");
        assertThat(new SegmentationScoreCalculator(options, Metric.MEAN_IOU, some).minimizeScore())
                .isFalse();
    }
}
