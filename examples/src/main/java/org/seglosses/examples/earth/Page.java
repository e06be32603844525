package org.seglosses.examples.earth;

import java.awt.Color;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** The web page: one file with its style and all pictures inside, without any script. */
final class Page {

    private static final int TILES = 5;

    private static final List<String> NUMBERS =
            List.of("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine");

    private final Study study;
    private final Task task;
    private final Pictures pictures;
    private final Charts charts;

    Page(Study study) {
        this.study = study;
        this.task = study.task();
        this.pictures = new Pictures(study.training().region(), task.classes());
        this.charts = new Charts(study);
    }

    /** The page as XHTML-clean HTML 5. */
    String html() {
        return """
               <!DOCTYPE html>
               <html lang="en">
               <head>
               <meta charset="utf-8" />
               <meta name="viewport" content="width=device-width, initial-scale=1" />
               <meta name="color-scheme" content="light dark" />
               <title>%s: one network, %s</title>
               <style>
               %s%s</style>
               </head>
               <body>
               <main>
               %s%s%s%s%s%s</main>
               </body>
               </html>
               """
                .formatted(
                        title(),
                        losses(),
                        style(),
                        mapStyle(),
                        header(),
                        figures(),
                        map(),
                        tiles(),
                        curves(),
                        method());
    }

    private String title() {
        return task.title() + " from space";
    }

    private String losses() {
        int count = study.results().size();
        return count == 1
                ? "one loss"
                : (count < NUMBERS.size() ? NUMBERS.get(count) : count) + " losses";
    }

    private String header() {
        return """
               <header>
               <p class="kicker">Segmentation losses for Deeplearning4j</p>
               <h1>%s: one network, %s</h1>
               <p class="lead">%s</p>
               </header>
               """
                .formatted(title(), losses(), lead());
    }

    private String lead() {
        StringBuilder lead =
                new StringBuilder(
                        """
                        A small U-Net looks at NASA’s Blue Marble; %s. \
                        It was trained once per loss, from the same first weights, on the same \
                        tiles in the same order, and scored on parts of the Earth that it never \
                        saw. Only the loss differs%s.\s"""
                                .formatted(task.description(), otherOutputs()));
        return lead.append(findings()).toString();
    }

    /** One channel for two classes is another last layer. */
    private String otherOutputs() {
        int classes = task.classes().size();
        String names =
                study.results().stream()
                        .map(Result::loss)
                        .filter(loss -> loss.channels(classes) != classes)
                        .map(NamedLoss::title)
                        .collect(Collectors.joining(", "));
        return names.isEmpty()
                ? ""
                : ", and with it the last layer, which puts out one channel for: " + escape(names);
    }

    private String findings() {
        Result byArea = study.best(Study.MEAN_IOU);
        Result byOutline = study.best(Study.BOUNDARY_F1);
        if (study.results().size() == 1) {
            return "";
        }
        if (byArea == byOutline) {
            return "%s maps the held-out tiles best, by area (mIoU %s) and by outline (boundary F1 %s)."
                    .formatted(
                            strong(byArea),
                            compared(byArea, Study.MEAN_IOU),
                            compared(byOutline, Study.BOUNDARY_F1));
        }
        return "%s maps the held-out tiles best (mIoU %s); %s draws the best outlines (boundary F1 %s)."
                .formatted(
                        strong(byArea),
                        compared(byArea, Study.MEAN_IOU),
                        strong(byOutline),
                        compared(byOutline, Study.BOUNDARY_F1));
    }

    private static String strong(Result result) {
        return "<strong>" + escape(result.loss().title()) + "</strong>";
    }

    /** A figure, and what DL4J's own loss reached if that is another one. */
    private String compared(Result best, ToDoubleFunction<Run> figure) {
        return number(best.mean(figure))
                + study.results().stream()
                        .filter(result -> result.loss().isStock() && result != best)
                        .findFirst()
                        .map(
                                result ->
                                        "; %s: %s"
                                                .formatted(
                                                        escape(result.loss().title()),
                                                        number(result.mean(figure))))
                        .orElse("");
    }

