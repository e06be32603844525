package org.seglosses.samediff.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.seglosses.samediff.loss.LossRun.Kind;
import org.seglosses.samediff.loss.LossRun.Result;
import org.seglosses.samediff.loss.Subject.Draw;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Under softmax a logit of -infinity says probability 0, where its class has no share in the label.
 * Everything else that is not finite shows, in the value and in the gradient.
 */
class NegativeInfinityTest {

    private static final int DRAWS = 14;

    private static final double MINUS_INFINITY = Double.NEGATIVE_INFINITY;

    private static final List<DataType> TYPES = List.of(DataType.FLOAT, DataType.DOUBLE);

    private static final double[] TWO_PIXELS = {MINUS_INFINITY, 0, 1, 0.5, 2, 0};

    private static final double[] THEIR_LABELS = {2, 1};

    /** A loss over softmax with a kind of kernels. */
    record Case(Subject subject, Kernels kernels) {
        @Override
        public String toString() {
            return subject + " " + kernels;
        }
    }

    static List<Case> cases() {
        return Subject.all().stream()
                .filter(subject -> subject.mode() == Mode.MULTICLASS)
                .flatMap(subject -> Stream.of(Kernels.values()).map(k -> new Case(subject, k)))
                .toList();
    }

    @AfterEach
    void byBackend() {
        System.clearProperty(Kernels.PROPERTY);
    }

    private static void use(Kernels kernels) {
        System.setProperty(Kernels.PROPERTY, kernels.name().toLowerCase(Locale.ROOT));
    }

    /** Whether a loss forms a softmax, and none of its classes counts by smoothing. */
    static boolean allowsIt(SegmentationLoss loss) {
        if (loss instanceof Combined combined) {
            return combined.terms().stream().allMatch(term -> allowsIt(term.loss()));
        }
        return !(loss instanceof CrossEntropy c && c.smoothing() > 0)
                && !(loss instanceof Focal f && f.form() == Focal.Form.ONE_VS_REST)
                && !(loss instanceof LovaszHinge);
    }

    /** Derived by hand: the softmax of (1, 2) and that of (0, 0.5, 0). */
    @ParameterizedTest
    @EnumSource
    void twoPixels(Kernels kernels) {
        use(kernels);
        double ofOne = 1 / (1 + Math.E);
        double half = Math.exp(0.5);
        double side = 1 / (2 + half);
        double middle = half / (2 + half);
        double[] p = {0, side, ofOne, middle, 1 - ofOne, side};
        double[] crossEntropy = new double[6];
        for (int i = 0; i < 6; i++) {
            crossEntropy[i] = (p[i] - (i == 3 || i == 4 ? 1 : 0)) / 2;
        }
        for (DataType type : TYPES) {
            double tolerance = type == DataType.FLOAT ? 1e-6 : 1e-14;
            Result result = run(CrossEntropy.builder().build(), type);
            double value = -(Math.log(1 - ofOne) + Math.log(middle)) / 2;
            assertThat(value).isCloseTo(0.5538192285, within(1e-10));
            assertThat(result.value()).isCloseTo(value, within(tolerance));
            assertThat(result.gradient()).containsExactly(crossEntropy, within(tolerance));
            assertThat(result.gradient()[0]).isZero();

            // class 0 has no label: it counts 0
            double ofClass1 = 1 - 2 * middle / (ofOne + middle + 1);
            double ofClass2 = 1 - 2 * (1 - ofOne) / (1 - ofOne + side + 1);
            double dice = (ofClass1 + ofClass2) / 3;
            assertThat(dice).isCloseTo(0.2485448, within(1e-7));
            Result ofDice = run(Dice.builder().build(), type);
            assertThat(ofDice.value()).isCloseTo(dice, within(tolerance));
            assertThat(ofDice.gradient()[0]).isZero();

            // the greater error of class 1 is at its own pixel, which has weight 1; that of class 2
            // is not: both have weight 1/2
            double lovasz = ((1 - middle) + (side + ofOne) / 2) / 2;
            assertThat(lovasz).isCloseTo(0.4098211, within(1e-7));
            Result ofLovasz = run(LovaszSoftmax.builder().build(), type);
            assertThat(ofLovasz.value()).isCloseTo(lovasz, within(tolerance));
            assertThat(ofLovasz.gradient()[0]).isZero();
        }
    }

    private static Result run(SegmentationLoss loss, DataType type) {
        return LossRun.of(
                loss,
                Kind.LOSS,
                Sample.array(DataType.FLOAT, THEIR_LABELS, 1, 1, 2),
                Sample.array(type, TWO_PIXELS, 1, 3, 1, 2),
                null);
    }

