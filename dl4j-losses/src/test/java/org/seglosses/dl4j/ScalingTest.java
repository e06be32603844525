package org.seglosses.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.seglosses.samediff.loss.Mode;
import org.seglosses.samediff.loss.NormalizeBy;

import java.util.List;

/**
 * What DL4J makes of score and gradient: the score of a network is the PyTorch loss l, and the
 * update is that of dl/dz, whatever the number of images.
 */
class ScalingTest {

    private static final double RATE = 0.1;

    private static double[] doubles(INDArray array) {
        return array.dup('c').castTo(DataType.DOUBLE).data().asDouble();
    }

    private static void assertClose(INDArray ours, INDArray expected, double tolerance) {
        assertThat(doubles(ours)).containsExactly(doubles(expected), within(tolerance));
    }

    /** Mean over pixels of -log softmax, written out. */
    private static double meanCrossEntropy(INDArray logits, INDArray classes) {
        double sum = 0;
        for (int n = 0; n < logits.size(0); n++) {
            for (int y = 0; y < logits.size(2); y++) {
                for (int x = 0; x < logits.size(3); x++) {
                    double total = 0;
                    for (int c = 0; c < logits.size(1); c++) {
                        total += Math.exp(logits.getDouble(n, c, y, x));
                    }
                    int label = (int) classes.getDouble(n, 0, y, x);
                    sum += Math.log(total) - logits.getDouble(n, label, y, x);
                }
            }
        }
        return sum / classes.length();
    }

    /** One step of Sgd against differences of a loss that is written out here. */
    @Test
    void anUpdateIsTheRateTimesTheGradientOfTheMean() {
        Networks networks =
                Networks.of(LossCrossEntropy.builder().build(), Mode.MULTICLASS)
                        .updater(new Sgd(RATE));
        Sample sample = Sample.of(Mode.MULTICLASS, DataType.DOUBLE, 61, 3, 6, 7);
        DataSet data = networks.data(sample, false, false);
        MultiLayerNetwork net = networks.layers();
        INDArray before = net.params().dup();
        net.fit(data);
        INDArray after = net.params().dup();
        assertThat(net.score()).isCloseTo(lossWith(net, before, data), within(1e-12));
        double step = 1e-5;
        for (long i = 0; i < before.length(); i += 3) {
            INDArray there = before.dup();
            there.putScalar(i, before.getDouble(i) + step);
            double up = lossWith(net, there, data);
            there.putScalar(i, before.getDouble(i) - step);
            double down = lossWith(net, there, data);
            double update = after.getDouble(i) - before.getDouble(i);
            assertThat(update).isCloseTo(-RATE * (up - down) / (2 * step), within(1e-9));
        }
    }

    private static double lossWith(MultiLayerNetwork net, INDArray parameters, DataSet data) {
        net.setParams(parameters);
        // the layer before the output layer gives the logits
        INDArray logits = net.feedForward(data.getFeatures()).get(2);
        return meanCrossEntropy(logits, data.getLabels());
    }

    static List<Losses.InMode> losses() {
        return Losses.inAllModes();
    }

