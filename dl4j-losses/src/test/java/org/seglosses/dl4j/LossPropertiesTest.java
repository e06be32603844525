package org.seglosses.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.memory.conf.WorkspaceConfiguration;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.seglosses.samediff.loss.Mode;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** What holds for every loss, through the methods that DL4J calls. */
class LossPropertiesTest {

    private static final List<DataType> TYPES = List.of(DataType.FLOAT, DataType.DOUBLE);

    /** What 1 minus a score of 1 may come out as, in double. */
    private static final double NOTHING = -1e-15;

    /** Value, gradient and the images' values of one call, with the caller's arrays watched. */
    private record Outcome(double value, double[] gradient, double[] images) {

        static Outcome of(
                SegmentationLossFunction<?> loss, Sample sample, INDArray labels, INDArray mask) {
            INDArray logits = sample.logits();
            List<INDArray> given = new ArrayList<>(List.of(labels, logits));
            if (mask != null) {
                given.add(mask);
            }
            List<INDArray> before = given.stream().map(array -> array.dup('c')).toList();
            Pair<Double, INDArray> pair =
                    loss.computeGradientAndScore(
                            labels, logits, sample.activationFunction(), mask, true);
            INDArray rows =
                    loss.computeScoreArray(labels, logits, sample.activationFunction(), mask);
            double alone =
                    loss.computeScore(labels, logits, sample.activationFunction(), mask, true);
            assertThat(alone).as("value without gradient").isEqualTo(pair.getFirst());
            assertThat(rows.shape()).containsExactly(logits.size(0), 1);
            assertThat(pair.getSecond().dataType()).isEqualTo(logits.dataType());
            assertThat(pair.getSecond().shape()).isEqualTo(logits.shape());
            for (int i = 0; i < given.size(); i++) {
                assertThat(doubles(given.get(i)))
                        .as("array of the caller")
                        .isEqualTo(doubles(before.get(i)));
            }
            return new Outcome(pair.getFirst(), doubles(pair.getSecond()), doubles(rows));
        }

        static Outcome of(SegmentationLossFunction<?> loss, Sample sample, INDArray labels) {
            return of(loss, sample, labels, null);
        }

        void assertSame(Outcome other, String how) {
            assertThat(value).as(how).isEqualTo(other.value);
            assertThat(gradient).as(how).isEqualTo(other.gradient);
            assertThat(images).as(how).isEqualTo(other.images);
        }

        void assertClose(Outcome other, double tolerance, String how) {
            assertThat(value)
                    .as(how)
                    .isCloseTo(other.value, within(tolerance * (1 + Math.abs(other.value))));
            assertAllClose(gradient, other.gradient, tolerance, how + " gradient");
            assertAllClose(images, other.images, tolerance, how + " images");
        }
    }

    /** Differences relative to the largest element. */
    private static void assertAllClose(
            double[] ours, double[] expected, double tolerance, String how) {
        double largest = Arrays.stream(expected).map(Math::abs).max().orElse(0);
        assertThat(ours).as(how).hasSameSizeAs(expected);
        for (int i = 0; i < ours.length; i++) {
            assertThat(ours[i])
                    .as("%s at %d", how, i)
                    .isCloseTo(expected[i], within(tolerance * largest));
        }
    }

    private static double[] doubles(INDArray array) {
        return array.dup('c').castTo(DataType.DOUBLE).data().asDouble();
    }

    private static double rounding(DataType type) {
        return type == DataType.DOUBLE ? 1e-12 : 2e-6;
    }

    static List<Losses.InMode> losses() {
        return Losses.inAllModes();
    }

    /** The logits with those of void pixels replaced. */
    private static Sample disturbed(Sample sample, boolean[] isVoid, double[] by) {
        INDArray logits = sample.logits().dup('c');
        Random random = new Random(17);
        for (int n = 0, pixel = 0; n < logits.size(0); n++) {
            for (int y = 0; y < logits.size(2); y++) {
                for (int x = 0; x < logits.size(3); x++, pixel++) {
                    for (int c = 0; isVoid[pixel] && c < logits.size(1); c++) {
                        logits.putScalar(new int[] {n, c, y, x}, by[random.nextInt(by.length)]);
                    }
                }
            }
        }
        return sample.withLogits(logits);
    }

