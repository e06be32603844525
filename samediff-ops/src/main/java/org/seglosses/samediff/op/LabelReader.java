package org.seglosses.samediff.op;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;

/** Reads an array of any numeric type as doubles; types that Java lacks are cast first. */
final class LabelReader {

    private final FloatBuffer floats;
    private final DoubleBuffer doubles;
    private final IntBuffer ints;

    private LabelReader(FloatBuffer floats, DoubleBuffer doubles, IntBuffer ints) {
        this.floats = floats;
        this.doubles = doubles;
        this.ints = ints;
    }

    static LabelReader of(String name, INDArray array) {
        DataType type = array.dataType();
        boolean asIs = type == DataType.FLOAT || type == DataType.INT32;
        HostArray.requireSize(name, array, asIs ? type : DataType.DOUBLE);
        if (type == DataType.FLOAT) {
            return new LabelReader(HostArray.floats(array), null, null);
        }
        if (type == DataType.INT32) {
            return new LabelReader(null, null, HostArray.ints(array));
        }
        if (type == DataType.DOUBLE) {
            return new LabelReader(null, HostArray.doubles(array), null);
        }
        if (!type.isNumerical() && type != DataType.BOOL) {
            throw new IllegalArgumentException(name + " must be numbers or booleans, got " + type);
        }
        return new LabelReader(null, HostArray.doubles(array.castTo(DataType.DOUBLE)), null);
    }

    /** The labels themselves if they are INT32, else null. */
    IntBuffer ints() {
        return ints;
    }

    /** The labels themselves if they are FLOAT, else null. */
    FloatBuffer floats() {
        return floats;
    }

    void read(int from, double[] to, int n) {
        if (doubles != null) {
            doubles.get(from, to, 0, n);
        } else if (floats != null) {
            float[] values = Scratch.floats(7, n);
            floats.get(from, values, 0, n);
            for (int i = 0; i < n; i++) {
                to[i] = values[i];
            }
        } else {
            int[] values = Scratch.ints(7, n);
            ints.get(from, values, 0, n);
            for (int i = 0; i < n; i++) {
                to[i] = values[i];
            }
        }
    }
}
