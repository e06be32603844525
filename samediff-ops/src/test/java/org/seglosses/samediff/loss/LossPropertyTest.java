package org.seglosses.samediff.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

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

/** What holds for every loss, on random valid parameters and inputs; see {@link Subject}. */
class LossPropertyTest {

    private static final int DRAWS = 105;

    private static final DataType[] TYPES = {DataType.FLOAT, DataType.DOUBLE};

    static List<Subject> subjects() {
        return Subject.all();
    }

    private interface Property {
        void check(Draw draw, String as);
    }

    private static void forAll(Subject subject, double scale, Property property) {
        for (int seed = 0; seed < DRAWS; seed++) {
            Draw draw = subject.draw(seed, scale);
            Sample s = draw.sample();
            property.check(
                    draw,
                    "seed %d, %s, %s".formatted(seed, Arrays.toString(s.shape()), draw.loss()));
        }
    }

    /** Close relative to the greatest of the expected values. */
    private static void assertClose(
            double[] actual, double[] expected, double tolerance, String as) {
        double scale = Math.max(1e-2, Arrays.stream(expected).map(Math::abs).max().orElse(0));
        assertThat(actual).as(as).containsExactly(expected, within(tolerance * scale));
    }

    private static void assertClose(Result actual, Result expected, double tolerance, String as) {
        assertClose(actual.values(), expected.values(), tolerance, as + " value");
        assertClose(actual.gradient(), expected.gradient(), tolerance, as + " gradient");
    }

    @ParameterizedTest
    @MethodSource("subjects")
    void isTheDefinition(Subject subject) {
        forAll(
                subject,
                3,
                (draw, as) -> {
                    double[] expected = {ReferenceLosses.loss(draw.loss(), draw.sample())};
                    Result wide = LossRun.of(draw.loss(), draw.sample(), DataType.DOUBLE);
                    assertClose(wide.values(), expected, 1e-10, as);
                    Result single = LossRun.of(draw.loss(), draw.sample(), DataType.FLOAT);
                    assertClose(single.values(), expected, 1e-5, as + " FLOAT");
                });
    }

