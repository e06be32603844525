package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.List;

/**
 * The gradient of {@link NormalizedSums} by the sums of terms, {@code [N,3]}; weights and counts
 * carry none. Not differentiable.
 */
public final class NormalizedSumsGradient extends JavaOp {

    /** For ND4J, which creates ops by reflection. */
    public NormalizedSumsGradient() {}

    private NormalizedSumsGradient(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    static SDVariable of(NormalizedSums forward, SDVariable upstream) {
        NormalizedSumsGradient op =
                new NormalizedSumsGradient(new SDVariable[] {forward.arg(0), upstream});
        op.addIArgument(forward.iArgs());
        return op.variable();
    }

    @Override
    String shortName() {
        return "normalized_sums_gradient";
    }

    @Override
    void check(OpArguments given) {
        given.inputs(2, "sums", "upstream");
        boolean eachImage = NormalizedSums.requireArguments(given);
        given.length(1, OpArguments.FLOATING, eachImage ? given.size(0, 0) : 1);
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
        boolean eachImage = flagArg(1);
        double[][] groups = NormalizedSums.groups(inputs[0], eachImage);
        NormalizedSums.Divisor divisor = NormalizedSums.Divisor.values()[intArg(0)];
        for (int i = 0; i < inputs[0].size(0); i++) {
            int g = eachImage ? i : 0;
            double by = NormalizedSums.divisor(groups[g], divisor);
            output.putScalar(i, 0, by == 0 ? 0 : inputs[1].getDouble(g) / by);
            output.putScalar(i, 1, 0);
            output.putScalar(i, 2, 0);
        }
    }

    @Override
    public List<SDVariable> doDiff(List<SDVariable> upstream) {
        throw new UnsupportedOperationException(opName() + " has no second derivative");
    }
}
