package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.List;

/** The gradient of {@link ElementMeans} by the sums, {@code [N,C,4]}; not differentiable. */
public final class ElementMeansGradient extends JavaOp {

    /** For ND4J, which creates ops by reflection. */
    public ElementMeansGradient() {}

    private ElementMeansGradient(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    static SDVariable of(ElementMeans forward, SDVariable upstream) {
        ElementMeansGradient op =
                new ElementMeansGradient(new SDVariable[] {forward.arg(0), upstream});
        op.addIArgument(forward.iArgs());
        op.addTArgument(forward.tArgs());
        return op.variable();
    }

    @Override
    String shortName() {
        return "element_means_gradient";
    }

    @Override
    void check(OpArguments given) {
        given.inputs(2, "sums", "upstream");
        boolean eachImage = ElementMeans.requireArguments(given);
        given.length(1, OpArguments.FLOATING, eachImage ? given.size(0, 0) : 1);
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        return inputs[0].shape();
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return DataType.DOUBLE;
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        GroupLoss.writeGradient(ElementMeans.groups(this, inputs[0]), inputs[1], output);
    }

    @Override
    public List<SDVariable> doDiff(List<SDVariable> upstream) {
        throw new UnsupportedOperationException(opName() + " has no second derivative");
    }
}
