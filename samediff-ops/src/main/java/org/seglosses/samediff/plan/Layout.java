package org.seglosses.samediff.plan;

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

    /** Whether two arrays may have an element in common. */
    static boolean overlap(INDArray a, INDArray b) {
        if (a.isEmpty() || b.isEmpty()) {
            return false;
        }
        long startA = start(a);
        long startB = start(b);
        return startA < startB + extent(b) && startB < startA + extent(a);
    }

    private static long start(INDArray array) {
        // The address of a view's data is that of what it is a view of.
        return array.data().address() + bytes(array.dataType(), array.offset());
    }

    private static long extent(INDArray array) {
        long last = 0;
        for (int i = 0; i < array.rank(); i++) {
            last += (array.size(i) - 1) * array.stride(i);
        }
        return bytes(array.dataType(), last + 1);
    }

    static long bytes(DataType type, long elements) {
        return elements * type.width();
    }
}
