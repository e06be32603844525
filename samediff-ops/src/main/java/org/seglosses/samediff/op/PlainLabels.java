package org.seglosses.samediff.op;

import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;

/**
 * Labels of the types and values that most are of, brought to codes in loops that the compiler
 * vectorizes. Each method says whether a block is of that kind; {@link Targets} looks at every
 * label of one that is not. Labels of pixels that are masked, which codes of void tell if there are
 * any, may be anything, and are taken for 0.
 */
final class PlainLabels {

    private PlainLabels() {}

    /** Class indices of {@code classes} classes are their own codes. */
    static boolean indices(
            IntBuffer labels, int from, int classes, int[] masked, int[] code, int n) {
        labels.get(from, code, 0, n);
        if (masked != null) {
            clear(code, masked, n);
        }
        // the sign of an index below 0, or above the last one
        int wrong = 0;
        for (int i = 0; i < n; i++) {
            wrong += (code[i] | classes - 1 - code[i]) >>> 31;
        }
        return wrong == 0;
    }

    /** Class indices in the type of the logits, as DL4J's data sets hold them. */
    static boolean indices(
            FloatBuffer labels, int from, int classes, int[] masked, int[] code, int n) {
        float[] label = Scratch.floats(7, n);
        read(labels, from, masked, label, n);
        shift(label, Bits.MAGIC, n);
        for (int i = 0; i < n; i++) {
            code[i] = Bits.get(label, i) - Bits.OF_MAGIC;
        }
        shift(label, -Bits.MAGIC, n);
        float[] given = Scratch.floats(8, n);
        read(labels, from, masked, given, n);
        // what rounding has changed; NaN of what is not finite
        float[] wrong = Scratch.floats(9, n);
        for (int i = 0; i < n; i++) {
            wrong[i] =
                    Math.abs(given[i] - label[i])
                            + Math.max(-given[i], 0)
                            + Math.max(given[i] - (classes - 1), 0);
        }
        return Sum.of(wrong, n) == 0;
    }

    /** One-hot vectors, or zeros where void. */
    static boolean vectors(FloatBuffer labels, Blocks blocks, int block, int[] masked, int[] code) {
        int n = blocks.length(block);
        float[] label = Scratch.floats(7, n);
        float[] sum = Scratch.floats(8, n);
        float[] index = Scratch.floats(9, n);
        float[] wrong = Scratch.floats(10, n);
        Arrays.fill(sum, 0, n, 0);
        // a vector of zeros gets the index -1, which is the code of void
        Arrays.fill(index, 0, n, Bits.MAGIC - 1);
        Arrays.fill(wrong, 0, n, 0);
        for (int c = 0; c < blocks.channels(); c++) {
            read(labels, blocks.offset(block, c), masked, label, n);
            FloatSoftmax.add(sum, label, n);
            addIndex(index, label, c + 1, n);
            addFraction(wrong, label, n);
        }
        for (int i = 0; i < n; i++) {
            wrong[i] += Math.max(sum[i] - 1, 0);
        }
        for (int i = 0; i < n; i++) {
            code[i] = Bits.get(index, i) - Bits.OF_MAGIC;
        }
        return Sum.of(wrong, n) == 0;
    }

    /**
     * Vectors of labels from 0 to 1 that sum to 1; a pixel is void where all are 0, and else has
     * code 0.
     */
    static boolean softVectors(
            FloatBuffer labels,
            Blocks blocks,
            int block,
            int[] masked,
            float tolerance,
            int[] code) {
        int n = blocks.length(block);
        float[] label = Scratch.floats(7, n);
        float[] sum = Scratch.floats(8, n);
        float[] wrong = Scratch.floats(10, n);
        Arrays.fill(sum, 0, n, 0);
        Arrays.fill(wrong, 0, n, 0);
        for (int c = 0; c < blocks.channels(); c++) {
            read(labels, blocks.offset(block, c), masked, label, n);
            FloatSoftmax.add(sum, label, n);
            addExcess(wrong, label, n);
        }
        for (int i = 0; i < n; i++) {
            int bits = Bits.get(sum, i);
            // a sign bit, unless the sum is 0
            code[i] = ~(bits | -bits) >> 31;
        }
        float[] valid = label;
        Indicator.ofValid(code, valid, n);
        addOffset(wrong, sum, valid, tolerance, n);
        return Sum.of(wrong, n) == 0;
    }

    /** Labels of elements, from 0 to 1. */
    static boolean softElements(FloatBuffer labels, int from, int[] masked, int n) {
        float[] label = Scratch.floats(7, n);
        float[] wrong = Scratch.floats(10, n);
        read(labels, from, masked, label, n);
        Arrays.fill(wrong, 0, n, 0);
        addExcess(wrong, label, n);
        return Sum.of(wrong, n) == 0;
    }

    private static void read(FloatBuffer labels, int from, int[] masked, float[] to, int n) {
        labels.get(from, to, 0, n);
        if (masked != null) {
            Indicator.clearVoid(to, masked, n);
        }
    }

    private static void clear(int[] code, int[] masked, int n) {
        for (int i = 0; i < n; i++) {
            code[i] &= ~masked[i];
        }
    }

    private static void shift(float[] x, float by, int n) {
        for (int i = 0; i < n; i++) {
            x[i] += by;
        }
    }

    private static void addIndex(float[] index, float[] label, int c, int n) {
        for (int i = 0; i < n; i++) {
            index[i] += c * label[i];
        }
    }

    /** Adds 0 for 0 and 1 alone. */
    private static void addFraction(float[] wrong, float[] label, int n) {
        for (int i = 0; i < n; i++) {
            wrong[i] += Math.abs(label[i] * (label[i] - 1));
        }
    }

    /** Adds 0 from 0 to 1 alone. */
    private static void addExcess(float[] wrong, float[] label, int n) {
        for (int i = 0; i < n; i++) {
            wrong[i] += Math.max(-label[i], 0) + Math.max(label[i] - 1, 0);
        }
    }

    /** Adds 0 for a sum that is about 1, and where no label is valid. */
    static void addOffset(float[] wrong, float[] sum, float[] valid, float tolerance, int n) {
        for (int i = 0; i < n; i++) {
            wrong[i] += valid[i] * Math.max(Math.abs(sum[i] - 1) - tolerance, 0);
        }
    }
}
