package org.seglosses.dl4j.layer;

import static org.assertj.core.api.Assertions.assertThat;

import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.transferlearning.FineTuneConfiguration;
import org.deeplearning4j.nn.transferlearning.TransferLearning;
import org.deeplearning4j.parallelism.ParallelWrapper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.seglosses.dl4j.LossCombined;
import org.seglosses.dl4j.LossCrossEntropy;
import org.seglosses.dl4j.LossSoftBce;
import org.seglosses.dl4j.SegmentationLossFunction;
import org.seglosses.samediff.loss.CrossEntropy;
import org.seglosses.samediff.loss.Dice;
import org.seglosses.samediff.loss.SoftBce;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;

/** What the layer warns of while it trains: that it does, once, and not of sound trainings. */
class TrainingWatchTest {

    private static final String OFF =
            ". SegmentationLossLayer.Builder's warnings(false) switches such warnings off";

    private static final String IDENTITY =
            " The loss takes what stands before the activation, which is this layer's: write"
                    + " .activation(Activation.IDENTITY) in the layer before it, which"
                    + " SegmentationHead.check(network) names"
                    + OFF;

    private static final int N = 2;
    private static final int SIDE = 8;

    @AfterEach
    void cold() {
        TrainingWatch.forget();
    }

    /** A small network, sound unless it is told otherwise. */
    private static final class Net {

        private SegmentationLossFunction<?> loss;
        private int channels = 1;
        private Activation before = Activation.IDENTITY;
        private Activation activation = Activation.SIGMOID;
        private CNN2DFormat format = CNN2DFormat.NCHW;
        private boolean warnings = true;

        Net(SegmentationLossFunction<?> loss) {
            this.loss = loss;
        }

        Net channels(int other) {
            channels = other;
            activation = other == 1 ? Activation.SIGMOID : Activation.SOFTMAX;
            return this;
        }

        Net before(Activation other) {
            before = other;
            return this;
        }

        Net activation(Activation other) {
            activation = other;
            return this;
        }

        Net format(CNN2DFormat other) {
            format = other;
            return this;
        }

        Net silent() {
            warnings = false;
            return this;
        }

        private NeuralNetConfiguration.Builder configuration() {
            return new NeuralNetConfiguration.Builder()
                    .seed(7)
                    .updater(new Adam(1e-3))
                    .convolutionMode(ConvolutionMode.Same);
        }

        private ConvolutionLayer first() {
            return new ConvolutionLayer.Builder(1, 1)
                    .nOut(4)
                    .activation(Activation.TANH)
                    .dataFormat(format)
                    .build();
        }

        private ConvolutionLayer second() {
            return new ConvolutionLayer.Builder(1, 1)
                    .nOut(channels)
                    .activation(before)
                    .dataFormat(format)
                    .build();
        }

        private SegmentationLossLayer output() {
            return new SegmentationLossLayer.Builder(loss)
                    .name("out")
                    .activation(activation)
                    .warnings(warnings)
                    .build();
        }

        private InputType input() {
            return InputType.convolutional(SIDE, SIDE, 3, format);
        }

        MultiLayerNetwork layers() {
            MultiLayerConfiguration conf =
                    configuration()
                            .list()
                            .layer(first())
                            .layer(second())
                            .layer(output())
                            .setInputType(input())
                            .build();
            MultiLayerNetwork net = new MultiLayerNetwork(conf);
            net.init();
            return net;
        }

        ComputationGraphConfiguration graphConfiguration() {
            return configuration()
                    .graphBuilder()
                    .addInputs("in")
                    .addLayer("first", first(), "in")
                    .addLayer("second", second(), "first")
                    .addLayer("out", output(), "second")
                    .setOutputs("out")
                    .setInputTypes(input())
                    .build();
        }

        ComputationGraph graph() {
            ComputationGraph net = new ComputationGraph(graphConfiguration());
            net.init();
            return net;
        }

        Runnable training(DataSet data, int steps) {
            return training(layers(), data, steps);
        }

        static Runnable training(MultiLayerNetwork net, DataSet data, int steps) {
            return () -> {
                for (int i = 0; i < steps; i++) {
                    net.fit(data);
                }
            };
        }
    }

    private static SegmentationLossFunction<?> bce() {
        return LossSoftBce.builder().build();
    }

    private static SegmentationLossFunction<?> bce(int ignoreIndex) {
        return LossSoftBce.builder().ignoreIndex(ignoreIndex).build();
    }

    private static SegmentationLossFunction<?> crossEntropy() {
        return LossCrossEntropy.builder().build();
    }

    private static INDArray features() {
        return gaussians(N, 3, SIDE, SIDE);
    }

