package org.seglosses.benchmarks.compare;

import org.seglosses.benchmarks.compare.Contender.Side;
import org.seglosses.benchmarks.compare.Contender.Turn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Lets the contenders take turns on the same machine: first each is warmed up, then in every round
 * each has a turn. A round's figure is the median of the turn's repetitions; two sides are compared
 * within a round, so that a slow minute of the machine meets both.
 */
final class SideBySide {

    /** The JIT compiler and PyTorch's allocator settle within this time. */
    private static final double WARM_UP_MILLISECONDS = 1500;

    private static final int MIN_WARM_UPS = 3;

    /** Long enough for a median, short enough for many rounds. */
    private static final double TURN_MILLISECONDS = 300;

    private static final int MIN_REPETITIONS = 3;
    private static final int MAX_REPETITIONS = 50;

    /** After a turn the worker threads of that side spin on for some milliseconds. */
    private static final long PAUSE_MILLISECONDS = 20;

    /**
     * What one side took in each round.
     *
     * @param value the loss that it computed
     * @param rounds milliseconds of value and gradient, one figure a round
     */
    record Series(double value, double[] rounds) {

        double median() {
            return medianOf(rounds);
        }

        /** The median over the rounds of this side's time divided by the other side's. */
        double ratioTo(Series other) {
            double[] ratios = new double[rounds.length];
            for (int i = 0; i < ratios.length; i++) {
                ratios[i] = rounds[i] / other.rounds[i];
            }
            return medianOf(ratios);
        }
    }

    private SideBySide() {}

    static Map<Side, Series> run(List<Contender> contenders, int rounds) {
        List<Contender> order = new ArrayList<>(contenders);
        Map<Side, Integer> repetitions = new EnumMap<>(Side.class);
        Map<Side, double[]> times = new EnumMap<>(Side.class);
        Map<Side, Double> values = new EnumMap<>(Side.class);
        for (Contender contender : order) {
            repetitions.put(contender.side(), repetitionsFor(warmUp(contender)));
            times.put(contender.side(), new double[rounds]);
        }
        for (int round = 0; round < rounds; round++) {
            for (Contender contender : order) {
                pause();
                contender.run(1);
                Turn turn = contender.run(repetitions.get(contender.side()));
                times.get(contender.side())[round] = medianOf(turn.milliseconds());
                values.put(contender.side(), turn.value());
            }
            Collections.reverse(order);
        }
        Map<Side, Series> series = new EnumMap<>(Side.class);
        times.forEach((side, figures) -> series.put(side, new Series(values.get(side), figures)));
        return series;
    }

    /** Returns about what one repetition takes, once warm. */
    private static double warmUp(Contender contender) {
        double spent = 0;
        double last = 0;
        for (int i = 0; i < MIN_WARM_UPS || spent < WARM_UP_MILLISECONDS; i++) {
            last = contender.run(1).milliseconds()[0];
            spent += last;
        }
        return last;
    }

    static int repetitionsFor(double milliseconds) {
        return (int)
                Math.max(
                        MIN_REPETITIONS,
                        Math.min(MAX_REPETITIONS, Math.round(TURN_MILLISECONDS / milliseconds)));
    }

    static double medianOf(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("The comparison was interrupted", e);
        }
    }
}
