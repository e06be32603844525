package org.seglosses.examples.earth;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What a loss reached.
 *
 * @param loss the loss
 * @param runs one run a seed
 */
record Result(NamedLoss loss, List<Run> runs) {

    Result {
        runs = List.copyOf(runs);
    }

    /** The run that pictures are drawn from. */
    Run first() {
        return runs.get(0);
    }

    /** A figure's mean over the seeds. */
    double mean(ToDoubleFunction<Run> figure) {
        return runs.stream().mapToDouble(figure).average().orElseThrow();
    }

    /** A figure's standard deviation over the seeds; 0 for a single one. */
    double spread(ToDoubleFunction<Run> figure) {
        if (runs.size() < 2) {
            return 0;
        }
        double mean = mean(figure);
        double squares =
                runs.stream()
                        .mapToDouble(figure)
                        .map(value -> (value - mean) * (value - mean))
                        .sum();
        return Math.sqrt(squares / (runs.size() - 1));
    }
}
