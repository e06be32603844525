package org.seglosses.samediff.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** {@link CrossEntropySums}, {@link CrossEntropyGradient} and {@link NormalizedSums}. */
class CrossEntropyOpsTest {

    /** One draw of inputs and parameters, as plain arrays. */
    private static final class Draw {
        final int[] shape;
        final DataType type;
        final double[] logits;
        final int[] codes;
        final double[] soft;
        final double[] weights;
        final double[] classWeights;
        final double smoothing;
        final boolean given;
        final Random random;

        Draw(int seed, int[] shape, DataType type) {
            this.shape = shape;
            this.type = type;
            random = new Random(seed);
            int pixels = shape[0] * shape[2] * shape[3];
            given = seed % 4 == 2 || seed % 4 == 3;
            double scale = new double[] {0.1, 1, 10, 1e4}[random.nextInt(4)];
            double[] z = OpCases.normal(random, type, OpCases.length(shape), scale);
            for (int i = 0; i < z.length && given; i++) {
                z[i] = random.nextInt(9) == 0 ? 0 : 0.01f + 0.99f * random.nextFloat();
            }
            logits = z;
            boolean isSoft = seed % 2 == 1;
            codes = isSoft ? new int[pixels] : OpCases.codes(random, shape, 1, shape[1]);
            soft = isSoft ? new double[z.length] : null;
            for (int i = 0; isSoft && i < pixels; i++) {
                codes[i] = random.nextInt(4) == 0 ? Targets.VOID : 0;
                for (int c = 0; c < shape[1]; c++) {
                    double v = random.nextInt(3) == 0 ? 0 : random.nextFloat();
                    // where a pixel is void its labels may be anything
                    soft[at(i, c)] = codes[i] < 0 ? Double.NaN : v;
                }
            }
            weights = random.nextBoolean() ? new double[pixels] : null;
            for (int i = 0; weights != null && i < pixels; i++) {
                weights[i] = random.nextInt(4) * 0.5;
            }
            classWeights = random.nextBoolean() ? new double[shape[1]] : new double[0];
            for (int c = 0; c < classWeights.length; c++) {
                classWeights[c] = random.nextInt(5) * 0.75f;
            }
            smoothing = new double[] {0, 0.1, 1}[random.nextInt(3)];
        }

        /** The place of a pixel of the batch in an array of all channels. */
        int at(int pixel, int c) {
            int p = shape[2] * shape[3];
            return OpCases.at(shape, pixel / p, c, pixel % p);
        }

        boolean isVoid(int pixel) {
            return weights != null && weights[pixel] == 0 || codes[pixel] < 0;
        }

        double label(int pixel, int c) {
            return soft == null ? codes[pixel] == c ? 1 : 0 : soft[at(pixel, c)];
        }

        double total(int pixel) {
            double total = 0;
            for (int c = 0; c < shape[1]; c++) {
                total += label(pixel, c);
            }
            return total;
        }

        double weight(int pixel) {
            return weights == null ? 1 : weights[pixel];
        }

        double classWeight(int c) {
            return classWeights.length == 0 ? 1 : classWeights[c];
        }

        /** {@code -log} of the probability of a class. */
        double negativeLog(double[] z, int pixel, int c) {
            double own = z[at(pixel, c)];
            return given ? -Math.log(Math.max(own, 1e-30)) : logSumExp(z, pixel) - own;
        }

        double logSumExp(double[] z, int pixel) {
            double max = Double.NEGATIVE_INFINITY;
            for (int c = 0; c < shape[1]; c++) {
                max = Math.max(max, z[at(pixel, c)]);
            }
            double sum = 0;
            for (int c = 0; c < shape[1]; c++) {
                sum += Math.exp(z[at(pixel, c)] - max);
            }
            return max + Math.log(sum);
        }

        /** What class c of a pixel counts: its class weight times its smoothed label. */
        double share(int pixel, int c) {
            return classWeight(c)
                    * ((1 - smoothing) * label(pixel, c) + smoothing / shape[1] * total(pixel));
        }

