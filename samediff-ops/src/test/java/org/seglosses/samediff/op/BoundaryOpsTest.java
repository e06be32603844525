package org.seglosses.samediff.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.seglosses.samediff.op.RandomMaps.Draw;

import java.util.Random;

/** {@link BoundarySums}, {@link BoundaryScores} and {@link ClassCoefficients}. */
class BoundaryOpsTest {

    private static final int[] WINDOWS = {3, 5, 7, 9, 19, 33, Integer.MAX_VALUE};

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void sumsAndGradientAreThoseOfTheFormula(DataType type) {
        for (Draw draw : RandomMaps.draws(type)) {
            // in one draw of two all values are those of probabilities
            INDArray p = draw.seed() % 2 == 0 ? draw.x() : Transforms.abs(draw.x()).mul(0.5);
            check(draw, p, window(draw.seed()), window(draw.seed() / 7), false);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void theBackgroundIsASecondMap(DataType type) {
        for (int seed = 0; seed < 20; seed++) {
            Draw draw = RandomMaps.draw(type, seed, 1 + seed % 3, 1, 4 + seed, 25);
            check(draw, draw.x(), window(seed), window(seed / 7), true);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void fewPlanesAreCutIntoBands(DataType type) {
        for (int seed = 0; seed < 8; seed++) {
            Draw draw = RandomMaps.draw(type, seed, 1, 1 + seed % 3, 150, 66 + seed);
            assertThat(CodedPlanes.of("x", draw.x(), draw.codes(), 6).bandsPerPlane())
                    .isGreaterThan(1);
            check(draw, draw.x(), 3, 3 + 2 * (seed % 2), draw.c() == 1);
        }
    }

    private static int window(int index) {
        return WINDOWS[index % WINDOWS.length];
    }

    private static void check(Draw draw, INDArray p, int theta0, int theta, boolean complement) {
        DataType type = p.dataType();
        int maps = draw.c() * (complement ? 2 : 1);
        int pixels = draw.h() * draw.w();
        Random random = new Random(draw.seed());
        int[] bits = random.ints(draw.n() * maps * pixels, 0, 4).toArray();
        double[] upstream = OpCases.normal(random, type, draw.n() * maps * 4, 1);
        double[] values = RandomMaps.doubles(p);
        double[] sums = new double[upstream.length];
        double[] gradient = new double[values.length];
        for (int n = 0; n < draw.n(); n++) {
            for (int map = 0; map < maps; map++) {
                int c = complement ? 0 : map;
                double sign = map == c ? 1 : -1;
                double[] x = new double[pixels];
                boolean[] isVoid = new boolean[pixels];
                int at = (n * maps + map) * pixels;
                for (int i = 0; i < pixels; i++) {
                    x[i] = -sign * values[draw.at(n, c, 0, 0) + i];
                    isVoid[i] = draw.isVoid(n, c, i / draw.w(), i % draw.w());
                    if (isVoid[i]) {
                        bits[at + i] = 0;
                    }
                }
                double[] b = new double[pixels];
                double[] byBoundary = new double[pixels];
                int k = 4 * (n * maps + map);
                for (int i = 0; i < pixels; i++) {
                    if (!isVoid[i]) {
                        b[i] = x[maximum(draw, x, isVoid, theta0, i)] - x[i];
                        sums[k] += b[i] * (bits[at + i] >> 1);
                        sums[k + 1] += b[i];
                        byBoundary[i] += upstream[k] * (bits[at + i] >> 1) + upstream[k + 1];
                    }
                }
                for (int i = 0; i < pixels; i++) {
                    if ((bits[at + i] & 1) != 0) {
                        int first = maximum(draw, b, isVoid, theta, i);
                        sums[k + 2] += b[first];
                        sums[k + 3]++;
                        byBoundary[first] += upstream[k + 2];
                    }
                }
                for (int i = 0; i < pixels; i++) {
                    if (!isVoid[i]) {
                        int first = maximum(draw, x, isVoid, theta0, i);
                        gradient[draw.at(n, c, 0, 0) + first] -= sign * byBoundary[i];
                        gradient[draw.at(n, c, 0, 0) + i] += sign * byBoundary[i];
                    }
                }
            }
        }
        INDArray targets = targets(bits, draw.n(), maps, draw.h(), draw.w());
        INDArray g = OpCases.array(type, upstream, draw.n(), maps, 4);
        long[] args = {theta0, theta, complement ? 1 : 0};
        double tolerance = type == DataType.FLOAT ? 1e-5 : 1e-13;
        String as = "%s, %d %d %s".formatted(draw, theta0, theta, complement);
        INDArray actual = OpRun.of(OpCases.op(new BoundarySums(), args), p, draw.codes(), targets);
        assertThat(actual.shape()).containsExactly(draw.n(), maps, 4);
        OpCases.assertClose(actual, sums, tolerance, as);
        OpCases.assertClose(
                OpRun.of(OpCases.op(new BoundarySumsGradient(), args), p, draw.codes(), targets, g),
                gradient,
                tolerance,
                as);
    }

    /** The place of the first maximum of a window, by looking at every pixel of it. */
    private static int maximum(Draw draw, double[] x, boolean[] isVoid, int window, int pixel) {
        int best = -1;
        int reach = Math.min(window / 2, 1000);
        int i = pixel / draw.w();
        int j = pixel % draw.w();
        for (int r = Math.max(0, i - reach); r <= Math.min(draw.h() - 1, i + reach); r++) {
            for (int s = Math.max(0, j - reach); s <= Math.min(draw.w() - 1, j + reach); s++) {
                int at = r * draw.w() + s;
                if (!isVoid[at] && (best < 0 || x[at] > x[best])) {
                    best = at;
                }
            }
        }
        return best;
    }

    /** Bits 0 and 1 of each pixel in the form of {@link BoundaryTargets}. */
    private static INDArray targets(int[] bits, int n, int maps, int h, int w) {
        int words = (w + 63) / 64;
        long[] rows = new long[n * maps * h * 2 * words];
        for (int i = 0; i < bits.length; i++) {
            int at = i / w * 2 * words + i % w / 64;
            rows[at] |= (bits[i] & 1L) << i % w;
            rows[at + words] |= (bits[i] >> 1 & 1L) << i % w;
        }
        return Nd4j.createFromArray(rows).reshape('c', n, maps, h, 2L * words);
    }

    @Test
    void notFiniteShowsInItsMapAlone() {
        INDArray p =
                Nd4j.ones(DataType.FLOAT, 1, 2, 2, 2).putScalar(new int[] {0, 1, 0, 0}, Float.NaN);
        INDArray codes = Nd4j.zeros(DataType.INT32, 1, 1, 2, 2);
        INDArray t = targets(new int[] {3, 3, 3, 3, 3, 3, 3, 3}, 1, 2, 2, 2);
        long[] args = {3, 3, 0};
        INDArray sums = OpRun.of(OpCases.op(new BoundarySums(), args), p, codes, t);
        assertThat(sums.reshape(new long[] {8}).toFloatVector())
                .containsExactly(0, 0, 0, 4, Float.NaN, Float.NaN, Float.NaN, 4);
        INDArray gradient =
                OpRun.of(OpCases.op(new BoundarySumsGradient(), args), p, codes, t, sums);
        assertThat(gradient.reshape(new long[] {8}).toFloatVector())
                .containsExactly(0, 0, 0, 0, Float.NaN, Float.NaN, Float.NaN, Float.NaN);
    }

    @Test
    void readsViews() {
        Draw draw = RandomMaps.draw(DataType.FLOAT, 5, 2, 3, 6, 8);
        INDArray targets = targets(new int[2 * 3 * 6 * 8], 2, 3, 6, 8);
        INDArray other = Nd4j.rand(DataType.FLOAT, 4, 3, 6, 8);
        INDArray view =
                other.get(
                        NDArrayIndex.interval(1, 3),
                        NDArrayIndex.all(),
                        NDArrayIndex.all(),
                        NDArrayIndex.all());
        view.assign(draw.x());
        BoundarySums op = OpCases.op(new BoundarySums(), OpCases.ints(3, 5, 0));
        byte[] expected = OpRun.bits(OpRun.of(op, draw.x(), draw.codes(), targets));
        assertThat(OpRun.bits(OpRun.of(op, view, draw.codes(), targets))).isEqualTo(expected);
        assertThat(OpRun.bits(OpRun.of(op, draw.x().dup('f'), draw.codes(), targets)))
                .isEqualTo(expected);
    }

    @Test
    void refusals() {
        SameDiff graph = SameDiff.create();
        var x = graph.var("x", Nd4j.ones(1, 1, 2, 2));
        var codes = graph.constant("codes", Nd4j.create(DataType.INT32, 1, 1, 2, 2));
        var targets = graph.constant("targets", Nd4j.create(DataType.INT64, 1, 1, 2, 2));
        assertThatThrownBy(() -> BoundarySums.of(x, codes, targets, 4, 5, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("theta0 must be odd and >= 3, got 4");
        assertThatThrownBy(() -> BoundarySums.of(x, codes, targets, 3, 1, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("theta must be odd and >= 3, got 1");
        refuses(
                "codes must be of shape [N,1,H,W] or [N,C,H,W] for probabilities [2, 3, 4, 5]"
                        + " (N,C,H,W), got [2, 2, 4, 5]",
                Nd4j.ones(2, 3, 4, 5),
                Nd4j.create(DataType.INT32, 2, 2, 4, 5),
                Nd4j.create(DataType.INT64, 2, 3, 4, 2));
        refuses(
                "targets must be of shape [2, 3, 4, 2], got [2, 3, 4, 5]",
                Nd4j.ones(2, 3, 4, 5),
                Nd4j.create(DataType.INT32, 2, 3, 4, 5),
                Nd4j.create(DataType.INT64, 2, 3, 4, 5));
        refuses(
                "probabilities must be of shape [N,C,H,W], got [2, 4, 5]",
                Nd4j.ones(2, 4, 5),
                Nd4j.create(DataType.INT32, 2, 1, 4, 5),
                Nd4j.create(DataType.INT64, 2, 1, 4, 2));
        refuses(
                "probabilities must be FLOAT or DOUBLE, got BFLOAT16",
                Nd4j.ones(DataType.BFLOAT16, 1, 1, 2, 2),
                Nd4j.create(DataType.INT32, 1, 1, 2, 2),
                Nd4j.create(DataType.INT64, 1, 1, 2, 2));
    }

    private static void refuses(String message, INDArray... inputs) {
        BoundarySums op = OpCases.op(new BoundarySums(), OpCases.ints(3, 5, 0));
        assertThatThrownBy(() -> OpRun.of(op, inputs))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    /** F1 scores of zero, of one, of 0.5 * 0.25, and of maps without any boundary. */
    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void scoresAndGradientAreThoseOfTheFormula(DataType type) {
        double[] sums = {
            0, 3, 0, 4, 3, 3, 4, 4, 2, 4, 1, 4, 0, 0, 0, 0, 0, 5, 0, 0, 1e-9, 2e-9, 0.5, 1
        };
        double[] coefficients = {0.25, 0.5, 0.25, 1, 0, 0.5};
        double[] upstream = {2, -3};
        double[] expected = losses(sums, coefficients);
        INDArray s = OpCases.array(type, sums, 2, 3, 4);
        INDArray k = OpCases.array(type, coefficients, 2, 3);
        double tolerance = type == DataType.FLOAT ? 1e-6 : 1e-14;
        OpCases.assertClose(OpRun.of(new BoundaryScores(), s, k), expected, tolerance, "" + type);
        INDArray gradient =
                OpRun.of(new BoundaryScoresGradient(), s, k, OpCases.array(type, upstream, 2));
        double[] g = RandomMaps.doubles(gradient);
        for (int i = 0; i < sums.length; i++) {
            double step = 1e-3 * (sums[i - i % 2 + 1] + 1e-7);
            double[] moved = sums.clone();
            moved[i] = sums[i] + step;
            double above = OpCases.dot(upstream, losses(moved, coefficients));
            moved[i] = sums[i] - step;
            double below = OpCases.dot(upstream, losses(moved, coefficients));
            double derivative = (above - below) / (2 * step);
            assertThat(g[i])
                    .as("%s, derivative by sum %d", type, i)
                    .isCloseTo(derivative, within(1e-5 + 1e-3 * Math.abs(derivative)));
        }
    }

    private static double[] losses(double[] sums, double[] coefficients) {
        double[] losses = new double[2];
        for (int k = 0; k < 6; k++) {
            double precision = sums[4 * k] / (sums[4 * k + 1] + 1e-7);
            double recall = sums[4 * k + 2] / (sums[4 * k + 3] + 1e-7);
            double f1 = 2 * precision * recall / (precision + recall + 1e-7);
            losses[k / 3] += coefficients[k] * (1 - f1);
        }
        return losses;
    }

    private static double[] coefficients(int absent, boolean indices, INDArray codes, int maps) {
        INDArray like =
                Nd4j.zeros(DataType.INT8, codes.size(0), maps, codes.size(2), codes.size(3));
        double[] result = null;
        for (int wide = 0; wide < 2; wide++) {
            ClassCoefficients op =
                    OpCases.op(
                            new ClassCoefficients(), OpCases.ints(absent, wide, indices ? 1 : 0));
            INDArray actual = OpRun.of(op, codes, like);
            assertThat(actual.shape()).containsExactly(codes.size(0), maps);
            assertThat(actual.dataType()).isEqualTo(wide == 1 ? DataType.DOUBLE : DataType.FLOAT);
            result = RandomMaps.doubles(actual);
        }
        return result;
    }

    private static INDArray codes(int[] shape, int... codes) {
        return Nd4j.createFromArray(codes).reshape('c', OpCases.longs(shape));
    }

    /** Three images: classes 0 and 2 of three; class 1 alone; nothing valid. */
    @Test
    void coefficientsOfClassIndices() {
        INDArray codes = codes(new int[] {3, 1, 1, 3}, 0, 2, -1, 1, 1, 1, -1, -1, -1);
        double third = 1.0 / 3;
        assertThat(coefficients(ClassCoefficients.ZERO, true, codes, 3))
                .containsExactly(third, 0, third, 0, third, 0, 0, 0, 0);
        assertThat(coefficients(ClassCoefficients.EXCLUDE, true, codes, 3))
                .containsExactly(0.5, 0, 0.5, 0, 1, 0, 0, 0, 0);
        assertThat(coefficients(ClassCoefficients.PENALIZE, true, codes, 3))
                .containsExactly(third, third, third, third, third, third, 0, 0, 0);
    }

    /** Three images: foreground and background; background alone; nothing valid. */
    @Test
    void coefficientsOfOneMapAndItsComplement() {
        INDArray codes = codes(new int[] {3, 1, 1, 2}, 1, 0, 0, -1, -1, -1);
        assertThat(coefficients(ClassCoefficients.ZERO, false, codes, 1)).containsExactly(1, 0, 0);
        assertThat(coefficients(ClassCoefficients.EXCLUDE, false, codes, 1))
                .containsExactly(1, 0, 0);
        assertThat(coefficients(ClassCoefficients.PENALIZE, false, codes, 1))
                .containsExactly(1, 1, 0);
        assertThat(coefficients(ClassCoefficients.ZERO, false, codes, 2))
                .containsExactly(0.5, 0.5, 0, 0.5, 0, 0);
        assertThat(coefficients(ClassCoefficients.EXCLUDE, false, codes, 2))
                .containsExactly(0.5, 0.5, 0, 1, 0, 0);
        assertThat(coefficients(ClassCoefficients.PENALIZE, false, codes, 2))
                .containsExactly(0.5, 0.5, 0.5, 0.5, 0, 0);
    }

    @Test
    void coefficientsOfLargeMaps() {
        INDArray codes = Nd4j.zeros(DataType.INT32, 2, 1, 130, 70);
        codes.putScalar(new int[] {1, 0, 129, 69}, 2);
        assertThat(coefficients(ClassCoefficients.EXCLUDE, true, codes, 3))
                .containsExactly(1, 0, 0, 0.5, 0, 0.5);
    }
}
