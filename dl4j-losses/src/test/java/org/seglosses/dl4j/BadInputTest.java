package org.seglosses.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.schedule.FixedSchedule;
import org.seglosses.dl4j.layer.SegmentationLossLayer;
import org.seglosses.samediff.loss.CrossEntropy;
import org.seglosses.samediff.loss.Focal;
import org.seglosses.samediff.loss.LovaszHinge;
import org.seglosses.samediff.loss.LovaszSoftmax;
import org.seglosses.samediff.loss.Mode;
import org.seglosses.samediff.loss.SegmentationLoss;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The table of bad inputs: each is one {@code IllegalArgumentException} whose message names the
 * parameter and what was wrong with it, and nothing of the caller's is written to.
 */
class BadInputTest {

    private static final int N = Sample.IMAGES;
    private static final int C = 3;
    private static final int H = Sample.HEIGHT;
    private static final int W = Sample.WIDTH;

    private static final SegmentationLossFunction<?> CROSS_ENTROPY =
            LossCrossEntropy.builder().build();
    private static final SegmentationLossFunction<?> OHEM =
            LossOhemCrossEntropy.builder().minKept(5).build();
    private static final SegmentationLossFunction<?> LOVASZ = LossLovaszSoftmax.builder().build();
    private static final SegmentationLossFunction<?> HINGE = LossLovaszHinge.builder().build();
    private static final SegmentationLossFunction<?> BOUNDARY = LossBoundary.builder().build();
    private static final SegmentationLossFunction<?> DICE = LossDice.builder().build();
    private static final SegmentationLossFunction<?> FOCAL = LossFocal.builder().build();
    private static final SegmentationLossFunction<?> POLY1 =
            LossPoly1CrossEntropy.builder().build();
    private static final SegmentationLossFunction<?> GENERALIZED_DICE =
            LossGeneralizedDice.builder().build();
    private static final SegmentationLossFunction<?> ACTIVE_CONTOUR =
            LossActiveContour.builder().build();
    private static final SegmentationLossFunction<?> DUO = LossDuo.builder().build();
    private static final SegmentationLossFunction<?> MCC = LossMcc.builder().build();
    private static final SegmentationLossFunction<?> SOFT_BCE = LossSoftBce.builder().build();
    private static final SegmentationLossFunction<?> BCE_DICE = LossBceDice.builder().build();
    private static final SegmentationLossFunction<?> COMBINED =
            LossCombined.builder().add(1, CROSS_ENTROPY).add(1, BOUNDARY).build();

    private record Bad(String what, ThrowingCallable call, String... message) {

        @Override
        public String toString() {
            return what;
        }
    }

