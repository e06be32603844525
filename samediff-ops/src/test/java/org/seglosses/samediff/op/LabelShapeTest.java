package org.seglosses.samediff.op;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.stream.Stream;

/** {@link LabelShape}: which side of labels differs from that of their logits. */
class LabelShapeTest {

    private static final long[] LOGITS = {2, 3, 6, 7};

    private static final String LAST =
            " [N,H,W,C]? permute(0, 3, 1, 2) makes them [N,C,H,W], and the layer of an NHWC network"
                    + " takes them with .format(NHWC)";

    @Test
    void labelsThatFit() {
        long[][] shapes = {
            {2, 6, 7}, {2, 1, 6, 7}, {2, 3, 6, 7}, {-1, 6, 7}, {-1, -1, -1, -1}, {2, -1, 6, 7}
        };
        for (long[] labels : shapes) {
            assertThatCode(() -> LabelShape.require(labels, LOGITS)).doesNotThrowAnyException();
            assertThatCode(() -> LabelShape.require(labels, new long[] {-1, 3, -1, -1}))
                    .doesNotThrowAnyException();
        }
    }

    static Stream<Arguments> others() {
        return Stream.of(
                other("rank 2 instead of 3 or 4", 2, 6),
                other("rank 5 instead of 3 or 4", 2, 1, 1, 6, 7),
                other("batch size 3 instead of 2", 3, 6, 7),
                other("height 5 instead of 6", 2, 5, 7),
                other("width 8 instead of 7", 2, 1, 6, 8),
                other("height 7 instead of 6, width 6 instead of 7", 2, 7, 6),
                other("channels 4 instead of 3 (or 1, of class indices)", 2, 4, 6, 7),
                other(
                        "channels 6 instead of 3 (or 1, of class indices), height 7 instead of 6,"
                                + " width 3 instead of 7; labels"
                                + LAST,
                        2,
                        6,
                        7,
                        3),
                other(
                        "channels 6 instead of 3 (or 1, of class indices), height 7 instead of 6,"
                                + " width 1 instead of 7; labels"
                                + LAST,
                        2,
                        6,
                        7,
                        1));
    }

    private static Arguments other(String differing, long... labels) {
        return Arguments.of(differing, labels);
    }

    @ParameterizedTest
    @MethodSource("others")
    void namesWhatDiffers(String differing, long[] labels) {
        assertThatThrownBy(() -> LabelShape.require(labels, LOGITS))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "labels must be class indices [N,H,W] or [N,1,H,W], or one-hot [N,C,H,W],"
                                + " for logits [2, 3, 6, 7] (N,C,H,W), got labels "
                                + java.util.Arrays.toString(labels)
                                + ": "
                                + differing);
    }

    @Test
    void logitsMayHaveTheirChannelsLast() {
        long[][] shapes = {{2, 6, 7}, {2, 1, 6, 7}, {2, 3, 6, 7}};
        for (long[] labels : shapes) {
            assertThatThrownBy(() -> LabelShape.require(labels, new long[] {2, 6, 7, 3}))
                    .hasMessageEndingWith("; logits" + LAST);
        }
    }

    @Test
    void saysDeclaredWhereASideIsNotKnown() {
        assertThatThrownBy(
                        () ->
                                LabelShape.require(
                                        new long[] {-1, 2, 8, 8}, new long[] {-1, 3, 8, 8}))
                .hasMessage(
                        "labels must be declared as class indices [N,H,W] or [N,1,H,W], or one-hot"
                                + " [N,C,H,W], for logits [-1, 3, 8, 8] (N,C,H,W), got labels"
                                + " [-1, 2, 8, 8]: channels 2 instead of 3 (or 1, of class"
                                + " indices)");
    }
}