    private static INDArray gaussians(long... shape) {
        Random random = new Random(5);
        INDArray array = Nd4j.create(DataType.FLOAT, shape);
        for (long i = 0; i < array.length(); i++) {
            array.putScalar(i, random.nextGaussian());
        }
        return array;
    }

    /** Labels {@code [N,1,H,W]} whose first columns are the foreground, of this value. */
    private static INDArray columns(int columns, double foreground) {
        INDArray labels = Nd4j.zeros(DataType.FLOAT, N, 1, SIDE, SIDE);
        for (int n = 0; n < N; n++) {
            for (int y = 0; y < SIDE; y++) {
                for (int x = 0; x < columns; x++) {
                    labels.putScalar(new int[] {n, 0, y, x}, foreground);
                }
            }
        }
        return labels;
    }

    private static DataSet data(INDArray labels) {
        return new DataSet(features(), labels);
    }

    private static DataSet masked(INDArray labels, INDArray mask) {
        return new DataSet(features(), labels, null, mask);
    }

    private static final String NO_FOREGROUND =
            "in layer \"out\": labels of the first 20 iterations have class 0 alone, in all of the"
                    + " 2560 valid pixels; 0 are ignored by label, 0 by mask. Labels are 1 in the"
                    + " foreground and 0 elsewhere: look at how masks are read. If other classes"
                    + " are only rare, ignore this"
                    + OFF;

    /** README's own snippet on masks of 0 and 255: all foreground is ignored. */
    @Test
    void foregroundThatIsIgnored() {
        DataSet data = data(columns(2, 255));
        assertThat(Warnings.of(new Net(bce(255)).training(data, 19))).isEmpty();
        String cause =
                " If masks are 0 and 255 for background and foreground, divide them by 255,"
                        + " labels.divi(255), and leave ignoreIndex(255) out: it is for pixels that"
                        + " do not count.";
        assertThat(Warnings.of(new Net(bce(255)).training(data, 21)))
                .containsExactly(
                        "in layer \"out\": labels of the first 20 iterations have class 0 alone,"
                                + " in all of the 1920 valid pixels; 640 are ignored by label, 0 by"
                                + " mask."
                                + cause
                                + " If other classes are only rare, ignore this"
                                + OFF);
        assertThat(Warnings.of(new Net(bce(255)).training(data(columns(5, 255)), 21)))
                .hasSize(2)
                .last()
                .isEqualTo(
                        "in layer \"out\": 62.5 % of all pixels of the first 20 iterations are"
                                + " ignored, 62.5 % by label and 0.0 % by mask."
                                + cause
                                + " If so many are not to count, ignore this"
                                + OFF);
        // the same with the foreground as 1, and some pixels ignored
        INDArray sound = columns(2, 1);
        sound.putScalar(new int[] {0, 0, 7, 7}, 255);
        assertThat(Warnings.of(new Net(bce(255)).training(data(sound), 21))).isEmpty();
    }

    /** A data set of fewer steps than are looked at: its labels are known when it is over. */
    @Test
    void shortEpochs() {
        DataSet none = data(columns(0, 0));
        String afterTwelve =
                NO_FOREGROUND.replace("first 20", "first 12").replace("2560", "" + 12 * 128);
        MultiLayerNetwork net = new Net(bce()).layers();
        assertThat(Warnings.of(() -> net.fit(epochOf(none, 12), 1))).isEmpty();
        assertThat(Warnings.more(() -> net.fit(epochOf(none, 12), 1))).containsExactly(afterTwelve);
        assertThat(Warnings.more(() -> net.fit(epochOf(none, 12), 3))).isEmpty();
        ComputationGraph graph = new Net(bce()).graph();
        assertThat(Warnings.of(() -> graph.fit(epochOf(none, 12), 2))).containsExactly(afterTwelve);
        MultiLayerNetwork ofOne = new Net(bce()).layers();
        assertThat(Warnings.of(() -> ofOne.fit(epochOf(none, 1), 10))).isEmpty();
        assertThat(Warnings.more(() -> ofOne.fit(epochOf(none, 1), 1)))
                .containsExactly(
                        NO_FOREGROUND.replace("first 20", "first 10").replace("2560", "1280"));
        // 20 steps are enough, and an epoch that ends later says nothing more
        MultiLayerNetwork longer = new Net(bce()).layers();
        assertThat(Warnings.of(() -> longer.fit(epochOf(none, 20), 1)))
                .containsExactly(NO_FOREGROUND);
        assertThat(Warnings.more(() -> longer.fit(epochOf(none, 20), 1))).isEmpty();
        // sound ones: all classes are there by the end of the epoch
        for (int steps : new int[] {1, 12}) {
            List<DataSet> batches =
                    new ArrayList<>(Collections.nCopies(steps - 1, data(columns(0, 0))));
            batches.add(data(columns(3, 1)));
            MultiLayerNetwork sound = new Net(bce()).layers();
            assertThat(Warnings.of(() -> sound.fit(new ExistingDataSetIterator(batches), 4)))
                    .isEmpty();
        }
        // judged sound once: what the second epoch brings is not judged again
        MultiLayerNetwork other = new Net(bce()).layers();
        assertThat(
                        Warnings.of(
                                () -> {
                                    other.fit(epochOf(data(columns(5, 1)), 12), 1);
                                    other.fit(epochOf(masked(columns(5, 1), columns(1, 1)), 30), 1);
                                }))
                .isEmpty();
    }

