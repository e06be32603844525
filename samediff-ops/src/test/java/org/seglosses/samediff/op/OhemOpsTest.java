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

/** {@link TrueProbability} and {@link HardCodes}. */
class OhemOpsTest {

    /** Probabilities, and entropies. */
    private static INDArray ofTrueClass(INDArray logits, INDArray codes, boolean given) {
        INDArray bits =
                OpRun.of(
                        OpCases.op(new TrueProbability(), OpCases.ints(given ? 1 : 0)),
                        logits,
                        codes);
        INDArray values = Nd4j.create(logits.dataType(), bits.shape());
        if (logits.dataType() == DataType.DOUBLE) {
            HostArray.doubles(values).put(HostArray.doubleBits(bits));
        } else {
            HostArray.floats(values).put(HostArray.floatBits(bits));
        }
        return values;
    }

    private static INDArray bits(INDArray values) {
        boolean wide = values.dataType() == DataType.DOUBLE;
        INDArray bits = Nd4j.create(wide ? DataType.INT64 : DataType.INT32, values.shape());
        if (wide) {
            HostArray.doubleBits(bits).put(HostArray.doubles(values));
        } else {
            HostArray.floatBits(bits).put(HostArray.floats(values));
        }
        return bits;
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void probabilityOfTheLabel(DataType type) {
        for (int[] shape : OpCases.SHAPES) {
            for (int seed = 0; seed < 4; seed++) {
                Random random = new Random(seed);
                boolean given = seed == 3;
                double scale = new double[] {1, 10, 1e4, 3}[seed];
                double[] z = OpCases.normal(random, type, OpCases.length(shape), scale);
                int[] codes = OpCases.codes(random, shape, 1, shape[1]);
                int p = shape[2] * shape[3];
                double[] expected = new double[codes.length];
                double[] entropies = new double[codes.length];
                for (int i = 0; i < codes.length; i++) {
                    double sum = 0;
                    double max = Double.NEGATIVE_INFINITY;
                    for (int c = 0; c < shape[1]; c++) {
                        int at = OpCases.at(shape, i / p, c, i % p);
                        max = Math.max(max, z[at]);
                    }
                    for (int c = 0; c < shape[1]; c++) {
                        sum += Math.exp(z[OpCases.at(shape, i / p, c, i % p)] - max);
                    }
                    expected[i] = Double.POSITIVE_INFINITY;
                    if (codes[i] >= 0) {
                        double own = z[OpCases.at(shape, i / p, codes[i], i % p)];
                        expected[i] = given ? own : Math.exp(own - max) / sum;
                        entropies[i] =
                                given ? -Math.log(Math.max(own, 1e-30)) : max - own + Math.log(sum);
                    } else {
                        for (int c = 0; c < shape[1]; c++) {
                            z[OpCases.at(shape, i / p, c, i % p)] = OpCases.notFinite(random);
                        }
                    }
                }
                INDArray actual =
                        ofTrueClass(
                                OpCases.array(type, z, shape),
                                OpCases.ints(codes, shape, 1),
                                given);
                double tolerance = type == DataType.FLOAT ? 1e-6 : 1e-14;
                String what = Arrays.toString(shape) + " seed " + seed;
                OpCases.assertClose(actual.slice(0), expected, tolerance, what);
                OpCases.assertClose(actual.slice(1), entropies, tolerance, what);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void aValidLogitThatIsNotFiniteMakesItNaN(DataType type) {
        int[] shape = {1, 3, 1, 2};
        for (double bad :
                new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
            for (int c = 0; c < 3; c++) {
                double[] z = {0, 1, 0, 1, 0, 1};
                z[2 * c] = bad;
                for (boolean given : new boolean[] {false, true}) {
                    INDArray p =
                            ofTrueClass(
                                    OpCases.array(type, z, shape),
                                    OpCases.ints(new int[] {1, 1}, shape, 1),
                                    given);
                    // of another class than the label's, -infinity says probability 0
                    if (bad == Double.NEGATIVE_INFINITY && c != 1 && !given) {
                        assertThat(p.getDouble(0)).isCloseTo(0.5, within(1e-7));
                        assertThat(p.getDouble(2)).isCloseTo(Math.log(2), within(1e-7));
                    } else {
                        assertThat(p.getDouble(0)).isNaN();
                        assertThat(p.getDouble(2)).isNaN();
                    }
                    assertThat(p.getDouble(1)).isCloseTo(given ? 1 : 1.0 / 3, within(1e-7));
                }
            }
        }
    }

    /** Codes of two images of three pixels, the probabilities of their labels, thresholds. */
    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void easyPixelsBecomeVoid(DataType type) {
        int[] shape = {2, 4, 1, 3};
        int[] codes = {0, 1, 2, 3, Targets.VOID, 1};
        double inf = Double.POSITIVE_INFINITY;
        double[] p = {0.25, 0.5, 0.75, 0.125, inf, 1};
        checkHard(type, shape, codes, p, null, 0.5, 0, 1, -1, 3, -1, -1);
        checkHard(type, shape, codes, p, null, 0, -1, -1, -1, -1, -1, -1);
        checkHard(type, shape, codes, p, null, 1, 0, 1, 2, 3, -1, 1);
        // the greater of the two thresholds counts; equal probabilities are kept
        checkHard(type, shape, codes, p, new double[] {0.75}, 0.5, 0, 1, 2, 3, -1, -1);
        checkHard(type, shape, codes, p, new double[] {0.125}, 0.5, 0, 1, -1, 3, -1, -1);
        checkHard(type, shape, codes, p, new double[] {0.25, 0.125}, 0, 0, -1, -1, 3, -1, -1);
        checkHard(type, shape, codes, p, new double[] {-inf, 1}, 0, -1, -1, -1, 3, -1, 1);
        // a NaN is kept, and as a threshold keeps all
        double[] nan = {0.25, Double.NaN, 0.75, 0.125, inf, 1};
        checkHard(type, shape, codes, nan, null, 0.25, 0, 1, -1, 3, -1, -1);
        checkHard(type, shape, codes, nan, new double[] {Double.NaN}, 0.25, 0, 1, 2, 3, -1, 1);
    }

    private static void checkHard(
            DataType type,
            int[] shape,
            int[] codes,
            double[] p,
            double[] kth,
            double thresh,
            double... expected) {
        HardCodes op = OpCases.op(new HardCodes(), OpCases.ints(), thresh);
        INDArray c = OpCases.ints(codes, shape, 1);
        double[] both = Arrays.copyOf(p, 2 * p.length);
        INDArray probabilities = bits(OpCases.array(type, both, 2, shape[0], shape[2], shape[3]));
        INDArray actual =
                kth == null
                        ? OpRun.of(op, c, probabilities)
                        : OpRun.of(op, c, probabilities, OpCases.array(type, kth, kth.length));
        assertThat(RandomMaps.doubles(actual)).containsExactly(expected);
    }

    @Test
    void easyPixelsOfSeveralBlocks() {
        int[] shape = {2, 3, 130, 70};
        Random random = new Random(1);
        int[] codes = OpCases.codes(random, shape, 1, 3);
        double[] p = random.doubles(codes.length).toArray();
        double[] expected = new double[codes.length];
        for (int i = 0; i < codes.length; i++) {
            p[i] = codes[i] < 0 ? Double.POSITIVE_INFINITY : p[i];
            expected[i] = p[i] <= (i < 9100 ? 0.6 : 0.3) ? codes[i] : -1;
        }
        checkHard(DataType.DOUBLE, shape, codes, p, new double[] {0.6, 0.1}, 0.3, expected);
    }
}
