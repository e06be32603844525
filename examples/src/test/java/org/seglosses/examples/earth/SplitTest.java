package org.seglosses.examples.earth;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.HashSet;
import java.util.Set;

class SplitTest {

    @Test
    void columnsAreEitherLearnedOrHeldOut() {
        Split split = Split.of(Scenes.region(20, 1, (x, y) -> x % 2));
        assertThat(split.training()).hasSize(15);
        assertThat(split.heldOut())
                .containsExactly(
                        new Tile(0, 3),
                        new Tile(0, 4),
                        new Tile(0, 11),
                        new Tile(0, 12),
                        new Tile(0, 17));
        assertThat(split.training()).doesNotContainAnyElementsOf(split.heldOut());
    }

    @Test
    void tilesOfOneClassTeachNothing() {
        // Tile 0: class 0 alone. Tile 1: one pixel of class 1. Tile 2: void and one class.
        Split split =
                Split.of(
                        Scenes.region(
                                3,
                                1,
                                (x, y) ->
                                        x >= 160
                                                ? (y < 40 ? 1 : Region.VOID)
                                                : x == 100 && y == 50 ? 1 : 0));
        assertThat(split.training()).containsExactly(new Tile(0, 1));
    }

    @Test
    void halfOfATileMustBeValid() {
        int[] voidRows = {40, 41};
        Split split =
                Split.of(
                        Scenes.region(
                                2, 1, (x, y) -> y < voidRows[x / Tile.SIZE] ? Region.VOID : x % 2));
        assertThat(split.training()).containsExactly(new Tile(0, 0));
    }

    @Test
    void rowsOfTheSouthernIceAreLeftOut() {
        Split split = Split.of(Scenes.region(1, 10, (x, y) -> x % 2));
        assertThat(split.training()).hasSize(8).doesNotContain(new Tile(8, 0), new Tile(9, 0));
    }

    @Test
    void fewerTrainingTilesAreSpreadEvenlyAndHeldOutOnesStay() {
        Split all = Split.of(Scenes.region(20, 2, (x, y) -> x % 2));
        Split some = all.withAtMost(3);
        assertThat(some.heldOut()).isEqualTo(all.heldOut());
        assertThat(some.training())
                .containsExactly(
                        all.training().get(0), all.training().get(10), all.training().get(20));
        assertThat(all.withAtMost(30)).isEqualTo(all);
        assertThat(all.withAtMost(Integer.MAX_VALUE)).isEqualTo(all);
    }

    @Test
    void theEarthHasEnoughTilesOfBothKinds() {
        Split split = Split.of(Task.WATER.region(Rasters.load()));
        assertThat(split.training()).hasSize(84);
        assertThat(split.heldOut()).hasSize(32);
        Set<Tile> tiles = new HashSet<>(split.training());
        tiles.addAll(split.heldOut());
        assertThat(tiles).hasSize(116);
    }

    @Test
    void aTileKnowsItsPlace() {
        assertThat(new Tile(2, 3).place()).isEqualTo("36–54° N, 126–108° W");
        assertThat(new Tile(5, 11).place()).isEqualTo("18–0° S, 18–36° E");
        assertThat(new Tile(0, 0).place()).isEqualTo("72–90° N, 180–162° W");
    }
}
