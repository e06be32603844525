package org.seglosses.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.seglosses.benchmarks.compare.Inputs.FlatRows;
import org.seglosses.benchmarks.compare.Inputs.Kind;

class InputsTest {

    private static final Shape SHAPE = new Shape(2, 5, 96, 64);

    @ParameterizedTest
    @EnumSource
    void areTheSameInEveryRunAndHoldEveryClass(Kind kind) {
        Inputs inputs = Inputs.of(kind, SHAPE);

        assertThat(inputs.logits().shape()).containsExactly(2, 5, 96, 64);
        assertThat(inputs.logits().dataType()).isEqualTo(DataType.FLOAT);
        assertThat(inputs.labels().shape()).containsExactly(2, 96, 64);
        assertThat(inputs.labels().dataType()).isEqualTo(DataType.INT32);
        assertThat(inputs.logits()).isEqualTo(Inputs.of(kind, SHAPE).logits());
        assertThat(inputs.labels()).isEqualTo(Inputs.of(kind, SHAPE).labels());
        assertThat(inputs.labels().ravel().toIntVector()).containsOnly(0, 1, 2, 3, 4);
    }

    @ParameterizedTest
    @EnumSource
    void oneChannelIsTheForegroundsAndItsLabelsAreZeroAndOne(Kind kind) {
        Inputs inputs = Inputs.of(kind, new Shape(2, 1, 96, 64));

        assertThat(inputs.logits().shape()).containsExactly(2, 1, 96, 64);
        assertThat(inputs.labels().ravel().toIntVector()).containsOnly(0, 1);
    }

    @Test
    void trainedForegroundIsMostlyRightAndOftenSaturated() {
        Inputs inputs = Inputs.of(Kind.TRAINED, new Shape(4, 1, 256, 256));
        int[] labels = inputs.labels().ravel().toIntVector();
        float[] logits = inputs.logits().ravel().toFloatVector();
        int right = 0;
        int saturated = 0;
        for (int i = 0; i < labels.length; i++) {
            float towards = labels[i] == 1 ? logits[i] : -logits[i];
            right += towards > 0 ? 1 : 0;
            saturated += towards > Math.log(99) ? 1 : 0; // a probability of 0.99
        }

        assertThat((double) right / labels.length).isBetween(0.9, 0.999);
        assertThat((double) saturated / labels.length).isBetween(0.5, 0.95);
    }

    @Test
    void bothKindsHaveTheSameLabels() {
        assertThat(Inputs.of(Kind.RANDOM, SHAPE).labels())
                .isEqualTo(Inputs.of(Kind.TRAINED, SHAPE).labels());
    }

    @Test
    void labelsAreRegionsNotNoise() {
        int[] labels =
                Inputs.of(Kind.RANDOM, new Shape(1, 5, 256, 256)).labels().ravel().toIntVector();
        int changes = 0;
        for (int i = 1; i < labels.length; i++) {
            changes += labels[i] == labels[i - 1] ? 0 : 1;
        }

        assertThat((double) changes / labels.length).isBetween(0.01, 0.1);
    }

    @Test
    void trainedLogitsAreMostlyRightOftenSaturatedAndSometimesWrong() {
        Inputs inputs = Inputs.of(Kind.TRAINED, new Shape(4, 5, 256, 256));
        int[] labels = inputs.labels().ravel().toIntVector();
        float[] logits = inputs.flatRows().logits().ravel().toFloatVector();
        int right = 0;
        int saturated = 0;
        for (int i = 0; i < labels.length; i++) {
            float truth = logits[5 * i + labels[i]];
            boolean largest = true;
            double sum = 0;
            for (int c = 0; c < 5; c++) {
                largest &= logits[5 * i + c] <= truth;
                sum += Math.exp(logits[5 * i + c] - truth);
            }
            right += largest ? 1 : 0;
            saturated += 1 / sum > 0.99 ? 1 : 0;
        }

        assertThat((double) right / labels.length).isBetween(0.9, 0.99);
        assertThat((double) saturated / labels.length).isBetween(0.5, 0.9);
    }

    @Test
    void flatRowsAreThePixelsInOrderAndTheirOneHotLabels() {
        Inputs inputs = Inputs.of(Kind.RANDOM, SHAPE);
        FlatRows rows = inputs.flatRows();

        assertThat(rows.logits().shape()).containsExactly(2 * 96 * 64, 5);
        assertThat(rows.labels().shape()).containsExactly(2 * 96 * 64, 5);
        for (int[] pixel : new int[][] {{0, 0, 0}, {0, 3, 7}, {1, 95, 63}}) {
            int row = (pixel[0] * 96 + pixel[1]) * 64 + pixel[2];
            assertThat(rows.logits().getRow(row))
                    .isEqualTo(
                            inputs.logits()
                                    .get(
                                            NDArrayIndex.point(pixel[0]),
                                            NDArrayIndex.all(),
                                            NDArrayIndex.point(pixel[1]),
                                            NDArrayIndex.point(pixel[2])));
            float[] expected = new float[5];
            expected[inputs.labels().getInt(pixel)] = 1;
            assertThat(rows.labels().getRow(row).toFloatVector()).containsExactly(expected);
        }
    }

    @Test
    void theNameIsFitForAFile() {
        assertThat(Inputs.of(Kind.TRAINED, new Shape(1, 2, 20, 30)).name())
                .isEqualTo("trained-1x2x20x30");
    }
}
