package org.seglosses.examples.earth;

import java.awt.image.BufferedImage;
import java.awt.image.WritableRaster;

/** Small rasters and regions whose every pixel a test can foretell. */
final class Scenes {

    private Scenes() {}

    /** Rasters of some tiles, with the water west of {@code coast} and a height for each pixel. */
    static Rasters rasters(int columns, int rows, int coast, HeightMap heights) {
        int width = columns * Tile.SIZE;
        int height = rows * Tile.SIZE;
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        WritableRaster water = gray(width, height);
        WritableRaster elevation = gray(width, height);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                image.setRGB(x, y, (x % 256) << 16 | (y % 256) << 8 | 51);
                water.setSample(x, y, 0, x < coast ? 255 : 0);
                elevation.setSample(x, y, 0, heights.at(x, y));
            }
        }
        return new Rasters(image, water, elevation);
    }

    /** A region of some tiles with the given labels, its only band being the label. */
    static Region region(int columns, int rows, LabelMap map) {
        int width = columns * Tile.SIZE;
        int height = rows * Tile.SIZE;
        float[][] bands = new float[1][width * height];
        int[] labels = new int[width * height];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                labels[y * width + x] = map.at(x, y);
                bands[0][y * width + x] = map.at(x, y);
            }
        }
        return new Region(
                new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB), bands, labels);
    }

    interface HeightMap {

        int at(int x, int y);
    }

    interface LabelMap {

        int at(int x, int y);
    }

    private static WritableRaster gray(int width, int height) {
        return new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY).getRaster();
    }
}
