package org.seglosses.examples.earth;

import org.seglosses.examples.OutputDirectory;
import org.seglosses.examples.Program;
import org.seglosses.onednn.OneDnn;
import org.seglosses.onednn.OneDnnReport;
import org.seglosses.samediff.Backend;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;

/** Trains a U-Net on satellite imagery once per loss and writes a page that compares the losses. */
@Command(
        name = "earth",
        sortOptions = false,
        usageHelpAutoWidth = true,
        separator = " ",
        abbreviateSynopsis = true,
        header = "Train a small U-Net on satellite imagery, once per loss, and compare.",
        description = {
            "",
            "Tiles of NASA's Blue Marble are split by geography. Each loss trains the same network"
                    + " from the same start on the same tiles in the same order. The result is a"
                    + " table and one web page with curves, pictures and a map.",
            ""
        },
        optionListHeading = "Options:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  --quick                          a first look in about a minute",
            "  --losses mcxent,ohem             two losses only",
            "  --task relief                    three classes, one of them rare",
            "  --seeds 1,2,3 --epochs 25        mean and spread over three seeds",
            "",
            "With Maven, options go into -Dexec.args=\"...\"."
        })
public final class EarthExample implements Callable<Integer> {

    private static final int EPOCHS = 25;
    private static final int QUICK_EPOCHS = 6;
    private static final String QUICK_LOSSES = "mcxent,ohem,boundary";

    @Spec private CommandSpec spec;

    @Option(
            names = "--task",
            paramLabel = "NAME",
            defaultValue = "water",
            description = "water (water or land; default) or relief (water, land or mountain).")
    private String task;

    @Option(
            names = "--losses",
            paramLabel = "NAMES",
            completionCandidates = LossNames.class,
            description =
                    "Losses, separated by commas; all (default) for mcxent to lovasz, every for"
                            + " every one: ${COMPLETION-CANDIDATES}.")
    private String losses;

    @Option(
            names = "--epochs",
            paramLabel = "N",
            description = "Passes over the training tiles (default: " + EPOCHS + ").")
    private Integer epochs;

    @Option(
            names = "--tiles",
            paramLabel = "N",
            description = "Train on at most this many tiles (default: all).")
    private Integer tiles;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "First weights, order and flips of the tiles (default: 1).")
    private Long seed;

    @Option(
            names = "--seeds",
            paramLabel = "N,N,...",
            split = ",",
            hideParamSyntax = true,
            description = "Train once per seed; report mean and spread.")
    private List<Long> seeds;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Where the page goes (default: target/earth in the examples module).")
    private Path out;

    @Option(
            names = "--quick",
            description =
                    "A first look: "
                            + QUICK_EPOCHS
                            + " epochs and the losses "
                            + QUICK_LOSSES
                            + " unless told otherwise.")
    private boolean quick;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    private boolean help;

    private EarthExample() {}

    /**
     * Runs the example.
     *
     * @param args options; {@code --help} lists them
     */
    public static void main(String[] args) {
        Program.run(commandLine(), args);
    }

    static CommandLine commandLine() {
        // Pictures and charts are drawn, never shown; without this, AWT looks for a display.
        System.setProperty("java.awt.headless", "true");
        return Program.of(new EarthExample());
    }

    @Override
    public Integer call() throws IOException {
        Settings settings = settings();
        Optional<String> problem = Backend.problem();
        if (problem.isPresent()) {
            spec.commandLine().getErr().println("earth: " + problem.get());
            return 1;
        }
        Console console = new Console(spec.commandLine().getOut());
        OneDnnReport oneDnn = OneDnn.enable();
        Region region = settings.task().region(Rasters.load());
        Split split = Split.of(region).withAtMost(settings.tiles());
        Training training = new Training(settings.task(), region, split, settings.epochs());
        long start = System.nanoTime();
        console.announce(training, settings, oneDnn);
        List<Result> results = new ArrayList<>();
        for (NamedLoss loss : settings.losses()) {
            List<Run> runs = new ArrayList<>();
            for (long s : settings.seeds()) {
                try (Console.Bar bar = console.bar(training, loss, s, settings)) {
                    runs.add(training.run(loss, s, bar));
                }
            }
            results.add(new Result(loss, runs));
        }
        Study study =
                new Study(
                        training,
                        settings,
                        results,
                        oneDnn.active(),
                        Duration.ofNanos(System.nanoTime() - start));
        Files.createDirectories(settings.out());
        Path page = settings.out().resolve("index.html").toAbsolutePath().normalize();
        Files.writeString(page, new Page(study).html());
        console.report(study, page);
        return 0;
    }

    /** The options with their defaults, checked. */
    private Settings settings() {
        if (seed != null && seeds != null) {
            throw bad("--seed and --seeds exclude each other");
        }
        Task parsedTask = parsedTask();
        return new Settings(
                parsedTask,
                parsedLosses(parsedTask.classes().size()),
                atLeastOne("--epochs", epochs, quick ? QUICK_EPOCHS : EPOCHS),
                atLeastOne("--tiles", tiles, Integer.MAX_VALUE),
                seeds != null
                        ? seeds.stream().distinct().toList()
                        : List.of(seed != null ? seed : 1L),
                checkedOut());
    }

    private Task parsedTask() {
        for (Task t : Task.values()) {
            if (t.name().equalsIgnoreCase(task)) {
                return t;
            }
        }
        throw bad("--task must be water or relief, got \"" + task + "\"");
    }

    private List<NamedLoss> parsedLosses(int classes) {
        try {
            return NamedLoss.parse(losses != null ? losses : quick ? QUICK_LOSSES : "all", classes);
        } catch (IllegalArgumentException e) {
            throw bad("--losses: " + e.getMessage());
        }
    }

    private int atLeastOne(String name, Integer value, int otherwise) {
        if (value != null && value < 1) {
            throw bad(name + " must be at least 1, got " + value);
        }
        return value != null ? value : otherwise;
    }

    private Path checkedOut() {
        Path dir = out != null ? out : OutputDirectory.of("earth");
        for (Path p = dir.toAbsolutePath(); p != null; p = p.getParent()) {
            if (Files.exists(p) && !(Files.isDirectory(p) && Files.isWritable(p))) {
                throw bad("--out must be a directory that can be written, got " + dir);
            }
            if (Files.exists(p)) {
                break;
            }
        }
        return dir;
    }

    /** For the help. */
    private static final class LossNames implements Iterable<String> {

        @Override
        public Iterator<String> iterator() {
            return NamedLoss.EVERY.stream().map(NamedLoss::name).iterator();
        }
    }

    private ParameterException bad(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
