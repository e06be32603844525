package org.seglosses.samediff.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.seglosses.samediff.op.Targets.Labelling;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;

/** Labels and masks of every form, type and shape; {@link PixelWeights} reads the same masks. */
class TargetsTest {

    private static final int[][] SHAPES = {
        {1, 2, 1, 1}, {3, 3, 1, 5}, {2, 19, 3, 2}, {2, 2, 7, 5}, {1, 150, 4, 5}, {2, 3, 130, 70}
    };

    private static Targets op(Labelling labelling, Integer ignore, boolean fractional) {
        return OpCases.op(
                new Targets(),
                OpCases.ints(
                        labelling.ordinal(),
                        ignore == null ? 0 : 1,
                        ignore == null ? 0 : ignore,
                        fractional ? 1 : 0,
                        0));
    }

    private static double[] run(
            Labelling labelling, Integer ignore, INDArray labels, INDArray logits, INDArray mask) {
        Targets op = op(labelling, ignore, true);
        INDArray[] inputs = {labels, logits, mask};
        return RandomMaps.doubles(OpRun.of(op, mask == null ? Arrays.copyOf(inputs, 2) : inputs));
    }

    private static INDArray logits(int... shape) {
        return Nd4j.zeros(DataType.FLOAT, OpCases.longs(shape));
    }

    /** Class indices as doubles, with the ignore index (if any) at some pixels. */
    private static double[] indices(Random random, int n, int classes, Integer ignore) {
        double[] labels = new double[n];
        for (int i = 0; i < n; i++) {
            boolean isVoid = ignore != null && random.nextInt(4) == 0;
            labels[i] = isVoid ? ignore : random.nextInt(classes);
        }
        return labels;
    }

    /** The codes of indices, by the definition. */
    private static double[] codesOf(double[] labels, Integer ignore) {
        return Arrays.stream(labels).map(v -> ignore != null && v == ignore ? -1 : v).toArray();
    }

    /** A vector for each pixel: a one at its class, or all zero if it is void. */
    private static double[] oneHot(double[] codes, int[] shape) {
        double[] vectors = new double[OpCases.length(shape)];
        int pixels = shape[2] * shape[3];
        for (int i = 0; i < codes.length; i++) {
            if (codes[i] >= 0) {
                vectors[OpCases.at(shape, i / pixels, (int) codes[i], i % pixels)] = 1;
            }
        }
        return vectors;
    }

    @Test
    void oneLabelAPixel() {
        for (int[] shape : SHAPES) {
            Random random = new Random(shape[2]);
            int n = shape[0];
            for (Integer ignore : new Integer[] {null, 255, -1, -100, 1}) {
                double[] labels = indices(random, n * shape[2] * shape[3], shape[1], ignore);
                double[] codes = codesOf(labels, ignore);
                INDArray flat = RandomMaps.of(DataType.FLOAT, labels, n, shape[2], shape[3]);
                INDArray deep = flat.reshape('c', n, 1, shape[2], shape[3]);
                INDArray z = logits(shape);
                assertThat(run(Labelling.PIXEL, ignore, flat, z, null)).isEqualTo(codes);
                assertThat(run(Labelling.PIXEL, ignore, deep, z, null)).isEqualTo(codes);
                INDArray ints = deep.castTo(DataType.INT32);
                assertThat(run(Labelling.PIXEL, ignore, ints, z, null)).isEqualTo(codes);
                INDArray vectors = RandomMaps.of(DataType.INT32, oneHot(codes, shape), z.shape());
                assertThat(run(Labelling.PIXEL, ignore, vectors, z, null)).isEqualTo(codes);
            }
        }
    }

