package org.seglosses.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.deeplearning4j.datasets.iterator.IteratorMultiDataSetIterator;
import org.deeplearning4j.datasets.iterator.utilty.SingletonMultiDataSetIterator;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.evaluation.IEvaluation;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.AsyncMultiDataSetIterator;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.seglosses.dl4j.evaluation.SegmentationEvaluation;
import org.seglosses.dl4j.layer.SegmentationLossLayer;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A graph with a loss at each of its outputs: the fine one, a coarse one of other classes at half
 * the size (deep supervision), and a stock one that says what the whole image is.
 */
class SeveralOutputsTest {

    private static final int IMAGES = 4;
    private static final int SIDE = 8;
    private static final int KINDS = 4;

    private static final LossLovaszHinge FINE = LossLovaszHinge.builder().build();
    private static final LossDice COARSE = LossDice.builder().ignoreIndex(255).build();

    private static ConvolutionLayer convolution(int size, int outputs, Activation activation) {
        return new ConvolutionLayer.Builder(size, size)
                .nOut(outputs)
                .activation(activation)
                .build();
    }

    private static ComputationGraph graph(DataType type) {
        ComputationGraph net =
                new ComputationGraph(
                        new NeuralNetConfiguration.Builder()
                                .seed(3)
                                .dataType(type)
                                .updater(new Sgd(0.2))
                                .convolutionMode(ConvolutionMode.Same)
                                .graphBuilder()
                                .addInputs("in")
                                .addLayer("left", convolution(3, 6, Activation.TANH), "in")
                                .addLayer(
                                        "down",
                                        new SubsamplingLayer.Builder(
                                                        SubsamplingLayer.PoolingType.MAX)
                                                .kernelSize(2, 2)
                                                .stride(2, 2)
                                                .build(),
                                        "left")
                                .addLayer("bottom", convolution(3, 6, Activation.TANH), "down")
                                .addLayer("up", new Upsampling2D.Builder(2).build(), "bottom")
                                .addVertex("merge", new MergeVertex(), "left", "up")
                                .addLayer(
                                        "foreground",
                                        convolution(1, 1, Activation.IDENTITY),
                                        "merge")
                                .addLayer(
                                        "fine",
                                        new SegmentationLossLayer.Builder(FINE)
                                                .activation(Activation.SIGMOID)
                                                .build(),
                                        "foreground")
                                .addLayer(
                                        "classes", convolution(1, 3, Activation.IDENTITY), "bottom")
                                .addLayer(
                                        "coarse",
                                        new SegmentationLossLayer.Builder(COARSE)
                                                .activation(Activation.SOFTMAX)
                                                .build(),
                                        "classes")
                                .addLayer(
                                        "mean",
                                        new GlobalPoolingLayer.Builder(PoolingType.AVG).build(),
                                        "bottom")
                                .addLayer(
                                        "kind",
                                        new OutputLayer.Builder(LossFunction.MCXENT)
                                                .nOut(KINDS)
                                                .activation(Activation.SOFTMAX)
                                                .build(),
                                        "mean")
                                .setOutputs("fine", "coarse", "kind")
                                .setInputTypes(InputType.convolutional(SIDE, SIDE, 2))
                                .build());
        net.init();
        return net;
    }

    /** Labels of the three outputs, with a mask of pixels for the coarse one alone if asked. */
    private static MultiDataSet data(DataType type, boolean masked) {
        Random random = new Random(5);
        INDArray images = Sample.gaussians(4, type, IMAGES, 2, SIDE, SIDE);
        INDArray fine = Nd4j.create(type, IMAGES, 1, SIDE, SIDE);
        for (long i = 0; i < fine.length(); i++) {
            fine.putScalar(i, random.nextInt(2));
        }
        INDArray coarse = Nd4j.create(type, IMAGES, 1, SIDE / 2, SIDE / 2);
        INDArray mask = Nd4j.ones(type, coarse.shape());
        for (long i = 0; i < coarse.length(); i++) {
            coarse.putScalar(i, random.nextInt(7) == 0 ? 255 : random.nextInt(3));
            mask.putScalar(i, random.nextInt(3) == 0 ? 0 : 1);
        }
        return new MultiDataSet(
                new INDArray[] {images},
                new INDArray[] {fine, coarse, Nd4j.eye(KINDS).castTo(type)},
                null,
                masked ? new INDArray[] {null, mask, null} : null);
    }