    static List<Bad> parameters() {
        List<Bad> table = new ArrayList<>();
        for (double smoothing : new double[] {-0.1, 1.5, Double.NaN}) {
            add(
                    table,
                    "smoothing " + smoothing,
                    () -> LossCrossEntropy.builder().smoothing(smoothing).build(),
                    "smoothing",
                    "[0,1]",
                    "" + smoothing);
        }
        for (double weight : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
            String[] message = {"classWeights", "not negative", "[1.0, " + weight + "]"};
            add(
                    table,
                    "cross entropy class weight " + weight,
                    () -> LossCrossEntropy.builder().classWeights(1, weight).build(),
                    message);
            add(
                    table,
                    "OHEM class weight " + weight,
                    () -> LossOhemCrossEntropy.builder().classWeights(1, weight).build(),
                    message);
            add(
                    table,
                    "Lovász class weight " + weight,
                    () -> LossLovaszSoftmax.builder().classWeights(1, weight).build(),
                    message);
            add(
                    table,
                    "combined weight " + weight,
                    () -> LossCombined.builder().add(weight, CROSS_ENTROPY).build(),
                    "weight",
                    "not negative",
                    "" + weight);
        }
        add(
                table,
                "cross entropy class weights null",
                () -> LossCrossEntropy.builder().classWeights((double[]) null).build(),
                "classWeights",
                "null");
        add(
                table,
                "normalizeBy null",
                () -> LossCrossEntropy.builder().normalizeBy(null).build(),
                "normalizeBy",
                "null");
        for (double thresh : new double[] {-0.1, 1.1, Double.NaN}) {
            add(
                    table,
                    "thresh " + thresh,
                    () -> LossOhemCrossEntropy.builder().thresh(thresh).build(),
                    "thresh",
                    "[0,1]",
                    "" + thresh);
        }
        add(
                table,
                "minKept -1",
                () -> LossOhemCrossEntropy.builder().minKept(-1).build(),
                "minKept",
                "-1");
        add(
                table,
                "Lovász absentClass null",
                () -> LossLovaszSoftmax.builder().absentClass(null).build(),
                "absentClass",
                "null");
        add(
                table,
                "classes negative",
                () -> LossLovaszSoftmax.builder().classes(0, -2).build(),
                "classes",
                "[0, -2]");
        add(
                table,
                "classes twice",
                () -> LossLovaszSoftmax.builder().classes(1, 1).build(),
                "classes",
                "[1, 1]");
        add(
                table,
                "classes null",
                () -> LossLovaszSoftmax.builder().classes((int[]) null).build(),
                "classes",
                "null");
        add(
                table,
                "Lovász MULTILABEL",
                () -> LossLovaszSoftmax.builder().mode(Mode.MULTILABEL).build(),
                "mode",
                "MULTILABEL");
        add(
                table,
                "hinge MULTICLASS",
                () -> LossLovaszHinge.builder().mode(Mode.MULTICLASS).build(),
                "mode",
                "MULTICLASS");
        for (int theta : new int[] {4, 2, 1, 0, -3}) {
            add(
                    table,
                    "theta0 " + theta,
                    () -> LossBoundary.builder().theta0(theta).build(),
                    "theta0",
                    "odd",
                    "" + theta);
            add(
                    table,
                    "theta " + theta,
                    () -> LossBoundary.builder().theta(theta).build(),
                    "theta ",
                    "odd",
                    "" + theta);
        }
        add(
                table,
                "boundary absentClass null",
                () -> LossBoundary.builder().absentClass(null).build(),
                "absentClass",
                "null");
        add(
                table,
                "boundary MULTILABEL",
                () -> LossBoundary.builder().mode(Mode.MULTILABEL).build(),
                "mode",
                "MULTILABEL");
        regionParameters(table);
        focalParameters(table);
        add(table, "combined of nothing", () -> LossCombined.builder().build(), "terms", "[]");
        add(
                table,
                "combined null",
                () -> LossCombined.builder().add(1, (SegmentationLoss) null),
                "loss",
                "null");
        add(
                table,
                "combined null function",
                () -> LossCombined.builder().add(1, (SegmentationLossFunction<?>) null),
                "loss",
                "null");
        add(
                table,
                "combined without a common mode",
                () ->
                        LossCombined.builder()
                                .add(1, CrossEntropy.builder().build())
                                .add(1, LovaszHinge.builder().build())
                                .build(),
                "terms",
                "mode",
                "LovaszHinge");
        add(
                table,
                "combined of different named modes",
                () ->
                        LossCombined.builder()
                                .add(1, LovaszHinge.builder().mode(Mode.BINARY).build())
                                .add(1, LovaszHinge.builder().mode(Mode.MULTILABEL).build())
                                .build(),
                "terms",
                "mode",
                "BINARY",
                "MULTILABEL");
        add(
                table,
                "image size of a component",
                () -> LossCombined.builder().add(1, CROSS_ENTROPY.imageSize(6, 7)),
                "imageSize",
                "6 x 7");
        add(table, "definition null", () -> new LossBoundary(null), "definition", "null");
        for (Losses loss : Losses.values()) {
            for (int[] size : new int[][] {{0, 7}, {6, 0}, {-6, 7}}) {
                add(
                        table,
                        loss + " imageSize " + size[0] + " x " + size[1],
                        () -> loss.function().imageSize(size[0], size[1]),
                        "imageSize",
                        size[0] + " x " + size[1]);
            }
        }
        add(table, "layer null", () -> new SegmentationLossLayer.Builder(null), "lossFn", "null");
        add(
                table,
                "layer with a stock loss",
                () -> new SegmentationLossLayer.Builder(new LossMCXENT()),
                "lossFn",
                "LossMCXENT");
        add(
                table,
                "layer set to a stock loss",
                () -> layer().setLossFn(new LossMCXENT()),
                "lossFn",
                "LossMCXENT");
        add(
                table,
                "layer's loss set to null by the builder",
                () -> {
                    var builder = new SegmentationLossLayer.Builder(BOUNDARY);
                    builder.setLossFn(null);
                    builder.build();
                },
                "lossFn",
                "null");
        add(
                table,
                "layer format null",
                () -> new SegmentationLossLayer.Builder(BOUNDARY).format(null),
                "format",
                "null");
        add(table, "layer set to format null", () -> layer().setFormat(null), "format", "null");
        return table;
    }