        double[] sums(double[] z) {
            double[] sums = new double[3 * shape[0]];
            int p = shape[2] * shape[3];
            for (int pixel = 0; pixel < shape[0] * p; pixel++) {
                int n = pixel / p;
                sums[3 * n + 2]++;
                if (isVoid(pixel)) {
                    continue;
                }
                for (int c = 0; c < shape[1]; c++) {
                    sums[3 * n] += weight(pixel) * share(pixel, c) * negativeLog(z, pixel, c);
                    sums[3 * n + 1] += weight(pixel) * classWeight(c) * label(pixel, c);
                }
            }
            return sums;
        }

        double[] gradient(double[] upstream) {
            double[] gradient = new double[logits.length];
            int p = shape[2] * shape[3];
            for (int pixel = 0; pixel < shape[0] * p; pixel++) {
                if (isVoid(pixel)) {
                    continue;
                }
                double g = weight(pixel) * upstream[3 * (pixel / p)];
                double lse = logSumExp(logits, pixel);
                double all = 0;
                for (int c = 0; c < shape[1]; c++) {
                    all += share(pixel, c);
                }
                for (int c = 0; c < shape[1]; c++) {
                    double z = logits[at(pixel, c)];
                    double byLogit = g * (all * Math.exp(z - lse) - share(pixel, c));
                    double byP = z > 1e-30 ? -g * share(pixel, c) / z : 0;
                    gradient[at(pixel, c)] = given ? byP : byLogit;
                }
            }
            return gradient;
        }

        private void configure(JavaOp op) {
            op.addIArgument(given ? 1 : 0, 0, soft == null ? 0 : 1);
            op.addTArgument(smoothing);
            op.addTArgument(classWeights);
        }

        private INDArray[] inputs(double[] z, INDArray upstream) {
            List<INDArray> inputs = new ArrayList<>();
            inputs.add(OpCases.array(type, z, shape));
            inputs.add(OpCases.ints(codes, shape, 1));
            if (upstream != null) {
                inputs.add(upstream);
            }
            if (soft != null) {
                inputs.add(OpCases.array(type, soft, shape));
            }
            if (weights != null) {
                inputs.add(OpCases.array(type, weights, shape[0], 1, shape[2], shape[3]));
            }
            return inputs.toArray(new INDArray[0]);
        }

        INDArray actualSums(double[] z) {
            CrossEntropySums op = new CrossEntropySums();
            configure(op);
            return OpRun.of(op, inputs(z, null));
        }

        INDArray actualGradient(double[] z, double[] upstream) {
            CrossEntropyGradient op = new CrossEntropyGradient();
            configure(op);
            return OpRun.of(op, inputs(z, OpCases.array(type, upstream, shape[0], 3)));
        }

        /** The logits with something else at void pixels. */
        double[] withVoid(double otherwise) {
            double[] z = logits.clone();
            for (int pixel = 0; pixel < z.length / shape[1]; pixel++) {
                for (int c = 0; c < shape[1] && isVoid(pixel); c++) {
                    z[at(pixel, c)] = c % 2 == 0 ? otherwise : -otherwise;
                }
            }
            return z;
        }

        @Override
        public String toString() {
            return "%s %s %s%s smoothing %s class weights %s weights %s"
                    .formatted(
                            java.util.Arrays.toString(shape),
                            type,
                            soft == null ? "indices" : "soft",
                            given ? " of probabilities" : "",
                            smoothing,
                            classWeights.length > 0,
                            weights != null);
        }
    }