    /** A training that starts in a later epoch: that is its first. */
    @Test
    void shortEpochsOfALaterStart() {
        MultiLayerNetwork net = new Net(bce()).layers();
        net.setEpochCount(7);
        DataSet none = data(columns(0, 0));
        assertThat(Warnings.of(() -> net.fit(epochOf(none, 15), 1))).isEmpty();
        assertThat(Warnings.more(() -> net.fit(epochOf(none, 15), 1)))
                .singleElement()
                .asString()
                .contains("labels of the first 15 iterations have class 0 alone");
    }

    /** The other sentences on labels count their iterations as well. */
    @Test
    void shortEpochsOfOtherFaults() {
        MultiLayerNetwork small = new Net(bce()).layers();
        assertThat(Warnings.of(() -> small.fit(epochOf(data(columns(3, 1 / 255.0)), 12), 2)))
                .singleElement()
                .asString()
                .contains("labels of the first 12 iterations are soft");
        MultiLayerNetwork ignored = new Net(bce()).layers();
        DataSet mostly = masked(columns(2, 1), columns(3, 1));
        assertThat(Warnings.of(() -> ignored.fit(epochOf(mostly, 12), 2)))
                .singleElement()
                .asString()
                .contains("62.5 % of all pixels of the first 12 iterations are ignored");
        MultiLayerNetwork zeros = new Net(crossEntropy()).channels(3).layers();
        DataSet vectors = vectors(CNN2DFormat.NCHW, 16, null);
        assertThat(Warnings.of(() -> zeros.fit(epochOf(vectors, 12), 2)))
                .singleElement()
                .asString()
                .contains("25.0 % of the pixels of the first 12 iterations have a label vector")
                .contains("nOut(4)");
        // a last layer that starts at zero: logits are judged after 20 steps as ever
        MultiLayerNetwork zero = new Net(bce()).layers();
        zero.params().assign(0);
        assertThat(Warnings.of(() -> zero.fit(epochOf(data(columns(6, 1)), 1), 3))).isEmpty();
    }

    private static ExistingDataSetIterator epochOf(DataSet data, int steps) {
        return new ExistingDataSetIterator(Collections.nCopies(steps, data));
    }

    @Test
    void labelsScaledOnceMore() {
        DataSet data = data(columns(3, 1 / 255.0));
        assertThat(Warnings.of(new Net(bce()).training(data, 21)))
                .containsExactly(
                        "in layer \"out\": labels of the first 20 iterations are soft, and none is"
                                + " above 0.5 (the largest is 0.003922): masks of 0 and 1 that have"
                                + " been divided by 255 look like this. Scale the images alone, by"
                                + " scaler.fitLabel(false), or multiply labels by 255"
                                + OFF);
        // soft labels that mean something
        assertThat(Warnings.of(new Net(bce()).training(data(columns(3, 0.7)), 21))).isEmpty();
    }

    @Test
    void classesAlone() {
        Net net = new Net(crossEntropy()).channels(3);
        assertThat(Warnings.of(net.training(data(columns(0, 0)), 21)))
                .containsExactly(
                        "in layer \"out\": labels of the first 20 iterations have class 0 alone,"
                                + " in all of the 2560 valid pixels; 0 are ignored by label, 0 by"
                                + " mask. Labels are class indices from 0 to C-1: look at how masks"
                                + " are read (the red channel of a colour mask holds no classes)."
                                + " If other classes are only rare, ignore this"
                                + OFF);
        assertThat(Warnings.of(net.training(data(columns(8, 2)), 21)))
                .singleElement()
                .asString()
                .contains("have class 2 alone");
        assertThat(Warnings.of(net.training(data(columns(3, 2)), 21))).isEmpty();
        // one pixel in one of the batches is enough
        MultiLayerNetwork rare = net.layers();
        INDArray one = columns(0, 0);
        one.putScalar(new int[] {1, 0, 3, 3}, 1);
        assertThat(
                        Warnings.of(
                                () -> {
                                    Net.training(rare, data(columns(0, 0)), 19).run();
                                    Net.training(rare, data(one), 40).run();
                                }))
                .isEmpty();
    }