    private static void assertNoInfluence(
            SegmentationLossFunction<?> loss,
            Sample sample,
            INDArray labels,
            INDArray mask,
            boolean[] isVoid,
            String how) {
        Outcome plain = Outcome.of(loss, sample, labels, mask);
        assertThat(plain.value).as(how).isFinite().isNotZero();
        if (!(loss instanceof LossSurface)) {
            assertThat(plain.value).as(how).isPositive();
        }
        int pixels = (int) (sample.logits().size(2) * sample.logits().size(3));
        int channels = (int) sample.logits().size(1);
        for (int i = 0; i < plain.gradient.length; i++) {
            if (isVoid[i / (channels * pixels) * pixels + i % pixels]) {
                assertThat(plain.gradient[i]).as("%s, gradient of void at %d", how, i).isZero();
            }
        }
        double[][] replacements = {
            {3, -4, 0},
            {1e30, -1e30},
            {Double.NaN},
            {Double.POSITIVE_INFINITY},
            {Double.NEGATIVE_INFINITY},
            {Double.NaN, Double.NEGATIVE_INFINITY, 1e38, Double.POSITIVE_INFINITY, 0}
        };
        for (double[] by : replacements) {
            Sample other = disturbed(sample, isVoid, by);
            Outcome.of(loss, other, labels, mask)
                    .assertSame(plain, how + " " + Arrays.toString(by));
        }
    }

    private static boolean[] isVoid(Sample sample) {
        double[] classes = doubles(sample.classes());
        boolean[] isVoid = new boolean[classes.length];
        for (int i = 0; i < classes.length; i++) {
            isVoid[i] = classes[i] == Sample.VOID;
        }
        return isVoid;
    }

