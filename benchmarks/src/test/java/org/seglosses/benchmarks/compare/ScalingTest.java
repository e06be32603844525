package org.seglosses.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.seglosses.benchmarks.compare.SideBySide.Series;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

class ScalingTest {

    @Test
    void theFactorIsTheMedianOfTheRoundsFactors() {
        Map<Integer, Series> series = new HashMap<>();
        series.put(128, series(1, 1, 1));
        series.put(256, series(4, 2, 4));
        series.put(512, series(16, 16, 16));
        series.put(1024, series(64, 36, 80));
        series.put(2048, series(320, 288, 304));
        Scaling scaling = Scaling.of(LossCase.DICE, series);

        assertThat(scaling.milliseconds(1024)).isEqualTo(64);
        assertThat(scaling.factor(1024).getAsDouble()).isCloseTo(18, within(1e-12));
        assertThat(scaling.factor(2048).getAsDouble()).isCloseTo(19, within(1e-12));
        assertThat(scaling.factor(512)).as("from 128^2 nothing is asked").isEmpty();
        assertThat(scaling.factor(128)).isEmpty();
        assertThat(scaling.figures()).extracting(Figure::verdict).containsExactly("met", "missed");
    }

    @Test
    void measuresAllSizesGiven() {
        Map<Integer, Inputs> inputs = new HashMap<>();
        for (int size : List.of(16, 64)) {
            inputs.put(size, Inputs.of(Inputs.Kind.RANDOM, Scaling.shape(size)));
        }

        Scaling scaling = Scaling.measure(LossCase.DICE, inputs, 1);

        assertThat(scaling.series()).containsOnlyKeys(16, 64);
        assertThat(scaling.milliseconds(64)).isPositive();
    }

    @Test
    void aCopyHasNoLimit() {
        Map<Integer, Inputs> inputs = new HashMap<>();
        for (int size : List.of(256, 1024)) {
            inputs.put(size, Inputs.of(Inputs.Kind.RANDOM, Scaling.shape(size)));
        }

        Scaling copy = Scaling.measureCopy(inputs, 1);

        assertThat(copy.isLimited()).isFalse();
        assertThat(copy.figure(256).value()).isPresent();
        assertThat(copy.figure(256).isMissed()).isFalse();
    }

    private static Series series(double... rounds) {
        return new Series(0.5, rounds);
    }
}