    /** One-hot and soft label vectors, channels first and last. */
    @ParameterizedTest
    @EnumSource
    void vectors(CNN2DFormat format) {
        Net net = new Net(crossEntropy()).channels(2).format(format);
        for (boolean both : new boolean[] {false, true}) {
            INDArray vectors = Nd4j.zeros(DataType.FLOAT, N, 2, SIDE, SIDE);
            vectors.slice(0).slice(both ? 1 : 0).assign(1);
            vectors.slice(1).slice(0).assign(1);
            boolean last = format == CNN2DFormat.NHWC;
            INDArray x = features();
            DataSet data =
                    new DataSet(
                            last ? x.permute(0, 2, 3, 1).dup('c') : x,
                            last ? vectors.permute(0, 2, 3, 1).dup('c') : vectors);
            List<String> warnings = Warnings.of(net.training(data, 21));
            if (both) {
                assertThat(warnings).isEmpty();
            } else {
                assertThat(warnings)
                        .singleElement()
                        .asString()
                        .contains("have class 0 alone, in all of the 2560 valid pixels");
            }
        }
    }

    /** One-hot labels whose background has no channel. */
    @ParameterizedTest
    @EnumSource
    void vectorsOfZeros(CNN2DFormat format) {
        Net net = new Net(crossEntropy()).channels(3).format(format);
        // 2 of 8 columns
        assertThat(Warnings.of(net.training(vectors(format, 16, null), 21)))
                .containsExactly(
                        "in layer \"out\": 25.0 % of the pixels of the first 20 iterations have a"
                                + " label vector of zeros and are ignored: if that is the"
                                + " background, give it a channel of its own, nOut(4); if these"
                                + " pixels are not to count, ignore this"
                                + OFF);
        // more than half: said once, not as mostly ignored as well
        assertThat(Warnings.of(net.training(vectors(format, 40, null), 21)))
                .singleElement()
                .asString()
                .contains("62.5 % of the pixels of the first 20 iterations have a label vector");
        // 1 of 128, and none
        assertThat(Warnings.of(net.training(vectors(format, 1, 1), 21))).isEmpty();
        assertThat(Warnings.of(net.training(vectors(format, 0, null), 21))).isEmpty();
    }

    /** What the mask leaves out may be zeros, and counts in no share. */
    @Test
    void vectorsOfZerosUnderAMask() {
        Net net = new Net(crossEntropy()).channels(3);
        DataSet data = vectors(CNN2DFormat.NCHW, 16, null);
        INDArray first = columns(2, 1);
        data.setLabelsMaskArray(first.rsub(1));
        assertThat(Warnings.of(net.training(data, 21))).isEmpty();
        // of four columns that count two are of zeros; half is not more than a half
        data.setLabelsMaskArray(columns(4, 1));
        assertThat(Warnings.of(net.training(data, 21)))
                .singleElement()
                .asString()
                .contains("50.0 % of the pixels of the first 20 iterations have a label vector");
        // of three columns two: and the mask alone leaves out more than half
        data.setLabelsMaskArray(columns(3, 1));
        assertThat(Warnings.of(net.training(data, 21)))
                .hasSize(2)
                .anyMatch(w -> w.contains("66.7 % of the pixels of the first 20 iterations"))
                .anyMatch(
                        w ->
                                w.contains("87.5 % of all pixels of the first 20 iterations")
                                        && w.contains("25.0 % by label and 62.5 % by mask"));
    }

    /** Two classes by turns, but for the first pixels of an image by columns: those have none. */
    private static DataSet vectors(CNN2DFormat format, int zeros, Integer images) {
        INDArray labels = Nd4j.zeros(DataType.FLOAT, N, 3, SIDE, SIDE);
        for (int n = 0; n < N; n++) {
            for (int i = images == null || n < images ? zeros : 0; i < SIDE * SIDE; i++) {
                labels.putScalar(new int[] {n, 1 + i % 2, i % SIDE, i / SIDE}, 1);
            }
        }
        INDArray x = features();
        return format == CNN2DFormat.NCHW
                ? new DataSet(x, labels)
                : new DataSet(x.permute(0, 2, 3, 1).dup('c'), labels.permute(0, 2, 3, 1).dup('c'));
    }