    /** The sample with a logit at some of the classes that have no share in their pixel's label. */
    private static Sample withLogits(Sample s, double logit) {
        Random random = new Random(s.z().length);
        double[] z = s.z().clone();
        for (int i = 0; i < z.length; i++) {
            int plane = i / s.pixels();
            int pixel = i % s.pixels();
            boolean free =
                    s.isVoid(plane / s.c(), 0, pixel)
                            || s.y(plane / s.c(), plane % s.c(), pixel) == 0;
            z[i] = random.nextInt(3) == 0 && free ? logit : z[i];
        }
        return s.withLogits(z);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isProbabilityZero(Case given) {
        forAll(given, this::checkProbabilityZero);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isProbabilityZeroWithSoftLabels(Case given) {
        forAllSoft(given, this::checkProbabilityZero);
    }

    private void checkProbabilityZero(SegmentationLoss loss, Sample s, String as) {
        if (!allowsIt(loss)) {
            return;
        }
        for (DataType type : TYPES) {
            boolean single = type == DataType.FLOAT;
            double tolerance = single ? 1e-6 : 1e-12;
            for (Kind kind : List.of(Kind.LOSS, Kind.EACH_IMAGE)) {
                if (single && kind == Kind.EACH_IMAGE) {
                    continue;
                }
                Sample infinite = withLogits(s, MINUS_INFINITY);
                Result actual = LossRun.of(loss, infinite, type, kind);
                Result expected = LossRun.of(loss, withLogits(s, single ? -1e4 : -800), type, kind);
                String what = as + " " + type + " " + kind;
                assertClose(actual.values(), expected.values(), tolerance, what);
                assertClose(actual.gradient(), expected.gradient(), tolerance, what);
                for (int i = 0; i < infinite.z().length; i++) {
                    if (infinite.z()[i] == MINUS_INFINITY) {
                        assertThat(actual.gradient()[i]).as(what).isZero();
                    }
                }
            }
        }
    }

    private static void assertClose(
            double[] actual, double[] expected, double tolerance, String as) {
        double scale = Math.max(1e-2, Arrays.stream(expected).map(Math::abs).max().orElse(0));
        assertThat(actual).as(as).containsExactly(expected, within(tolerance * scale));
    }

    /** At the label, at any share of it, under smoothing, and where no logit is finite. */
    @ParameterizedTest
    @MethodSource("cases")
    void showsWhereThereIsNoValue(Case given) {
        forAll(given, NegativeInfinityTest::checkItShows);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void showsWhereASoftLabelHasAShare(Case given) {
        forAllSoft(given, NegativeInfinityTest::checkItShows);
    }

    private static void checkItShows(SegmentationLoss loss, Sample s, String as) {
        Random random = new Random(s.z().length);
        for (int k = 0; k < 6; k++) {
            int image = random.nextInt(s.n());
            int pixel = random.nextInt(s.pixels());
            int channel = random.nextInt(s.c());
            if (s.isVoid(image, 0, pixel)) {
                continue;
            }
            double[] z = s.z().clone();
            int at = s.at(image, channel, pixel);
            if (k % 3 == 0) {
                for (int c = 0; c < s.c(); c++) {
                    z[s.at(image, c, pixel)] = MINUS_INFINITY;
                }
            } else if (k % 3 == 1) {
                z[at] = Double.POSITIVE_INFINITY;
            } else if (allowsIt(loss) && s.y(image, channel, pixel) == 0) {
                continue;
            } else {
                z[at] = MINUS_INFINITY;
            }
            double[] nan = s.z().clone();
            nan[at] = Double.NaN;
            for (DataType type : TYPES) {
                Result result = LossRun.of(loss, s.withLogits(z), type);
                assertThat(result.value()).as(as + " " + type).isNaN();
                assertThat(result.gradient()[at]).as(as + " " + type).isNaN();
                assertThat(LossRun.of(loss, s.withLogits(nan), type).value()).as(as).isNaN();
            }
        }
    }

    private interface Check {
        void of(SegmentationLoss loss, Sample s, String as);
    }

    private static void forAll(Case given, Check check) {
        use(given.kernels);
        for (int seed = 0; seed < DRAWS; seed++) {
            Draw draw = given.subject.draw(seed, 3);
            check.of(draw.loss(), draw.sample(), "seed " + seed + " " + draw.loss());
        }
    }

    private static void forAllSoft(Case given, Check check) {
        boolean takesThem =
                given.subject.name().equals("cross entropy")
                        || SoftLabelsTest.subjects().contains(given.subject);
        if (!takesThem) {
            return;
        }
        use(given.kernels);
        for (int seed = 0; seed < DRAWS; seed++) {
            Draw draw = given.subject.draw(seed, 3);
            Sample soft = draw.sample().softened(new Random(seed));
            check.of(draw.loss(), soft, "soft, seed " + seed + " " + draw.loss());
        }
    }

    /** What explains a loss forms other softmaxes. */
    @ParameterizedTest
    @MethodSource("cases")
    void theExplanationIsThatOfProbabilityZero(Case given) {
        forAll(
                given,
                (loss, s, as) -> {
                    if (!allowsIt(loss) || s.weights() != null) {
                        return;
                    }
                    LossExplanation actual = explain(loss, withLogits(s, MINUS_INFINITY));
                    LossExplanation expected = explain(loss, withLogits(s, -800));
                    assertClose(
                            new double[] {actual.value()},
                            new double[] {expected.value()},
                            1e-12,
                            as);
                    assertClose(actual.classes(), expected.classes(), 1e-12, as);
                });
    }

    private static LossExplanation explain(SegmentationLoss loss, Sample s) {
        Integer ignore = LossRun.ignoreIndex(loss);
        INDArray mask = s.needsMask(ignore) ? s.mask(DataType.FLOAT) : null;
        return LossExplanation.of(
                loss, s.labels(DataType.FLOAT, ignore), s.logits(DataType.DOUBLE), mask);
    }
}
