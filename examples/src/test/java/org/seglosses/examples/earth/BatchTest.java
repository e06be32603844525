package org.seglosses.examples.earth;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

import java.util.List;

class BatchTest {

    private static final Region REGION =
            Scenes.region(2, 2, (x, y) -> (x == 83 && y == 90) || x == 7 ? 1 : 0);

    @Test
    void tilesKeepTheirPixelsAndOrder() {
        Batch batch = Batch.of(REGION, List.of(new Tile(1, 1), new Tile(0, 0)));
        INDArray labels = batch.labels();
        assertThat(labels.shape()).containsExactly(2, 1, 80, 80);
        assertThat(labels.getDouble(0, 0, 10, 3)).isEqualTo(1);
        assertThat(labels.get(index(0)).sumNumber().doubleValue()).isEqualTo(1);
        assertThat(labels.get(index(1)).sumNumber().doubleValue()).isEqualTo(80);
        assertThat(batch.input()).isEqualTo(labels);
    }

    @Test
    void flipsMirrorImageAndLabelsTogetherLeftToRight() {
        Batch batch =
                Batch.of(
                        REGION,
                        List.of(new Tile(1, 1), new Tile(0, 0)),
                        new boolean[] {true, false});
        assertThat(batch.labels().getDouble(0, 0, 10, 76)).isEqualTo(1);
        assertThat(batch.labels().getDouble(0, 0, 10, 3)).isZero();
        assertThat(batch.labels().getDouble(1, 0, 40, 7)).isEqualTo(1);
        assertThat(batch.input()).isEqualTo(batch.labels());
    }

    @Test
    void oneHotLabelsSayTheSameAsIndices() {
        Batch batch = Batch.of(REGION, List.of(new Tile(0, 0), new Tile(1, 1)));
        DataSet dataSet = batch.oneHot(3);
        assertThat(dataSet.getLabels().shape()).containsExactly(2, 3, 80, 80);
        assertThat(dataSet.getLabels().argMax(1).castTo(batch.labels().dataType()))
                .isEqualTo(batch.labels().reshape(2, 80, 80));
        assertThat(dataSet.getLabels().sumNumber().intValue()).isEqualTo(2 * Tile.PIXELS);
        assertThat(dataSet.getLabelsMaskArray()).isNull();
        assertThat(dataSet.getFeatures()).isEqualTo(batch.indexed().getFeatures());
    }

    @Test
    void voidPixelsAreMaskedForStockLayers() {
        Region region = Scenes.region(1, 1, (x, y) -> y < 10 ? Region.VOID : x % 2);
        Batch batch = Batch.of(region, List.of(new Tile(0, 0)));
        DataSet dataSet = batch.oneHot(2);
        INDArray mask = dataSet.getLabelsMaskArray();
        assertThat(mask.shape()).containsExactly(1, 1, 80, 80);
        assertThat(mask.sumNumber().intValue()).isEqualTo(70 * 80);
        assertThat(mask.getDouble(0, 0, 9, 5)).isZero();
        assertThat(mask.getDouble(0, 0, 10, 5)).isEqualTo(1);
        assertThat(dataSet.getLabels().sumNumber().intValue()).isEqualTo(70 * 80);
        assertThat(batch.labels().getDouble(0, 0, 0, 0)).isEqualTo(Region.VOID);
    }

    private static org.nd4j.linalg.indexing.INDArrayIndex index(int n) {
        return org.nd4j.linalg.indexing.NDArrayIndex.point(n);
    }
}
