package org.seglosses.dl4j.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Random images against the slow definitions, in every shape, layout, type and mask; and bad input.
 */
class SegmentationEvaluationInputsTest {
    private static final int IGNORED = 100;

    /** One random problem: classes, void where the label is -1, and distinct scores. */
    private static final class Scene {
        final int n;
        final int c;
        final int h;
        final int w;
        final int[][][] truth;
        final int[][][] predicted;
        final double[][][][] scores;

        Scene(long seed) {
            Random r = new Random(seed);
            n = 1 + r.nextInt(3);
            c = 2 + r.nextInt(4);
            h = 1 + r.nextInt(12);
            w = 1 + r.nextInt(12);
            truth = new int[n][h][w];
            predicted = new int[n][h][w];
            scores = new double[n][c][h][w];
            double noise = r.nextDouble();
            double voids = r.nextInt(3) * 0.2;
            for (int i = 0; i < n; i++) {
                for (int y = 0; y < h; y++) {
                    for (int x = 0; x < w; x++) {
                        int region = (3 * y / h + 2 * x / w + i) % c;
                        truth[i][y][x] =
                                r.nextDouble() < voids
                                        ? -1
                                        : r.nextDouble() < 0.1 ? r.nextInt(c) : region;
                        predicted[i][y][x] = r.nextDouble() < noise ? r.nextInt(c) : region;
                        for (int k = 0; k < c; k++) {
                            // Small integers: exact in every type that has a sign.
                            scores[i][k][y][x] = predicted[i][y][x] == k ? 20 : r.nextInt(30) - 15;
                        }
                    }
                }
            }
        }

        INDArray predictions() {
            return Nd4j.createFromArray(scores);
        }

        /** [N,H,W] with the given number where void. */
        INDArray index(int voidLabel) {
            double[][][] out = new double[n][h][w];
            for (int i = 0; i < n; i++) {
                for (int y = 0; y < h; y++) {
                    for (int x = 0; x < w; x++) {
                        out[i][y][x] = truth[i][y][x] < 0 ? voidLabel : truth[i][y][x];
                    }
                }
            }
            return Nd4j.createFromArray(out);
        }

        /** [N,C,H,W], all zero where void. */
        INDArray oneHot() {
            double[][][][] out = new double[n][c][h][w];
            for (int i = 0; i < n; i++) {
                for (int y = 0; y < h; y++) {
                    for (int x = 0; x < w; x++) {
                        if (truth[i][y][x] >= 0) {
                            out[i][truth[i][y][x]][y][x] = 1;
                        }
                    }
                }
            }
            return Nd4j.createFromArray(out);
        }

        /** [N,H,W], 0 where void, else a weight. */
        INDArray mask() {
            double[][][] out = new double[n][h][w];
            for (int i = 0; i < n; i++) {
                for (int y = 0; y < h; y++) {
                    for (int x = 0; x < w; x++) {
                        out[i][y][x] = truth[i][y][x] < 0 ? 0 : 0.25 + (x + y) % 3;
                    }
                }
            }
            return Nd4j.createFromArray(out);
        }

        SlowEvaluation slow() {
            return new SlowEvaluation(c, truth, predicted);
        }
    }

    private static INDArray channel(INDArray nhw) {
        return nhw.reshape('c', nhw.size(0), 1, nhw.size(1), nhw.size(2));
    }

    private static INDArray nhwc(INDArray nchw) {
        return nchw.permute(0, 2, 3, 1);
    }

    /** The same values as the middle of a larger array. */
    private static INDArray asView(INDArray a) {
        long[] larger = a.shape().clone();
        larger[0] += 2;
        larger[a.rank() - 1] += 3;
        INDArray outer = Nd4j.valueArrayOf(larger, 77.0, a.dataType());
        INDArray view =
                a.rank() == 3
                        ? outer.get(
                                NDArrayIndex.interval(1, 1 + a.size(0)),
                                NDArrayIndex.all(),
                                NDArrayIndex.interval(2, 2 + a.size(2)))
                        : outer.get(
                                NDArrayIndex.interval(1, 1 + a.size(0)),
                                NDArrayIndex.all(),
                                NDArrayIndex.all(),
                                NDArrayIndex.interval(2, 2 + a.size(3)));
        return view.assign(a);
    }