    /** A network's score is l; scoreExamples gives what each image costs alone, and L2 is added. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void scoresOfNetworks(Losses.InMode loss) {
        Sample sample = Sample.of(loss.mode(), DataType.DOUBLE, 62, 3, 6, 7).withVoid();
        for (CNN2DFormat format : CNN2DFormat.values()) {
            Networks networks = Networks.of(loss.function(), loss.mode()).format(format).l2(0.01);
            DataSet data = networks.data(sample, false, false);
            MultiLayerNetwork layers = networks.layers();
            ComputationGraph graph = networks.graph();
            INDArray logits = layers.feedForward(data.getFeatures()).get(2);
            if (format == CNN2DFormat.NHWC) {
                logits = logits.permute(0, 3, 1, 2);
            }
            double l2 = layers.calcRegularizationScore(true);
            assertThat(l2).isPositive();
            IActivation activation = sample.activationFunction();
            double expected =
                    loss.function().computeScore(sample.classes(), logits, activation, null, true);
            assertThat(layers.score(data)).isCloseTo(expected + l2, within(1e-12));
            assertThat(graph.score(data)).isCloseTo(expected + l2, within(1e-12));
            INDArray scores = layers.scoreExamples(data, false);
            assertThat(scores.shape()).containsExactly(3, 1);
            for (int n = 0; n < 3; n++) {
                Sample image = sample.withLogits(logits).image(n);
                double alone =
                        loss.function()
                                .computeScore(
                                        image.classes(), image.logits(), activation, null, true);
                assertThat(scores.getDouble(n)).isCloseTo(alone, within(1e-12));
            }
            assertClose(graph.scoreExamples(data, false), scores, 1e-12);
            assertClose(layers.scoreExamples(data, true), scores.add(l2), 1e-12);
            assertClose(graph.scoreExamples(data, true), scores.add(l2), 1e-12);
        }
    }

    /** Rows with the image size are the same images. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void rowsOfImages(Losses.InMode loss) {
        var images = loss.function();
        var rows = images.imageSize(Sample.HEIGHT, Sample.WIDTH);
        for (DataType type : List.of(DataType.FLOAT, DataType.DOUBLE)) {
            Sample sample = Sample.of(loss.mode(), type, 63).withVoid();
            INDArray z = sample.logits();
            IActivation activation = sample.activationFunction();
            INDArray mask = sample.mask();
            for (INDArray labels : List.of(sample.classes(), sample.oneHot())) {
                Pair<Double, INDArray> expected =
                        images.computeGradientAndScore(labels, z, activation, mask, false);
                Pair<Double, INDArray> ours =
                        rows.computeGradientAndScore(
                                Sample.rows(labels),
                                Sample.rows(z),
                                activation,
                                Sample.rows(mask),
                                false);
                assertThat(ours.getFirst()).isEqualTo(expected.getFirst());
                assertThat(doubles(ours.getSecond()))
                        .isEqualTo(doubles(Sample.rows(expected.getSecond())));
            }
            INDArray vector = sample.classes().dup('c').reshape(new long[] {84});
            double l = images.computeScore(sample.classes(), z, activation, null, true);
            assertThat(rows.computeScore(vector, Sample.rows(z), activation, null, true))
                    .isEqualTo(l);
            assertThat(rows.computeScore(vector, Sample.rows(z), activation, null, false))
                    .isEqualTo(2 * l);
            INDArray each = images.computeScoreArray(sample.classes(), z, activation, null);
            INDArray spread = rows.computeScoreArray(vector, Sample.rows(z), activation, null);
            assertThat(spread.shape()).containsExactly(84, 1);
            assertClose(
                    spread.reshape('c', 2, 42).sum(1),
                    each.reshape('c', new long[] {2}),
                    (type == DataType.FLOAT ? 1e-5 : 1e-12)
                            * Math.max(1, each.maxNumber().doubleValue()));
            assertThat(rows.computeScore(sample.classes(), z, activation, null, true))
                    .as("images given to a loss for rows")
                    .isEqualTo(l);
        }
    }

    static List<Losses.InMode> lossesOfRows() {
        return losses().stream().filter(loss -> !loss.loss().isOfImages()).toList();
    }

    /** Each row is an example: the loss of all pixels, times their number. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("lossesOfRows")
    void rowsAreExamples(Losses.InMode loss) {
        var function = loss.function();
        // one image: what is divided by the number of images would not know it from rows
        Sample sample = Sample.of(loss.mode(), DataType.DOUBLE, 70, 1, 6, 7).withVoid();
        IActivation activation = sample.activationFunction();
        INDArray rows = Sample.rows(sample.logits());
        INDArray mask = sample.mask();
        for (INDArray labels : List.of(sample.classes(), sample.oneHot())) {
            INDArray z = sample.logits();
            double l = function.computeScore(labels, z, activation, mask, true);
            INDArray gradient = function.computeGradient(labels, z, activation, mask);
            INDArray flat = Sample.rows(labels);
            INDArray flatMask = Sample.rows(mask);
            assertThat(function.computeScore(flat, rows, activation, flatMask, true))
                    .isCloseTo(l, within(1e-12));
            Pair<Double, INDArray> ours =
                    function.computeGradientAndScore(flat, rows, activation, flatMask, false);
            assertThat(ours.getFirst()).isCloseTo(42 * l, within(1e-10));
            assertClose(ours.getSecond(), Sample.rows(gradient).mul(42), 1e-10);
            INDArray each = function.computeScoreArray(flat, rows, activation, flatMask);
            assertThat(each.shape()).containsExactly(42, 1);
            for (int i = 0; i < 42; i += 5) {
                double alone =
                        function.computeScore(
                                pixel(labels, i), pixel(z, i), activation, pixel(mask, i), true);
                assertThat(each.getDouble(i)).as("row %d", i).isCloseTo(alone, within(1e-12));
            }
        }
    }

    private static INDArray pixel(INDArray image, int i) {
        INDArray row = Sample.rows(image).getRow(i, true).dup('c');
        return row.reshape('c', 1, image.size(1), 1, 1);
    }

    /** The same network with DL4J's layer for rows and with ours. */
    @ParameterizedTest
    @EnumSource
    void cnnLossLayerWithImageSizeTrainsTheSame(Losses loss) {
        var rows = loss.function().imageSize(Sample.HEIGHT, Sample.WIDTH);
        Sample sample = Sample.of(loss.mode(), DataType.DOUBLE, 64);
        Networks ours = Networks.of(loss.function(), loss.mode()).updater(new Sgd(RATE));
        Networks flat = Networks.of(rows, loss.mode()).updater(new Sgd(RATE)).flat();
        DataSet data = ours.data(sample, true, true);
        MultiLayerNetwork a = ours.layers();
        MultiLayerNetwork b = flat.layers();
        for (int i = 0; i < 3; i++) {
            a.fit(data);
            b.fit(data);
            assertThat(b.score()).isCloseTo(a.score(), within(1e-12));
        }
        assertClose(b.params(), a.params(), 1e-10);
        assertClose(b.scoreExamples(data, false), a.scoreExamples(data, false), 1e-10);
    }

