package org.seglosses.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Cnn3DLossLayer;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.seglosses.dl4j.layer.SegmentationLossLayer;
import org.seglosses.samediff.loss.Mode;
import org.seglosses.samediff.loss.NormalizeBy;

import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** What is not an image: time series and volumes, in DL4J's layers and in ours. */
class RowsOfTimeAndVolumesTest {

    private static final int SERIES = 4;
    private static final int STEPS = 5;
    private static final int CLASSES = 3;
    private static final Convolution3D.DataFormat NCDHW = Convolution3D.DataFormat.NCDHW;

    private static NeuralNetConfiguration.Builder configuration() {
        // Adam: the scores are sums over rows, of any size
        return new NeuralNetConfiguration.Builder()
                .seed(3)
                .dataType(DataType.DOUBLE)
                .updater(new Adam(0.003));
    }

    private static MultiLayerNetwork recurrent(ILossFunction loss, Mode mode, BackpropType type) {
        MultiLayerNetwork net =
                new MultiLayerNetwork(
                        configuration()
                                .list()
                                .layer(new LSTM.Builder().nIn(2).nOut(4).build())
                                .layer(
                                        new RnnOutputLayer.Builder(loss)
                                                .nIn(4)
                                                .nOut(Sample.channels(mode))
                                                .activation(activation(mode))
                                                .build())
                                .backpropType(type)
                                .tBPTTLength(2)
                                .build());
        net.init();
        return net;
    }

    private static Activation activation(Mode mode) {
        return mode == Mode.MULTICLASS ? Activation.SOFTMAX : Activation.SIGMOID;
    }

    private static MultiLayerNetwork volumes(ILossFunction loss, Mode mode) {
        MultiLayerNetwork net =
                new MultiLayerNetwork(
                        configuration()
                                .list()
                                .layer(
                                        new Convolution3D.Builder(1, 1, 1)
                                                .dataFormat(NCDHW)
                                                .nOut(Sample.channels(mode))
                                                .activation(Activation.IDENTITY)
                                                .build())
                                .layer(
                                        new Cnn3DLossLayer.Builder(NCDHW)
                                                .lossFunction(loss)
                                                .activation(activation(mode))
                                                .build())
                                .setInputType(InputType.convolutional3D(NCDHW, 2, 6, 7, 2))
                                .build());
        net.init();
        return net;
    }

    /** One-hot along axis 1; of one channel, zeros and ones. */
    private static INDArray oneHot(long... shape) {
        Random random = new Random(8);
        INDArray classes = Nd4j.create(DataType.DOUBLE, shape[0], shape[1], rest(shape));
        for (int n = 0; n < shape[0]; n++) {
            for (int i = 0; i < rest(shape); i++) {
                int label = random.nextInt(CLASSES);
                if (shape[1] == 1) {
                    classes.putScalar(n, 0, i, label % 2);
                } else {
                    classes.putScalar(n, label, i, 1);
                }
            }
        }
        return classes.reshape('c', shape);
    }

    private static int rest(long[] shape) {
        return (int) Arrays.stream(shape).skip(2).reduce(1, (a, b) -> a * b);
    }

    private static DataSet series(Mode mode, boolean masked) {
        INDArray mask = Nd4j.ones(DataType.DOUBLE, SERIES, STEPS);
        mask.putScalar(0, 4, 0).putScalar(2, 3, 0).putScalar(2, 4, 0);
        return new DataSet(
                Sample.gaussians(2, DataType.DOUBLE, SERIES, 2, STEPS),
                oneHot(SERIES, Sample.channels(mode), STEPS),
                null,
                masked ? mask : null);
    }

    private static DataSet volumes(Mode mode) {
        return new DataSet(
                Sample.gaussians(2, DataType.DOUBLE, 2, 2, 2, 6, 7),
                oneHot(2, Sample.channels(mode), 2, 6, 7));
    }

