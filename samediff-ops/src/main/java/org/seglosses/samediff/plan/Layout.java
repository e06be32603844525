package org.seglosses.samediff.plan;

import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Where the elements of an array lie in memory. */
final class Layout {

    private Layout() {}

    /** Whether the elements lie one after another in C order, as a planned array has them. */
    static boolean isPlain(INDArray array) {
        if (array.ordering() != 'c') {
            return false;
        }
        long expected = 1;
        for (int i = array.rank() - 1; i >= 0; i--) {
            long size = array.size(i);
            if (size != 1 && array.stride(i) != expected) {
                return false;
            }
            expected *= size;
        }
        return true;
    }

    /**
     * Whether two arrays may have an element in common: they do if they are views of the same
     * buffer and their ranges in it meet. Addresses would say the same on a CPU only.
     */
    static boolean overlap(INDArray a, INDArray b) {
        if (a.isEmpty() || b.isEmpty() || origin(a) != origin(b)) {
            return false;
        }
        return a.offset() < b.offset() + extent(b) && b.offset() < a.offset() + extent(a);
    }

    private static DataBuffer origin(INDArray array) {
        DataBuffer data = array.data();
        return data.originalDataBuffer() == null ? data : data.originalDataBuffer();
    }

    /** The number of elements from the first to the last in memory. */
    private static long extent(INDArray array) {
        long last = 0;
        for (int i = 0; i < array.rank(); i++) {
            last += (array.size(i) - 1) * array.stride(i);
        }
        return last + 1;
    }

    static long bytes(DataType type, long elements) {
        return elements * type.width();
    }
}
