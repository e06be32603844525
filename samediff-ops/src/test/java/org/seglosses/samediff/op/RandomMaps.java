package org.seglosses.samediff.op;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Seeded draws of shapes, values and codes for the tests of ops on {@code [N,C,H,W]}. */
final class RandomMaps {

    /** One draw: codes and values of one shape. */
    record Draw(
            int seed, long n, long c, long h, long w, INDArray x, INDArray codes, boolean hasVoid) {

        boolean isVoid(long i, long channel, long row, long column) {
            return code(i, channel, row, column) < 0;
        }

        int code(long i, long channel, long row, long column) {
            return codes.getInt(
                    (int) i, (int) (codes.size(1) == 1 ? 0 : channel), (int) row, (int) column);
        }

        boolean foreground(long i, long channel, long row, long column) {
            int code = code(i, channel, row, column);
            return codes.size(1) == c ? code == 1 : code == channel;
        }

        @Override
        public String toString() {
            return "seed %d [%d,%d,%d,%d] %s codes of %d channels"
                    .formatted(seed, n, c, h, w, x.dataType(), codes.size(1));
        }
    }

    private static final int[][] SIZES = {
        {1, 1}, {1, 7}, {9, 1}, {2, 3}, {5, 5}, {7, 4}, {13, 17}, {33, 20}, {70, 9}, {67, 70}
    };

    private RandomMaps() {}

    /** Draws over all sizes, with and without void pixels and ties, of both kinds of codes. */
    static List<Draw> draws(DataType type) {
        List<Draw> draws = new ArrayList<>();
        for (int seed = 0; seed < 100; seed++) {
            Random random = new Random(seed);
            int[] size = SIZES[seed % SIZES.length];
            draws.add(
                    draw(
                            type,
                            seed,
                            1 + random.nextInt(3),
                            1 + random.nextInt(5),
                            size[0],
                            size[1]));
        }
        return draws;
    }

    static Draw draw(DataType type, int seed, int n, int c, int h, int w) {
        Random random = new Random(seed);
        int levels = random.nextBoolean() ? 4 : 1 << 24;
        boolean hasVoid = random.nextBoolean();
        int codeChannels = random.nextBoolean() ? c : 1;
        INDArray codes = Nd4j.create(DataType.INT32, n, codeChannels, h, w);
        // patches, so that there are places far from any boundary
        int patch = 1 + random.nextInt(9);
        int[] drawn = new int[1 << 12];
        for (int i = 0; i < drawn.length; i++) {
            drawn[i] = random.nextInt(codeChannels == c ? 2 : c);
        }
        for (int i = 0; i < n; i++) {
            boolean allVoid = hasVoid && random.nextInt(6) == 0;
            for (int k = 0; k < codeChannels; k++) {
                for (int row = 0; row < h; row++) {
                    for (int col = 0; col < w; col++) {
                        int at = ((i * 7 + k) * 11 + row / patch) * 13 + col / patch;
                        boolean isVoid = hasVoid && (allVoid || random.nextInt(5) == 0);
                        codes.putScalar(
                                new int[] {i, k, row, col},
                                isVoid ? -1 : drawn[at & drawn.length - 1]);
                    }
                }
            }
        }
        return new Draw(seed, n, c, h, w, values(type, random, levels, n, c, h, w), codes, hasVoid);
    }

    /** Values in [-2, 2), of so many different ones. */
    static INDArray values(DataType type, Random random, int levels, long... shape) {
        INDArray values = Nd4j.create(type, shape);
        for (long i = 0; i < values.length(); i++) {
            values.putScalar(i, (random.nextInt(levels) - levels / 2) * (4.0 / levels));
        }
        return values;
    }

    /** Puts some NaN and infinities, void pixels included, and both zeros into a copy of values. */
    static INDArray withSpecialValues(INDArray values, int seed) {
        Random random = new Random(seed);
        INDArray copy = values.dup('c');
        double[] special = {
            Double.NaN, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, -0.0, 0.0
        };
        for (long i = 0; i < copy.length(); i++) {
            if (random.nextInt(12) == 0) {
                copy.putScalar(i, special[random.nextInt(special.length)]);
            }
        }
        return copy;
    }
}