    private static List<Draw> draws(DataType type) {
        List<Draw> draws = new ArrayList<>();
        for (int[] shape : OpCases.SHAPES) {
            int count = OpCases.length(shape) > 10_000 ? 2 : 8;
            for (int seed = 0; seed < count; seed++) {
                draws.add(new Draw(seed, shape, type));
            }
        }
        return draws;
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void sumsAndGradientAreThoseOfTheFormula(DataType type) {
        for (Draw d : draws(type)) {
            double tolerance = type == DataType.FLOAT ? 2e-6 : 1e-12;
            OpCases.assertClose(d.actualSums(d.logits), d.sums(d.logits), tolerance, d + " sums");
            double[] upstream = OpCases.normal(d.random, type, 3 * d.shape[0], 1);
            double[] expected = d.gradient(upstream);
            OpCases.assertClose(
                    d.actualGradient(d.logits, upstream), expected, tolerance, d + " gradient");
        }
    }

    @Test
    void gradientIsTheDerivative() {
        for (Draw d : draws(DataType.DOUBLE)) {
            double[] z = d.logits;
            for (int i = 0; i < z.length; i++) {
                // 0 is where the logarithm is cut off
                z[i] = d.given && z[i] == 0 ? 0.5 : z[i] % 8;
            }
            if (z.length > 10_000) {
                continue;
            }
            // weights and counts are constants: only the first column has a derivative
            double[] upstream = new double[3 * d.shape[0]];
            for (int n = 0; n < d.shape[0]; n++) {
                upstream[3 * n] = d.random.nextGaussian();
            }
            double[] gradient = RandomMaps.doubles(d.actualGradient(z, upstream));
            OpCases.assertDerivatives(
                    gradient,
                    z,
                    x -> OpCases.dot(upstream, RandomMaps.doubles(d.actualSums(x))),
                    d.random,
                    d.toString());
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void voidPixelsHaveNoInfluence(DataType type) {
        for (Draw d : draws(type)) {
            double[] upstream = OpCases.normal(d.random, type, 3 * d.shape[0], 1);
            byte[] sums = OpRun.bits(d.actualSums(d.logits));
            INDArray gradient = d.actualGradient(d.logits, upstream);
            for (double other : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
                double[] z = d.withVoid(other);
                assertThat(OpRun.bits(d.actualSums(z))).as(d.toString()).isEqualTo(sums);
                assertThat(OpRun.bits(d.actualGradient(z, upstream)))
                        .as(d.toString())
                        .isEqualTo(OpRun.bits(gradient));
            }
            double[] g = RandomMaps.doubles(gradient);
            for (int pixel = 0; pixel < g.length / d.shape[1]; pixel++) {
                boolean zero = true;
                for (int c = 0; c < d.shape[1] && d.isVoid(pixel); c++) {
                    zero &= g[d.at(pixel, c)] == 0;
                }
                assertThat(zero).as(d.toString()).isTrue();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void aValidLogitThatIsNotFiniteShows(DataType type) {
        for (Draw d : draws(type)) {
            int pixels = d.logits.length / d.shape[1];
            int pixel = d.random.nextInt(pixels);
            if (d.isVoid(pixel)) {
                continue;
            }
            int image = pixel / (pixels / d.shape[0]);
            double[] upstream = OpCases.normal(d.random, type, 3 * d.shape[0], 1);
            double[] before = RandomMaps.doubles(d.actualSums(d.logits));
            double[] gradientBefore = RandomMaps.doubles(d.actualGradient(d.logits, upstream));
            double[] z = d.logits.clone();
            z[d.at(pixel, d.random.nextInt(d.shape[1]))] = OpCases.notFinite(d.random);
            double[] after = RandomMaps.doubles(d.actualSums(z));
            double[] gradientAfter = RandomMaps.doubles(d.actualGradient(z, upstream));
            before[3 * image] = Double.NaN;
            assertThat(after).as(d.toString()).isEqualTo(before);
            boolean any = false;
            for (int c = 0; c < d.shape[1]; c++) {
                any |= Double.isNaN(gradientAfter[d.at(pixel, c)]);
                gradientAfter[d.at(pixel, c)] = gradientBefore[d.at(pixel, c)];
            }
            assertThat(any).as("%s: the pixel's gradient is NaN", d).isTrue();
            assertThat(gradientAfter).as("%s: no other is", d).isEqualTo(gradientBefore);
        }
    }

    /** Two images with sums of terms 6 and 4, of weights 3 and 5, of 10 pixels each. */
    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void normalizedSums(DataType type) {
        double[] sums = {6, 3, 10, 4, 5, 10};
        checkNormalized(
                type, NormalizedSums.Divisor.VALID, sums, 10.0 / 8, 1.0 / 8, 2, 0.8, 1. / 3, 0.2);
        checkNormalized(
                type, NormalizedSums.Divisor.ALL_PIXELS, sums, 0.5, 0.05, 0.6, 0.4, 0.1, 0.1);
        checkNormalized(type, NormalizedSums.Divisor.SUM, sums, 10, 1, 6, 4, 1, 1);
        checkNormalized(type, NormalizedSums.Divisor.IMAGES, sums, 5, 0.5, 6, 4, 1, 1);
        // the second image has no weight: 0 and no gradient alone, nothing added in the batch
        double[] half = {6, 3, 10, 0, 0, 10};
        checkNormalized(type, NormalizedSums.Divisor.VALID, half, 2, 1.0 / 3, 2, 0, 1.0 / 3, 0);
        double[] none = {0, 0, 10, 0, 0, 10};
        checkNormalized(type, NormalizedSums.Divisor.VALID, none, 0, 0, 0, 0, 0, 0);
        // a class weight of 0 takes a pixel's weight, yet does not hide that its logits are NaN
        double[] nan = {Double.NaN, 0, 10, 0, 0, 10};
        checkNormalized(
                type, NormalizedSums.Divisor.VALID, nan, Double.NaN, 0, Double.NaN, 0, 0, 0);
    }

    private static void checkNormalized(
            DataType type,
            NormalizedSums.Divisor divisor,
            double[] sums,
            double batch,
            double batchFactor,
            double first,
            double second,
            double firstFactor,
            double secondFactor) {
        INDArray input = OpCases.array(type, sums, 2, 3);
        double tolerance = type == DataType.FLOAT ? 1e-7 : 1e-15;
        for (boolean eachImage : new boolean[] {false, true}) {
            long[] ints = {divisor.ordinal(), eachImage ? 1 : 0, type == DataType.DOUBLE ? 1 : 0};
            double[] expected = eachImage ? new double[] {first, second} : new double[] {batch};
            INDArray means = OpRun.of(OpCases.op(new NormalizedSums(), ints), input);
            OpCases.assertClose(means, expected, tolerance, divisor + " " + eachImage);
            double[] upstream = eachImage ? new double[] {2, -3} : new double[] {2};
            double g1 = 2 * (eachImage ? firstFactor : batchFactor);
            double g2 = eachImage ? -3 * secondFactor : 2 * batchFactor;
            INDArray gradient =
                    OpRun.of(
                            OpCases.op(new NormalizedSumsGradient(), ints),
                            input,
                            OpCases.array(type, upstream, upstream.length));
            double[] expectedGradient = {g1, 0, 0, g2, 0, 0};
            OpCases.assertClose(gradient, expectedGradient, tolerance, divisor + " " + eachImage);
        }
    }

    @Test
    void refusals() {
        INDArray z = Nd4j.zeros(DataType.FLOAT, 2, 3, 4, 5);
        INDArray codes = Nd4j.zeros(DataType.INT32, 2, 1, 4, 5);
        refused(
                "classWeights must have one weight a class, got 2 weights for logits [2, 3, 4, 5]",
                new double[] {0, 1, 2},
                z,
                codes);
        double[] none = {0};
        refused(
                "logits must be of shape [N,C,H,W], got [3, 4, 5]",
                none,
                Nd4j.zeros(DataType.FLOAT, 3, 4, 5),
                codes);
        refused(
                "codes must be of shape [N,C,H,W] with N=2, H=4, W=5 and C=1, got [2, 3, 4, 5]",
                none,
                z,
                Nd4j.zeros(DataType.INT32, 2, 3, 4, 5));
        refused(
                "weights must be of shape [N,C,H,W] with N=2, H=4, W=5 and C=1, got [2, 3, 4, 5]",
                none,
                z,
                codes,
                Nd4j.ones(DataType.FLOAT, 2, 3, 4, 5));
        assertThatThrownBy(
                        () ->
                                OpRun.of(
                                        OpCases.op(
                                                new CrossEntropySums(),
                                                OpCases.ints(0, 0, 1),
                                                none),
                                        z,
                                        codes,
                                        Nd4j.zeros(DataType.FLOAT, 2, 1, 4, 5)))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "labels must be of shape [N,C,H,W] with N=2, H=4, W=5 and C=3, got"
                                + " [2, 1, 4, 5]");
    }

    private static void refused(String message, double[] reals, INDArray... inputs) {
        assertThatThrownBy(
                        () ->
                                OpRun.of(
                                        OpCases.op(
                                                new CrossEntropySums(),
                                                OpCases.ints(0, 0, 0),
                                                reals),
                                        inputs))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }
}
