package org.seglosses.examples.spark;

import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.spark.api.RDDTrainingApproach;
import org.deeplearning4j.spark.parameterserver.training.SharedTrainingMaster;
import org.nd4j.linalg.learning.config.RmsProp;
import org.nd4j.parameterserver.distributed.conf.VoidConfiguration;
import org.nd4j.parameterserver.distributed.v2.enums.MeshBuildMode;
import org.seglosses.dl4j.LossCrossEntropy;
import org.seglosses.dl4j.evaluation.SegmentationEvaluation;
import org.seglosses.examples.earth.EarthTiles;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;

/** Trains by gradient sharing, to see how far it holds. */
@Command(
        name = "sharing",
        sortOptions = false,
        usageHelpAutoWidth = true,
        separator = " ",
        header = "Try SharedTrainingMaster: gradients shared over UDP. Not recommended.",
        optionListHeading = "Options:%n")
final class Sharing implements Callable<Integer> {

    private static final double LEARNING_RATE = 1e-3;

    @Spec private CommandSpec spec;

    @Mixin private SparkOptions options;

    @Option(
            names = "--epochs",
            paramLabel = "N",
            defaultValue = "3",
            description = "Passes over the tiles (default: ${DEFAULT-VALUE}).")
    private int epochs;

    @Override
    public Integer call() throws IOException {
        // Aeron's default of 15 s is below what a first step may take.
        System.setProperty("aeron.publication.unblock.timeout", "45000000000");
        System.setProperty("aeron.dir.delete.on.shutdown", "true");
        TileFiles files = TileFiles.write(options.directory());
        List<String> tiles = files.fill(options.tilesInStep());
        VoidConfiguration network =
                VoidConfiguration.builder()
                        .controllerAddress("127.0.0.1")
                        .networkMask("127.0.0.0/8")
                        .meshBuildMode(MeshBuildMode.PLAIN)
                        .portSupplier(new FreePort())
                        .build();
        PrintWriter out = spec.commandLine().getOut();
        try (JavaSparkContext spark = options.connect()) {
            Learner learner =
                    Learner.onSpark(
                            Architecture.SEQUENTIAL.create(
                                    LossCrossEntropy.builder().ignoreIndex(EarthTiles.VOID).build(),
                                    new RmsProp(LEARNING_RATE)),
                            spark,
                            options.workers(),
                            new SharedTrainingMaster.Builder(network, 1)
                                    .batchSizePerWorker(Averaging.BATCH)
                                    .workersPerNode(1)
                                    .rddTrainingApproach(RDDTrainingApproach.Direct)
                                    .build());
            double before = learner.network().params().norm2Number().doubleValue();
            for (int epoch = 1; epoch <= epochs; epoch++) {
                long start = System.nanoTime();
                learner.fit(tiles);
                SegmentationEvaluation scores = learner.evaluate(files.heldOut());
                out.printf(
                        Locale.ROOT,
                        "epoch %d: %.1f s, mIoU %.3f, norm of the parameters %.5f after %.5f%n",
                        epoch,
                        (System.nanoTime() - start) / 1e9,
                        scores.meanIou(),
                        learner.network().params().norm2Number().doubleValue(),
                        before);
                out.flush();
            }
        }
        return 0;
    }
}