    private String figures() {
        StringBuilder html = new StringBuilder("<section>\n<h2>The figures</h2>\n");
        html.append("<div class=\"scroll\"><table>\n<thead><tr><th>Loss</th>");
        for (MapClass c : task.classes()) {
            html.append("<th>IoU %s</th>".formatted(c.title()));
        }
        html.append(
                "<th>mIoU</th><th>boundary F1</th><th>time a step</th></tr></thead>\n<tbody>\n");
        for (Result result : study.results()) {
            html.append(
                    "<tr><th scope=\"row\">%s<span>%s</span></th>"
                            .formatted(name(result.loss()), escape(result.loss().purpose())));
            for (int c = 0; c < task.classes().size(); c++) {
                html.append(cell(result, Study.iou(c)));
            }
            html.append(cell(result, Study.MEAN_IOU)).append(cell(result, Study.BOUNDARY_F1));
            html.append("<td>%.0f ms</td></tr>\n".formatted(result.mean(Study.MILLIS)));
        }
        html.append("</tbody></table></div>\n<p class=\"note\">%s</p>\n".formatted(note()));
        return html.append(seeds()).append("</section>\n").toString();
    }

    private String note() {
        String common =
                "Measured on %d held-out tiles. IoU: of all pixels that are a class or were"
                        + " called it, the share that is both. Boundary F1: how much of the"
                        + " outlines agrees within one pixel. The best of each column is bold. ";
        return common.formatted(study.training().split().heldOut().size())
                + (study.manySeeds()
                        ? "Mean ± standard deviation over %d seeds; bold is the best mean."
                                .formatted(study.settings().seeds().size())
                        : "One seed: a few thousandths of mIoU or a hundredth of boundary F1 are chance;"
                                + " <code>--seeds 1,2,3</code> tells how much.");
    }

    private String cell(Result result, ToDoubleFunction<Run> figure) {
        String value = number(result.mean(figure));
        boolean best =
                study.results().size() > 1 && value.equals(number(study.best(figure).mean(figure)));
        return "<td>%s%s</td>"
                .formatted(
                        best ? "<strong>" + value + "</strong>" : value,
                        study.manySeeds()
                                ? "<span>± " + number(result.spread(figure)) + "</span>"
                                : "");
    }

    private String seeds() {
        if (!study.manySeeds()) {
            return "";
        }
        StringBuilder html =
                new StringBuilder(
                        """
                        <details><summary>Each seed</summary>
                        <div class="scroll"><table><thead><tr><th>mIoU / boundary F1</th>""");
        for (long seed : study.settings().seeds()) {
            html.append("<th>seed %d</th>".formatted(seed));
        }
        html.append("</tr></thead>\n<tbody>\n");
        for (Result result : study.results()) {
            html.append("<tr><th scope=\"row\">%s</th>".formatted(name(result.loss())));
            for (Run run : result.runs()) {
                html.append(
                        "<td>%s / %s</td>"
                                .formatted(
                                        number(run.scores().meanIou()),
                                        number(run.scores().boundaryF1())));
            }
            html.append("</tr>\n");
        }
        return html.append("</tbody></table></div></details>\n").toString();
    }

