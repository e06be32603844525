package org.seglosses.examples.earth;

import java.awt.image.BufferedImage;

/**
 * A whole raster as one task sees it.
 *
 * @param image the imagery, for pictures
 * @param bands the network's input, one row-major plane of 0..1 a channel
 * @param labels the class of each pixel, row-major, or {@link #VOID}
 */
record Region(BufferedImage image, float[][] bands, int[] labels) {

    /** The label of pixels that are neither learned nor scored. */
    static final int VOID = 255;

    int width() {
        return image.getWidth();
    }

    int height() {
        return image.getHeight();
    }

    int label(int x, int y) {
        return labels[y * width() + x];
    }
}
