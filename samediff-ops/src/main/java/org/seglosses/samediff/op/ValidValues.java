package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.comparison.CompareAndReplace;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.conditions.Conditions;

import java.util.List;

/**
 * Values at valid pixels, and 0 at void ones, whatever the values are there; the gradient too. A
 * product with 0 would leave NaN, and ND4J's own selections have no gradient.
 *
 * <p>Unlike the other ops of this package it is computed by ND4J, where the arrays are: on a GPU
 * they stay there.
 */
public final class ValidValues extends JavaOp {

    /** For ND4J, which creates ops by reflection. */
    public ValidValues() {}

    private ValidValues(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /**
     * Adds the op to the graph of its inputs.
     *
     * @param values the values, of any shape and type of floating point
     * @param valid 1 where a value is valid and else 0, of the shape and type of the values
     * @return the values, 0 where they are not valid
     */
    public static SDVariable of(SDVariable values, SDVariable valid) {
        return new ValidValues(new SDVariable[] {values, valid}).variable();
    }

    @Override
    String shortName() {
        return "valid_values";
    }

    @Override
    void check(OpArguments given) {
        given.inputs(2, "values", "valid").integers(0).reals();
        given.length(0, OpArguments.FLOATING, OpArguments.ANY);
        given.length(1, given.typeOf(0), given.elements(0));
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
        output.assign(inputs[1]);
        Nd4j.getExecutioner()
                .exec(new CompareAndReplace(output, inputs[0], output, Conditions.notEquals(0)));
    }

    @Override
    public List<SDVariable> doDiff(List<SDVariable> upstream) {
        return List.of(of(upstream.get(0), arg(1)));
    }

    /** Unlike the gradients of other ops these are where ND4J's backend is. */
    @Override
    public SDVariable sum(SDVariable gradient, SDVariable other) {
        return gradient.add(other);
    }
}
