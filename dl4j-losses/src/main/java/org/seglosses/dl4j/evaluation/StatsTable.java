package org.seglosses.dl4j.evaluation;

import java.util.Locale;

/** An evaluation in words and numbers. */
final class StatsTable {
    /** More columns than this do not fit a line. */
    private static final int MAX_PRINTED_CONFUSION = 16;

    private final SegmentationEvaluation e;
    private final int names;
    private final StringBuilder out = new StringBuilder();

    private StatsTable(SegmentationEvaluation e) {
        this.e = e;
        int longest = "class".length();
        for (int c = 0; c < e.classes(); c++) {
            longest = Math.max(longest, e.className(c).length());
        }
        names = longest;
    }

    static String of(SegmentationEvaluation e) {
        StatsTable table = new StatsTable(e);
        table.line(
                "Segmentation: %d classes, %d pixels, boundary tolerance %d",
                e.classes(), e.pixels(), e.boundaryTolerance());
        e.remarks().forEach(remark -> table.out.append(remark).append('\n'));
        table.addClasses();
        if (e.classes() <= MAX_PRINTED_CONFUSION) {
            table.addConfusion();
        }
        return table.out.toString();
    }

    private void addClasses() {
        String row = "%-" + names + "s %12s %7s %7s %9s %7s %11s";
        line(row, "class", "pixels", "IoU", "Dice", "precision", "recall", "boundary F1");
        for (int c = 0; c < e.classes(); c++) {
            line(
                    row,
                    e.className(c),
                    e.pixels(c),
                    text(e.iou(c)),
                    text(e.dice(c)),
                    text(e.precision(c)),
                    text(e.recall(c)),
                    text(e.boundaryF1(c)));
        }
        line(
                row,
                "mean",
                "",
                text(e.meanIou()),
                text(e.meanDice()),
                text(e.meanPrecision()),
                text(e.meanRecall()),
                text(e.boundaryF1()));
        line("pixel accuracy %s", text(e.pixelAccuracy()));
    }

    private void addConfusion() {
        line("pixels of a true class (row) predicted as a class (column)");
        out.append(cell(""));
        for (int c = 0; c < e.classes(); c++) {
            out.append(String.format(Locale.ROOT, " %12.12s", e.className(c)));
        }
        out.append('\n');
        long[][] confusion = e.confusion();
        for (int t = 0; t < e.classes(); t++) {
            out.append(cell(e.className(t)));
            for (long pixels : confusion[t]) {
                out.append(String.format(Locale.ROOT, " %12d", pixels));
            }
            out.append('\n');
        }
    }

    private static String text(double v) {
        return Double.isNaN(v) ? "-" : String.format(Locale.ROOT, "%.4f", v);
    }

    private String cell(String text) {
        return String.format(Locale.ROOT, "%-" + names + "s", text);
    }

    private void line(String format, Object... values) {
        out.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
