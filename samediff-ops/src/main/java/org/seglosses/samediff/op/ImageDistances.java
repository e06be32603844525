package org.seglosses.samediff.op;

import java.nio.IntBuffer;

/**
 * The signed squared distances of the pixels of one image to the border of each of its classes, and
 * how many pixels have them: what depends on the labels alone.
 *
 * <p>In the map of a class, a pixel of another one has the squared distance to the nearest pixel of
 * the class, a pixel of the class minus that to the nearest valid one of another class, and a void
 * pixel 0. There is no map of a class that no pixel or every valid pixel has: all its values are 0.
 * The binary case has two labels, of which 1 is its class.
 *
 * @param maps for each label its map, or null
 * @param counts for each label its pixels
 * @param valid the pixels that are not void
 */
record ImageDistances(int[][] maps, int[] counts, int valid) {

    /** Counts the labels of an image, and makes room for the distances of those that need them. */
    static ImageDistances allocate(IntBuffer codes, int at, int pixels, int labels) {
        int[] code = Scratch.ints(0, pixels);
        codes.get(at, code, 0, pixels);
        // counted from -1, the code of void pixels
        int[] all = new int[labels + 1];
        for (int i = 0; i < pixels; i++) {
            all[code[i] + 1]++;
        }
        int[] counts = new int[labels];
        System.arraycopy(all, 1, counts, 0, labels);
        int valid = pixels - all[0];
        int[][] maps = new int[labels][];
        for (int k = 0; k < labels; k++) {
            if (counts[k] > 0 && counts[k] < valid) {
                maps[k] = new int[pixels];
            }
        }
        return new ImageDistances(maps, counts, valid);
    }

    /** Makes signed distances of the distances to each label. */
    void sign(IntBuffer codes, int at, int pixels) {
        int[] code = Scratch.ints(0, pixels);
        int[] own = Scratch.ints(1, pixels);
        codes.get(at, code, 0, pixels);
        // a pixel is at distance 0 of its own label alone, so others are its neighbours
        boolean first = true;
        for (int[] map : maps) {
            if (map != null) {
                nearestOther(map, own, first, pixels);
                first = false;
            }
        }
        for (int[] map : maps) {
            if (map != null) {
                sign(map, own, code, pixels);
            }
        }
    }

    /** The least of the squared distances that are not 0, less 1. */
    private static void nearestOther(int[] map, int[] own, boolean first, int n) {
        if (first) {
            for (int i = 0; i < n; i++) {
                own[i] = map[i] - 1 & Integer.MAX_VALUE;
            }
            return;
        }
        for (int i = 0; i < n; i++) {
            int less = (map[i] - 1 & Integer.MAX_VALUE) - own[i];
            own[i] += less & less >> 31;
        }
    }

    private static void sign(int[] map, int[] own, int[] code, int n) {
        for (int i = 0; i < n; i++) {
            // ~own is -(own + 1); where the distance is 0, -map has no sign
            map[i] = (map[i] | ~own[i] & ~(-map[i] >> 31)) & ~(code[i] >> 31);
        }
    }

    /** Without the map of a label that is no class: the background of the binary case. */
    ImageDistances without(int label) {
        int[][] others = maps.clone();
        others[label] = null;
        return new ImageDistances(others, counts, valid);
    }

    long bytes() {
        long bytes = 0;
        for (int[] map : maps) {
            bytes += map == null ? 0 : (long) map.length * Integer.BYTES;
        }
        return bytes;
    }
}
