package org.seglosses.examples.earth;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

import javax.imageio.ImageIO;

/**
 * The three aligned rasters of the whole Earth: imagery, water mask and elevation.
 *
 * @param imagery what a satellite sees, RGB
 * @param water 255 for water, 0 for land
 * @param elevation relative height of the land, 0 to 255
 */
record Rasters(BufferedImage imagery, Raster water, Raster elevation) {

    Rasters {
        int width = imagery.getWidth();
        int height = imagery.getHeight();
        requireSize("water", water, width, height);
        requireSize("elevation", elevation, width, height);
    }

    /** Reads the rasters that come with the example. */
    static Rasters load() {
        return new Rasters(
                read("blue-marble-1600x800.jpg"),
                read("water-1600x800.png").getRaster(),
                read("elevation-1600x800.png").getRaster());
    }

    int width() {
        return imagery.getWidth();
    }

    int height() {
        return imagery.getHeight();
    }

    boolean isWater(int x, int y) {
        return water.getSample(x, y, 0) == 255;
    }

    int height(int x, int y) {
        return elevation.getSample(x, y, 0);
    }

    private static BufferedImage read(String name) {
        String path = "/earth/" + name;
        try (InputStream in = Rasters.class.getResourceAsStream(path)) {
            if (in == null) {
                throw new IllegalStateException("Resource " + path + " is not on the class path");
            }
            return ImageIO.read(in);
        } catch (IOException e) {
            throw new UncheckedIOException("Resource " + path + " is not a readable image", e);
        }
    }

    private static void requireSize(String name, Raster raster, int width, int height) {
        if (raster.getWidth() != width || raster.getHeight() != height) {
            throw new IllegalArgumentException(
                    "%s must have the imagery's size %d x %d, got %d x %d"
                            .formatted(name, width, height, raster.getWidth(), raster.getHeight()));
        }
    }
}