    private static void regionParameters(List<Bad> table) {
        for (double bad : new double[] {-0.5, Double.NaN, Double.POSITIVE_INFINITY}) {
            String got = "" + bad;
            add(
                    table,
                    "smooth " + bad,
                    () -> LossDice.builder().smooth(bad).build(),
                    "smooth",
                    got);
            add(
                    table,
                    "smoothDenominator " + bad,
                    () -> LossJaccard.builder().smoothDenominator(bad).build(),
                    "smoothDenominator",
                    got);
            add(table, "eps " + bad, () -> LossDice.builder().eps(bad).build(), "eps", got);
            add(table, "MCC eps " + bad, () -> LossMcc.builder().eps(bad).build(), "eps", got);
            add(
                    table,
                    "alpha " + bad,
                    () -> LossTversky.builder().alpha(bad).build(),
                    "alpha",
                    got);
            add(table, "beta " + bad, () -> LossTversky.builder().beta(bad).build(), "beta", got);
            add(
                    table,
                    "gamma " + bad,
                    () -> LossTversky.builder().gamma(bad).build(),
                    "gamma",
                    got);
            add(
                    table,
                    "generalized smooth " + bad,
                    () -> LossGeneralizedDice.builder().smooth(bad).build(),
                    "smooth",
                    got);
            add(
                    table,
                    "contour weight " + bad,
                    () -> LossActiveContour.builder().weight(bad).build(),
                    "weight",
                    got);
        }
        add(
                table,
                "eps 0",
                () -> LossDice.builder().eps(0).build(),
                "eps",
                "between 1e-10 and 1e10",
                "0.0");
        add(
                table,
                "gamma 0",
                () -> LossTversky.builder().gamma(0).build(),
                "gamma",
                "between 1e-10 and 10");
        add(
                table,
                "generalized smooth 0",
                () -> LossGeneralizedDice.builder().smooth(0).build(),
                "smooth",
                "between 1e-10 and 1e10",
                "0.0");
        add(
                table,
                "generalized BINARY",
                () -> LossGeneralizedDice.builder().mode(Mode.BINARY).build(),
                "mode",
                "BINARY");
        add(
                table,
                "weighting null",
                () -> LossGeneralizedDice.builder().weighting(null).build(),
                "weighting",
                "null");
        add(
                table,
                "Dice absentClass null",
                () -> LossDice.builder().absentClass(null).build(),
                "absentClass",
                "null");
        add(
                table,
                "Dice classes twice",
                () -> LossDice.builder().classes(1, 1).build(),
                "classes",
                "[1, 1]");
    }

    private static void focalParameters(List<Bad> table) {
        for (double bad : new double[] {-0.5, Double.NaN}) {
            String got = "" + bad;
            add(table, "focal gamma " + bad, () -> LossFocal.builder().gamma(bad).build(), "gamma");
            add(
                    table,
                    "focal alpha " + bad,
                    () -> LossFocal.builder().alpha(bad).build(),
                    "alpha",
                    "[0,1]",
                    got);
            add(
                    table,
                    "reducedThreshold " + bad,
                    () -> LossFocal.builder().reducedThreshold(bad).build(),
                    "reducedThreshold",
                    got);
            add(
                    table,
                    "epsilon " + bad,
                    () -> LossPoly1CrossEntropy.builder().epsilon(bad).build(),
                    "epsilon",
                    got);
            add(
                    table,
                    "BCE smoothing " + bad,
                    () -> LossSoftBce.builder().smoothing(bad).build(),
                    "smoothing",
                    got);
            add(
                    table,
                    "posWeight " + bad,
                    () -> LossSoftBce.builder().posWeight(bad).build(),
                    "posWeight",
                    got);
        }
        add(
                table,
                "AGGREGATE, normalized",
                () -> LossFocal.gdl().normalized(true).build(),
                "normalized",
                "AGGREGATE");
        add(
                table,
                "SOFTMAX, BINARY",
                () -> LossFocal.builder().form(Focal.Form.SOFTMAX).mode(Mode.BINARY).build(),
                "mode",
                "SOFTMAX",
                "BINARY");
        add(table, "form null", () -> LossFocal.builder().form(null).build(), "form", "null");
        add(
                table,
                "BCE MULTICLASS",
                () -> LossSoftBce.builder().mode(Mode.MULTICLASS).build(),
                "mode",
                "MULTICLASS");
    }

