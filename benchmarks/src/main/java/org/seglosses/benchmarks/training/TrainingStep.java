package org.seglosses.benchmarks.training;

import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.seglosses.benchmarks.Results;
import org.seglosses.benchmarks.training.EarthTiles.Corner;
import org.seglosses.benchmarks.training.Trainee.Turn;
import org.seglosses.samediff.Backend;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;

/** The command: what a training step takes with each of our losses, beside LossMCXENT. */
@Command(
        name = "training-step",
        description = {
            "Times a training step of the earth example's network, oneDNN helpers on, with each of"
                    + " our losses in SegmentationLossLayer and with DL4J's LossMCXENT in"
                    + " CnnLossLayer, taking turns in one session.",
            "Prints a Markdown table and writes it, as training-step.csv too. A ratio is the median"
                    + " over the rounds; the loss's time is what its layer takes within the step."
        },
        sortOptions = false,
        usageHelpAutoWidth = true)
public final class TrainingStep implements Callable<Integer> {

    private static final List<StepSize> SIZES =
            List.of(new StepSize(8, EarthTiles.TILE), new StepSize(4, 256));

    private static final int MOST_BATCHES = 3;

    /** Long enough for a median, short enough for both sides to meet the same machine. */
    private static final double TURN_MILLISECONDS = 300;

    private static final int MIN_STEPS = 3;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "7",
            description = "rounds in which every loss has a turn (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Option(
            names = "--cases",
            paramLabel = "CASE",
            split = ",",
            completionCandidates = CaseIds.class,
            description = "only these, separated by commas: ${COMPLETION-CANDIDATES}")
    private List<String> cases = StepCase.ids();

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "where training-step.md and .csv go " + Results.DIRECTORY)
    private Path out;

    @Option(names = "--help", usageHelp = true, description = "shows this and ends")
    private boolean help;

    @Spec private CommandSpec spec;

    /** Constructs the command, for the command line to fill. */
    public TrainingStep() {}

    /**
     * Runs the command.
     *
     * @param arguments see {@code --help}
     */
    public static void main(String[] arguments) {
        int status = new CommandLine(new TrainingStep()).execute(arguments);
        // Ending this way ends Maven too, so only a failure does.
        if (status != 0) {
            System.exit(status);
        }
    }

    /**
     * Measures, prints and writes.
     *
     * @return 0
     * @throws IOException if the results cannot be written
     */
    @Override
    public Integer call() throws IOException {
        if (rounds < 1) {
            throw new ParameterException(
                    spec.commandLine(), "--rounds must be >= 1, got " + rounds);
        }
        Optional<String> problem = Backend.problem();
        if (problem.isPresent()) {
            spec.commandLine().getErr().println("training-step: " + problem.get());
            return 1;
        }
        List<StepCase> chosen = chosenCases();
        Results results = Results.of(spec.commandLine(), out);
        Host host = new Host();
        EarthTiles tiles = EarthTiles.load();
        List<StepRow> rows = new ArrayList<>();
        for (StepSize size : SIZES) {
            rows.addAll(measure(chosen, size, tiles));
        }
        StepReport report = new StepReport(host.describe(), rows);
        results.show(spec.commandLine(), "training-step", report.markdown(), report.csv());
        return 0;
    }

    private List<StepCase> chosenCases() {
        try {
            return cases.stream().map(StepCase::of).distinct().toList();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private List<StepRow> measure(List<StepCase> chosen, StepSize size, EarthTiles tiles) {
        List<List<Corner>> batches = batches(tiles.squares(size.edge()), size.batch());
        List<DataSet> oneHot = batches.stream().map(b -> tiles.oneHot(b, size.edge())).toList();
        List<DataSet> indexed = batches.stream().map(b -> tiles.indexed(b, size.edge())).toList();
        Trainee stock =
                new Trainee(
                        size.edge(),
                        EarthTiles.CLASSES,
                        new CnnLossLayer.Builder(LossFunction.MCXENT)
                                .activation(Activation.SOFTMAX)
                                .build(),
                        oneHot);
        tell("%s: warming up", size);
        int steps = (int) Math.max(MIN_STEPS, Math.round(TURN_MILLISECONDS / stock.warmUp()));
        List<Pair> pairs = new ArrayList<>();
        for (StepCase loss : chosen) {
            Trainee ours = new Trainee(size.edge(), loss.outputs(), loss.layer(), indexed);
            ours.warmUp();
            pairs.add(new Pair(loss, ours, rounds));
        }
        for (int round = 0; round < rounds; round++) {
            tell("%s: round %d of %d", size, round + 1, rounds);
            for (Pair pair : pairs) {
                pair.round(round, stock, steps);
            }
        }
        return pairs.stream().map(pair -> pair.row(size)).toList();
    }

    private static List<List<Corner>> batches(List<Corner> squares, int batch) {
        int count = Math.min(MOST_BATCHES, squares.size() / batch);
        List<List<Corner>> batches = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            batches.add(squares.subList(i * batch, (i + 1) * batch));
        }
        return batches;
    }

    private void tell(String format, Object... arguments) {
        spec.commandLine().getErr().println(String.format(format, arguments));
    }

    /** A loss that takes turns with LossMCXENT. */
    private static final class Pair {

        private final StepCase loss;
        private final Trainee ours;
        private final double[] step;
        private final double[] within;
        private final double[] stockStep;
        private final double[] stockWithin;

        Pair(StepCase loss, Trainee ours, int rounds) {
            this.loss = loss;
            this.ours = ours;
            step = new double[rounds];
            within = new double[rounds];
            stockStep = new double[rounds];
            stockWithin = new double[rounds];
        }

        /** A turn each, ours first in every other round. */
        void round(int round, Trainee stock, int steps) {
            boolean first = round % 2 == 0;
            Turn before = first ? ours.turn(steps) : null;
            Turn other = stock.turn(steps);
            Turn own = first ? before : ours.turn(steps);
            step[round] = own.step();
            within[round] = own.loss();
            stockStep[round] = other.step();
            stockWithin[round] = other.loss();
        }

        StepRow row(StepSize size) {
            return new StepRow(
                    loss,
                    size,
                    new Rounds(step),
                    new Rounds(within),
                    new Rounds(stockStep),
                    new Rounds(stockWithin));
        }
    }

    /** For the help page. */
    private static final class CaseIds extends ArrayList<String> {

        private static final long serialVersionUID = 1L;

        CaseIds() {
            super(StepCase.ids());
        }
    }
}
