package org.seglosses.samediff.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Region losses of one foreground where sigmoids end. Integer labels and floating-point ones, which
 * may be soft, are worked on in different ways.
 */
class SigmoidRegionsTest {

    private static INDArray labels(DataType type, int... labels) {
        return Nd4j.createFromArray(labels).castTo(type).reshape('c', 1, 1, 2, 2);
    }

    private static LossRun.Result run(SegmentationLoss loss, INDArray labels, double... logits) {
        INDArray z = Nd4j.createFromArray(logits).reshape('c', 1, 1, 2, 2);
        return LossRun.of(loss, LossRun.Kind.LOSS, labels, z, null);
    }

    @ParameterizedTest
    @EnumSource(names = {"INT", "DOUBLE"})
    void voidPixelsHaveNoGradientWhereTheLossIsNaN(DataType type) {
        Dice dice = Dice.builder().ignoreIndex(255).mode(Mode.BINARY).build();
        for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
            LossRun.Result result = run(dice, labels(type, 1, 255, 0, 255), bad, 1, 2, 3);
            assertThat(result.value()).isNaN();
            assertThat(result.gradient()).containsExactly(Double.NaN, 0, Double.NaN, 0);
        }
    }

    /** The loss is {@code 1 - 2p / (1+p)} with {@code p = exp(-80)}, a fourth of it a pixel's. */
    @ParameterizedTest
    @EnumSource(names = {"INT", "DOUBLE"})
    void probabilitiesFarBelowOneCount(DataType type) {
        Dice dice = Dice.builder().smooth(0).ignoreIndex(null).mode(Mode.BINARY).build();
        LossRun.Result result = run(dice, labels(type, 1, 1, 1, 1), -80, -80, -80, -80);
        double p = Math.exp(-80);
        assertThat(result.value()).isEqualTo(1);
        assertThat(result.gradient()).containsOnly(new double[] {-p / 2}, within(1e-9 * p));
    }

    @Test
    void aSaturatedPixelHasNoGradient() {
        Dice dice = Dice.builder().smooth(0).mode(Mode.BINARY).build();
        LossRun.Result result = run(dice, labels(DataType.INT32, 1, 0, 1, 0), 1e4, 1e4, -1e4, -1e4);
        assertThat(result.value()).isCloseTo(0.5, within(1e-12));
        assertThat(result.gradient()).containsOnly(0);
    }
}
