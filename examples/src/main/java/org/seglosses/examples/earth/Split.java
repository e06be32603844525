package org.seglosses.examples.earth;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Training and held-out tiles, apart on the globe. Neighbouring tiles resemble each other, so a
 * random split would leak: whole columns of tiles are held out instead.
 *
 * @param training tiles to learn from
 * @param heldOut tiles to score on
 */
record Split(List<Tile> training, List<Tile> heldOut) {

    /** Western North America; eastern Europe and Africa; Japan and central Australia. */
    static final Set<Integer> HELD_OUT_COLUMNS = Set.of(3, 4, 11, 12, 17);

    /** Below these rows of tiles lies the ice that the task ignores. */
    static final int ROWS = 8;

    Split {
        training = List.copyOf(training);
        heldOut = List.copyOf(heldOut);
    }

    /** Splits the tiles that can teach something: at least half valid, and two classes. */
    static Split of(Region region) {
        List<Tile> training = new ArrayList<>();
        List<Tile> heldOut = new ArrayList<>();
        int rows = Math.min(ROWS, region.height() / Tile.SIZE);
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < region.width() / Tile.SIZE; column++) {
                Tile tile = new Tile(row, column);
                if (teaches(region, tile)) {
                    (HELD_OUT_COLUMNS.contains(column) ? heldOut : training).add(tile);
                }
            }
        }
        return new Split(training, heldOut);
    }

    /** The same split with at most {@code count} training tiles, spread evenly over the globe. */
    Split withAtMost(int count) {
        int size = training.size();
        if (count >= size) {
            return this;
        }
        List<Tile> some = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            some.add(training.get((int) ((long) i * size / count)));
        }
        return new Split(some, heldOut);
    }

    private static boolean teaches(Region region, Tile tile) {
        int valid = 0;
        int first = Region.VOID;
        boolean mixed = false;
        for (int y = tile.y(); y < tile.y() + Tile.SIZE; y++) {
            for (int x = tile.x(); x < tile.x() + Tile.SIZE; x++) {
                int label = region.label(x, y);
                if (label != Region.VOID) {
                    valid++;
                    mixed |= first != Region.VOID && first != label;
                    first = label;
                }
            }
        }
        return mixed && 2 * valid >= Tile.PIXELS;
    }
}
