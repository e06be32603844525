package org.seglosses.benchmarks.compare;

import org.seglosses.benchmarks.compare.Contender.Side;
import org.seglosses.benchmarks.compare.LossCase.Target;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.DoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Lays the figures out as Markdown and as comma-separated values. What was not measured is left
 * out.
 *
 * @param header sentences on how the figures were measured
 */
record Report(List<String> header, List<Row> rows, List<Scaling> scalings, List<Memory> memories) {

    /** Of our time as a share of PyTorch's, over all rows. */
    static final double MEAN_AT_MOST = 0.3;

    private static final String NONE = "-";

    private static final String COLUMNS =
            "table,loss,input,shape,pytorch_ms,ours_ms,ours_to_pytorch,mcxent_ms,ours_to_mcxent,"
                    + "two_calls_ms,ours_to_16th_of_pixels,pytorch_memory_to_logits,"
                    + "ours_memory_to_logits,ours_first_call_to_logits,"
                    + "ours_allocated_bytes_a_call,ours_grown_bytes_a_call,"
                    + "target,verdict";

    /** The sentences on sides that did not compute the same; empty if all is well. */
    List<String> mismatches() {
        return rows.stream().flatMap(row -> row.mismatches().stream()).toList();
    }

    /** The figures that are larger than they may be. */
    List<Figure> missed() {
        return Stream.of(
                        rows.stream().flatMap(row -> row.figures().stream()),
                        rows.isEmpty() ? Stream.<Figure>empty() : Stream.of(mean()),
                        scalings.stream().flatMap(scaling -> scaling.figures().stream()),
                        memories.stream().flatMap(memory -> memory.figures().stream()))
                .flatMap(figures -> figures)
                .filter(Figure::isMissed)
                .toList();
    }

    String markdown() {
        List<String> parts = new ArrayList<>(header);
        if (!rows.isEmpty()) {
            parts.add("## Value and gradient");
            parts.add(times());
            parts.add(means());
        }
        if (!scalings.isEmpty()) {
            parts.add("## Scaling");
            parts.add(
                    "Ours alone, milliseconds for one image of 5 classes, random logits; and how"
                            + " many times longer 16 times the pixels take (at most "
                            + Figure.shown(Scaling.AT_MOST)
                            + ").");
            parts.add(scalingTable());
        }
        if (!memories.isEmpty()) {
            parts.add("## Memory");
            parts.add(
                    "At the peak of value and gradient, beyond inputs and gradient, in times the"
                            + " logits' bytes (ours at most "
                            + Figure.shown(Memory.AT_MOST)
                            + "); the same while the first call builds its plan; and what a"
                            + " further call allocates on the heap and leaves behind.");
            parts.add(memoryTable());
        }
        if (!rows.isEmpty() && rows.stream().allMatch(row -> row.ratioTo(Side.PYTORCH).isEmpty())) {
            parts.add("PyTorch was not there: these times were compared with no other.");
        }
        parts.add("## Missed");
        List<Figure> missed = missed();
        parts.add(
                missed.isEmpty()
                        ? "Nothing misses its figure."
                        : missed.stream()
                                .map(figure -> "- " + figure.describe())
                                .collect(Collectors.joining("\n")));
        mismatches().forEach(mismatch -> parts.add("ERROR: " + mismatch));
        return parts.stream().map(String::stripTrailing).collect(Collectors.joining("\n\n")) + "\n";
    }

    private String times() {
        Table table =
                new Table(
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
                        "two calls ms");
        for (Row row : rows) {
            table.add(
                    row.loss().title(),
                    row.kind().title(),
                    row.shape().toString(),
                    milliseconds(row.milliseconds(Side.PYTORCH)),
                    milliseconds(row.milliseconds(Side.OURS)),
                    ratio(row.ratioTo(Side.PYTORCH)),
                    milliseconds(row.milliseconds(Side.MCXENT)),
                    ratio(row.ratioTo(Side.MCXENT)),
                    target(row),
                    row.verdict(),
                    milliseconds(row.milliseconds(Side.OURS_IN_TWO_CALLS)));
        }
        return table.toString();
    }

    private String means() {
        Table table = new Table("shape", "rows", "ours / PyTorch, geometric mean", "target", "");
        for (Shape shape : rows.stream().map(Row::shape).distinct().toList()) {
            List<Row> some = rows.stream().filter(row -> row.shape().equals(shape)).toList();
            table.add(shape.toString(), count(some), ratio(mean(some)), "", "");
        }
        Figure mean = mean();
        table.add(
                "all",
                count(rows),
                ratio(mean.value()),
                "<= " + Figure.shown(mean.atMost()),
                mean.verdict());
        return table.toString();
    }

    private static String count(List<Row> rows) {
        return Integer.toString(rows.size());
    }

    private Figure mean() {
        return new Figure(
                "geometric mean of all, of the time of PyTorch", mean(rows), MEAN_AT_MOST);
    }

    private static OptionalDouble mean(List<Row> rows) {
        OptionalDouble logarithm =
                rows.stream()
                        .map(row -> row.ratioTo(Side.PYTORCH))
                        .flatMapToDouble(OptionalDouble::stream)
                        .map(Math::log)
                        .average();
        return logarithm.isEmpty()
                ? logarithm
                : OptionalDouble.of(Math.exp(logarithm.getAsDouble()));
    }

