package org.seglosses.samediff.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

import java.util.Arrays;
import java.util.Random;

/** {@link WeightedSums} and {@link LovaszSums}, with their gradient. */
class WeightedSumsTest {

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void sumsOfErrorsAndGradientAreThoseOfTheFormula(DataType type) {
        for (int[] shape : OpCases.SHAPES) {
            for (int hinge = 0; hinge < 2; hinge++) {
                Random random = new Random(shape[2]);
                int n = OpCases.length(shape);
                double[] x = OpCases.normal(random, type, n, 2);
                double[] weights = OpCases.normal(random, type, n, 1);
                double[] ofChannels = new double[shape[0] * shape[1]];
                double[] ofImages = new double[shape[0]];
                double[] ofBatch = new double[1];
                for (int i = 0; i < n; i++) {
                    int sign = weights[i] < 0 ? -1 : 1;
                    double error = hinge == 1 ? 1 + sign * x[i] : Math.abs((1 - sign) / 2 - x[i]);
                    if (random.nextInt(4) == 0) {
                        weights[i] = random.nextBoolean() ? 0.0 : -0.0;
                        // a void pixel, which may have any logit
                        x[i] = hinge == 1 ? OpCases.notFinite(random) : 0;
                        continue;
                    }
                    double own = error * Math.abs(weights[i]);
                    ofChannels[i / (shape[2] * shape[3])] += own;
                    ofImages[i / (n / shape[0])] += own;
                    ofBatch[0] += own;
                }
                INDArray values = OpCases.array(type, x, shape);
                INDArray w = bits(type, weights, shape);
                double tolerance = type == DataType.FLOAT ? 2e-7 : 1e-13;
                String as = "%s %s hinge %d".formatted(type, Arrays.toString(shape), hinge);
                OpCases.assertClose(sums(hinge, 0, values, w), ofBatch, tolerance, as);
                OpCases.assertClose(sums(hinge, 1, values, w), ofImages, tolerance, as);
                OpCases.assertClose(sums(hinge, 2, values, w), ofChannels, tolerance, as);
                double[] gradient = new double[n];
                for (int i = 0; i < n; i++) {
                    gradient[i] = 0.5 * weights[i];
                }
                INDArray half = Nd4j.scalar(type, 0.5).reshape(1);
                OpCases.assertClose(OpRun.of(new WeightedSumsGradient(), half, w), gradient, 0, as);
            }
        }
    }

    private static INDArray sums(int hinge, int of, INDArray values, INDArray weights) {
        return OpRun.of(OpCases.op(new LovaszSums(), OpCases.ints(hinge, of)), values, weights);
    }

    /** The weights are the bits of floating-point numbers in an array of integers. */
    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void weightedSumsOfEachImage(DataType type) {
        for (int[] shape : OpCases.SHAPES) {
            Random random = new Random(shape[2]);
            double[] errors = OpCases.normal(random, type, OpCases.length(shape), 1);
            double[] weights = OpCases.normal(random, type, errors.length, 1);
            double[] upstream = OpCases.normal(random, type, shape[0], 1);
            double[] expected = new double[shape[0]];
            double[] expectedGradient = new double[errors.length];
            for (int i = 0; i < errors.length; i++) {
                int n = i / (errors.length / shape[0]);
                expected[n] += errors[i] * weights[i];
                double product = upstream[n] * weights[i];
                expectedGradient[i] = type == DataType.FLOAT ? (float) product : product;
            }
            INDArray bits = bits(type, weights, shape);
            INDArray e = OpCases.array(type, errors, shape);
            double tolerance = type == DataType.FLOAT ? 2e-7 : 1e-13;
            String as = Arrays.toString(shape);
            OpCases.assertClose(OpRun.of(new WeightedSums(), e, bits), expected, tolerance, as);
            INDArray g = OpCases.array(type, upstream, shape[0]);
            INDArray gradient = OpRun.of(new WeightedSumsGradient(), g, bits);
            OpCases.assertClose(gradient, expectedGradient, 0, as);
        }
    }

    private static INDArray bits(DataType type, double[] weights, int[] shape) {
        long[] longs = new long[weights.length];
        for (int i = 0; i < longs.length; i++) {
            longs[i] =
                    type == DataType.FLOAT
                            ? Float.floatToRawIntBits((float) weights[i])
                            : Double.doubleToRawLongBits(weights[i]);
        }
        return Nd4j.createFromArray(longs)
                .castTo(type == DataType.FLOAT ? DataType.INT32 : DataType.INT64)
                .reshape('c', OpCases.longs(shape));
    }

    @Test
    void aSumLosesNoSmallTerms() {
        // 9100 terms of 1 after one of 2^24, which float addition would swallow one by one
        int[] shape = {1, 1, 130, 70};
        double[] errors = new double[9100];
        Arrays.fill(errors, 1);
        errors[0] = 1 << 24;
        double[] ones = new double[9100];
        Arrays.fill(ones, 1);
        INDArray sum =
                OpRun.of(
                        new WeightedSums(),
                        OpCases.array(DataType.FLOAT, errors, shape),
                        bits(DataType.FLOAT, ones, shape));
        assertThat(sum.getDouble(0)).isEqualTo((float) ((1 << 24) + 9099.0));
    }

    @Test
    void refusals() {
        INDArray x = Nd4j.zeros(DataType.FLOAT, 2, 3, 4, 5);
        INDArray other = Nd4j.zeros(DataType.INT32, 2, 1, 4, 5);
        assertThatThrownBy(() -> sums(0, 1, x, other))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "weights must be of shape [N,C,H,W] with N=2, H=4, W=5 and C=3,"
                                + " got [2, 1, 4, 5]");
        assertThatThrownBy(() -> OpRun.of(new WeightedSums(), x, other))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "weights must be of shape [N,C,H,W] with N=2, H=4, W=5 and C=3,"
                                + " got [2, 1, 4, 5]");
    }
}
