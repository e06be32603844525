package org.seglosses.samediff.op;

import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.ByteBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.concurrency.AffinityManager.Location;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.Shape;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The one door between Java code and the memory of an array. On a GPU backend reading makes the
 * host's copy current, and {@link #written} says that the host's copy is now the newer one.
 *
 * <p>Kernels copy blocks from these buffers to heap arrays and back: bulk copies run at memory speed,
 * and the compiler vectorizes loops over heap arrays, not over buffers.
 */
final class HostArray {

    private HostArray() {}

    static FloatBuffer floats(INDArray array) {
        prepare(array, DataType.FLOAT);
        return array.data().asNioFloat().slice();
    }

    static DoubleBuffer doubles(INDArray array) {
        prepare(array, DataType.DOUBLE);
        return array.data().asNioDouble().slice();
    }

    static IntBuffer ints(INDArray array) {
        prepare(array, DataType.INT32);
        return array.data().asNioInt().slice();
    }

    static ByteBuffer bytes(INDArray array) {
        prepare(array, DataType.INT8);
        ByteBuffer all = array.data().asNio();
        all.position(Math.toIntExact(array.data().offset()));
        return all.slice();
    }

    /** The floats whose bits are in an INT32 array; see {@code LovaszWeights}. */
    static FloatBuffer floatBits(INDArray array) {
        prepare(array, DataType.INT32);
        return array.data().asNioFloat().slice();
    }

    /** The doubles whose bits are in an INT64 array; see {@code LovaszWeights}. */
    static DoubleBuffer doubleBits(INDArray array) {
        prepare(array, DataType.INT64);
        return array.data().asNioDouble().slice();
    }

    /** Says that the host's memory of an array was written to. */
    static void written(INDArray array) {
        Nd4j.getAffinityManager().tagLocation(array, Location.HOST);
    }

    static boolean isContiguous(INDArray array) {
        return array.length() <= 1
                || array.ordering() == 'c' && Shape.hasDefaultStridesForShape(array);
    }

    private static void prepare(INDArray array, DataType type) {
        if (array.dataType() != type || !isContiguous(array)) {
            throw new IllegalStateException(
                    "expected a C-contiguous " + type + " array, got " + array.dataType()
                            + " with order " + array.ordering());
        }
        Nd4j.getAffinityManager().ensureLocation(array, Location.HOST);
    }
}
