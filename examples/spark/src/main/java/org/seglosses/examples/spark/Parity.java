package org.seglosses.examples.spark;

import org.apache.spark.api.java.JavaSparkContext;
import org.nd4j.linalg.api.ndarray.INDArray;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;

/** Compares parameters after the same steps in different places. */
@Command(
        name = "parity",
        sortOptions = false,
        usageHelpAutoWidth = true,
        separator = " ",
        header = "Compare the parameters after the same steps on one machine and on Spark.",
        description = {
            "",
            "One machine takes a batch as large as all workers' together; SGD. Losses that are a"
                    + " mean over images must agree, others differ and show by how much. Fails if"
                    + " the former do not, or if a cluster differs from local[N].",
            ""
        },
        optionListHeading = "Options:%n")
final class Parity implements Callable<Integer> {

    /** Sums in another order. */
    static final double LIMIT = 1e-5;

    private static final int STEPS = 5;
    private static final int QUICK_STEPS = 2;

    @Spec private CommandSpec spec;

    @Mixin private SparkOptions options;

    @Option(names = "--quick", description = QUICK_STEPS + " steps in the place of " + STEPS + ".")
    private boolean quick;

    @Override
    public Integer call() throws IOException {
        int perStep = options.tilesInStep();
        int steps = quick ? QUICK_STEPS : STEPS;
        List<String> tiles = TileFiles.write(options.directory()).some(steps * perStep);
        List<INDArray> alone = new ArrayList<>();
        for (ParityCase each : ParityCase.ALL) {
            alone.add(
                    ParityCase.afterSteps(new OneMachine(each.network(), perStep), tiles, perStep));
        }
        String local = "local[" + options.workers() + "]";
        List<INDArray> inOneProcess = onSpark(local, tiles, perStep);
        List<INDArray> onCluster =
                options.isLocal() ? null : onSpark(options.master(), tiles, perStep);

        Table table =
                new Table(
                        "loss",
                        "network",
                        "mean over images",
                        "moved by",
                        local + " - one machine",
                        "cluster - " + local);
        boolean good = true;
        for (int i = 0; i < ParityCase.ALL.size(); i++) {
            ParityCase each = ParityCase.ALL.get(i);
            double moved = ParityCase.difference(alone.get(i), each.network().params());
            double spark = ParityCase.difference(inOneProcess.get(i), alone.get(i));
            double cluster =
                    onCluster == null
                            ? 0
                            : ParityCase.difference(onCluster.get(i), inOneProcess.get(i));
            good &= moved > 10 * LIMIT;
            good &= !each.meanOverImages() || spark <= LIMIT;
            good &= cluster <= LIMIT;
            table.add(
                    each.name(),
                    each.architecture().title(),
                    each.meanOverImages() ? "yes" : "no",
                    figure(moved),
                    figure(spark),
                    onCluster == null ? "-" : figure(cluster));
        }
        PrintWriter out = spec.commandLine().getOut();
        out.printf(
                "Largest difference of a parameter after %d steps of %d tiles, limit %s:%n%n%s%n%s%n",
                steps, perStep, LIMIT, table, good ? "As expected." : "NOT as expected.");
        out.flush();
        return good ? 0 : 1;
    }

    private List<INDArray> onSpark(String master, List<String> tiles, int perStep) {
        List<INDArray> parameters = new ArrayList<>();
        try (JavaSparkContext spark = options.connect(master)) {
            for (ParityCase each : ParityCase.ALL) {
                Learner learner =
                        Learner.onSpark(
                                each.network(),
                                spark,
                                options.workers(),
                                Averaging.every(1, options.workers()));
                parameters.add(ParityCase.afterSteps(learner, tiles, perStep));
            }
        }
        return parameters;
    }

    private static String figure(double value) {
        return String.format(Locale.ROOT, "%.1e", value);
    }
}