    /** A loss that is a mean over rows is LossMCXENT, in time, in pieces of it, and in volumes. */
    @ParameterizedTest
    @EnumSource
    void crossEntropyIsMcxent(BackpropType type) {
        // which divides by all rows, masked or not
        ILossFunction ours = LossCrossEntropy.builder().normalizeBy(NormalizeBy.ALL_PIXELS).build();
        for (boolean masked : new boolean[] {false, true}) {
            assertSame(
                    recurrent(ours, Mode.MULTICLASS, type),
                    recurrent(new LossMCXENT(), Mode.MULTICLASS, type),
                    series(Mode.MULTICLASS, masked));
        }
        assertSame(
                volumes(ours, Mode.MULTICLASS),
                volumes(new LossMCXENT(), Mode.MULTICLASS),
                volumes(Mode.MULTICLASS));
    }

    private static void assertSame(MultiLayerNetwork ours, MultiLayerNetwork stock, DataSet data) {
        INDArray before = stock.params().dup();
        assertThat(ours.score(data)).isCloseTo(stock.score(data), within(1e-9));
        for (int i = 0; i < 3; i++) {
            ours.fit(data);
            stock.fit(data);
        }
        assertThat(stock.params()).isNotEqualTo(before);
        assertThat(ours.params().sub(stock.params()).amaxNumber().doubleValue()).isLessThan(1e-7);
    }

    static List<Losses.InMode> losses() {
        return Losses.inAllModes().stream()
                .filter(each -> each.isMainOfItsClass() || each.loss().isOfImages())
                .toList();
    }

    /** Every loss either trains on the rows of series and volumes, or says why it does not. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void everyLoss(Losses.InMode each) {
        for (BackpropType type : BackpropType.values()) {
            trainsOrRefuses(
                    each.loss(),
                    recurrent(each.function(), each.mode(), type),
                    series(each.mode(), true));
        }
        trainsOrRefuses(each.loss(), volumes(each.function(), each.mode()), volumes(each.mode()));
    }

    private static void trainsOrRefuses(Losses loss, MultiLayerNetwork net, DataSet data) {
        if (loss.isOfImages()) {
            assertThatThrownBy(() -> net.fit(data))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll(
                            "imageSize must be set on " + loss.function().name(),
                            "which pixels are one image (time series have none)");
            return;
        }
        double before = net.score(data);
        for (int i = 0; i < 5; i++) {
            net.fit(data);
        }
        assertThat(net.score(data)).isLessThan(before);
    }

    /** Class indices [N,1,T], which no stock loss takes. */
    @Test
    void indexLabelsOfSeries() {
        MultiLayerNetwork net =
                new MultiLayerNetwork(
                        configuration()
                                .list()
                                .layer(new SimpleRnn.Builder().nIn(2).nOut(CLASSES).build())
                                .layer(
                                        new RnnLossLayer.Builder(LossDice.builder().build())
                                                .activation(Activation.SOFTMAX)
                                                .build())
                                .build());
        net.init();
        DataSet vectors = series(Mode.MULTICLASS, false);
        INDArray indices =
                Nd4j.argMax(vectors.getLabels(), 1)
                        .castTo(DataType.DOUBLE)
                        .reshape('c', SERIES, 1, STEPS);
        assertThat(net.score(new DataSet(vectors.getFeatures(), indices)))
                .isCloseTo(net.score(vectors), within(1e-12));
    }

    /** In Cnn3DLossLayer an image size makes images of the slices of a volume. */
    @Test
    void slicesOfVolumes() {
        LossBoundary boundary = LossBoundary.builder().build();
        MultiLayerNetwork net = volumes(boundary.imageSize(6, 7), Mode.MULTICLASS);
        DataSet data = volumes(Mode.MULTICLASS);
        INDArray logits = net.feedForward(data.getFeatures()).get(1);
        // [N,C,D,H,W] to [N*D,C,H,W]
        INDArray slices = logits.permute(0, 2, 1, 3, 4).dup('c').reshape('c', 4, CLASSES, 6, 7);
        INDArray labels =
                data.getLabels().permute(0, 2, 1, 3, 4).dup('c').reshape('c', 4, CLASSES, 6, 7);
        double mean = boundary.computeScore(labels, slices, new ActivationSoftmax(), null, true);
        // the loss sums over the four slices, and DL4J divides by the two volumes
        assertThat(net.score(data)).isCloseTo(2 * mean, within(1e-9));
    }

