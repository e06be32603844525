package org.seglosses.samediff.loss;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonInclude;
import org.nd4j.shade.jackson.databind.annotation.JsonDeserialize;
import org.seglosses.samediff.op.PixelWeights;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A weighted sum of losses: {@code sum_k weight_k * loss_k}. Each component keeps its own options,
 * its ignore index too; what several of them need (probabilities, say) is computed once.
 *
 * <p>A weight is a constant, or a schedule over iteration or epoch, counted from 0 as for a
 * schedule of the learning rate: {@code CE + alpha(epoch) * Boundary}, say. Of iteration and epoch
 * {@code SegmentationLossLayer} of {@code dl4j-losses} alone knows; anywhere else a schedule is
 * refused. Its values must be weights at each step, 0 or between 1e-10 and 1e10, so that one that
 * decays must stop in time. A component whose weight is 0 is computed all the same: its value can
 * be watched, and where it is NaN the sum is.
 *
 * <p>A schedule must not be changed once it is given. Sums are equal if their schedules are, which
 * those of ND4J are if their parameters are, but for {@code RampSchedule}; that has no JSON that
 * can be read back either, so that a network with it is saved but not restored. {@code
 * PolySchedule} of ND4J 1.0.0-M2.1 grows until it ends, {@code initial * (1 + i/max)^power}, and is
 * 0 from there on.
 *
 * @param terms the components with their weights; at least one
 */
public record Combined(List<Term> terms) implements SegmentationLoss {

    /**
     * A component: its definition, and either a constant or a schedule as its weight.
     *
     * @param weight its weight, 0 or between 1e-10 and 1e10; null if it is scheduled
     * @param schedule its weight over iteration or epoch; null if it is constant
     * @param loss its definition
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @JsonDeserialize(using = DefinitionReader.class)
    public record Term(Double weight, ISchedule schedule, SegmentationLoss loss)
            implements Serializable {

        /**
         * Checks the component.
         *
         * @param weight as the record says
         * @param schedule as the record says
         * @param loss as the record says
         * @throws IllegalArgumentException if not exactly one of weight and schedule is given, or
         *     the weight is out of its range
         */
        public Term {
            Rules.require(
                    weight == null != (schedule == null),
                    "weight",
                    "either a number or a schedule",
                    weight == null ? "neither" : weight + " and " + schedule);
            if (weight != null) {
                Rules.requireWeight(weight, weight);
            }
            Rules.requireGiven(loss, "loss");
        }

        /**
         * The weight at a time.
         *
         * @param iteration the iteration, counted from 0
         * @param epoch the epoch, counted from 0
         * @return the weight
         * @throws IllegalArgumentException if the schedule gives what is no weight
         */
        public double weightAt(int iteration, int epoch) {
            if (schedule == null) {
                return weight;
            }
            double value = schedule.valueAt(iteration, epoch);
            // only then in words: each step asks, and a schedule may have much to say
            if (!PixelWeights.isWeight(value)) {
                Rules.requireWeight(
                        value,
                        value
                                + " from "
                                + schedule
                                + " at iteration "
                                + iteration
                                + ", epoch "
                                + epoch
                                + ", of "
                                + loss.getClass().getSimpleName());
            }
            return value;
        }

