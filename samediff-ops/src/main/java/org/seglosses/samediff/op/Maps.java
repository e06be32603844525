package org.seglosses.samediff.op;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;

/**
 * The layout of what an op finds for two readers, since an op has one output: sums {@code
 * [N,C,columns]}, doubles, and behind them maps {@code [N,C,H,W]}, bits in INT32, of DOUBLE in
 * INT64. An integer has no gradient; those of the ops that read the maps lead to the scores.
 *
 * @param shape of the maps
 * @param columns of the sums
 */
record Maps(long[] shape, int columns) {

    /** The type of an array for maps of the type of the scores. */
    static DataType type(DataType scores) {
        return scores == DataType.DOUBLE ? DataType.INT64 : DataType.INT32;
    }

    /** The length of an array for maps of the type of the scores. */
    long length(DataType scores) {
        return header(type(scores)) + shape[0] * shape[1] * shape[2] * shape[3];
    }

    /** How many elements the sums take. */
    private int header(DataType type) {
        int sums = Math.toIntExact(shape[0] * shape[1]) * columns;
        return type == DataType.INT64 ? sums : sums * (Double.BYTES / Float.BYTES);
    }

    DoubleBuffer sums(INDArray array) {
        return HostArray.doublesWithin(array, header(array.dataType()));
    }

    /** Writes the sums into an array of their own. */
    void copySums(INDArray array, INDArray to) {
        HostArray.doubles(to).put(0, sums(array), 0, (int) to.length());
        HostArray.written(to);
    }

    FloatBuffer floats(INDArray array) {
        return HostArray.floatBits(array).position(header(array.dataType())).slice();
    }

    DoubleBuffer doubles(INDArray array) {
        return HostArray.doubleBits(array).position(header(array.dataType())).slice();
    }
}
