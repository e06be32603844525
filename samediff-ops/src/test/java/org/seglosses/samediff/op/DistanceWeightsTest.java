package org.seglosses.samediff.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

class DistanceWeightsTest {

    @BeforeEach
    void forget() {
        DistanceCache.SHARED.clear();
    }

    /** Parameters of the op. */
    private record Options(
            boolean eachImage, int absent, List<Integer> classes, List<Double> weights) {

        static final Options PLAIN = new Options(false, 0, List.of(), List.of());

        static Options draw(Random random, int classes) {
            List<Integer> some = new ArrayList<>();
            List<Double> weights = new ArrayList<>();
            for (int c = 0; c < classes; c++) {
                if (random.nextBoolean()) {
                    some.add(c);
                }
                weights.add(c == 0 ? 0 : 0.5 + random.nextInt(3));
            }
            return new Options(
                    random.nextBoolean(),
                    random.nextInt(2),
                    random.nextBoolean() ? some : List.of(),
                    random.nextBoolean() ? weights : List.of());
        }

        double weight(int c) {
            boolean averaged = classes.isEmpty() || classes.contains(c);
            return !averaged ? 0 : weights.isEmpty() ? 1 : weights.get(c);
        }
    }

    private static DistanceWeights op(Options options) {
        DistanceWeights op = new DistanceWeights();
        op.addIArgument(options.eachImage ? 1 : 0, options.absent);
        options.classes.forEach(op::addIArgument);
        options.weights.forEach(op::addTArgument);
        return op;
    }