    private static SegmentationLossLayer layer() {
        return new SegmentationLossLayer.Builder(BOUNDARY).format(CNN2DFormat.NHWC).build();
    }

    private static void add(
            List<Bad> table, String what, ThrowingCallable call, String... message) {
        table.add(new Bad(what, call, message));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("parameters")
    void parameter(Bad bad) {
        assertRefused(bad.call, bad.message);
    }

    private static void assertRefused(ThrowingCallable call, String... message) {
        assertThatThrownBy(call)
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll(message)
                .message()
                .as("a sentence, not another exception's text")
                .doesNotContain("Exception");
    }

    /** What a loss is given: good, but for what a row of the table changes. */
    private record Given(
            SegmentationLossFunction<?> loss,
            INDArray labels,
            INDArray logits,
            IActivation activation,
            INDArray mask) {

        static Given to(SegmentationLossFunction<?> loss, Mode mode) {
            Sample sample = Sample.of(mode, DataType.FLOAT, 51);
            return new Given(
                    loss, sample.classes(), sample.logits(), sample.activationFunction(), null);
        }

        static Given to(SegmentationLossFunction<?> loss) {
            boolean ofOneChannel = List.of(HINGE, MCC, SOFT_BCE, BCE_DICE).contains(loss);
            return to(loss, ofOneChannel ? Mode.BINARY : Mode.MULTICLASS);
        }

        /** As flat rows. */
        Given flat() {
            return new Given(loss, Sample.rows(labels), Sample.rows(logits), activation, mask);
        }

        Given labels(INDArray other) {
            return new Given(loss, other, logits, activation, mask);
        }

        /** With the label at one place changed. */
        Given label(double value) {
            return labels(changed(labels, value));
        }

        Given oneHot() {
            return labels(Sample.of(Mode.MULTICLASS, DataType.FLOAT, 51).oneHot());
        }

        Given logits(INDArray other) {
            return new Given(loss, labels, other, activation, mask);
        }

        Given activation(Activation other) {
            return new Given(
                    loss,
                    labels,
                    logits,
                    other == null ? null : other.getActivationFunction(),
                    mask);
        }

        Given mask(INDArray other) {
            return new Given(loss, labels, logits, activation, other);
        }
    }

    private static INDArray changed(INDArray array, double value) {
        INDArray other = array.dup('c');
        other.putScalar(11, value);
        return other;
    }

    private record BadBatch(String what, Given given, String... message) {

        @Override
        public String toString() {
            return what;
        }
    }

    static List<BadBatch> batches() {
        List<BadBatch> table = new ArrayList<>();
        for (SegmentationLossFunction<?> loss :
                List.of(
                        CROSS_ENTROPY,
                        OHEM,
                        LOVASZ,
                        HINGE,
                        BOUNDARY,
                        DICE,
                        FOCAL,
                        POLY1,
                        GENERALIZED_DICE,
                        ACTIVE_CONTOUR,
                        DUO,
                        COMBINED)) {
            forEveryLoss(loss.name(), Given.to(loss), table);
        }
        hardLabelsOnly(table);
        softLabels(table);
        masksWithoutWeights(table);
        modes(table);
        classes(table);
        rows(table);
        return table;
    }

    private static void forEveryLoss(String loss, Given good, List<BadBatch> table) {
        bad(table, loss + ", labels null", good.labels(null), "labels", "null");
        bad(table, loss + ", preOutput null", good.logits(null), "preOutput", "null");
        bad(table, loss + ", activation null", good.activation(null), "activation", "null");
        for (Activation other : List.of(Activation.RELU, Activation.TANH, Activation.HARDSIGMOID)) {
            bad(
                    table,
                    loss + ", activation " + other,
                    good.activation(other),
                    "activation",
                    other.getActivationFunction().toString(),
                    "IDENTITY");
        }
        bad(
                table,
                loss + ", logits of rank 3",
                good.logits(good.logits.slice(0).dup()),
                "preOutput",
                "[" + good.logits.size(1) + ", 6, 7]");
        bad(
                table,
                loss + ", logits of rank 5",
                good.logits(Nd4j.zeros(DataType.FLOAT, N, 1, C, H, W)),
                "preOutput",
                "[2, 1, 3, 6, 7]");
        bad(
                table,
                loss + ", logits of integers",
                good.logits(good.logits.castTo(DataType.INT32)),
                "preOutput",
                "INT");
        bad(
                table,
                loss + ", no images",
                good.logits(Nd4j.create(DataType.FLOAT, 0, good.logits.size(1), H, W)),
                "preOutput",
                "[0, " + good.logits.size(1) + ", 6, 7]");
        long[][] shapes = {{N, H}, {N, H, W - 1}, {N + 1, H, W}, {N, 2, H, W}, {N, 1, W, H}};
        for (long[] shape : shapes) {
            bad(
                    table,
                    loss + ", labels of shape " + shape.length + " " + shape[shape.length - 1],
                    good.labels(Nd4j.zeros(DataType.FLOAT, shape)),
                    "labels",
                    Arrays.toString(shape));
        }
        for (double label : new double[] {3, -1, 0.5, 1e10, Double.NaN, Double.POSITIVE_INFINITY}) {
            bad(
                    table,
                    loss + ", label " + label,
                    good.label(label),
                    "labels",
                    "" + (float) label,
                    "[0, 0, 1, 4]");
        }
        INDArray utf8 = Nd4j.create("water", "land");
        bad(table, loss + ", labels of strings", good.labels(utf8), "labels", "UTF8", "[2]");
        bad(table, loss + ", mask of strings", good.mask(utf8), "mask", "UTF8", "[2]");
        for (long[] shape :
                new long[][] {{N + 1, 1}, {N, 4}, {N, H, W + 1}, {N, H, W, 1}, {N, 1, 1, H, W}}) {
            bad(
                    table,
                    loss + ", mask of shape " + shape.length + " " + shape[1],
                    good.mask(Nd4j.ones(DataType.FLOAT, shape)),
                    "mask",
                    Arrays.toString(shape),
                    Arrays.toString(good.logits.shape()));
        }
        INDArray ones = Nd4j.ones(DataType.FLOAT, N, 1, H, W);
        for (double weight : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY, -0.25}) {
            bad(
                    table,
                    loss + ", mask with " + weight,
                    good.mask(changed(ones, weight)),
                    "mask",
                    "" + (float) weight,
                    "[0, 0, 1, 4]");
        }
    }

