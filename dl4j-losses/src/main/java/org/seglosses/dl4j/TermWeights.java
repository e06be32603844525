package org.seglosses.dl4j;

import org.seglosses.samediff.loss.Combined.Term;
import org.seglosses.samediff.loss.SegmentationLoss;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** The weights of terms at one time; each schedule is asked once. */
final class TermWeights {

    private final List<Term> scheduled;
    private final Map<Term, Double> values = new IdentityHashMap<>();

    private TermWeights(List<Term> scheduled) {
        this.scheduled = scheduled;
    }

    /**
     * Asks the schedules.
     *
     * @param name the name of the loss, for messages
     * @param loss the loss
     * @param time the time, or null if nobody has told it
     * @throws IllegalArgumentException if there is a schedule and no time, or it gives no weight
     */
    static TermWeights of(String name, SegmentationLoss loss, TrainingTime time) {
        TermWeights weights = new TermWeights(loss.scheduledTerms());
        for (Term term : weights.scheduled) {
            if (time == null) {
                throw new IllegalArgumentException(
                        "weight must be a constant for "
                                + name
                                + " in this layer or call, got "
                                + term.schedule()
                                + " for "
                                + nameOf(term)
                                + ": DL4J tells a loss neither iteration nor epoch; use"
                                + " SegmentationLossLayer instead of the output layer, or give the"
                                + " call a TrainingTime");
            }
            weights.values.put(term, term.weightAt(time.iteration(), time.epoch()));
        }
        return weights;
    }

    /** As {@link #of}, for an explanation, whose caller may know the time. */
    static TermWeights ofExplained(String name, SegmentationLoss loss, TrainingTime time) {
        if (time == null && !loss.scheduledTerms().isEmpty()) {
            Term first = loss.scheduledTerms().get(0);
            throw new IllegalArgumentException(
                    "time must be given to explain "
                            + name
                            + ", since the weight of "
                            + nameOf(first)
                            + " follows "
                            + first.schedule()
                            + ", got null: call explain(labels, preOutput, activation, mask, new"
                            + " TrainingTime(iteration, epoch)), or SegmentationHead.explain(network,"
                            + " dataSet), which takes the time from the network");
        }
        return of(name, loss, time);
    }

    private static String nameOf(Term term) {
        return term.loss().getClass().getSimpleName();
    }

    double of(Term term) {
        return term.schedule() == null ? term.weight() : values.get(term);
    }

    /** Those that are scheduled, in the loss's order. */
    double[] scheduled() {
        return scheduled.stream().mapToDouble(this::of).toArray();
    }
}
