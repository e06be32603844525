package org.seglosses.examples.earth;

import org.nd4j.linalg.dataset.DataSet;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The tiles of the task "water" as batches, for the other examples: RGB images {@code [N,3,H,W]} of
 * 0..1, and class indices {@code [N,1,H,W]}, water 0 or land 1 or {@link #VOID}, as floats too.
 */
public final class EarthTiles {

    /** Edge length of a tile in pixels. */
    public static final int SIZE = Tile.SIZE;

    /** Red, green and blue. */
    public static final int CHANNELS = 3;

    /** Water and land. */
    public static final int CLASSES = 2;

    /** The label of pixels that are neither learned nor scored. */
    public static final int VOID = Region.VOID;

    private final Region region;
    private final Split split;

    private EarthTiles(Region region, Split split) {
        this.region = region;
        this.split = split;
    }

    /**
     * Reads all tiles.
     *
     * @return the tiles
     */
    public static EarthTiles load() {
        return load(Integer.MAX_VALUE);
    }

    /**
     * Reads the tiles.
     *
     * @param atMost the most training tiles
     * @return the tiles
     */
    public static EarthTiles load(int atMost) {
        Region region = Task.WATER.region(Rasters.load());
        return new EarthTiles(region, Split.of(region).withAtMost(atMost));
    }

    /**
     * Says how many tiles there are to learn from.
     *
     * @return their number
     */
    public int trainingTiles() {
        return split.training().size();
    }

    /**
     * The training tiles in a random order, half of them mirrored.
     *
     * @param batch tiles a batch; the last one may have fewer
     * @param random where order and mirroring come from
     * @return an epoch's batches
     */
    public List<DataSet> training(int batch, SplittableRandom random) {
        List<DataSet> batches = new ArrayList<>();
        for (List<Tile> tiles : parts(Training.shuffled(split.training(), random), batch)) {
            boolean[] flips = Training.flips(tiles.size(), random);
            batches.add(Batch.of(region, tiles, flips).indexed());
        }
        return batches;
    }

    /**
     * The training tiles as they are, always in the same order.
     *
     * @param batch tiles a batch; the last one may have fewer
     * @return their batches
     */
    public List<DataSet> training(int batch) {
        return batches(split.training(), batch);
    }

    /**
     * The tiles to score on, from other places of the Earth.
     *
     * @param batch tiles a batch; the last one may have fewer
     * @return their batches
     */
    public List<DataSet> heldOut(int batch) {
        return batches(split.heldOut(), batch);
    }

    private List<DataSet> batches(List<Tile> all, int batch) {
        return parts(all, batch).stream().map(tiles -> Batch.of(region, tiles).indexed()).toList();
    }

    private static List<List<Tile>> parts(List<Tile> tiles, int size) {
        List<List<Tile>> parts = new ArrayList<>();
        for (int first = 0; first < tiles.size(); first += size) {
            parts.add(tiles.subList(first, Math.min(first + size, tiles.size())));
        }
        return parts;
    }
}
