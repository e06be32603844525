package org.seglosses.examples.spark;

import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.api.worker.NetBroadcastTuple;
import org.nd4j.linalg.learning.config.RmsProp;
import org.seglosses.dl4j.LossCrossEntropy;
import org.seglosses.examples.earth.EarthTiles;
import org.seglosses.onednn.OneDnn;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;

/** Times the same training on one machine and on Spark. */
@Command(
        name = "throughput",
        sortOptions = false,
        usageHelpAutoWidth = true,
        separator = " ",
        header = "Time the same training on one machine, in local[N], and on a cluster.",
        description = {
            "",
            "The U-Net with cross entropy, as many tiles a step everywhere. Start-up is connecting,"
                    + " and what the first epoch takes longer than the others: it loads classes,"
                    + " compiles, and brings the network to the executors.",
            ""
        },
        optionListHeading = "Options:%n")
final class Throughput implements Callable<Integer> {

    private static final double LEARNING_RATE = 1e-3;

    private static final int SELDOM = 5;

    private static final double MEGABYTE = 1 << 20;

    @Spec private CommandSpec spec;

    @Mixin private SparkOptions options;

    @Option(
            names = "--epochs",
            paramLabel = "N",
            defaultValue = "5",
            description = "Timed passes over the tiles (default: ${DEFAULT-VALUE}).")
    private int epochs;

    private final Table table =
            new Table(
                    "where",
                    "steps between averages",
                    "start-up s",
                    "ms a step",
                    "tiles/s",
                    "MB of this process",
                    "MB of executors");

    @Override
    public Integer call() throws IOException {
        if (epochs < 1) {
            throw new ParameterException(
                    spec.commandLine(), "--epochs must be at least 1, got " + epochs);
        }
        List<String> tiles =
                TileFiles.write(options.directory()).fill(options.tilesInStep() * SELDOM);
        OneDnn.enable();
        time("one machine", "-", 0, new OneMachine(network(), options.tilesInStep()), tiles);
        String local = "local[" + options.workers() + "]";
        onSpark(local, tiles);
        if (!options.isLocal()) {
            onSpark(options.master(), tiles);
        }
        PrintWriter out = spec.commandLine().getOut();
        out.printf(
                Locale.ROOT,
                "%d epochs of %d tiles, %d a step, %d cores here; %.2f MB go to each worker for an"
                        + " average%n%n%s",
                epochs,
                tiles.size(),
                options.tilesInStep(),
                Runtime.getRuntime().availableProcessors(),
                broadcast() / MEGABYTE,
                table);
        out.flush();
        return 0;
    }

    private void onSpark(String master, List<String> tiles) {
        for (int every : new int[] {1, SELDOM}) {
            long start = System.nanoTime();
            try (JavaSparkContext spark = options.connect(master)) {
                double connect = seconds(start);
                Learner learner =
                        Learner.onSpark(
                                network(),
                                spark,
                                options.workers(),
                                Averaging.every(every, options.workers()));
                time(master, Integer.toString(every), connect, learner, tiles);
            }
        }
    }

    private void time(
            String where, String every, double connect, Learner learner, List<String> tiles) {
        long start = System.nanoTime();
        learner.fit(tiles);
        double first = seconds(start);
        start = System.nanoTime();
        for (int epoch = 0; epoch < epochs; epoch++) {
            learner.fit(tiles);
        }
        double epoch = seconds(start) / epochs;
        List<ProcessHandle> executors =
                where.startsWith("spark:") ? LocalCluster.beside().executors() : List.of();
        table.add(
                where,
                every,
                figure(connect + Math.max(0, first - epoch)),
                figure(1e3 * epoch * options.tilesInStep() / tiles.size()),
                figure(tiles.size() / epoch),
                megabytes(List.of(ProcessHandle.current())),
                executors.isEmpty() ? "-" : megabytes(executors));
    }

    private static ComputationGraph network() {
        return (ComputationGraph)
                Architecture.UNET.create(
                        LossCrossEntropy.builder().ignoreIndex(EarthTiles.VOID).build(),
                        new RmsProp(LEARNING_RATE));
    }

    /** Bytes of what Spark sends: configuration, parameters, the updater's state. */
    private static int broadcast() throws IOException {
        ComputationGraph net = network();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(
                    new NetBroadcastTuple(
                            net.getConfiguration(),
                            net.params(),
                            net.getUpdater().getStateViewArray()));
        }
        return bytes.size();
    }

    /** Resident memory, as ps tells it: each process's, in the order of the workers. */
    private static String megabytes(List<ProcessHandle> processes) {
        StringBuilder text = new StringBuilder();
        for (ProcessHandle process : processes) {
            try {
                Process ps =
                        new ProcessBuilder("ps", "-o", "rss=", "-p", Long.toString(process.pid()))
                                .start();
                String kilobytes = new String(ps.getInputStream().readAllBytes()).strip();
                text.append(text.isEmpty() ? "" : " + ")
                        .append(kilobytes.isEmpty() ? "?" : Long.parseLong(kilobytes) / 1024);
            } catch (IOException e) {
                return "?";
            }
        }
        return text.toString();
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    private static String figure(double value) {
        return String.format(Locale.ROOT, "%.3g", value);
    }
}