    private String scalingTable() {
        List<String> header = new ArrayList<>(List.of("loss"));
        Scaling.SIZES.forEach(size -> header.add(size + "^2"));
        List<Figure> some = scalings.get(0).figures();
        some.forEach(figure -> header.add(figure.what().replaceAll(".* from ", "")));
        header.add("");
        Table table = new Table(header.toArray(new String[0]));
        for (Scaling scaling : scalings) {
            List<String> cells = new ArrayList<>(List.of(scaling.title()));
            for (int size : Scaling.SIZES) {
                cells.add(milliseconds(OptionalDouble.of(scaling.milliseconds(size))));
            }
            List<Figure> figures = scaling.figures();
            figures.forEach(figure -> cells.add(show(figure.value(), "%.1f")));
            boolean missed = figures.stream().anyMatch(Figure::isMissed);
            cells.add(missed ? "missed" : scaling.isLimited() ? "met" : "-");
            table.add(cells.toArray(new String[0]));
        }
        return table.toString();
    }

    private String memoryTable() {
        Table table =
                new Table(
                        "loss",
                        "shape",
                        "PyTorch",
                        "ours",
                        "",
                        "ours, first call",
                        "bytes allocated a call",
                        "bytes left a call");
        for (Memory memory : memories) {
            table.add(
                    memory.loss().title(),
                    memory.shape().toString(),
                    show(memory.pytorchTimesLogits(), "%.2f"),
                    show(memory.oursTimesLogits(), "%.2f"),
                    memory.verdict(),
                    show(memory.firstTimesLogits(), "%.2f"),
                    show(memory.allocatedACall(), "%.0f"),
                    show(memory.grownACall(), "%.0f"));
        }
        return table.toString();
    }

    /** A header and one line for each row of each table; an absent figure is an empty cell. */
    String csv() {
        StringBuilder text = new StringBuilder(COLUMNS).append('\n');
        for (Row row : rows) {
            text.append(
                    line(
                            "comparison",
                            row.loss().id(),
                            row.kind().title(),
                            quoted(row.shape()),
                            exact(row.milliseconds(Side.PYTORCH)),
                            exact(row.milliseconds(Side.OURS)),
                            exact(row.ratioTo(Side.PYTORCH)),
                            exact(row.milliseconds(Side.MCXENT)),
                            exact(row.ratioTo(Side.MCXENT)),
                            exact(row.milliseconds(Side.OURS_IN_TWO_CALLS)),
                            "",
                            "",
                            "",
                            "",
                            "",
                            "",
                            '"' + target(row) + '"',
                            row.verdict()));
        }
        for (Scaling scaling : scalings) {
            for (int size : Scaling.SIZES) {
                OptionalDouble factor = scaling.factor(size);
                boolean limited = factor.isPresent() && scaling.isLimited();
                text.append(
                        line(
                                "scaling",
                                scaling.id(),
                                Inputs.Kind.RANDOM.title(),
                                quoted(Scaling.shape(size)),
                                "",
                                exact(OptionalDouble.of(scaling.milliseconds(size))),
                                "",
                                "",
                                "",
                                "",
                                exact(factor),
                                "",
                                "",
                                "",
                                "",
                                "",
                                limited ? "<= " + Figure.shown(scaling.atMost()) : "",
                                limited
                                        ? new Figure("", factor, scaling.atMost()).verdict()
                                        : "-"));
            }
        }
        for (Memory memory : memories) {
            text.append(
                    line(
                            "memory",
                            memory.loss().id(),
                            Inputs.Kind.RANDOM.title(),
                            quoted(memory.shape()),
                            "",
                            "",
                            "",
                            "",
                            "",
                            "",
                            "",
                            exact(memory.pytorchTimesLogits()),
                            exact(memory.oursTimesLogits()),
                            exact(memory.firstTimesLogits()),
                            show(memory.allocatedACall(), "%.0f", ""),
                            show(memory.grownACall(), "%.0f", ""),
                            "<= " + Figure.shown(Memory.AT_MOST),
                            memory.verdict()));
        }
        return text.toString();
    }

    private static String line(String... cells) {
        return String.join(",", cells) + "\n";
    }

    private static String quoted(Shape shape) {
        return '"' + shape.toString() + '"';
    }

    private static String target(Row row) {
        return row.targets().stream().map(Report::target).collect(Collectors.joining(", "));
    }

    private static String target(Target target) {
        String against = target.against() == Side.PYTORCH ? "" : " of " + target.against().title();
        return "<= " + Figure.shown(target.atMost()) + against;
    }

    private static String milliseconds(OptionalDouble number) {
        return show(number, ms -> format(ms >= 100 ? "%.0f" : ms >= 10 ? "%.1f" : "%.2f", ms));
    }

    private static String ratio(OptionalDouble number) {
        return show(number, "%.3f");
    }

    private static String exact(OptionalDouble number) {
        return show(number, "%.5f", "");
    }

    private static String show(OptionalDouble number, String pattern) {
        return show(number, pattern, NONE);
    }

    private static String show(OptionalDouble number, String pattern, String absent) {
        return number.isPresent() ? format(pattern, number.getAsDouble()) : absent;
    }

    private static String show(OptionalDouble number, DoubleFunction<String> format) {
        return number.isPresent() ? format.apply(number.getAsDouble()) : NONE;
    }

    private static String format(String pattern, double number) {
        return String.format(Locale.ROOT, pattern, number);
    }
}
