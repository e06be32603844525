package org.seglosses.samediff.op;

import java.nio.FloatBuffer;

/** The sum of two arrays. */
final class FloatAddition {

    /** Elements that a task adds. */
    private static final int CHUNK = 1 << 13;

    private FloatAddition() {}

    static void add(FloatBuffer a, FloatBuffer b, int n, FloatBuffer to) {
        Parallel.run(
                (n + CHUNK - 1) / CHUNK,
                chunk -> {
                    int from = chunk * CHUNK;
                    int length = Math.min(CHUNK, n - from);
                    float[] sum = Scratch.floats(0, length);
                    float[] other = Scratch.floats(1, length);
                    a.get(from, sum, 0, length);
                    b.get(from, other, 0, length);
                    FloatSoftmax.add(sum, other, length);
                    to.put(from, sum, 0, length);
                });
    }
}
