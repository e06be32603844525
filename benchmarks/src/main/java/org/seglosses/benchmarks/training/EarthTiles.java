package org.seglosses.benchmarks.training;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import javax.imageio.ImageIO;

/**
 * The earth example's rasters for its task "water": satellite imagery, and for each pixel whether
 * it is water (class 0) or land (1).
 *
 * @param width of the rasters
 * @param bands red, green and blue, row-major planes of 0..1
 * @param labels the class of each pixel
 */
record EarthTiles(int width, float[][] bands, float[] labels) {

    static final int BANDS = 3;
    static final int CLASSES = 2;

    /** The edge of the example's tiles. */
    static final int TILE = 80;

    /** Below lies the ice that the example ignores. */
    private static final int HEIGHT = 8 * TILE;

    /** Columns of tiles that the example does not train on. */
    private static final Set<Integer> HELD_OUT_COLUMNS = Set.of(3, 4, 11, 12, 17);

    /** A square's north-western corner. */
    record Corner(int x, int y) {}

    static EarthTiles load() {
        BufferedImage imagery = read("blue-marble-1600x800.jpg");
        Raster water = read("water-1600x800.png").getRaster();
        int width = imagery.getWidth();
        float[][] bands = new float[BANDS][width * HEIGHT];
        float[] labels = new float[width * HEIGHT];
        for (int i = 0; i < labels.length; i++) {
            int rgb = imagery.getRGB(i % width, i / width);
            bands[0][i] = (rgb >> 16 & 0xFF) / 255f;
            bands[1][i] = (rgb >> 8 & 0xFF) / 255f;
            bands[2][i] = (rgb & 0xFF) / 255f;
            labels[i] = water.getSample(i % width, i / width, 0) == 255 ? 0 : 1;
        }
        return new EarthTiles(width, bands, labels);
    }

    private static BufferedImage read(String name) {
        try (InputStream in = EarthTiles.class.getResourceAsStream("/earth/" + name)) {
            return ImageIO.read(in);
        } catch (IOException e) {
            throw new UncheckedIOException(name + " is not a readable image", e);
        }
    }

    /** The squares of a grid that show water and land. */
    List<Corner> squares(int edge) {
        List<Corner> squares = new ArrayList<>();
        for (int y = 0; y + edge <= HEIGHT; y += edge) {
            for (int x = 0; x + edge <= width; x += edge) {
                if (isMixed(x, y, edge)) {
                    squares.add(new Corner(x, y));
                }
            }
        }
        return squares;
    }

    /** The tiles that the example trains on. */
    List<Corner> trainingTiles() {
        return squares(TILE).stream()
                .filter(tile -> !HELD_OUT_COLUMNS.contains(tile.x() / TILE))
                .toList();
    }

    private boolean isMixed(int x, int y, int edge) {
        float first = labels[y * width + x];
        for (int row = y; row < y + edge; row++) {
            for (int column = x; column < x + edge; column++) {
                if (labels[row * width + column] != first) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Pixels [N,3,edge,edge]. */
    INDArray images(List<Corner> corners, int edge) {
        float[] values = new float[corners.size() * BANDS * edge * edge];
        int to = 0;
        for (Corner corner : corners) {
            for (float[] band : bands) {
                to = copy(band, corner, edge, values, to);
            }
        }
        return Nd4j.create(values, new long[] {corners.size(), BANDS, edge, edge}, 'c');
    }

    /** Class indices [N,1,edge,edge]. */
    INDArray indices(List<Corner> corners, int edge) {
        float[] values = new float[corners.size() * edge * edge];
        int to = 0;
        for (Corner corner : corners) {
            to = copy(labels, corner, edge, values, to);
        }
        return Nd4j.create(values, new long[] {corners.size(), 1, edge, edge}, 'c');
    }

    private int copy(float[] plane, Corner corner, int edge, float[] values, int to) {
        for (int row = 0; row < edge; row++) {
            int from = (corner.y() + row) * width + corner.x();
            System.arraycopy(plane, from, values, to + row * edge, edge);
        }
        return to + edge * edge;
    }

    /** A batch as SegmentationLossLayer takes it. */
    DataSet indexed(List<Corner> corners, int edge) {
        return new DataSet(images(corners, edge), indices(corners, edge));
    }

    /** A batch as DL4J's own layer takes it. */
    DataSet oneHot(List<Corner> corners, int edge) {
        INDArray land = indices(corners, edge);
        return new DataSet(images(corners, edge), Nd4j.concat(1, land.rsub(1), land));
    }
}
