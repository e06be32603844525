package org.seglosses.examples.spark;

import org.nd4j.linalg.dataset.DataSet;
import org.seglosses.examples.earth.EarthTiles;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The tiles as files, one each, in the form that DL4J's own loader reads. Only their paths go
 * through Spark; the executors read the files themselves, so they must see them under these paths.
 *
 * @param training paths of the tiles to learn from
 * @param heldOut paths of the tiles to score on
 */
record TileFiles(List<String> training, List<String> heldOut) {

    /** Writes all tiles below a directory. */
    static TileFiles write(Path directory) throws IOException {
        EarthTiles tiles = EarthTiles.load();
        return new TileFiles(
                write(directory.resolve("training"), tiles.training(1)),
                write(directory.resolve("held-out"), tiles.heldOut(1)));
    }

    private static List<String> write(Path directory, List<DataSet> tiles) throws IOException {
        Files.createDirectories(directory);
        List<String> paths = new ArrayList<>();
        for (int i = 0; i < tiles.size(); i++) {
            Path file = directory.resolve("tile-%03d.bin".formatted(i));
            tiles.get(i).save(file.toFile());
            paths.add(file.toUri().toString());
        }
        return List.copyOf(paths);
    }

    /**
     * As many training tiles as fill steps of a size: of a step that is not full DL4J leaves out
     * what a worker has too much.
     */
    List<String> fill(int step) {
        return some(training.size() / step * step);
    }

    /** Training tiles, taken evenly over the globe. */
    List<String> some(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> training.get(i * training.size() / count))
                .toList();
    }

    /** Reads a tile. */
    static DataSet read(String path) {
        DataSet tile = new DataSet();
        tile.load(new File(URI.create(path)));
        return tile;
    }
}