    private static boolean[] or(boolean[] isVoid, INDArray mask) {
        double[] weights = doubles(mask);
        boolean[] both = isVoid.clone();
        for (int i = 0; i < both.length; i++) {
            both[i] |= weights[i] == 0;
        }
        return both;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void voidPixelsHaveNoInfluence(Losses.InMode loss) {
        for (DataType type : TYPES) {
            Sample whole = Sample.of(loss.mode(), type, 31);
            Sample sample = whole.withVoid();
            INDArray mask = sample.mask();
            boolean[] none = new boolean[(int) sample.classes().length()];
            var function = loss.function();
            assertNoInfluence(
                    function, sample, sample.classes(), null, isVoid(sample), type + " index");
            assertNoInfluence(
                    function, sample, sample.oneHot(), null, isVoid(sample), type + " one-hot");
            assertNoInfluence(
                    function, whole, whole.classes(), mask, or(none, mask), type + " mask");
            assertNoInfluence(
                    function,
                    sample,
                    sample.oneHot(),
                    mask,
                    or(isVoid(sample), mask),
                    type + " one-hot and mask");
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void nothingValidCostsNothing(Losses.InMode loss) {
        for (DataType type : TYPES) {
            Sample sample = Sample.of(loss.mode(), type, 32);
            Sample empty =
                    new Sample(
                            loss.mode(),
                            sample.logits(),
                            Nd4j.valueArrayOf(
                                    sample.classes().shape(), (double) Sample.VOID, type));
            Sample wild = empty.withLogits(sample.logits().mul(Double.NaN));
            for (Sample each : List.of(empty, wild)) {
                for (INDArray labels : List.of(each.classes(), each.oneHot())) {
                    assertZero(Outcome.of(loss.function(), each, labels));
                }
            }
            INDArray mask = Nd4j.zeros(type, Sample.IMAGES, 1);
            assertZero(Outcome.of(loss.function(), sample, sample.classes(), mask));
            assertZero(Outcome.of(loss.function(), sample, sample.oneHot(), mask));
        }
    }

    private static void assertZero(Outcome outcome) {
        assertThat(outcome.value).isZero();
        assertThat(outcome.images).containsOnly(0.0);
        for (double g : outcome.gradient) {
            assertThat(g).isZero();
        }
    }

    /** One of two images: it costs nothing, and the other what it costs alone. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void anImageWithNothingValid(Losses.InMode loss) {
        Sample sample = Sample.of(loss.mode(), DataType.DOUBLE, 33);
        INDArray mask = Nd4j.createFromArray(new double[][] {{0}, {1}});
        Outcome outcome = Outcome.of(loss.function(), sample, sample.classes(), mask);
        Sample second = sample.image(1);
        Outcome alone = Outcome.of(loss.function(), second, second.classes());
        assertThat(outcome.images[0]).isZero();
        assertThat(outcome.images[1]).isCloseTo(alone.value, within(1e-12));
        int half = outcome.gradient.length / 2;
        for (int i = 0; i < half; i++) {
            assertThat(outcome.gradient[i]).isZero();
        }
        if (loss.function().definition().perImage()) {
            assertThat(outcome.value).isCloseTo(alone.value / 2, within(1e-12));
            assertAllClose(
                    Arrays.copyOfRange(outcome.gradient, half, 2 * half),
                    alone.gradient,
                    1e-12,
                    "gradient of the valid image");
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void finiteInFiniteOut(Losses.InMode loss) {
        Sample sample = Sample.of(loss.mode(), DataType.FLOAT, 34).withVoid();
        INDArray signs = Transforms.sign(sample.logits(), true);
        INDArray truth = sample.oneHot();
        INDArray right = truth.mul(2e4).sub(1e4);
        List<INDArray> extremes =
                List.of(
                        signs.mul(1e4),
                        sample.logits().mul(2500),
                        right,
                        right.neg(),
                        signs.mul(0),
                        signs.mul(0).add(1e4),
                        signs.mul(0).sub(1e4),
                        sample.logits().mul(1e-30),
                        sample.logits().mul(1e-42));
        for (INDArray logits : extremes) {
            INDArray within = Transforms.max(Transforms.min(logits, 1e4, true), -1e4, true);
            Outcome outcome =
                    Outcome.of(loss.function(), sample.withLogits(within), sample.classes());
            assertFinite(loss, outcome.value);
            for (double g : outcome.gradient) {
                assertThat(g).isFinite();
            }
            for (double image : outcome.images) {
                assertFinite(loss, image);
            }
        }
    }

    private static void assertFinite(Losses.InMode loss, double value) {
        assertThat(value).isFinite();
        if (!loss.loss().mayBeNegative()) {
            assertThat(value).isGreaterThanOrEqualTo(NOTHING);
        }
    }

    /** Training must see it: never a hang, an exception, or a value that looks right. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void aLogitThatIsNotFiniteMakesNaN(Losses.InMode loss) {
        for (DataType type : TYPES) {
            Sample sample = Sample.of(loss.mode(), type, 35);
            long label = sample.classes().getLong(1, 0, 2, 3);
            for (double bad :
                    new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
                for (long channel = 0; channel < sample.logits().size(1); channel++) {
                    if (bad == Double.NEGATIVE_INFINITY
                            && loss.mode() == Mode.MULTICLASS
                            && channel != label) {
                        continue; // may say probability 0: NegativeInfinityTest
                    }
                    INDArray logits = sample.logits().dup('c');
                    logits.putScalar(new long[] {1, channel, 2, 3}, bad);
                    Outcome outcome =
                            Outcome.of(
                                    loss.function(), sample.withLogits(logits), sample.classes());
                    String how = type + " " + bad + " in channel " + channel;
                    assertThat(outcome.value).as(how).isNaN();
                    assertThat(Arrays.stream(outcome.gradient).anyMatch(Double::isNaN))
                            .as(how + ", gradient")
                            .isTrue();
                    assertThat(outcome.images[0]).as(how + ", other image").isFinite();
                    assertThat(outcome.images[1]).as(how + ", its image").isNaN();
                }
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void indexAndOneHotLabelsAgree(Losses.InMode loss) {
        for (DataType type : TYPES) {
            Sample sample = Sample.of(loss.mode(), type, 36).withVoid();
            Outcome expected = Outcome.of(loss.function(), sample, sample.classes());
            Outcome.of(loss.function(), sample, sample.oneHot())
                    .assertClose(expected, rounding(type), type + " one-hot");
            long[] flat = {Sample.IMAGES, Sample.HEIGHT, Sample.WIDTH};
            INDArray rank3 = sample.classes().dup('c').reshape('c', flat);
            Outcome.of(loss.function(), sample, rank3).assertSame(expected, type + " rank 3");
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void labelsOfAnyTypeAgree(Losses.InMode loss) {
        Sample sample = Sample.of(loss.mode(), DataType.FLOAT, 37).withVoid();
        assertLabelsAgree(
                loss,
                sample,
                sample.classes(),
                List.of(DataType.DOUBLE, DataType.FLOAT16, DataType.BFLOAT16),
                List.of(
                        DataType.INT64,
                        DataType.INT32,
                        DataType.INT16,
                        DataType.UINT8,
                        DataType.UINT16));
        Sample whole = Sample.of(loss.mode(), DataType.FLOAT, 38);
        assertLabelsAgree(
                loss,
                whole,
                whole.oneHot(),
                List.of(DataType.FLOAT16),
                List.of(DataType.BOOL, DataType.INT8, DataType.UINT8));
    }

    /** Labels of a floating-point type may be soft, and then another formula is summed. */
    private static void assertLabelsAgree(
            Losses.InMode loss,
            Sample sample,
            INDArray labels,
            List<DataType> floating,
            List<DataType> integral) {
        Outcome expected = Outcome.of(loss.function(), sample, labels);
        for (DataType type : floating) {
            Outcome.of(loss.function(), sample, labels.castTo(type))
                    .assertSame(expected, type.toString());
        }
        Outcome first = Outcome.of(loss.function(), sample, labels.castTo(integral.get(0)));
        first.assertClose(expected, rounding(DataType.FLOAT), integral.get(0).toString());
        for (DataType type : integral) {
            Outcome.of(loss.function(), sample, labels.castTo(type))
                    .assertSame(first, type.toString());
        }
    }

    /** Views of the other layout hold the same images. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void memoryLayoutDoesNotMatter(Losses.InMode loss) {
        for (DataType type : TYPES) {
            Sample sample = Sample.of(loss.mode(), type, 39).withVoid();
            INDArray mask = sample.mask();
            Outcome expected = Outcome.of(loss.function(), sample, sample.classes(), mask);
            INDArray last = Sample.channelsLast(sample.logits()).permute(0, 3, 1, 2);
            INDArray labels = Sample.channelsLast(sample.classes()).permute(0, 3, 1, 2);
            Outcome.of(loss.function(), sample.withLogits(last), labels, mask.dup('f'))
                    .assertSame(expected, type + " channels last");
            Outcome.of(
                            loss.function(),
                            sample.withLogits(sample.logits().dup('f')),
                            sample.classes().dup('f'),
                            mask)
                    .assertSame(expected, type + " Fortran order");
            Outcome.of(
                            loss.function(),
                            sample.withLogits(viewOf(sample.logits())),
                            viewOf(sample.classes()),
                            viewOf(mask))
                    .assertSame(expected, type + " view");
        }
    }

    /** Arrays of one workspace while another is open, as a training in workspaces has them. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void workspacesDoNotMatter(Losses.InMode loss) {
        Sample sample = Sample.of(loss.mode(), DataType.FLOAT, 47).withVoid();
        INDArray mask = sample.mask();
        Outcome expected = Outcome.of(loss.function(), sample, sample.classes(), mask);
        WorkspaceConfiguration memory =
                WorkspaceConfiguration.builder().initialSize(1 << 20).build();
        for (int turn = 0; turn < 3; turn++) {
            try (MemoryWorkspace outer =
                    Nd4j.getWorkspaceManager().getAndActivateWorkspace(memory, "outer")) {
                INDArray labels = sample.classes().dup();
                INDArray attached = mask.dup();
                Sample inside = sample.withLogits(sample.logits().dup());
                assertThat(inside.logits().isAttached()).isTrue();
                try (MemoryWorkspace inner =
                        Nd4j.getWorkspaceManager().getAndActivateWorkspace(memory, "inner")) {
                    Outcome.of(loss.function(), inside, labels, attached)
                            .assertSame(expected, "turn " + turn);
                    assertThat(inner.getId()).isNotEqualTo(outer.getId());
                }
            }
        }
        Outcome.of(loss.function(), sample, sample.classes(), mask).assertSame(expected, "after");
    }

    /** The same values in the midst of a larger array, as iterators cut batches and tiles. */
    private static INDArray viewOf(INDArray array) {
        INDArray wide =
                Nd4j.valueArrayOf(new long[] {4, array.size(1), 8, 9}, 77.0, array.dataType());
        INDArray view =
                wide.get(
                        NDArrayIndex.interval(1, 3),
                        NDArrayIndex.all(),
                        NDArrayIndex.interval(2, 8),
                        NDArrayIndex.interval(1, 8));
        return view.assign(array);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void floatAndDoubleAgree(Losses.InMode loss) {
        Sample single = Sample.of(loss.mode(), DataType.FLOAT, 40).withVoid();
        Sample wide = single.withLogits(single.logits().castTo(DataType.DOUBLE));
        Outcome.of(loss.function(), single, single.classes())
                .assertClose(
                        Outcome.of(loss.function(), wide, single.classes()), 1e-4, "float, double");
    }

    /** HALF and BFLOAT16 are computed in FLOAT, and the results rounded. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void halfIsComputedInFloat(Losses.InMode loss) {
        for (DataType type : List.of(DataType.FLOAT16, DataType.BFLOAT16)) {
            Sample sample = Sample.of(loss.mode(), DataType.DOUBLE, 41).withVoid();
            Sample half = sample.withLogits(sample.logits().castTo(type));
            Sample single = sample.withLogits(half.logits().castTo(DataType.FLOAT));
            Outcome ours = Outcome.of(loss.function(), half, half.classes());
            Outcome expected = Outcome.of(loss.function(), single, half.classes());
            assertThat(ours.value).isEqualTo(expected.value);
            double last = type == DataType.FLOAT16 ? 1e-3 : 8e-3;
            ours.assertClose(expected, last, type.toString());
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void orderOfImagesDoesNotMatter(Losses.InMode loss) {
        Sample sample =
                Sample.of(loss.mode(), DataType.DOUBLE, 42, 3, Sample.HEIGHT, Sample.WIDTH)
                        .withVoid();
        Outcome expected = Outcome.of(loss.function(), sample, sample.classes());
        int[] order = {2, 0, 1};
        Sample other =
                new Sample(
                        loss.mode(),
                        permuted(sample.logits(), 0, order),
                        permuted(sample.classes(), 0, order));
        Outcome ours = Outcome.of(loss.function(), other, other.classes());
        assertThat(ours.value).isCloseTo(expected.value, within(1e-12));
        for (int n = 0; n < 3; n++) {
            assertThat(ours.images[n]).isCloseTo(expected.images[order[n]], within(1e-12));
        }
        INDArray gradient =
                Sample.array(expected.gradient, DataType.DOUBLE, sample.logits().shape());
        assertAllClose(ours.gradient, doubles(permuted(gradient, 0, order)), 1e-11, "gradient");
    }

    static List<Losses.InMode> lossesOfEqualClasses() {
        return losses().stream()
                .filter(loss -> loss.mode() != Mode.BINARY && !hasClassWeights(loss.function()))
                .toList();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("lossesOfEqualClasses")
    void orderOfClassesDoesNotMatter(Losses.InMode loss) {
        Sample sample = Sample.of(loss.mode(), DataType.DOUBLE, 43).withVoid();
        Outcome expected = Outcome.of(loss.function(), sample, sample.oneHot());
        int[] order = {1, 2, 0};
        Sample other = sample.withLogits(permuted(sample.logits(), 1, order));
        Outcome ours = Outcome.of(loss.function(), other, permuted(sample.oneHot(), 1, order));
        assertThat(ours.value).isCloseTo(expected.value, within(1e-12));
        INDArray gradient =
                Sample.array(expected.gradient, DataType.DOUBLE, sample.logits().shape());
        assertAllClose(ours.gradient, doubles(permuted(gradient, 1, order)), 1e-11, "gradient");
    }

    private static boolean hasClassWeights(SegmentationLossFunction<?> loss) {
        // some classes alone count as a weight of 0 of the others
        return loss.toString().contains("classWeights=[0.5")
                || loss.toString().contains("classes=[0]");
    }

    private static INDArray permuted(INDArray array, int dimension, int[] order) {
        INDArrayIndex[] at = new INDArrayIndex[array.rank()];
        Arrays.fill(at, NDArrayIndex.all());
        INDArray[] parts = new INDArray[order.length];
        for (int i = 0; i < order.length; i++) {
            at[dimension] = NDArrayIndex.interval(order[i], order[i] + 1);
            parts[i] = array.get(at);
        }
        return Nd4j.concat(dimension, parts);
    }

    /** One of sigmoids sees each logit for itself. */
    private static final Set<Losses> OF_SIGMOIDS =
            EnumSet.of(Losses.FOCAL, Losses.FOCAL_REDUCED, Losses.COMBINED_SOFT);

    static List<Losses.InMode> lossesOfSoftmax() {
        return losses().stream()
                .filter(loss -> loss.mode() == Mode.MULTICLASS)
                .filter(loss -> !OF_SIGMOIDS.contains(loss.loss()))
                .toList();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("lossesOfSoftmax")
    void softmaxIgnoresAConstantOfEachPixel(Losses.InMode loss) {
        Sample sample = Sample.of(loss.mode(), DataType.DOUBLE, 44).withVoid();
        Outcome expected = Outcome.of(loss.function(), sample, sample.classes());
        INDArray shift =
                Sample.gaussians(45, DataType.DOUBLE, Sample.IMAGES, 1, Sample.HEIGHT, Sample.WIDTH)
                        .muli(20);
        Sample moved = sample.withLogits(sample.logits().add(shift));
        Outcome.of(loss.function(), moved, moved.classes()).assertClose(expected, 1e-11, "moved");
        INDArray gradient =
                Sample.array(expected.gradient, DataType.DOUBLE, sample.logits().shape());
        for (double sum : doubles(gradient.sum(1))) {
            assertThat(sum).isCloseTo(0, within(1e-14));
        }
    }

    /** Those of several sigmoids must name their mode: several channels mean MULTICLASS. */
    static List<Losses.InMode> lossesToldByChannels() {
        return losses().stream().filter(loss -> loss.mode() != Mode.MULTILABEL).toList();
    }

    /** Logits and their activation mean the same to a loss. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("lossesToldByChannels")
    void identityMeansLogits(Losses.InMode loss) {
        Sample sample = Sample.of(loss.mode(), DataType.DOUBLE, 46);
        double named =
                loss.function()
                        .computeScore(
                                sample.classes(),
                                sample.logits(),
                                sample.activationFunction(),
                                null,
                                true);
        double logits =
                loss.function()
                        .computeScore(
                                sample.classes(),
                                sample.logits(),
                                new ActivationIdentity(),
                                null,
                                true);
        assertThat(logits).isEqualTo(named);
    }

    /**
     * Smoothing of labels asks for something else than the truth, smoothing of a divisor alone
     * makes a score less than 1, and the outlines of the truth have a length too.
     */
    private static final Set<Losses> NOT_OF_THE_TRUTH =
            EnumSet.of(
                    Losses.CROSS_ENTROPY_SMOOTH,
                    Losses.SOFT_BCE_SMOOTH,
                    Losses.DICE_PER_IMAGE,
                    Losses.GENERALIZED_DICE_BATCH,
                    Losses.ACTIVE_CONTOUR,
                    Losses.ACTIVE_CONTOUR_SYMMETRIC);

    static List<Losses.InMode> lossesOfTheTruth() {
        return losses().stream().filter(loss -> !NOT_OF_THE_TRUTH.contains(loss.loss())).toList();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("lossesOfTheTruth")
    void aPerfectPredictionCostsNothing(Losses.InMode loss) {
        for (DataType type : TYPES) {
            Sample sample = Sample.of(loss.mode(), type, 47);
            INDArray vectors = sample.oneHot();
            Sample perfect = sample.withLogits(vectors.mul(80).sub(40));
            Outcome outcome = Outcome.of(loss.function(), perfect, sample.classes());
            if (loss.loss().mayBeNegative()) {
                assertThat(outcome.value).isNegative();
                continue;
            }
            assertThat(outcome.value).isBetween(NOTHING, 1e-6);
        }
    }

    /** Row i of the score array is what image i costs alone; a per-image loss is their mean. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void eachImageAlone(Losses.InMode loss) {
        Sample sample =
                Sample.of(loss.mode(), DataType.DOUBLE, 48, 3, Sample.HEIGHT, Sample.WIDTH)
                        .withVoid();
        Outcome all = Outcome.of(loss.function(), sample, sample.classes());
        for (int n = 0; n < 3; n++) {
            Sample one = sample.image(n);
            Outcome alone = Outcome.of(loss.function(), one, one.classes());
            assertThat(all.images[n]).isCloseTo(alone.value, within(1e-12));
        }
        if (loss.function().definition().perImage()) {
            assertThat(Arrays.stream(all.images).average().orElseThrow())
                    .isCloseTo(all.value, within(1e-12));
        }
    }

    /** The length of outlines is of differences over two pixels. */
    static List<Losses.InMode> lossesOfAnySize() {
        return losses().stream()
                .filter(loss -> !(loss.function() instanceof LossActiveContour))
                .toList();
    }

    /** The smallest images there are. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("lossesOfAnySize")
    void tinyImages(Losses.InMode loss) {
        for (int[] size : new int[][] {{1, 1}, {1, 5}, {5, 1}, {2, 2}}) {
            Sample sample = Sample.of(loss.mode(), DataType.DOUBLE, 49, 1, size[0], size[1]);
            Outcome outcome = Outcome.of(loss.function(), sample, sample.classes());
            assertFinite(loss, outcome.value);
            for (double g : outcome.gradient) {
                assertThat(g).isFinite();
            }
        }
    }
}
