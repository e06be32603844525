package org.seglosses.samediff.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.samediff.op.RandomMaps.Draw;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;

class LovaszWeightsTest {

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void areTheDifferencesOfTheJaccardLoss(DataType type) {
        for (Draw draw : RandomMaps.draws(type)) {
            Random random = new Random(draw.seed());
            Options options = options(draw, random);
            INDArray values = values(draw, random);
            check(draw, options, values);
            double[] wrong = RandomMaps.doubles(values);
            wrong[random.nextInt(wrong.length)] = Double.NaN;
            check(draw, options, RandomMaps.of(type, wrong, values.shape()));
        }
    }

    /** Berman's example worked by hand: 3 pixels, of which the 2nd and 3rd are of the class. */
    @Test
    void threePixelsByHand() {
        // errors 0.9, 0.8, 0.1
        INDArray values = Nd4j.createFromArray(0.9f, 0.2f, 0.9f).reshape('c', 1, 1, 1, 3);
        INDArray codes = Nd4j.createFromArray(0, 1, 1).reshape('c', 1, 1, 1, 3);
        // J = 1 - 2/3, 1 - 1/3, 1
        double[] expected = {1 / 3.0, -1 / 3.0, -1 / 3.0};
        INDArray weights =
                weights(new Options(true, 1, false, false, List.of(), List.of()), values, codes);
        for (int i = 0; i < 3; i++) {
            assertThat(weights.getDouble(i)).isCloseTo(expected[i], within(1e-7));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void sortsErrorsOfAllMagnitudes(DataType type) {
        for (int seed = 0; seed < 30; seed++) {
            Draw draw = RandomMaps.draw(type, seed, 2, 2, 30, 40);
            Random random = new Random(seed);
            double[] values = new double[(int) draw.x().length()];
            for (int i = 0; i < values.length; i++) {
                values[i] =
                        switch (random.nextInt(6)) {
                            case 0 -> Double.POSITIVE_INFINITY;
                            case 1 -> type == DataType.FLOAT ? Float.MIN_VALUE : Double.MIN_VALUE;
                            case 2 -> -0.0;
                            case 3 -> 1 + random.nextInt(3);
                            default -> Math.pow(10, random.nextInt(60) - 30) * random.nextDouble();
                        };
            }
            check(draw, options(draw, random), RandomMaps.of(type, values, draw.x().shape()));
        }
    }

    /** Long vectors are sorted with larger digits, where those and the places fit into one int. */
    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void sortsLongVectors(DataType type) {
        for (int seed = 0; seed < 6; seed++) {
            Draw draw = RandomMaps.draw(type, seed, 2, 1 + seed % 2, 120, 150);
            Random random = new Random(seed);
            INDArray values = values(draw, random);
            for (boolean flat : new boolean[] {false, true}) {
                Options options = new Options(false, 2, flat, false, List.of(), List.of());
                check(draw, options, values);
                double[] scaled = RandomMaps.doubles(values);
                for (int i = 0; i < scaled.length; i++) {
                    scaled[i] *= Math.pow(10, -random.nextInt(38));
                }
                check(draw, options, RandomMaps.of(type, scaled, values.shape()));
            }
        }
    }

    @Test
    void refusesBadInput() {
        INDArray errors = Nd4j.ones(1, 2, 2, 2);
        INDArray codes = Nd4j.create(DataType.INT32, 1, 1, 2, 2);
        assertThatThrownBy(
                        () ->
                                OpRun.of(
                                        op(
                                                new Options(
                                                        true,
                                                        1,
                                                        false,
                                                        false,
                                                        List.of(),
                                                        List.of(1.0))),
                                        errors,
                                        codes))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("classWeights must have a weight for each of 2 classes, got [1.0]");
        assertThatThrownBy(
                        () ->
                                OpRun.of(
                                        op(
                                                new Options(
                                                        true,
                                                        1,
                                                        false,
                                                        false,
                                                        List.of(0, 2),
                                                        List.of())),
                                        errors,
                                        codes))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("classes must be from 0 to 1, got 2");
    }

    private record Options(
            boolean eachImage,
            int absent,
            boolean flat,
            boolean hinge,
            List<Integer> classes,
            List<Double> weights) {

        double weight(int c) {
            return weights.isEmpty() ? 1 : weights.get(c);
        }

        boolean averages(int c) {
            return classes.isEmpty() || classes.contains(c);
        }
    }

    private static Options options(Draw draw, Random random) {
        List<Integer> classes = new ArrayList<>();
        List<Double> weights = new ArrayList<>();
        for (int c = 0; c < draw.c(); c++) {
            if (random.nextBoolean()) {
                classes.add(c);
            }
            weights.add(c == 0 ? 0 : 0.5 + random.nextInt(3));
        }
        return new Options(
                random.nextBoolean(),
                random.nextInt(3),
                random.nextInt(4) == 0,
                random.nextInt(3) == 0,
                random.nextBoolean() ? classes : List.of(),
                random.nextBoolean() ? weights : List.of());
    }

    /** Values of which many make an error of 0, and anything at void pixels. */
    private static INDArray values(Draw draw, Random random) {
        double[] values = RandomMaps.doubles(draw.x());
        draw.each(
                (n, c, i, j) -> {
                    int at = draw.at(n, c, i, j);
                    if (draw.isVoid(n, c, i, j)) {
                        values[at] = OpCases.notFinite(random);
                    } else if (random.nextInt(8) == 0) {
                        values[at] = draw.foreground(n, c, i, j) ? 1 : 0;
                    }
                });
        return RandomMaps.of(draw.x().dataType(), values, draw.x().shape());
    }

    private static double error(double value, boolean foreground, boolean hinge, boolean single) {
        double error =
                hinge
                        ? Math.max(1 - (foreground ? value : -value), 0) + value * 0
                        : Math.abs((foreground ? 1 : 0) - value);
        return single ? (float) error : error;
    }

    private static void check(Draw draw, Options options, INDArray values) {
        boolean single = values.dataType() == DataType.FLOAT;
        double[] e = RandomMaps.doubles(values);
        boolean[] isVoid = new boolean[e.length];
        boolean[] foreground = new boolean[e.length];
        draw.each(
                (n, c, i, j) -> {
                    int at = draw.at(n, c, i, j);
                    isVoid[at] = draw.isVoid(n, c, i, j);
                    foreground[at] = draw.foreground(n, c, i, j);
                    e[at] = error(e[at], foreground[at], options.hinge, single);
                });
        double[] expected = new double[e.length];
        int pixels = draw.h() * draw.w();
        int images = options.eachImage ? 1 : draw.n();
        for (int first = 0; first < draw.n(); first += images) {
            int vectors = options.flat ? 1 : draw.c();
            List<List<Integer>> members = new ArrayList<>();
            for (int v = 0; v < vectors; v++) {
                List<Integer> member = new ArrayList<>();
                for (int at = first * draw.c() * pixels;
                        at < (first + images) * draw.c() * pixels;
                        at++) {
                    if (!isVoid[at] && (options.flat || at / pixels % draw.c() == v)) {
                        member.add(at);
                    }
                }
                members.add(member);
            }
            double[] shares = new double[vectors];
            double sum = 0;
            for (int v = 0; v < vectors; v++) {
                boolean present = members.get(v).stream().anyMatch(at -> foreground[at]);
                if (options.flat) {
                    shares[v] = 1;
                    sum = 1;
                } else if (options.averages(v)) {
                    if (present || options.absent != 1) {
                        sum += options.weight(v);
                    }
                    if (present || options.absent == 2) {
                        shares[v] = options.weight(v);
                    }
                }
            }
            for (int v = 0; v < vectors; v++) {
                if (shares[v] > 0) {
                    weights(members.get(v), e, foreground, shares[v] / sum, expected);
                }
            }
        }
        double[] actual = RandomMaps.doubles(weights(options, values, draw.codes()));
        double relative = single ? 1e-6 : 1e-11;
        for (int i = 0; i < e.length; i++) {
            expected[i] = foreground[i] ? -expected[i] : expected[i];
            double tolerance = relative * Math.abs(expected[i]) + 1e-15;
            boolean same =
                    Double.isNaN(expected[i])
                            ? Double.isNaN(actual[i])
                            : Math.abs(actual[i] - expected[i]) <= tolerance;
            if (!same) {
                assertThat(actual[i])
                        .as("%s, %s at %d", draw, options, i)
                        .isCloseTo(expected[i], within(tolerance));
            }
        }
    }

    private static void weights(
            List<Integer> members, double[] e, boolean[] foreground, double share, double[] to) {
        if (members.stream().anyMatch(at -> Double.isNaN(e[at]))) {
            members.forEach(at -> to[at] = Double.NaN);
            return;
        }
        List<Integer> sorted = new ArrayList<>(members);
        // List.sort is stable; -e and not reversed(), which would be too, to have no doubt
        sorted.sort(Comparator.comparingDouble(at -> -e[at]));
        double all = members.stream().filter(at -> foreground[at]).count();
        double in = 0;
        double out = 0;
        double before = 0;
        for (int at : sorted) {
            in += foreground[at] ? 1 : 0;
            out += foreground[at] ? 0 : 1;
            double jaccard = 1 - (all - in) / (all + out);
            to[at] = e[at] > 0 ? (jaccard - before) * share : 0;
            before = jaccard;
        }
    }

    private static INDArray weights(Options options, INDArray values, INDArray codes) {
        INDArray bits = OpRun.of(op(options), values, codes);
        double[] weights = new double[(int) bits.length()];
        if (values.dataType() == DataType.DOUBLE) {
            HostArray.doubleBits(bits).get(weights);
        } else {
            float[] single = new float[weights.length];
            HostArray.floatBits(bits).get(single);
            Arrays.setAll(weights, i -> single[i]);
        }
        return Nd4j.createFromArray(weights);
    }

    private static LovaszWeights op(Options options) {
        LovaszWeights op = new LovaszWeights();
        op.addIArgument(
                options.eachImage ? 1 : 0,
                options.absent,
                options.flat ? 1 : 0,
                options.hinge ? 1 : 0);
        options.classes.forEach(op::addIArgument);
        options.weights.forEach(op::addTArgument);
        return op;
    }
}
