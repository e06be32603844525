package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.Arrays;
import java.util.List;

/**
 * The sum of two arrays of one shape. After a native op its threads spin for a while where this
 * library's would work: between our ops, a native addition costs several times its own time.
 */
public final class Addition extends JavaOp {

    /** Elements that a task adds. */
    private static final int CHUNK = 1 << 13;

    /** For ND4J, which creates ops by reflection. */
    public Addition() {}

    private Addition(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /**
     * Adds the op to the graph of its inputs.
     *
     * @param a an array, FLOAT or DOUBLE
     * @param b another of the same shape and type
     * @return their sum
     */
    public static SDVariable of(SDVariable a, SDVariable b) {
        return new Addition(new SDVariable[] {a, b}).variable();
    }

    @Override
    String shortName() {
        return "addition";
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        if (!Arrays.equals(inputs[0].shape(), inputs[1].shape())) {
            throw new IllegalArgumentException(
                    "arrays must be of one shape, got "
                            + Arrays.toString(inputs[0].shape())
                            + " and "
                            + Arrays.toString(inputs[1].shape()));
        }
        return inputs[0].shape();
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return inputs.get(0);
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        int n = Math.toIntExact(output.length());
        int chunks = (n + CHUNK - 1) / CHUNK;
        if (output.dataType() == DataType.DOUBLE) {
            var a = HostArray.doubles(inputs[0]);
            var b = HostArray.doubles(inputs[1]);
            var to = HostArray.doubles(output);
            Parallel.run(
                    chunks,
                    chunk -> {
                        int from = chunk * CHUNK;
                        int length = Math.min(CHUNK, n - from);
                        double[] sum = Scratch.doubles(0, length);
                        double[] other = Scratch.doubles(1, length);
                        a.get(from, sum, 0, length);
                        b.get(from, other, 0, length);
                        DoubleSoftmax.add(sum, other, length);
                        to.put(from, sum, 0, length);
                    });
        } else {
            var a = HostArray.floats(inputs[0]);
            var b = HostArray.floats(inputs[1]);
            var to = HostArray.floats(output);
            Parallel.run(
                    chunks,
                    chunk -> {
                        int from = chunk * CHUNK;
                        int length = Math.min(CHUNK, n - from);
                        float[] sum = Scratch.floats(0, length);
                        float[] other = Scratch.floats(1, length);
                        a.get(from, sum, 0, length);
                        b.get(from, other, 0, length);
                        FloatSoftmax.add(sum, other, length);
                        to.put(from, sum, 0, length);
                    });
        }
        HostArray.written(output);
    }

    @Override
    public List<SDVariable> doDiff(List<SDVariable> upstream) {
        return List.of(upstream.get(0), upstream.get(0));
    }
}