    @Test
    void oneLabelAChannel() {
        for (int[] shape : SHAPES) {
            Random random = new Random(shape[2]);
            INDArray z = logits(shape);
            for (Integer ignore : new Integer[] {null, 255, -1}) {
                double[] elements = indices(random, OpCases.length(shape), 2, ignore);
                INDArray vectors = RandomMaps.of(DataType.FLOAT, elements, z.shape());
                assertThat(run(Labelling.CHANNEL, ignore, vectors, z, null))
                        .isEqualTo(codesOf(elements, ignore));
                // an index label is the one-hot vector of its class, void in all channels if
                // ignored
                int pixels = shape[2] * shape[3];
                double[] labels = indices(random, shape[0] * pixels, shape[1], ignore);
                double[] codes = codesOf(labels, ignore);
                double[] expected = oneHot(codes, shape);
                for (int i = 0; i < codes.length; i++) {
                    for (int c = 0; c < shape[1] && codes[i] < 0; c++) {
                        expected[OpCases.at(shape, i / pixels, c, i % pixels)] = -1;
                    }
                }
                INDArray flat = RandomMaps.of(DataType.INT32, labels, shape[0], shape[2], shape[3]);
                assertThat(run(Labelling.CHANNEL, ignore, flat, z, null)).isEqualTo(expected);
            }
        }
    }

    @Test
    void oneChannel() {
        INDArray z = logits(2, 1, 3, 2);
        double[] labels = {0, 1, 1, 0, 255, 1, 255, 0, 0, 1, 1, 0};
        double[] codes = {0, 1, 1, 0, -1, 1, -1, 0, 0, 1, 1, 0};
        for (Labelling labelling : new Labelling[] {Labelling.ONLY_CHANNEL, Labelling.CHANNEL}) {
            INDArray flat = RandomMaps.of(DataType.FLOAT, labels, 2, 3, 2);
            assertThat(run(labelling, 255, flat, z, null)).isEqualTo(codes);
            INDArray deep = RandomMaps.of(DataType.INT32, labels, 2, 1, 3, 2);
            assertThat(run(labelling, 255, deep, z, null)).isEqualTo(codes);
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
                "BYTE",
                "UBYTE",
                "SHORT",
                "UINT16",
                "INT",
                "UINT32",
                "LONG",
                "UINT64",
                "BOOL"
            })
    void labelsAndMasksOfEveryType(DataType type) {
        boolean yesNo = type == DataType.BOOL;
        double[] labels = yesNo ? new double[] {0, 1, 1, 0, 1, 0} : new double[] {0, 2, 1, 9, 2, 0};
        double[] codes = yesNo ? labels : new double[] {0, 2, 1, -1, 2, 0};
        INDArray z = logits(1, 3, 2, 3);
        INDArray array = RandomMaps.of(type, labels, 1, 2, 3);
        assertThat(run(Labelling.PIXEL, 9, array, z, null)).isEqualTo(codes);
        assertThat(run(Labelling.PIXEL, 9, oneHotOf(type, codes), z, null)).isEqualTo(codes);

        double[] mask = {1, 0, 1, 1, 0, 1};
        double[] masked = codes.clone();
        masked[1] = -1;
        masked[4] = -1;
        INDArray maskArray = RandomMaps.of(type, mask, 1, 2, 3);
        assertThat(run(Labelling.PIXEL, 9, array, z, maskArray)).isEqualTo(masked);
        PixelWeights weights = OpCases.op(new PixelWeights(), OpCases.ints(0));
        assertThat(RandomMaps.doubles(OpRun.of(weights, maskArray, z))).isEqualTo(mask);
    }

    private static INDArray oneHotOf(DataType type, double[] codes) {
        return RandomMaps.of(type, oneHot(codes, new int[] {1, 3, 2, 3}), 1, 3, 2, 3);
    }

    @Test
    void viewsAreRead() {
        double[] labels = {0, 2, 1, 9, 2, 0};
        double[] codes = {0, 2, 1, -1, 2, 0};
        INDArray z = logits(1, 3, 2, 3);
        for (DataType type : new DataType[] {DataType.FLOAT, DataType.UINT8, DataType.INT64}) {
            INDArray c = RandomMaps.of(type, labels, 1, 2, 3);
            INDArray f = c.dup('f');
            INDArray permuted = c.permute(0, 2, 1).dup('c').permute(0, 2, 1);
            INDArray part = Nd4j.concat(0, c.add(1), c, c.add(1)).get(NDArrayIndex.interval(1, 2));
            INDArray wide = Nd4j.concat(2, c, c);
            INDArray columns =
                    wide.get(NDArrayIndex.all(), NDArrayIndex.all(), NDArrayIndex.interval(3, 6));
            for (INDArray view : new INDArray[] {f, permuted, part, columns}) {
                assertThat(view.shape()).containsExactly(1, 2, 3);
                assertThat(run(Labelling.PIXEL, 9, view, z, null)).isEqualTo(codes);
            }
        }
    }

