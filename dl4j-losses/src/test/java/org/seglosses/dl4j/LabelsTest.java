package org.seglosses.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.assertj.core.api.AbstractThrowableAssert;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.samediff.loss.Mode;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Labels that are not looked at, and labels that are none. */
class LabelsTest {

    private static final double[] ANYTHING = {
        Double.NaN, 255, -9999, -1, 0.5, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 2, 1e30
    };

    private static final int H = Sample.HEIGHT;
    private static final int W = Sample.WIDTH;

    static List<Losses.InMode> losses() {
        return Losses.inAllModes();
    }

    static Stream<Losses.InMode> mainLosses() {
        return losses().stream().filter(Losses.InMode::isMainOfItsClass);
    }

    static Stream<Losses.InMode> ofClasses() {
        return losses().stream().filter(each -> each.mode() == Mode.MULTICLASS);
    }

    static Stream<Losses.InMode> ofSoftElements() {
        return Losses.ofSoftTargets().stream().filter(each -> each.mode() != Mode.MULTICLASS);
    }

    /** The labels with others where the mask, of the same shape or of one channel, is 0. */
    private static INDArray changed(INDArray labels, INDArray mask, int shift) {
        INDArray changed = labels.dup('c');
        long pixels = labels.size(2) * labels.size(3);
        for (long i = 0; i < labels.length(); i++) {
            long image = i / pixels / labels.size(1);
            if (mask.getDouble(image * pixels + i % pixels) == 0) {
                changed.putScalar(i, ANYTHING[(int) ((i + shift) % ANYTHING.length)]);
            }
        }
        return changed;
    }

    private static List<INDArray> forms(Sample sample) {
        return List.of(sample.classes(), sample.oneHot());
    }

    private static long[] bits(INDArray array) {
        return Arrays.stream(array.dup('c').castTo(DataType.DOUBLE).data().asDouble())
                .map(x -> x == 0 ? 0 : x)
                .mapToLong(Double::doubleToLongBits)
                .toArray();
    }

    private static List<long[]> results(
            SegmentationLossFunction<?> loss, Sample sample, INDArray labels, INDArray mask) {
        INDArray logits = labels.rank() == 2 ? Sample.rows(sample.logits()) : sample.logits();
        var activation = sample.activationFunction();
        Pair<Double, INDArray> both =
                loss.computeGradientAndScore(labels, logits, activation, mask, true);
        assertThat(both.getFirst()).isFinite();
        return List.of(
                new long[] {Double.doubleToLongBits(both.getFirst())},
                bits(both.getSecond()),
                bits(loss.computeScoreArray(labels, logits, activation, mask)));
    }

    private static void assertSame(List<long[]> actual, List<long[]> expected, String as) {
        for (int i = 0; i < expected.size(); i++) {
            assertThat(actual.get(i)).as("%s, result %d", as, i).isEqualTo(expected.get(i));
        }
    }