    /** Where the shape is known before there is data, so is the refusal. */
    @Test
    void theLayerRefusesWhatIsNotAnImage() {
        InputType volume = InputType.convolutional3D(NCDHW, 2, 3, 4, 2);
        InputType series = InputType.recurrent(2, STEPS);
        assertRefused(new LSTM.Builder().nOut(3).build(), series, "InputTypeRecurrent");
        assertRefused(new Convolution1DLayer.Builder(1).nOut(3).build(), series, "Recurrent");
        assertRefused(
                new Convolution3D.Builder(1, 1, 1).dataFormat(NCDHW).nOut(3).build(),
                volume,
                "InputTypeConvolutional3D");
        assertRefused(
                new DenseLayer.Builder().nOut(3).build(),
                InputType.feedForward(2),
                "InputTypeFeedForward");
        // where no input type is given DL4J follows the layers' own sizes
        assertThatThrownBy(
                        () ->
                                configuration()
                                        .list()
                                        .layer(new LSTM.Builder().nIn(2).nOut(3).build())
                                        .layer(output())
                                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("must be convolutional (2D images)", "Recurrent");
    }

    private static SegmentationLossLayer output() {
        return new SegmentationLossLayer.Builder(LossDice.builder().build())
                .name("out")
                .activation(Activation.SOFTMAX)
                .build();
    }

    private static void assertRefused(Layer first, InputType input, String got) {
        assertThatThrownBy(
                        () ->
                                configuration()
                                        .list()
                                        .layer(first.clone())
                                        .layer(output())
                                        .setInputType(input)
                                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("\"out\"", "must be convolutional (2D images)", got);
        assertThatThrownBy(
                        () ->
                                configuration()
                                        .graphBuilder()
                                        .addInputs("in")
                                        .addLayer("first", first.clone(), "in")
                                        .addLayer("out", output(), "first")
                                        .setOutputs("out")
                                        .setInputTypes(input)
                                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("\"out\"", "must be convolutional (2D images)", got);
    }

    /** No input type at all: the first batch tells. */
    @Test
    void theLayerRefusesVolumesThatNobodyDeclared() {
        MultiLayerNetwork net =
                new MultiLayerNetwork(
                        configuration()
                                .list()
                                .layer(
                                        new Convolution3D.Builder(1, 1, 1)
                                                .dataFormat(NCDHW)
                                                .nIn(2)
                                                .nOut(CLASSES)
                                                .build())
                                .layer(output())
                                .build());
        net.init();
        assertThatThrownBy(() -> net.fit(volumes(Mode.MULTICLASS)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("must be of rank 4", "[2, 3, 2, 6, 7]");
    }

    /**
     * Truncated back-propagation of images: DL4J's MultiLayerNetwork logs a warning and trains
     * nothing, whatever the layers; a ComputationGraph trains as ever.
     */
    @Test
    void truncatedBackPropagationOfImages() {
        Networks networks = Networks.of(LossDice.builder().build(), Mode.MULTICLASS);
        DataSet data = networks.data(Sample.of(Mode.MULTICLASS, DataType.DOUBLE, 9), false, false);
        var layers = networks.layersConfiguration();
        layers.setBackpropType(BackpropType.TruncatedBPTT);
        MultiLayerNetwork net = new MultiLayerNetwork(layers);
        net.init();
        INDArray before = net.params().dup();
        net.fit(data);
        assertThat(net.params()).isEqualTo(before);

        var graph = networks.graphConfiguration();
        graph.setBackpropType(BackpropType.TruncatedBPTT);
        ComputationGraph truncated = new ComputationGraph(graph);
        truncated.init();
        ComputationGraph standard = new ComputationGraph(networks.graphConfiguration());
        standard.init();
        truncated.fit(data);
        standard.fit(data);
        assertThat(truncated.params()).isEqualTo(standard.params());
    }
}