    /** Each channel a yes or no: a picture without any is no task, one with both is. */
    @Test
    void multilabel() {
        Net net = new Net(bce()).channels(3).activation(Activation.SIGMOID);
        INDArray none = Nd4j.zeros(DataType.FLOAT, N, 3, SIDE, SIDE);
        assertThat(Warnings.of(net.training(data(none), 21)))
                .singleElement()
                .asString()
                .contains("have class 0 alone, in all of the 7680 valid pixels");
        INDArray some = none.dup();
        some.putScalar(new int[] {0, 2, 1, 1}, 1);
        assertThat(Warnings.of(net.training(data(some), 21))).isEmpty();
    }

    @Test
    void masks() {
        INDArray labels = columns(4, 1);
        for (INDArray mask :
                List.of(
                        Nd4j.create(new float[] {1, 0}, new long[] {N, 1}, 'c'),
                        columns(4, 1).reshape(N, SIDE, SIDE),
                        columns(4, 1))) {
            // a half is not more than a half
            List<String> half = Warnings.of(new Net(bce()).training(masked(labels, mask), 21));
            assertThat(half.stream().filter(w -> w.contains("%"))).isEmpty();
        }
        assertThat(Warnings.of(new Net(bce()).training(masked(columns(2, 1), columns(3, 1)), 21)))
                .containsExactly(
                        "in layer \"out\": 62.5 % of all pixels of the first 20 iterations are"
                                + " ignored, 0.0 % by label and 62.5 % by mask. If so many are not"
                                + " to count, ignore this"
                                + OFF);
    }

    /** A term that ignores a class does not make its pixels ignored by all. */
    @Test
    void onlyWhatAllTermsIgnoreIsIgnored() {
        LossCombined sum =
                LossCombined.builder()
                        .add(1, SoftBce.builder().build())
                        .add(1, Dice.builder().ignoreIndex(0).build())
                        .build();
        assertThat(Warnings.of(new Net(sum).training(data(columns(2, 1)), 21))).isEmpty();
        LossCombined both =
                LossCombined.builder()
                        .add(1, SoftBce.builder().ignoreIndex(0).build())
                        .add(1, Dice.builder().ignoreIndex(0).build())
                        .build();
        assertThat(Warnings.of(new Net(both).training(data(columns(2, 1)), 21))).hasSize(2);
    }

    /** What DL4J's merge makes of masks of shape [1,1]: one 0 for an image that is not to count. */
    @Test
    void mergedMasks() {
        List<DataSet> examples =
                List.of(
                        example(Nd4j.ones(DataType.FLOAT, 1, 1)),
                        example(Nd4j.zeros(DataType.FLOAT, 1, 1)));
        DataSet merged = DataSet.merge(examples);
        assertThat(merged.getLabelsMaskArray().shape()).containsExactly(2, 1, SIDE, SIDE);
        assertThat(merged.getLabelsMaskArray().sumNumber().intValue()).isEqualTo(2 * 64 - 1);
        assertThat(Warnings.of(new Net(bce()).training(merged, 3)))
                .containsExactly(
                        "in layer \"out\": the mask [2, 1, 8, 8] of a batch is 1 but for the first"
                                + " pixel of an image: this is what DL4J's merge makes of masks of"
                                + " shape [1,1], and it masks nothing. Give each example a mask of"
                                + " shape [1,1,H,W]; for an image that does not count,"
                                + " Nd4j.zeros(1, 1, h, w)"
                                + OFF);
        DataSet whole =
                DataSet.merge(
                        List.of(
                                example(Nd4j.ones(DataType.FLOAT, 1, 1, SIDE, SIDE)),
                                example(Nd4j.zeros(DataType.FLOAT, 1, 1, SIDE, SIDE))));
        assertThat(Warnings.of(new Net(bce()).training(whole, 21))).isEmpty();
        INDArray elsewhere = Nd4j.ones(DataType.FLOAT, N, 1, SIDE, SIDE);
        elsewhere.putScalar(new int[] {0, 0, 3, 3}, 0);
        assertThat(Warnings.of(new Net(bce()).training(masked(columns(4, 1), elsewhere), 21)))
                .isEmpty();
    }

    private static DataSet example(INDArray mask) {
        return new DataSet(
                gaussians(1, 3, SIDE, SIDE),
                columns(4, 1).get(NDArrayIndex.interval(0, 1)).dup(),
                null,
                mask);
    }

