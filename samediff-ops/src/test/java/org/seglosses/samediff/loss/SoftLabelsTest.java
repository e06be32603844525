package org.seglosses.samediff.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.seglosses.samediff.loss.LossRun.Kind;
import org.seglosses.samediff.loss.LossRun.Result;
import org.seglosses.samediff.loss.Subject.Draw;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Labels between 0 and 1 in every loss that takes them, against the loops of the definitions. */
class SoftLabelsTest {

    private static final int DRAWS = 42;

    private static final Set<String> HARD_ALONE = Set.of("OHEM", "surface");

    static List<Subject> subjects() {
        return Subject.all().stream()
                .filter(subject -> subject.fractional() && !HARD_ALONE.contains(subject.name()))
                .toList();
    }

    private static Draw softened(Subject subject, int seed) {
        Draw draw = subject.draw(seed, 3);
        return new Draw(draw.loss(), draw.sample().softened(new Random(seed)));
    }

    @ParameterizedTest
    @MethodSource("subjects")
    void isTheDefinition(Subject subject) {
        for (int seed = 0; seed < DRAWS; seed++) {
            Draw draw = softened(subject, seed);
            double expected = ReferenceLosses.loss(draw.loss(), draw.sample());
            String as = "seed " + seed + " " + draw.loss();
            assertThat(LossRun.of(draw.loss(), draw.sample(), DataType.DOUBLE).value())
                    .as(as)
                    .isCloseTo(expected, within(1e-10 * Math.max(1e-2, Math.abs(expected))));
            assertThat(LossRun.of(draw.loss(), draw.sample(), DataType.FLOAT).value())
                    .as(as)
                    .isCloseTo(expected, within(1e-4 * Math.max(1e-2, Math.abs(expected))));
        }
    }

    @ParameterizedTest
    @MethodSource("subjects")
    void theGradientIsTheDerivative(Subject subject) {
        double step = 1e-6;
        for (int seed = 0; seed < DRAWS; seed++) {
            Draw draw = softened(subject, seed);
            Sample s = draw.sample();
            double[] gradient = LossRun.of(draw.loss(), s, DataType.DOUBLE).gradient();
            double scale = Arrays.stream(gradient).map(Math::abs).max().orElse(0);
            Random random = new Random(1);
            for (int k = 0; k < 4; k++) {
                int i = random.nextInt(s.z().length);
                double[] z = s.z().clone();
                z[i] = s.z()[i] + step;
                double above = LossRun.of(draw.loss(), s.withLogits(z), DataType.DOUBLE).value();
                z[i] = s.z()[i] - step;
                double below = LossRun.of(draw.loss(), s.withLogits(z), DataType.DOUBLE).value();
                assertThat(gradient[i])
                        .as("seed %d, %s, element %d", seed, draw.loss(), i)
                        .isCloseTo((above - below) / (2 * step), within(1e-7 + 1e-6 * scale));
            }
        }
    }

    /** A label vector of zeros is void, and so are elements of the ignore index. */
    @ParameterizedTest
    @MethodSource("subjects")
    void voidOnesHaveNoInfluence(Subject subject) {
        for (int seed = 0; seed < DRAWS; seed++) {
            Draw draw = softened(subject, seed);
            Sample s = draw.sample();
            Result plain = LossRun.of(draw.loss(), s, DataType.FLOAT);
            Sample other = s.withVoidLogits(Double.NaN, 1e30, Double.NEGATIVE_INFINITY);
            assertThat(LossRun.of(draw.loss(), other, DataType.FLOAT).bits())
                    .as("seed %d, %s", seed, draw.loss())
                    .isEqualTo(plain.bits());
            for (int i = 0; i < s.z().length; i++) {
                if (s.isVoid(i / s.pixels() / s.c(), i / s.pixels() % s.c(), i % s.pixels())) {
                    assertThat(plain.gradient()[i]).isZero();
                }
            }
        }
    }

