package org.seglosses.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.seglosses.samediff.loss.Mode;

import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Soft labels and fractional masks, in the losses that take them. */
class SoftTargetsTest {

    private static final int WIDTH = Sample.WIDTH;

    static List<Losses.InMode> losses() {
        return Losses.ofSoftTargets();
    }

    /** Labels, logits and a mask. */
    private record Given(INDArray labels, INDArray logits, INDArray mask) {

        /** Image n alone. */
        Given image(int n) {
            return new Given(only(labels, n), only(logits, n), only(mask, n));
        }

        private static INDArray only(INDArray array, int n) {
            return array.get(
                            NDArrayIndex.interval(n, n + 1),
                            NDArrayIndex.all(),
                            NDArrayIndex.all(),
                            NDArrayIndex.all())
                    .dup('c');
        }

        double score(Losses.InMode loss) {
            return gradientAndScore(loss).getFirst();
        }

        Pair<Double, INDArray> gradientAndScore(Losses.InMode loss) {
            return loss.function()
                    .computeGradientAndScore(
                            labels,
                            logits,
                            Sample.of(loss.mode(), DataType.DOUBLE, 1).activationFunction(),
                            mask,
                            true);
        }
    }

    private static double[] doubles(INDArray array) {
        return array.dup('c').castTo(DataType.DOUBLE).data().asDouble();
    }

    /** A network's score is the loss of its logits; scoreExamples gives each image alone. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void scoresOfNetworks(Losses.InMode loss) {
        Sample sample = Sample.of(loss.mode(), DataType.DOUBLE, 80, 3, 6, 7);
        for (CNN2DFormat format : CNN2DFormat.values()) {
            Networks networks = Networks.of(loss.function(), loss.mode()).format(format);
            MultiLayerNetwork layers = networks.layers();
            ComputationGraph graph = networks.graph();
            DataSet data =
                    new DataSet(
                            networks.features(3, 21),
                            networks.layout(sample.soft()),
                            null,
                            networks.layout(sample.weights()));
            double[] labels = doubles(data.getLabels());
            double[] mask = doubles(data.getLabelsMaskArray());
            INDArray logits = layers.feedForward(data.getFeatures()).get(2);
            if (format == CNN2DFormat.NHWC) {
                logits = logits.permute(0, 3, 1, 2);
            }
            Given given = new Given(sample.soft(), logits.dup('c'), sample.weights());
            double expected = given.score(loss);
            assertThat(expected).isFinite().isPositive();
            assertThat(layers.score(data)).isCloseTo(expected, within(1e-12));
            assertThat(graph.score(data)).isCloseTo(expected, within(1e-12));
            INDArray scores = layers.scoreExamples(data, false);
            assertThat(scores.shape()).containsExactly(3, 1);
            for (int n = 0; n < 3; n++) {
                double alone = given.image(n).score(loss);
                assertThat(scores.getDouble(n)).as("image %d", n).isCloseTo(alone, within(1e-12));
            }
            assertThat(doubles(graph.scoreExamples(data, false)))
                    .containsExactly(doubles(scores), within(1e-12));
            layers.fit(data);
            graph.fit(data);
            assertThat(doubles(layers.params()))
                    .containsExactly(doubles(graph.params()), within(1e-12));
            assertThat(doubles(data.getLabels())).isEqualTo(labels);
            assertThat(doubles(data.getLabelsMaskArray())).isEqualTo(mask);
        }
    }

    /** Outlines are not of pixels, and ALL_PIXELS and IMAGES divide by something else. */
    private static final Set<Losses> NOT_OF_WEIGHTED_PIXELS =
            EnumSet.of(
                    Losses.ACTIVE_CONTOUR,
                    Losses.ACTIVE_CONTOUR_SYMMETRIC,
                    Losses.CROSS_ENTROPY_ALL_PIXELS,
                    Losses.SOFT_BCE_SMOOTH);

    static List<Losses.InMode> lossesOfWeightedPixels() {
        return losses().stream()
                .filter(loss -> !NOT_OF_WEIGHTED_PIXELS.contains(loss.loss()))
                .toList();
    }

