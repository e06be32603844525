package org.seglosses.examples.spark;

import org.apache.spark.api.java.JavaSparkContext;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.RmsProp;
import org.seglosses.dl4j.LossDice;
import org.seglosses.examples.earth.EarthTiles;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** Breaks a cluster in mid-training and looks at what becomes of the training. */
@Command(
        name = "faults",
        sortOptions = false,
        usageHelpAutoWidth = true,
        separator = " ",
        header = "Kill executors and workers in mid-training, and give executors bad input.",
        description = {
            "",
            "For the cluster of cluster.sh. After a kill the training must end with the parameters"
                    + " of an undisturbed one; bad input must end it with a message that says what"
                    + " was bad. faults.sh starts a cluster, runs this, and stops it.",
            ""
        },
        optionListHeading = "Options:%n")
final class Faults implements Callable<Integer> {

    private static final double LEARNING_RATE = 1e-3;

    private static final int EPOCHS = 3;

    /** What a retry costs none: the same sums on another executor. */
    private static final double LIMIT = 1e-6;

    private static final int BAD_LABEL = 7;

    @Spec private CommandSpec spec;

    @Mixin private SparkOptions options;

    @Option(
            names = "--kills",
            paramLabel = "N",
            defaultValue = "3",
            description = "Kills of each kind (default: ${DEFAULT-VALUE}).")
    private int kills;

    private final LocalCluster cluster = LocalCluster.beside();

    private final Table table = new Table("what was done", "s", "what came of it", "as expected");

    private boolean good = true;

    @Override
    public Integer call() throws IOException, InterruptedException, ExecutionException {
        if (options.isLocal()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--master must be a cluster of cluster.sh, got " + options.master());
        }
        TileFiles files = TileFiles.write(options.directory());
        List<String> tiles = files.fill(options.tilesInStep());
        try (JavaSparkContext spark = options.connect()) {
            long start = System.nanoTime();
            INDArray undisturbed = train(spark, tiles, () -> {});
            note("nothing", start, "training ended", true);
            for (int i = 0; i < kills; i++) {
                int worker = 1 + i % LocalCluster.WORKERS;
                killed(
                        spark,
                        tiles,
                        undisturbed,
                        "kill -9 of the executor of worker " + worker,
                        () -> cluster.executors(worker).get(0));
            }
            for (int i = 0; i < kills; i++) {
                int worker = 1 + i % LocalCluster.WORKERS;
                killed(
                        spark,
                        tiles,
                        undisturbed,
                        "kill -9 of worker " + worker,
                        () -> cluster.worker(worker).orElseThrow());
                cluster.start(options.master(), "");
            }
            fails(
                    spark,
                    withBadLabel(tiles),
                    "label " + BAD_LABEL + " in one tile",
                    "labels must",
                    Integer.toString(BAD_LABEL));
        }
        kill(cluster.worker(2).orElseThrow());
        cluster.start(options.master(), "dl4j-losses");
        try (JavaSparkContext spark = options.connect()) {
            fails(
                    spark,
                    tiles,
                    "no dl4j-losses on worker 2",
                    "ClassNotFoundException",
                    "org.seglosses.dl4j");
        }
        PrintWriter out = spec.commandLine().getOut();
        out.printf("%n%s%n%s%n", table, good ? "All as expected." : "NOT all as expected.");
        out.flush();
        return good ? 0 : 1;
    }

    /** Trains anew; the disturbance comes while the second epoch runs. */
    private INDArray train(JavaSparkContext spark, List<String> tiles, Runnable disturbance) {
        Learner learner =
                Learner.onSpark(
                        Architecture.SEQUENTIAL.create(
                                LossDice.builder().ignoreIndex(EarthTiles.VOID).build(),
                                new RmsProp(LEARNING_RATE)),
                        spark,
                        options.workers(),
                        Averaging.every(1, options.workers()));
        CompletableFuture<Void> disturbed = CompletableFuture.completedFuture(null);
        for (int epoch = 0; epoch < EPOCHS; epoch++) {
            if (epoch == 1) {
                disturbed =
                        CompletableFuture.runAsync(
                                disturbance,
                                CompletableFuture.delayedExecutor(500, TimeUnit.MILLISECONDS));
            }
            learner.fit(tiles);
        }
        if (!disturbed.isDone()) {
            throw new IllegalStateException("The training ended before it was disturbed");
        }
        disturbed.join();
        return learner.network().params().dup();
    }

    private void killed(
            JavaSparkContext spark,
            List<String> tiles,
            INDArray undisturbed,
            String what,
            Callable<ProcessHandle> victim) {
        long start = System.nanoTime();
        try {
            INDArray parameters = train(spark, tiles, () -> kill(call(victim)));
            double difference = ParityCase.difference(parameters, undisturbed);
            note(
                    what,
                    start,
                    String.format(
                            Locale.ROOT, "training ended, parameters differ by %.1e", difference),
                    difference <= LIMIT);
        } catch (Exception e) {
            note(what, start, "training failed: " + Reason.of(e), false);
        }
    }

    // Scala throws Spark's checked exceptions undeclared.
    private void fails(JavaSparkContext spark, List<String> tiles, String what, String... says) {
        long start = System.nanoTime();
        try {
            train(spark, tiles, () -> {});
            note(what, start, "training ended", false);
        } catch (Exception e) {
            String reason = Reason.of(e);
            note(what, start, reason, List.of(says).stream().allMatch(reason::contains));
        }
    }

    private void note(String what, long start, String result, boolean expected) {
        good &= expected;
        String seconds = Long.toString(Duration.ofNanos(System.nanoTime() - start).toSeconds());
        table.add(what, seconds, result, expected ? "yes" : "NO");
        PrintWriter out = spec.commandLine().getOut();
        out.printf("%s: %s (%s s)%n", what, result, seconds);
        out.flush();
    }

    /** SIGKILL, and waits until it is gone. */
    private static void kill(ProcessHandle victim) {
        victim.destroyForcibly();
        victim.onExit().join();
    }

    private static ProcessHandle call(Callable<ProcessHandle> victim) {
        try {
            return victim.call();
        } catch (Exception e) {
            throw new IllegalStateException("There is nothing to kill", e);
        }
    }

    /** The same tiles, but one, which is copied and has a label that is no class. */
    private List<String> withBadLabel(List<String> tiles) throws IOException {
        List<String> changed = new ArrayList<>(tiles);
        DataSet tile = TileFiles.read(tiles.get(0));
        tile.getLabels().putScalar(0, BAD_LABEL);
        Path file = options.directory().resolve("bad-label.bin");
        tile.save(file.toFile());
        changed.set(0, file.toUri().toString());
        return changed;
    }
}
