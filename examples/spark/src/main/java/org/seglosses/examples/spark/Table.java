package org.seglosses.examples.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** A Markdown table whose columns line up. */
final class Table {

    private final List<List<String>> rows = new ArrayList<>();

    Table(String... header) {
        rows.add(List.of(header));
    }

    /** Adds a row, of as many cells as the header. */
    void add(String... row) {
        rows.add(List.of(row));
    }

    @Override
    public String toString() {
        List<String> rule =
                IntStream.range(0, rows.get(0).size()).mapToObj(i -> "-".repeat(width(i))).toList();
        StringBuilder text = new StringBuilder(line(rows.get(0))).append(line(rule));
        rows.stream().skip(1).map(this::line).forEach(text::append);
        return text.toString();
    }

    private int width(int column) {
        return rows.stream().mapToInt(row -> row.get(column).length()).max().orElseThrow();
    }

    private String line(List<String> row) {
        StringBuilder line = new StringBuilder("|");
        for (int i = 0; i < row.size(); i++) {
            line.append((" %-" + width(i) + "s |").formatted(row.get(i)));
        }
        return line.append('\n').toString();
    }
}