    private static void hardLabelsOnly(List<BadBatch> table) {
        for (SegmentationLossFunction<?> loss : List.of(OHEM, LOVASZ, BOUNDARY, DUO, COMBINED)) {
            Given oneHot = Given.to(loss).oneHot();
            // of a sum the first loss refuses them, which takes soft ones
            String rule = loss == COMBINED ? "sum to 1" : "one-hot";
            bad(table, loss.name() + ", soft label", oneHot.label(0.5), "labels", rule, "1.5");
            bad(table, loss.name() + ", 2 in a vector", oneHot.label(2), "labels", rule, "3.0");
            bad(
                    table,
                    loss.name() + ", three ones",
                    oneHot.labels(Nd4j.ones(DataType.FLOAT, N, C, H, W)),
                    "labels",
                    rule,
                    "3.0");
            bad(
                    table,
                    loss.name() + ", NaN in a vector",
                    oneHot.label(Double.NaN),
                    "labels",
                    "NaN");
            bad(
                    table,
                    loss.name() + ", -1 in a vector",
                    oneHot.label(-1),
                    "labels",
                    "[0, 0, 1, 4]");
        }
        Given soft = Given.to(CROSS_ENTROPY).oneHot();
        for (double label : new double[] {-0.5, Double.NaN, Double.POSITIVE_INFINITY}) {
            bad(table, "soft label " + label, soft.label(label), "labels", "" + label);
        }
    }

