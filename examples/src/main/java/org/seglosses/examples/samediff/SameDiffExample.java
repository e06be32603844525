package org.seglosses.examples.samediff;

import org.seglosses.examples.OutputDirectory;
import org.seglosses.examples.Program;
import org.seglosses.examples.earth.EarthTiles;
import org.seglosses.samediff.Backend;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;

/** Trains, saves, loads in a fresh JVM and goes on, in plain SameDiff with the library's losses. */
@Command(
        name = "samediff",
        sortOptions = false,
        usageHelpAutoWidth = true,
        separator = " ",
        abbreviateSynopsis = true,
        header = "Train a small U-Net written in SameDiff, save it, and go on in a fresh JVM.",
        description = {
            "",
            "The tiles of the earth example teach one network per loss: Lovász + cross entropy, and"
                    + " Boundary + cross entropy. The graphs are saved; a JVM that has built none"
                    + " loads them, trains on and infers with GraphPlan. The result is a table.",
            ""
        },
        optionListHeading = "Options:%n",
        footer = {"", "With Maven, options go into -Dexec.args=\"...\"."})
public final class SameDiffExample implements Callable<Integer> {

    private static final int EPOCHS = 20;
    private static final int QUICK_EPOCHS = 3;
    private static final int FURTHER_EPOCHS = 5;
    private static final int QUICK_FURTHER_EPOCHS = 1;
    private static final int ROUNDS = 50;
    private static final int QUICK_ROUNDS = 10;

    @Spec private CommandSpec spec;

    @Option(
            names = "--epochs",
            paramLabel = "N",
            description = "Epochs before the graph is saved (default: " + EPOCHS + ").")
    private Integer epochs;

    @Option(
            names = "--further",
            paramLabel = "N",
            description = "Epochs after it has been loaded (default: " + FURTHER_EPOCHS + ").")
    private Integer further;

    @Option(
            names = "--tiles",
            paramLabel = "N",
            description = "Train on at most this many tiles (default: all).")
    private Integer tiles;

    @Option(
            names = "--quick",
            description =
                    "A first look: "
                            + QUICK_EPOCHS
                            + " epochs and "
                            + QUICK_FURTHER_EPOCHS
                            + " more unless told otherwise.")
    private boolean quick;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    private boolean help;

    private SameDiffExample() {}

    /**
     * Runs the example.
     *
     * @param args options; {@code --help} lists them
     */
    public static void main(String[] args) {
        Program.run(commandLine(), args);
    }

    static CommandLine commandLine() {
        return Program.of(new SameDiffExample());
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Settings settings = settings();
        Optional<String> problem = Backend.problem();
        if (problem.isPresent()) {
            spec.commandLine().getErr().println("samediff: " + problem.get());
            return 1;
        }
        PrintWriter out = spec.commandLine().getOut();
        EarthTiles earth = settings.load();
        Files.createDirectories(settings.directory());
        out.printf(
                "SameDiff: %d training tiles, %d epochs of %d steps, then %d in a fresh JVM%n",
                earth.trainingTiles(),
                settings.epochs(),
                Settings.steps(earth),
                settings.furtherEpochs());
        Map<Objective, Beginning> before = new EnumMap<>(Objective.class);
        for (Objective objective : Objective.values()) {
            before.put(objective, Beginning.of(objective, earth, settings, out));
        }
        out.println("Saved; a fresh JVM each goes on");
        out.flush();
        Map<Objective, Continuation> after = new EnumMap<>(Objective.class);
        for (Objective objective : Objective.values()) {
            after.put(objective, FreshJvm.goOn(objective, settings));
        }
        return new Report(out, settings, before, after).print() ? 0 : 1;
    }

    /** The options with their defaults, checked. */
    private Settings settings() {
        return new Settings(
                atLeastOne("--tiles", tiles, Integer.MAX_VALUE),
                atLeastOne("--epochs", epochs, quick ? QUICK_EPOCHS : EPOCHS),
                atLeastOne("--further", further, quick ? QUICK_FURTHER_EPOCHS : FURTHER_EPOCHS),
                quick ? QUICK_ROUNDS : ROUNDS,
                OutputDirectory.of("samediff"));
    }

    private int atLeastOne(String name, Integer value, int otherwise) {
        if (value != null && value < 1) {
            throw new ParameterException(
                    spec.commandLine(), name + " must be at least 1, got " + value);
        }
        return value != null ? value : otherwise;
    }
}
