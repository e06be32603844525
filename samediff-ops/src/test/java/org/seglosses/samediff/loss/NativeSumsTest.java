package org.seglosses.samediff.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.seglosses.samediff.loss.LossRun.Kind;
import org.seglosses.samediff.loss.LossRun.Result;
import org.seglosses.samediff.loss.Subject.Draw;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** The graphs of ND4J's ops are the Java ops, in value and gradient. */
class NativeSumsTest {

    private static final int DRAWS = 7;

    private static final double FLOAT = 2e-5;

    /** Entropies of hundreds, by which a factor's derivative of a few ulps is multiplied. */
    private static final double FLOAT_LARGE = 2e-4;

    static List<Subject> subjects() {
        return Subject.all();
    }

    static List<Subject> softSubjects() {
        return SoftLabelsTest.subjects();
    }

    @AfterEach
    void byBackend() {
        System.clearProperty(Kernels.PROPERTY);
    }

    @ParameterizedTest
    @MethodSource("subjects")
    void areTheJavaOps(Subject subject) {
        for (int seed = 0; seed < DRAWS; seed++) {
            Draw draw = subject.draw(seed, 3);
            compare(draw.loss(), draw.sample(), Kind.LOSS, FLOAT, "seed " + seed);
            compare(draw.loss(), draw.sample(), Kind.EACH_IMAGE, FLOAT, "by image, seed " + seed);
        }
    }

    @ParameterizedTest
    @MethodSource("softSubjects")
    void areTheJavaOpsOnSoftLabels(Subject subject) {
        for (int seed = 0; seed < DRAWS; seed++) {
            Draw draw = subject.draw(seed, 3);
            Sample soft = draw.sample().softened(new Random(seed));
            compare(draw.loss(), soft, Kind.LOSS, FLOAT, "seed " + seed);
        }
    }

    /** Logits of a trained network: probabilities are 0 and 1 to the last bit. */
    @ParameterizedTest
    @MethodSource("subjects")
    void areTheJavaOpsOnLargeLogits(Subject subject) {
        for (int seed = 0; seed < DRAWS; seed++) {
            Draw draw = subject.draw(seed, 200);
            // with a threshold of 1 the last bit of a probability decides
            if (!draw.loss().toString().contains("reducedThreshold=1.0")) {
                compare(draw.loss(), draw.sample(), Kind.LOSS, FLOAT_LARGE, "seed " + seed);
            }
        }
    }

    /** Not even NaN and infinity; values and gradients are the same to the bit. */
    @ParameterizedTest
    @MethodSource("subjects")
    void voidPixelsHaveNoInfluence(Subject subject) {
        double inf = Double.POSITIVE_INFINITY;
        double[][] others = {{Double.NaN}, {inf, -inf, 1e30}, {0}};
        System.setProperty(Kernels.PROPERTY, "native");
        for (int seed = 0; seed < DRAWS; seed++) {
            Draw draw = subject.draw(seed, 3);
            Sample s = draw.sample();
            Sample soft = s.softened(new Random(seed));
            boolean takesSoft = softSubjects().contains(subject);
            for (Sample sample : takesSoft ? List.of(s, soft) : List.of(s)) {
                for (DataType type : List.of(DataType.FLOAT, DataType.DOUBLE)) {
                    Result expected = LossRun.of(draw.loss(), sample, type);
                    for (double[] other : others) {
                        Result actual = LossRun.of(draw.loss(), sample.withVoidLogits(other), type);
                        assertThat(actual.bits())
                                .as("seed " + seed + " " + draw.loss())
                                .isEqualTo(expected.bits());
                    }
                    for (int i = 0; i < s.z().length; i++) {
                        if (isVoid(s, i)) {
                            assertThat(expected.gradient()[i]).as("%s", draw.loss()).isZero();
                        }
                    }
                }
            }
        }
    }

