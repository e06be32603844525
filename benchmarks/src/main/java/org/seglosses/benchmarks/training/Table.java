package org.seglosses.benchmarks.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Rows of cells under a header, as a Markdown table or as comma-separated values. */
final class Table {

    private final List<List<String>> rows = new ArrayList<>();

    Table(String... header) {
        add(header);
    }

    void add(String... cells) {
        rows.add(List.of(cells));
    }

    String markdown() {
        int[] widths = new int[rows.get(0).size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            text.append('|');
            for (int i = 0; i < widths.length; i++) {
                String cell = row.get(i);
                text.append(' ').append(cell);
                text.append(" ".repeat(widths[i] - cell.length())).append(" |");
            }
            text.append('\n');
            if (row == rows.get(0)) {
                text.append(
                        Arrays.stream(widths)
                                .mapToObj(width -> "-".repeat(width + 2))
                                .collect(Collectors.joining("|", "|", "|\n")));
            }
        }
        return text.toString();
    }

    String csv() {
        return rows.stream()
                .map(row -> row.stream().map(Table::quoted).collect(Collectors.joining(",")))
                .collect(Collectors.joining("\n", "", "\n"));
    }

    private static String quoted(String cell) {
        return cell.contains(",") ? '"' + cell + '"' : cell;
    }

    static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }
}
