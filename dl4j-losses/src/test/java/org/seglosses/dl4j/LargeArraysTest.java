package org.seglosses.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.seglosses.samediff.loss.CrossEntropy;
import org.seglosses.samediff.loss.Dice;
import org.seglosses.samediff.loss.LovaszSoftmax;
import org.seglosses.samediff.loss.SegmentationLoss;
import org.seglosses.samediff.loss.Surface;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Views that lie beyond the first 2 GiB of their buffer, and arrays that have more: up to 5 GiB at
 * once.
 */
@Tag("soak")
class LargeArraysTest {

    private static final int CLASSES = 3;
    private static final int HEIGHT = 4;
    private static final int WIDTH = 1000;
    private static final int PIXELS = HEIGHT * WIDTH;
    private static final int IMAGES = 2;

    private static final long BEYOND = (1L << 31) + (1L << 24);

    private final List<INDArray> reserved = new ArrayList<>();

    private long used;

    @AfterEach
    void free() {
        reserved.forEach(INDArray::close);
    }

    private INDArray reserve(DataType type, long... shape) {
        INDArray array = Nd4j.createUninitializedDetached(type, shape);
        reserved.add(array);
        return array;
    }

    private INDArray base(DataType type) {
        used = 0;
        return reserve(type, BEYOND / type.width());
    }

    /** The same values at the end of an array, as a batch of a large data set is a view. */
    private INDArray view(INDArray base, INDArray values) {
        long end = base.length() - used;
        used += values.length();
        INDArray view =
                base.get(NDArrayIndex.interval(end - values.length(), end))
                        .reshape('c', values.shape());
        view.assign(values);
        assertThat(view.data().offset() * values.dataType().width()).isGreaterThan(1L << 31);
        return view;
    }

    private static INDArray logits(DataType type) {
        double[] values = new double[IMAGES * CLASSES * PIXELS];
        for (int i = 0; i < values.length; i++) {
            values[i] = i * 37 % 101 / 25.0 - 2;
        }
        return Nd4j.create(values, new long[] {IMAGES, CLASSES, HEIGHT, WIDTH}, type);
    }

    private static INDArray labels(DataType type) {
        double[] values = new double[IMAGES * PIXELS];
        for (int i = 0; i < values.length; i++) {
            values[i] = i / 70 % CLASSES;
        }
        return Nd4j.create(values, new long[] {IMAGES, 1, HEIGHT, WIDTH}, type);
    }

