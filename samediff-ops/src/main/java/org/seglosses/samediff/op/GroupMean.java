package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.List;

/**
 * The mean of the losses of groups {@code [G]}, a scalar. ND4J's own reduction prepares itself for
 * a large array: a tenth of a millisecond, at every call, for a handful of numbers.
 */
public final class GroupMean extends JavaOp {

    /** For ND4J, which creates ops by reflection. */
    public GroupMean() {}

    private GroupMean(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /**
     * Adds the op to the graph of its input.
     *
     * @param losses {@code [G]}, FLOAT or DOUBLE
     * @return their mean
     */
    public static SDVariable of(SDVariable losses) {
        return new GroupMean(new SDVariable[] {losses}).variable();
    }

    @Override
    String shortName() {
        return "group_mean";
    }

    @Override
    void check(OpArguments given) {
        given.inputs(1, "losses").integers(0).reals();
        given.length(0, OpArguments.FLOATING, OpArguments.ANY);
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        return new long[0];
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return inputs.get(0);
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        double sum = 0;
        for (int g = 0; g < inputs[0].length(); g++) {
            sum += inputs[0].getDouble(g);
        }
        output.putScalar(0, sum / inputs[0].length());
    }

    @Override
    public List<SDVariable> doDiff(List<SDVariable> upstream) {
        return List.of(GroupMeanGradient.of(arg(0), upstream.get(0)));
    }
}