    private String map() {
        List<Result> results = study.results();
        Result best = study.best(Study.MEAN_IOU);
        StringBuilder inputs = new StringBuilder();
        StringBuilder labels = new StringBuilder();
        StringBuilder layers = new StringBuilder();
        for (int i = 0; i < results.size() + 2; i++) {
            Result result = i < results.size() ? results.get(i) : null;
            String name =
                    result != null
                            ? escape(result.loss().title())
                            : i == results.size() ? "Truth" : "Image";
            inputs.append(
                    "<input type=\"radio\" name=\"map\" id=\"map%d\"%s />"
                            .formatted(i, result == best ? " checked=\"checked\"" : ""));
            labels.append("<label for=\"map%d\">%s</label>".formatted(i, name));
            if (i <= results.size()) {
                layers.append(
                        "<img class=\"layer layer%d\" alt=\"%s\" src=\"%s\" />\n"
                                .formatted(
                                        i,
                                        result != null ? "Map predicted with " + name : "True map",
                                        result != null
                                                ? pictures.layer(result.first().prediction())
                                                : pictures.wholeTruth()));
            }
        }
        return """
               <section class="map">
               <h2>The whole Earth</h2>
               <p>%s</p>
               %s
               <div class="choice">%s</div>
               <div class="stage">
               <img alt="NASA Blue Marble" src="%s" />
               %s%s</div>
               %s</section>
               """
                .formatted(
                        """
                        The network read every tile of the map. It learned from the thinly \
                        outlined tiles; the <strong>framed columns</strong> were held out, and \
                        only mistakes inside them count. Choose a loss, the truth or the bare \
                        image.""",
                        inputs,
                        labels,
                        pictures.wholeImage(),
                        layers,
                        frames(),
                        legend());
    }

    /** Shows the chosen layer of the map; a style needs no script for that. */
    private String mapStyle() {
        StringBuilder css = new StringBuilder();
        for (int i = 0; i < study.results().size() + 2; i++) {
            css.append(
                    """
                    #map%1$d:checked ~ .stage .layer%1$d { display: block; }
                    #map%1$d:checked ~ .choice label[for=map%1$d] { background: var(--ink); color: var(--paper); }
                    #map%1$d:focus-visible ~ .choice label[for=map%1$d] { outline: 2px solid var(--accent); }
                    """
                            .formatted(i));
        }
        return css.toString();
    }

    /** The tiles and the split, drawn over the map. */
    private String frames() {
        Region region = study.training().region();
        Split split = study.training().split();
        StringBuilder svg =
                new StringBuilder(
                        """
                        <svg viewBox="0 0 %d %d" role="img" aria-label="Training tiles and held-out columns">
                        <defs><pattern id="hatch" width="10" height="10" patternUnits="userSpaceOnUse" \
                        patternTransform="rotate(45)"><rect width="10" height="10" /><line x1="0" y1="0" x2="0" y2="10" /></pattern></defs>
                        """
                                .formatted(region.width(), region.height()));
        for (Tile tile : split.training()) {
            svg.append(
                    "<rect class=\"train\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" />\n"
                            .formatted(tile.x() + 3, tile.y() + 3, Tile.SIZE - 6, Tile.SIZE - 6));
        }
        int columns = region.width() / Tile.SIZE;
        for (int first = 0; first < columns; ) {
            boolean heldOut = Split.HELD_OUT_COLUMNS.contains(first);
            int next = first + 1;
            while (next < columns && Split.HELD_OUT_COLUMNS.contains(next) == heldOut) {
                next++;
            }
            svg.append(columns(first, next, heldOut));
            first = next;
        }
        int voidTop = voidTop(region);
        if (voidTop < region.height()) {
            svg.append(
                    """
                    <rect class="void" x="0" y="%d" width="%d" height="%d" />
                    <text x="%d" y="%d">not scored: sea ice and ice shelves</text>
                    """
                            .formatted(
                                    voidTop,
                                    region.width(),
                                    region.height() - voidTop,
                                    region.width() / 2,
                                    region.height() - 60));
        }
        return svg.append("</svg>\n").toString();
    }

    /** Neighbouring columns of tiles: framed if held out, else in the shade. */
    private static String columns(int first, int next, boolean heldOut) {
        int x = first * Tile.SIZE;
        int width = (next - first) * Tile.SIZE;
        int height = Split.ROWS * Tile.SIZE;
        return heldOut
                ? """
                  <rect class="test" x="%d" y="1" width="%d" height="%d" />
                  <text x="%d" y="%d">held out</text>
                  """
                        .formatted(x, width, height, x + width / 2, height + 19)
                : "<rect class=\"shade\" x=\"%d\" y=\"0\" width=\"%d\" height=\"%d\" />\n"
                        .formatted(x, width, height);
    }

