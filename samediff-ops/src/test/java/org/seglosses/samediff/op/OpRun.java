package org.seglosses.samediff.op;

import static org.assertj.core.api.Assertions.assertThat;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

import java.nio.ByteBuffer;
import java.util.List;

/** Runs an op outside of a graph, on one thread and on several, and checks what all ops promise. */
final class OpRun {

    private OpRun() {}

    /**
     * Returns the output; it is the same for any number of threads, and the inputs are unchanged.
     */
    static INDArray of(JavaOp op, INDArray... inputs) {
        INDArray[] before = new INDArray[inputs.length];
        DataType[] types = new DataType[inputs.length];
        for (int i = 0; i < inputs.length; i++) {
            before[i] = inputs[i].dup();
            types[i] = inputs[i].dataType();
        }
        INDArray one = run(op, "1", types, inputs);
        INDArray several = run(op, "3", types, inputs);
        assertThat(bits(several)).as("on several threads").isEqualTo(bits(one));
        for (int i = 0; i < inputs.length; i++) {
            assertThat(bits(inputs[i])).as("input %d after the op", i).isEqualTo(bits(before[i]));
        }
        return one;
    }

    private static INDArray run(JavaOp op, String threads, DataType[] types, INDArray[] inputs) {
        String before = System.getProperty(Parallel.THREADS);
        System.setProperty(Parallel.THREADS, threads);
        try {
            INDArray output =
                    Nd4j.create(op.outputType(List.of(types)), op.outputShape(inputs), 'c');
            op.execute(inputs, output);
            return output;
        } finally {
            if (before == null) {
                System.clearProperty(Parallel.THREADS);
            } else {
                System.setProperty(Parallel.THREADS, before);
            }
        }
    }

    /** The bytes of an array, in which the two zeros differ, and NaN is NaN whatever its sign. */
    static byte[] bits(INDArray array) {
        INDArray dense = array.dup('c');
        DataType type = array.dataType();
        if (type.isFPType()) {
            double[] values = dense.data().asDouble();
            ByteBuffer bytes = ByteBuffer.allocate(values.length * 8);
            for (double value : values) {
                bytes.putLong(Double.doubleToLongBits(value));
            }
            return bytes.array();
        }
        byte[] bytes = new byte[(int) dense.length() * type.width()];
        dense.data().asNio().position(0).get(bytes);
        return bytes;
    }
}