    /** Mask shapes, and the element of the mask that a pixel (n, c, h, w) has. */
    static Stream<Arguments> masks() {
        return Stream.of(
                Arguments.of(new long[] {2}, new int[] {1, 0, 0, 0}),
                Arguments.of(new long[] {2, 1}, new int[] {1, 0, 0, 0}),
                Arguments.of(new long[] {2, 4, 5}, new int[] {20, 0, 5, 1}),
                Arguments.of(new long[] {2, 1, 4, 5}, new int[] {20, 0, 5, 1}),
                Arguments.of(new long[] {1, 1, 4, 5}, new int[] {0, 0, 5, 1}),
                Arguments.of(new long[] {2, 1, 1, 1}, new int[] {1, 0, 0, 0}),
                Arguments.of(new long[] {2, 1, 4, 1}, new int[] {4, 0, 1, 0}),
                Arguments.of(new long[] {1, 1, 1, 5}, new int[] {0, 0, 0, 1}),
                Arguments.of(new long[] {2, 1, 5}, new int[] {5, 0, 0, 1}),
                Arguments.of(new long[] {2, 3}, new int[] {3, 1, 0, 0}),
                Arguments.of(new long[] {1, 3, 1, 1}, new int[] {0, 1, 0, 0}),
                Arguments.of(new long[] {2, 3, 4, 5}, new int[] {60, 20, 5, 1}));
    }

    @ParameterizedTest
    @MethodSource("masks")
    void masksOfEveryShape(long[] shape, int[] steps) {
        INDArray z = logits(2, 3, 4, 5);
        int n = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        double[] mask = new Random(n).doubles(n, 0, 3).map(Math::floor).toArray();
        INDArray maskArray = RandomMaps.of(DataType.FLOAT, mask, shape);
        boolean varies = steps[1] != 0;
        double[] elements = new double[120];
        double[] weights = new double[40];
        for (int i = 0; i < 120; i++) {
            int at =
                    i / 60 * steps[0]
                            + i / 20 % 3 * steps[1]
                            + i / 5 % 4 * steps[2]
                            + i % 5 * steps[3];
            elements[i] = mask[at] == 0 ? -1 : 1;
            weights[i / 60 * 20 + i % 20] = mask[at];
        }
        INDArray ones = Nd4j.ones(DataType.FLOAT, 2, 3, 4, 5);
        assertThat(run(Labelling.CHANNEL, null, ones, z, maskArray)).isEqualTo(elements);
        INDArray labels = Nd4j.ones(DataType.FLOAT, 2, 4, 5);
        PixelWeights op = OpCases.op(new PixelWeights(), OpCases.ints(1));
        if (varies) {
            assertThatThrownBy(() -> run(Labelling.PIXEL, null, labels, z, maskArray))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith(
                            "mask must not vary over channels where a pixel has one label");
        } else {
            double[] codes = Arrays.stream(weights).map(v -> v == 0 ? -1 : 1).toArray();
            assertThat(run(Labelling.PIXEL, null, labels, z, maskArray)).isEqualTo(codes);
            assertThat(RandomMaps.doubles(OpRun.of(op, maskArray, z))).isEqualTo(weights);
            INDArray planes = Nd4j.zeros(DataType.INT32, 2, 1, 4, 5);
            assertThat(RandomMaps.doubles(OpRun.of(op, maskArray, planes))).isEqualTo(weights);
        }
    }

    @Test
    void aMaskEqualInAllChannelsIsAPixelMask() {
        INDArray plane = RandomMaps.of(DataType.FLOAT, new double[] {1, 0, 0.5, 2}, 1, 1, 2, 2);
        INDArray mask = Nd4j.concat(1, plane, plane, plane);
        INDArray z = logits(1, 3, 2, 2);
        INDArray labels = Nd4j.ones(DataType.FLOAT, 1, 2, 2);
        assertThat(run(Labelling.PIXEL, null, labels, z, mask)).containsExactly(1, -1, 1, 1);
        PixelWeights op = OpCases.op(new PixelWeights(), OpCases.ints(1));
        assertThat(RandomMaps.doubles(OpRun.of(op, mask, z))).containsExactly(1, 0, 0.5, 2);
    }