    /** A pixel of weight 2 counts as much as two of weight 1. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("lossesOfWeightedPixels")
    void aWeightIsACount(Losses.InMode loss) {
        Sample sample = Sample.of(loss.mode(), DataType.DOUBLE, 81);
        long[] shape =
                loss.mode() == Mode.MULTILABEL ? sample.logits().shape() : sample.classes().shape();
        Random random = new Random(82);
        INDArray first = ones(random, shape);
        INDArray second = ones(random, shape);
        INDArray labels = sample.soft();
        Given once = new Given(labels, sample.logits(), first.add(second));
        Given twice =
                new Given(
                        Nd4j.concat(3, labels, labels),
                        Nd4j.concat(3, sample.logits(), sample.logits()),
                        Nd4j.concat(3, first, second));
        Pair<Double, INDArray> ours = once.gradientAndScore(loss);
        Pair<Double, INDArray> expected = twice.gradientAndScore(loss);
        assertThat(ours.getFirst()).isCloseTo(expected.getFirst(), within(1e-12));
        INDArray left = half(expected.getSecond(), 0);
        INDArray right = half(expected.getSecond(), WIDTH);
        assertThat(doubles(ours.getSecond()))
                .containsExactly(doubles(left.add(right)), within(1e-12));
    }

    private static INDArray half(INDArray wide, int from) {
        return wide.get(
                NDArrayIndex.all(),
                NDArrayIndex.all(),
                NDArrayIndex.all(),
                NDArrayIndex.interval(from, from + WIDTH));
    }

    private static INDArray ones(Random random, long... shape) {
        INDArray array = Nd4j.zeros(DataType.DOUBLE, shape);
        for (long i = 0; i < array.length(); i++) {
            array.putScalar(i, random.nextInt(3) == 0 ? 0 : 1);
        }
        return array;
    }

    /** Those whose sums are linear in the labels: no power of them, none of an entropy. */
    private static final Set<Losses> LINEAR =
            EnumSet.of(
                    Losses.CROSS_ENTROPY,
                    Losses.DICE,
                    Losses.DICE_LOG,
                    Losses.JACCARD,
                    Losses.JACCARD_LOG,
                    Losses.TVERSKY,
                    Losses.TVERSKY_FOCAL,
                    Losses.TVERSKY_LOG,
                    Losses.MCC,
                    Losses.GENERALIZED_DICE,
                    Losses.GENERALIZED_DICE_BATCH,
                    Losses.SOFT_BCE,
                    Losses.BCE_DICE);

    static List<Losses.InMode> linearLosses() {
        return losses().stream().filter(loss -> LINEAR.contains(loss.loss())).toList();
    }

    /** A pixel of weight 2 labelled by halves is two pixels of one class each. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("linearLosses")
    void aHalfLabelIsHalfThePixels(Losses.InMode loss) {
        Sample sample = Sample.of(loss.mode(), DataType.DOUBLE, 83);
        INDArray some = sample.oneHot();
        INDArray others = Sample.of(loss.mode(), DataType.DOUBLE, 84).oneHot();
        assertThat(some).isNotEqualTo(others);
        INDArray ones = Nd4j.ones(DataType.DOUBLE, sample.classes().shape());
        Given halves = new Given(some.add(others).div(2), sample.logits(), ones.mul(2));
        Given pixels =
                new Given(
                        Nd4j.concat(3, some, others),
                        Nd4j.concat(3, sample.logits(), sample.logits()),
                        Nd4j.concat(3, ones, ones));
        assertThat(halves.score(loss)).isCloseTo(pixels.score(loss), within(1e-12));
    }

    /** Labels that are told apart by type alone mean the same where they are 0 and 1. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void hardLabelsAreSoftOnesToo(Losses.InMode loss) {
        Sample sample = Sample.of(loss.mode(), DataType.DOUBLE, 85);
        INDArray weights = sample.weights();
        Pair<Double, INDArray> expected =
                new Given(sample.classes().castTo(DataType.INT32), sample.logits(), weights)
                        .gradientAndScore(loss);
        Pair<Double, INDArray> ours =
                new Given(sample.oneHot(), sample.logits(), weights).gradientAndScore(loss);
        assertThat(ours.getFirst()).isCloseTo(expected.getFirst(), within(1e-12));
        assertThat(doubles(ours.getSecond()))
                .containsExactly(doubles(expected.getSecond()), within(1e-12));
    }
}
