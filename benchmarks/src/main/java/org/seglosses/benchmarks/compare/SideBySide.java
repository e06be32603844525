package org.seglosses.benchmarks.compare;

import org.seglosses.benchmarks.compare.Contender.Turn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;

/**
 * Lets the contenders take turns on the same machine: first each is warmed up until its times stand
 * still, then in every round each has a turn. A round's figure is the median of the turn's
 * repetitions; two sides are compared within a round, so that a slow minute of the machine meets
 * both.
 */
final class SideBySide {

    /**
     * The least time of a warm-up. The JIT compiler compiles a hot loop more than once, and late:
     * after half a second it was still at it.
     */
    static final double WARM_UP_MILLISECONDS = 1500;

    /** The most time of a warm-up: on a busy machine times never stand still. */
    static final double MOST_WARM_UP_MILLISECONDS = 5000;

    /** The medians of windows of this length are compared. */
    private static final double WINDOW_MILLISECONDS = 500;

    /** Times stand still if two windows, one after the other, are no further apart. */
    private static final double STILL = 0.03;

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

        /** This side's rounds and then the other's, measured in another session. */
        Series and(Series other) {
            double[] both = Arrays.copyOf(rounds, rounds.length + other.rounds.length);
            System.arraycopy(other.rounds, 0, both, rounds.length, other.rounds.length);
            return new Series(value, both);
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

    /**
     * Runs until times stand still. Returns about what one repetition takes then: the shortest,
     * whatever disturbed one.
     */
    private static double warmUp(Contender contender) {
        double spent = 0;
        double shortest = Double.POSITIVE_INFINITY;
        double before = Double.NaN;
        double last = Double.NaN;
        while (spent < MOST_WARM_UP_MILLISECONDS
                && !(spent >= WARM_UP_MILLISECONDS && isStill(before, last))) {
            double[] window = window(contender);
            spent += Arrays.stream(window).sum();
            shortest = Math.min(shortest, Arrays.stream(window).min().getAsDouble());
            before = last;
            last = medianOf(window);
        }
        return shortest;
    }

    private static double[] window(Contender contender) {
        DoubleStream.Builder times = DoubleStream.builder();
        for (double spent = 0; spent < WINDOW_MILLISECONDS; ) {
            double one = contender.run(1).milliseconds()[0];
            times.add(one);
            spent += one;
        }
        return times.build().toArray();
    }

    /** False as long as one of them is not there. */
    private static boolean isStill(double before, double last) {
        return Math.abs(last - before) <= STILL * Math.min(before, last);
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
