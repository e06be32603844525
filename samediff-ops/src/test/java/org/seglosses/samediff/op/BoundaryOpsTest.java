package org.seglosses.samediff.op;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

import java.util.Arrays;
import java.util.Random;

/** {@link BoundarySums} and {@link ClassCoefficients}. */
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