    private static int voidTop(Region region) {
        int top = region.height();
        while (top > 0 && region.label(0, top - 1) == Region.VOID) {
            top--;
        }
        return top;
    }

    private String tiles() {
        StringBuilder html =
                new StringBuilder(
                        """
                        <section>
                        <h2>Where the losses differ</h2>
                        <p>The held-out tiles on which the losses disagree most. Left the image and \
                        the truth; then, for each loss, its map and below it the mistakes alone, \
                        over the dimmed image%s.</p>
                        %s"""
                                .formatted(
                                        study.manySeeds()
                                                ? " (seed " + study.settings().seeds().get(0) + ")"
                                                : "",
                                        legend()));
        for (Tile tile : tellingTiles()) {
            html.append(
                    """
                    <figure>
                    <figcaption>%s</figcaption>
                    <div class="strip">
                    <div><p>Image, truth</p><img alt="Image" src="%s" /><img alt="Truth" src="%s" /></div>
                    """
                            .formatted(
                                    tile.place(),
                                    pictures.image(tile),
                                    pictures.classes(tile, study.training().region().labels())));
            for (Result result : study.results()) {
                int[] map = result.first().prediction();
                html.append(
                        """
                        <div><p>%s</p><img alt="Prediction" src="%s" /><img alt="Mistakes" src="%s" />\
                        <p class="count">%.1f %% wrong</p></div>
                        """
                                .formatted(
                                        name(result.loss()),
                                        pictures.classes(tile, map),
                                        pictures.mistakes(tile, map),
                                        100.0 * pictures.countMistakes(tile, map) / Tile.PIXELS));
            }
            html.append("</div>\n</figure>\n");
        }
        return html.append("</section>\n").toString();
    }

    /** The held-out tiles with the widest gap between the best and the worst loss, north first. */
    private List<Tile> tellingTiles() {
        List<Tile> tiles = new ArrayList<>(study.training().split().heldOut());
        tiles.sort(Comparator.comparingInt(this::gap).reversed());
        return tiles.stream()
                .limit(TILES)
                .sorted(Comparator.comparingInt(Tile::row).thenComparingInt(Tile::column))
                .toList();
    }

    private int gap(Tile tile) {
        int[] counts =
                study.results().stream()
                        .mapToInt(
                                result -> pictures.countMistakes(tile, result.first().prediction()))
                        .sorted()
                        .toArray();
        // With one loss there is no gap: then its worst tiles are the telling ones.
        return counts.length == 1 ? counts[0] : counts[counts.length - 1] - counts[0];
    }

    private String curves() {
        String legend =
                study.results().stream()
                        .map(result -> "<li>" + name(result.loss()) + "</li>")
                        .collect(Collectors.joining());
        return """
               <section>
               <h2>How they learned</h2>
               <ul class="legend">%s</ul>
               <div class="charts">
               %s%s%s</div>
               </section>
               """
                .formatted(
                        legend,
                        chart(
                                charts.heldOut(Scores::meanIou),
                                "mIoU on held-out tiles, by epoch",
                                "The step size falls to 0 along a cosine: the curves calm down."),
                        chart(
                                charts.heldOut(Scores::boundaryF1),
                                "Boundary F1 on held-out tiles, by epoch",
                                "Outlines get better long after the areas are right."),
                        chart(
                                charts.trainingScore(),
                                "Training score, as a share of the first epoch’s",
                                "Each loss has a scale of its own: compare the shapes, not the"
                                        + " heights."));
    }