    private static void softLabels(List<BadBatch> table) {
        double[] labels = {-0.5, 1.5, Double.NaN, Double.POSITIVE_INFINITY};
        for (SegmentationLossFunction<?> loss :
                List.of(DICE, FOCAL, POLY1, GENERALIZED_DICE, ACTIVE_CONTOUR)) {
            for (double label : labels) {
                Given soft = Given.to(loss).oneHot().label(label);
                bad(table, loss.name() + ", soft label " + label, soft, "labels", "" + label);
            }
        }
        for (SegmentationLossFunction<?> loss : List.of(MCC, SOFT_BCE, BCE_DICE)) {
            for (double label : labels) {
                bad(
                        table,
                        loss.name() + ", soft label " + label,
                        Given.to(loss).label(label),
                        "labels",
                        "" + label,
                        "[0, 0, 1, 4]");
            }
        }
        for (SegmentationLossFunction<?> loss : List.of(DICE, SOFT_BCE, FOCAL, BCE_DICE)) {
            Given elements = Given.to(loss, Mode.MULTILABEL);
            bad(
                    table,
                    loss.name() + ", soft elements above 1",
                    elements.labels(changed(Nd4j.zeros(DataType.FLOAT, N, C, H, W), 1.25)),
                    "labels",
                    "1.25",
                    "[0, 0, 1, 4]");
        }
    }

    private static void masksWithoutWeights(List<BadBatch> table) {
        INDArray fractional = changed(Nd4j.ones(DataType.FLOAT, N, 1, H, W), 0.5);
        for (SegmentationLossFunction<?> loss : List.of(LOVASZ, HINGE, BOUNDARY, DUO, COMBINED)) {
            bad(
                    table,
                    loss.name() + ", fractional mask",
                    Given.to(loss).mask(fractional),
                    "mask",
                    "0.5",
                    "[0, 0, 1, 4]");
        }
        INDArray varying = changed(Nd4j.ones(DataType.FLOAT, N, C, H, W), 0);
        for (SegmentationLossFunction<?> loss :
                List.of(CROSS_ENTROPY, OHEM, LOVASZ, BOUNDARY, DICE, FOCAL, ACTIVE_CONTOUR)) {
            bad(
                    table,
                    loss.name() + ", mask that varies over channels",
                    Given.to(loss).mask(varying),
                    "mask",
                    "channels",
                    "0.0");
        }
    }

    private static void modes(List<BadBatch> table) {
        Given binary = Given.to(HINGE);
        bad(
                table,
                "softmax for the hinge",
                binary.activation(Activation.SOFTMAX),
                "activation",
                "SIGMOID",
                "softmax");
        Given many = Given.to(HINGE, Mode.MULTILABEL);
        bad(
                table,
                "several logits for the hinge without a mode",
                many.activation(Activation.IDENTITY),
                "mode",
                "MULTICLASS",
                "[2, 3, 6, 7]");
        bad(
                table,
                "sigmoid for cross entropy",
                Given.to(CROSS_ENTROPY).activation(Activation.SIGMOID),
                "activation",
                "SOFTMAX",
                "sigmoid");
        bad(
                table,
                "several sigmoids for Boundary",
                Given.to(BOUNDARY).activation(Activation.SIGMOID),
                "mode",
                "MULTILABEL",
                "[2, 3, 6, 7]");
        for (SegmentationLossFunction<?> loss : List.of(MCC, SOFT_BCE, BCE_DICE)) {
            bad(
                    table,
                    "softmax for " + loss.name(),
                    Given.to(loss, Mode.MULTICLASS),
                    "activation",
                    "BINARY",
                    "MULTICLASS");
        }
        bad(
                table,
                "several sigmoids for MCC",
                Given.to(MCC, Mode.MULTILABEL),
                "mode",
                "MULTILABEL",
                "[2, 3, 6, 7]");
        bad(
                table,
                "one sigmoid for generalized Dice",
                Given.to(GENERALIZED_DICE, Mode.BINARY),
                "mode",
                "BINARY",
                "[2, 1, 6, 7]");
        bad(
                table,
                "sigmoids for the focal loss of the softmax",
                Given.to(LossFocal.builder().form(Focal.Form.SOFTMAX).build(), Mode.MULTILABEL),
                "mode",
                "MULTILABEL",
                "[2, 3, 6, 7]");
        Given one = Given.to(BOUNDARY, Mode.BINARY);
        bad(
                table,
                "softmax over one channel",
                one.activation(Activation.SOFTMAX),
                "channels",
                "[2, 1, 6, 7]");
        SegmentationLossFunction<?> named = LossBoundary.builder().mode(Mode.BINARY).build();
        bad(
                table,
                "softmax for a named BINARY",
                Given.to(named, Mode.BINARY).activation(Activation.SOFTMAX),
                "activation",
                "BINARY",
                "softmax");
        bad(
                table,
                "three channels for a named BINARY",
                Given.to(named, Mode.MULTICLASS).activation(Activation.SIGMOID),
                "logits",
                "1 channel",
                "[2, 3, 6, 7]");
    }

