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

/** {@link Probabilities} and their gradient. */
class ProbabilitiesTest {

    private static final int GIVEN = 0;
    private static final int SOFTMAX = 1;
    private static final int SIGMOID = 2;

    /** Draws a case and checks all that is promised of it. */
    private record Check(DataType type, int form, int[] shape, int seed) {

        @Override
        public String toString() {
            return "%s form %d %s seed %d".formatted(type, form, Arrays.toString(shape), seed);
        }

        int channel(int i) {
            return i / (shape[2] * shape[3]) % shape[1];
        }

        int codeAt(int i, int codeChannels) {
            int p = shape[2] * shape[3];
            int n = i / (p * shape[1]);
            return codeChannels == 1 ? n * p + i % p : i;
        }

        INDArray run(double[] z, INDArray codes) {
            Probabilities op = OpCases.op(new Probabilities(), OpCases.ints(form));
            return OpRun.of(op, OpCases.array(type, z, shape), codes);
        }

        /** What the gradient is computed from: of sigmoids the logits. */
        INDArray values(double[] z, INDArray p) {
            return form == SIGMOID ? OpCases.array(type, z, shape) : p;
        }

        INDArray gradient(INDArray p, INDArray codes, double[] upstream) {
            INDArray g = OpCases.array(type, upstream, shape);
            ProbabilitiesGradient op = OpCases.op(new ProbabilitiesGradient(), OpCases.ints(form));
            return OpRun.of(op, p, codes, g);
        }

        double[] expected(double[] z, int[] codes, int codeChannels) {
            double[] p = new double[z.length];
            for (int i = 0; i < z.length; i++) {
                if (codes[codeAt(i, codeChannels)] < 0) {
                    continue;
                }
                if (form == GIVEN) {
                    int plane = shape[2] * shape[3];
                    p[i] = z[i] + z[i] * 0;
                    for (int c = 0; c < shape[1] && codeChannels == 1; c++) {
                        p[i] += z[i + (c - channel(i)) * plane] * 0;
                    }
                } else if (form == SIGMOID) {
                    p[i] = 1 / (1 + Math.exp(-z[i])) + z[i] * 0;
                } else {
                    int plane = shape[2] * shape[3];
                    int first = i - channel(i) * plane;
                    double sum = 0;
                    for (int c = 0; c < shape[1]; c++) {
                        double other = z[first + c * plane];
                        // of another class than the label's it says probability 0
                        boolean none =
                                other == Double.NEGATIVE_INFINITY
                                        && c != codes[codeAt(i, codeChannels)];
                        sum += none ? 0 : Math.exp(other - z[i]) + other * 0;
                    }
                    p[i] = 1 / sum;
                }
            }
            return p;
        }

        void all() {
            Random random = new Random(seed);
            double scale = new double[] {1, 10, 1e4}[seed % 3];
            double[] z = OpCases.normal(random, type, OpCases.length(shape), scale);
            boolean perChannel = form == SIGMOID || form == GIVEN && seed % 2 == 0;
            int codeChannels = perChannel ? shape[1] : 1;
            int[] codes = OpCases.codes(random, shape, codeChannels, perChannel ? 2 : shape[1]);
            INDArray c = OpCases.ints(codes, shape, codeChannels);
            double tolerance = type == DataType.FLOAT ? 1e-6 : 1e-14;

            INDArray p = run(z, c);
            OpCases.assertClose(p, expected(z, codes, codeChannels), tolerance, toString());

            double[] upstream = OpCases.normal(random, type, z.length, 1);
            INDArray gradient = gradient(values(z, p), c, upstream);
            voidPixelsHaveNoInfluence(z, codes, codeChannels, c, p, upstream, gradient);
            if (type == DataType.DOUBLE && scale < 1e3 && z.length < 10_000) {
                OpCases.assertDerivatives(
                        RandomMaps.doubles(gradient),
                        z,
                        x -> OpCases.dot(upstream, RandomMaps.doubles(run(x, c))),
                        random,
                        toString());
            }
            // what is not finite shows at its own pixel alone (and channel, of sigmoids)
            for (int i = 0; i < Math.min(z.length, 3000); i += 7) {
                z[i] = OpCases.notFinite(random);
            }
            OpCases.assertClose(
                    run(z, c), expected(z, codes, codeChannels), tolerance, this + " not finite");
        }

        private void voidPixelsHaveNoInfluence(
                double[] z,
                int[] codes,
                int codeChannels,
                INDArray c,
                INDArray p,
                double[] upstream,
                INDArray gradient) {
            double[] other = z.clone();
            double[] otherUpstream = upstream.clone();
            double[] g = RandomMaps.doubles(gradient);
            boolean zero = true;
            for (int i = 0; i < z.length; i++) {
                if (codes[codeAt(i, codeChannels)] < 0) {
                    zero &= g[i] == 0;
                    other[i] = new double[] {Double.NaN, 1e30, Double.POSITIVE_INFINITY}[i % 3];
                    otherUpstream[i] = other[i];
                }
            }
            assertThat(zero).as(toString()).isTrue();
            assertThat(OpRun.bits(run(other, c))).as(toString()).isEqualTo(OpRun.bits(p));
            assertThat(OpRun.bits(gradient(values(other, p), c, otherUpstream)))
                    .as(toString())
                    .isEqualTo(OpRun.bits(gradient));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void softmaxSigmoidAndGiven(DataType type) {
        for (int[] shape : OpCases.SHAPES) {
            for (int seed = 0; seed < (OpCases.length(shape) > 10_000 ? 2 : 6); seed++) {
                new Check(type, GIVEN, shape, seed).all();
                new Check(type, SIGMOID, shape, seed).all();
                new Check(type, SOFTMAX, shape, seed).all();
            }
        }
    }

    @Test
    void sumsToOneAndKeepsSmallOnes() {
        INDArray codes = Nd4j.zeros(DataType.INT32, 1, 1, 1, 2);
        INDArray z = OpCases.array(DataType.FLOAT, new double[] {0, 1e4, -30, -1e4}, 1, 2, 1, 2);
        INDArray p = OpRun.of(OpCases.op(new Probabilities(), OpCases.ints(SOFTMAX)), z, codes);
        assertThat(p.getDouble(0)).isEqualTo(1);
        assertThat(p.getDouble(1)).isEqualTo(1);
        double small = Math.exp(-30);
        assertThat(Math.abs(p.getDouble(2) - small) / small).isLessThan(1e-6);
        assertThat(p.getDouble(3)).isZero();
    }

    @Test
    void refusesCodesOfOtherShapes() {
        INDArray z = Nd4j.zeros(DataType.FLOAT, 2, 3, 4, 5);
        for (int form : new int[] {GIVEN, SOFTMAX, SIGMOID}) {
            assertThatThrownBy(
                            () ->
                                    OpRun.of(
                                            OpCases.op(new Probabilities(), OpCases.ints(form)),
                                            z,
                                            Nd4j.zeros(DataType.INT32, 2, 2, 4, 5)))
                    .isExactlyInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("codes must be of shape [N,C,H,W] with N=2, H=4, W=5")
                    .hasMessageEndingWith("got [2, 2, 4, 5]");
        }
    }
}
