package org.seglosses.samediff.op;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Objects;

/**
 * The bits of a float in an array as an integer. A loop over these is as fast as one over an array
 * of integers: the compiler (of Java 17 to 25) vectorizes the access of {@code sun.misc.Unsafe} to
 * the same memory by another type, and does not vectorize {@link Float#floatToRawIntBits}. That
 * takes its place where there is no such class, or where {@value #SWITCH} is false. JavaCPP, on
 * which ND4J rests, uses the class too, so that no warning of a later Java release comes with this.
 */
final class Bits {

    /**
     * 3 * 2^22: the last bit of a float from 2^23 to 2^24 counts 1. Adding it rounds to an integer
     * and leaves that in the low bits; adding an integer to its bits adds it to its value.
     */
    static final float MAGIC = 12582912f;

    static final int OF_MAGIC = Float.floatToRawIntBits(MAGIC);

    static final String SWITCH = "org.seglosses.unsafe";

    /** {@code int (Object array, long offset)}, or null. */
    private static final MethodHandle GET;

    /** {@code void (Object array, long offset, int bits)}, or null. */
    private static final MethodHandle PUT;

    private static final long BASE;

    static {
        MethodHandle get = null;
        MethodHandle put = null;
        long base = 0;
        if (!"false".equals(System.getProperty(SWITCH))) {
            try {
                Class<?> type = Class.forName("sun.misc.Unsafe");
                var field = type.getDeclaredField("theUnsafe");
                field.setAccessible(true);
                Object unsafe = field.get(null);
                var lookup = MethodHandles.publicLookup();
                var getType = MethodType.methodType(int.class, Object.class, long.class);
                var putType =
                        MethodType.methodType(void.class, Object.class, long.class, int.class);
                MethodHandle read = lookup.findVirtual(type, "getInt", getType).bindTo(unsafe);
                MethodHandle write = lookup.findVirtual(type, "putInt", putType).bindTo(unsafe);
                base = type.getField("ARRAY_FLOAT_BASE_OFFSET").getLong(null);
                float[] one = {1};
                if ((int) read.invokeExact((Object) one, base) == Float.floatToRawIntBits(1)) {
                    get = read;
                    put = write;
                }
            } catch (Throwable none) {
                // whatever a later Java release says of it
                get = null;
            }
        }
        GET = get;
        PUT = put;
        BASE = base;
    }

    private Bits() {}

    static int get(float[] x, int i) {
        if (GET == null) {
            return Float.floatToRawIntBits(x[i]);
        }
        Objects.checkIndex(i, x.length);
        try {
            return (int) GET.invokeExact((Object) x, BASE + (long) Float.BYTES * i);
        } catch (Throwable thrown) {
            throw new AssertionError(thrown);
        }
    }

    static void put(float[] x, int i, int bits) {
        if (GET == null) {
            x[i] = Float.intBitsToFloat(bits);
            return;
        }
        Objects.checkIndex(i, x.length);
        try {
            PUT.invokeExact((Object) x, BASE + (long) Float.BYTES * i, bits);
        } catch (Throwable thrown) {
            throw new AssertionError(thrown);
        }
    }
}
