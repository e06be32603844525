package org.seglosses.benchmarks.compare;

import java.util.Locale;
import java.util.OptionalDouble;

/**
 * A figure that is to be small.
 *
 * @param what it is of, and what it is
 * @param value empty if it was not measured
 * @param atMost what it may be
 */
record Figure(String what, OptionalDouble value, double atMost) {

    boolean isMissed() {
        return value.isPresent() && !(value.getAsDouble() <= atMost);
    }

    /** Met, missed, or not known. */
    String verdict() {
        return value.isEmpty() ? "-" : isMissed() ? "missed" : "met";
    }

    String describe() {
        return String.format(
                Locale.ROOT, "%s: %.3f, at most %s", what, value.getAsDouble(), shown(atMost));
    }

    /** As a person would write it. */
    static String shown(double limit) {
        return limit == Math.rint(limit)
                ? String.format(Locale.ROOT, "%.0f", limit)
                : Double.toString(limit);
    }
}
