package org.seglosses.dl4j.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.dl4j.LogOutput;
import org.seglosses.dl4j.LossCrossEntropy;
import org.seglosses.dl4j.LossSoftBce;
import org.seglosses.dl4j.evaluation.SegmentationEvaluation.Metric;
import org.seglosses.dl4j.layer.SegmentationLossLayer;

import java.util.List;

/** A task that is no task ends in a beautiful number, and it is said before the number. */
class RemarksTest {
    private static final float[] MASK = {0, 1, 1, 0, 0, 0, 1, 0};

    private static INDArray labels(double factor) {
        return Nd4j.createFromArray(MASK).reshape(1, 1, 2, 4).mul(factor);
    }

    /** Of a network that says background everywhere. */
    private static SegmentationEvaluation evaluated(Integer ignoreIndex, double factor) {
        SegmentationEvaluation.Builder builder = SegmentationEvaluation.builder(2);
        SegmentationEvaluation e =
                (ignoreIndex == null ? builder : builder.ignoreIndex(ignoreIndex)).build();
        e.eval(labels(factor), Nd4j.zeros(DataType.FLOAT, 1, 1, 2, 4));
        return e;
    }

    @Test
    void soundLabels() {
        SegmentationEvaluation e = evaluated(255, 1);
        assertThat(e.meanIou()).isEqualTo(5 / 8.0 / 2);
        assertThat(e.remarks()).isEmpty();
        assertThat(e.stats())
                .startsWith("Segmentation: 2 classes, 8 pixels, boundary tolerance 1\nclass");
        assertThat(e.absentClasses()).isEmpty();
        assertThat(e.classesInMeanIou()).isEqualTo(2);
        assertThat(e.ignoredShare()).isZero();
        assertThat(e.softPixels()).isZero();
        assertThat(e.isSoftBelowHalf()).isFalse();
        assertThat(e.pixels(0)).isEqualTo(5);
        assertThat(e.pixels(1)).isEqualTo(3);
    }

    @Test
    void masksOf255WithIgnoreIndex255() {
        SegmentationEvaluation e = evaluated(255, 255);
        assertThat(e.meanIou()).isEqualTo(1);
        assertThat(e.remarks())
                .containsExactly(
                        "no pixel in the truth: class 1",
                        "ignored: 3 pixels, 37.50 % of all",
                        "the truth is of one class only: is the foreground 255, as in masks of 0 and"
                                + " 255? then divide by 255 and set no ignoreIndex",
                        "mean IoU is over 1 class only: class 0");
        assertThat(e.stats())
                .startsWith(
                        "Segmentation: 2 classes, 5 pixels, boundary tolerance 1\n"
                                + String.join("\n", e.remarks())
                                + "\nclass ");
        assertThat(e.absentClasses()).containsExactly(1);
        assertThat(e.classesInMeanIou()).isEqualTo(1);
        assertThat(e.ignoredPixels()).isEqualTo(3);
        assertThat(e.ignoredShare()).isEqualTo(3 / 8.0);
    }

    @Test
    void masksOfOnesDividedBy255() {
        SegmentationEvaluation e = evaluated(null, 1 / 255.0);
        assertThat(e.meanIou()).isEqualTo(1);
        assertThat(e.remarks())
                .containsExactly(
                        "no pixel in the truth: class 1",
                        "labels are soft and none is above 0.5: were masks of 0 and 1 divided by 255"
                                + " once more?",
                        "mean IoU is over 1 class only: class 0");
        assertThat(e.softPixels()).isEqualTo(3);
        assertThat(e.isSoftBelowHalf()).isTrue();
        // one label above one half in the whole evaluation, and it is soft labels
        e.eval(
                Nd4j.createFromArray(new float[][][][] {{{{0.7f}}}}),
                Nd4j.zeros(DataType.FLOAT, 1, 1, 1, 1));
        assertThat(e.isSoftBelowHalf()).isFalse();
        assertThat(e.remarks()).isEmpty();
    }

