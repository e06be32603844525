package org.seglosses.benchmarks.compare;

import org.seglosses.benchmarks.compare.Contender.Side;
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

    /** Met, missed, or not known because the other side is absent. */
    String verdict() {
        OptionalDouble ratio = ratioTo(loss.target().against());
        if (ratio.isEmpty()) {
            return "-";
        }
        return ratio.getAsDouble() <= loss.target().atMost() ? "met" : "missed";
    }
}
