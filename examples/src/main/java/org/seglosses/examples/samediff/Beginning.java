package org.seglosses.examples.samediff;

import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.dataset.DataSet;
import org.seglosses.examples.earth.EarthTiles;

import java.io.PrintWriter;
import java.util.List;

/**
 * The first JVM's part: define, train, save.
 *
 * @param untrained the score before training
 * @param trained the score after it
 */
record Beginning(Score untrained, Score trained) {

    static Beginning of(Objective objective, EarthTiles tiles, Settings settings, PrintWriter out) {
        SameDiff net = Net.create(objective, Settings.SEED);
        List<DataSet> heldOut = tiles.heldOut(Settings.BATCH);
        Score untrained = score(net, heldOut);
        Net.train(
                net,
                Settings.training(tiles, Settings.SEED),
                settings.epochs(),
                new EpochLines(out, objective.title(), Settings.steps(tiles)));
        Score trained = score(net, heldOut);
        // true: with Adam's state, without which training would not go on but begin again
        net.save(settings.graph(objective).toFile(), true);
        return new Beginning(untrained, trained);
    }

    /** By SameDiff's own session. */
    static Score score(SameDiff net, List<DataSet> batches) {
        return Score.of(batches, inputs -> net.output(inputs, Net.LOSS, Net.LOGITS));
    }
}
