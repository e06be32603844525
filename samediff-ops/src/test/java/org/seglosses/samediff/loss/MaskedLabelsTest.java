package org.seglosses.samediff.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.samediff.loss.LossRun.Kind;
import org.seglosses.samediff.loss.LossRun.Result;
import org.seglosses.samediff.loss.Subject.Draw;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/** Where the mask is 0 a label may be anything: it is not looked at. */
class MaskedLabelsTest {

    private static final double[] ANYTHING = {
        Double.NaN, 255, -9999, -1, 0.5, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 1e30, 2
    };

    private static final DataType[] FLOATING = {
        DataType.FLOAT, DataType.DOUBLE, DataType.FLOAT16, DataType.BFLOAT16
    };

    private static final DataType[] OTHERS = {
        DataType.INT32, DataType.INT64, DataType.INT16, DataType.INT8, DataType.UINT8
    };

    private static final int DRAWS = 3;

    static List<Subject> subjects() {
        return Subject.all();
    }

    static Stream<Subject> softSubjects() {
        return SoftLabelsTest.subjects().stream();
    }

    @AfterEach
    void byBackend() {
        System.clearProperty(Kernels.PROPERTY);
    }

    /** The pixel of the label B does not count, so the values are those of the other three. */
    @ParameterizedTest
    @CsvSource({"java", "native"})
    void valuesOfThreePixelsOfFour(String kernels) {
        System.setProperty(Kernels.PROPERTY, kernels);
        double[] z = {0.5, -1, 2, 0.3, 0.1, 0.7, -1, 1.2};
        INDArray logits = Sample.array(DataType.DOUBLE, z, 1, 2, 2, 2);
        for (DataType type : FLOATING) {
            for (double b : ANYTHING) {
                INDArray labels = Sample.array(type, new double[] {0, 1, b, 1}, 1, 2, 2);
                check(CrossEntropy.builder().build(), labels, logits, 0.340651719);
                check(Dice.builder().build(), labels, logits, 0.313571901);
            }
        }
        for (double b : new double[] {255, -1, 7}) {
            for (DataType type : OTHERS) {
                INDArray labels = Nd4j.createFromArray(0, 1, (int) b, 1).castTo(type);
                check(
                        CrossEntropy.builder().build(),
                        labels.reshape(1, 1, 2, 2),
                        logits,
                        0.340651719);
                check(Dice.builder().build(), labels.reshape(1, 2, 2), logits, 0.313571901);
            }
        }
        for (double b : ANYTHING) {
            for (double other : new double[] {0, b}) {
                double[] y = {1, 0, b, 0, 0, 1, other, 1};
                for (DataType type : FLOATING) {
                    INDArray labels = Sample.array(type, y, 1, 2, 2, 2);
                    check(CrossEntropy.builder().build(), labels, logits, 0.340651719);
                    check(Dice.builder().build(), labels, logits, 0.313571901);
                }
            }
        }
    }

    private static void check(
            SegmentationLoss loss, INDArray labels, INDArray logits, double expected) {
        INDArray mask = Nd4j.createFromArray(1f, 1f, 0f, 1f).reshape(1, 1, 2, 2);
        Result result = LossRun.of(loss, Kind.LOSS, labels, logits, mask);
        String as = loss + " of " + labels.dataType() + " " + labels.toStringFull();
        assertThat(result.value()).as(as).isCloseTo(expected, within(1e-9));
        assertThat(result.gradient()).as(as).doesNotContain(Double.NaN);
        assertThat(result.gradient()[2]).as(as).isZero();
        assertThat(result.gradient()[6]).as(as).isZero();
    }

    @ParameterizedTest
    @CsvSource({"java", "native"})
    void elementsOfSeveralLabels(String kernels) {
        System.setProperty(Kernels.PROPERTY, kernels);
        // a row is a pixel of two channels
        double[] z = {0.3, 1.1, -0.7, 0.1, -0.2, 0.4, 2, -1.5};
        INDArray logits = Sample.array(DataType.DOUBLE, z, 1, 2, 2, 2);
        INDArray mask =
                Sample.array(DataType.FLOAT, new double[] {1, 1, 1, 1, 1, 1, 0, 1}, 1, 2, 2, 2);
        SoftBce loss = SoftBce.builder().mode(Mode.MULTILABEL).build();
        for (double b : ANYTHING) {
            double[] y = {0.78, 0.98, 0, 0, 0.70, 0.94, b, 0.01};
            INDArray labels = Sample.array(DataType.DOUBLE, y, 1, 2, 2, 2);
            Result result = LossRun.of(loss, Kind.LOSS, labels, logits, mask);
            assertThat(result.value()).as("%s", b).isCloseTo(0.509834383, within(1e-9));
            assertThat(result.gradient()).as("%s", b).doesNotContain(Double.NaN);
            assertThat(result.gradient()[6]).as("%s", b).isZero();
        }
    }

    /** Index labels count for the channels whose mask is not 0. */
    @Test
    void anIndexIsReadIfAChannelCounts() {
        INDArray logits = Sample.array(DataType.DOUBLE, new double[] {0, 0, 0, 0}, 1, 2, 1, 2);
        INDArray mask = Sample.array(DataType.FLOAT, new double[] {1, 0, 0, 0}, 1, 2, 1, 2);
        INDArray labels = Sample.array(DataType.FLOAT, new double[] {1, 77}, 1, 1, 2);
        SoftBce loss = SoftBce.builder().mode(Mode.MULTILABEL).build();
        // of four elements the first alone: label 0 at logit 0
        assertThat(LossRun.of(loss, Kind.LOSS, labels, logits, mask).value())
                .isCloseTo(Math.log(2), within(1e-12));
    }