    /** Maps of several blocks; the bits are the same for any number of threads. */
    @ParameterizedTest
    @MethodSource("subjects")
    void largeMaps(Subject subject) {
        String before = System.getProperty("org.seglosses.threads");
        try {
            for (int variant = 0; variant < 3; variant++) {
                Draw draw = subject.draw(variant, 1);
                int[] size = {2, 130, 70};
                int channels = draw.sample().c();
                Sample s = Sample.draw(new Random(9), subject.mode(), channels, size, 3, false);
                double[] expected = {ReferenceLosses.loss(draw.loss(), s)};
                for (DataType type : TYPES) {
                    System.setProperty("org.seglosses.threads", "1");
                    Result one = LossRun.of(draw.loss(), s, type);
                    System.setProperty("org.seglosses.threads", "3");
                    Result several = LossRun.of(draw.loss(), s, type);
                    String as = type + " " + draw.loss();
                    assertThat(several.bits()).as(as).isEqualTo(one.bits());
                    double tolerance = type == DataType.FLOAT ? 1e-5 : 1e-10;
                    assertClose(one.values(), expected, tolerance, as);
                }
            }
        } finally {
            if (before == null) {
                System.clearProperty("org.seglosses.threads");
            } else {
                System.setProperty("org.seglosses.threads", before);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("subjects")
    void eachImageIsTheLossOfThatImageAlone(Subject subject) {
        forAll(
                subject,
                3,
                (draw, as) -> {
                    Sample s = draw.sample();
                    Result rows = LossRun.of(draw.loss(), s, DataType.DOUBLE, Kind.EACH_IMAGE);
                    assertThat(rows.values()).hasSize(s.n());
                    double[] expected = ReferenceLosses.groups(draw.loss(), s, true);
                    assertClose(rows.values(), expected, 1e-10, as);
                    double[] alone = new double[s.n()];
                    for (int i = 0; i < s.n(); i++) {
                        Sample image = s.images(i);
                        alone[i] = LossRun.of(draw.loss(), image, DataType.DOUBLE).value();
                    }
                    assertClose(rows.values(), alone, 1e-14, as);
                });
    }

    @ParameterizedTest
    @MethodSource("subjects")
    void isFiniteAndNotNegative(Subject subject) {
        for (double scale : new double[] {1e-3, 30, 1e4}) {
            forAll(
                    subject,
                    scale,
                    (draw, as) -> {
                        double[] z = draw.sample().z();
                        for (int i = 0; i < z.length; i++) {
                            z[i] = Math.max(-1e4, Math.min(1e4, z[i]));
                        }
                        Result result = LossRun.of(draw.loss(), draw.sample(), DataType.FLOAT);
                        assertThat(result.value()).as(as).isFinite();
                        if (!subject.mayBeNegative() && !scoreMayExceedOne(draw.loss())) {
                            assertThat(result.value()).as(as).isNotNegative();
                        }
                        assertThat(Arrays.stream(result.gradient()).allMatch(Double::isFinite))
                                .as(as)
                                .isTrue();
                    });
        }
    }

    @ParameterizedTest
    @MethodSource("subjects")
    void voidPixelsHaveNoInfluence(Subject subject) {
        double inf = Double.POSITIVE_INFINITY;
        double[][] others = {{Double.NaN}, {inf, -inf, 1e30}, {-1e4, 1e-30, 1e4}, {0}};
        for (DataType type : TYPES) {
            forAll(
                    subject,
                    3,
                    (draw, as) -> {
                        Sample s = draw.sample();
                        if (!s.hasVoid()) {
                            return;
                        }
                        Result expected = LossRun.of(draw.loss(), s, type);
                        for (double[] other : others) {
                            Result actual = LossRun.of(draw.loss(), s.withVoidLogits(other), type);
                            assertThat(actual.bits()).as(as).isEqualTo(expected.bits());
                        }
                        for (int i = 0; i < s.z().length; i++) {
                            int plane = i / s.pixels();
                            if (s.isVoid(plane / s.c(), plane % s.c(), i % s.pixels())) {
                                assertThat(expected.gradient()[i]).as(as).isZero();
                            }
                        }
                    });
        }
    }

    @ParameterizedTest
    @MethodSource("subjects")
    void whatIsNotFiniteAtAValidPixelShows(Subject subject) {
        double[] bad = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
        for (DataType type : TYPES) {
            forAll(
                    subject,
                    3,
                    (draw, as) -> {
                        Sample s = draw.sample();
                        Random random = new Random(s.z().length);
                        int i = random.nextInt(s.z().length);
                        int plane = i / s.pixels();
                        if (s.isVoid(plane / s.c(), plane % s.c(), i % s.pixels())) {
                            return;
                        }
                        double[] z = s.z().clone();
                        z[i] = bad[random.nextInt(3)];
                        boolean probabilityZero =
                                s.y(plane / s.c(), plane % s.c(), i % s.pixels()) == 0
                                        && subject.mode() == Mode.MULTICLASS
                                        && NegativeInfinityTest.allowsIt(draw.loss());
                        if (z[i] == Double.NEGATIVE_INFINITY && probabilityZero) {
                            return;
                        }
                        Result result = LossRun.of(draw.loss(), s.withLogits(z), type);
                        assertThat(result.value()).as(as).isNaN();
                        assertThat(Arrays.stream(result.gradient()).anyMatch(Double::isNaN))
                                .as(as + ": gradient is NaN")
                                .isTrue();
                    });
        }
    }

    @ParameterizedTest
    @MethodSource("subjects")
    void nothingValidIsZero(Subject subject) {
        forAll(
                subject,
                3,
                (draw, as) -> {
                    int[] none = new int[draw.sample().codes().length];
                    Arrays.fill(none, Sample.VOID);
                    Sample s = draw.sample().withCodes(none).withVoidLogits(Double.NaN, 1, 1e4);
                    Result result = LossRun.of(draw.loss(), s, DataType.FLOAT);
                    assertThat(result.value()).as(as).isZero();
                    assertThat(result.gradient()).as(as).containsOnly(0);
                });
    }

    @ParameterizedTest
    @MethodSource("subjects")
    void theOrderOfImagesDoesNotMatter(Subject subject) {
        forAll(
                subject,
                3,
                (draw, as) -> {
                    Sample s = draw.sample();
                    int[] reversed = new int[s.n()];
                    for (int i = 0; i < s.n(); i++) {
                        reversed[i] = s.n() - 1 - i;
                    }
                    Result result = LossRun.of(draw.loss(), s, DataType.DOUBLE);
                    Result other = LossRun.of(draw.loss(), s.images(reversed), DataType.DOUBLE);
                    Sample back = s.withLogits(other.gradient()).images(reversed);
                    assertClose(new Result(other.values(), back.z()), result, 1e-12, as);
                });
    }

    /** Of losses without parameters of single classes. */
    @ParameterizedTest
    @MethodSource("subjects")
    void theOrderOfClassesDoesNotMatter(Subject subject) {
        forAll(
                subject,
                3,
                (draw, as) -> {
                    Sample s = draw.sample();
                    if (hasClassParameters(draw.loss())) {
                        return;
                    }
                    int[] order = new int[s.c()];
                    for (int c = 0; c < s.c(); c++) {
                        order[c] = (c + 1) % s.c();
                    }
                    double[] result = LossRun.of(draw.loss(), s, DataType.DOUBLE).values();
                    double[] other =
                            LossRun.of(draw.loss(), s.channels(order), DataType.DOUBLE).values();
                    assertClose(other, result, 1e-12, as);
                });
    }

    private static boolean hasClassParameters(SegmentationLoss loss) {
        if (loss instanceof Combined combined) {
            return combined.terms().stream().anyMatch(t -> hasClassParameters(t.loss()));
        }
        return loss instanceof CrossEntropy c && !c.classWeights().isEmpty()
                || loss instanceof OhemCrossEntropy o && !o.classWeights().isEmpty()
                || loss instanceof Surface s
                        && !(s.classWeights().isEmpty() && s.classes().isEmpty())
                || regionOptions(loss) != null
                        && !(regionOptions(loss).classWeights().isEmpty()
                                && regionOptions(loss).classes().isEmpty())
                || loss instanceof GeneralizedDice g && !g.classes().isEmpty()
                || loss instanceof SoftBce b
                        && !(b.classWeights().isEmpty() && b.posWeight().isEmpty())
                || loss instanceof Focal f && !f.classWeights().isEmpty()
                || loss instanceof Poly1CrossEntropy p && !p.classWeights().isEmpty()
                || loss instanceof Duo d && hasClassParameters(d.lovasz())
                || loss instanceof BceDice b
                        && (hasClassParameters(b.bce()) || hasClassParameters(b.dice()))
                || loss instanceof LovaszSoftmax l
                        && !(l.classWeights().isEmpty() && l.classes().isEmpty());
    }

    private static RegionOptions regionOptions(SegmentationLoss loss) {
        if (loss instanceof Tversky tversky) {
            return tversky.options();
        } else if (loss instanceof FBeta fBeta) {
            return fBeta.options();
        } else if (loss instanceof Jaccard jaccard) {
            return jaccard.options();
        }
        return loss instanceof Dice dice ? dice.options() : null;
    }

    /** Softmax knows differences alone; focal loss of one class against the rest has none. */
    @ParameterizedTest
    @MethodSource("subjects")
    void aConstantAtAPixelDoesNotMatter(Subject subject) {
        if (subject.mode() != Mode.MULTICLASS || subject.name().equals("focal")) {
            return;
        }
        forAll(
                subject,
                3,
                (draw, as) -> {
                    Sample s = draw.sample();
                    double[] z = s.z().clone();
                    for (int i = 0; i < z.length; i++) {
                        // the same in all channels of a pixel
                        z[i] += 7 * Math.sin(i / s.pixels() / s.c() + i % s.pixels());
                    }
                    Result result = LossRun.of(draw.loss(), s, DataType.DOUBLE);
                    Result other = LossRun.of(draw.loss(), s.withLogits(z), DataType.DOUBLE);
                    assertClose(other, result, 1e-10, as);
                    double scale = Arrays.stream(result.gradient()).map(Math::abs).max().orElse(0);
                    for (int n = 0; n < s.n(); n++) {
                        for (int pixel = 0; pixel < s.pixels(); pixel++) {
                            double sum = 0;
                            for (int c = 0; c < s.c(); c++) {
                                sum += result.gradient()[s.at(n, c, pixel)];
                            }
                            assertThat(sum).as(as).isCloseTo(0, within(1e-12 * (1 + scale)));
                        }
                    }
                });
    }

    /** Logits that are far on the right side, of labels in which every class has a boundary. */
    @ParameterizedTest
    @MethodSource("subjects")
    void aPerfectPredictionCostsNothing(Subject subject) {
        for (int variant = 0; variant < 21; variant++) {
            Sample s = subject.draw(variant, 1).sample();
            SegmentationLoss loss = subject.draw(variant, 1).loss();
            if (hasAnotherMinimum(loss)) {
                continue;
            }
            int classes = subject.mode() == Mode.MULTICLASS ? s.c() : 2;
            int side = 12;
            int[] codes = new int[2 * (s.perChannel() ? s.c() : 1) * side * side];
            for (int i = 0; i < codes.length; i++) {
                codes[i] = (i / side / 2 + i % side / 2) % classes;
            }
            double[] z = new double[2 * s.c() * side * side];
            Sample perfect = new Sample(2, s.c(), side, side, s.perChannel(), z, codes, null, null);
            for (int i = 0; i < z.length; i++) {
                int plane = i / perfect.pixels();
                int code = perfect.code(plane / s.c(), plane % s.c(), i % perfect.pixels());
                int own = subject.mode() == Mode.MULTICLASS ? plane % s.c() : 1;
                z[i] = code == own ? 500 : -500;
            }
            for (DataType type : TYPES) {
                Result result = LossRun.of(loss, perfect, type);
                double least = subject.mayBeNegative() ? ReferenceLosses.loss(loss, perfect) : 0;
                assertThat(least).isNotPositive();
                assertThat(result.value())
                        .as("%s %s", type, loss)
                        .isBetween(least == 0 ? 0 : least - 1e-6, least + 1e-6);
                for (double g : result.gradient()) {
                    assertThat(g).isCloseTo(0, within(1e-100));
                }
            }
        }
    }

    /**
     * Label smoothing moves the least value, and so do smoothing that differs above and below, a
     * great eps of the correlation, and the length of the true contours.
     */
    private static boolean hasAnotherMinimum(SegmentationLoss loss) {
        if (loss instanceof Combined combined) {
            return combined.terms().stream().anyMatch(t -> hasAnotherMinimum(t.loss()));
        }
        if (loss instanceof BceDice pair) {
            return hasAnotherMinimum(pair.bce()) || hasAnotherMinimum(pair.dice());
        }
        RegionOptions region = regionOptions(loss);
        return region != null && differs(region.smooth(), region.smoothDenominator())
                || loss instanceof GeneralizedDice g && differs(g.smooth(), g.smoothDenominator())
                || loss instanceof Mcc m && m.eps() > 1e-4
                || loss instanceof ActiveContour a && a.weight() > 0
                || loss instanceof SoftBce b && b.smoothing() > 0
                || loss instanceof CrossEntropy c && c.smoothing() > 0;
    }

    /** More is added above than below. */
    private static boolean scoreMayExceedOne(SegmentationLoss loss) {
        if (loss instanceof Combined combined) {
            return combined.terms().stream().anyMatch(t -> scoreMayExceedOne(t.loss()));
        }
        RegionOptions region = regionOptions(loss);
        return region != null && exceeds(region.smooth(), region.smoothDenominator())
                || loss instanceof GeneralizedDice g && exceeds(g.smooth(), g.smoothDenominator());
    }

    private static boolean exceeds(double above, Double below) {
        return below != null && above > below;
    }

    private static boolean differs(double above, Double below) {
        return below != null && below != above;
    }

    @ParameterizedTest
    @MethodSource("subjects")
    void indicesAndOneHotAgree(Subject subject) {
        if (subject.mode() != Mode.MULTICLASS) {
            return;
        }
        forAll(
                subject,
                3,
                (draw, as) -> {
                    Sample s = draw.sample();
                    Result indices = LossRun.of(draw.loss(), s, DataType.DOUBLE);
                    INDArray mask = s.weights() == null ? null : s.mask(DataType.DOUBLE);
                    for (DataType type : new DataType[] {DataType.DOUBLE, DataType.INT8}) {
                        INDArray logits = s.logits(DataType.DOUBLE);
                        Result oneHot =
                                LossRun.of(draw.loss(), Kind.LOSS, s.oneHot(type), logits, mask);
                        assertClose(oneHot, indices, 1e-12, as);
                    }
                });
    }

    @ParameterizedTest
    @MethodSource("subjects")
    void floatAndDoubleAgree(Subject subject) {
        forAll(
                subject,
                3,
                (draw, as) ->
                        assertClose(
                                LossRun.of(draw.loss(), draw.sample(), DataType.FLOAT),
                                LossRun.of(draw.loss(), draw.sample(), DataType.DOUBLE),
                                1e-4,
                                as));
    }

    /** Computed in FLOAT; the gradient comes back in the type of the logits. */
    @ParameterizedTest
    @MethodSource("subjects")
    void halfPrecisionIsComputedInFloat(Subject subject) {
        for (DataType type : new DataType[] {DataType.FLOAT16, DataType.BFLOAT16}) {
            for (int seed = 0; seed < 21; seed++) {
                Draw draw = subject.draw(seed, 3);
                Sample s = draw.sample();
                Sample rounded = s.withLogits(Sample.doubles(s.logits(type)));
                Result single = LossRun.of(draw.loss(), rounded, DataType.FLOAT);
                Result half = LossRun.of(draw.loss(), rounded, type);
                assertThat(half.values()).as("%s", draw).isEqualTo(single.values());
                double[] g = Sample.doubles(s.withLogits(single.gradient()).logits(type));
                assertThat(half.gradient()).as("%s", draw).isEqualTo(g);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("subjects")
    void theGradientIsTheDerivative(Subject subject) {
        double step = 1e-6;
        forAll(
                subject,
                2,
                (draw, as) -> {
                    Sample s = draw.sample();
                    Random random = new Random(1);
                    double[] gradient = LossRun.of(draw.loss(), s, DataType.DOUBLE).gradient();
                    double scale = Arrays.stream(gradient).map(Math::abs).max().orElse(0);
                    for (int k = 0; k < 4; k++) {
                        int i = random.nextInt(s.z().length);
                        double[] z = s.z().clone();
                        z[i] = s.z()[i] + step;
                        double above =
                                LossRun.of(draw.loss(), s.withLogits(z), DataType.DOUBLE).value();
                        z[i] = s.z()[i] - step;
                        double below =
                                LossRun.of(draw.loss(), s.withLogits(z), DataType.DOUBLE).value();
                        assertThat(gradient[i])
                                .as("%s, element %d", as, i)
                                .isCloseTo(
                                        (above - below) / (2 * step), within(1e-7 + 1e-6 * scale));
                    }
                });
    }

    @ParameterizedTest
    @MethodSource("subjects")
    void viewsOfChannelsLastArraysAreTheSame(Subject subject) {
        for (DataType type : TYPES) {
            for (int seed = 0; seed < 21; seed++) {
                Draw draw = subject.draw(seed, 3);
                Sample s = draw.sample();
                Integer ignore = LossRun.ignoreIndex(draw.loss());
                INDArray logits = s.logits(type);
                INDArray view = logits.permute(0, 2, 3, 1).dup('c').permute(0, 3, 1, 2);
                INDArray labels = s.labels(DataType.FLOAT, ignore);
                INDArray mask = s.needsMask(ignore) ? s.mask(DataType.FLOAT) : null;
                INDArray labelsView = labels.dup('f');
                assertThat(LossRun.of(draw.loss(), Kind.LOSS, labelsView, view, mask).bits())
                        .as("%s", draw)
                        .isEqualTo(LossRun.of(draw.loss(), Kind.LOSS, labels, logits, mask).bits());
            }
        }
    }
}
