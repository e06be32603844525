package org.seglosses.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.seglosses.dl4j.layer.SegmentationLossLayer;
import org.seglosses.samediff.loss.CrossEntropy;
import org.seglosses.samediff.loss.Dice;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What is said to those who took the wrong thing: what it is, and what to write instead. */
class SentencesTest {

    private static void assertRefused(ThrowingCallable call, String sentence) {
        assertThatThrownBy(call)
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage(sentence);
    }

    private static INDArray zeros(long... shape) {
        return Nd4j.zeros(DataType.FLOAT, shape);
    }

    private static double score(SegmentationLossFunction<?> loss, Activation activation, int c) {
        return loss.computeScore(
                zeros(2, 1, 8, 8),
                zeros(2, c, 8, 8),
                activation.getActivationFunction(),
                null,
                true);
    }

    /** Nobody has named a mode: what told it, and what to write. */
    @Test
    void modes() {
        String one =
                "write nOut(2) and Activation.SOFTMAX, or take a loss for 1 channel, as LossSoftBce"
                        + " with Activation.SIGMOID";
        LossCrossEntropy ce = LossCrossEntropy.builder().build();
        assertRefused(
                () -> score(ce, Activation.IDENTITY, 1),
                "mode must be MULTICLASS for LossCrossEntropy, got BINARY, which activation identity"
                        + " with 1 channel means (preOutput [2, 1, 8, 8]); "
                        + one);
        assertRefused(
                () -> score(ce, Activation.SIGMOID, 1),
                "mode must be MULTICLASS for LossCrossEntropy, got BINARY, which activation sigmoid"
                        + " with 1 channel means (preOutput [2, 1, 8, 8]); "
                        + one);
        assertRefused(
                () -> score(ce, Activation.SIGMOID, 3),
                "mode must be MULTICLASS for LossCrossEntropy, got MULTILABEL, which activation"
                        + " sigmoid with 3 channels means (preOutput [2, 3, 8, 8]); write"
                        + " Activation.SOFTMAX, if each pixel has one class, or take a loss for"
                        + " channels that are each a yes or no, as LossSoftBce");
        assertRefused(
                () -> score(ce, Activation.SOFTMAX, 1),
                "logits must have at least 2 channels in mode MULTICLASS, got [2, 1, 8, 8]: the"
                        + " softmax of 1 channel is always 1");
        LossSoftBce bce = LossSoftBce.builder().build();
        for (Activation each : new Activation[] {Activation.IDENTITY, Activation.SOFTMAX}) {
            assertRefused(
                    () -> score(bce, each, 3),
                    "mode must be BINARY or MULTILABEL for LossSoftBce, got MULTICLASS, which"
                            + " activation "
                            + each.getActivationFunction()
                            + " with 3 channels means (preOutput [2, 3, 8, 8]); write"
                            + " Activation.SIGMOID, if each channel is a yes or no, or take a loss"
                            + " for classes, as LossCrossEntropy");
        }
        LossMcc mcc = LossMcc.builder().build();
        assertRefused(
                () -> score(mcc, Activation.IDENTITY, 3),
                "mode must be BINARY for LossMcc, got MULTICLASS, which activation identity with 3"
                        + " channels means (preOutput [2, 3, 8, 8]); write nOut(1) and"
                        + " Activation.SIGMOID, or take a loss for classes, as LossCrossEntropy");
        assertRefused(
                () -> score(mcc, Activation.SIGMOID, 3),
                "mode must be BINARY for LossMcc, got MULTILABEL, which activation sigmoid with 3"
                        + " channels means (preOutput [2, 3, 8, 8]); write nOut(1), or take a loss"
                        + " for channels that are each a yes or no, as LossSoftBce");
        LossCombined sum =
                LossCombined.builder()
                        .add(1, Dice.builder().build())
                        .add(
                                1,
                                LossCombined.builder()
                                        .add(1, CrossEntropy.builder().build())
                                        .build())
                        .build();
        assertRefused(
                () -> score(sum, Activation.IDENTITY, 1),
                "mode must be MULTICLASS for LossCombined (term 2.1, CrossEntropy), got BINARY,"
                        + " which activation identity with 1 channel means (preOutput [2, 1, 8, 8]);"
                        + " "
                        + one);
        // what is defined goes on, and the advice works
        assertThat(score(ce, Activation.SOFTMAX, 2)).isCloseTo(Math.log(2), within(1e-7));
        assertThat(score(bce, Activation.SIGMOID, 1)).isCloseTo(Math.log(2), within(1e-7));
    }