    private static void classes(List<BadBatch> table) {
        for (SegmentationLossFunction<?> loss :
                List.of(
                        LossCrossEntropy.builder().classWeights(1, 2).build(),
                        LossOhemCrossEntropy.builder().classWeights(1, 2).build(),
                        LossLovaszSoftmax.builder().classWeights(1, 2).build(),
                        LossDice.builder().classWeights(1, 2).build(),
                        LossFocal.builder().classWeights(1, 2).build(),
                        LossPoly1CrossEntropy.builder().classWeights(1, 2).build(),
                        LossDuo.builder().classWeights(1, 2).build())) {
            bad(
                    table,
                    loss.name() + ", two weights for three classes",
                    Given.to(loss),
                    "classWeights",
                    "2",
                    "3");
        }
        bad(
                table,
                "two positive weights for three channels",
                Given.to(LossSoftBce.builder().posWeight(1, 2).build(), Mode.MULTILABEL),
                "posWeight",
                "2",
                "[2, 3, 6, 7]");
        for (SegmentationLossFunction<?> loss :
                List.of(
                        LossDice.builder().classes(0, 3).build(),
                        LossGeneralizedDice.builder().classes(0, 3).build(),
                        LossDuo.builder().classes(0, 3).build())) {
            bad(
                    table,
                    loss.name() + ", a class to average over that there is not",
                    Given.to(loss),
                    "classes",
                    "from 0 to 2",
                    "3");
        }
        Sample low = Sample.of(Mode.MULTICLASS, DataType.FLOAT, 52, 1, 2, 7);
        bad(
                table,
                "an image of height 2 for active contour",
                Given.to(ACTIVE_CONTOUR).labels(low.classes()).logits(low.logits()),
                "3",
                "[1, 3, 2, 7]");
        bad(
                table,
                "a class to average over that there is not",
                Given.to(new LossLovaszSoftmax(LovaszSoftmax.builder().classes(0, 3).build())),
                "classes",
                "from 0 to 2",
                "3");
    }

    private static void rows(List<BadBatch> table) {
        for (Losses each : Losses.values()) {
            if (each.isOfImages()) {
                bad(
                        table,
                        each + ", rows without image size",
                        Given.to(each.function(), each.mode()).flat(),
                        "imageSize",
                        each.function().name(),
                        "SegmentationLossLayer",
                        "[84, ");
            }
            Given good = Given.to(each.function().imageSize(5, 7), each.mode()).flat();
            bad(
                    table,
                    each + ", rows that are no whole images",
                    good,
                    "imageSize",
                    "5 x 7",
                    "[84, ");
        }
        Given flat = Given.to(CROSS_ENTROPY.imageSize(H, W)).flat();
        bad(
                table,
                "labels of fewer rows",
                flat.labels(Nd4j.zeros(DataType.FLOAT, 83, 3)),
                "labels",
                "[83, 3]",
                "[84, 3]");
        bad(
                table,
                "labels of two columns",
                flat.labels(Nd4j.zeros(DataType.FLOAT, 84, 2)),
                "labels",
                "[84, 2]",
                "[84, 3]");
        bad(
                table,
                "labels as images for rows",
                flat.labels(Nd4j.zeros(DataType.FLOAT, N, 1, H, W)),
                "labels",
                "[2, 1, 6, 7]",
                "[84, 3]");
        bad(
                table,
                "mask of fewer rows",
                flat.mask(Nd4j.ones(DataType.FLOAT, 42, 1)),
                "mask",
                "[42, 1]",
                "[84, 3]");
    }

