package org.seglosses.dl4j.evaluation;

import static org.seglosses.dl4j.evaluation.LabelMaps.VOID;

import java.util.Arrays;

/** The boundary pixels of two class maps of one size, and which of them lie near to each other. */
final class Boundaries {
    private final int height;
    private final int width;
    private final int tolerance;
    private final int[] truthEdges;
    private final int[] predictedEdges;

    Boundaries(int height, int width, int tolerance) {
        this.height = height;
        this.width = width;
        this.tolerance = Math.min(tolerance, Math.max(height, width));
        truthEdges = new int[height * width];
        predictedEdges = new int[height * width];
    }

    void count(int[] truth, int[] predicted, Counts counts) {
        findEdges(truth, truthEdges);
        findEdges(predicted, predictedEdges);
        countNear(truthEdges, predictedEdges, counts.truthBoundary, counts.truthBoundaryNear);
        countNear(
                predictedEdges, truthEdges, counts.predictedBoundary, counts.predictedBoundaryNear);
    }

    /**
     * Leaves the class of each inner boundary pixel, {@link LabelMaps#VOID} elsewhere. One map
     * serves all classes: a pixel is a boundary iff a neighbour within the image is of another
     * class. One that does not count is of none.
     */
    private void findEdges(int[] map, int[] edges) {
        Arrays.fill(edges, VOID);
        for (int y = 0; y < height; y++) {
            int top = Math.max(y - 1, 0);
            int bottom = Math.min(y + 1, height - 1);
            for (int x = 0; x < width; x++) {
                int i = y * width + x;
                if (map[i] == VOID) {
                    continue;
                }
                int left = Math.max(x - 1, 0);
                int right = Math.min(x + 1, width - 1);
                if (hasOther(map, map[i], top, bottom, left, right)) {
                    edges[i] = map[i];
                }
            }
        }
    }

    private boolean hasOther(int[] map, int c, int top, int bottom, int left, int right) {
        for (int y = top; y <= bottom; y++) {
            for (int i = y * width + left; i <= y * width + right; i++) {
                if (map[i] != c && map[i] != VOID) {
                    return true;
                }
            }
        }
        return false;
    }

    private void countNear(int[] edges, int[] others, long[] all, long[] near) {
        for (int i = 0; i < edges.length; i++) {
            int c = edges[i];
            if (c != VOID) {
                all[c]++;
                if (isNear(others, c, i / width, i % width)) {
                    near[c]++;
                }
            }
        }
    }

    /** Few pixels are boundaries and most have a partner close by: rows are tried outwards. */
    private boolean isNear(int[] edges, int c, int y, int x) {
        int left = Math.max(x - tolerance, 0);
        int right = Math.min(x + tolerance, width - 1);
        for (int d = 0; d <= tolerance; d++) {
            if (y - d >= 0 && rowHas(edges, c, y - d, left, right)
                    || y + d < height && rowHas(edges, c, y + d, left, right)) {
                return true;
            }
        }
        return false;
    }

    private boolean rowHas(int[] edges, int c, int y, int left, int right) {
        for (int i = y * width + left; i <= y * width + right; i++) {
            if (edges[i] == c) {
                return true;
            }
        }
        return false;
    }
}
