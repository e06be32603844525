package org.seglosses.benchmarks.compare;

import org.seglosses.benchmarks.compare.Contender.Side;
import org.seglosses.benchmarks.compare.SideBySide.Series;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What one of our losses took for one square image of several sizes, which took turns.
 *
 * @param id for machines
 * @param title for people
 * @param atMost how many times longer 16 times the pixels may take
 * @param series by the image's side in pixels
 */
record Scaling(String id, String title, double atMost, Map<Integer, Series> series) {

    static final List<Integer> SIZES = List.of(128, 256, 512, 1024, 2048);

    /** From these the same loss is compared with itself at 4 times the side. */
    static final List<Integer> FROM = List.of(256, 512);

    /** For 16 times the pixels; more than 16, since large images leave the caches. */
    static final double AT_MOST = 18;

    private static final int CLASSES = 5;
    private static final int STEP = 4;

    static Shape shape(int size) {
        return new Shape(1, CLASSES, size, size);
    }

    /** The images of all sizes. */
    static Map<Integer, Inputs> inputs() {
        Map<Integer, Inputs> inputs = new LinkedHashMap<>();
        SIZES.forEach(size -> inputs.put(size, Inputs.of(Inputs.Kind.RANDOM, shape(size))));
        return inputs;
    }

    static Scaling measure(LossCase loss, Map<Integer, Inputs> inputs, int rounds) {
        Map<Integer, Contender> contenders = new LinkedHashMap<>();
        inputs.forEach(
                (size, one) ->
                        contenders.put(size, new Ours(loss, one).contenders().get(Side.OURS)));
        return of(loss, SideBySide.run(contenders, rounds));
    }

    static Scaling of(LossCase loss, Map<Integer, Series> series) {
        return new Scaling(loss.id(), loss.title(), AT_MOST, series);
    }

    /**
     * What reading and writing as many numbers takes, and nothing else: the machine's own growth.
     */
    static Scaling measureCopy(Map<Integer, Inputs> inputs, int rounds) {
        Map<Integer, Contender> contenders = new LinkedHashMap<>();
        inputs.forEach(
                (size, one) -> {
                    float[] logits = one.logits().data().asFloat();
                    float[] copy = new float[logits.length];
                    contenders.put(
                            size,
                            new LocalContender(
                                    () -> {
                                        System.arraycopy(logits, 0, copy, 0, copy.length);
                                        return copy[0];
                                    }));
                });
        return new Scaling(
                "copy",
                "for comparison: a copy of the logits, one thread",
                Double.POSITIVE_INFINITY,
                SideBySide.run(contenders, rounds));
    }

    /** Whether the growth has a limit. */
    boolean isLimited() {
        return atMost < Double.POSITIVE_INFINITY;
    }

    double milliseconds(int size) {
        return series.get(size).median();
    }

    /** How often the time at this size goes into that at a 16th of the pixels; empty for none. */
    OptionalDouble factor(int size) {
        Series small = series.get(size / STEP);
        return small == null || !FROM.contains(size / STEP)
                ? OptionalDouble.empty()
                : OptionalDouble.of(series.get(size).ratioTo(small));
    }

    /** The growth from a size to 16 times the pixels. */
    Figure figure(int from) {
        int to = STEP * from;
        return new Figure(
                title + ", times the time from " + from + "^2 to " + to + "^2", factor(to), atMost);
    }

    List<Figure> figures() {
        return FROM.stream().map(this::figure).toList();
    }
}