    /** Images, and flat rows of images that are known or not. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void underAMaskOf0ALabelMayBeAnything(Losses.InMode loss) {
        for (DataType type : new DataType[] {DataType.DOUBLE, DataType.FLOAT}) {
            Sample sample = Sample.of(loss.mode(), type, 140);
            INDArray mask = sample.mask();
            INDArray maskRows = Sample.rows(mask);
            for (INDArray labels : forms(sample)) {
                for (int shift = 0; shift < 2; shift++) {
                    INDArray other = changed(labels, mask, shift);
                    String as = loss + " " + type + " " + Arrays.toString(labels.shape());
                    assertSame(
                            results(loss.function(), sample, other, mask),
                            results(loss.function(), sample, labels, mask),
                            as);
                    var ofImages = loss.function().imageSize(H, W);
                    assertSame(
                            results(ofImages, sample, Sample.rows(other), maskRows),
                            results(ofImages, sample, Sample.rows(labels), maskRows),
                            as + " rows of images");
                    if (!loss.loss().isOfImages()) {
                        assertSame(
                                results(loss.function(), sample, Sample.rows(other), maskRows),
                                results(loss.function(), sample, Sample.rows(labels), maskRows),
                                as + " rows");
                    }
                }
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("mainLosses")
    void inNetworksToo(Losses.InMode loss) {
        Sample sample = Sample.of(loss.mode(), DataType.DOUBLE, 141);
        INDArray mask = sample.mask();
        for (CNN2DFormat format : CNN2DFormat.values()) {
            Networks networks = Networks.of(loss.function(), loss.mode()).format(format);
            INDArray features = networks.features(sample.images(), 21);
            for (INDArray labels : forms(sample)) {
                List<long[]> found = new ArrayList<>();
                for (INDArray each : List.of(labels, changed(labels, mask, 0))) {
                    DataSet data =
                            new DataSet(
                                    features, networks.layout(each), null, networks.layout(mask));
                    MultiLayerNetwork net = networks.layers();
                    found.add(bits(net.scoreExamples(data, false)));
                    net.fit(data);
                    assertThat(net.score()).isFinite();
                    found.add(new long[] {Double.doubleToLongBits(net.score())});
                    found.add(bits(net.params()));
                }
                assertSame(found.subList(3, 6), found.subList(0, 3), loss + " " + format);
            }
        }
    }

    private static AbstractThrowableAssert<?, ?> refusal(
            SegmentationLossFunction<?> loss, Sample sample, INDArray labels) {
        return assertThatThrownBy(
                        () ->
                                loss.computeScore(
                                        labels,
                                        sample.logits(),
                                        sample.activationFunction(),
                                        null,
                                        true))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("declared");
    }

    /** Colours, several classes in a pixel, and vectors that are no distribution. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("ofClasses")
    void picturesAreNoLabelVectors(Losses.InMode loss) {
        Sample sample = Sample.of(Mode.MULTICLASS, DataType.FLOAT, 142);
        double[][] wrong = {
            {255, 0, 0}, {0, 200, 0}, {1, 1, 1}, {1, 1, 0}, {0.7, 0, 0}, {1, -1, 0}, {1, -1, 1}
        };
        for (DataType type : new DataType[] {DataType.FLOAT, DataType.DOUBLE, DataType.FLOAT16}) {
            for (double[] vector : wrong) {
                INDArray labels = sample.oneHot().castTo(type);
                for (int c = 0; c < 3; c++) {
                    labels.putScalar(new int[] {1, c, 2, 3}, vector[c]);
                }
                refusal(loss.function(), sample, labels)
                        .as("%s of %s", Arrays.toString(vector), loss)
                        .hasMessageStartingWith("labels must be ")
                        .hasMessageContaining("at [1, 0, 2, 3] of shape [2, 3, 6, 7]");
                if (vector[0] == 255) {
                    refusal(loss.function(), sample, labels)
                            .hasMessageEndingWith(
                                    "; colours? turn each into its class index; masks of 0 and"
                                            + " 255? divide by 255, or, if 255 marks ignored pixels,"
                                            + " use index labels with ignoreIndex(255)");
                }
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ofSoftElements")
    void elementsAreFrom0To1(Losses.InMode loss) {
        Sample sample = Sample.of(loss.mode(), DataType.FLOAT, 143);
        for (double wrong : new double[] {254, 1.5, -0.5, Double.NaN}) {
            INDArray labels = sample.soft();
            labels.putScalar(new int[] {1, 0, 2, 3}, wrong);
            refusal(loss.function(), sample, labels)
                    .hasMessageStartingWith(
                            "labels must be from 0 to 1 or the ignoreIndex, which is 255, got "
                                    + (float) wrong
                                    + " at [1, 0, 2, 3] of shape ");
        }
    }

    private static final SegmentationLossFunction<?> CROSS_ENTROPY =
            LossCrossEntropy.builder().ignoreIndex(null).build();

    private static void refused(INDArray labels, String message) {
        Sample sample = Sample.of(Mode.MULTICLASS, DataType.FLOAT, 144);
        refusal(CROSS_ENTROPY, sample, labels).hasMessage(message);
    }

    private static INDArray with(double label, DataType type) {
        INDArray labels = Nd4j.zeros(type, 2, 1, H, W);
        labels.putScalar(new int[] {0, 0, 1, 2}, label);
        return labels;
    }

    @Test
    void theSentencesSayWhatToDo() {
        String indices = "labels must be class indices from 0 to 2 (no ignoreIndex is set), got ";
        String place = " at [0, 0, 1, 2] of shape [2, 1, 6, 7]";
        for (DataType type : new DataType[] {DataType.INT32, DataType.FLOAT, DataType.UINT8}) {
            refused(
                    with(255, type),
                    indices
                            + "255.0"
                            + place
                            + "; ignored pixels? set ignoreIndex(255); foreground? divide by 255");
        }
        refused(
                with(-1, DataType.INT8),
                indices
                        + "-1.0"
                        + place
                        + "; the array is of signed bytes (BYTE), where 255 reads as -1: use UBYTE"
                        + " (UINT8) labels");
        refused(
                with(0.00390625, DataType.FLOAT),
                indices
                        + "0.00390625"
                        + place
                        + "; an index is a whole number: were the labels scaled, by a division by"
                        + " 255 say? leave that out");
    }

    @Test
    void theSentencesNameTheSideThatDiffers() {
        String shapes =
                "labels must be class indices [N,H,W] or [N,1,H,W], or one-hot [N,C,H,W], for"
                        + " logits [2, 3, 6, 7] (N,C,H,W), got labels ";
        refused(Nd4j.zeros(2, 1, 5, 7), shapes + "[2, 1, 5, 7]: height 5 instead of 6");
        refused(Nd4j.zeros(2, 6, 8), shapes + "[2, 6, 8]: width 8 instead of 7");
        refused(Nd4j.zeros(3, 6, 7), shapes + "[3, 6, 7]: batch size 3 instead of 2");
        refused(
                Nd4j.zeros(2, 4, 6, 7),
                shapes + "[2, 4, 6, 7]: channels 4 instead of 3 (or 1, of class indices)");
        refused(Nd4j.zeros(84, 1), shapes + "[84, 1]: rank 2 instead of 3 or 4");
        refused(
                Nd4j.zeros(2, 6, 7, 3),
                shapes
                        + "[2, 6, 7, 3]: channels 6 instead of 3 (or 1, of class indices), height 7"
                        + " instead of 6, width 3 instead of 7; labels [N,H,W,C]? permute(0, 3, 1,"
                        + " 2) makes them [N,C,H,W], and the layer of an NHWC network takes them"
                        + " with .format(NHWC)");
    }

    @Test
    void theSentencesOfRowsNameTheSideThatDiffers() {
        Sample sample = Sample.of(Mode.MULTICLASS, DataType.FLOAT, 145);
        INDArray logits = Sample.rows(sample.logits());
        String rows = "labels must be rows [R,C], [R,1] or [R] for preOutput [84, 3] (R,C), got ";
        Object[][] table = {
            {Nd4j.zeros(83, 3), "[83, 3]: 83 rows instead of 84"},
            {Nd4j.zeros(84, 2), "[84, 2]: 2 columns instead of 3 or 1"},
            {
                Nd4j.zeros(2, 1, 6, 7),
                "[2, 1, 6, 7], which is of images: DL4J's OutputLayer makes rows of a convolution's"
                        + " output; use SegmentationLossLayer instead"
            }
        };
        for (Object[] each : table) {
            assertThatThrownBy(
                            () ->
                                    CROSS_ENTROPY.computeScore(
                                            (INDArray) each[0],
                                            logits,
                                            sample.activationFunction(),
                                            null,
                                            true))
                    .hasMessage(rows + each[1]);
        }
    }
}
