package org.seglosses.examples.earth;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

import java.util.List;

/**
 * Some tiles as arrays: the same pixels for every loss, labels in the form that its layer takes.
 */
final class Batch {

    private final int count;
    private final float[] input;
    private final float[] labels;
    private final int channels;

    private Batch(int count, float[] input, float[] labels, int channels) {
        this.count = count;
        this.input = input;
        this.labels = labels;
        this.channels = channels;
    }

    /** The tiles as they are. */
    static Batch of(Region region, List<Tile> tiles) {
        return of(region, tiles, new boolean[tiles.size()]);
    }

    /** The tiles, those with a true flag mirrored left to right. */
    static Batch of(Region region, List<Tile> tiles, boolean[] flipped) {
        int channels = region.bands().length;
        float[] input = new float[tiles.size() * channels * Tile.PIXELS];
        float[] labels = new float[tiles.size() * Tile.PIXELS];
        for (int n = 0; n < tiles.size(); n++) {
            Tile tile = tiles.get(n);
            for (int y = 0; y < Tile.SIZE; y++) {
                for (int x = 0; x < Tile.SIZE; x++) {
                    int from = (tile.y() + y) * region.width() + tile.x() + x;
                    int to = y * Tile.SIZE + (flipped[n] ? Tile.SIZE - 1 - x : x);
                    for (int c = 0; c < channels; c++) {
                        input[(n * channels + c) * Tile.PIXELS + to] = region.bands()[c][from];
                    }
                    labels[n * Tile.PIXELS + to] = region.labels()[from];
                }
            }
        }
        return new Batch(tiles.size(), input, labels, channels);
    }

    /** [N, channels, H, W]. */
    INDArray input() {
        return Nd4j.create(input, new long[] {count, channels, Tile.SIZE, Tile.SIZE}, 'c');
    }

    /** Class indices, {@link Region#VOID} included: [N, 1, H, W]. */
    INDArray labels() {
        return Nd4j.create(labels, new long[] {count, 1, Tile.SIZE, Tile.SIZE}, 'c');
    }

    /** Input and class indices, for SegmentationLossLayer. */
    DataSet indexed() {
        return new DataSet(input(), labels());
    }

    /** Input, one-hot labels and, if there are void pixels, their mask: what stock layers take. */
    DataSet oneHot(int classes) {
        float[] oneHot = new float[count * classes * Tile.PIXELS];
        float[] mask = new float[count * Tile.PIXELS];
        boolean hasVoid = false;
        for (int n = 0; n < count; n++) {
            for (int i = 0; i < Tile.PIXELS; i++) {
                int label = (int) labels[n * Tile.PIXELS + i];
                if (label == Region.VOID) {
                    hasVoid = true;
                } else {
                    oneHot[(n * classes + label) * Tile.PIXELS + i] = 1;
                    mask[n * Tile.PIXELS + i] = 1;
                }
            }
        }
        return new DataSet(
                input(),
                Nd4j.create(oneHot, new long[] {count, classes, Tile.SIZE, Tile.SIZE}, 'c'),
                null,
                hasVoid
                        ? Nd4j.create(mask, new long[] {count, 1, Tile.SIZE, Tile.SIZE}, 'c')
                        : null);
    }
}