    /** A loss that is NaN moves no void pixel either. */
    @ParameterizedTest
    @MethodSource("subjects")
    void whatIsNotFiniteAtAValidPixelShows(Subject subject) {
        double[] bad = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
        System.setProperty(Kernels.PROPERTY, "native");
        for (int seed = 0; seed < DRAWS; seed++) {
            Draw draw = subject.draw(seed, 3);
            Sample s = draw.sample();
            int i = new Random(seed).nextInt(s.z().length);
            if (isVoid(s, i)) {
                continue;
            }
            for (double one : bad) {
                int plane = i / s.pixels();
                boolean probabilityZero =
                        s.y(plane / s.c(), plane % s.c(), i % s.pixels()) == 0
                                && subject.mode() == Mode.MULTICLASS
                                && NegativeInfinityTest.allowsIt(draw.loss());
                if (one == Double.NEGATIVE_INFINITY && probabilityZero) {
                    continue;
                }
                double[] z = s.z().clone();
                z[i] = one;
                for (DataType type : List.of(DataType.FLOAT, DataType.DOUBLE)) {
                    String as = one + " " + type + ", seed " + seed + " " + draw.loss();
                    Result result = LossRun.of(draw.loss(), s.withLogits(z), type);
                    assertThat(result.value()).as(as).isNaN();
                    assertThat(result.gradient()[i]).as(as).isNaN();
                    for (int k = 0; k < z.length; k++) {
                        if (isVoid(s, k)) {
                            assertThat(result.gradient()[k]).as(as).isZero();
                        }
                    }
                }
            }
        }
    }

    private static boolean isVoid(Sample s, int i) {
        int plane = i / s.pixels();
        return s.isVoid(plane / s.c(), plane % s.c(), i % s.pixels());
    }

    private static void compare(
            SegmentationLoss loss, Sample s, Kind kind, double ofFloat, String as) {
        for (DataType type : List.of(DataType.DOUBLE, DataType.FLOAT)) {
            System.setProperty(Kernels.PROPERTY, "java");
            Result java = LossRun.of(loss, s, type, kind);
            System.setProperty(Kernels.PROPERTY, "native");
            Result natives = LossRun.of(loss, s, type, kind);
            String what = as + " " + type + " " + Arrays.toString(s.shape()) + " " + loss;
            double tolerance = type == DataType.DOUBLE ? 1e-10 : ofFloat;
            assertClose(natives.values(), java.values(), tolerance, what + " value");
            assertClose(natives.gradient(), java.gradient(), tolerance, what + " gradient");
        }
    }

    private static void assertClose(
            double[] actual, double[] expected, double tolerance, String as) {
        double scale = Math.max(1e-2, Arrays.stream(expected).map(Math::abs).max().orElse(0));
        assertThat(actual).as(as).containsExactly(expected, within(tolerance * scale));
    }

    /** SameDiff's own session, and its own gradient function, which is a copy of the graph. */
    @Test
    void sameDiffRunsThemToo() {
        for (SegmentationLoss loss :
                List.of(
                        CrossEntropy.builder().build(),
                        Dice.builder().build(),
                        Focal.builder().build(),
                        Boundary.builder().build())) {
            Sample s =
                    Sample.draw(new Random(1), Mode.MULTICLASS, 3, new int[] {2, 7, 5}, 3, false);
            SameDiff sd = SameDiff.create();
            System.setProperty(Kernels.PROPERTY, "native");
            SDVariable y = sd.placeHolder("y", DataType.FLOAT, -1, -1, -1);
            SDVariable z = sd.placeHolder("z", DataType.DOUBLE, -1, 3, -1, -1);
            loss.define(sd, "loss", y, z).markAsLoss();
            INDArray labels = s.withCodes(new int[2 * 7 * 5]).labels(DataType.FLOAT, null);
            Map<String, INDArray> inputs = Map.of("y", labels, "z", s.logits(DataType.DOUBLE));
            sd.createGradFunction("z");
            double[] gradient = Sample.doubles(sd.calculateGradients(inputs, "z").get("z"));
            double value = sd.output(inputs, "loss").get("loss").getDouble(0);

            System.setProperty(Kernels.PROPERTY, "java");
            Result java =
                    LossRun.of(loss, s.withCodes(new int[2 * 7 * 5]), DataType.DOUBLE, Kind.LOSS);
            assertThat(value).as("%s", loss).isCloseTo(java.value(), within(1e-10));
            assertClose(gradient, java.gradient(), 1e-10, loss.toString());
        }
    }