    /** Labels in patches of a side, a share of them void. */
    private static int[] codes(Random random, int[] shape, int patch, double voids) {
        int labels = Math.max(2, shape[1]);
        int[] drawn = random.ints(1 << 12, 0, labels).toArray();
        int[] codes = new int[shape[0] * shape[2] * shape[3]];
        for (int i = 0; i < codes.length; i++) {
            int row = i / shape[3] % shape[2];
            int image = i / shape[3] / shape[2];
            int at = image * 389 + row / patch * 23 + i % shape[3] / patch;
            codes[i] = random.nextDouble() < voids ? Targets.VOID : drawn[at % drawn.length];
        }
        return codes;
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void areTheDistancesByBruteForce(DataType type) {
        int seed = 0;
        for (int[] shape : OpCases.SHAPES) {
            boolean large = OpCases.length(shape) > 10000;
            for (int patch : large ? new int[] {1, 9} : new int[] {1, 2, 5, 1000}) {
                for (double voids : large ? new double[] {0.2} : new double[] {0, 0.3, 0.98, 1}) {
                    Random random = new Random(seed++);
                    int[] codes = codes(random, shape, patch, voids);
                    for (boolean weighted : new boolean[] {false, true}) {
                        check(type, shape, codes, Options.draw(random, shape[1]), weighted);
                    }
                }
            }
        }
    }

    /** Few pixels of the classes, so that distances are as long as the image. */
    @Test
    void longDistances() {
        for (int seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            int[] shape = {1, 3, 1 + random.nextInt(60), 1 + random.nextInt(60)};
            int[] codes = new int[shape[2] * shape[3]];
            for (int k = 0; k < 4; k++) {
                codes[random.nextInt(codes.length)] = random.nextInt(4) - 1;
            }
            check(DataType.DOUBLE, shape, codes, Options.PLAIN, false);
        }
    }

    @Test
    void checkerboardsAndStripes() {
        int[] shape = {1, 2, 17, 23};
        for (int period = 1; period < 15; period++) {
            int[] board = new int[17 * 23];
            int[] rows = new int[17 * 23];
            int[] columns = new int[17 * 23];
            for (int i = 0; i < board.length; i++) {
                rows[i] = i / 23 / period % 2;
                columns[i] = i % 23 / period % 2;
                board[i] = rows[i] ^ columns[i];
            }
            for (int[] codes : List.of(board, rows, columns)) {
                check(DataType.DOUBLE, shape, codes, Options.PLAIN, false);
            }
        }
    }

    /** A line is as long as a squared distance is an int; the sum of x^2 would not be. */
    @Test
    void theLongestLine() {
        int n = 46341;
        for (int[] shape : new int[][] {{1, 1, 1, n}, {1, 1, n, 1}}) {
            int[] codes = new int[n];
            codes[0] = 1;
            double[] first = weights(DataType.DOUBLE, shape, codes, Options.PLAIN, null);
            codes[0] = 0;
            codes[n - 1] = 1;
            double[] last = weights(DataType.DOUBLE, shape, codes, Options.PLAIN, null);
            codes[0] = 1;
            double[] both = weights(DataType.DOUBLE, shape, codes, Options.PLAIN, null);
            for (int i = 0; i < n; i++) {
                assertThat(first[i] * n).isCloseTo(i, within(1e-9));
                assertThat(last[i] * n).isCloseTo(n - 1 - i, within(1e-9));
                assertThat(both[i] * n).isCloseTo(Math.min(i, n - 1 - i), within(1e-9));
            }
        }
    }

    /** From one corner to the other, and back, inside of the class. */
    @Test
    void aWideImage() {
        int h = 40;
        int w = 9000;
        int[] codes = new int[h * w];
        codes[0] = 1;
        double[] outside =
                weights(DataType.DOUBLE, new int[] {1, 1, h, w}, codes, Options.PLAIN, null);
        Arrays.setAll(codes, i -> 1 - codes[i]);
        double[] inside =
                weights(DataType.DOUBLE, new int[] {1, 1, h, w}, codes, Options.PLAIN, null);
        for (int i = 0; i < codes.length; i += 7) {
            double d = Math.sqrt((double) (i / w) * (i / w) + (double) (i % w) * (i % w));
            assertThat(outside[i] * codes.length).isCloseTo(d, within(1e-8));
            assertThat(inside[i] * codes.length).isCloseTo(i == 0 ? 1 : 1 - d, within(1e-8));
        }
    }

    @Test
    void refusesBadInput() {
        INDArray like = Nd4j.ones(1, 2, 2, 2);
        INDArray codes = Nd4j.create(DataType.INT32, 1, 1, 2, 2);
        assertThatThrownBy(
                        () ->
                                OpRun.of(
                                        op(new Options(false, 0, List.of(), List.of(1.0))),
                                        like,
                                        codes))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("classWeights must have a weight for each of 2 classes, got [1.0]");
        assertThatThrownBy(
                        () ->
                                OpRun.of(
                                        op(new Options(false, 0, List.of(2), List.of())),
                                        like,
                                        codes))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("classes must be from 0 to 1, got 2");
        INDArray perChannel = Nd4j.create(DataType.INT32, 1, 2, 2, 2);
        assertThatThrownBy(() -> OpRun.of(op(Options.PLAIN), like, perChannel))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("codes must be of shape")
                .hasMessageContaining("C=1");
        assertThatThrownBy(() -> OpRun.of(op(Options.PLAIN), like, codes, like))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("pixelWeights must be of shape");
        INDArray line = Nd4j.create(DataType.FLOAT, 1, 1, 1, 46342);
        INDArray codesOfLine = Nd4j.create(DataType.INT32, 1, 1, 1, 46342);
        assertThatThrownBy(() -> OpRun.of(op(Options.PLAIN), line, codesOfLine))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "images must have a diagonal of at most 46340 pixels for distances,"
                                + " got H=1, W=46342");
    }

    private static void check(
            DataType type, int[] shape, int[] codes, Options options, boolean weighted) {
        double[] pixelWeights = null;
        if (weighted) {
            Random random = new Random(codes.length);
            pixelWeights = new double[codes.length];
            Arrays.setAll(pixelWeights, i -> 0.25 * (1 + random.nextInt(8)));
        }
        double[] expected = expected(shape, codes, options, pixelWeights);
        double[] actual = weights(type, shape, codes, options, pixelWeights);
        double relative = type == DataType.FLOAT ? 1e-6 : 1e-12;
        for (int i = 0; i < expected.length; i++) {
            double tolerance = relative * Math.abs(expected[i]) + 1e-300;
            if (!(Math.abs(actual[i] - expected[i]) <= tolerance)) {
                assertThat(actual[i])
                        .as(
                                "%s, %s, weighted %s, at %d",
                                Arrays.toString(shape), options, weighted, i)
                        .isCloseTo(expected[i], within(tolerance));
            }
        }
    }

