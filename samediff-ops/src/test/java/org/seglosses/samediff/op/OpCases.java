package org.seglosses.samediff.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

import java.util.Random;
import java.util.function.ToDoubleFunction;

/** Shapes, values and comparisons that the tests of ops share. */
final class OpCases {

    /** Single pixels, narrow maps, odd sizes, many channels, and one of several blocks. */
    static final int[][] SHAPES = {
        {1, 1, 1, 1},
        {1, 2, 1, 1},
        {3, 1, 1, 5},
        {2, 19, 3, 2},
        {1, 3, 9, 1},
        {2, 2, 7, 5},
        {3, 5, 11, 13},
        {1, 150, 4, 5},
        {2, 3, 130, 70}
    };

    static final DataType[] TYPES = {DataType.FLOAT, DataType.DOUBLE};

    private static final double[] NOT_FINITE = {
        Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY
    };

    private OpCases() {}

    static <T extends JavaOp> T op(T op, long[] ints, double... reals) {
        op.addIArgument(ints);
        op.addTArgument(reals);
        return op;
    }

    static long[] ints(long... ints) {
        return ints;
    }

    static int length(int[] shape) {
        return shape[0] * shape[1] * shape[2] * shape[3];
    }

    static long[] longs(int... shape) {
        long[] longs = new long[shape.length];
        for (int i = 0; i < shape.length; i++) {
            longs[i] = shape[i];
        }
        return longs;
    }

    /** Codes of {@code [N,channels,H,W]}, a quarter of them void. */
    static int[] codes(Random random, int[] shape, int channels, int classes) {
        int[] codes = new int[shape[0] * channels * shape[2] * shape[3]];
        for (int i = 0; i < codes.length; i++) {
            codes[i] = random.nextInt(4) == 0 ? Targets.VOID : random.nextInt(classes);
        }
        return codes;
    }

    static INDArray ints(int[] values, int[] shape, int channels) {
        return Nd4j.createFromArray(values).reshape('c', shape[0], channels, shape[2], shape[3]);
    }

    static INDArray array(DataType type, double[] values, int... shape) {
        return RandomMaps.of(type, values, longs(shape));
    }

    /** Normal values as the type holds them, so that references see what the op sees. */
    static double[] normal(Random random, DataType type, int n, double scale) {
        double[] values = new double[n];
        for (int i = 0; i < n; i++) {
            double v = scale * random.nextGaussian();
            values[i] = type == DataType.FLOAT ? (float) v : v;
        }
        return values;
    }

    static double notFinite(Random random) {
        return NOT_FINITE[random.nextInt(NOT_FINITE.length)];
    }

    /** A place in C order in an array of this shape. */
    static int at(int[] shape, int n, int c, int pixel) {
        return (n * shape[1] + c) * shape[2] * shape[3] + pixel;
    }

    /** Compares with an error relative to the greatest expected value, and NaN with NaN. */
    static void assertClose(INDArray actual, double[] expected, double tolerance, String as) {
        double[] values = RandomMaps.doubles(actual);
        assertThat(values.length).as(as).isEqualTo(expected.length);
        double scale = 1;
        for (double e : expected) {
            scale = Double.isNaN(e) || Double.isInfinite(e) ? scale : Math.max(scale, Math.abs(e));
        }
        for (int i = 0; i < values.length; i++) {
            // boxing each of a hundred thousand values for AssertJ would take the time of the test
            if (!(Math.abs(values[i] - expected[i]) <= tolerance * scale)
                    && Double.compare(values[i], expected[i]) != 0) {
                assertThat(values[i])
                        .as("%s, element %d", as, i)
                        .isEqualTo(expected[i], within(tolerance * scale));
            }
        }
    }

    /** The derivatives of a function at some elements of x, as central differences. */
    static void assertDerivatives(
            double[] gradient, double[] x, ToDoubleFunction<double[]> f, Random random, String as) {
        double step = 1e-5;
        for (int k = 0; k < Math.min(12, x.length); k++) {
            int i = x.length <= 12 ? k : random.nextInt(x.length);
            double[] moved = x.clone();
            moved[i] = x[i] + step;
            double above = f.applyAsDouble(moved);
            moved[i] = x[i] - step;
            double below = f.applyAsDouble(moved);
            assertThat(gradient[i])
                    .as("%s, derivative by element %d", as, i)
                    .isCloseTo(
                            (above - below) / (2 * step),
                            within(1e-6 * (1 + Math.abs(gradient[i]))));
        }
    }

    static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