    private record Refusal(
            Labelling labelling,
            Integer ignore,
            INDArray labels,
            INDArray logits,
            INDArray mask,
            String message) {

        @Override
        public String toString() {
            return message;
        }
    }

    private static INDArray labels(double... values) {
        return RandomMaps.of(DataType.DOUBLE, values, 1, 2, 2);
    }

    static Stream<Refusal> refusals() {
        Labelling pixel = Labelling.PIXEL;
        INDArray z = logits(1, 3, 2, 2);
        INDArray one = logits(1, 1, 2, 2);
        INDArray fine = labels(0, 1, 2, 0);
        INDArray vectors = Nd4j.zeros(DataType.FLOAT, 1, 3, 2, 2);
        INDArray soft = vectors.dup().putScalar(new int[] {0, 1, 1, 0}, 0.5);
        INDArray two =
                vectors.dup()
                        .putScalar(new int[] {0, 1, 0, 1}, 1)
                        .putScalar(new int[] {0, 2, 0, 1}, 1);
        INDArray nan = vectors.dup().putScalar(new int[] {0, 1, 1, 0}, Double.NaN);
        String range = "labels must be class indices from 0 to 2";
        return Stream.of(
                new Refusal(
                        pixel,
                        null,
                        labels(0, 1, 3, 0),
                        z,
                        null,
                        range
                                + " (no ignoreIndex is set), got 3.0 at [0, 1, 0] of shape [1, 2, 2]; labels from 1 to 3? subtract 1"),
                new Refusal(
                        pixel,
                        255,
                        labels(0, -1, 2, 0),
                        z,
                        null,
                        range
                                + " or the ignoreIndex, which is 255, got -1.0 at [0, 0, 1] of shape [1, 2, 2]; no data there? set ignoreIndex(-1), or the mask to 0 at these pixels"),
                new Refusal(
                        pixel,
                        255,
                        labels(0, 1, 2, 0.5),
                        z,
                        null,
                        range
                                + " or the ignoreIndex, which is 255, got 0.5 at [0, 1, 1] of shape [1, 2, 2]"
                                + SCALED),
                new Refusal(
                        pixel,
                        0,
                        labels(Double.NaN, 1, 2, 0),
                        z,
                        null,
                        range
                                + " or the ignoreIndex, which is 0, got NaN at [0, 0, 0] of shape [1, 2, 2]"
                                + NO_DATA),
                new Refusal(
                        pixel,
                        -1,
                        labels(0, 1, 4294967295.0, 0),
                        z,
                        null,
                        range
                                + " or the ignoreIndex, which is -1, got 4.294967295E9 at [0, 1, 0] of shape [1, 2, 2]; grey values or colours? turn each into its class index"),
                new Refusal(
                        pixel,
                        null,
                        labels(Double.POSITIVE_INFINITY, 1, 2, 0),
                        z,
                        null,
                        range
                                + " (no ignoreIndex is set), got Infinity at [0, 0, 0] of shape [1, 2, 2]"),
                new Refusal(
                        pixel,
                        null,
                        soft,
                        z,
                        null,
                        "labels must be one-hot here (one 1 and zeros, or all zeros for an ignored pixel),"
                                + " got a vector with sum 0.5 and values from 0.0 to 0.5 at [0, 0, 1, 0] of shape [1, 3, 2, 2]"
                                + " (first channel); soft labels are not supported here"),
                new Refusal(
                        pixel,
                        null,
                        two,
                        z,
                        null,
                        "labels must be one-hot here (one 1 and zeros, or all zeros for an ignored pixel),"
                                + " got a vector with sum 2.0 and values from 0.0 to 1.0 at [0, 0, 0, 1] of shape"
                                + " [1, 3, 2, 2] (first channel); colours? turn each into its class index; several classes in a pixel? that is"
                                + " mode MULTILABEL, with sigmoids"),
                new Refusal(
                        pixel,
                        null,
                        nan,
                        z,
                        null,
                        "labels must be one-hot here (one 1 and zeros, or all zeros for an ignored pixel),"
                                + " got a vector with NaN at [0, 0, 1, 0] of shape [1, 3, 2, 2]"
                                + " (first channel)"
                                + NO_DATA),
                new Refusal(
                        Labelling.CHANNEL,
                        null,
                        soft,
                        z,
                        null,
                        "labels must be class indices from 0 to 1 (no ignoreIndex is set), got 0.5"
                                + " at [0, 1, 1, 0] of shape [1, 3, 2, 2]"
                                + SCALED),
                new Refusal(
                        Labelling.CHANNEL,
                        null,
                        labels(0, 1, 3, 0),
                        z,
                        null,
                        range
                                + " (no ignoreIndex is set), got 3.0 at [0, 1, 0] of shape [1, 2, 2]; labels from 1 to 3? subtract 1"),
                new Refusal(
                        Labelling.ONLY_CHANNEL,
                        255,
                        labels(0, 2, 1, 0),
                        one,
                        null,
                        "labels must be class indices from 0 to 1 or the ignoreIndex, which is 255, got 2.0"
                                + " at [0, 0, 1] of shape [1, 2, 2]; labels from 1 to 2? subtract 1"),
                new Refusal(
                        pixel,
                        null,
                        fine,
                        one,
                        null,
                        "logits must have at least 2 channels for softmax over classes (mode MULTICLASS), got [1, 1, 2, 2]"),
                new Refusal(
                        Labelling.ONLY_CHANNEL,
                        null,
                        fine,
                        z,
                        null,
                        "logits must have 1 channel in the binary case, got [1, 3, 2, 2]"),
                new Refusal(
                        pixel,
                        null,
                        Nd4j.zeros(1, 2, 3),
                        z,
                        null,
                        shapes("[1, 2, 3]: width 3 instead of 2")),
                new Refusal(
                        pixel,
                        null,
                        Nd4j.zeros(2, 2, 2),
                        z,
                        null,
                        shapes("[2, 2, 2]: batch size 2 instead of 1")),
                new Refusal(
                        pixel,
                        null,
                        Nd4j.zeros(1, 2, 2, 2),
                        z,
                        null,
                        shapes("[1, 2, 2, 2]: channels 2 instead of 3 (or 1, of class indices)")),
                new Refusal(
                        pixel,
                        null,
                        Nd4j.zeros(1, 2, 2, 3),
                        z,
                        null,
                        shapes(
                                "[1, 2, 2, 3]: channels 2 instead of 3 (or 1, of class indices), width 3 instead of 2; labels [N,H,W,C]? permute(0, 3, 1, 2) makes them [N,C,H,W], and the layer of an NHWC network takes them with .format(NHWC)")),
                new Refusal(
                        pixel,
                        null,
                        Nd4j.zeros(4, 3),
                        z,
                        null,
                        shapes("[4, 3]: rank 2 instead of 3 or 4")),
                new Refusal(
                        pixel,
                        null,
                        Nd4j.scalar(1.0),
                        z,
                        null,
                        shapes("[]: rank 0 instead of 3 or 4")),
                new Refusal(
                        pixel,
                        null,
                        fine,
                        Nd4j.zeros(3, 2, 2),
                        null,
                        "logits must be of shape [N,C,H,W], got [3, 2, 2]"),
                new Refusal(
                        pixel,
                        null,
                        Nd4j.create("a", "b", "c", "d").reshape(1, 2, 2),
                        z,
                        null,
                        "labels must be numbers or booleans, got UTF8"),
                new Refusal(
                        pixel,
                        null,
                        fine,
                        z,
                        Nd4j.create("a"),
                        "mask must be numbers or booleans, got UTF8"),
                new Refusal(
                        pixel,
                        null,
                        fine,
                        z,
                        labels(1, -1, 0, 0),
                        "mask must be finite and not negative (0 or between 1e-10 and 1e10), got -1.0 at [0, 0, 1] of shape [1, 2, 2]"),
                new Refusal(
                        pixel,
                        null,
                        fine,
                        z,
                        labels(1, 0, Double.NaN, 0),
                        "mask must be finite and not negative (0 or between 1e-10 and 1e10), got NaN at [0, 1, 0] of shape [1, 2, 2]"),
                new Refusal(
                        pixel,
                        null,
                        fine,
                        z,
                        labels(1, 0, 1, Double.POSITIVE_INFINITY),
                        "mask must be finite and not negative (0 or between 1e-10 and 1e10), got Infinity at [0, 1, 1] of shape [1, 2, 2]"),
                new Refusal(pixel, null, fine, z, Nd4j.ones(2), masks("[2]")),
                new Refusal(pixel, null, fine, z, Nd4j.ones(1, 2), masks("[1, 2]")),
                new Refusal(pixel, null, fine, z, Nd4j.ones(1, 2, 3), masks("[1, 2, 3]")),
                new Refusal(pixel, null, fine, z, Nd4j.ones(1, 2, 2, 2), masks("[1, 2, 2, 2]")),
                new Refusal(pixel, null, fine, z, Nd4j.scalar(1.0), masks("[]")),
                new Refusal(
                        pixel, null, fine, z, Nd4j.ones(1, 1, 1, 2, 2), masks("[1, 1, 1, 2, 2]")));
    }