    /** The same array in F order, with other strides, and as a part of a larger one. */
    private static List<INDArray> layouts(INDArray array) {
        int last = array.rank() - 1;
        int[] exchanged = {0, 2, 1};
        INDArray permuted =
                last == 2
                        ? array.permute(exchanged).dup('c').permute(exchanged)
                        : array.permute(0, 2, 3, 1).dup('c').permute(0, 3, 1, 2);
        INDArray wide = Nd4j.concat(last, array, array);
        INDArrayIndex[] part = new INDArrayIndex[last + 1];
        Arrays.fill(part, NDArrayIndex.all());
        part[last] = NDArrayIndex.interval(array.size(last), 2 * array.size(last));
        return List.of(array, array.dup('f'), permuted, wide.get(part));
    }

    /** In every path: a plan, SameDiff's own session, and the explanation of a value. */
    @ParameterizedTest
    @ValueSource(strings = {"java", "native"})
    void labelsLieInAnyOrder(String kernels) {
        double[] y = {0, 0.25, 1, 0.5, 0, 1, 1, 0, 0.75, 0.125, 1, 0};
        double[] z = {1, -1, 2, 0, 0.5, -2, 0.25, 3, -0.5, 1.5, -3, 0.75};
        INDArray binary = Sample.array(DataType.DOUBLE, z, 2, 1, 2, 3);
        INDArray classes = Sample.array(DataType.DOUBLE, z, 1, 2, 2, 3);
        double[] vectors = {0, 0.25, 1, 0.5, 0, 1, 1, 0.75, 0, 0.5, 1, 0};
        for (DataType type : List.of(DataType.DOUBLE, DataType.FLOAT16)) {
            INDArray flat = Sample.array(type, y, 2, 2, 3);
            INDArray deep = Sample.array(type, y, 2, 1, 2, 3);
            for (SegmentationLoss loss :
                    List.of(Dice.builder().build(), SoftBce.builder().build())) {
                inAnyOrder(kernels, loss, flat, binary);
                inAnyOrder(kernels, loss, deep, binary);
            }
            INDArray soft = Sample.array(type, vectors, 1, 2, 2, 3);
            for (SegmentationLoss loss :
                    List.of(CrossEntropy.builder().build(), Dice.builder().build())) {
                inAnyOrder(kernels, loss, soft, classes);
            }
        }
    }

    private static void inAnyOrder(
            String kernels, SegmentationLoss loss, INDArray labels, INDArray logits) {
        System.setProperty(Kernels.PROPERTY, "java");
        Result expected = LossRun.of(loss, Kind.LOSS, labels, logits, null);
        System.setProperty(Kernels.PROPERTY, kernels);
        for (INDArray each : layouts(labels)) {
            String as =
                    kernels
                            + " "
                            + loss
                            + " "
                            + labels.dataType()
                            + " "
                            + Arrays.toString(each.shape())
                            + Arrays.toString(each.stride());
            Result plan = LossRun.of(loss, Kind.LOSS, each, logits, null);
            assertThat(plan.value()).as(as).isCloseTo(expected.value(), within(1e-10));
            assertClose(plan.gradient(), expected.gradient(), 1e-10, as);
            assertThat(LossExplanation.of(loss, each, logits, null).value())
                    .as(as)
                    .isCloseTo(expected.value(), within(1e-10));
            SameDiff sd = SameDiff.create();
            SDVariable y = sd.placeHolder("y", each.dataType(), each.shape());
            SDVariable z = sd.placeHolder("z", logits.dataType(), logits.shape());
            loss.define(sd, "loss", y, z).markAsLoss();
            Map<String, INDArray> inputs = Map.of("y", each, "z", logits);
            assertThat(sd.outputSingle(inputs, "loss").getDouble(0))
                    .as(as)
                    .isCloseTo(expected.value(), within(1e-10));
            sd.createGradFunction("z");
            double[] gradient = Sample.doubles(sd.calculateGradients(inputs, "z").get("z"));
            assertClose(gradient, expected.gradient(), 1e-10, as);
        }
    }

    @Test
    void theProcessorsBackendHasJavaKernels() {
        assertThat(Kernels.chosen()).isEqualTo(Kernels.JAVA);
    }

    @Test
    void anUnknownNameIsRefused() {
        System.setProperty(Kernels.PROPERTY, "gpu");
        assertThatThrownBy(Kernels::chosen)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("org.seglosses.kernels must be java or native, got gpu");
    }
}