    /** What the score must be: each loss on its own logits, labels and mask. */
    private static double expected(ComputationGraph net, MultiDataSet data) {
        Map<String, INDArray> activations = net.feedForward(data.getFeatures(), false);
        INDArray mask = data.getLabelsMaskArrays() == null ? null : data.getLabelsMaskArrays()[1];
        INDArray kinds = activations.get("kind");
        double kind = 0;
        INDArray right = kinds.mul(data.getLabels(2)).sum(1);
        for (int i = 0; i < right.length(); i++) {
            kind -= Math.log(right.getDouble(i)) / right.length();
        }
        return kind
                + FINE.computeScore(
                        data.getLabels(0),
                        activations.get("foreground"),
                        Activation.SIGMOID.getActivationFunction(),
                        null,
                        true)
                + COARSE.computeScore(
                        data.getLabels(1),
                        activations.get("classes"),
                        new ActivationSoftmax(),
                        mask,
                        true);
    }

    @Test
    void theScoreIsTheSumAndFalls() {
        for (boolean masked : new boolean[] {false, true}) {
            ComputationGraph net = graph(DataType.DOUBLE);
            MultiDataSet data = data(DataType.DOUBLE, masked);
            double before = expected(net, data);
            assertThat(net.score(data)).isCloseTo(before, within(1e-9));
            net.fit(data);
            assertThat(net.score()).isCloseTo(before, within(1e-9));
            for (int i = 0; i < 30; i++) {
                net.fit(data);
            }
            assertThat(net.score(data)).isLessThan(0.9 * before);
        }
    }

    /** The mask of one output has no influence on what the others learn. */
    @Test
    void aMaskIsThatOfItsOutputAlone() {
        ComputationGraph net = graph(DataType.DOUBLE);
        MultiDataSet plain = data(DataType.DOUBLE, false);
        MultiDataSet masked = data(DataType.DOUBLE, true);
        Gradient without = gradient(net, plain);
        Gradient with = gradient(net, masked);
        for (String own : List.of("foreground_W", "foreground_b", "kind_W", "kind_b")) {
            assertThat(with.getGradientFor(own)).as(own).isEqualTo(without.getGradientFor(own));
        }
        assertThat(with.getGradientFor("classes_W"))
                .isNotEqualTo(without.getGradientFor("classes_W"));
        // all zeros: the coarse loss counts nothing
        masked.getLabelsMaskArrays()[1].assign(0);
        assertThat(gradient(net, masked).getGradientFor("classes_W").amaxNumber().doubleValue())
                .isZero();
    }

    private static Gradient gradient(ComputationGraph net, MultiDataSet data) {
        net.setInputs(data.getFeatures());
        net.setLabels(data.getLabels());
        net.setLayerMaskArrays(null, data.getLabelsMaskArrays());
        net.computeGradientAndScore();
        net.clearLayerMaskArrays();
        Gradient copy = new DefaultGradient();
        net.gradient()
                .gradientForVariable()
                .forEach((name, array) -> copy.setGradientFor(name, array.dup()));
        return copy;
    }

    @Test
    void anEvaluationForEachOutput() {
        ComputationGraph net = graph(DataType.FLOAT);
        MultiDataSet data = data(DataType.FLOAT, true);
        SegmentationEvaluation fine = new SegmentationEvaluation(2);
        SegmentationEvaluation coarse = SegmentationEvaluation.builder(3).ignoreIndex(255).build();
        Evaluation kind = new Evaluation(KINDS);
        net.evaluate(
                new SingletonMultiDataSetIterator(data),
                Map.of(
                        0, new IEvaluation<?>[] {fine},
                        1, new IEvaluation<?>[] {coarse},
                        2, new IEvaluation<?>[] {kind}));
        INDArray[] out = net.output(data.getFeatures());
        long right = 0;
        long counted = 0;
        INDArray predicted = Nd4j.argMax(out[1], 1);
        for (int i = 0; i < data.getLabels(1).length(); i++) {
            double label = data.getLabels(1).getDouble(i);
            if (label != 255 && data.getLabelsMaskArray(1).getDouble(i) != 0) {
                counted++;
                right += predicted.getDouble(i) == label ? 1 : 0;
            }
        }
        assertThat(coarse.pixels()).isEqualTo(counted);
        assertThat(coarse.pixelAccuracy()).isEqualTo(right / (double) counted);
        long agree = 0;
        for (int i = 0; i < out[0].length(); i++) {
            boolean foreground = out[0].getDouble(i) >= 0.5;
            agree += foreground == (data.getLabels(0).getDouble(i) == 1) ? 1 : 0;
        }
        assertThat(fine.pixelAccuracy()).isEqualTo(agree / (double) out[0].length());
        assertThat(kind.getNumRowCounter()).isEqualTo(IMAGES);
    }

