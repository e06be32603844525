package org.seglosses.benchmarks.training;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.dataset.DataSet;
import org.seglosses.benchmarks.Results;
import org.seglosses.benchmarks.training.EarthTiles.Corner;
import org.seglosses.samediff.Backend;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;

/** The command: a whole training with one of our losses in DL4J, beside the same in PyTorch. */
@Command(
        name = "whole-training",
        description = {
            "Trains the earth example's network on the example's tiles in DL4J, oneDNN helpers on,"
                    + " and in PyTorch: the same first weights, batches, loss and optimizer, an"
                    + " epoch here and an epoch there.",
            "Prints the time of the epochs and where DL4J's goes, in Markdown, and writes it; the"
                    + " epochs as whole-training.csv too."
        },
        sortOptions = false,
        usageHelpAutoWidth = true)
public final class WholeTraining implements Callable<Integer> {

    static final int BATCH = 8;

    /** Enough samples of the stack for shares of a percent. */
    private static final int WATCHED_EPOCHS = 3;

    /** PyTorch's threads spin on for a while after an epoch, DL4J's too. */
    private static final long PAUSE_MILLISECONDS = 50;

    /** What is trained with, by the names of {@code training_peer.py}. */
    enum Loss {
        CROSS_ENTROPY(StepCase.CROSS_ENTROPY),
        CROSS_ENTROPY_AND_LOVASZ(StepCase.CROSS_ENTROPY_AND_LOVASZ);

        private final StepCase ours;

        Loss(StepCase ours) {
            this.ours = ours;
        }

        static Loss of(String name) {
            return Arrays.stream(values())
                    .filter(loss -> loss.toString().equals(name))
                    .findFirst()
                    .orElseThrow(
                            () ->
                                    new TypeConversionException(
                                            "loss must be one of "
                                                    + Arrays.toString(values())
                                                    + ", got '"
                                                    + name
                                                    + "'"));
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    @Option(
            names = "--epochs",
            paramLabel = "N",
            defaultValue = "10",
            description =
                    "epochs that count; one more before them warms up (default: ${DEFAULT-VALUE})")
    private int epochs;

    @Option(
            names = "--loss",
            paramLabel = "LOSS",
            defaultValue = "cross-entropy-and-lovasz",
            description = "one of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
    private Loss loss;

    @Option(
            names = "--python",
            paramLabel = "COMMAND",
            description = "the Python that has PyTorch (default: the first that has it)")
    private String python;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "where whole-training.md and .csv go " + Results.DIRECTORY)
    private Path out;

    @Option(names = "--help", usageHelp = true, description = "shows this and ends")
    private boolean help;

    @Spec private CommandSpec spec;

    /** Constructs the command, for the command line to fill. */
    public WholeTraining() {}

    /**
     * Runs the command.
     *
     * @param arguments see {@code --help}
     */
    public static void main(String[] arguments) {
        int status = commandLine().execute(arguments);
        // Ending this way ends Maven too, so only a failure does.
        if (status != 0) {
            System.exit(status);
        }
    }

    static CommandLine commandLine() {
        return new CommandLine(new WholeTraining()).registerConverter(Loss.class, Loss::of);
    }

    /**
     * Trains, prints and writes.
     *
     * @return 0, or 1 if PyTorch is not there
     * @throws IOException if its files cannot be written
     */
    @Override
    public Integer call() throws IOException {
        if (epochs < 1) {
            throw new ParameterException(
                    spec.commandLine(), "--epochs must be >= 1, got " + epochs);
        }
        Optional<String> problem = Backend.problem();
        if (problem.isPresent()) {
            spec.commandLine().getErr().println("whole-training: " + problem.get());
            return 1;
        }
        Results results = Results.of(spec.commandLine(), out);
        Path directory = Files.createTempDirectory("whole-training");
        try (TorchTraining torch = TorchTraining.start(Results.pythons(python), directory)) {
            Host host = new Host(torch.handle());
            TrainingReport report = train(torch, host);
            results.show(spec.commandLine(), "whole-training", report.markdown(), report.csv());
        } catch (TorchTraining.NotFound e) {
            spec.commandLine().getErr().println("whole-training: " + e.getMessage());
            return 1;
        } finally {
            try (var files = Files.list(directory)) {
                for (Path file : files.toList()) {
                    Files.deleteIfExists(file);
                }
            }
            Files.deleteIfExists(directory);
        }
        return 0;
    }

    private TrainingReport train(TorchTraining torch, Host host) throws IOException {
        EarthTiles tiles = EarthTiles.load();
        List<Corner> corners = tiles.trainingTiles();
        List<DataSet> batches = new ArrayList<>();
        for (int first = 0; first < corners.size(); first += BATCH) {
            List<Corner> some = corners.subList(first, Math.min(first + BATCH, corners.size()));
            batches.add(tiles.indexed(some, EarthTiles.TILE));
        }
        ComputationGraph net = UNet.create(EarthTiles.TILE, EarthTiles.CLASSES, loss.ours.layer());
        torch.begin(
                loss,
                net,
                tiles.images(corners, EarthTiles.TILE),
                tiles.indices(corners, EarthTiles.TILE));
        List<TrainingReport.Epoch> all = new ArrayList<>();
        for (int epoch = 0; epoch <= epochs; epoch++) {
            tell("epoch %d of %d", epoch, epochs);
            pause();
            long start = System.nanoTime();
            double score = epoch(net, batches);
            double milliseconds = (System.nanoTime() - start) / 1e6;
            pause();
            all.add(new TrainingReport.Epoch(score, milliseconds, torch.epoch()));
        }
        StackSamples samples = new StackSamples();
        try (samples) {
            for (int epoch = 0; epoch < WATCHED_EPOCHS; epoch++) {
                epoch(net, batches);
            }
        }
        String title =
                "The training of the earth network with "
                        + loss.ours.title()
                        + ", "
                        + corners.size()
                        + " tiles in batches of "
                        + BATCH
                        + ", "
                        + host.describe()
                        + ", "
                        + torch.description();
        return new TrainingReport(title, all, batches.size(), samples.shares());
    }

    /** Returns the mean of the steps' scores. */
    private static double epoch(ComputationGraph net, List<DataSet> batches) {
        double score = 0;
        for (DataSet batch : batches) {
            net.fit(batch);
            score += net.score() / batches.size();
        }
        return score;
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("The training was interrupted", e);
        }
    }

    private void tell(String format, Object... arguments) {
        spec.commandLine().getErr().println(String.format(format, arguments));
    }
}
