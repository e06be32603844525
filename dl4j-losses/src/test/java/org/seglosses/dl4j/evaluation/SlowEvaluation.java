package org.seglosses.dl4j.evaluation;

/**
 * The definitions, written down one by one with no thought of speed: int[image][row][column], -1 is
 * ignored.
 */
final class SlowEvaluation {
    private final int classes;
    private final int[][][] truth;
    private final int[][][] predicted;

    SlowEvaluation(int classes, int[][][] truth, int[][][] predicted) {
        this.classes = classes;
        this.truth = truth;
        this.predicted = predicted;
    }

    long[][] confusion() {
        long[][] n = new long[classes][classes];
        for (int i = 0; i < truth.length; i++) {
            for (int y = 0; y < truth[i].length; y++) {
                for (int x = 0; x < truth[i][y].length; x++) {
                    if (truth[i][y][x] >= 0) {
                        n[truth[i][y][x]][predicted[i][y][x]]++;
                    }
                }
            }
        }
        return n;
    }

    double iou(int c) {
        double intersection = 0;
        double union = 0;
        for (int i = 0; i < truth.length; i++) {
            for (int y = 0; y < truth[i].length; y++) {
                for (int x = 0; x < truth[i][y].length; x++) {
                    if (truth[i][y][x] >= 0) {
                        boolean t = truth[i][y][x] == c;
                        boolean p = predicted[i][y][x] == c;
                        intersection += t && p ? 1 : 0;
                        union += t || p ? 1 : 0;
                    }
                }
            }
        }
        return intersection / union;
    }

    /** Dice from IoU: D = 2J / (1 + J). */
    double dice(int c) {
        return 2 * iou(c) / (1 + iou(c));
    }

    double boundaryF1(int c, int tolerance) {
        double truthAll = 0;
        double truthNear = 0;
        double predictedAll = 0;
        double predictedNear = 0;
        for (int i = 0; i < truth.length; i++) {
            int[][] bt = boundary(truth[i], truth[i], c);
            int[][] bp = boundary(predicted[i], truth[i], c);
            int[][] dt = maxPool(bt, tolerance);
            int[][] dp = maxPool(bp, tolerance);
            for (int y = 0; y < bt.length; y++) {
                for (int x = 0; x < bt[y].length; x++) {
                    truthAll += bt[y][x];
                    truthNear += bt[y][x] * dp[y][x];
                    predictedAll += bp[y][x];
                    predictedNear += bp[y][x] * dt[y][x];
                }
            }
        }
        if (truthAll + predictedAll == 0) {
            return Double.NaN;
        }
        if (truthNear == 0 || predictedNear == 0) {
            return 0;
        }
        double p = predictedNear / predictedAll;
        double r = truthNear / truthAll;
        return 2 * p * r / (p + r);
    }

    /** Pixels of a class beside one of another; what does not count is of none. */
    private static int[][] boundary(int[][] map, int[][] truth, int c) {
        int[][] inside = new int[map.length][map[0].length];
        int[][] outside = new int[map.length][map[0].length];
        for (int y = 0; y < map.length; y++) {
            for (int x = 0; x < map[y].length; x++) {
                if (truth[y][x] >= 0) {
                    inside[y][x] = map[y][x] == c ? 1 : 0;
                    outside[y][x] = map[y][x] == c ? 0 : 1;
                }
            }
        }
        int[][] near = maxPool(outside, 1);
        int[][] b = new int[map.length][map[0].length];
        for (int y = 0; y < map.length; y++) {
            for (int x = 0; x < map[y].length; x++) {
                b[y][x] = inside[y][x] * near[y][x];
            }
        }
        return b;
    }

    private static int[][] maxPool(int[][] m, int radius) {
        int[][] out = new int[m.length][m[0].length];
        for (int y = 0; y < m.length; y++) {
            for (int x = 0; x < m[y].length; x++) {
                int max = Integer.MIN_VALUE;
                for (int v = y - radius; v <= y + radius; v++) {
                    for (int u = x - radius; u <= x + radius; u++) {
                        if (v >= 0 && v < m.length && u >= 0 && u < m[v].length) {
                            max = Math.max(max, m[v][u]);
                        }
                    }
                }
                out[y][x] = max;
            }
        }
        return out;
    }
}