    @Test
    void coloursByTheirRedChannel() {
        SegmentationEvaluation e = evaluated(null, 0);
        assertThat(e.meanIou()).isEqualTo(1);
        assertThat(e.remarks())
                .containsExactly(
                        "no pixel in the truth: class 1",
                        "the truth is of one class only: are the labels class indices, and not one"
                                + " channel of a colour picture?",
                        "mean IoU is over 1 class only: class 0");
    }

    @Test
    void softVectorsBelowHalf() {
        SegmentationEvaluation e =
                SegmentationEvaluation.builder(3).classNames("sea", "land", "ice").build();
        INDArray soft = Nd4j.createFromArray(0.4, 0.3, 0.3).reshape(1, 3, 1, 1);
        e.eval(soft, soft);
        assertThat(e.remarks())
                .containsExactly(
                        "no pixel in the truth: classes 1 (land), 2 (ice)",
                        "labels are soft and none is above 0.5: were masks of 0 and 1 divided by 255"
                                + " once more?",
                        "mean IoU is over 1 class only: class 0 (sea)");
        SegmentationEvaluation merged = e.newInstance();
        merged.merge(e);
        assertThat(merged.remarks()).isEqualTo(e.remarks());
        assertThat(SegmentationEvaluation.fromJson(e.toJson()).remarks()).isEqualTo(e.remarks());
        merged.reset();
        assertThat(merged.remarks()).isEmpty();
        assertThat(merged.softPixels()).isZero();
    }

    @Test
    void meanOverFewerClasses() {
        SegmentationEvaluation e =
                SegmentationEvaluation.builder(4).classNames("sea", "land", "ice", "fog").build();
        INDArray p = Nd4j.zeros(DataType.FLOAT, 1, 4, 1, 2);
        p.putScalar(new int[] {0, 0, 0, 0}, 1);
        p.putScalar(new int[] {0, 1, 0, 1}, 1);
        e.eval(Nd4j.createFromArray(new float[][][] {{{0, 1}}}), p);
        assertThat(e.meanIou()).isEqualTo(1);
        assertThat(e.remarks())
                .containsExactly(
                        "no pixel in the truth: classes 2 (ice), 3 (fog)",
                        "mean IoU is over 2 of 4 classes, without classes 2 (ice), 3 (fog)");
        assertThat(Remarks.alarms(e)).isEmpty();
        // absent from the truth, but predicted: its IoU is 0 and in the mean
        p.putScalar(new int[] {0, 2, 0, 1}, 2);
        e.eval(Nd4j.createFromArray(new float[][][] {{{0, 1}}}), p);
        assertThat(e.remarks())
                .containsExactly(
                        "no pixel in the truth: classes 2 (ice), 3 (fog)",
                        "mean IoU is over 3 of 4 classes, without class 3 (fog)");
        p.putScalar(new int[] {0, 3, 0, 1}, 3);
        e.eval(Nd4j.createFromArray(new float[][][] {{{0, 1}}}), p);
        assertThat(e.remarks()).containsExactly("no pixel in the truth: classes 2 (ice), 3 (fog)");
    }

    @Test
    void ignoredPixels() {
        SegmentationEvaluation e = SegmentationEvaluation.builder(2).ignoreIndex(9).build();
        INDArray p = Nd4j.zeros(DataType.FLOAT, 1, 1, 1, 5);
        e.eval(Nd4j.createFromArray(new float[][][] {{{0, 1, 9, 9, 9}}}), p);
        assertThat(e.remarks())
                .containsExactly(
                        "ignored: 3 pixels, 60.00 % of all, more than half: are ignoreIndex and label"
                                + " masks right?");
        e.reset();
        assertThat(e.ignoredShare()).isNaN();
        e.eval(Nd4j.createFromArray(new float[][][] {{{9, 9, 9, 9, 9}}}), p);
        assertThat(e.remarks()).containsExactly("all pixels were ignored: there is no mean");
        assertThat(e.ignoredShare()).isEqualTo(1);
    }

