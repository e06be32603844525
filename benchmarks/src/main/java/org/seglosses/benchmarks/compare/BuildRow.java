package org.seglosses.benchmarks.compare;

import org.seglosses.benchmarks.compare.SideBySide.Series;

import java.util.Optional;

/**
 * One loss on one kind of input, in this build and in an older one.
 *
 * @param difference in words; empty if both computed the same
 */
record BuildRow(
        LossCase loss,
        Inputs.Kind kind,
        Shape shape,
        Series newer,
        Series older,
        Optional<String> difference) {

    /** The time in this build as a share of that in the older one. */
    double ratio() {
        return newer.ratioTo(older);
    }

    /** The same row of another pair of JVMs added. */
    BuildRow and(BuildRow other) {
        return new BuildRow(
                loss,
                kind,
                shape,
                newer.and(other.newer),
                older.and(other.older),
                difference.or(other::difference));
    }

    String title() {
        return loss.title() + ", " + kind.title() + ", " + shape;
    }
}