    private static SegmentationEvaluation.Builder builder(Scene s) {
        return SegmentationEvaluation.builder(s.c).ignoreIndex(IGNORED);
    }

    private static SegmentationEvaluation expected(Scene s) {
        SegmentationEvaluation e = builder(s).build();
        e.eval(s.index(IGNORED), s.predictions());
        return e;
    }

    private static void assertSame(SegmentationEvaluation actual, SegmentationEvaluation expected) {
        assertThat(actual.confusion()).isDeepEqualTo(expected.confusion());
        for (int c = 0; c < expected.classes(); c++) {
            // Boxed: NaN equals NaN.
            assertThat(actual.boundaryF1(c)).isEqualTo(Double.valueOf(expected.boundaryF1(c)));
        }
    }

    static IntStream fewSeeds() {
        return IntStream.range(0, 16);
    }

    static IntStream seeds() {
        return IntStream.range(0, 100);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void equalsTheSlowDefinitions(int seed) {
        Scene s = new Scene(seed);
        SlowEvaluation slow = s.slow();
        int tolerance = seed % 5;
        SegmentationEvaluation e = builder(s).boundaryTolerance(tolerance).build();
        e.eval(s.index(IGNORED), s.predictions());
        assertThat(e.confusion()).isDeepEqualTo(slow.confusion());
        double iou = 0;
        double f1 = 0;
        int present = 0;
        int outlined = 0;
        for (int c = 0; c < s.c; c++) {
            assertThat(e.iou(c)).as("IoU %d", c).isEqualTo(slow.iou(c), within(1e-12));
            assertThat(e.dice(c)).as("Dice %d", c).isEqualTo(slow.dice(c), within(1e-12));
            assertThat(e.boundaryF1(c))
                    .as("boundary F1 %d", c)
                    .isEqualTo(slow.boundaryF1(c, tolerance), within(1e-12));
            if (!Double.isNaN(slow.iou(c))) {
                iou += slow.iou(c);
                present++;
            }
            if (!Double.isNaN(slow.boundaryF1(c, tolerance))) {
                f1 += slow.boundaryF1(c, tolerance);
                outlined++;
            }
        }
        assertThat(e.meanIou()).isEqualTo(iou / present, within(1e-12));
        assertThat(e.boundaryF1()).isEqualTo(f1 / outlined, within(1e-12));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void aToleranceBeyondTheImageIsTheWholeImage(int seed) {
        Scene s = new Scene(seed);
        SegmentationEvaluation e = builder(s).boundaryTolerance(Integer.MAX_VALUE).build();
        e.eval(s.index(IGNORED), s.predictions());
        for (int c = 0; c < s.c; c++) {
            assertThat(e.boundaryF1(c)).isEqualTo(s.slow().boundaryF1(c, 12), within(1e-12));
        }
    }

    @ParameterizedTest
    @MethodSource("fewSeeds")
    void allShapesLayoutsAndMasksAgree(int seed) {
        Scene s = new Scene(seed);
        SegmentationEvaluation expected = expected(s);
        INDArray p = s.predictions();
        INDArray index = s.index(IGNORED);
        INDArray mask = s.mask();
        INDArray maskC = channel(mask).broadcast(s.n, s.c, s.h, s.w);
        INDArray counting = maskC.neq(0).castTo(DataType.DOUBLE);
        // Labels and masks that say the same.
        List<INDArray[]> nchw = new ArrayList<>();
        nchw.add(new INDArray[] {index, null});
        nchw.add(new INDArray[] {channel(index), null});
        nchw.add(new INDArray[] {s.oneHot(), null});
        nchw.add(new INDArray[] {s.oneHot().mul(0.7).add(0.3 / s.c).mul(counting), null});
        for (INDArray labels : new INDArray[] {index, channel(index), s.index(0), s.index(1)}) {
            nchw.add(new INDArray[] {labels, mask});
            nchw.add(new INDArray[] {labels, channel(mask)});
            nchw.add(new INDArray[] {labels, maskC});
        }
        nchw.add(new INDArray[] {s.oneHot(), mask.castTo(DataType.BOOL)});
        nchw.add(new INDArray[] {index, Nd4j.ones(DataType.FLOAT, s.n)});
        nchw.add(new INDArray[] {index, Nd4j.ones(DataType.FLOAT, s.n, 1)});
        nchw.add(new INDArray[] {index, Nd4j.ones(DataType.FLOAT, s.n, 1, 1, 1)});
        nchw.add(new INDArray[] {index, Nd4j.ones(DataType.FLOAT, 1, 1, s.h, 1)});
        int i = 0;
        for (INDArray[] pair : nchw) {
            for (INDArray predictions : new INDArray[] {p, p.dup('f'), asView(p)}) {
                INDArray labels = pair[0].rank() == 4 && i % 2 == 1 ? asView(pair[0]) : pair[0];
                INDArray copyOfLabels = labels.dup();
                INDArray copyOfPredictions = predictions.dup();
                SegmentationEvaluation e = builder(s).build();
                e.eval(labels, predictions, pair[1]);
                assertSame(e, expected);
                assertThat(labels).isEqualTo(copyOfLabels);
                assertThat(predictions).isEqualTo(copyOfPredictions);

                SegmentationEvaluation last = builder(s).format(CNN2DFormat.NHWC).build();
                last.eval(
                        labels.rank() == 4 ? nhwc(labels) : labels,
                        i % 3 == 0 ? nhwc(predictions) : nhwc(predictions).dup('c'),
                        pair[1] != null && pair[1].rank() == 4 ? nhwc(pair[1]) : pair[1]);
                assertSame(last, expected);
                i++;
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"DOUBLE", "FLOAT", "HALF", "BFLOAT16", "LONG", "INT", "SHORT", "BYTE"})
    void predictionsOfEveryType(DataType type) {
        for (int seed = 0; seed < 5; seed++) {
            Scene s = new Scene(seed);
            for (INDArray p : new INDArray[] {s.predictions(), asView(s.predictions())}) {
                SegmentationEvaluation e = builder(s).build();
                e.eval(s.index(IGNORED), p.castTo(type));
                assertSame(e, expected(s));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {
                "DOUBLE",
                "FLOAT",
                "HALF",
                "BFLOAT16",
                "LONG",
                "INT",
                "SHORT",
                "BYTE",
                "UBYTE",
                "UINT16",
                "UINT32",
                "UINT64"
            })
    void labelsAndMasksOfEveryType(DataType type) {
        for (int seed = 0; seed < 5; seed++) {
            Scene s = new Scene(seed);
            INDArray mask = s.mask().neq(0).castTo(type);
            INDArray[][] pairs = {
                {s.index(IGNORED).castTo(type), null},
                {channel(s.index(IGNORED)).castTo(type), mask},
                {s.oneHot().castTo(type), null},
                {asView(s.index(IGNORED)).castTo(type), channel(mask)}
            };
            for (INDArray[] pair : pairs) {
                SegmentationEvaluation e = builder(s).build();
                e.eval(pair[0], s.predictions(), pair[1]);
                assertSame(e, expected(s));
            }
        }
    }

    @Test
    void booleanLabels() {
        INDArray labels =
                Nd4j.createFromArray(new boolean[] {false, true, true}).reshape('c', 1, 1, 3);
        INDArray two = Nd4j.createFromArray(new double[][][][] {{{{1, 0, 1}}, {{0, 1, 0}}}});
        INDArray one = Nd4j.createFromArray(new double[][][][] {{{{0.1, 0.9, 0.3}}}});
        for (INDArray predictions : new INDArray[] {two, one}) {
            SegmentationEvaluation e = new SegmentationEvaluation(2);
            e.eval(labels, predictions);
            assertThat(e.confusion()).isDeepEqualTo(new long[][] {{1, 0}, {1, 1}});
        }
    }

    /** Both would be the same float. */
    @Test
    void doublePredictionsKeepTheirDifferences() {
        INDArray predictions =
                Nd4j.createFromArray(new double[][][][] {{{{0.5}}, {{0.5 + 1e-12}}}});
        SegmentationEvaluation e = new SegmentationEvaluation(2);
        e.eval(Nd4j.createFromArray(1).reshape('c', 1, 1, 1), predictions);
        assertThat(e.pixelAccuracy()).isEqualTo(1);
    }

    @Test
    void perExampleMasksLeaveWholeImagesOut() {
        Scene s = new Scene(3);
        assertThat(s.n).as("images of this seed").isGreaterThan(1);
        double[] keep = new double[s.n];
        keep[1] = 1;
        SegmentationEvaluation alone = builder(s).build();
        alone.eval(
                s.index(IGNORED).get(NDArrayIndex.interval(1, 2)),
                s.predictions().get(NDArrayIndex.interval(1, 2)));
        INDArray mask = Nd4j.createFromArray(keep);
        for (INDArray m :
                new INDArray[] {mask, mask.reshape('c', s.n, 1), mask.reshape('c', s.n, 1, 1, 1)}) {
            SegmentationEvaluation e = builder(s).build();
            e.eval(s.index(IGNORED), s.predictions(), m);
            assertThat(e.pixels()).isEqualTo(alone.pixels());
            assertSame(e, alone);
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void mergedPartsEqualTheWhole(int seed) {
        Scene s = new Scene(seed);
        SegmentationEvaluation merged = builder(s).build();
        for (int i = 0; i < s.n; i++) {
            SegmentationEvaluation part = merged.newInstance();
            part.eval(
                    s.index(IGNORED).get(NDArrayIndex.interval(i, i + 1)),
                    s.predictions().get(NDArrayIndex.interval(i, i + 1)));
            SegmentationEvaluation before = SegmentationEvaluation.fromJson(part.toJson());
            merged.merge(part);
            assertThat(part).isEqualTo(before);
        }
        assertThat(merged).isEqualTo(expected(s)).hasSameHashCodeAs(expected(s));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void binaryAgreesWithTwoClasses(int seed) {
        Random r = new Random(seed);
        double[][][][] one = new double[2][1][7][5];
        double[][][][] two = new double[2][2][7][5];
        double[][][] labels = new double[2][7][5];
        for (int n = 0; n < 2; n++) {
            for (int y = 0; y < 7; y++) {
                for (int x = 0; x < 5; x++) {
                    double logit = r.nextGaussian();
                    one[n][0][y][x] = logit;
                    two[n][1][y][x] = logit;
                    labels[n][y][x] = r.nextInt(10) == 0 ? 255 : r.nextInt(2);
                }
            }
        }
        SegmentationEvaluation binary =
                SegmentationEvaluation.builder(2).ignoreIndex(255).logits().build();
        SegmentationEvaluation multi =
                SegmentationEvaluation.builder(2).ignoreIndex(255).logits().build();
        INDArray l = Nd4j.createFromArray(labels);
        binary.eval(seed % 2 == 0 ? l : channel(l), Nd4j.createFromArray(one));
        multi.eval(l, Nd4j.createFromArray(two));
        assertThat(binary).isEqualTo(multi);
    }

    /** Three pixels count, whatever the label of the fourth is: all forms, layouts and types. */
    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, 255, -9999, -1, 0.5, Double.POSITIVE_INFINITY, 1e300})
    void whatIsUnderTheMaskIsNotLookedAt(double b) {
        long[][] three = {{1, 0}, {1, 1}};
        INDArray logits =
                Nd4j.createFromArray(
                        new double[][][][] {{{{.5, -1}, {2, .3}}, {{.1, .7}, {-1, 1.2}}}});
        logits.putScalar(new long[] {0, 1, 0, 1}, -2); // so that one of the three is wrong
        INDArray mask = Nd4j.createFromArray(new double[][][] {{{1, 1}, {0, 1}}});
        INDArray index = Nd4j.createFromArray(new double[][][] {{{0, 1}, {b, 1}}});
        INDArray oneHot =
                Nd4j.createFromArray(new double[][][][] {{{{1, 0}, {b, 0}}, {{0, 1}, {b, 1}}}});
        INDArray soft =
                Nd4j.createFromArray(
                        new double[][][][] {{{{.9, .2}, {b, .2}}, {{.1, .8}, {b, .8}}}});
        INDArray one = logits.get(NDArrayIndex.all(), NDArrayIndex.interval(1, 2));
        one = one.sub(logits.get(NDArrayIndex.all(), NDArrayIndex.interval(0, 1)));
        for (DataType type : new DataType[] {DataType.DOUBLE, DataType.FLOAT, DataType.BFLOAT16}) {
            for (INDArray each : new INDArray[] {index, channel(index), oneHot, soft}) {
                INDArray labels = each.castTo(type);
                assertCounts(labels, logits, mask, three);
                assertCounts(labels, logits, channel(mask), three);
                assertCounts(rows(labels), rows(logits), rows(mask), three);
                if (labels.rank() == 3 || labels.size(1) == 1) {
                    assertCounts(labels, one, mask, three);
                    assertCounts(rows(labels), rows(one), rows(mask), three);
                }
                SegmentationEvaluation last =
                        SegmentationEvaluation.builder(2).format(CNN2DFormat.NHWC).build();
                last.eval(labels.rank() == 3 ? labels : nhwc(labels), nhwc(logits), mask);
                assertThat(last.confusion()).isDeepEqualTo(three);
            }
        }
    }

    private static void assertCounts(
            INDArray labels, INDArray predictions, INDArray mask, long[][] expected) {
        SegmentationEvaluation e = SegmentationEvaluation.builder(2).logits().build();
        e.eval(labels, predictions, mask);
        assertThat(e.confusion()).isDeepEqualTo(expected);
        assertThat(e.ignoredPixels()).isEqualTo(1);
        assertThat(e.ignoredShare()).isEqualTo(0.25);
    }

    private static INDArray rows(INDArray images) {
        INDArray a = images.rank() == 3 ? channel(images) : images;
        return a.permute(0, 2, 3, 1).dup('c').reshape('c', a.length() / a.size(1), a.size(1));
    }

    /** A sum that only its type's rounding moves from 1 is one. */
    @Test
    void sumsOfSoftLabelsMayBeRounded() {
        float third = 1 / 3f;
        INDArray predictions = zeros(1, 3, 1, 1);
        for (DataType type :
                new DataType[] {
                    DataType.DOUBLE, DataType.FLOAT, DataType.FLOAT16, DataType.BFLOAT16
                }) {
            INDArray labels = zeros(1, 3, 1, 1).addi(third).castTo(type);
            SegmentationEvaluation e = new SegmentationEvaluation(3);
            e.eval(labels, predictions);
            assertThat(e.softPixels()).as(type.name()).isEqualTo(1);
        }
        SegmentationEvaluation e = new SegmentationEvaluation(3);
        e.eval(zeros(1, 3, 1, 1).addi(0.33363), predictions); // 1.00089
        assertRefused(
                () -> e.eval(zeros(1, 3, 1, 1).addi(0.3337), predictions),
                "sum to 1 (within 0.001)");
    }

    @Test
    void oneChannelOfLogitsMustBeSaid() {
        INDArray labels = Nd4j.createFromArray(new float[][][] {{{1, 0, 255}}});
        for (double wrong : new double[] {2.5, -0.25, 1.00001, Double.POSITIVE_INFINITY, -1e30}) {
            SegmentationEvaluation e = SegmentationEvaluation.builder(2).ignoreIndex(255).build();
            INDArray predictions = Nd4j.createFromArray(new double[][][][] {{{{0.7, wrong, 3}}}});
            assertRefused(
                    () -> e.eval(labels, predictions),
                    "predictions of one channel must be probabilities from 0 to 1, got "
                            + wrong
                            + " at image 0, row 0, column 1 of 1 images of 1 x 3; logits? call"
                            + " .logits() on the builder, or take SegmentationEvaluation.of(network)");
            assertThat(e.pixels()).isZero();
            SegmentationEvaluation z =
                    SegmentationEvaluation.builder(2).ignoreIndex(255).logits().build();
            z.eval(labels, predictions);
            assertThat(z.pixels()).isEqualTo(2);
        }
        SegmentationEvaluation sound = SegmentationEvaluation.builder(2).ignoreIndex(255).build();
        sound.eval(labels, Nd4j.createFromArray(new double[][][][] {{{{1, 0, 7}}}}));
        assertThat(sound.pixelAccuracy()).isEqualTo(1);
    }

    // ---- bad input ----

    private static INDArray zeros(long... shape) {
        return Nd4j.zeros(DataType.FLOAT, shape);
    }

    private static INDArray with(INDArray a, double value, long... at) {
        return a.putScalar(at, value);
    }

    static Stream<Arguments> badBatches() {
        INDArray p = zeros(2, 3, 4, 5);
        INDArray l = zeros(2, 4, 5);
        INDArray strings = Nd4j.create("a", "b");
        return Stream.of(
                Arguments.of(null, p, null, "labels must not be null"),
                Arguments.of(l, null, null, "predictions must not be null"),
                Arguments.of(strings, p, null, "labels must hold numbers or booleans, got [2]"),
                Arguments.of(l, strings, null, "predictions must hold numbers"),
                Arguments.of(l, p, strings, "mask must hold numbers"),
                Arguments.of(l, Nd4j.empty(DataType.FLOAT), null, "must not be empty"),
                Arguments.of(l, zeros(3, 4, 5), null, "rank 4, [N,C,H,W], or be flat rows [R,C]"),
                Arguments.of(l, zeros(2, 4, 4, 5), null, "3 channels, one for each class, got [2,"),
                Arguments.of(l, zeros(2, 1, 4, 5), null, "predictions must have 3 channels"),
                Arguments.of(
                        zeros(2, 4, 6), p, null, "got labels [2, 4, 6] for predictions [2, 3, 4"),
                Arguments.of(
                        zeros(1, 4, 5),
                        p,
                        null,
                        "labels must be of as many images as the predictions, got labels [1, 4, 5]"
                                + " for predictions [2, 3, 4, 5] in format NCHW"),
                Arguments.of(
                        zeros(2, 1, 4, 6),
                        p,
                        null,
                        "labels must have the height and width of the predictions, got labels [2, 1,"
                                + " 4, 6] for predictions [2, 3, 4, 5] in format NCHW"),
                Arguments.of(
                        zeros(2, 2, 4, 5),
                        p,
                        null,
                        "labels must be class indices [N,H,W] or [N,H,W] with one channel or one"
                                + " value a class, shaped like the predictions, got labels [2, 2, 4,"
                                + " 5]"),
                Arguments.of(
                        zeros(2, 4, 5, 1),
                        p,
                        null,
                        "got labels [2, 4, 5, 1] for predictions [2, 3, 4, 5] in format NCHW; labels"
                                + " in NHWC? write labels.permute(0, 3, 1, 2)"),
                Arguments.of(
                        l,
                        nhwc(p),
                        null,
                        "predictions must have 3 channels, one for each class, got [2, 4, 5, 3] in"
                                + " format NCHW; as NHWC they fit: call"
                                + " .format(CNN2DFormat.NHWC) on the builder"),
                // as many rows as classes: the labels tell
                Arguments.of(
                        zeros(2, 3, 5),
                        zeros(2, 3, 5, 3),
                        null,
                        "labels must have the height and width of the predictions, got labels [2, 3,"
                                + " 5] for predictions [2, 3, 5, 3] in format NCHW; as NHWC they fit:"
                                + " call .format(CNN2DFormat.NHWC) on the builder"),
                Arguments.of(zeros(2, 3), p, null, "got labels [2, 3]"),
                Arguments.of(zeros(5, 4), zeros(4, 3), null, "[R] or [R,1]"),
                Arguments.of(
                        zeros(5, 3),
                        zeros(4, 3),
                        null,
                        "labels must have as many rows as the predictions, got labels [5, 3] for"
                                + " predictions [4, 3]"),
                Arguments.of(zeros(1, 4, 1), zeros(4, 3), null, "[R] or [R,1]"),
                Arguments.of(
                        with(l.dup(), 3, 1, 2, 4),
                        p,
                        null,
                        "labels must be class indices from 0 to 2 (no ignoreIndex is set), got 3.0 at"
                                + " image 1, row 2, column 4 of 2 images of 4 x 5"),
                Arguments.of(
                        with(l.dup(), 255, 1, 2, 4),
                        p,
                        null,
                        "got 255.0 at image 1, row 2, column 4 of 2 images of 4 x 5; ignored pixels?"
                                + " set ignoreIndex(255); foreground? divide by 255"),
                Arguments.of(with(l.dup(), -1, 0, 0, 0), p, null, "got -1.0 at image 0"),
                Arguments.of(with(l.dup(), 0.5, 0, 0, 0), p, null, "got 0.5"),
                Arguments.of(with(l.dup(), Double.NaN, 0, 0, 0), p, null, "got NaN"),
                Arguments.of(with(l.dup(), 1e20, 0, 0, 0), p, null, "got 1.0"),
                Arguments.of(
                        with(zeros(2, 3, 4, 5), -0.5, 0, 2, 0, 0),
                        p,
                        null,
                        "labels must be vectors of values from 0 to 1 that sum to 1 (within 0.001), or"
                                + " all zeros for an ignored pixel, got a vector with sum -0.5 and"
                                + " values from -0.5 to 0.0 at image 0, row 0, column 0 of 2 images"
                                + " of 4 x 5"),
                Arguments.of(with(zeros(2, 3, 4, 5), Double.NaN, 0, 0, 0, 0), p, null, "with NaN"),
                Arguments.of(
                        with(zeros(2, 3, 4, 5), 0.7, 0, 1, 0, 0),
                        p,
                        null,
                        "with sum 0.699999988079071 and values from 0.0 to 0.699999988079071 at image"
                                + " 0, row 0, column 0"),
                Arguments.of(
                        with(zeros(2, 3, 4, 5), 255, 0, 0, 0, 0), p, null, "; colours? turn each"),
                Arguments.of(
                        with(with(zeros(2, 3, 4, 5), 1, 1, 0, 2, 3), 1, 1, 2, 2, 3),
                        p,
                        null,
                        "got a vector with sum 2.0 and values from 0.0 to 1.0 at image 1, row 2,"
                                + " column 3 of 2 images of 4 x 5; colours? turn each into its class index; several classes in a pixel? that"
                                + " is mode MULTILABEL, with sigmoids; score such channels one by"
                                + " one, each by a SegmentationEvaluation of 2 classes"),
                Arguments.of(
                        with(zeros(2, 3, 4, 5), Double.POSITIVE_INFINITY, 0, 0, 0, 0),
                        p,
                        null,
                        "with sum Infinity"),
                Arguments.of(
                        l,
                        with(p.dup(), Double.NaN, 1, 0, 3, 4),
                        null,
                        "predictions must not be NaN where the label counts at image 1, row 3,"),
                Arguments.of(l, with(p.dup(), Double.NaN, 1, 2, 3, 4), null, "must not be NaN"),
                Arguments.of(l, p, zeros(3), "got mask [3] for predictions [2, 3, 4, 5]"),
                Arguments.of(l, p, zeros(2, 4), "mask must be [N], [N,1], [N,H,W]"),
                Arguments.of(l, p, zeros(2, 5, 4), "got mask [2, 5, 4]"),
                Arguments.of(l, p, zeros(2, 2, 4, 5), "got mask [2, 2, 4, 5]"),
                Arguments.of(zeros(4), zeros(4, 3), zeros(4, 2), "mask must be [R], [R,1]"),
                Arguments.of(l, p, with(zeros(2, 4, 5), -1, 0, 1, 1), "finite and >= 0, got -1.0"),
                Arguments.of(l, p, with(zeros(2, 4, 5), Double.NaN, 0, 1, 1), "got NaN"),
                Arguments.of(
                        l,
                        p,
                        with(zeros(2, 3, 4, 5), 1, 1, 2, 0, 3),
                        "in all channels of a pixel alike, got a difference between channels 0 and 2"
                                + " at image 1, row 0, column 3"),
                Arguments.of(with(zeros(4), 7, 3), zeros(4, 3), null, "got 7.0 at row 3 of 4"));
    }

    // JUnit would close the arrays, which several cases share.
    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("badBatches")
    void badBatchesAreRefusedAndLeaveNoTrace(
            INDArray labels, INDArray predictions, INDArray mask, String message) {
        SegmentationEvaluation e = new SegmentationEvaluation(3);
        assertThatThrownBy(() -> e.eval(labels, predictions, mask))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
        assertThat(e).isEqualTo(new SegmentationEvaluation(3));
    }

    /** What the refusal of multi-hot labels advises. */
    @Test
    void multiHotChannelsOneByOne() {
        INDArray labels = Nd4j.createFromArray(new float[][][][] {{{{1, 1, 0}}, {{1, 0, 0}}}});
        INDArray out =
                Nd4j.createFromArray(
                        new float[][][][] {{{{0.9f, 0.2f, 0.6f}}, {{0.7f, 0.1f, 0.4f}}}});
        List<SegmentationEvaluation> channels = new ArrayList<>();
        for (int c = 0; c < 2; c++) {
            INDArrayIndex[] channel = {
                NDArrayIndex.all(),
                NDArrayIndex.interval(c, c + 1),
                NDArrayIndex.all(),
                NDArrayIndex.all()
            };
            SegmentationEvaluation e = new SegmentationEvaluation(2);
            e.eval(labels.get(channel), out.get(channel));
            channels.add(e);
        }
        // channel 0: one found, one missed, one too many; channel 1: found, and no other
        assertThat(channels.get(0).iou(1)).isEqualTo(1 / 3.0);
        assertThat(channels.get(1).iou(1)).isEqualTo(1);
    }

    @Test
    void badBinaryBatches() {
        SegmentationEvaluation e = SegmentationEvaluation.builder(2).ignoreIndex(9).build();
        assertThatThrownBy(
                        () ->
                                e.eval(
                                        Nd4j.valueArrayOf(new long[] {1, 2, 2}, 2.0),
                                        zeros(1, 1, 2, 2)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(
                        "labels must be from 0 to 1 or the ignoreIndex, which is 9, got 2.0 at image"
                                + " 0, row 0, column 0 of 1 images of 2 x 2; labels 1 and 2? subtract 1");
        assertThatThrownBy(() -> e.eval(zeros(1, 2, 2, 2), zeros(1, 1, 2, 2)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("got labels [1, 2, 2, 2]");
        assertThatThrownBy(
                        () ->
                                e.eval(
                                        zeros(1, 2, 2),
                                        with(zeros(1, 1, 2, 2), Double.NaN, 0, 0, 0, 0)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must not be NaN");
        SegmentationEvaluation nhwc =
                SegmentationEvaluation.builder(2).format(CNN2DFormat.NHWC).build();
        assertThatThrownBy(() -> nhwc.eval(zeros(1, 2, 5, 5), zeros(1, 2, 5, 5)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("got [1, 2, 5, 5] in format NHWC");
    }

    @Test
    void badOptions() {
        assertRefused(() -> new SegmentationEvaluation(1), "classes must be >= 2");
        assertRefused(
                () -> SegmentationEvaluation.builder(-3).build(), "classes must be >= 2", "-3");
        assertRefused(
                () -> SegmentationEvaluation.builder(2).classNames("a").build(),
                "one name for each of the 2 classes, got 1: [a]");
        assertRefused(
                () -> SegmentationEvaluation.builder(2).classNames("a", null).build(),
                "classNames must not hold null");
        assertRefused(
                () -> SegmentationEvaluation.builder(2).format(null).build(), "format must be");
        assertRefused(
                () -> SegmentationEvaluation.builder(2).boundaryTolerance(-1).build(),
                "boundaryTolerance must be >= 0 pixels, got -1");
        assertRefused(
                () -> SegmentationEvaluation.builder(2).threshold(Double.NaN).build(),
                "threshold must be finite, got NaN");
        assertRefused(
                () -> SegmentationEvaluation.builder(2).threshold(-0.5).build(),
                "threshold must be a probability from 0 to 1, got -0.5; for one of logits call"
                        + " .logits() first");
        assertThat(SegmentationEvaluation.builder(2).logits().threshold(-0.5).build().classes())
                .isEqualTo(2);
        SegmentationEvaluation e = new SegmentationEvaluation(3);
        assertRefused(() -> e.iou(3), "c must be a class in 0..2, got 3");
        assertRefused(() -> e.dice(-1), "got -1");
        assertRefused(() -> e.precision(3), "got 3");
        assertRefused(() -> e.recall(3), "got 3");
        assertRefused(() -> e.boundaryF1(3), "got 3");
        assertRefused(() -> e.className(3), "got 3");
        assertRefused(() -> e.merge(null), "other must not be null");
        assertRefused(() -> e.merge(new SegmentationEvaluation(2)), "3 classes", "got 2 classes");
        assertRefused(
                () -> e.merge(SegmentationEvaluation.builder(3).boundaryTolerance(4).build()),
                "boundaryTolerance 1 as this",
                "boundaryTolerance 4");
    }

    private static void assertRefused(
            org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String... parts) {
        assertThatThrownBy(call)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll(parts);
    }
}
