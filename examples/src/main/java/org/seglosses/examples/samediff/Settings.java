package org.seglosses.examples.samediff;

import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.seglosses.examples.earth.EarthTiles;

import java.nio.file.Path;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * What both JVMs do the same.
 *
 * @param tiles the most training tiles
 * @param epochs passes over the training tiles before the graph is saved
 * @param furtherEpochs passes after it has been loaded
 * @param rounds how often each way is timed
 * @param directory where the graphs are saved
 */
record Settings(int tiles, int epochs, int furtherEpochs, int rounds, Path directory) {

    static final int BATCH = 8;

    static final long SEED = 1;

    /** The same settings, from {@link #arguments}. */
    static Settings of(String... arguments) {
        return new Settings(
                Integer.parseInt(arguments[0]),
                Integer.parseInt(arguments[1]),
                Integer.parseInt(arguments[2]),
                Integer.parseInt(arguments[3]),
                Path.of(arguments[4]));
    }

    String[] arguments() {
        return new String[] {
            String.valueOf(tiles),
            String.valueOf(epochs),
            String.valueOf(furtherEpochs),
            String.valueOf(rounds),
            directory.toString()
        };
    }

    EarthTiles load() {
        return EarthTiles.load(tiles);
    }

    static int steps(EarthTiles tiles) {
        return (tiles.trainingTiles() + BATCH - 1) / BATCH;
    }

    /** Training batches in another order in each epoch. */
    static DataSetIterator training(EarthTiles tiles, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return new ExistingDataSetIterator(() -> tiles.training(BATCH, random).iterator());
    }

    /** The saved graph. */
    Path graph(Objective objective) {
        return directory.resolve(objective.name().toLowerCase(Locale.ROOT) + ".fb");
    }

    /** What the fresh JVM has to say. */
    Path continuation(Objective objective) {
        return directory.resolve(objective.name().toLowerCase(Locale.ROOT) + ".result");
    }
}