        /** The schedule stands in the place of the weight. */
        @Override
        public String toString() {
            return "Term[weight=" + (schedule == null ? weight : schedule) + ", loss=" + loss + "]";
        }
    }

    /**
     * Checks the components.
     *
     * @param terms as the record says
     * @throws IllegalArgumentException if there is none, one is null, or they have no mode in
     *     common
     */
    public Combined {
        Rules.requireGiven(terms, "terms");
        Rules.require(!terms.isEmpty(), "terms", "at least one", terms);
        Rules.require(terms.stream().noneMatch(Objects::isNull), "terms", "without null", terms);
        terms = List.copyOf(terms);
        if (common(terms).isEmpty()) {
            throw new IllegalArgumentException(
                    "terms must be defined in a common mode, got "
                            + terms.stream()
                                    .map(Term::loss)
                                    .map(loss -> loss.getClass().getSimpleName() + " " + own(loss))
                                    .collect(Collectors.joining(", ")));
        }
    }

    /**
     * Starts a sum without components.
     *
     * @return a builder
     */
    public static Builder<Combined> builder() {
        return builder(Function.identity());
    }

    /**
     * Starts a sum without components, for a class that wraps it.
     *
     * @param <T> what the builder builds
     * @param finish makes it of the definition
     * @return a builder
     */
    public static <T> Builder<T> builder(Function<Combined, T> finish) {
        return new Builder<>(finish);
    }

    private static Set<Mode> common(List<Term> terms) {
        Set<Mode> modes = EnumSet.allOf(Mode.class);
        for (Term term : terms) {
            modes.retainAll(own(term.loss()));
        }
        return modes;
    }

    private static Set<Mode> own(SegmentationLoss loss) {
        return loss.mode() == null ? loss.modes() : Set.of(loss.mode());
    }

    /**
     * The losses of the sum under names that say where they stand, as {@code term 2, Dice}; a sum
     * among the terms stands there with its own, as {@code term 2.1, Dice}.
     *
     * @return the losses by name, in their order
     */
    public Map<String, SegmentationLoss> places() {
        Map<String, SegmentationLoss> places = new LinkedHashMap<>();
        addPlaces("term ", places);
        return places;
    }

    private void addPlaces(String before, Map<String, SegmentationLoss> places) {
        for (int i = 0; i < terms.size(); i++) {
            SegmentationLoss loss = terms.get(i).loss();
            String place = before + (i + 1);
            if (loss instanceof Combined sum) {
                sum.addPlaces(place + ".", places);
            } else {
                places.put(place + ", " + loss.getClass().getSimpleName(), loss);
            }
        }
    }

    @Override
    public Set<Mode> modes() {
        return common(terms);
    }

    /** The mode that a component names, if one does. */
    @Override
    public Mode mode() {
        return terms.stream()
                .map(term -> term.loss().mode())
                .filter(mode -> mode != null)
                .findFirst()
                .orElse(null);
    }

    /** Null: each component has its own. */
    @Override
    public Integer ignoreIndex() {
        return null;
    }

    @Override
    public Set<Integer> ignoreIndices() {
        Set<Integer> indices = new LinkedHashSet<>();
        terms.forEach(term -> indices.addAll(term.loss().ignoreIndices()));
        return indices;
    }

    @Override
    public boolean needsImages() {
        return terms.stream().anyMatch(term -> term.loss().needsImages());
    }

    /** Those of sums among the components first. */
    @Override
    public List<Term> scheduledTerms() {
        return Stream.concat(
                        terms.stream().flatMap(term -> term.loss().scheduledTerms().stream()),
                        terms.stream().filter(term -> term.schedule() != null))
                .toList();
    }

    @Override
    public Combined withSchedules(ISchedule schedule) {
        return new Combined(
                terms.stream()
                        .map(
                                term ->
                                        new Term(
                                                term.weight(),
                                                term.schedule() == null ? null : schedule,
                                                term.loss().withSchedules(schedule)))
                        .toList());
    }

    @Override
    public SDVariable groupLosses(LossGraph graph, boolean eachImage) {
        return weighted(
                graph,
                terms.stream()
                        .map(Term::loss)
                        .map(loss -> loss.groupLosses(graph.component(loss), eachImage))
                        .toList());
    }

    @Override
    public SDVariable loss(LossGraph graph) {
        return weighted(graph, componentLosses(graph));
    }

    /**
     * Adds the losses of the components, without their weights, to a graph.
     *
     * @param graph what the losses are computed from
     * @return the losses, scalars, in the order of the terms
     */
    public List<SDVariable> componentLosses(LossGraph graph) {
        return terms.stream()
                .map(Term::loss)
                .map(loss -> loss.loss(graph.component(loss)))
                .toList();
    }

    /**
     * Adds the weighted sum of what has been added for the components to a graph.
     *
     * @param graph what the losses are computed from
     * @param losses one variable for each term
     * @return the sum
     */
    public SDVariable weighted(LossGraph graph, List<SDVariable> losses) {
        SDVariable sum = null;
        for (int i = 0; i < terms.size(); i++) {
            Double weight = terms.get(i).weight();
            SDVariable loss = losses.get(i);
            SDVariable value =
                    weight == null ? loss.mul(graph.scheduledWeight()) : loss.mul(weight);
            sum = sum == null ? value : sum.add(value);
        }
        return sum;
    }

    @Override
    public LossParts parts(LossGraph graph) {
        List<LossParts> parts =
                terms.stream()
                        .map(Term::loss)
                        .map(loss -> loss.parts(graph.component(loss)))
                        .toList();
        List<LossParts.Component> components = new ArrayList<>();
        for (Term term : terms) {
            SDVariable weight =
                    term.weight() == null
                            ? graph.scheduledWeight()
                            : graph.sameDiff().constant(term.weight());
            components.add(
                    new LossParts.Component(
                            term.loss().getClass().getSimpleName(),
                            weight,
                            parts.get(components.size())));
        }
        return LossParts.of(components.toArray(LossParts.Component[]::new));
    }

    /**
     * Builds the sum or what wraps it.
     *
     * @param <T> what is built
     */
    public static final class Builder<T> {

        private final Function<Combined, T> finish;
        private final List<Term> terms = new ArrayList<>();

        private Builder(Function<Combined, T> finish) {
            this.finish = finish;
        }

        /**
         * Adds a component.
         *
         * @param weight its weight, 0 or between 1e-10 and 1e10
         * @param loss its definition
         * @return this
         */
        public Builder<T> add(double weight, SegmentationLoss loss) {
            terms.add(new Term(weight, null, loss));
            return this;
        }

        /**
         * Adds a component whose weight changes in training; only {@code SegmentationLossLayer} can
         * compute it.
         *
         * @param weight its weight over iteration or epoch: 0 or between 1e-10 and 1e10 at each
         * @param loss its definition
         * @return this
         */
        public Builder<T> add(ISchedule weight, SegmentationLoss loss) {
            terms.add(new Term(null, Rules.requireGiven(weight, "weight"), loss));
            return this;
        }

        /**
         * Builds it.
         *
         * @return what is built
         * @throws IllegalArgumentException if there is no component, or they have no mode in common
         */
        public T build() {
            return finish.apply(new Combined(terms));
        }
    }
}
