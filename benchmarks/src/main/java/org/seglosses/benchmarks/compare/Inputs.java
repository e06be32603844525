package org.seglosses.benchmarks.compare;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

import java.util.Random;

/**
 * The arrays of a comparison, the same on every side and in every run. One channel is the
 * foreground's, and its labels are 0 and 1.
 *
 * @param kind how the logits were made
 * @param logits float [N,C,H,W]
 * @param labels class indices, int [N,H,W]
 */
record Inputs(Kind kind, Shape shape, INDArray logits, INDArray labels) {

    /** What the logits look like: branches, ties and denormal numbers depend on it. */
    enum Kind {
        /** Independent normal numbers: an untrained network. */
        RANDOM("random"),
        /**
         * Follow the labels: saturated inside a region, uncertain along its rim, in some places
         * wrong; a trained network.
         */
        TRAINED("trained");

        private final String title;

        Kind(String title) {
            this.title = title;
        }

        String title() {
            return title;
        }
    }

    private static final long SEED = 20240229;

    /** Regions are some 20 to 60 pixels wide at 256 x 256, as fields or houses are in a tile. */
    private static final int CELLS = 10;

    /** A rim is as wide as a trained network's: a few pixels on each side. */
    private static final int RIM = 3;

    /** Ten between a region's class and the others: a probability of 0.9998. */
    private static final float CONFIDENCE = 10;

    /** Of the slow error: about one pixel in twenty is of the wrong class, and not alone. */
    private static final float DOUBT = 2.5f;

    private static final float GRAIN = 0.3f;

    static Inputs of(Kind kind, Shape shape) {
        Random random = new Random(SEED);
        int[] labels = regions(shape, random);
        float[] logits =
                switch (kind) {
                    case RANDOM -> normal(shape, random);
                    case TRAINED -> trained(labels, shape, random);
                };
        return new Inputs(
                kind,
                shape,
                Nd4j.createFromArray(logits).reshape('c', shape.logits()),
                Nd4j.createFromArray(labels).reshape('c', shape.labels()));
    }

    /** A file name, and the name by which the Python process knows the arrays. */
    String name() {
        return kind.title() + "-" + shape.name();
    }

    /**
     * Labels as DL4J's own losses want them: one-hot rows [N*H*W,C], and logits in the same form.
     */
    FlatRows flatRows() {
        long rows = (long) shape.images() * shape.pixels();
        INDArray flat =
                logits.permute(0, 2, 3, 1).dup('c').reshape('c', rows, (long) shape.classes());
        INDArray oneHot = Nd4j.zeros(DataType.FLOAT, rows, shape.classes());
        float[] values = new float[(int) oneHot.length()];
        int[] classes = labels.reshape('c', new long[] {rows}).toIntVector();
        for (int row = 0; row < classes.length; row++) {
            values[row * shape.classes() + classes[row]] = 1;
        }
        oneHot.assign(Nd4j.createFromArray(values).reshape('c', oneHot.shape()));
        return new FlatRows(flat, oneHot);
    }

    record FlatRows(INDArray logits, INDArray labels) {}

    private static float[] normal(Shape shape, Random random) {
        float[] values = new float[shape.images() * shape.classes() * shape.pixels()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /**
     * Connected regions with bent rims: at each pixel the largest of the classes' random fields.
     */
    private static int[] regions(Shape shape, Random random) {
        int[] labels = new int[shape.images() * shape.pixels()];
        float[] best = new float[shape.pixels()];
        for (int n = 0; n < shape.images(); n++) {
            int start = n * shape.pixels();
            for (int c = 0; c < Math.max(2, shape.classes()); c++) {
                float[] field = smooth(shape, random);
                for (int i = 0; i < field.length; i++) {
                    if (c == 0 || field[i] > best[i]) {
                        best[i] = field[i];
                        labels[start + i] = c;
                    }
                }
            }
        }
        return labels;
    }

    private static float[] trained(int[] labels, Shape shape, Random random) {
        if (shape.classes() > 1) {
            return following(labels, shape, random);
        }
        // a sigmoid's logit is the difference of a softmax's two
        Shape two = new Shape(shape.images(), 2, shape.height(), shape.width());
        float[] both = following(labels, two, random);
        float[] logits = new float[labels.length];
        for (int n = 0; n < shape.images(); n++) {
            int background = 2 * n * shape.pixels();
            int foreground = background + shape.pixels();
            for (int i = 0; i < shape.pixels(); i++) {
                logits[n * shape.pixels() + i] = both[foreground + i] - both[background + i];
            }
        }
        return logits;
    }

    private static float[] following(int[] labels, Shape shape, Random random) {
        float[] logits = new float[shape.images() * shape.classes() * shape.pixels()];
        float[] share = new float[shape.pixels()];
        int at = 0;
        for (int n = 0; n < shape.images(); n++) {
            for (int c = 0; c < shape.classes(); c++) {
                for (int i = 0; i < share.length; i++) {
                    share[i] = labels[n * share.length + i] == c ? 1 : 0;
                }
                float[] blurred = blur(share, shape);
                float[] doubt = smooth(shape, random);
                for (int i = 0; i < share.length; i++) {
                    logits[at++] =
                            CONFIDENCE * (blurred[i] - 0.5f)
                                    + DOUBT * doubt[i]
                                    + GRAIN * (float) random.nextGaussian();
                }
            }
        }
        return logits;
    }

    /** Normal numbers on a coarse grid, interpolated linearly between its points. */
    private static float[] smooth(Shape shape, Random random) {
        float[][] grid = new float[CELLS + 1][CELLS + 1];
        for (float[] row : grid) {
            for (int j = 0; j < row.length; j++) {
                row[j] = (float) random.nextGaussian();
            }
        }
        float[] field = new float[shape.pixels()];
        for (int y = 0; y < shape.height(); y++) {
            float v = (float) y * CELLS / shape.height();
            int gridY = (int) v;
            v -= gridY;
            for (int x = 0; x < shape.width(); x++) {
                float u = (float) x * CELLS / shape.width();
                int gridX = (int) u;
                u -= gridX;
                float top = grid[gridY][gridX] * (1 - u) + grid[gridY][gridX + 1] * u;
                float bottom = grid[gridY + 1][gridX] * (1 - u) + grid[gridY + 1][gridX + 1] * u;
                field[y * shape.width() + x] = top * (1 - v) + bottom * v;
            }
        }
        return field;
    }

    /**
     * The mean over a window of 2 {@value #RIM} + 1 pixels each way, smaller at the image's edge.
     */
    private static float[] blur(float[] plane, Shape shape) {
        float[] rows = new float[plane.length];
        float[] both = new float[plane.length];
        int width = shape.width();
        for (int y = 0; y < shape.height(); y++) {
            for (int x = 0; x < width; x++) {
                int from = Math.max(0, x - RIM);
                int to = Math.min(width - 1, x + RIM);
                float sum = 0;
                for (int k = from; k <= to; k++) {
                    sum += plane[y * width + k];
                }
                rows[y * width + x] = sum / (to - from + 1);
            }
        }
        for (int y = 0; y < shape.height(); y++) {
            int from = Math.max(0, y - RIM);
            int to = Math.min(shape.height() - 1, y + RIM);
            for (int x = 0; x < width; x++) {
                float sum = 0;
                for (int k = from; k <= to; k++) {
                    sum += rows[k * width + x];
                }
                both[y * width + x] = sum / (to - from + 1);
            }
        }
        return both;
    }
}
