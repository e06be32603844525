package org.seglosses.dl4j.evaluation;

import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.concurrency.AffinityManager;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

import java.lang.ref.Reference;

/**
 * An [N,C,H,W] array of any numeric type, read plane by plane in bulk: element-wise access through
 * INDArray costs more than everything that is computed from the values here.
 */
final class Planes {
    private final INDArray array;
    private final Pointer address;
    private final float[] floats;
    private final int channels;
    private final int size;

    /**
     * @param nchw any strides; read only
     */
    Planes(INDArray nchw) {
        // Everything but FLOAT and the two half types, which FLOAT holds exactly, may need a
        // double.
        DataType type =
                switch (nchw.dataType()) {
                    case FLOAT, HALF, BFLOAT16 -> DataType.FLOAT;
                    default -> DataType.DOUBLE;
                };
        INDArray cast = nchw.castTo(type);
        array = isDense(cast) ? cast : cast.dup('c');
        Nd4j.getAffinityManager().ensureLocation(array, AffinityManager.Location.HOST);
        channels = Math.toIntExact(nchw.size(1));
        size = Math.toIntExact(nchw.size(2) * nchw.size(3));
        Pointer start = array.data().addressPointer();
        // A pointer of our own: position() writes to the object.
        address = type == DataType.FLOAT ? new FloatPointer(start) : new DoublePointer(start);
        floats = type == DataType.FLOAT ? new float[size] : null;
    }

    int channels() {
        return channels;
    }

    /** Copies plane {@code channel} of image {@code image} to {@code target} of H*W values. */
    void read(long image, int channel, double[] target) {
        long from = (image * channels + channel) * size;
        if (address instanceof FloatPointer p) {
            p.position(from).get(floats, 0, size);
            for (int i = 0; i < size; i++) {
                target[i] = floats[i];
            }
        } else {
            ((DoublePointer) address).position(from).get(target, 0, size);
        }
        // The pointer alone does not keep ND4J from freeing the memory.
        Reference.reachabilityFence(array);
    }

    /** Whether the buffer holds exactly the C-order elements, from its first on. */
    private static boolean isDense(INDArray a) {
        if (a.offset() != 0) {
            return false;
        }
        long stride = 1;
        for (int d = a.rank() - 1; d >= 0; d--) {
            if (a.size(d) != 1 && a.stride(d) != stride) {
                return false;
            }
            stride *= a.size(d);
        }
        return true;
    }
}