    @Test
    void activationsBeforeTheLoss() {
        DataSet binary = data(columns(3, 1));
        assertThat(Warnings.of(new Net(bce()).before(Activation.SIGMOID).training(binary, 50)))
                .containsExactly(
                        "in layer \"out\": all logits of 50 iterations are between 0 and 1: they"
                                + " look like probabilities of a sigmoid, to which DL4J's"
                                + " convolutions default."
                                + IDENTITY);
        assertThat(Warnings.of(new Net(bce()).before(Activation.RELU).training(binary, 50)))
                .containsExactly(
                        "in layer \"out\": logits of the first 20 iterations are never negative,"
                                + " and some are exactly 0: they look cut by Activation.RELU."
                                + IDENTITY);
        assertThat(
                        Warnings.of(
                                new Net(crossEntropy())
                                        .channels(3)
                                        .format(CNN2DFormat.NHWC)
                                        .before(Activation.SOFTMAX)
                                        .training(
                                                new DataSet(
                                                        features().permute(0, 2, 3, 1).dup('c'),
                                                        columns(3, 1).reshape(N, SIDE, SIDE)),
                                                50)))
                .containsExactly(
                        "in layer \"out\": logits of the first 20 iterations are never negative"
                                + " and sum to 1 over the channels: they look like probabilities of"
                                + " a softmax."
                                + IDENTITY);
        assertThat(Warnings.of(new Net(bce()).training(binary, 50))).isEmpty();
        assertThat(Warnings.of(new Net(crossEntropy()).channels(3).training(binary, 50))).isEmpty();
    }

    /** Where most is foreground, the logits of one channel rise from 0 slowly: that is sound. */
    @Test
    void aLastLayerThatStartsAtZero() {
        MultiLayerNetwork net = new Net(bce()).layers();
        net.params().assign(0);
        assertThat(Warnings.of(Net.training(net, data(columns(6, 1)), 50))).isEmpty();
        assertThat(net.output(features()).minNumber().doubleValue()).isBetween(0.5, 0.6);
    }

    /** Copies share what has been said, whatever way they were made. */
    @Test
    void once() throws Exception {
        DataSet data = data(columns(0, 0));
        MultiLayerNetwork net = new Net(bce()).layers();
        assertThat(Warnings.of(Net.training(net, data, 21))).containsExactly(NO_FOREGROUND);
        MultiLayerNetwork byJson =
                new MultiLayerNetwork(
                        MultiLayerConfiguration.fromJson(
                                net.getLayerWiseConfigurations().toJson()));
        byJson.init();
        MultiLayerNetwork byJava =
                new MultiLayerNetwork(throughJava(net.getLayerWiseConfigurations()));
        byJava.init();
        for (MultiLayerNetwork copy :
                List.of(net, net.clone(), byJson, byJava, new Net(bce()).layers())) {
            assertThat(Warnings.more(Net.training(copy, data, 21))).isEmpty();
        }
        assertThat(Warnings.more(() -> parallel(new Net(bce()).layers(), data))).isEmpty();
        // another layer has its own
        assertThat(Warnings.more(new Net(bce(255)).training(data, 21)))
                .containsExactly(NO_FOREGROUND);
    }

    @Test
    void workersWarnOnce() {
        assertThat(Warnings.of(() -> parallel(new Net(bce()).layers(), data(columns(0, 0)))))
                .containsExactly(NO_FOREGROUND);
    }

    private static void parallel(MultiLayerNetwork net, DataSet data) {
        ParallelWrapper wrapper =
                new ParallelWrapper.Builder<>(net).workers(2).averagingFrequency(1).build();
        try {
            wrapper.fit(new ExistingDataSetIterator(Collections.nCopies(44, data)));
        } finally {
            wrapper.shutdown();
        }
    }

    /** As on Spark: each step is that of a new copy. */
    @Test
    void copiesOfOneStepEach() {
        DataSet data = data(columns(0, 0));
        MultiLayerConfiguration conf = new Net(bce()).layers().getLayerWiseConfigurations();
        Runnable steps =
                () -> {
                    for (int i = 0; i < 20; i++) {
                        MultiLayerNetwork net = new MultiLayerNetwork(throughJava(conf));
                        net.init();
                        net.fit(data);
                    }
                };
        assertThat(Warnings.of(steps)).containsExactly(NO_FOREGROUND);
        assertThat(Warnings.more(steps)).isEmpty();
    }