    private static final String SCALED =
            "; an index is a whole number: were the labels scaled, by a division by 255 say? leave"
                    + " that out";

    private static final String NO_DATA = "; no data there? set the mask to 0 at these pixels";

    private static String shapes(String got) {
        return "labels must be class indices [N,H,W] or [N,1,H,W], or one-hot [N,C,H,W],"
                + " for logits [1, 3, 2, 2] (N,C,H,W), got labels "
                + got;
    }

    private static String masks(String got) {
        return "mask must be [N], [N,1], [N,H,W] or broadcast to [N,1,H,W] or [N,C,H,W]"
                + " for logits [1, 3, 2, 2] (N,C,H,W); got mask "
                + got;
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void refuses(Refusal r) {
        assertThatThrownBy(() -> run(r.labelling, r.ignore, r.labels, r.logits, r.mask))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage(r.message);
    }

    @Test
    void aFractionalMaskIsRefusedWhereItHasNoMeaning() {
        INDArray z = logits(1, 3, 2, 2);
        Targets op = op(Labelling.PIXEL, null, false);
        INDArray mask = labels(1, 0, 0.5, 1);
        assertThatThrownBy(() -> OpRun.of(op, labels(0, 1, 2, 0), z, mask))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "mask must be 0 or 1 for this loss (it has no per-pixel weights), got 0.5"
                                + " at [0, 1, 0] of shape [1, 2, 2]");
        assertThat(RandomMaps.doubles(OpRun.of(op, labels(0, 1, 2, 0), z, labels(1, 0, 0, 1))))
                .containsExactly(0, -1, -1, 0);
    }