    private static void bad(List<BadBatch> table, String what, Given given, String... message) {
        table.add(new BadBatch(what, given, message));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("batches")
    void batch(BadBatch bad) {
        Given given = bad.given;
        List<INDArray> arrays = new ArrayList<>();
        for (INDArray array : new INDArray[] {given.labels, given.logits, given.mask}) {
            if (array != null && array.dataType() != DataType.UTF8) {
                arrays.add(array);
            }
        }
        List<INDArray> before = arrays.stream().map(array -> array.dup('c')).toList();
        List<ThrowingCallable> calls =
                List.of(
                        () ->
                                given.loss.computeScore(
                                        given.labels,
                                        given.logits,
                                        given.activation,
                                        given.mask,
                                        false),
                        () ->
                                given.loss.computeScoreArray(
                                        given.labels, given.logits, given.activation, given.mask),
                        () ->
                                given.loss.computeGradient(
                                        given.labels, given.logits, given.activation, given.mask),
                        () ->
                                given.loss.computeGradientAndScore(
                                        given.labels,
                                        given.logits,
                                        given.activation,
                                        given.mask,
                                        true));
        for (ThrowingCallable call : calls) {
            assertRefused(call, bad.message);
        }
        for (int i = 0; i < arrays.size(); i++) {
            assertThat(arrays.get(i).dup('c').data().asDouble())
                    .as("array of the caller")
                    .isEqualTo(before.get(i).data().asDouble());
        }
    }

    /** A refusal leaves nothing behind: the next call, of the same shapes, is right. */
    @Test
    void aGoodCallAfterABadOne() {
        for (Losses loss : Losses.values()) {
            Given good = Given.to(loss.function(), loss.mode());
            double expected = score(good);
            assertThatThrownBy(() -> score(good.label(77)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(score(good)).isEqualTo(expected);
        }
    }

    /** Of a sum, the components that refuse, where others do not. */
    @Test
    void aSumNamesItsComponent() {
        SegmentationLossFunction<?> voidInOne =
                LossCombined.builder()
                        .add(1, CrossEntropy.builder().ignoreIndex(255).build())
                        .add(1, LovaszSoftmax.builder().build())
                        .build();
        assertRefused(
                () -> score(Given.to(voidInOne).label(255)),
                "labels",
                "255.0",
                "; of the sum's terms this is term 2, LovaszSoftmax");
        SegmentationLossFunction<?> fractional =
                LossCombined.builder()
                        .add(
                                new FixedSchedule(0.5),
                                LossCombined.builder().add(1, BOUNDARY).add(1, DICE).build())
                        .add(1, Focal.builder().build())
                        .build();
        Given half = Given.to(fractional).mask(Nd4j.ones(DataType.FLOAT, N, 1, H, W).muli(0.5));
        INDArray gradient = half.logits.ulike();
        assertRefused(
                () ->
                        fractional.computeScoreAndGradient(
                                half.labels,
                                half.logits,
                                half.activation,
                                half.mask,
                                gradient,
                                new TrainingTime(0, 0)),
                "mask",
                "0.5",
                "; of the sum's terms this is term 1.1, Boundary");
        SegmentationLossFunction<?> weights =
                LossCombined.builder()
                        .add(1, DICE)
                        .add(1, CrossEntropy.builder().classWeights(1, 2).build())
                        .build();
        assertRefused(
                () -> score(Given.to(weights)),
                "classWeights",
                "; of the sum's terms this is term 2, CrossEntropy");
        // all of them: nothing to tell apart
        assertThatThrownBy(() -> score(Given.to(COMBINED).label(7)))
                .hasMessageContaining("7.0")
                .message()
                .doesNotContain("term ");
    }

    private static double score(Given given) {
        return given.loss
                .computeGradientAndScore(
                        given.labels, given.logits, given.activation, given.mask, true)
                .getFirst();
    }

    @Test
    void whereTheGradientGoes() {
        Given good = Given.to(BOUNDARY);
        List<UnaryOperator<INDArray>> bad =
                List.of(
                        logits -> null,
                        logits -> Nd4j.zeros(DataType.DOUBLE, logits.shape()),
                        logits -> Nd4j.zeros(DataType.FLOAT, N, C, W, H));
        for (UnaryOperator<INDArray> each : bad) {
            INDArray gradient = each.apply(good.logits);
            assertRefused(
                    () ->
                            good.loss.computeScoreAndGradient(
                                    good.labels, good.logits, good.activation, good.mask, gradient),
                    "gradient",
                    gradient == null ? "null" : gradient.dataType().toString());
        }
        double[] before = good.logits.dup('c').data().asDouble();
        assertRefused(
                () ->
                        good.loss.computeScoreAndGradient(
                                good.labels, good.logits, good.activation, good.mask, good.logits),
                "shares memory",
                "preOutput");
        assertThat(good.logits.data().asDouble()).isEqualTo(before);
        assertRefused(
                () ->
                        good.loss.computeScoreAndGradient(
                                good.labels, null, good.activation, null, good.logits),
                "preOutput",
                "null");
    }
}
