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

/** {@link Errors} and {@link WeightedSums}, with their gradients. */
class ErrorsTest {

    /** Values with exact zeros of both kinds of errors among them. */
    private static double[] values(Random random, DataType type, int n, boolean hinge) {
        double[] values = OpCases.normal(random, type, n, 2);
        for (int i = 0; i < n; i++) {
            values[i] = hinge ? values[i] : Math.abs(values[i] % 1);
            if (random.nextInt(8) == 0) {
                values[i] = random.nextBoolean() ? 0 : 1;
            }
        }
        return values;
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void errorsAndGradientAreThoseOfTheFormula(DataType type) {
        for (int[] shape : OpCases.SHAPES) {
            for (int seed = 0; seed < (OpCases.length(shape) > 10_000 ? 4 : 8); seed++) {
                Random random = new Random(seed);
                boolean hinge = seed % 2 == 0;
                boolean perChannel = seed % 4 < 2;
                int p = shape[2] * shape[3];
                int codeChannels = perChannel ? shape[1] : 1;
                int classes = codeChannels == shape[1] ? 2 : shape[1];
                int[] codes = OpCases.codes(random, shape, codeChannels, classes);
                double[] x = values(random, type, OpCases.length(shape), hinge);
                double[] upstream = OpCases.normal(random, type, x.length, 1);
                double[] expected = new double[x.length];
                double[] expectedGradient = new double[x.length];
                for (int i = 0; i < x.length; i++) {
                    int c = i / p % shape[1];
                    int code = codes[codeChannels == shape[1] ? i : i / p / shape[1] * p + i % p];
                    boolean foreground = code == (codeChannels == shape[1] ? 1 : c);
                    if (code < 0) {
                        x[i] = OpCases.notFinite(random);
                        upstream[i] = OpCases.notFinite(random);
                        continue;
                    }
                    if (random.nextInt(20) == 0) {
                        x[i] = OpCases.notFinite(random);
                    }
                    double error =
                            hinge
                                    ? Math.max(0, 1 - (foreground ? x[i] : -x[i])) + x[i] * 0
                                    : Math.abs((foreground ? 1 : 0) - x[i]);
                    expected[i] = error;
                    expectedGradient[i] = error == 0 ? 0 : foreground ? -upstream[i] : upstream[i];
                }
                String as = "%s %s hinge %s".formatted(type, Arrays.toString(shape), hinge);
                INDArray codeArray = OpCases.ints(codes, shape, codeChannels);
                INDArray errors =
                        OpRun.of(
                                OpCases.op(new Errors(), OpCases.ints(hinge ? 1 : 0)),
                                OpCases.array(type, x, shape),
                                codeArray);
                double tolerance = type == DataType.FLOAT ? 1e-6 : 1e-15;
                OpCases.assertClose(errors, expected, tolerance, as);
                INDArray gradient =
                        OpRun.of(
                                new ErrorsGradient(),
                                errors,
                                OpCases.array(type, upstream, shape),
                                codeArray);
                OpCases.assertClose(gradient, expectedGradient, 0, as + " gradient");
            }
        }
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
        assertThatThrownBy(
                        () ->
                                OpRun.of(
                                        OpCases.op(new Errors(), OpCases.ints(0)),
                                        x,
                                        Nd4j.zeros(DataType.INT32, 2, 2, 4, 5)))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "codes must be of shape [N,C,H,W] with N=2, H=4, W=5 and C=1 or 3,"
                                + " got [2, 2, 4, 5]");
        assertThatThrownBy(
                        () ->
                                OpRun.of(
                                        new WeightedSums(),
                                        x,
                                        Nd4j.zeros(DataType.INT32, 2, 1, 4, 5)))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "weights must be of shape [N,C,H,W] with N=2, H=4, W=5 and C=3,"
                                + " got [2, 1, 4, 5]");
    }
}