    private static MultiLayerNetwork network(CNN2DFormat format, Layer... layers) {
        var builder =
                new NeuralNetConfiguration.Builder()
                        .convolutionMode(ConvolutionMode.Same)
                        .list()
                        .layer(
                                new ConvolutionLayer.Builder(1, 1)
                                        .nOut(3)
                                        .activation(Activation.IDENTITY)
                                        .dataFormat(format)
                                        .build());
        for (Layer each : layers) {
            builder.layer(each);
        }
        MultiLayerNetwork net =
                new MultiLayerNetwork(
                        builder.setInputType(InputType.convolutional(4, 6, 2, format)).build());
        net.init();
        return net;
    }

    private static SegmentationLossLayer output() {
        return new SegmentationLossLayer.Builder(LossCrossEntropy.builder().build())
                .name("out")
                .activation(Activation.SOFTMAX)
                .build();
    }

    /** DL4J flattens what a convolution puts out before its OutputLayer. */
    @Test
    void labelsOfImagesForRows() {
        LossCrossEntropy ce = LossCrossEntropy.builder().build();
        MultiLayerNetwork dense =
                network(
                        CNN2DFormat.NCHW,
                        new OutputLayer.Builder(ce).nOut(3).activation(Activation.SOFTMAX).build());
        assertRefused(
                () -> dense.fit(new DataSet(zeros(2, 2, 4, 6), zeros(2, 1, 4, 6))),
                "labels must be rows [R,C], [R,1] or [R] for preOutput [2, 3] (R,C), got [2, 1, 4,"
                        + " 6], which is of images: DL4J's OutputLayer makes rows of a convolution's"
                        + " output; use SegmentationLossLayer instead");
        MultiLayerNetwork rows =
                network(
                        CNN2DFormat.NCHW,
                        new OutputLayer.Builder(LossBoundary.builder().build())
                                .nOut(3)
                                .activation(Activation.SOFTMAX)
                                .build());
        assertRefused(
                () -> rows.fit(new DataSet(zeros(2, 2, 4, 6), zeros(2, 3))),
                "imageSize must be set on LossBoundary for flat rows [2, 3]: it needs to know which"
                        + " pixels are one image (time series have none); use SegmentationLossLayer"
                        + " instead of the output layer, or call imageSize(h, w)");
    }

    private static String message(ThrowingCallable call) {
        Throwable thrown = catchThrowable(call);
        assertThat(thrown).isExactlyInstanceOf(IllegalArgumentException.class);
        return thrown.getMessage();
    }

    @Test
    void channelsFirstWhereTheyAreToBeLast() {
        MultiLayerNetwork last = layerAlone();
        for (INDArray labels : List.of(zeros(2, 4, 6), zeros(2, 1, 4, 6))) {
            assertThat(message(() -> last.score(new DataSet(zeros(2, 3, 4, 6), labels))))
                    .endsWith(
                            "; input and labels fit as NCHW: write .format(CNN2DFormat.NCHW) on"
                                    + " SegmentationLossLayer.Builder, or"
                                    + " InputType.convolutional(height, width, channels,"
                                    + " CNN2DFormat.NCHW) on the network");
        }
        // another fault, and nothing is said of formats
        assertThat(message(() -> last.score(new DataSet(zeros(2, 4, 6, 3), zeros(2, 5, 6)))))
                .doesNotContain("NCHW: write");
        INDArray seven = zeros(2, 4, 6).addi(7);
        assertThat(message(() -> last.score(new DataSet(zeros(2, 4, 6, 3), seven))))
                .doesNotContain("NCHW: write");
    }

    /** The output layer behind what leaves the shape alone, whatever it is. */
    private static MultiLayerNetwork layerAlone() {
        MultiLayerNetwork net =
                new MultiLayerNetwork(
                        new NeuralNetConfiguration.Builder()
                                .list()
                                .layer(
                                        new ActivationLayer.Builder()
                                                .activation(Activation.IDENTITY)
                                                .build())
                                .layer(
                                        new SegmentationLossLayer.Builder(
                                                        LossCrossEntropy.builder().build())
                                                .name("out")
                                                .activation(Activation.SOFTMAX)
                                                .format(CNN2DFormat.NHWC)
                                                .build())
                                .build());
        net.init();
        return net;
    }

    /** Pooling makes a features mask smaller, and DL4J hands it on to the output. */
    @Test
    void featuresMasks() {
        for (CNN2DFormat format : CNN2DFormat.values()) {
            boolean last = format == CNN2DFormat.NHWC;
            MultiLayerNetwork net =
                    network(
                            format,
                            new SubsamplingLayer.Builder()
                                    .kernelSize(2, 2)
                                    .stride(2, 2)
                                    .dataFormat(format)
                                    .build(),
                            new Upsampling2D.Builder(2).dataFormat(format).build(),
                            output());
            INDArray features = last ? zeros(2, 4, 6, 2) : zeros(2, 2, 4, 6);
            INDArray mask = Nd4j.ones(DataType.FLOAT, 2, 1, 4, 6);
            DataSet ofFeatures = new DataSet(features, zeros(2, 4, 6), mask, null);
            if (!last) {
                assertThat(message(() -> net.fit(ofFeatures)))
                        .startsWith("in layer \"out\": mask must be")
                        .endsWith(
                                "got mask [2, 1, 2, 3]; this is the features mask, which DL4J hands"
                                        + " on to the output where there is no label mask, and which"
                                        + " pooling has made smaller: give the DataSet a label mask"
                                        + " [N,1,H,W], or no features mask");
            }
            DataSet ofLabels = new DataSet(features, zeros(2, 4, 6), null, zeros(2, 1, 3, 3));
            assertThat(message(() -> net.fit(ofLabels)))
                    .contains("mask must be")
                    .doesNotContain("features mask");
        }
    }

