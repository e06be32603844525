package org.seglosses.examples.earth;

import java.util.List;

/** What is to be told apart on the imagery. */
enum Task {
    /** Water or land, from RGB: coasts, islands, lakes and wide rivers. */
    WATER(
            "Water",
            "every pixel is water or land: coasts, islands, lakes, wide rivers",
            List.of(MapClass.WATER, MapClass.LAND),
            3),

    /** Water, land or mountain, from RGB and a coarse elevation band; mountains are rare. */
    RELIEF(
            "Relief",
            "every pixel is water, land or mountain, and mountains are rare; a coarse elevation"
                    + " band joins the imagery",
            List.of(MapClass.WATER, MapClass.LAND, MapClass.MOUNTAIN),
            4);

    /** From this raster value on, land is mountain. */
    private static final int MOUNTAIN_FROM = 110;

    /** South of about 60 S imagery and mask disagree: sea ice, ice shelves. */
    private static final int VOID_ROWS = 133;

    /** Real products bring a coarse elevation model along, not one of the imagery's resolution. */
    private static final int COARSE = 8;

    private final String title;
    private final String description;
    private final List<MapClass> classes;
    private final int channels;

    Task(String title, String description, List<MapClass> classes, int channels) {
        this.title = title;
        this.description = description;
        this.classes = classes;
        this.channels = channels;
    }

    String title() {
        return title;
    }

    String description() {
        return description;
    }

    List<MapClass> classes() {
        return classes;
    }

    int channels() {
        return channels;
    }

    /** The task's inputs and labels for the whole raster. */
    Region region(Rasters rasters) {
        int width = rasters.width();
        int height = rasters.height();
        float[][] bands = new float[channels][width * height];
        int[] labels = new int[width * height];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int i = y * width + x;
                int rgb = rasters.imagery().getRGB(x, y);
                bands[0][i] = (rgb >> 16 & 0xFF) / 255f;
                bands[1][i] = (rgb >> 8 & 0xFF) / 255f;
                bands[2][i] = (rgb & 0xFF) / 255f;
                labels[i] = y < height - VOID_ROWS ? label(rasters, x, y) : Region.VOID;
            }
        }
        if (this == RELIEF) {
            bands[3] = coarseElevation(rasters);
        }
        return new Region(rasters.imagery(), bands, labels);
    }

    private int label(Rasters rasters, int x, int y) {
        MapClass c = MapClass.LAND;
        if (rasters.isWater(x, y)) {
            c = MapClass.WATER;
        } else if (this == RELIEF && rasters.height(x, y) >= MOUNTAIN_FROM) {
            c = MapClass.MOUNTAIN;
        }
        return classes.indexOf(c);
    }

    /** Elevation averaged over blocks and interpolated bilinearly between their centres. */
    private static float[] coarseElevation(Rasters rasters) {
        int width = rasters.width();
        int height = rasters.height();
        int columns = width / COARSE;
        int rows = height / COARSE;
        float[] blocks = new float[columns * rows];
        for (int y = 0; y < rows * COARSE; y++) {
            for (int x = 0; x < columns * COARSE; x++) {
                blocks[y / COARSE * columns + x / COARSE] +=
                        rasters.height(x, y) / (255f * COARSE * COARSE);
            }
        }
        float[] band = new float[width * height];
        for (int y = 0; y < height; y++) {
            float v = clamp((y + 0.5f) / COARSE - 0.5f, rows - 1);
            int top = (int) v;
            int bottom = Math.min(top + 1, rows - 1);
            for (int x = 0; x < width; x++) {
                float u = clamp((x + 0.5f) / COARSE - 0.5f, columns - 1);
                int left = (int) u;
                int right = Math.min(left + 1, columns - 1);
                band[y * width + x] =
                        mix(
                                mix(
                                        blocks[top * columns + left],
                                        blocks[top * columns + right],
                                        u - left),
                                mix(
                                        blocks[bottom * columns + left],
                                        blocks[bottom * columns + right],
                                        u - left),
                                v - top);
            }
        }
        return band;
    }

    private static float clamp(float value, float max) {
        return Math.max(0, Math.min(max, value));
    }

    private static float mix(float a, float b, float share) {
        return a + (b - a) * share;
    }
}
