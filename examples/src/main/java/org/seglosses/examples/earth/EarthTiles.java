package org.seglosses.examples.earth;

import org.nd4j.linalg.dataset.DataSet;

import java.util.List;

/**
 * The tiles of the water task as data sets of one tile each, for examples that train in another
 * way: imagery {@code [1,3,80,80]}, class indices {@code [1,1,80,80]} with {@link #VOID}.
 *
 * @param training tiles to learn from
 * @param heldOut tiles of other places, to score on
 */
public record EarthTiles(List<DataSet> training, List<DataSet> heldOut) {

    /** Edge length in pixels. */
    public static final int SIZE = Tile.SIZE;

    /** Red, green, blue. */
    public static final int CHANNELS = 3;

    /** Water, land. */
    public static final int CLASSES = 2;

    /** The label of pixels that are neither learned nor scored. */
    public static final int VOID = Region.VOID;

    /**
     * Cuts the tiles.
     *
     * @return all of them, always in the same order
     */
    public static EarthTiles load() {
        Region region = Task.WATER.region(Rasters.load());
        Split split = Split.of(region);
        return new EarthTiles(each(region, split.training()), each(region, split.heldOut()));
    }

    private static List<DataSet> each(Region region, List<Tile> tiles) {
        return tiles.stream().map(tile -> Batch.of(region, List.of(tile)).indexed()).toList();
    }
}
