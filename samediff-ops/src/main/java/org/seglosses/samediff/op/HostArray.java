package org.seglosses.samediff.op;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.concurrency.AffinityManager.Location;
import org.nd4j.linalg.api.environment.Nd4jEnvironment;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.Objects;

/**
 * The one door between Java code and the memory of an array. On a GPU backend reading makes the
 * host's copy current, and {@link #written} says that the host's copy is now the newer one.
 *
 * <p>Kernels copy blocks from these buffers to heap arrays and back: bulk copies run at memory
 * speed, and the compiler vectorizes loops over heap arrays, not over buffers.
 */
final class HostArray {

    /** The bytes that a Java buffer can have. */
    private static final long MOST_BYTES = Integer.MAX_VALUE;

    private HostArray() {}

    /** Apart, so that ND4J starts where an array is opened, not where a graph is built. */
    private static final class Backend {

        /** Whether an array's pointer is all there is to its memory: not on a GPU. */
        static final boolean CPU =
                "CPU"
                        .equals(
                                Nd4j.getExecutioner()
                                        .getEnvironmentInformation()
                                        .get(Nd4jEnvironment.BACKEND_KEY));
    }

    static FloatBuffer floats(INDArray array) {
        prepare(array, DataType.FLOAT);
        return bytes(array).asFloatBuffer();
    }

    static DoubleBuffer doubles(INDArray array) {
        prepare(array, DataType.DOUBLE);
        return bytes(array).asDoubleBuffer();
    }

    static IntBuffer ints(INDArray array) {
        prepare(array, DataType.INT32);
        return bytes(array).asIntBuffer();
    }

    static LongBuffer longs(INDArray array) {
        prepare(array, DataType.INT64);
        return bytes(array).asLongBuffer();
    }

    /** The floats whose bits are in an INT32 array; see {@code LovaszWeights}. */
    static FloatBuffer floatBits(INDArray array) {
        prepare(array, DataType.INT32);
        return bytes(array).asFloatBuffer();
    }

    /** The doubles whose bits are in an INT64 array; see {@code LovaszWeights}. */
    static DoubleBuffer doubleBits(INDArray array) {
        prepare(array, DataType.INT64);
        return bytes(array).asDoubleBuffer();
    }

    /** Doubles that lie in the first elements of an array of integers; see {@code RegionMaps}. */
    static DoubleBuffer doublesWithin(INDArray array, int elements) {
        prepare(array, array.dataType());
        int size = array.dataType().width();
        return bytes(array).limit(elements * size).asDoubleBuffer();
    }

    /** The memory of an array, which may be a part of a buffer of any length. */
    private static ByteBuffer bytes(INDArray array) {
        DataBuffer data = array.data();
        long width = array.dataType().width();
        long start = data.offset() * width;
        long end = start + array.length() * width;
        return AddressBuffer.SUPPORTED && Backend.CPU
                ? atAddress(data, start, end)
                : throughJavaCpp(data, start, end);
    }

    /** The pointer of a view is that of the whole, and its address is where the whole begins. */
    static ByteBuffer atAddress(DataBuffer data, long start, long end) {
        Pointer memory = data.pointer();
        if (memory.isNull()) {
            throw new IllegalStateException("the array's memory was freed");
        }
        Objects.checkFromToIndex(start, end, memory.limit() * data.getElementSize());
        return AddressBuffer.of(memory.address() + start, (int) (end - start));
    }

    /** Native code makes these buffers; see {@link AddressBuffer} on that. */
    static ByteBuffer throughJavaCpp(DataBuffer data, long start, long end) {
        // on a GPU backend this makes the host's memory
        ByteBuffer all = data.asNio();
        if (end > MOST_BYTES) {
            return far(data, start, end);
        }
        return all.position((int) start).limit((int) end).slice().order(ByteOrder.nativeOrder());
    }

    /** Bytes beyond the first 2 GiB of a buffer, which ND4J's own view does not show. */
    static ByteBuffer far(DataBuffer data, long start, long end) {
        BytePointer from = new BytePointer(data.pointer()).getPointer(start);
        return from.position(0).limit(end - start).asByteBuffer();
    }

    /**
     * Throws, naming the array, if it has more bytes than a Java buffer.
     *
     * @param read the type that it is read as
     */
    static void requireSize(String name, INDArray array, DataType read) {
        long most = MOST_BYTES / read.width();
        if (array.length() > most) {
            throw new IllegalArgumentException(
                    name
                            + " must have at most "
                            + most
                            + " elements (2 GiB as "
                            + read
                            + "; use smaller batches or tiles), got "
                            + array.length()
                            + " of shape "
                            + Arrays.toString(array.shape()));
        }
    }

    /** Says that the host's memory of an array was written to. */
    static void written(INDArray array) {
        Nd4j.getAffinityManager().tagLocation(array, Location.HOST);
    }

    static void requireFloating(String name, DataType type) {
        if (type != DataType.FLOAT && type != DataType.DOUBLE) {
            throw new IllegalArgumentException(name + " must be FLOAT or DOUBLE, got " + type);
        }
    }

    /**
     * Whether elements follow each other in C order; ND4J's own check trips over sides of length 1.
     */
    static boolean isContiguous(INDArray array) {
        long[] shape = array.shape();
        long[] strides = array.stride();
        if (array.isEmpty()) {
            return true;
        }
        long step = 1;
        for (int d = shape.length - 1; d >= 0; d--) {
            if (shape[d] != 1 && strides[d] != step) {
                return false;
            }
            step *= shape[d];
        }
        return true;
    }

    private static void prepare(INDArray array, DataType type) {
        if (array.dataType() != type || !isContiguous(array)) {
            throw new IllegalStateException(
                    "expected a C-contiguous "
                            + type
                            + " array, got "
                            + array.dataType()
                            + " with order "
                            + array.ordering());
        }
        requireSize("an array of an op", array, type);
        Nd4j.getAffinityManager().ensureLocation(array, Location.HOST);
    }
}
