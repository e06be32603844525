package org.seglosses.benchmarks.compare;

import org.seglosses.benchmarks.compare.Contender.Side;
import org.seglosses.benchmarks.compare.LossCase.Target;
import org.seglosses.benchmarks.compare.SideBySide.Series;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * One loss on one kind of input.
 *
 * @param series what each side took; sides that are missing or do not apply are absent
 * @param mismatches sentences, one for each side that computed something else than ours
 */
record Row(
        LossCase loss,
        Inputs.Kind kind,
        Shape shape,
        Map<Side, Series> series,
        List<String> mismatches) {

    static final String MISMATCH = "MISMATCH";

    OptionalDouble milliseconds(Side side) {
        Series one = series.get(side);
        return one == null ? OptionalDouble.empty() : OptionalDouble.of(one.median());
    }

    /** Our time as a share of the other side's. */
    OptionalDouble ratioTo(Side side) {
        Series ours = series.get(Side.OURS);
        Series other = series.get(side);
        return ours == null || other == null
                ? OptionalDouble.empty()
                : OptionalDouble.of(ours.ratioTo(other));
    }

    List<Target> targets() {
        return loss.targets(shape);
    }

    /** What is asked of the ratios. */
    List<Figure> figures() {
        return targets().stream()
                .map(
                        target ->
                                new Figure(
                                        String.join(
                                                ", ",
                                                loss.title(),
                                                kind.title(),
                                                shape.toString(),
                                                "of the time of " + target.against().title()),
                                        ratioTo(target.against()),
                                        target.atMost()))
                .toList();
    }

    /** Met, missed, or not known because the other side is absent; or that the sides disagree. */
    String verdict() {
        if (!mismatches.isEmpty()) {
            return MISMATCH;
        }
        List<Figure> figures = figures();
        return figures.stream()
                .filter(Figure::isMissed)
                .findFirst()
                .or(() -> figures.stream().filter(one -> one.value().isPresent()).findFirst())
                .map(Figure::verdict)
                .orElse("-");
    }
}
