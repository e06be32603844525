package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.List;

/** The gradient of {@link BoundaryScores} by the sums, {@code [N,C,4]}; not differentiable. */
public final class BoundaryScoresGradient extends JavaOp {

    /** For ND4J, which creates ops by reflection. */
    public BoundaryScoresGradient() {}

    private BoundaryScoresGradient(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    static SDVariable of(SDVariable sums, SDVariable coefficients, SDVariable upstream) {
        return new BoundaryScoresGradient(new SDVariable[] {sums, coefficients, upstream})
                .variable();
    }

    @Override
    String shortName() {
        return "boundary_scores_gradient";
    }

    @Override
    void check(OpArguments given) {
        given.inputs(3, "sums", "coefficients", "upstream").integers(0).reals();
        BoundaryScores.requireSums(given);
        given.length(2, given.typeOf(0), given.size(0, 0));
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
        for (int n = 0; n < output.size(0); n++) {
            for (int c = 0; c < output.size(1); c++) {
                double byF1 = -inputs[2].getDouble(n) * inputs[1].getDouble(n, c);
                BoundaryScores.derivative(inputs[0], n, c, byF1, output);
            }
        }
    }

    @Override
    public List<SDVariable> doDiff(List<SDVariable> upstream) {
        throw new UnsupportedOperationException(opName() + " has no second derivative");
    }
}
