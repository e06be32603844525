package org.seglosses.samediff.plan;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.api.shape.LongShapeDescriptor;

import java.util.List;

/**
 * An op that writes its result into an array that it is given. A {@link GraphPlan} calls it in
 * place of ND4J's executioner; it is the only thing that the plan knows about ops written in Java.
 *
 * <p>Such an op is a {@link org.nd4j.linalg.api.ops.DynamicCustomOp} with one output. A plan asks
 * for {@link #shapesOfZeros} once, when it is built, with inputs of the right shapes and types that
 * hold zeros; the answer must not depend on values. Plans in several threads may call one op at the
 * same time.
 */
public interface PlannedOp {

    /**
     * Computes the op. What it throws reaches the caller of the plan unchanged.
     *
     * @param inputs the inputs in the order of the op's arguments, with any strides; read only, but
     *     for {@link #overwritable}
     * @param output the one output, C-ordered and contiguous, of the shape that the op itself
     *     reports; every element is overwritten
     */
    void execute(INDArray[] inputs, INDArray output);

    /**
     * Says the shape of the output, as {@link org.nd4j.linalg.api.ops.CustomOp} has it.
     *
     * @param context holds the inputs
     * @return the shape and type of the one output
     */
    List<LongShapeDescriptor> calculateOutputShape(OpContext context);

    /**
     * Says the shape of the output while a plan is built, when nothing but zeros is known of inputs
     * that are not constants: an op that refuses zeros must not refuse them here.
     *
     * @param context holds the inputs
     * @return the shape and type of the one output
     */
    default List<LongShapeDescriptor> shapesOfZeros(OpContext context) {
        return calculateOutputShape(context);
    }

    /**
     * Names an input whose memory may be the output's: once an element of the output is written,
     * the op reads the input's element of that place no more.
     *
     * @return the number of the input, which is then of the output's shape and type; -1 for none
     */
    default int overwritable() {
        return -1;
    }

    /**
     * Adds up, in the graph of both, two gradients by an input of this op, which is read elsewhere
     * too.
     *
     * @param gradient a gradient
     * @param other another by the same variable
     * @return their sum
     */
    default SDVariable sum(SDVariable gradient, SDVariable other) {
        return gradient.add(other);
    }
}
