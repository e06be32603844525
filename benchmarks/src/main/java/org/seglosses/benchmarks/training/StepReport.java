package org.seglosses.benchmarks.training;

import static org.seglosses.benchmarks.training.Table.format;

import java.util.List;

/**
 * Lays out what training steps took.
 *
 * @param machine one line on what the figures were measured with
 */
record StepReport(String machine, List<StepRow> rows) {

    StepReport {
        rows = List.copyOf(rows);
    }

    String markdown() {
        Table table =
                new Table(
                        "loss",
                        "batch",
                        "step ms",
                        "with LossMCXENT ms",
                        "ratio",
                        "target",
                        "",
                        "loss ms",
                        "of the step",
                        "LossMCXENT ms",
                        "of its step");
        for (StepRow row : rows) {
            table.add(
                    row.loss().title(),
                    row.size().toString(),
                    format("%.1f", row.step().median()),
                    format("%.1f", row.stockStep().median()),
                    format("%.3f", row.ratio()),
                    format("<= %.2f", row.atMost()),
                    row.verdict(),
                    format("%.2f", row.within().median()),
                    format("%.1f %%", 100 * row.within().ratioTo(row.step())),
                    format("%.2f", row.stockWithin().median()),
                    format("%.1f %%", 100 * row.stockWithin().ratioTo(row.stockStep())));
        }
        return "A training step of the earth network, " + machine + "\n\n" + table.markdown();
    }

    String csv() {
        Table table =
                new Table(
                        "loss",
                        "batch",
                        "edge",
                        "step_ms",
                        "mcxent_step_ms",
                        "ratio",
                        "target_at_most",
                        "verdict",
                        "loss_ms",
                        "loss_share",
                        "mcxent_ms",
                        "mcxent_share");
        for (StepRow row : rows) {
            table.add(
                    row.loss().id(),
                    Integer.toString(row.size().batch()),
                    Integer.toString(row.size().edge()),
                    format("%.4f", row.step().median()),
                    format("%.4f", row.stockStep().median()),
                    format("%.5f", row.ratio()),
                    Double.toString(row.atMost()),
                    row.verdict(),
                    format("%.4f", row.within().median()),
                    format("%.5f", row.within().ratioTo(row.step())),
                    format("%.4f", row.stockWithin().median()),
                    format("%.5f", row.stockWithin().ratioTo(row.stockStep())));
        }
        return table.csv();
    }
}
