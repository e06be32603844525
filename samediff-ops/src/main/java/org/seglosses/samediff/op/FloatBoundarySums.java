package org.seglosses.samediff.op;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;

/** The four sums of the boundary loss over the pixels of each map, and their gradients. */
@SuppressWarnings("cast") // the double twin has casts from double to double
final class FloatBoundarySums {

    private FloatBoundarySums() {}

    static void forward(
            FloatBuffer boundary,
            FloatBuffer extended,
            ByteBuffer targets,
            Blocks blocks,
            FloatBuffer to) {
        int channels = blocks.channels();
        double[] partial = new double[blocks.count() * channels * 4];
        Parallel.run(
                blocks.count(),
                block -> {
                    int n = blocks.length(block);
                    float[] b = Scratch.floats(0, n);
                    float[] e = Scratch.floats(1, n);
                    byte[] t = Scratch.bytes(0, n);
                    for (int c = 0; c < channels; c++) {
                        int from = blocks.offset(block, c);
                        boundary.get(from, b, 0, n);
                        extended.get(from, e, 0, n);
                        targets.get(from, t, 0, n);
                        double hit = 0;
                        double predicted = 0;
                        double found = 0;
                        int actual = 0;
                        for (int i = 0; i < n; i++) {
                            predicted += b[i];
                            if ((t[i] & 2) != 0) {
                                hit += b[i];
                            }
                            if ((t[i] & 1) != 0) {
                                found += e[i];
                                actual++;
                            }
                        }
                        int at = (block * channels + c) * 4;
                        partial[at] = hit;
                        partial[at + 1] = predicted;
                        partial[at + 2] = found;
                        partial[at + 3] = actual;
                    }
                });
        double[] sums = blocks.addUp(partial, channels * 4);
        for (int i = 0; i < sums.length; i++) {
            to.put(i, (float) sums[i]);
        }
    }

    /**
     * The gradient by the boundary: upstream of the hits inside the extended target, and of all.
     */
    static void byBoundary(
            FloatBuffer upstream, ByteBuffer targets, Blocks blocks, FloatBuffer to) {
        select(upstream, 0, 1, 2, targets, blocks, to);
    }

    /**
     * The gradient by the extended boundary: upstream of the found ones on the target's boundary.
     */
    static void byExtended(
            FloatBuffer upstream, ByteBuffer targets, Blocks blocks, FloatBuffer to) {
        select(upstream, 2, -1, 1, targets, blocks, to);
    }

    private static void select(
            FloatBuffer upstream,
            int inside,
            int everywhere,
            int bit,
            ByteBuffer targets,
            Blocks blocks,
            FloatBuffer to) {
        Parallel.run(
                blocks.count(),
                block -> {
                    int n = blocks.length(block);
                    float[] g = Scratch.floats(0, n);
                    byte[] t = Scratch.bytes(0, n);
                    for (int c = 0; c < blocks.channels(); c++) {
                        int from = blocks.offset(block, c);
                        int at = (blocks.image(block) * blocks.channels() + c) * 4;
                        float base = everywhere < 0 ? 0 : upstream.get(at + everywhere);
                        float more = base + upstream.get(at + inside);
                        targets.get(from, t, 0, n);
                        for (int i = 0; i < n; i++) {
                            g[i] = (t[i] & bit) != 0 ? more : base;
                        }
                        to.put(from, g, 0, n);
                    }
                });
    }
}