    /** Of a row of pixels, the first ones of zeros and the others of class 0 and 1 by turns. */
    private static INDArray vectors(int zeros, int pixels) {
        INDArray labels = Nd4j.zeros(DataType.FLOAT, 1, 2, 1, pixels);
        for (int i = zeros; i < pixels; i++) {
            labels.putScalar(new int[] {0, i % 2, 0, i}, 1);
        }
        return labels;
    }

    private static String zeroVectors(String percent) {
        return percent
                + " % of the pixels have a label vector of zeros and are ignored: is that the"
                + " background? give it a channel of its own";
    }

    /** One-hot labels whose background has no channel. */
    @Test
    void vectorsOfZeros() {
        SegmentationEvaluation e = new SegmentationEvaluation(2);
        e.eval(vectors(18, 85), vectors(0, 85));
        assertThat(e.meanIou()).isEqualTo(1);
        assertThat(e.remarks())
                .containsExactly("ignored: 18 pixels, 21.18 % of all", zeroVectors("21.18"));
        assertThat(e.stats()).contains("\n" + zeroVectors("21.18") + "\nclass ");
        assertThat(Remarks.alarms(e)).containsExactly(zeroVectors("21.18"));
        SegmentationEvaluation merged = e.newInstance();
        merged.merge(e);
        assertThat(merged).isEqualTo(e);
        merged.merge(e);
        assertThat(merged.remarks())
                .containsExactly("ignored: 36 pixels, 21.18 % of all", zeroVectors("21.18"));
        String json = e.toJson();
        assertThat(SegmentationEvaluation.fromJson(json)).isEqualTo(e);
        assertThat(SegmentationEvaluation.fromJson(json).remarks()).isEqualTo(e.remarks());
        // a text from before knows nothing of them
        String before = json.replaceAll(",\\s*\"zeroVectors\"\\s*:\\s*18", "");
        assertThat(before).doesNotContain("zeroVectors");
        assertThat(SegmentationEvaluation.fromJson(before).remarks())
                .containsExactly("ignored: 18 pixels, 21.18 % of all");
        assertThat(SegmentationEvaluation.fromJson(before)).isNotEqualTo(e);
        merged.reset();
        assertThat(merged).isEqualTo(e.newInstance());
        assertThat(merged.remarks()).isEmpty();
    }

    @Test
    void shareOfVectorsOfZeros() {
        SegmentationEvaluation e = new SegmentationEvaluation(2);
        e.eval(vectors(1, 101), vectors(0, 101));
        assertThat(e.remarks()).containsExactly("ignored: 1 pixels, 0.99 % of all");
        assertThat(Remarks.alarms(e)).isEmpty();
        e.reset();
        e.eval(vectors(1, 100), vectors(0, 100));
        assertThat(e.remarks()).last().isEqualTo(zeroVectors("1.00"));
        // more than half of all: one question, not two
        e.reset();
        e.eval(vectors(6, 10), vectors(0, 10));
        assertThat(e.remarks())
                .containsExactly("ignored: 6 pixels, 60.00 % of all", zeroVectors("60.00"));
        e.reset();
        e.eval(vectors(10, 10), vectors(0, 10));
        assertThat(e.remarks())
                .containsExactly(
                        "all pixels were ignored: there is no mean", zeroVectors("100.00"));
        // flat rows, and vectors of zeros that the mask leaves out
        e.reset();
        e.eval(
                Nd4j.createFromArray(new float[][] {{0, 0}, {1, 0}, {0, 1}, {0, 1}}),
                Nd4j.createFromArray(new float[][] {{1, 0}, {1, 0}, {0, 1}, {0, 1}}));
        assertThat(e.remarks()).last().isEqualTo(zeroVectors("25.00"));
        e.reset();
        INDArray mask = Nd4j.ones(DataType.FLOAT, 1, 1, 1, 10);
        mask.putScalar(new int[] {0, 0, 0, 0}, 0);
        mask.putScalar(new int[] {0, 0, 0, 9}, 0);
        e.eval(vectors(1, 10), vectors(0, 10), mask);
        assertThat(e.remarks()).containsExactly("ignored: 2 pixels, 20.00 % of all");
        e.reset();
        e.eval(vectors(2, 10), vectors(0, 10), mask);
        assertThat(e.remarks())
                .containsExactly("ignored: 3 pixels, 30.00 % of all", zeroVectors("12.50"));
    }

