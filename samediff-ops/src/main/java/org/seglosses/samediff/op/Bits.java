package org.seglosses.samediff.op;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;

/**
 * The bits of floats as integers, and back, in bulk. The compiler does not vectorize {@link
 * Float#floatToRawIntBits}, but two views of one buffer do the same at the speed of copies.
 */
final class Bits {

    /**
     * 3 * 2^22: the last bit of a float from 2^23 to 2^24 counts 1. Adding it rounds to an integer
     * and leaves that in the low bits; adding an integer to its bits adds it to its value.
     */
    static final float MAGIC = 12582912f;

    static final int OF_MAGIC = Float.floatToRawIntBits(MAGIC);

    /** Stays, with what a kernel works on, in a first-level cache. */
    private static final int CHUNK = 1024;

    private static final ThreadLocal<Bits> LOCAL = ThreadLocal.withInitial(Bits::new);

    private final FloatBuffer floats;
    private final IntBuffer ints;

    private Bits() {
        ByteBuffer bytes =
                ByteBuffer.allocateDirect(CHUNK * Float.BYTES).order(ByteOrder.nativeOrder());
        floats = bytes.asFloatBuffer();
        ints = bytes.asIntBuffer();
    }

    static void ofFloats(float[] from, int[] to, int n) {
        Bits local = LOCAL.get();
        for (int i = 0; i < n; i += CHUNK) {
            int length = Math.min(CHUNK, n - i);
            local.floats.put(0, from, i, length);
            local.ints.get(0, to, i, length);
        }
    }

    static void toFloats(int[] from, float[] to, int n) {
        Bits local = LOCAL.get();
        for (int i = 0; i < n; i += CHUNK) {
            int length = Math.min(CHUNK, n - i);
            local.ints.put(0, from, i, length);
            local.floats.get(0, to, i, length);
        }
    }
}
