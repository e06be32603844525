package org.seglosses.examples.samediff;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/** The table at the end: a line a figure, a column a loss. */
final class Report {

    private final PrintWriter out;
    private final Settings settings;
    private final Map<Objective, Beginning> before;
    private final Map<Objective, Continuation> after;

    Report(
            PrintWriter out,
            Settings settings,
            Map<Objective, Beginning> before,
            Map<Objective, Continuation> after) {
        this.out = out;
        this.settings = settings;
        this.before = before;
        this.after = after;
    }

    /** Prints it and returns whether each graph gave the same bits wherever it had to. */
    boolean print() {
        out.println();
        line("held-out tiles: score / mIoU", Objective::title);
        line("before training", o -> score(before.get(o).untrained()));
        line("after %d epochs".formatted(settings.epochs()), o -> score(before.get(o).trained()));
        line("loaded by a fresh JVM", o -> same(before.get(o).trained(), after.get(o).loaded()));
        line(
                "after %d more there".formatted(settings.furtherEpochs()),
                o -> score(after.get(o).further()));
        line("by GraphPlan", o -> same(after.get(o).further(), after.get(o).planned()));
        out.println();
        out.printf(
                "a batch of %d tiles, the fastest of %d rounds%n",
                Settings.BATCH, settings.rounds());
        line("sd.fit(batch)", o -> millis(costs(o).fit()));
        line("  its ops alone, in a GraphPlan", o -> millis(costs(o).gradients()));
        line("  the session's share", o -> percent(costs(o).share()));
        line("sd.output", o -> millis(costs(o).output()));
        line("  the same in a GraphPlan", o -> millis(costs(o).inference()));
        out.println();
        out.println("memory of the fresh JVM");
        line("before training", o -> megabytes(after.get(o).loadedBytes()));
        line(
                "after sd.fit(iterator, %d)".formatted(settings.furtherEpochs()),
                o -> megabytes(after.get(o).furtherBytes()));
        line(
                "after %d times sd.fit(batch)".formatted(settings.rounds()),
                o -> megabytes(costs(o).fitBytes()));
        line("of a plan for all gradients", o -> megabytes(costs(o).planBytes()));
        out.printf("%nSaved graphs: %s%n", settings.directory());
        out.flush();
        return Arrays.stream(Objective.values())
                .allMatch(
                        o ->
                                after.get(o).loaded().equals(before.get(o).trained())
                                        && after.get(o).planned().equals(after.get(o).further()));
    }

    private Costs costs(Objective objective) {
        return after.get(objective).costs();
    }

    private void line(String name, Function<Objective, String> cell) {
        StringBuilder line = new StringBuilder("%-32s".formatted(name));
        for (Objective objective : Objective.values()) {
            line.append("%27s".formatted(cell.apply(objective)));
        }
        out.println(line.toString().stripTrailing());
    }

    private static String score(Score score) {
        return String.format(Locale.ROOT, "%.4f / %.3f", score.loss(), score.meanIou());
    }

    /** Whether two runs of a network gave the same bits. */
    private static String same(Score expected, Score actual) {
        return actual.equals(expected) ? "identical" : "DIFFERS: " + score(actual);
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.0f %%", 100 * share);
    }

    private static String millis(double millis) {
        return String.format(Locale.ROOT, "%.1f ms", millis);
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%.0f MB", bytes / 1e6);
    }
}
