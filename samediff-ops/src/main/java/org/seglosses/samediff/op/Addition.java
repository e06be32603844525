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
    void check(OpArguments given) {
        given.inputs(2, "a", "b").integers(0).reals();
        given.length(0, OpArguments.FLOATING, OpArguments.ANY);
        given.length(1, given.typeOf(0), OpArguments.ANY);
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
    public int overwritable() {
        return 0;
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return inputs.get(0);
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        int n = Math.toIntExact(output.length());
        if (output.dataType() == DataType.DOUBLE) {
            DoubleAddition.add(
                    HostArray.doubles(inputs[0]),
                    HostArray.doubles(inputs[1]),
                    n,
                    HostArray.doubles(output));
        } else {
            FloatAddition.add(
                    HostArray.floats(inputs[0]),
                    HostArray.floats(inputs[1]),
                    n,
                    HostArray.floats(output));
        }
        HostArray.written(output);
    }

    @Override
    public List<SDVariable> doDiff(List<SDVariable> upstream) {
        return List.of(upstream.get(0), upstream.get(0));
    }
}