    /** In the place of scoreExamples, which DL4J cannot do for every graph of several outputs. */
    @Test
    void singleExamples() {
        ComputationGraph net = graph(DataType.DOUBLE);
        MultiDataSet data = data(DataType.DOUBLE, true);
        for (org.nd4j.linalg.dataset.api.MultiDataSet one : data.asList()) {
            assertThat(one.getLabels(1).shape()).containsExactly(1, 1, 4, 4);
            assertThat(net.score(one)).isCloseTo(expected(net, (MultiDataSet) one), within(1e-9));
        }
    }

    /** Index labels and masks of several outputs, cut into other batches and fetched ahead. */
    @Test
    void batchesOfIterators() {
        MultiDataSet data = data(DataType.FLOAT, true);
        List<org.nd4j.linalg.dataset.api.MultiDataSet> batches = List.of(data, data, data);
        ComputationGraph plain = graph(DataType.FLOAT);
        batches.forEach(plain::fit);
        ComputationGraph ahead = graph(DataType.FLOAT);
        ahead.fit(
                new AsyncMultiDataSetIterator(
                        new IteratorMultiDataSetIterator(batches.iterator(), IMAGES), 2));
        assertThat(ahead.params()).isEqualTo(plain.params());

        List<org.nd4j.linalg.dataset.api.MultiDataSet> cut = new ArrayList<>();
        new IteratorMultiDataSetIterator(batches.iterator(), 3).forEachRemaining(cut::add);
        assertThat(cut).hasSize(4);
        INDArray all = Nd4j.concat(0, data.getLabels(1), data.getLabels(1), data.getLabels(1));
        assertThat(cut.get(1).getLabels(1))
                .isEqualTo(
                        all.get(
                                NDArrayIndex.interval(3, 6),
                                NDArrayIndex.all(),
                                NDArrayIndex.all(),
                                NDArrayIndex.all()));
        ComputationGraph net = graph(DataType.FLOAT);
        double before = net.score(data);
        for (int i = 0; i < 10; i++) {
            cut.forEach(net::fit);
        }
        assertThat(net.score(data)).isLessThan(before);
    }

    @Test
    void savedItGoesOnAlike(@TempDir Path directory) throws IOException {
        MultiDataSet data = data(DataType.FLOAT, true);
        ComputationGraph net = graph(DataType.FLOAT);
        net.fit(data);
        Path file = directory.resolve("net.zip");
        net.save(file.toFile(), true);
        ComputationGraph restored = ComputationGraph.load(file.toFile(), true);
        net.fit(data);
        restored.fit(data);
        assertThat(restored.params()).isEqualTo(net.params());
    }

    /** Of several, the layer that is to blame. */
    @Test
    void aRefusalNamesTheLayer() {
        ComputationGraph net = graph(DataType.FLOAT);
        MultiDataSet data = data(DataType.FLOAT, false);
        data.getLabels(1).putScalar(5, 3);
        assertThatThrownBy(() -> net.fit(data))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("in layer \"coarse\": labels must be class indices")
                .hasMessageContaining("3.0");
        MultiDataSet wrong = data(DataType.FLOAT, false);
        wrong.setLabels(
                new INDArray[] {wrong.getLabels(1), wrong.getLabels(0), wrong.getLabels(2)});
        assertThatThrownBy(() -> net.score(wrong))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll(
                        "in layer \"", "labels", Arrays.toString(wrong.getLabels(0).shape()));
    }
}