    /** In a map of several blocks the first bad label is named, on any number of threads. */
    @Test
    void theFirstOfSeveralBadLabelsIsNamed() {
        INDArray z = logits(2, 3, 130, 70);
        INDArray bad = Nd4j.zeros(DataType.FLOAT, 2, 130, 70);
        bad.putScalar(0, 80, 3, 7);
        bad.putScalar(0, 129, 0, 8);
        bad.putScalar(1, 0, 0, 9);
        INDArray ints = bad.castTo(DataType.INT32);
        for (int round = 0; round < 50; round++) {
            INDArray labels = round % 2 == 0 ? bad : ints;
            for (String threads : new String[] {"1", "2"}) {
                System.setProperty(Parallel.THREADS, threads);
                try {
                    INDArray codes = Nd4j.create(DataType.INT32, 2, 1, 130, 70);
                    assertThatThrownBy(
                                    () ->
                                            op(Labelling.PIXEL, null, false)
                                                    .execute(new INDArray[] {labels, z}, codes))
                            .isExactlyInstanceOf(IllegalArgumentException.class)
                            .hasMessageContaining("got 7.0 at [0, 80, 3] of shape [2, 130, 70];");
                } finally {
                    System.clearProperty(Parallel.THREADS);
                }
            }
        }
    }
}