    @SuppressWarnings("unchecked")
    private static <T> T throughJava(T object) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
                out.writeObject(object);
            }
            try (ObjectInputStream in =
                    new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
                return (T) in.readObject();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void switchedOff() {
        assertThat(Warnings.of(new Net(bce()).silent().training(data(columns(0, 0)), 21)))
                .isEmpty();
        assertThat(
                        Warnings.of(
                                new Net(bce())
                                        .silent()
                                        .before(Activation.SIGMOID)
                                        .training(data(columns(3, 1)), 21)))
                .isEmpty();
        MultiLayerConfiguration silent =
                new Net(bce()).silent().layers().getLayerWiseConfigurations();
        MultiLayerConfiguration loud = new Net(bce()).layers().getLayerWiseConfigurations();
        assertThat(silent).isNotEqualTo(loud);
        assertThat(MultiLayerConfiguration.fromJson(silent.toJson())).isEqualTo(silent);
        assertThat(MultiLayerConfiguration.fromYaml(silent.toYaml())).isEqualTo(silent);
        assertThat(throughJava(silent)).isEqualTo(silent);
        assertThat(silent.clone()).isEqualTo(silent);
        assertThat(silent.toJson()).containsOnlyOnce("\"warnings\" : false");
        // a file that does not say it is one from before
        String before = silent.toJson().replaceAll(",\\s*\"warnings\" : false", "");
        assertThat(before).doesNotContain("warnings");
        assertThat(MultiLayerConfiguration.fromJson(before)).isEqualTo(loud);
    }

    /** Outside of training nothing is counted: scores may be of anything. */
    @Test
    void scoresAreNotSteps() {
        MultiLayerNetwork net = new Net(bce()).layers();
        assertThat(
                        Warnings.of(
                                () -> {
                                    for (int i = 0; i < 25; i++) {
                                        net.score(data(columns(0, 0)));
                                        net.output(features());
                                    }
                                }))
                .isEmpty();
    }

    private static final String RESTARTS =
            "SparkComputationGraph leaves iteration and epoch at 0 in each step, ParallelWrapper"
                    + " never counts epochs, ComputationGraph.clone() and TransferLearning start"
                    + " both again";

    private static final String AGAIN =
            "in layer \"out\": a training asks for the weights of iteration 0, which an equal"
                    + " layer has trained with before: what follows a schedule starts again, or"
                    + " stands still. "
                    + RESTARTS
                    + ". Set the counts by setIterationCount and setEpochCount of the network's"
                    + " configuration, or give each phase its weights as numbers. If this is a new"
                    + " training, ignore this"
                    + OFF;

    private static Net scheduled(ScheduleType type) {
        ISchedule schedule = new MapSchedule.Builder(type).add(0, 0).add(3, 0.5).build();
        return new Net(
                        LossCombined.builder()
                                .add(1, CrossEntropy.builder().build())
                                .add(schedule, Dice.builder().build())
                                .build())
                .channels(2);
    }

    @Test
    void clonesThatStartAgain() {
        DataSet data = data(columns(3, 1));
        ComputationGraph graph = scheduled(ScheduleType.ITERATION).graph();
        ComputationGraph clone = graph.clone();
        assertThat(Warnings.of(() -> fit(graph, data, 3))).isEmpty();
        assertThat(Warnings.more(() -> fit(clone, data, 2))).containsExactly(AGAIN);
        assertThat(Warnings.more(() -> fit(graph.clone(), data, 2))).isEmpty();
        // with the counts set the schedule goes on
        ComputationGraph set = graph.clone();
        set.getConfiguration().setIterationCount(3);
        TrainingWatch.forget();
        assertThat(Warnings.more(() -> fit(set, data, 2))).isEmpty();
        // and a layer's clone keeps them by itself
        MultiLayerNetwork layers = scheduled(ScheduleType.ITERATION).layers();
        assertThat(
                        Warnings.of(
                                () -> {
                                    Net.training(layers, data, 2).run();
                                    Net.training(layers.clone(), data, 2).run();
                                }))
                .isEmpty();
    }

    private static void fit(ComputationGraph graph, DataSet data, int steps) {
        for (int i = 0; i < steps; i++) {
            graph.fit(data);
        }
    }

    @Test
    void transferThatStartsAgain() {
        DataSet data = data(columns(3, 1));
        ComputationGraph graph = scheduled(ScheduleType.EPOCH).graph();
        assertThat(
                        Warnings.of(
                                () -> {
                                    fit(graph, data, 2);
                                    fit(transferred(graph), data, 2);
                                }))
                .containsExactly(AGAIN);
        assertThat(
                        Warnings.of(
                                () -> {
                                    ComputationGraph plain =
                                            new Net(crossEntropy()).channels(2).graph();
                                    fit(plain, data, 2);
                                    fit(transferred(plain), data, 2);
                                }))
                .isEmpty();
    }

    private static ComputationGraph transferred(ComputationGraph graph) {
        return new TransferLearning.GraphBuilder(graph)
                .fineTuneConfiguration(
                        new FineTuneConfiguration.Builder().updater(new Adam(1e-4)).build())
                .build();
    }

    /** Several trainings of the same network in one JVM, from its start: nothing is wrong. */
    @Test
    void newTrainingsAreSilent() {
        DataSet data = data(columns(3, 1));
        Net net = scheduled(ScheduleType.ITERATION);
        assertThat(
                        Warnings.of(
                                () -> {
                                    for (int seed = 0; seed < 3; seed++) {
                                        Net.training(net.layers(), data, 5).run();
                                        fit(net.graph(), data, 5);
                                    }
                                    parallel(net.layers(), data);
                                }))
                .isEmpty();
    }

    /** Spark's workers of one machine: clones of one configuration that start side by side. */
    @Test
    void workersThatAreClones() throws Exception {
        DataSet data = data(columns(3, 1));
        MultiLayerConfiguration conf =
                scheduled(ScheduleType.ITERATION).layers().getLayerWiseConfigurations();
        List<String> warnings =
                Warnings.of(
                        () -> {
                            for (int worker = 0; worker < 3; worker++) {
                                MultiLayerNetwork copy = new MultiLayerNetwork(conf.clone());
                                copy.init();
                                Thread thread = new Thread(Net.training(copy, data, 3));
                                thread.start();
                                try {
                                    thread.join();
                                } catch (InterruptedException e) {
                                    throw new IllegalStateException(e);
                                }
                            }
                        });
        assertThat(warnings).isEmpty();
        // but one that comes when another has got far is none
        ComputationGraph graph = scheduled(ScheduleType.ITERATION).graph();
        assertThat(
                        Warnings.of(
                                () -> {
                                    fit(graph, data, 21);
                                    Thread other = new Thread(() -> fit(graph.clone(), data, 1));
                                    other.start();
                                    try {
                                        other.join();
                                    } catch (InterruptedException e) {
                                        throw new IllegalStateException(e);
                                    }
                                }))
                .containsExactly(AGAIN);
    }

    /** A batch cut from a larger one: ND4J's last slice of such a view is empty. */
    @Test
    void views() {
        UnaryOperator<INDArray> cut =
                array ->
                        Nd4j.concat(0, array, array, array)
                                .get(
                                        NDArrayIndex.interval(1, 1 + N),
                                        NDArrayIndex.all(),
                                        NDArrayIndex.all(),
                                        NDArrayIndex.all());
        DataSet none = masked(cut.apply(columns(0, 0)), cut.apply(columns(8, 1)));
        assertThat(Warnings.of(new Net(bce()).training(none, 21))).containsExactly(NO_FOREGROUND);
        DataSet some = masked(cut.apply(columns(1, 1)), cut.apply(columns(8, 1)));
        assertThat(Warnings.of(new Net(bce()).training(some, 21))).isEmpty();
    }

    /** As SparkComputationGraph does it: a new copy for each step, which asks for 0 and 0. */
    @Test
    void timeThatStandsStill() {
        DataSet data = data(columns(3, 1));
        ComputationGraphConfiguration conf = scheduled(ScheduleType.ITERATION).graphConfiguration();
        int many = Math.max(20, 2 * Runtime.getRuntime().availableProcessors()) + 1;
        Runnable steps =
                () -> {
                    for (int i = 0; i < many; i++) {
                        ComputationGraph copy = new ComputationGraph(throughJava(conf));
                        copy.init();
                        copy.fit(data);
                    }
                };
        assertThat(Warnings.of(steps)).containsExactly(AGAIN);
        assertThat(Warnings.more(steps)).isEmpty();
    }

    @Test
    void longEpochs() {
        DataSet data = data(columns(3, 1));
        for (ScheduleType type : ScheduleType.values()) {
            MultiLayerNetwork net = scheduled(type).layers();
            net.setIterationCount(998);
            List<String> warnings = Warnings.of(Net.training(net, data, 2));
            assertThat(warnings).isEmpty();
            warnings = Warnings.more(Net.training(net, data, 2));
            if (type == ScheduleType.ITERATION) {
                assertThat(warnings).isEmpty();
            } else {
                assertThat(warnings)
                        .containsExactly(
                                "in layer \"out\": iteration 1000 is still in epoch 0, and a"
                                        + " weight follows a schedule of epochs. "
                                        + RESTARTS
                                        + ". Let the schedule follow iterations,"
                                        + " ScheduleType.ITERATION, or set the counts by"
                                        + " setEpochCount of the network's configuration. If an"
                                        + " epoch is that long, ignore this"
                                        + OFF);
            }
            net = scheduled(type).layers();
            net.setIterationCount(1500);
            net.setEpochCount(1);
            assertThat(Warnings.of(Net.training(net, data, 2))).isEmpty();
        }
    }
}
