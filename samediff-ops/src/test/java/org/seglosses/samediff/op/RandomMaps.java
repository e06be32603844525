package org.seglosses.samediff.op;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Seeded draws of shapes, values and codes for the tests of ops on {@code [N,C,H,W]}. */
final class RandomMaps {

    /** One draw: codes, of class indices or for each channel, and values of one shape. */
    record Draw(int seed, int n, int c, int h, int w, INDArray x, INDArray codes, int[] code) {

        boolean perChannel() {
            return codes.size(1) == c;
        }

        int code(int i, int channel, int row, int column) {
            int plane = perChannel() ? i * c + channel : i;
            return code[(plane * h + row) * w + column];
        }

        boolean isVoid(int i, int channel, int row, int column) {
            return code(i, channel, row, column) == -1;
        }

        boolean foreground(int i, int channel, int row, int column) {
            return code(i, channel, row, column) == (perChannel() ? 1 : channel);
        }

        int at(int i, int channel, int row, int column) {
            return ((i * c + channel) * h + row) * w + column;
        }

        void each(Place place) {
            for (int i = 0; i < n; i++) {
                for (int k = 0; k < c; k++) {
                    for (int row = 0; row < h; row++) {
                        for (int column = 0; column < w; column++) {
                            place.accept(i, k, row, column);
                        }
                    }
                }
            }
        }

        @Override
        public String toString() {
            return "seed %d, %s [%d,%d,%d,%d], codes of %d channels"
                    .formatted(seed, x.dataType(), n, c, h, w, codes.size(1));
        }
    }

    /** What to do at each element. */
    interface Place {
        void accept(int n, int c, int i, int j);
    }

    private static final int[][] SIZES = {
        {1, 1}, {1, 7}, {9, 1}, {2, 3}, {5, 5}, {7, 4}, {13, 17}, {33, 20}, {70, 9}, {5, 140}
    };

    private RandomMaps() {}

    /** 100 draws over all sizes, with and without void pixels and ties. */
    static List<Draw> draws(DataType type) {
        List<Draw> draws = new ArrayList<>();
        for (int seed = 0; seed < 100; seed++) {
            Random random = new Random(seed);
            int[] size = SIZES[seed % SIZES.length];
            int n = 1 + random.nextInt(3);
            draws.add(draw(type, seed, n, 1 + random.nextInt(5), size[0], size[1]));
        }
        return draws;
    }

    static Draw draw(DataType type, int seed, int n, int c, int h, int w) {
        Random random = new Random(seed);
        int levels = random.nextBoolean() ? 4 : 1 << 24;
        boolean hasVoid = random.nextBoolean();
        int codeChannels = random.nextBoolean() ? c : 1;
        // patches, so that there are places far from any boundary
        int patch = 1 + random.nextInt(9);
        int[] drawn = random.ints(1 << 12, 0, codeChannels == c ? 2 : c).toArray();
        int[] code = new int[n * codeChannels * h * w];
        for (int i = 0; i < code.length; i++) {
            int row = i / w % h;
            int plane = i / w / h;
            code[i] = drawn[(plane * 97 + row / patch * 13 + i % w / patch) % drawn.length];
            if (hasVoid && random.nextInt(5) == 0) {
                code[i] = -1;
            }
        }
        if (hasVoid && random.nextInt(3) == 0) {
            // an image of void pixels
            java.util.Arrays.fill(code, 0, codeChannels * h * w, -1);
        }
        INDArray codes = Nd4j.createFromArray(code).reshape('c', n, codeChannels, h, w);
        return new Draw(seed, n, c, h, w, values(type, random, levels, n, c, h, w), codes, code);
    }

    /** Values in [-2, 2), of so many different ones. */
    static INDArray values(DataType type, Random random, int levels, long... shape) {
        double[] values = new double[(int) Nd4j.create(DataType.INT8, shape).length()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (random.nextInt(levels) - levels / 2) * (4.0 / levels);
        }
        return of(type, values, shape);
    }

    /** Puts some NaN and infinities, void pixels included, and both zeros into a copy of values. */
    static INDArray withSpecialValues(INDArray values, int seed) {
        Random random = new Random(seed);
        double[] special = {
            Double.NaN, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, -0.0, 0.0
        };
        double[] copy = doubles(values);
        for (int i = 0; i < copy.length; i++) {
            if (random.nextInt(12) == 0) {
                copy[i] = special[random.nextInt(special.length)];
            }
        }
        return of(values.dataType(), copy, values.shape());
    }

    static INDArray of(DataType type, double[] values, long... shape) {
        return Nd4j.createFromArray(values).castTo(type).reshape('c', shape);
    }

    /** The elements in C order. */
    static double[] doubles(INDArray array) {
        return array.castTo(DataType.DOUBLE).dup('c').data().asDouble();
    }
}