    /** The definition, with every pixel compared to every other. */
    private static double[] expected(
            int[] shape, int[] codes, Options options, double[] pixelWeights) {
        int classes = shape[1];
        int n = shape[2] * shape[3];
        double[] weights = new double[OpCases.length(shape)];
        int groups = options.eachImage ? shape[0] : 1;
        boolean[][] present = new boolean[groups][classes];
        double[] mass = new double[groups];
        for (int i = 0; i < codes.length; i++) {
            int group = options.eachImage ? i / n : 0;
            if (codes[i] != Targets.VOID) {
                mass[group] += pixelWeights == null ? 1 : pixelWeights[i];
                for (int c = 0; c < classes; c++) {
                    present[group][c] |= codes[i] == (classes == 1 ? 1 : c);
                }
            }
        }
        for (int i = 0; i < codes.length; i++) {
            if (codes[i] == Targets.VOID) {
                continue;
            }
            int image = i / n;
            int group = options.eachImage ? image : 0;
            double averaged = 0;
            for (int c = 0; c < classes; c++) {
                averaged += options.absent == 0 || present[group][c] ? options.weight(c) : 0;
            }
            long[] nearest = nearest(codes, image * n, i % n, shape);
            for (int c = 0; c < classes; c++) {
                int foreground = classes == 1 ? 1 : c;
                boolean inside = codes[i] == foreground;
                long square = Long.MAX_VALUE;
                for (int k = 0; k < nearest.length; k++) {
                    if (inside != (k == foreground)) {
                        square = Math.min(square, nearest[k]);
                    }
                }
                if (square < Long.MAX_VALUE && options.weight(c) > 0) {
                    double phi = inside ? 1 - Math.sqrt(square) : Math.sqrt(square);
                    weights[OpCases.at(shape, image, c, i % n)] =
                            phi
                                    * (pixelWeights == null ? 1 : pixelWeights[i])
                                    * options.weight(c)
                                    / averaged
                                    / mass[group];
                }
            }
        }
        return weights;
    }

    /** The squared distance to the nearest pixel of each label. */
    private static long[] nearest(int[] codes, int from, int pixel, int[] shape) {
        int w = shape[3];
        long[] nearest = new long[Math.max(2, shape[1])];
        Arrays.fill(nearest, Long.MAX_VALUE);
        for (int row = 0; row < shape[2]; row++) {
            for (int column = 0; column < w; column++) {
                int code = codes[from + row * w + column];
                if (code != Targets.VOID) {
                    long down = row - pixel / w;
                    long right = column - pixel % w;
                    nearest[code] = Math.min(nearest[code], down * down + right * right);
                }
            }
        }
        return nearest;
    }

    private static double[] weights(
            DataType type, int[] shape, int[] codes, Options options, double[] pixelWeights) {
        INDArray like = Nd4j.create(type, OpCases.longs(shape));
        INDArray ints = OpCases.ints(codes, shape, 1);
        // on one thread without, on several with the distances kept
        DistanceCache.SHARED.clear();
        INDArray bits =
                pixelWeights == null
                        ? OpRun.of(op(options), like, ints)
                        : OpRun.of(
                                op(options),
                                like,
                                ints,
                                OpCases.array(type, pixelWeights, shape[0], 1, shape[2], shape[3]));
        return values(type, bits);
    }

    static double[] values(DataType type, INDArray bits) {
        double[] weights = new double[(int) bits.length()];
        if (type == DataType.DOUBLE) {
            HostArray.doubleBits(bits).get(weights);
        } else {
            float[] single = new float[weights.length];
            HostArray.floatBits(bits).get(single);
            Arrays.setAll(weights, i -> single[i]);
        }
        return weights;
    }
}
