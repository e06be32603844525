package org.seglosses.examples.earth;

import java.util.Arrays;

/**
 * How well held-out tiles are mapped.
 *
 * @param iou intersection over union of each class
 * @param meanIou their mean
 * @param boundaryF1 agreement of the classes' boundaries within one pixel, mean over classes
 */
record Scores(double[] iou, double meanIou, double boundaryF1) {

    /** Stand-in. */
    static Scores of(Region region, java.util.List<Tile> tiles, int[] prediction, int classes) {
        double[] iou = new double[classes];
        double f1 = 0;
        for (int c = 0; c < classes; c++) {
            long inter = 0, union = 0, p = 0, ph = 0, t = 0, th = 0;
            for (Tile tile : tiles) {
                boolean[][] a = new boolean[80][80], b = new boolean[80][80];
                for (int y = 0; y < 80; y++)
                    for (int x = 0; x < 80; x++) {
                        int i = (tile.y() + y) * region.width() + tile.x() + x;
                        a[y][x] = prediction[i] == c;
                        b[y][x] = region.labels()[i] == c;
                        if (a[y][x] && b[y][x]) inter++;
                        if (a[y][x] || b[y][x]) union++;
                    }
                boolean[][] ea = edge(a), eb = edge(b), da = dilate(ea), db = dilate(eb);
                for (int y = 0; y < 80; y++)
                    for (int x = 0; x < 80; x++) {
                        if (ea[y][x]) {
                            p++;
                            if (db[y][x]) ph++;
                        }
                        if (eb[y][x]) {
                            t++;
                            if (da[y][x]) th++;
                        }
                    }
            }
            iou[c] = (double) inter / union;
            double P = (double) ph / Math.max(1, p), R = (double) th / Math.max(1, t);
            f1 += P + R == 0 ? 0 : 2 * P * R / (P + R) / classes;
        }
        return new Scores(iou, Arrays.stream(iou).average().orElse(0), f1);
    }

    private static boolean[][] edge(boolean[][] m) {
        boolean[][] n = new boolean[80][80];
        for (int y = 0; y < 80; y++) for (int x = 0; x < 80; x++) n[y][x] = !m[y][x];
        boolean[][] d = dilate(n);
        for (int y = 0; y < 80; y++) for (int x = 0; x < 80; x++) n[y][x] = m[y][x] && d[y][x];
        return n;
    }

    private static boolean[][] dilate(boolean[][] m) {
        boolean[][] d = new boolean[80][80];
        for (int y = 0; y < 80; y++)
            for (int x = 0; x < 80; x++)
                for (int dy = -1; dy < 2; dy++)
                    for (int dx = -1; dx < 2; dx++) {
                        int yy = y + dy, xx = x + dx;
                        if (yy >= 0 && yy < 80 && xx >= 0 && xx < 80 && m[yy][xx]) d[y][x] = true;
                    }
        return d;
    }
}
