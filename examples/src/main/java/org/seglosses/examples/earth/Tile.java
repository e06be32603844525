package org.seglosses.examples.earth;

/**
 * One square of the raster.
 *
 * @param row counted from the north
 * @param column counted from 180 W
 */
record Tile(int row, int column) {

    /** Edge length in pixels: 18 degrees. */
    static final int SIZE = 80;

    private static final int DEGREES = 18;

    static final int PIXELS = SIZE * SIZE;

    int x() {
        return column * SIZE;
    }

    int y() {
        return row * SIZE;
    }

    /** Where on Earth the tile lies, as "36-54 N, 126-108 W" with degree signs. */
    String place() {
        int south = 90 - (row + 1) * DEGREES;
        int west = column * DEGREES - 180;
        return range(south, "N", "S") + ", " + range(west, "E", "W");
    }

    private static String range(int from, String positive, String negative) {
        int to = from + DEGREES;
        return from >= 0
                ? "%d–%d° %s".formatted(from, to, positive)
                : to <= 0
                        ? "%d–%d° %s".formatted(-from, -to, negative)
                        : "%d° %s–%d° %s".formatted(-from, negative, to, positive);
    }
}
