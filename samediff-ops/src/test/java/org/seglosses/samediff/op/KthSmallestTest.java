package org.seglosses.samediff.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

import java.util.Arrays;
import java.util.Random;

class KthSmallestTest {

    private static final double VOID = Double.POSITIVE_INFINITY;

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void isWhatSortingGives(DataType type) {
        for (int seed = 0; seed < 100; seed++) {
            Random random = new Random(seed);
            int n = 1 + random.nextInt(3);
            int pixels = 1 + random.nextInt(seed % 10 == 0 ? 20_000 : 300);
            double[] values = new double[n * pixels];
            int voids = random.nextInt(3);
            int kind = random.nextInt(4);
            for (int i = 0; i < values.length; i++) {
                double value =
                        switch (kind) {
                            case 0 -> random.nextDouble();
                            case 1 -> random.nextInt(4) - 2;
                            case 2 -> Math.pow(10, random.nextInt(60) - 30) * random.nextGaussian();
                            default -> random.nextInt(3) * -0.0 + random.nextInt(2);
                        };
                values[i] = random.nextInt(4) < voids ? VOID : value;
            }
            if (random.nextInt(5) == 0) {
                Arrays.fill(values, 0, pixels, VOID);
            }
            if (random.nextInt(5) == 0) {
                values[random.nextInt(values.length)] = Double.NEGATIVE_INFINITY;
            }
            long k = random.nextBoolean() ? 1 + random.nextInt(pixels) : 1L << random.nextInt(40);
            check(type, values, n, k);
            if (random.nextInt(5) == 0) {
                values[random.nextInt(values.length)] = Double.NaN;
                check(type, values, n, k);
            }
        }
    }

    @Test
    void refusesBadInput() {
        SameDiff graph = SameDiff.create();
        var x = graph.var("x", Nd4j.ones(1, 2, 2, 2));
        assertThatThrownBy(() -> KthSmallest.of(x, 0, true))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("k must be >= 1, got 0");
        assertThatThrownBy(() -> OpRun.of(op(1, true), Nd4j.create(DataType.INT32, 2, 2)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("values must be FLOAT or DOUBLE, got INT");
    }

    private static void check(DataType type, double[] values, int n, long k) {
        INDArray array = RandomMaps.of(type, values, n, 1, 1, values.length / n);
        double[] rounded = RandomMaps.doubles(array);
        for (boolean eachImage : new boolean[] {true, false}) {
            int groups = eachImage ? n : 1;
            int length = values.length / groups;
            double[] expected = new double[groups];
            for (int g = 0; g < groups; g++) {
                expected[g] =
                        expected(Arrays.copyOfRange(rounded, g * length, (g + 1) * length), k);
            }
            INDArray actual = OpRun.of(op(k, eachImage), array);
            assertThat(actual.shape()).containsExactly(groups);
            assertThat(RandomMaps.doubles(actual)).isEqualTo(expected);
        }
    }

    private static double expected(double[] values, long k) {
        double[] sorted = Arrays.stream(values).filter(v -> v != VOID).sorted().toArray();
        if (Arrays.stream(sorted).anyMatch(Double::isNaN)) {
            return Double.NaN;
        }
        return sorted.length == 0
                ? Double.NEGATIVE_INFINITY
                : sorted[(int) Math.min(k, sorted.length) - 1];
    }

    private static KthSmallest op(long k, boolean eachImage) {
        KthSmallest op = new KthSmallest();
        op.addIArgument(k, eachImage ? 1 : 0);
        return op;
    }
}
