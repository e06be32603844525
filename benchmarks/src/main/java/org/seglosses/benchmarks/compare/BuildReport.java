package org.seglosses.benchmarks.compare;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * Lays out how this build's times compare with an older build's.
 *
 * @param header sentences on how the figures were measured
 * @param rows what was measured, at least one row
 * @param leftOut sentences on rows that one build cannot compute
 */
record BuildReport(List<String> header, List<BuildRow> rows, List<String> leftOut) {

    /** Of the geometric mean over all rows. */
    static final double MEAN_AT_MOST = 1.03;

    /** Of the geometric mean over the rows of one loss. */
    static final double LOSS_AT_MOST = 1.08;

    private static final String COLUMNS = "loss,input,shape,older_ms,ours_ms,ours_to_older,differs";

    /** The geometric mean over all rows, of the older build's time. */
    Figure mean() {
        return new Figure("all", mean(rows), MEAN_AT_MOST);
    }

    /** The geometric mean over a loss's rows, of the older build's time; empty without rows. */
    Figure mean(LossCase loss) {
        return new Figure(loss.title(), mean(of(loss)), LOSS_AT_MOST);
    }

    private List<BuildRow> of(LossCase loss) {
        return rows.stream().filter(row -> row.loss() == loss).toList();
    }

    private static OptionalDouble mean(List<BuildRow> some) {
        OptionalDouble logarithm =
                some.stream().mapToDouble(row -> Math.log(row.ratio())).average();
        return logarithm.isEmpty()
                ? logarithm
                : OptionalDouble.of(Math.exp(logarithm.getAsDouble()));
    }

    String markdown() {
        List<String> parts = new ArrayList<>(header);
        parts.add("## Geometric means");
        parts.add(means());
        parts.add("## Rows");
        parts.add(times());
        for (BuildRow row : rows) {
            row.difference()
                    .ifPresent(words -> parts.add("DIFFERS: " + row.title() + ": " + words));
        }
        leftOut.forEach(words -> parts.add("LEFT OUT: " + words));
        return String.join("\n\n", parts.stream().map(String::stripTrailing).toList()) + "\n";
    }

    private String means() {
        Table table = new Table("loss", "rows", "this build / older", "target", "");
        Arrays.stream(LossCase.values())
                .filter(loss -> !of(loss).isEmpty())
                .forEach(loss -> add(table, of(loss).size(), mean(loss)));
        add(table, rows.size(), mean());
        return table.toString();
    }

    private static void add(Table table, int count, Figure mean) {
        table.add(
                mean.what(),
                Integer.toString(count),
                format("%.3f", mean.value().getAsDouble()),
                "<= " + Figure.shown(mean.atMost()),
                mean.verdict());
    }

    private String times() {
        Table table =
                new Table("loss", "input", "shape", "older ms", "ms", "this build / older", "");
        for (BuildRow row : rows) {
            table.add(
                    row.loss().title(),
                    row.kind().title(),
                    row.shape().toString(),
                    format("%.3f", row.older().median()),
                    format("%.3f", row.newer().median()),
                    format("%.3f", row.ratio()),
                    row.difference().isPresent() ? "DIFFERS" : "");
        }
        return table.toString();
    }

    /** A header, and one line for each row. */
    String csv() {
        StringBuilder text = new StringBuilder(COLUMNS).append('\n');
        for (BuildRow row : rows) {
            text.append(
                            String.join(
                                    ",",
                                    row.loss().id(),
                                    row.kind().title(),
                                    row.shape().name(),
                                    format("%.5f", row.older().median()),
                                    format("%.5f", row.newer().median()),
                                    format("%.5f", row.ratio()),
                                    Boolean.toString(row.difference().isPresent())))
                    .append('\n');
        }
        return text.toString();
    }

    private static String format(String pattern, double number) {
        return String.format(Locale.ROOT, pattern, number);
    }
}
