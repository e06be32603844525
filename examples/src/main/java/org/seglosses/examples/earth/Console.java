package org.seglosses.examples.earth;

import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

import org.seglosses.onednn.OneDnnReport;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** What the terminal shows: what begins, how far it is, what came out. */
final class Console {

    private static final int WIDTH = 100;

    private final PrintWriter out;

    Console(PrintWriter out) {
        this.out = out;
    }

    void announce(Training training, Settings settings, OneDnnReport oneDnn) {
        out.printf(
                Locale.ROOT,
                "Earth, %s: %d training tiles, %d held out, %d epochs of %d steps, %s%n",
                training.task().title().toLowerCase(Locale.ROOT),
                training.split().training().size(),
                training.split().heldOut().size(),
                training.epochs(),
                training.stepsPerEpoch(),
                settings.seeds().size() == 1
                        ? "seed " + settings.seeds().get(0)
                        : "seeds " + settings.seeds());
        if (!oneDnn.active()) {
            out.printf("%s%nThis takes about ten times longer than with oneDNN.%n", oneDnn);
        }
        out.flush();
    }

    Bar bar(Training training, NamedLoss loss, long seed, Settings settings) {
        String name = settings.seeds().size() == 1 ? loss.name() : loss.name() + ", seed " + seed;
        return new Bar("%-12s".formatted(name), training);
    }

    void report(Study study, Path page) {
        Task task = study.task();
        StringBuilder head = new StringBuilder("%n%-26s".formatted("held-out tiles"));
        for (MapClass c : task.classes()) {
            head.append(column("IoU " + c.title(), study));
        }
        head.append(column("mIoU", study)).append(column("boundary F1", study));
        out.println(head.append("   ms/step"));
        for (Result result : study.results()) {
            StringBuilder line = new StringBuilder("%-26s".formatted(result.loss().title()));
            for (int c = 0; c < task.classes().size(); c++) {
                line.append(figure(result, Study.iou(c), study));
            }
            line.append(figure(result, Study.MEAN_IOU, study))
                    .append(figure(result, Study.BOUNDARY_F1, study))
                    .append("%10.0f".formatted(result.mean(Study.MILLIS)));
            out.println(line);
        }
        out.printf("%nPage: %s%n", page);
        out.flush();
    }

    private static String column(String name, Study study) {
        return (study.manySeeds() ? "%17s" : "%14s").formatted(name);
    }

    private static String figure(Result result, ToDoubleFunction<Run> figure, Study study) {
        String mean = String.format(Locale.ROOT, "%.3f", result.mean(figure));
        return column(
                study.manySeeds()
                        ? mean + String.format(Locale.ROOT, " ± %.3f", result.spread(figure))
                        : mean,
                study);
    }

    /** A training's progress: a bar in a terminal, now and then a line in a log. */
    static final class Bar implements Training.Progress, AutoCloseable {

        private static final int LOG_INTERVAL_MILLIS = 10_000;
        private static final int TERMINAL_INTERVAL_MILLIS = 200;

        private final ProgressBar bar;
        private final int epochs;
        private double smoothMillis;
        private volatile long logged = -1;

        private Bar(String name, Training training) {
            epochs = training.epochs();
            ProgressBarBuilder builder =
                    ProgressBar.builder()
                            .setTaskName(name)
                            .setInitialMax(training.steps())
                            .setMaxRenderedLength(WIDTH);
            if (System.console() == null) {
                builder.setStyle(ProgressBarStyle.ASCII)
                        .setUpdateIntervalMillis(LOG_INTERVAL_MILLIS)
                        .setConsumer(new DelegatingProgressBarConsumer(this::log, WIDTH));
            } else {
                builder.setStyle(ProgressBarStyle.UNICODE_BLOCK)
                        .setUpdateIntervalMillis(TERMINAL_INTERVAL_MILLIS);
            }
            bar = builder.build();
        }

        /** The bar repeats its last state when it is closed; a log needs it once. */
        private void log(String line) {
            long done = bar == null ? 0 : bar.getCurrent();
            if (done != logged) {
                System.err.println(line.stripTrailing());
            }
            logged = done;
        }

        @Override
        public void step(int epoch, double score, double millis) {
            smoothMillis = smoothMillis == 0 ? millis : 0.9 * smoothMillis + 0.1 * millis;
            bar.setExtraMessage(
                    String.format(
                            Locale.ROOT,
                            " epoch %d/%d  score %.4f  %.0f ms/step",
                            epoch + 1,
                            epochs,
                            score,
                            smoothMillis));
            bar.step();
        }

        @Override
        public void close() {
            bar.close();
        }
    }
}
