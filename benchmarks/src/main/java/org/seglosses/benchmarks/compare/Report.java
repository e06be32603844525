package org.seglosses.benchmarks.compare;

import org.seglosses.benchmarks.compare.Contender.Side;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.DoubleFunction;
import java.util.stream.Collectors;

/** Lays the rows out as a Markdown table and as comma-separated values. */
final class Report {

    private static final String NONE = "-";

    private final String machine;
    private final List<Row> rows;

    /**
     * @param machine one line on what the figures were measured with
     */
    Report(String machine, List<Row> rows) {
        this.machine = machine;
        this.rows = List.copyOf(rows);
    }

    /** The sentences on sides that did not compute the same; empty if all is well. */
    List<String> mismatches() {
        return rows.stream().flatMap(row -> row.mismatches().stream()).toList();
    }

    String markdown() {
        List<List<String>> cells = new ArrayList<>();
        cells.add(
                List.of(
                        "loss",
                        "input",
                        "shape",
                        "PyTorch ms",
                        "ours ms",
                        "ours / PyTorch",
                        "LossMCXENT ms",
                        "ours / LossMCXENT",
                        "target",
                        "",
                        "two calls ms"));
        for (Row row : rows) {
            cells.add(
                    List.of(
                            row.loss().title(),
                            row.kind().title(),
                            row.shape().toString(),
                            milliseconds(row, Side.PYTORCH),
                            milliseconds(row, Side.OURS),
                            ratio(row, Side.PYTORCH),
                            milliseconds(row, Side.MCXENT),
                            ratio(row, Side.MCXENT),
                            target(row.loss().target()),
                            row.mismatches().isEmpty() ? row.verdict() : "MISMATCH",
                            milliseconds(row, Side.OURS_IN_TWO_CALLS)));
        }
        StringBuilder text = new StringBuilder();
        text.append("Value and gradient, ").append(machine).append("\n\n");
        int[] widths = widths(cells);
        for (int i = 0; i < cells.size(); i++) {
            text.append(line(cells.get(i), widths));
            if (i == 0) {
                text.append(rule(widths));
            }
        }
        for (String mismatch : mismatches()) {
            text.append("\nERROR: ").append(mismatch).append('\n');
        }
        return text.toString();
    }

    /** A header and one line a row; an absent figure is an empty cell. */
    String csv() {
        StringBuilder text = new StringBuilder();
        text.append(
                "loss,input,shape,pytorch_ms,ours_ms,ours_to_pytorch,mcxent_ms,ours_to_mcxent,"
                        + "target_against,target_at_most,verdict,two_calls_ms,mismatch\n");
        for (Row row : rows) {
            text.append(
                            String.join(
                                    ",",
                                    row.loss().id(),
                                    row.kind().title(),
                                    '"' + row.shape().toString() + '"',
                                    exact(row.milliseconds(Side.PYTORCH)),
                                    exact(row.milliseconds(Side.OURS)),
                                    exact(row.ratioTo(Side.PYTORCH)),
                                    exact(row.milliseconds(Side.MCXENT)),
                                    exact(row.ratioTo(Side.MCXENT)),
                                    row.loss().target().against().title(),
                                    Double.toString(row.loss().target().atMost()),
                                    row.verdict(),
                                    exact(row.milliseconds(Side.OURS_IN_TWO_CALLS)),
                                    Boolean.toString(!row.mismatches().isEmpty())))
                    .append('\n');
        }
        return text.toString();
    }

    private static String milliseconds(Row row, Side side) {
        return show(row.milliseconds(side), ms -> format(ms >= 100 ? "%.0f" : "%.1f", ms));
    }

    private static String ratio(Row row, Side side) {
        return show(row.ratioTo(side), ratio -> format("%.3f", ratio));
    }

    private static String target(LossCase.Target target) {
        String against = target.against() == Side.PYTORCH ? "" : " of " + target.against().title();
        return "<= " + format("%.2f", target.atMost()) + against;
    }

    private static String exact(OptionalDouble number) {
        return number.isPresent() ? format("%.5f", number.getAsDouble()) : "";
    }

    private static String show(OptionalDouble number, DoubleFunction<String> format) {
        return number.isPresent() ? format.apply(number.getAsDouble()) : NONE;
    }

    private static String format(String pattern, double number) {
        return String.format(Locale.ROOT, pattern, number);
    }

    private static int[] widths(List<List<String>> cells) {
        int[] widths = new int[cells.get(0).size()];
        for (List<String> row : cells) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        return widths;
    }

    private static String line(List<String> row, int[] widths) {
        StringBuilder line = new StringBuilder("|");
        for (int i = 0; i < widths.length; i++) {
            String cell = row.get(i);
            line.append(' ')
                    .append(cell)
                    .append(" ".repeat(widths[i] - cell.length()))
                    .append(" |");
        }
        return line.append('\n').toString();
    }

    private static String rule(int[] widths) {
        return Arrays.stream(widths)
                .mapToObj(width -> "-".repeat(width + 2))
                .collect(Collectors.joining("|", "|", "|\n"));
    }
}
