package org.seglosses.samediff.loss;

import org.nd4j.autodiff.samediff.SDVariable;
import org.seglosses.samediff.op.PixelWeights;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * A weighted sum of losses: {@code sum_k weight_k * loss_k}. Each component keeps its own options,
 * its ignore index too; what several of them need (probabilities, say) is computed once.
 *
 * @param terms the components with their weights; at least one
 */
public record Combined(List<Term> terms) implements SegmentationLoss {

    /**
     * A component.
     *
     * @param weight its weight, 0 or between 1e-10 and 1e10
     * @param loss its definition
     */
    public record Term(double weight, SegmentationLoss loss) implements Serializable {

        /**
         * Checks the component.
         *
         * @param weight as the record says
         * @param loss as the record says
         * @throws IllegalArgumentException if the weight is out of its range
         */
        public Term {
            Rules.require(
                    PixelWeights.isWeight(weight),
                    "weight",
                    "finite and not negative, " + PixelWeights.RULE,
                    weight);
            Rules.requireGiven(loss, "loss");
        }
    }

    /**
     * Checks the components.
     *
     * @param terms as the record says
     * @throws IllegalArgumentException if there is none, or they have no mode in common
     */
    public Combined {
        Rules.requireGiven(terms, "terms");
        Rules.require(!terms.isEmpty(), "terms", "at least one", terms);
        terms = List.copyOf(terms);
        Rules.require(!common(terms).isEmpty(), "terms", "defined in a common mode", terms);
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
            Mode named = term.loss().mode();
            modes.retainAll(named == null ? term.loss().modes() : Set.of(named));
        }
        return modes;
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
    public boolean needsImages() {
        return terms.stream().anyMatch(term -> term.loss().needsImages());
    }

    @Override
    public SDVariable groupLosses(LossGraph graph, boolean eachImage) {
        SDVariable sum = null;
        for (Term term : terms) {
            LossGraph part = graph.component(term.loss());
            SDVariable value = term.loss().groupLosses(part, eachImage).mul(term.weight());
            sum = sum == null ? value : sum.add(value);
        }
        return sum;
    }

    @Override
    public SDVariable loss(LossGraph graph) {
        SDVariable sum = null;
        for (Term term : terms) {
            SDVariable value = term.loss().loss(graph.component(term.loss())).mul(term.weight());
            sum = sum == null ? value : sum.add(value);
        }
        return sum;
    }

    @Override
    public LossParts parts(LossGraph graph) {
        return LossParts.of(
                terms.stream()
                        .map(
                                term ->
                                        LossParts.Component.of(
                                                term.weight(),
                                                term.loss(),
                                                graph.component(term.loss())))
                        .toArray(LossParts.Component[]::new));
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
            terms.add(new Term(weight, loss));
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