    @Test
    void labelsOutsideOfZeroToOneAreRefused() {
        INDArray vectors = Sample.array(DataType.FLOAT, new double[] {0.5, 1.5}, 1, 2, 1, 1);
        INDArray logits = Sample.array(DataType.FLOAT, new double[] {0, 1}, 1, 2, 1, 1);
        assertThatThrownBy(
                        () -> LossRun.of(Dice.builder().build(), Kind.LOSS, vectors, logits, null))
                .hasStackTraceContaining(
                        "labels must be vectors of values from 0 to 1 that sum to 1 (within 0.001),"
                                + " or all zeros for an ignored pixel, got a vector with sum 2.0"
                                + " and values from 0.5 to 1.5 at [0, 0, 0, 0] of shape"
                                + " [1, 2, 1, 1] (first channel)");
        for (double wrong : new double[] {-0.25, 1.25, Double.NaN, Double.POSITIVE_INFINITY}) {
            INDArray element = Sample.array(DataType.DOUBLE, new double[] {wrong}, 1, 1, 1, 1);
            INDArray logit = Sample.array(DataType.DOUBLE, new double[] {0}, 1, 1, 1, 1);
            assertThatThrownBy(
                            () ->
                                    LossRun.of(
                                            SoftBce.builder().build(),
                                            Kind.LOSS,
                                            element,
                                            logit,
                                            null))
                    .hasStackTraceContaining(
                            "labels must be from 0 to 1 or the ignoreIndex, which is -100, got");
        }
    }

    /** The tolerance belongs to the type of the labels, not to that of the loss. */
    @ParameterizedTest
    @MethodSource("ofClasses")
    void theSumOfAVectorIsRoundedInItsType(SegmentationLoss loss) {
        // 3 epsilons of HALF are 2.9e-3, of BFLOAT16 2.3e-2
        Object[][] rounded = {
            {DataType.FLOAT, 0.9995, true},
            {DataType.FLOAT, 1.0005, true},
            {DataType.FLOAT, 0.998, false},
            {DataType.DOUBLE, 1.002, false},
            {DataType.FLOAT16, 0.998, true},
            {DataType.FLOAT16, 0.996, false},
            {DataType.BFLOAT16, 0.984375, true},
            {DataType.BFLOAT16, 0.96875, false}
        };
        for (DataType type : new DataType[] {DataType.FLOAT, DataType.DOUBLE, DataType.FLOAT16}) {
            INDArray logits = Sample.array(type, new double[] {0.5, 1, -1}, 1, 3, 1, 1);
            for (Object[] each : rounded) {
                double[] y = {(double) each[1] - 0.5, 0.25, 0.25};
                INDArray labels = Sample.array((DataType) each[0], y, 1, 3, 1, 1);
                if ((boolean) each[2]) {
                    assertThat(LossRun.of(loss, Kind.LOSS, labels, logits, null).value())
                            .isFinite();
                } else {
                    assertThatThrownBy(() -> LossRun.of(loss, Kind.LOSS, labels, logits, null))
                            .as("%s %s", loss, Arrays.toString(each))
                            .hasStackTraceContaining("labels must be vectors of values from 0 to");
                }
            }
        }
    }

    static List<SegmentationLoss> ofClasses() {
        return List.of(
                CrossEntropy.builder().build(),
                Dice.builder().build(),
                Focal.builder().build(),
                Focal.builder().form(Focal.Form.SOFTMAX).build(),
                Poly1CrossEntropy.builder().build(),
                GeneralizedDice.builder().build());
    }

    /** [N,H,W] and [N,1,H,W] are the same labels of the only channel. */
    @Test
    void binaryLabelsNeedNoChannelAxis() {
        double[] y = {0, 0.25, 1, 0.5, 0, 1};
        INDArray logits =
                Sample.array(DataType.DOUBLE, new double[] {1, -1, 2, 0, 0.5, -2}, 1, 1, 2, 3);
        for (SegmentationLoss loss : List.of(Dice.builder().build(), SoftBce.builder().build())) {
            Result flat =
                    LossRun.of(
                            loss,
                            Kind.LOSS,
                            Sample.array(DataType.FLOAT, y, 1, 2, 3),
                            logits,
                            null);
            Result channel =
                    LossRun.of(
                            loss,
                            Kind.LOSS,
                            Sample.array(DataType.FLOAT, y, 1, 1, 2, 3),
                            logits,
                            null);
            assertThat(flat.bits()).isEqualTo(channel.bits());
        }
    }
}
