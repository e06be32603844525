package org.seglosses.samediff.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

import java.util.Arrays;
import java.util.Random;

/** {@link BoundarySums}, {@link BoundaryScores} and {@link ClassCoefficients}. */
class BoundaryOpsTest {

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void sumsAndGradientAreThoseOfTheFormula(DataType type) {
        for (int[] shape : OpCases.SHAPES) {
            Random random = new Random(shape[2]);
            int length = OpCases.length(shape);
            int p = shape[2] * shape[3];
            double[] b = OpCases.normal(random, type, length, 1);
            double[] e = OpCases.normal(random, type, length, 1);
            double[] upstream = OpCases.normal(random, type, 4 * length / p, 1);
            double[] targets = new double[length];
            double[] expected = new double[upstream.length];
            double[] byBoundary = new double[length];
            double[] byExtended = new double[length];
            for (int i = 0; i < length; i++) {
                targets[i] = random.nextInt(4);
                int actual = (int) targets[i] & 1;
                int extended = (int) targets[i] >> 1;
                int map = 4 * (i / p);
                expected[map] += b[i] * extended;
                expected[map + 1] += b[i];
                expected[map + 2] += e[i] * actual;
                expected[map + 3] += actual;
                byBoundary[i] = upstream[map] * extended + upstream[map + 1];
                byExtended[i] = upstream[map + 2] * actual;
            }
            INDArray t = OpCases.array(DataType.INT8, targets, shape);
            INDArray g = OpCases.array(type, upstream, shape[0], shape[1], 4);
            double tolerance = type == DataType.FLOAT ? 2e-7 : 1e-13;
            String as = type + " " + Arrays.toString(shape);
            INDArray sums =
                    OpRun.of(
                            new BoundarySums(),
                            OpCases.array(type, b, shape),
                            OpCases.array(type, e, shape),
                            t);
            assertThat(sums.shape()).containsExactly(shape[0], shape[1], 4);
            OpCases.assertClose(sums, expected, tolerance, as);
            OpCases.assertClose(gradient(g, t, 0), byBoundary, tolerance, as + " by boundary");
            OpCases.assertClose(gradient(g, t, 1), byExtended, tolerance, as + " by extended");
        }
    }

    private static INDArray gradient(INDArray upstream, INDArray targets, int byExtended) {
        return OpRun.of(
                OpCases.op(new BoundarySumsGradient(), OpCases.ints(byExtended)),
                upstream,
                targets);
    }

    @Test
    void notFiniteShowsInItsMapAlone() {
        INDArray b =
                Nd4j.ones(DataType.FLOAT, 1, 2, 2, 2).putScalar(new int[] {0, 1, 0, 0}, Float.NaN);
        INDArray t = Nd4j.ones(DataType.INT8, 1, 2, 2, 2);
        INDArray e = Nd4j.ones(DataType.FLOAT, 1, 2, 2, 2);
        assertThat(OpRun.of(new BoundarySums(), b, e, t).reshape(new long[] {8}).toFloatVector())
                .containsExactly(0, 4, 4, 4, 0, Float.NaN, 4, 4);
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
