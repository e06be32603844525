package org.seglosses.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.seglosses.benchmarks.compare.Contender.Side;
import org.seglosses.benchmarks.compare.Contender.Turn;
import org.seglosses.benchmarks.compare.SideBySide.Series;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

class SideBySideTest {

    /** Says that each repetition took a second, so it is warm soon, and remembers its turns. */
    private record Scripted(Side side, double value, List<Side> turns) implements Contender {

        @Override
        public Turn run(int repetitions) {
            if (repetitions > 1) {
                turns.add(side);
            }
            double[] milliseconds = new double[repetitions];
            Arrays.fill(milliseconds, 1000);
            return new Turn(value, milliseconds);
        }
    }

    @Test
    void contendersTakeTurnsAndNoneAlwaysGoesFirst() {
        List<Side> turns = new ArrayList<>();

        Map<Side, Series> series =
                SideBySide.run(
                        List.of(
                                new Scripted(Side.PYTORCH, 0.5, turns),
                                new Scripted(Side.OURS, 0.25, turns)),
                        3);

        assertThat(turns)
                .containsExactly(
                        Side.PYTORCH, Side.OURS, Side.OURS, Side.PYTORCH, Side.PYTORCH, Side.OURS);
        assertThat(series).containsOnlyKeys(Side.PYTORCH, Side.OURS);
        assertThat(series.get(Side.OURS).value()).isEqualTo(0.25);
        assertThat(series.get(Side.OURS).rounds()).containsExactly(1000, 1000, 1000);
    }

    @Test
    void theRatioIsTheMedianOfTheRoundsRatiosNotTheRatioOfTheMedians() {
        Series ours = new Series(0, new double[] {1, 2, 30});
        Series theirs = new Series(0, new double[] {10, 4, 100});

        // Ratios 0.1, 0.5, 0.3; the medians alone would say 2 / 10.
        assertThat(ours.ratioTo(theirs)).isCloseTo(0.3, within(1e-12));
        assertThat(ours.median()).isEqualTo(2);
    }

    @Test
    void theMedianOfAnEvenNumberIsTheMeanOfTheMiddleTwo() {
        double[] values = {4, 1, 3, 100};

        assertThat(SideBySide.medianOf(values)).isEqualTo(3.5);
        assertThat(values).as("left as it was").containsExactly(4, 1, 3, 100);
    }

    @ParameterizedTest
    @CsvSource({"2000, 3", "100, 3", "30, 10", "1, 50", "0.001, 50"})
    void slowLossesAreRepeatedLessOften(double milliseconds, int repetitions) {
        assertThat(SideBySide.repetitionsFor(milliseconds)).isEqualTo(repetitions);
    }
}
