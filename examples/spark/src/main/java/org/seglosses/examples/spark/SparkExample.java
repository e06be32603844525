package org.seglosses.examples.spark;

import org.apache.spark.api.java.JavaSparkContext;
import org.nd4j.linalg.learning.config.RmsProp;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.seglosses.dl4j.LossBoundary;
import org.seglosses.dl4j.LossCombined;
import org.seglosses.dl4j.LossCrossEntropy;
import org.seglosses.dl4j.evaluation.SegmentationEvaluation;
import org.seglosses.examples.Program;
import org.seglosses.examples.earth.EarthTiles;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;

/** Trains two networks on satellite imagery with Spark. */
@Command(
        name = "earth-on-spark",
        sortOptions = false,
        usageHelpAutoWidth = true,
        separator = " ",
        header = "Train two networks on satellite imagery with Spark.",
        description = {
            "",
            "The earth example's U-Net by SparkComputationGraph, and a sequential network by"
                    + " SparkDl4jMultiLayer. Executors read the tiles from files, train by"
                    + " parameter averaging, and score the held-out tiles.",
            ""
        },
        optionListHeading = "Options:%n",
        commandListHeading = "%nCommands:%n",
        footer = {"", "With Maven, options go into -Dexec.args=\"...\"."},
        subcommands = {Parity.class, Throughput.class, Faults.class, Sharing.class})
public final class SparkExample implements Callable<Integer> {

    private static final int EPOCHS = 20;
    private static final int QUICK_EPOCHS = 2;
    private static final int QUICK_STEPS = 2;

    /**
     * Keeps no count of its steps: Adam does, and DL4J starts that count anew at each average of a
     * graph.
     */
    private static final double LEARNING_RATE = 1e-3;

    @Spec private CommandSpec spec;

    @Mixin private SparkOptions options;

    @Option(
            names = "--epochs",
            paramLabel = "N",
            description = "Passes over the training tiles (default: " + EPOCHS + ").")
    private Integer epochs;

    @Option(
            names = "--average-every",
            paramLabel = "N",
            defaultValue = "1",
            description = "Steps between two averages (default: ${DEFAULT-VALUE}).")
    private int averageEvery;

    @Option(
            names = "--quick",
            description =
                    "A first look: "
                            + QUICK_EPOCHS
                            + " epochs of "
                            + QUICK_STEPS
                            + " steps unless told otherwise.")
    private boolean quick;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = CommandLine.ScopeType.INHERIT,
            description = "Show this help.")
    private boolean help;

    private SparkExample() {}

    /**
     * Runs the example.
     *
     * @param args options; {@code --help} lists them
     */
    public static void main(String[] args) {
        Program.run(commandLine(), args);
    }

    static CommandLine commandLine() {
        System.setProperty("java.awt.headless", "true");
        return Program.of(new SparkExample())
                .setExecutionExceptionHandler(
                        (e, line, parsed) -> {
                            line.getErr().println("earth-on-spark: " + Reason.of(e));
                            return line.getCommandSpec().exitCodeOnExecutionException();
                        });
    }

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        TileFiles files = TileFiles.write(options.directory());
        int step = options.tilesInStep() * atLeastOne();
        List<String> training = quick ? files.some(QUICK_STEPS * step) : files.fill(step);
        int passes = epochs != null ? epochs : quick ? QUICK_EPOCHS : EPOCHS;
        Table table =
                new Table(
                        "network",
                        "parameters",
                        "tiles",
                        "epochs",
                        "s",
                        "tiles/s",
                        "IoU water",
                        "IoU land",
                        "mIoU",
                        "boundary F1");
        try (JavaSparkContext spark = options.connect()) {
            out.printf(
                    "Earth on %s: %d workers, %d training tiles in files, %d held out%n",
                    options.master(), options.workers(), training.size(), files.heldOut().size());
            for (Architecture architecture : Architecture.values()) {
                Learner learner =
                        Learner.onSpark(
                                architecture.create(loss(), new RmsProp(LEARNING_RATE)),
                                spark,
                                options.workers(),
                                Averaging.every(averageEvery, options.workers()));
                long start = System.nanoTime();
                for (int epoch = 1; epoch <= passes; epoch++) {
                    learner.fit(training);
                    out.printf("%s: epoch %d of %d%n", architecture.title(), epoch, passes);
                    out.flush();
                }
                double seconds = (System.nanoTime() - start) / 1e9;
                SegmentationEvaluation scores = learner.evaluate(files.heldOut());
                table.add(
                        architecture.title(),
                        Long.toString(learner.network().params().length()),
                        Integer.toString(training.size()),
                        Integer.toString(passes),
                        figure(seconds),
                        figure(passes * training.size() / seconds),
                        figure(scores.iou(0)),
                        figure(scores.iou(1)),
                        figure(scores.meanIou()),
                        figure(scores.boundaryF1()));
            }
        }
        out.println();
        out.print(table);
        out.flush();
        return 0;
    }

    private int atLeastOne() {
        if (averageEvery < 1) {
            throw new ParameterException(
                    spec.commandLine(), "--average-every must be at least 1, got " + averageEvery);
        }
        return averageEvery;
    }

    private static ILossFunction loss() {
        return LossCombined.builder()
                .add(1, LossCrossEntropy.builder().ignoreIndex(EarthTiles.VOID).build())
                .add(
                        0.5,
                        LossBoundary.builder()
                                .theta0(3)
                                .theta(5)
                                .ignoreIndex(EarthTiles.VOID)
                                .build())
                .build();
    }

    private static String figure(double value) {
        return String.format(Locale.ROOT, "%.3g", value);
    }
}