    /** The masks that CnnLossLayer takes mean the same to a loss for rows as to ours for images. */
    @Test
    void masksOfCnnLossLayer() {
        Losses loss = Losses.LOVASZ_SOFTMAX;
        var rows = loss.function().imageSize(Sample.HEIGHT, Sample.WIDTH);
        Sample sample = Sample.of(loss.mode(), DataType.DOUBLE, 69);
        Networks ours = Networks.of(loss.function(), loss.mode());
        DataSet data = ours.data(sample, true, false);
        INDArray pixels = sample.mask();
        for (INDArray mask :
                List.of(
                        pixels,
                        pixels.reshape('c', 2, 6, 7),
                        Nd4j.concat(1, pixels, pixels, pixels),
                        Nd4j.createFromArray(new double[][] {{1}, {0}}))) {
            data.setLabelsMaskArray(mask);
            assertThat(Networks.of(rows, loss.mode()).flat().layers().score(data))
                    .as("mask of rank %d", mask.rank())
                    .isCloseTo(ours.layers().score(data), within(1e-12));
        }
    }

    /** Each row an example, which is how DL4J's own losses scale: they drop in for each other. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void crossEntropyDropsInForMcxent(boolean masked) {
        // DL4J's loss sums over the pixels and does not divide by how many of them are valid
        var ours = LossCrossEntropy.builder().normalizeBy(NormalizeBy.ALL_PIXELS).build();
        Sample sample = Sample.of(Mode.MULTICLASS, DataType.DOUBLE, 65);
        Networks network = Networks.of(ours, Mode.MULTICLASS).updater(new Sgd(0.002)).flat();
        Networks dl4j =
                Networks.of(new LossMCXENT(0, null), Mode.MULTICLASS)
                        .updater(new Sgd(0.002))
                        .flat();
        DataSet data = network.data(sample, true, masked);
        MultiLayerNetwork a = network.layers();
        MultiLayerNetwork b = dl4j.layers();
        double first = a.score(data);
        for (int i = 0; i < 5; i++) {
            a.fit(data);
            b.fit(data);
            assertThat(a.score()).isCloseTo(b.score(), within(1e-6));
            assertClose(a.params(), b.params(), 1e-6);
        }
        assertThat(a.score()).isLessThan(first);
        assertClose(a.scoreExamples(data, false), b.scoreExamples(data, false), 1e-6);
        ComputationGraph graph = network.graph();
        graph.fit(data);
        assertThat(graph.score()).isCloseTo(first, within(1e-6));
    }

    /** The default divides by the valid pixels; without a mask that is all of them. */
    @Test
    void validPixelsOfRows() {
        Sample sample = Sample.of(Mode.MULTICLASS, DataType.DOUBLE, 66);
        INDArray labels = Sample.rows(sample.oneHot());
        INDArray rows = Sample.rows(sample.logits());
        INDArray mask = Sample.rows(sample.mask());
        IActivation softmax = new ActivationSoftmax();
        LossMCXENT dl4j = new LossMCXENT(0, null);
        LossCrossEntropy ours = LossCrossEntropy.builder().build();
        double all = 84;
        double valid = mask.sumNumber().doubleValue();
        assertThat(valid).isBetween(1.0, all - 1);
        assertThat(ours.computeScore(labels, rows, softmax, null, false))
                .isCloseTo(dl4j.computeScore(labels, rows, softmax, null, false), within(1e-9));
        assertThat(ours.computeScore(labels, rows, softmax, mask, false))
                .isCloseTo(
                        dl4j.computeScore(labels, rows, softmax, mask, false) * all / valid,
                        within(1e-9));
        assertClose(
                ours.computeScoreArray(labels, rows, softmax, null),
                dl4j.computeScoreArray(labels, rows, softmax, null).reshape('c', 84, 1),
                1e-9);
        assertClose(
                ours.computeGradient(labels, rows, softmax, mask),
                dl4j.computeGradient(labels, rows.dup(), softmax, mask).mul(all / valid),
                1e-9);
    }