    /** A row of pixels; -1 is ignored. */
    private static SegmentationEvaluation ofLogits(float... predictions) {
        SegmentationEvaluation e =
                SegmentationEvaluation.builder(2).logits().ignoreIndex(-1).build();
        e.eval(
                Nd4j.createFromArray(new float[] {0, 1, 0, -1}).reshape(1, 1, 1, 4),
                Nd4j.createFromArray(predictions).reshape(1, 1, 1, 4));
        return e;
    }

    @Test
    void probabilitiesSaidToBeLogits() {
        String ignored = "ignored: 1 pixels, 25.00 % of all";
        String remark =
                "all predictions are from 0 to 1, though .logits() was said: are they probabilities?"
                        + " then leave .logits() out, or take SegmentationEvaluation.of(network)";
        // as logits all of them are foreground; what is ignored may be anything
        SegmentationEvaluation e = ofLogits(0.1f, 0.9f, 0.3f, 7);
        assertThat(e.meanIou()).isEqualTo(1 / 3.0 / 2);
        assertThat(e.remarks()).containsExactly(ignored, remark);
        assertThat(Remarks.alarms(e)).containsExactly(remark);
        assertThat(e.stats()).contains("\n" + remark + "\nclass ");
        assertThat(ofLogits(0, 1, 1, -9).remarks()).containsExactly(ignored, remark);
        for (SegmentationEvaluation sound :
                List.of(
                        ofLogits(-0.1f, 0.9f, 0.3f, 0.5f),
                        ofLogits(0.1f, 1.1f, 0.3f, 0.5f),
                        ofLogits(-3, 4, -2, 0.5f))) {
            assertThat(sound.remarks()).containsExactly(ignored);
        }
        // one of them outside is enough
        SegmentationEvaluation merged = e.newInstance();
        merged.merge(e);
        assertThat(merged).isEqualTo(e);
        merged.merge(ofLogits(0.1f, 1.1f, 0.3f, 0.5f));
        assertThat(merged.remarks()).containsExactly("ignored: 2 pixels, 25.00 % of all");
        String json = e.toJson();
        assertThat(SegmentationEvaluation.fromJson(json)).isEqualTo(e);
        assertThat(SegmentationEvaluation.fromJson(json).remarks()).isEqualTo(e.remarks());
        // a text from before knows nothing of them
        String before = json.replaceAll(",\\s*\"logitsLikeProbabilities\"\\s*:\\s*3", "");
        assertThat(before).doesNotContain("logitsLikeProbabilities");
        assertThat(SegmentationEvaluation.fromJson(before).remarks()).containsExactly(ignored);
        e.reset();
        assertThat(e).isEqualTo(e.newInstance());
        assertThat(e.remarks()).isEmpty();
    }

    /** Of one channel without .logits(), and of several with it, probabilities are right. */
    @Test
    void probabilitiesThatMayBe() {
        SegmentationEvaluation one = new SegmentationEvaluation(2);
        one.eval(
                Nd4j.createFromArray(new float[][][] {{{0, 1}}}),
                Nd4j.createFromArray(new float[] {0.1f, 0.9f}).reshape(1, 1, 1, 2));
        assertThat(one.remarks()).isEmpty();
        SegmentationEvaluation two = SegmentationEvaluation.builder(2).logits().build();
        two.eval(vectors(0, 4), vectors(0, 4));
        assertThat(two.remarks()).isEmpty();
    }

