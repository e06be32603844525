package org.seglosses.benchmarks.compare;

import org.seglosses.benchmarks.compare.Contender.Turn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Lets the contenders take turns on the same machine: first each is warmed up, then in every round
 * each has a turn. A round's figure is the median of the turn's repetitions; two sides are compared
 * within a round, so that a slow minute of the machine meets both.
 */
final class SideBySide {

    /**
     * The JIT compiler and PyTorch's allocator settle within this time; what takes longer has one
     * warm-up.
     */
    private static final double WARM_UP_MILLISECONDS = 500;

    /** Long enough for a median, short enough for many rounds. */
    private static final double TURN_MILLISECONDS = 100;

    private static final int MIN_REPETITIONS = 3;
    private static final int MAX_REPETITIONS = 50;

    /** One repetition of this length is a turn: threads and caches are awake most of it. */
    private static final double LONG_MILLISECONDS = 400;

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

    /**
     * Runs them all.
     *
     * @param <K> what names a contender
     * @return what each took, in their order
     */
    static <K> Map<K, Series> run(Map<K, Contender> contenders, int rounds) {
        List<K> order = new ArrayList<>(contenders.keySet());
        Map<K, Integer> repetitions = new LinkedHashMap<>();
        Map<K, double[]> times = new LinkedHashMap<>();
        Map<K, Double> values = new LinkedHashMap<>();
        for (K key : order) {
            repetitions.put(key, repetitionsFor(warmUp(contenders.get(key))));
            times.put(key, new double[rounds]);
        }
        for (int round = 0; round < rounds; round++) {
            for (K key : order) {
                Contender contender = contenders.get(key);
                pause();
                if (repetitions.get(key) > 1) {
                    contender.run(1);
                }
                Turn turn = contender.run(repetitions.get(key));
                times.get(key)[round] = medianOf(turn.milliseconds());
                values.put(key, turn.value());
            }
            Collections.reverse(order);
        }
        Map<K, Series> series = new LinkedHashMap<>();
        times.forEach((key, figures) -> series.put(key, new Series(values.get(key), figures)));
        return series;
    }

    /** Returns about what one repetition takes, once warm: the shortest, whatever disturbed one. */
    private static double warmUp(Contender contender) {
        double spent = 0;
        double shortest = Double.POSITIVE_INFINITY;
        while (spent < WARM_UP_MILLISECONDS) {
            double last = contender.run(1).milliseconds()[0];
            shortest = Math.min(shortest, last);
            spent += last;
        }
        return shortest;
    }

    static int repetitionsFor(double milliseconds) {
        if (milliseconds >= LONG_MILLISECONDS) {
            return 1;
        }
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
