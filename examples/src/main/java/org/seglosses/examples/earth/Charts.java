package org.seglosses.examples.earth;

import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.markers.SeriesMarkers;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Curves over the epochs, each drawn once for a light and once for a dark page. */
final class Charts {

    static final int WIDTH = 480;
    static final int HEIGHT = 300;

    /** Sharp on screens with two pixels a point. */
    private static final int SCALE = 2;

    /** Told apart by most eyes, on white and on black; the first is the baseline's. */
    private static final List<Color> COLORS =
            List.of(
                    new Color(0x8B929C),
                    new Color(0x3B82F6),
                    new Color(0xE8590C),
                    new Color(0x12A150),
                    new Color(0xA855F7),
                    new Color(0xD4A106),
                    new Color(0x0EA5B7),
                    new Color(0xE11D74));

    /** A chart's two faces. */
    record Faces(String light, String dark) {}

    private final Study study;

    Charts(Study study) {
        this.study = study;
    }

    /** A loss keeps its colour whichever others are on the page. */
    static Color color(NamedLoss loss) {
        int place = Math.max(0, NamedLoss.EVERY.indexOf(loss));
        Color color = COLORS.get(place % COLORS.size());
        for (int round = 0; round < place / COLORS.size(); round++) {
            color = color.darker();
        }
        return color;
    }

    Faces heldOut(ToDoubleFunction<Scores> figure) {
        ToDoubleFunction<Run.Epoch> heldOut = epoch -> figure.applyAsDouble(epoch.heldOut());
        // The curves rise steeply and end close together: only what follows the rise is worth room.
        int risen = study.training().epochs() / 5;
        double lowest = 1;
        for (Result result : study.results()) {
            double[] course = course(result, heldOut);
            for (int i = risen; i < course.length; i++) {
                lowest = Math.min(lowest, course[i]);
            }
        }
        return draw(heldOut, Math.floor(lowest * 20) / 20, false);
    }

    /** Training scores, each as a share of its first epoch's: losses have scales of their own. */
    Faces trainingScore() {
        return draw(Run.Epoch::score, 0, true);
    }

    private Faces draw(ToDoubleFunction<Run.Epoch> figure, double floor, boolean relative) {
        return new Faces(
                draw(figure, floor, relative, new Color(0x3A3F47), new Color(0xE3E5E8)),
                draw(figure, floor, relative, new Color(0xC4C9D1), new Color(0x32363D)));
    }

    private String draw(
            ToDoubleFunction<Run.Epoch> figure,
            double floor,
            boolean relative,
            Color ink,
            Color grid) {
        Color clear = new Color(0, 0, 0, 0);
        Font font = new Font(Font.SANS_SERIF, Font.PLAIN, 13);
        XYChart chart = new XYChartBuilder().width(WIDTH).height(HEIGHT).build();
        chart.getStyler()
                .setLegendVisible(false)
                .setChartTitleVisible(false)
                .setChartBackgroundColor(clear)
                .setPlotBackgroundColor(clear)
                .setPlotBorderVisible(false)
                .setChartFontColor(ink)
                .setChartPadding(4);
        chart.getStyler()
                .setAxisTitlesVisible(false)
                .setAxisTicksLineVisible(false)
                .setAxisTicksMarksVisible(false)
                .setAxisTickLabelsFont(font)
                .setAxisTickLabelsColor(ink)
                .setPlotGridLinesColor(grid)
                .setPlotGridLinesStroke(new BasicStroke(1))
                .setPlotGridVerticalLinesVisible(false)
                .setXAxisDecimalPattern("0")
                .setYAxisDecimalPattern("0.00")
                .setXAxisMin(1.0)
                .setXAxisMax((double) Math.max(2, study.training().epochs()))
                .setYAxisMin(floor);
        if (relative) {
            chart.getStyler().setYAxisMin((Double) null).setYAxisLogarithmic(true);
        }
        // The baseline comes last and is dashed: a curve below it stays visible.
        List<Result> results =
                study.results().stream()
                        .sorted(Comparator.comparing(result -> result.loss().isStock()))
                        .toList();
        for (Result result : results) {
            double[] values = course(result, figure);
            double[] epochs = new double[values.length];
            double unit = relative ? values[0] : 1;
            for (int i = 0; i < values.length; i++) {
                epochs[i] = i + 1;
                double value = values[i] / unit;
                values[i] = value < floor ? Double.NaN : value;
            }
            XYSeries series = chart.addSeries(result.loss().name(), epochs, values);
            series.setMarker(values.length == 1 ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE);
            series.setLineColor(color(result.loss()));
            series.setMarkerColor(color(result.loss()));
            series.setLineStyle(
                    new BasicStroke(
                            2,
                            BasicStroke.CAP_ROUND,
                            BasicStroke.JOIN_ROUND,
                            10,
                            result.loss().isStock() ? new float[] {5, 4} : null,
                            0));
        }
        BufferedImage image =
                new BufferedImage(WIDTH * SCALE, HEIGHT * SCALE, BufferedImage.TYPE_INT_ARGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setRenderingHint(
                RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.scale(SCALE, SCALE);
        chart.paint(graphics, WIDTH, HEIGHT);
        graphics.dispose();
        return Pictures.dataUri("png", image);
    }

    /** A figure by epoch, mean over the seeds. */
    private static double[] course(Result result, ToDoubleFunction<Run.Epoch> figure) {
        double[] course = new double[result.first().epochs().size()];
        for (Run run : result.runs()) {
            for (int i = 0; i < course.length; i++) {
                course[i] += figure.applyAsDouble(run.epochs().get(i)) / result.runs().size();
            }
        }
        return course;
    }
}