    @ParameterizedTest
    @MethodSource("subjects")
    void indicesHaveNoInfluence(Subject subject) {
        for (String kernels : List.of("java", "native")) {
            System.setProperty(Kernels.PROPERTY, kernels);
            for (int seed = 0; seed < DRAWS; seed++) {
                Draw draw = subject.draw(seed, 3);
                unchanged(draw, null, "seed " + seed + " " + kernels + " " + draw.loss());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("softSubjects")
    void softLabelsHaveNoInfluence(Subject subject) {
        for (String kernels : List.of("java", "native")) {
            System.setProperty(Kernels.PROPERTY, kernels);
            for (int seed = 0; seed < DRAWS; seed++) {
                Draw draw = subject.draw(seed, 3);
                Sample s = draw.sample().softened(new Random(seed));
                unchanged(
                        new Draw(draw.loss(), s),
                        s.soft(),
                        "seed " + seed + " " + kernels + " " + draw.loss());
            }
        }
    }

    /** One-hot vectors too, which a loss takes for soft labels or for hard ones. */
    @ParameterizedTest
    @MethodSource("subjects")
    void vectorsHaveNoInfluence(Subject subject) {
        for (int seed = 0; seed < DRAWS; seed++) {
            Draw draw = subject.draw(seed, 3);
            Sample s = draw.sample();
            double[] y = new double[s.z().length];
            for (int i = 0; i < y.length; i++) {
                int image = i / s.pixels() / s.c();
                int channel = i / s.pixels() % s.c();
                boolean isVoid = s.isVoid(image, channel, i % s.pixels());
                y[i] = isVoid ? 0 : s.y(image, channel, i % s.pixels());
            }
            unchanged(draw, y, "seed " + seed + " " + draw.loss());
        }
    }

    /**
     * Changes labels under a mask of 0.
     *
     * @param elements a label for each channel, or null for those of the sample
     */
    private static void unchanged(Draw draw, double[] elements, String as) {
        Sample s = draw.sample();
        INDArray mask = s.mask(DataType.FLOAT);
        for (DataType type : new DataType[] {DataType.FLOAT, DataType.DOUBLE}) {
            INDArray logits = s.logits(type);
            INDArray labels =
                    elements == null
                            ? s.labels(type, null)
                            : Sample.array(type, elements, s.n(), s.c(), s.h(), s.w());
            boolean eachChannel = labels.length() == s.z().length;
            List<Result> results = new ArrayList<>();
            for (int k = 0; k < 5; k++) {
                INDArray changed = labels.dup();
                for (int i = 0; i < s.z().length; i++) {
                    int image = i / s.pixels() / s.c();
                    int channel = i / s.pixels() % s.c();
                    int pixel = i % s.pixels();
                    if (s.isVoid(image, channel, pixel) && (eachChannel || channel == 0)) {
                        int at = eachChannel ? i : image * s.pixels() + pixel;
                        changed.data()
                                .put(at, k == 0 ? 0 : ANYTHING[(i + 2 * k) % ANYTHING.length]);
                    }
                }
                results.add(LossRun.of(draw.loss(), Kind.LOSS, changed, logits, mask));
            }
            for (Result result : results) {
                assertThat(result.bits()).as("%s %s", type, as).isEqualTo(results.get(0).bits());
            }
        }
    }

    /** SameDiff's own session, of placeholders whose sizes are not known. */
    @ParameterizedTest
    @CsvSource({"java", "native"})
    void inSameDiffToo(String kernels) {
        System.setProperty(Kernels.PROPERTY, kernels);
        for (SegmentationLoss loss :
                List.of(CrossEntropy.builder().build(), Dice.builder().build())) {
            SameDiff sd = SameDiff.create();
            SDVariable y = sd.placeHolder("y", DataType.FLOAT, -1, 2, -1, -1);
            SDVariable z = sd.placeHolder("z", DataType.DOUBLE, -1, 2, -1, -1);
            SDVariable m = sd.placeHolder("m", DataType.FLOAT, -1, 1, -1, -1);
            loss.define(sd, "loss", y, z, m).markAsLoss();
            sd.createGradFunction("z");
            for (double b : ANYTHING) {
                double[] labels = {1, 0, b, 0, 0, 1, 3, 1};
                double[] logits = {0.5, -1, 2, 0.3, 0.1, 0.7, -1, 1.2};
                Map<String, INDArray> inputs =
                        Map.of(
                                "y", Sample.array(DataType.FLOAT, labels, 1, 2, 2, 2),
                                "z", Sample.array(DataType.DOUBLE, logits, 1, 2, 2, 2),
                                "m", Nd4j.createFromArray(1f, 1f, 0f, 1f).reshape(1, 1, 2, 2));
                boolean entropy = loss instanceof CrossEntropy;
                assertThat(sd.outputSingle(inputs, "loss").getDouble(0))
                        .as("%s %s", b, loss)
                        .isCloseTo(entropy ? 0.340651719 : 0.313571901, within(1e-9));
                assertThat(Sample.doubles(sd.calculateGradients(inputs, "z").get("z")))
                        .as("%s %s", b, loss)
                        .doesNotContain(Double.NaN);
            }
        }
    }
}