    /** Fractional masks weight the pixels, and their sum is what is divided by. */
    @Test
    void fractionalMasksAreWeights() {
        Sample sample = Sample.of(Mode.MULTICLASS, DataType.DOUBLE, 67);
        INDArray weights =
                Transforms.abs(Sample.gaussians(68, DataType.DOUBLE, 2, 1, 6, 7), true).addi(0.1);
        double expected = 0;
        for (int n = 0; n < 2; n++) {
            for (int y = 0; y < 6; y++) {
                for (int x = 0; x < 7; x++) {
                    double total = 0;
                    for (int c = 0; c < 3; c++) {
                        total += Math.exp(sample.logits().getDouble(n, c, y, x));
                    }
                    int label = (int) sample.classes().getDouble(n, 0, y, x);
                    expected +=
                            weights.getDouble(n, 0, y, x)
                                    * (Math.log(total) - sample.logits().getDouble(n, label, y, x));
                }
            }
        }
        expected /= weights.sumNumber().doubleValue();
        LossCrossEntropy loss = LossCrossEntropy.builder().build();
        for (INDArray labels : List.of(sample.classes(), sample.oneHot())) {
            assertThat(
                            loss.computeScore(
                                    labels,
                                    sample.logits(),
                                    new ActivationSoftmax(),
                                    weights,
                                    true))
                    .isCloseTo(expected, within(1e-12));
        }
    }
}
