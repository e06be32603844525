package org.seglosses.samediff.plan;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Arrays of a given shape and type, filled with one value, to ask an op for the shape of its output
 * before anything is computed. An op whose answer differs between fills has an output shape that
 * depends on values. All arrays of one type and fill share their memory.
 */
final class ShapeProbe implements AutoCloseable {

    /** Every axis of arrays up to rank 5 is named by one of these. */
    private static final int[] INTEGER_FILLS = {0, 1, 2, -1, -2};

    private static final int[] OTHER_FILLS = {0, 1};

    private record Key(DataType type, int fill) {}

    private final Map<Key, INDArray> pools = new HashMap<>();
    private final List<INDArray> outgrown = new ArrayList<>();

    static int[] fillsFor(DataType type) {
        return type.isIntType() ? INTEGER_FILLS : OTHER_FILLS;
    }

    /** An array that must not be written to. */
    INDArray array(DataType type, long[] shape, int fill) {
        long length = 1;
        for (long size : shape) {
            length *= size;
        }
        // Unsigned types and BOOL have no -1.
        int value = type.isSigned() ? fill : Math.abs(fill);
        Key key = new Key(type, value);
        INDArray pool = pools.get(key);
        if (pool == null || pool.length() < length) {
            if (pool != null) {
                // Contexts may still point to it.
                outgrown.add(pool);
            }
            long capacity = pool == null ? length : Math.max(length, 2 * pool.length());
            pool = Nd4j.createUninitializedDetached(type, capacity);
            pool.assign(value);
            pools.put(key, pool);
        }
        return BufferLayout.over(pool, shape);
    }

    @Override
    public void close() {
        pools.values().forEach(INDArray::close);
        outgrown.forEach(INDArray::close);
    }
}
