package org.seglosses.samediff.op;

import org.nd4j.linalg.api.ndarray.INDArray;

import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * Probabilities that a graph ends in: refuses other numbers at pixels that count. NaN is not
 * refused, since training must see it.
 */
final class GivenProbabilities {

    /** What rounding may add to 1. */
    private static final double SLACK = 1e-6;

    private static final String LOGITS =
            "logits? use define instead of defineOnProbabilities, or apply the activation";

    private final LabelReader reader;
    private final Blocks blocks;
    private final double tolerance;

    /**
     * Looks at nothing yet.
     *
     * @param probabilities {@code [N,C,H,W]}
     * @param tolerance how far from 1 a sum may be
     */
    GivenProbabilities(INDArray probabilities, Blocks blocks, double tolerance) {
        this.reader = LabelReader.of("probabilities", probabilities);
        this.blocks = blocks;
        this.tolerance = tolerance;
    }

    /** Checks a channel of a block where probabilities belong to channels. */
    void checkChannel(int block, int channel, int[] code) {
        int n = blocks.length(block);
        float[] wrong = Scratch.floats(10, n);
        Arrays.fill(wrong, 0, n, 0);
        FloatBuffer floats = reader.floats();
        if (floats != null) {
            addExcess(wrong, read(floats, block, channel, code), n);
        }
        if (floats == null || Sum.of(wrong, n) != 0) {
            double[] p = Scratch.doubles(0, n);
            read(block, channel, code, p);
            requireRange(p, block, channel);
        }
    }

    /** Checks all channels of a block where those of a pixel sum to 1. */
    void checkPixels(int block, int[] code) {
        if (reader.floats() == null || !arePlain(block, code)) {
            int n = blocks.length(block);
            double[] p = Scratch.doubles(0, n);
            double[] sum = Scratch.doubles(1, n);
            Arrays.fill(sum, 0, n, 0);
            for (int c = 0; c < blocks.channels(); c++) {
                read(block, c, code, p);
                requireRange(p, block, c);
                for (int i = 0; i < n; i++) {
                    sum[i] += p[i];
                }
            }
            for (int i = 0; i < n; i++) {
                if (code[i] >= 0 && Math.abs(sum[i] - 1) > tolerance) {
                    throw new IllegalArgumentException(
                            "probabilities of a pixel must sum to 1 in mode MULTICLASS (within "
                                    + tolerance
                                    + "), got the sum "
                                    + sum[i]
                                    + " at "
                                    + blocks.place(block, 0, i)
                                    + " (first channel); sigmoids? name mode MULTILABEL; "
                                    + LOGITS);
                }
            }
        }
    }

    private boolean arePlain(int block, int[] code) {
        int n = blocks.length(block);
        float[] sum = Scratch.floats(8, n);
        float[] wrong = Scratch.floats(10, n);
        Arrays.fill(sum, 0, n, 0);
        Arrays.fill(wrong, 0, n, 0);
        for (int c = 0; c < blocks.channels(); c++) {
            float[] p = read(reader.floats(), block, c, code);
            addExcess(wrong, p, n);
            FloatSoftmax.add(sum, p, n);
        }
        float[] valid = Scratch.floats(7, n);
        Indicator.ofValid(code, valid, n);
        PlainLabels.addOffset(wrong, sum, valid, (float) tolerance, n);
        return Sum.of(wrong, n) == 0;
    }

    private float[] read(FloatBuffer floats, int block, int channel, int[] code) {
        int n = blocks.length(block);
        float[] p = Scratch.floats(7, n);
        floats.get(blocks.offset(block, channel), p, 0, n);
        Indicator.clearVoid(p, code, n);
        return p;
    }

    private void read(int block, int channel, int[] code, double[] to) {
        int n = blocks.length(block);
        reader.read(blocks.offset(block, channel), to, n);
        Indicator.clearVoid(to, code, n);
    }

    private void requireRange(double[] p, int block, int channel) {
        for (int i = 0; i < blocks.length(block); i++) {
            if (p[i] < -SLACK || p[i] > 1 + SLACK) {
                throw new IllegalArgumentException(
                        "probabilities must be from 0 to 1, got "
                                + p[i]
                                + " at "
                                + blocks.place(block, channel, i)
                                + "; "
                                + LOGITS);
            }
        }
    }

    /** Adds 0 from 0 to 1 alone, with what rounding may add. */
    private static void addExcess(float[] wrong, float[] p, int n) {
        for (int i = 0; i < n; i++) {
            wrong[i] += Math.max(Math.abs(p[i] - 0.5f) - (0.5f + (float) SLACK), 0);
        }
    }
}
