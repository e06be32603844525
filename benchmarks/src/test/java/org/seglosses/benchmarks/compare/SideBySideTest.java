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
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;

class SideBySideTest {

    /** Says how long each repetition took, without taking it, and remembers its turns. */
    private record Scripted(Side side, double value, double milliseconds, List<Side> turns)
            implements Contender {

        @Override
        public Turn run(int repetitions) {
            if (repetitions > 1 || milliseconds >= 1000) {
                turns.add(side);
            }
            double[] each = new double[repetitions];
            Arrays.fill(each, milliseconds);
            return new Turn(value, each);
        }
    }

    /** Takes as long as the script says, by the milliseconds that it has taken so far. */
    private static final class Settling implements Contender {

        private final DoubleUnaryOperator script;
        private double spent;
        private double warmUp;

        Settling(DoubleUnaryOperator script) {
            this.script = script;
        }

        @Override
        public Turn run(int repetitions) {
            double[] each = new double[repetitions];
            for (int i = 0; i < repetitions; i++) {
                each[i] = script.applyAsDouble(spent);
                spent += each[i];
            }
            if (repetitions == 1) {
                warmUp = spent;
            }
            return new Turn(0, each);
        }

        /** What the warm-up took, where it is followed by one turn, which begins with one run. */
        static double warmUp(DoubleUnaryOperator script, double lastRun) {
            Settling contender = new Settling(script);
            SideBySide.run(Map.of("settling", contender), 1);
            return contender.warmUp - lastRun;
        }
    }

    @Test
    void warmUpLastsAtLeastOneAndAHalfSeconds() {
        assertThat(Settling.warmUp(spent -> 10, 10)).isEqualTo(1500);
        assertThat(Settling.warmUp(spent -> 250, 250)).isEqualTo(1500);
    }

    @Test
    void warmUpGoesOnUntilTimesStandStill() {
        // windows of 500 ms whose medians are 50, 25, 20, 10, 10
        assertThat(
                        Settling.warmUp(
                                spent ->
                                        spent < 500
                                                ? 50
                                                : spent < 1000 ? 25 : spent < 1500 ? 20 : 10,
                                10))
                .isEqualTo(2500);
        // and what grows does not stand still either
        assertThat(Settling.warmUp(spent -> spent < 1000 ? 10 : 12.5, 12.5)).isEqualTo(2000);
        // one percent is nothing
        assertThat(Settling.warmUp(spent -> spent < 1000 ? 10.1 : 10, 10)).isBetween(1500., 1520.);
    }

    @Test
    void warmUpEndsOnAMachineThatNeverStandsStill() {
        assertThat(Settling.warmUp(spent -> (int) (spent / 500) % 2 == 0 ? 10 : 20, 10))
                .isEqualTo(5000);
    }

    @Test
    void roundsOfSeveralSessionsAreOneSeries() {
        Series both = new Series(0.5, new double[] {1, 2}).and(new Series(0.5, new double[] {6}));

        assertThat(both.rounds()).containsExactly(1, 2, 6);
        assertThat(both.ratioTo(new Series(0.5, new double[] {1, 1, 2}))).isEqualTo(2);
    }

    @Test
    void contendersTakeTurnsAndNoneAlwaysGoesFirst() {
        List<Side> turns = new ArrayList<>();
        Map<Side, Contender> contenders = new EnumMap<>(Side.class);
        contenders.put(Side.PYTORCH, new Scripted(Side.PYTORCH, 0.5, 100, turns));
        contenders.put(Side.OURS, new Scripted(Side.OURS, 0.25, 100, turns));

        Map<Side, Series> series = SideBySide.run(contenders, 3);

        assertThat(turns)
                .containsExactly(
                        Side.PYTORCH, Side.OURS, Side.OURS, Side.PYTORCH, Side.PYTORCH, Side.OURS);
        assertThat(series.keySet()).containsExactly(Side.PYTORCH, Side.OURS);
        assertThat(series.get(Side.OURS).value()).isEqualTo(0.25);
        assertThat(series.get(Side.OURS).rounds()).containsExactly(100, 100, 100);
    }

    @Test
    void whatTakesSecondsRunsOnceToWarmUpAndOnceARound() {
        List<Side> turns = new ArrayList<>();

        SideBySide.run(Map.of("slow", new Scripted(Side.PYTORCH, 0.5, 8000, turns)), 3);

        assertThat(turns).hasSize(1 + 3);
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
    @CsvSource({"2000, 1", "400, 1", "399, 3", "100, 3", "20, 5", "1, 50", "0.001, 50"})
    void slowLossesAreRepeatedLessOften(double milliseconds, int repetitions) {
        assertThat(SideBySide.repetitionsFor(milliseconds)).isEqualTo(repetitions);
    }
}
