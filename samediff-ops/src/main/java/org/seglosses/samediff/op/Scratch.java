package org.seglosses.samediff.op;

import java.util.Arrays;

/**
 * Heap arrays that a thread uses again and again, so that a kernel allocates nothing once it has
 * run once. A kernel numbers its arrays; a slot holds whatever the last kernel left in it.
 */
final class Scratch {

    /** The first slot of {@link Exp} and {@link Log}, which kernels call with arrays of theirs. */
    static final int EXP = 14;

    private static final int SLOTS = 16;
    private static final ThreadLocal<Scratch> LOCAL = ThreadLocal.withInitial(Scratch::new);

    private final float[][] floats = new float[SLOTS][0];
    private final double[][] doubles = new double[SLOTS][0];
    private final int[][] ints = new int[SLOTS][0];
    private final long[][] longs = new long[SLOTS][0];
    private final byte[][] bytes = new byte[SLOTS][0];

    private final float[][][] floatBlocks = new float[SLOTS][0][];
    private final double[][][] doubleBlocks = new double[SLOTS][0][];

    private Scratch() {}

    /** Rows of their own, since the compiler vectorizes loops over several arrays only from 0. */
    static float[][] floatBlock(int slot, int rows, int width) {
        float[][][] blocks = LOCAL.get().floatBlocks;
        if (blocks[slot].length < rows) {
            int old = blocks[slot].length;
            float[][] grown = Arrays.copyOf(blocks[slot], rows);
            Arrays.fill(grown, old, rows, new float[0]);
            // a slot is never left half made, though the heap be full
            blocks[slot] = grown;
        }
        for (int i = 0; i < rows; i++) {
            if (blocks[slot][i].length < width) {
                blocks[slot][i] = new float[width];
            }
        }
        return blocks[slot];
    }

    static double[][] doubleBlock(int slot, int rows, int width) {
        double[][][] blocks = LOCAL.get().doubleBlocks;
        if (blocks[slot].length < rows) {
            int old = blocks[slot].length;
            double[][] grown = Arrays.copyOf(blocks[slot], rows);
            Arrays.fill(grown, old, rows, new double[0]);
            // a slot is never left half made, though the heap be full
            blocks[slot] = grown;
        }
        for (int i = 0; i < rows; i++) {
            if (blocks[slot][i].length < width) {
                blocks[slot][i] = new double[width];
            }
        }
        return blocks[slot];
    }

    static float[] floats(int slot, int length) {
        float[][] arrays = LOCAL.get().floats;
        if (arrays[slot].length < length) {
            arrays[slot] = new float[length];
        }
        return arrays[slot];
    }

    static double[] doubles(int slot, int length) {
        double[][] arrays = LOCAL.get().doubles;
        if (arrays[slot].length < length) {
            arrays[slot] = new double[length];
        }
        return arrays[slot];
    }

    static int[] ints(int slot, int length) {
        int[][] arrays = LOCAL.get().ints;
        if (arrays[slot].length < length) {
            arrays[slot] = new int[length];
        }
        return arrays[slot];
    }

    static long[] longs(int slot, int length) {
        long[][] arrays = LOCAL.get().longs;
        if (arrays[slot].length < length) {
            arrays[slot] = new long[length];
        }
        return arrays[slot];
    }

    static byte[] bytes(int slot, int length) {
        byte[][] arrays = LOCAL.get().bytes;
        if (arrays[slot].length < length) {
            arrays[slot] = new byte[length];
        }
        return arrays[slot];
    }
}
