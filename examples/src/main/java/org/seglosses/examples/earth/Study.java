package org.seglosses.examples.earth;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Everything that the table and the page tell.
 *
 * @param training what was trained
 * @param settings how it was asked for
 * @param results one a loss, in the order asked for
 * @param oneDnn whether the convolutions ran on oneDNN
 * @param duration all trainings together
 */
record Study(
        Training training,
        Settings settings,
        List<Result> results,
        boolean oneDnn,
        Duration duration) {

    static final ToDoubleFunction<Run> MEAN_IOU = run -> run.scores().meanIou();
    static final ToDoubleFunction<Run> BOUNDARY_F1 = run -> run.scores().boundaryF1();
    static final ToDoubleFunction<Run> MILLIS = Run::millisPerStep;

    Study {
        results = List.copyOf(results);
    }

    static ToDoubleFunction<Run> iou(int c) {
        return run -> run.scores().iou()[c];
    }

    Task task() {
        return training.task();
    }

    boolean manySeeds() {
        return settings.seeds().size() > 1;
    }

    Result best(ToDoubleFunction<Run> figure) {
        return results.stream()
                .max(Comparator.comparingDouble(result -> result.mean(figure)))
                .orElseThrow();
    }
}
