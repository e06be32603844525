package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.List;

/** The gradient of {@link GroupMean}; not differentiable. */
public final class GroupMeanGradient extends JavaOp {

    /** For ND4J, which creates ops by reflection. */
    public GroupMeanGradient() {}

    private GroupMeanGradient(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    static SDVariable of(SDVariable losses, SDVariable upstream) {
        return new GroupMeanGradient(new SDVariable[] {losses, upstream}).variable();
    }

    @Override
    String shortName() {
        return "group_mean_gradient";
    }

    @Override
    void check(OpArguments given) {
        given.inputs(2, "losses", "upstream").integers(0).reals();
        given.length(0, OpArguments.FLOATING, OpArguments.ANY);
        given.length(1, OpArguments.FLOATING, 1);
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        return inputs[0].shape();
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return inputs.get(0);
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        double share = inputs[1].getDouble(0) / output.length();
        for (int g = 0; g < output.length(); g++) {
            output.putScalar(g, share);
        }
    }

    @Override
    public List<SDVariable> doDiff(List<SDVariable> upstream) {
        throw new UnsupportedOperationException(opName() + " has no second derivative");
    }
}