    /** Nobody reads stats() of an early stopping. */
    @Test
    void theScoreCalculatorWarnsOnce() {
        MultiLayerNetwork net =
                new MultiLayerNetwork(
                        new NeuralNetConfiguration.Builder()
                                .seed(1)
                                .list()
                                .layer(
                                        new ConvolutionLayer.Builder(1, 1)
                                                .nOut(1)
                                                .activation(Activation.IDENTITY)
                                                .build())
                                .layer(
                                        new SegmentationLossLayer.Builder(
                                                        LossSoftBce.builder()
                                                                .ignoreIndex(255)
                                                                .build())
                                                .activation(Activation.SIGMOID)
                                                .build())
                                .setInputType(InputType.convolutional(2, 4, 1))
                                .build());
        net.init();
        net.params().assign(0);
        net.params().putScalar(0, -1); // the bias
        assertThat(warnings(net, 1)).isEmpty();
        assertThat(warnings(net, 255))
                .containsExactly(
                        "MEAN_IOU = 1.0: the truth is of one class only: is the foreground 255, as in"
                                + " masks of 0 and 255? then divide by 255 and set no ignoreIndex",
                        "MEAN_IOU = 1.0: mean IoU is over 1 class only: class 0");
    }

    /** Also of what has a sound number of classes. */
    @Test
    void theScoreCalculatorWarnsOfVectorsOfZeros() {
        MultiLayerNetwork net =
                new MultiLayerNetwork(
                        new NeuralNetConfiguration.Builder()
                                .seed(1)
                                .list()
                                .layer(
                                        new ConvolutionLayer.Builder(1, 1)
                                                .nOut(2)
                                                .activation(Activation.IDENTITY)
                                                .build())
                                .layer(
                                        new SegmentationLossLayer.Builder(
                                                        LossCrossEntropy.builder().build())
                                                .activation(Activation.SOFTMAX)
                                                .build())
                                .setInputType(InputType.convolutional(1, 10, 2))
                                .build());
        net.init();
        // the features are the labels: the weights make them logits
        net.params().assign(0);
        net.getLayer(0).getParam("W").putScalar(new int[] {0, 0, 0, 0}, 1);
        net.getLayer(0).getParam("W").putScalar(new int[] {1, 1, 0, 0}, 1);
        for (int zeros : new int[] {0, 2}) {
            SegmentationScoreCalculator calculator =
                    new SegmentationScoreCalculator(
                            Metric.MEAN_IOU,
                            new ExistingDataSetIterator(
                                    List.of(new DataSet(vectors(0, 10), vectors(zeros, 10)))));
            List<String> warnings =
                    LogOutput.warnings(
                            SegmentationScoreCalculator.class,
                            () -> assertThat(calculator.calculateScore(net)).isEqualTo(1));
            if (zeros == 0) {
                assertThat(warnings).isEmpty();
            } else {
                assertThat(warnings).containsExactly("MEAN_IOU = 1.0: " + zeroVectors("20.00"));
            }
        }
    }

    private static List<String> warnings(MultiLayerNetwork net, double factor) {
        SegmentationScoreCalculator calculator =
                new SegmentationScoreCalculator(
                        Metric.MEAN_IOU,
                        new ExistingDataSetIterator(
                                List.of(
                                        new DataSet(
                                                Nd4j.ones(DataType.FLOAT, 1, 1, 2, 4),
                                                labels(factor)))));
        return LogOutput.warnings(
                SegmentationScoreCalculator.class,
                () -> {
                    calculator.calculateScore(net);
                    calculator.calculateScore(net);
                });
    }
}
