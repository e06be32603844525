package org.seglosses.benchmarks.training;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.seglosses.benchmarks.training.EarthTiles.Corner;

import java.util.List;

class EarthTilesTest {

    private static final EarthTiles TILES = EarthTiles.load();

    @Test
    void hasTheTilesThatTheExampleTrainsOn() {
        assertThat(TILES.trainingTiles()).hasSize(84).doesNotHaveDuplicates();
        assertThat(TILES.squares(256)).hasSizeGreaterThanOrEqualTo(8);
    }

    @Test
    void aBatchIsThePixelsOfItsSquares() {
        Corner corner = TILES.squares(256).get(1);
        DataSet batch = TILES.indexed(List.of(TILES.squares(256).get(0), corner), 256);
        int at = (corner.y() + 17) * TILES.width() + corner.x() + 5;

        assertThat(batch.getFeatures().shape()).containsExactly(2, 3, 256, 256);
        assertThat(batch.getLabels().shape()).containsExactly(2, 1, 256, 256);
        assertThat(batch.getFeatures().getFloat(1, 2, 17, 5)).isEqualTo(TILES.bands()[2][at]);
        assertThat(batch.getLabels().getFloat(1, 0, 17, 5)).isEqualTo(TILES.labels()[at]);
    }

    @Test
    void oneHotLabelsSayTheSame() {
        List<Corner> corners = TILES.trainingTiles().subList(0, 3);
        INDArray indices = TILES.indexed(corners, EarthTiles.TILE).getLabels();
        INDArray oneHot = TILES.oneHot(corners, EarthTiles.TILE).getLabels();

        assertThat(oneHot.shape()).containsExactly(3, 2, 80, 80);
        assertThat(oneHot.argMax(1).castTo(indices.dataType()))
                .isEqualTo(indices.reshape('c', 3, 80, 80));
        assertThat(oneHot.sumNumber().intValue()).isEqualTo(3 * 80 * 80);
    }
}
