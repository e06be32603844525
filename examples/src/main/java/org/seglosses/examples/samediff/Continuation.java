package org.seglosses.examples.samediff;

import org.bytedeco.javacpp.Pointer;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.seglosses.examples.earth.EarthTiles;
import org.seglosses.samediff.plan.GraphPlan;

import java.io.PrintWriter;
import java.io.Serializable;
import java.util.List;

/**
 * The fresh JVM's part: load, go on training, infer with a plan.
 *
 * @param loaded the score of the graph as it was loaded
 * @param further the score after further training
 * @param planned the same by a plan
 * @param loadedBytes memory of the process before it trains
 * @param furtherBytes memory of the process when it has trained
 * @param costs what session and plan take
 */
record Continuation(
        Score loaded,
        Score further,
        Score planned,
        long loadedBytes,
        long furtherBytes,
        Costs costs)
        implements Serializable {

    static Continuation of(
            Objective objective, EarthTiles tiles, Settings settings, PrintWriter out) {
        SameDiff net = SameDiff.load(settings.graph(objective).toFile(), true);
        List<DataSet> heldOut = tiles.heldOut(Settings.BATCH);
        Score loaded = Beginning.score(net, heldOut);
        long loadedBytes = Pointer.physicalBytes();
        Net.train(
                net,
                Settings.training(tiles, Settings.SEED + 1),
                settings.furtherEpochs(),
                new EpochLines(out, objective.title(), Settings.steps(tiles)));
        long furtherBytes = Pointer.physicalBytes();
        Score further = Beginning.score(net, heldOut);
        Score planned;
        try (GraphPlan plan = plan(net, heldOut.get(0), Net.LOSS, Net.LOGITS)) {
            planned = Score.of(heldOut, plan::run);
        }
        return new Continuation(
                loaded,
                further,
                planned,
                loadedBytes,
                furtherBytes,
                Costs.of(net, heldOut.get(0), settings.rounds()));
    }

    /** A plan for batches of this one's shape. */
    static GraphPlan plan(SameDiff graph, DataSet batch, String... outputs) {
        return GraphPlan.builder(graph)
                .input(Net.IMAGES, DataType.FLOAT, batch.getFeatures().shape())
                .input(Net.LABELS, DataType.FLOAT, batch.getLabels().shape())
                .output(outputs)
                .build();
    }
}