    private static INDArray mask(DataType type) {
        double[] values = new double[IMAGES * PIXELS];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 5 == 0 ? 0 : 1;
        }
        return Nd4j.create(values, new long[] {IMAGES, 1, HEIGHT, WIDTH}, type);
    }

    private static List<SegmentationLoss> losses() {
        return List.of(
                CrossEntropy.builder().build(),
                Dice.builder().build(),
                LovaszSoftmax.builder().build(),
                Surface.builder().build());
    }

    private static Pair<Double, INDArray> run(
            SegmentationLoss loss, INDArray labels, INDArray logits, INDArray mask) {
        return LossCombined.builder()
                .add(1, loss)
                .build()
                .computeGradientAndScore(
                        labels, logits, Activation.SOFTMAX.getActivationFunction(), mask, true);
    }

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"FLOAT", "DOUBLE"})
    void viewsFarFromTheirBuffersBeginningAreReadAsAnyOther(DataType type) {
        INDArray base = base(type);
        INDArray logits = logits(type);
        INDArray farLogits = view(base, logits);
        INDArray mask = mask(type);
        INDArray farMask = view(base, mask);
        INDArray ownLabels = labels(type);
        INDArray farOwnLabels = view(base, ownLabels);
        DataType other = type == DataType.FLOAT ? DataType.INT32 : DataType.UINT8;
        INDArray otherLabels = labels(other);
        INDArray farOtherLabels = view(base(other), otherLabels);
        for (boolean own : new boolean[] {true, false}) {
            INDArray labels = own ? ownLabels : otherLabels;
            INDArray farLabels = own ? farOwnLabels : farOtherLabels;
            for (SegmentationLoss loss : losses()) {
                Pair<Double, INDArray> near = run(loss, labels, logits, mask);
                Pair<Double, INDArray> far = run(loss, farLabels, farLogits, farMask);
                assertThat(far.getFirst()).isEqualTo(near.getFirst());
                assertThat(far.getSecond()).isEqualTo(near.getSecond());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"FLOAT", "DOUBLE"})
    void inSameDiffToo(DataType type) {
        INDArray base = base(type);
        INDArray logits = logits(type);
        INDArray farLogits = view(base, logits);
        INDArray labels = labels(type);
        INDArray farLabels = view(base, labels);
        SameDiff sd = SameDiff.create();
        SDVariable y = sd.placeHolder("y", type, -1, 1, HEIGHT, WIDTH);
        SDVariable z = sd.placeHolder("z", type, -1, CLASSES, HEIGHT, WIDTH);
        CrossEntropy.builder().build().define(sd, "loss", y, z).markAsLoss();
        INDArray near = sd.output(Map.of("y", labels, "z", logits), "loss").get("loss");
        INDArray far = sd.output(Map.of("y", farLabels, "z", farLogits), "loss").get("loss");
        assertThat(far).isEqualTo(near);
    }

    @Test
    void whatIsTooLargeIsRefusedByName() {
        long[] floats = {1, 1, 1L << 15, 1L << 14};
        long[] doubles = {1, 1, 1L << 14, 1L << 14};
        SegmentationLossFunction<?> loss = LossSoftBce.builder().build();
        INDArray large = reserve(DataType.FLOAT, floats);
        INDArray small = Nd4j.zeros(DataType.FLOAT, 1, 1, 2, 2);
        String inFloat =
                " must have at most 536870911 elements (2 GiB as FLOAT; use smaller batches or"
                        + " tiles), got 536870912 of shape [1, 1, 32768, 16384]";
        assertRefused(loss, large, large, null, "preOutput" + inFloat);
        assertRefused(loss, large, small, null, "labels" + inFloat);
        assertRefused(loss, small, small, large, "mask" + inFloat);
        free();
        reserved.clear();
        INDArray wide = reserve(DataType.DOUBLE, doubles);
        INDArray bytes = reserve(DataType.UINT8, doubles);
        String inDouble =
                " must have at most 268435455 elements (2 GiB as DOUBLE; use smaller batches or"
                        + " tiles), got 268435456 of shape [1, 1, 16384, 16384]";
        assertRefused(loss, wide, wide, null, "preOutput" + inDouble);
        assertRefused(loss, bytes, small, null, "labels" + inDouble);
        assertRefused(loss, small, small, wide, "mask" + inDouble);
    }

    private static void assertRefused(
            SegmentationLossFunction<?> loss,
            INDArray labels,
            INDArray logits,
            INDArray mask,
            String message) {
        assertThatThrownBy(
                        () ->
                                loss.computeScore(
                                        labels,
                                        logits,
                                        Activation.SIGMOID.getActivationFunction(),
                                        mask,
                                        true))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void inSameDiffWhatIsTooLargeIsRefusedByName() {
        SameDiff sd = SameDiff.create();
        SDVariable y = sd.placeHolder("y", DataType.FLOAT, -1, 1, -1, -1);
        SDVariable z = sd.placeHolder("z", DataType.FLOAT, -1, 1, -1, -1);
        org.seglosses.samediff.loss.SoftBce.builder().build().define(sd, "loss", y, z);
        INDArray large = reserve(DataType.FLOAT, 1, 1, 1L << 15, 1L << 14);
        assertThatThrownBy(() -> sd.output(Map.of("y", large, "z", large), "loss"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "logits must have at most 536870911 elements (2 GiB as FLOAT; use smaller"
                                + " batches or tiles), got 536870912 of shape [1, 1, 32768, 16384]");
    }
}