    private static final ISchedule SCHEDULE =
            new MapSchedule.Builder(ScheduleType.EPOCH).add(0, 0.5).build();

    @Test
    void explanationsOfSchedules() {
        LossCombined sum =
                LossCombined.builder()
                        .add(1, CrossEntropy.builder().build())
                        .add(SCHEDULE, Dice.builder().build())
                        .build();
        INDArray labels = zeros(2, 1, 8, 8);
        INDArray logits = zeros(2, 3, 8, 8).addi(-1);
        var softmax = Activation.SOFTMAX.getActivationFunction();
        assertRefused(
                () -> sum.explain(labels, logits, softmax, null),
                "time must be given to explain LossCombined, since the weight of Dice follows "
                        + SCHEDULE
                        + ", got null: call explain(labels, preOutput, activation, mask, new"
                        + " TrainingTime(iteration, epoch)), or SegmentationHead.explain(network,"
                        + " dataSet), which takes the time from the network");
        assertThat(sum.explain(labels, logits, softmax, null, new TrainingTime(0, 0)).components())
                .hasSize(2);
        assertRefused(
                () -> sum.computeScore(labels, logits, softmax, null, false),
                "weight must be a constant for LossCombined in this layer or call, got "
                        + SCHEDULE
                        + " for Dice: DL4J tells a loss neither iteration nor epoch; use"
                        + " SegmentationLossLayer instead of the output layer, or give the call a"
                        + " TrainingTime");
    }

    private static List<String> warnings(Runnable call) {
        PrintStream before = System.err;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            call.run();
        } finally {
            System.setErr(before);
        }
        String mark = "WARN org.seglosses.dl4j.SegmentationLossFunction - ";
        return bytes.toString(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.contains(mark))
                .map(line -> line.substring(line.indexOf(mark) + mark.length()))
                .toList();
    }

    /** What a network puts out is not what explain takes. */
    @Test
    void explanationsOfProbabilities() {
        String rest =
                " puts out, and explain takes what stands before it."
                        + " SegmentationHead.explain(network, dataSet) takes that from the network;"
                        + " if this is said of its call, a layer before the loss has an activation,"
                        + " which SegmentationHead.check(network) names";
        INDArray labels = zeros(2, 1, 8, 8);
        INDArray thirds = zeros(2, 3, 8, 8).addi(1 / 3f);
        INDArray half = zeros(2, 1, 8, 8).addi(0.5);
        Runnable softmax =
                () ->
                        LossCrossEntropy.builder()
                                .build()
                                .explain(
                                        labels,
                                        thirds,
                                        Activation.SOFTMAX.getActivationFunction(),
                                        null);
        Runnable sigmoid =
                () ->
                        LossSoftBce.builder()
                                .build()
                                .explain(
                                        labels,
                                        half,
                                        Activation.SIGMOID.getActivationFunction(),
                                        null);
        ExplainedProbabilities.forget();
        assertThat(warnings(softmax))
                .containsExactly(
                        "what LossCrossEntropy is to explain is between 0 and 1 and sums to 1 over"
                                + " the channels: it looks like what activation softmax"
                                + rest);
        assertThat(warnings(sigmoid))
                .containsExactly(
                        "what LossSoftBce is to explain is between 0 and 1: it looks like what"
                                + " activation sigmoid"
                                + rest);
        assertThat(warnings(softmax)).isEmpty();
        assertThat(warnings(sigmoid)).isEmpty();
        ExplainedProbabilities.forget();
        // between 0 and 1, but no softmax; below 0; logits that the network puts out as they are
        for (Runnable sound :
                List.<Runnable>of(
                        () -> explain(Activation.SOFTMAX, zeros(2, 3, 8, 8).addi(0.5)),
                        () -> explain(Activation.SOFTMAX, thirds.neg()),
                        () -> explain(Activation.IDENTITY, thirds))) {
            assertThat(warnings(sound)).isEmpty();
        }
    }

    private static void explain(Activation activation, INDArray logits) {
        LossCrossEntropy.builder()
                .build()
                .explain(zeros(2, 1, 8, 8), logits, activation.getActivationFunction(), null);
    }
}
