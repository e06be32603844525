package org.seglosses.samediff.op;

/**
 * Heap arrays that a thread uses again and again, so that a kernel allocates nothing once it has
 * run once. A kernel numbers its arrays; a slot holds whatever the last kernel left in it.
 */
final class Scratch {

    private static final int SLOTS = 8;
    private static final ThreadLocal<Scratch> LOCAL = ThreadLocal.withInitial(Scratch::new);

    private final float[][] floats = new float[SLOTS][0];
    private final double[][] doubles = new double[SLOTS][0];
    private final int[][] ints = new int[SLOTS][0];
    private final long[][] longs = new long[SLOTS][0];
    private final byte[][] bytes = new byte[SLOTS][0];

    private Scratch() {}

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
