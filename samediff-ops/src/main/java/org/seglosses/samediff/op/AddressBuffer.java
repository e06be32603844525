package org.seglosses.samediff.op;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import java.lang.ref.Reference;
import java.lang.reflect.Field;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A Java buffer over memory at an address, made without native code. JavaCPP's native code crashes
 * the JVM where the heap has no room for the buffer; here that is an {@link OutOfMemoryError}.
 *
 * <p>Java has no public way to make one before release 22. This calls the constructor that the
 * JVM's own {@code NewDirectByteBuffer} calls, so that the buffers are the same. Setting the fields
 * of another buffer would be simpler, but its capacity is final in later releases, and the compiler
 * may go on with the old one.
 */
final class AddressBuffer {

    /** {@code ByteBuffer (long address, int bytes)}, or null. */
    private static final MethodHandle CONSTRUCTOR;

    /** Whether {@link #of} can be called: not without {@code Unsafe}, see {@link Bits#SWITCH}. */
    static final boolean SUPPORTED;

    static {
        MethodHandle constructor = null;
        long address = 0;
        ByteBuffer known = ByteBuffer.allocateDirect(Integer.BYTES).order(ByteOrder.nativeOrder());
        if (!"false".equals(System.getProperty(Bits.SWITCH))) {
            try {
                Lookup lookup = lookupOfAll();
                constructor = constructor(lookup, known.getClass());
                address =
                        (long)
                                lookup.findGetter(Buffer.class, "address", long.class)
                                        .invokeExact((Buffer) known);
            } catch (Throwable none) {
                // whatever a later Java release says of it
                constructor = null;
            }
        }
        CONSTRUCTOR = constructor;
        SUPPORTED = constructor != null && showsTheSame(known, address);
    }

    private AddressBuffer() {}

    /** Bytes in native order; they do not keep what they belong to from being freed. */
    static ByteBuffer of(long address, int bytes) {
        ByteBuffer made;
        try {
            made = (ByteBuffer) CONSTRUCTOR.invokeExact(address, bytes);
        } catch (RuntimeException | Error thrown) {
            throw thrown;
        } catch (Throwable thrown) {
            throw new AssertionError(thrown);
        }
        return made.order(ByteOrder.nativeOrder());
    }

    private static Lookup lookupOfAll() throws ReflectiveOperationException {
        Class<?> type = Class.forName("sun.misc.Unsafe");
        Field theUnsafe = type.getDeclaredField("theUnsafe");
        theUnsafe.setAccessible(true);
        Object unsafe = theUnsafe.get(null);
        Field lookup = Lookup.class.getDeclaredField("IMPL_LOOKUP");
        Object base = type.getMethod("staticFieldBase", Field.class).invoke(unsafe, lookup);
        Object offset = type.getMethod("staticFieldOffset", Field.class).invoke(unsafe, lookup);
        return (Lookup)
                type.getMethod("getObject", Object.class, long.class).invoke(unsafe, base, offset);
    }

    private static MethodHandle constructor(Lookup lookup, Class<?> type)
            throws ReflectiveOperationException {
        MethodHandle found;
        try {
            found =
                    lookup.findConstructor(
                            type, MethodType.methodType(void.class, long.class, long.class));
        } catch (NoSuchMethodException olderThanJava21) {
            found =
                    lookup.findConstructor(
                            type, MethodType.methodType(void.class, long.class, int.class));
        }
        return found.asType(MethodType.methodType(ByteBuffer.class, long.class, int.class));
    }

    /** Whether a buffer at the address of another one has what is written to that. */
    private static boolean showsTheSame(ByteBuffer known, long address) {
        known.putInt(0, 0x01020304);
        try {
            ByteBuffer made = of(address, known.capacity());
            return made.isDirect()
                    && made.capacity() == known.capacity()
                    && made.remaining() == known.capacity()
                    && made.getInt(0) == 0x01020304;
        } catch (Throwable none) {
            return false;
        } finally {
            Reference.reachabilityFence(known);
        }
    }
}