    private static String chart(Charts.Faces faces, String title, String caption) {
        return """
               <figure>
               <figcaption><strong>%1$s</strong> %2$s</figcaption>
               <picture><source media="(prefers-color-scheme: dark)" srcset="%4$s" />\
               <img alt="%1$s" width="%5$d" height="%6$d" src="%3$s" /></picture>
               </figure>
               """
                .formatted(
                        title, caption, faces.light(), faces.dark(), Charts.WIDTH, Charts.HEIGHT);
    }

    private String method() {
        Training training = study.training();
        return """
               <section class="method">
               <h2>How this was made</h2>
               <dl>
               <dt>Tiles</dt><dd>%d × %d pixels (18° × 18°) that hold at least two classes: %d to \
               learn from, %d held out in whole columns, since neighbouring tiles resemble each \
               other. Trained on RGB%s in 0–1, half of the tiles mirrored at random.</dd>
               <dt>Network</dt><dd>U-Net with 16, 32 and 48 channels, two 3 × 3 convolutions a level, nearest \
               upsampling; a DL4J ComputationGraph.</dd>
               <dt>Training</dt><dd>Adam, %s falling to 0 along a cosine, batches of %d tiles, %d \
               epochs of %d steps, %s; %s in all, on a CPU %s oneDNN. A step is one batch forward, backward \
               and update; its time is the median.</dd>
               <dt>Again</dt><dd><code>mvn -B -ntp -q -pl examples -am compile exec:java \
               -Dexec.args="%s"</code></dd>
               <dt>Imagery</dt><dd>NASA Visible Earth, Blue Marble (public domain); water mask \
               and elevation from three-globe (MIT).</dd>
               </dl>
               </section>
               """
                .formatted(
                        Tile.SIZE,
                        Tile.SIZE,
                        training.split().training().size(),
                        training.split().heldOut().size(),
                        task == Task.RELIEF ? " and a coarse elevation band" : "",
                        Training.LEARNING_RATE,
                        Training.BATCH,
                        training.epochs(),
                        training.stepsPerEpoch(),
                        study.manySeeds()
                                ? "seeds " + join(study.settings().seeds())
                                : "seed " + study.settings().seeds().get(0),
                        duration(),
                        study.oneDnn() ? "with" : "without",
                        command());
    }

    private String command() {
        Settings settings = study.settings();
        String losses =
                settings.losses().equals(NamedLoss.ALL)
                        ? "all"
                        : settings.losses().stream()
                                .map(NamedLoss::name)
                                .collect(Collectors.joining(","));
        return "--task %s --losses %s --epochs %d%s --seeds %s"
                .formatted(
                        task.name().toLowerCase(Locale.ROOT),
                        losses,
                        settings.epochs(),
                        settings.tiles() == Integer.MAX_VALUE ? "" : " --tiles " + settings.tiles(),
                        join(settings.seeds()).replace(" ", ""));
    }

    private String duration() {
        long seconds = study.duration().toSeconds();
        return seconds < 90 ? seconds + " seconds" : Math.round(seconds / 60.0) + " minutes";
    }

    private String legend() {
        StringBuilder html = new StringBuilder("<ul class=\"legend\">");
        for (MapClass c : task.classes()) {
            html.append("<li>%s%s</li>".formatted(swatch(c.color()), c.title()));
        }
        for (MapClass c : task.classes()) {
            html.append(
                    "<li>%smistake: called %s, but is not</li>"
                            .formatted(swatch(c.mistake()), c.title()));
        }
        return html.append("</ul>\n").toString();
    }

    private static String name(NamedLoss loss) {
        return swatch(Charts.color(loss)) + escape(loss.title());
    }

    private static String swatch(Color color) {
        return "<i style=\"background:#%06x\"></i>".formatted(color.getRGB() & 0xFFFFFF);
    }

    private static String join(List<Long> seeds) {
        return seeds.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.3f", value);
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    private static String style() {
        try (InputStream in = Page.class.getResourceAsStream("/earth/page.css")) {
            if (in == null) {
                throw new IllegalStateException(
                        "Resource /earth/page.css is not on the class path");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
