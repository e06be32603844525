package org.seglosses.samediff.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.seglosses.samediff.loss.LossRun.Kind;
import org.seglosses.samediff.loss.LossRun.Result;

import java.util.Arrays;
import java.util.Random;

/** A mean that FLOAT holds, of terms that FLOAT does not hold once they are weighted. */
class LargeNumbersTest {

    private static final double LARGE = 1e30;

    private static final double WEIGHT = 1e10;

    /** Two pixels of class 0, the first all wrong, by class weights and by a mask. */
    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void crossEntropyWeighted(DataType type) {
        double[] ones = {WEIGHT, WEIGHT};
        check(
                CrossEntropy.builder().classWeights(WEIGHT, 1).build(),
                type,
                null,
                LARGE / 2,
                -0.5,
                0,
                0.5,
                0);
        check(
                CrossEntropy.builder().classWeights(WEIGHT, WEIGHT).build(),
                type,
                ones,
                LARGE / 2,
                -0.5,
                0,
                0.5,
                0);
        // 1/2 + 1/4 of the first pixel, 1/4 of the second
        check(
                CrossEntropy.builder().smoothing(0.5).classWeights(WEIGHT, WEIGHT).build(),
                type,
                null,
                LARGE / 2,
                -0.375,
                0.125,
                0.375,
                -0.125);
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void ohemWeighted(DataType type) {
        double[] mask = {WEIGHT, 1};
        // the second pixel is easy
        check(
                OhemCrossEntropy.builder().classWeights(WEIGHT, 1).build(),
                type,
                mask,
                LARGE,
                -1,
                0,
                1,
                0);
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void softmaxElementsWeighted(DataType type) {
        double[] mask = {WEIGHT, WEIGHT};
        check(
                Focal.builder().form(Focal.Form.SOFTMAX).build(),
                type,
                mask,
                LARGE / 2,
                -0.5,
                0,
                0.5,
                0);
        check(Poly1CrossEntropy.builder().build(), type, mask, LARGE / 2, -0.5, 0, 0.5, 0);
    }

    private static void check(
            SegmentationLoss loss, DataType type, double[] mask, double value, double... gradient) {
        Result result =
                LossRun.of(
                        loss,
                        Kind.LOSS,
                        Sample.array(DataType.INT32, new double[2], 1, 1, 2),
                        Sample.array(type, new double[] {0, LARGE, LARGE, 0}, 1, 2, 1, 2),
                        mask == null ? null : Sample.array(DataType.FLOAT, mask, 1, 1, 2));
        assertThat(result.value()).as("%s", loss).isCloseTo(value, within(1e-6 * value));
        assertThat(result.gradient()).as("%s", loss).containsExactly(gradient, within(1e-6));
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void sigmoidElementsWeighted(DataType type) {
        for (SegmentationLoss loss :
                new SegmentationLoss[] {SoftBce.builder().build(), Focal.builder().build()}) {
            Result result =
                    LossRun.of(
                            loss,
                            Kind.LOSS,
                            Sample.array(DataType.INT32, new double[2], 1, 1, 2),
                            Sample.array(type, new double[] {LARGE, -LARGE}, 1, 1, 1, 2),
                            Sample.array(DataType.FLOAT, new double[] {WEIGHT, WEIGHT}, 1, 1, 2));
            assertThat(result.value()).isCloseTo(LARGE / 2, within(1e-6 * LARGE));
            assertThat(result.gradient()).containsExactly(new double[] {0.5, 0}, within(1e-6));
        }
    }

    /** The sum of some thousand logits, none of them weighted. */
    @Test
    void aSumBeyondFloat() {
        int side = 64;
        double[] z = new double[2 * side * side];
        Arrays.fill(z, 0, side * side, 1e37);
        INDArray labels =
                Sample.array(DataType.INT32, new double[side * side], 1, side, side).addi(1);
        for (SegmentationLoss loss :
                new SegmentationLoss[] {
                    CrossEntropy.builder().build(),
                    OhemCrossEntropy.builder().build(),
                    Poly1CrossEntropy.builder().build()
                }) {
            Result result =
                    LossRun.of(
                            loss,
                            Kind.LOSS,
                            labels,
                            Sample.array(DataType.FLOAT, z, 1, 2, side, side),
                            null);
            assertThat(result.value()).as("%s", loss).isCloseTo(1e37, within(1e31));
        }
    }

    /** All is predicted to be foreground, half of it is: there are no true negatives. */
    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void correlationOfGreatWeights(DataType type) {
        int side = 64;
        Random random = new Random(5);
        for (int k = 0; k < 10; k++) {
            double[] labels = random.doubles(side * side).map(Math::rint).toArray();
            double[] weights = random.doubles(side * side, 1e9, 1e10).toArray();
            double[] z = new double[side * side];
            Arrays.fill(z, 50);
            Result result =
                    LossRun.of(
                            Mcc.builder().build(),
                            Kind.LOSS,
                            Sample.array(DataType.FLOAT, labels, 1, side, side),
                            Sample.array(type, z, 1, 1, side, side),
                            Sample.array(type, weights, 1, side, side));
            // eps alone is in the second row of the counts: no correlation
            assertThat(result.value()).isCloseTo(1, within(1e-3));
            assertThat(Arrays.stream(result.gradient()).allMatch(Double::isFinite)).isTrue();
        }
    }
}
