package org.seglosses.samediff.op;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.concurrency.AffinityManager.Location;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;

/**
 * The one door between Java code and the memory of an array. On a GPU backend reading makes the
 * host's copy current, and {@link #written} says that the host's copy is now the newer one.
 *
 * <p>Kernels copy blocks from these buffers to heap arrays and back: bulk copies run at memory
 * speed, and the compiler vectorizes loops over heap arrays, not over buffers.
 */
final class HostArray {

    private HostArray() {}

    static FloatBuffer floats(INDArray array) {
        prepare(array, DataType.FLOAT);
        return array.data().asNioFloat().slice().limit(length(array));
    }

    static DoubleBuffer doubles(INDArray array) {
        prepare(array, DataType.DOUBLE);
        return array.data().asNioDouble().slice().limit(length(array));
    }

    static IntBuffer ints(INDArray array) {
        prepare(array, DataType.INT32);
        return array.data().asNioInt().slice().limit(length(array));
    }

    static LongBuffer longs(INDArray array) {
        prepare(array, DataType.INT64);
        return array.data().asNioLong().slice().limit(length(array));
    }

    /** The floats whose bits are in an INT32 array; see {@code LovaszWeights}. */
    static FloatBuffer floatBits(INDArray array) {
        prepare(array, DataType.INT32);
        return array.data().asNioFloat().slice().limit(length(array));
    }

    /** The doubles whose bits are in an INT64 array; see {@code LovaszWeights}. */
    static DoubleBuffer doubleBits(INDArray array) {
        prepare(array, DataType.INT64);
        return array.data().asNioDouble().slice().limit(length(array));
    }

    /** Doubles that lie in the first elements of an array of integers; see {@code RegionMaps}. */
    static DoubleBuffer doublesWithin(INDArray array, int elements) {
        prepare(array, array.dataType());
        int size = array.dataType().width();
        ByteBuffer all = array.data().asNio().order(ByteOrder.nativeOrder());
        all.position(Math.toIntExact(array.data().offset() * size));
        return all.slice().order(ByteOrder.nativeOrder()).limit(elements * size).asDoubleBuffer();
    }

    /** An array may be the beginning of a longer buffer. */
    private static int length(INDArray array) {
        return Math.toIntExact(array.length());
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
        Nd4j.getAffinityManager().ensureLocation(array, Location.HOST);
    }
}
