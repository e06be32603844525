package org.seglosses.samediff.plan;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * An op that writes its result into an array that it is given. A {@link GraphPlan} calls it in
 * place of ND4J's executioner; it is the only thing that the plan knows about ops written in Java.
 *
 * <p>Such an op is a {@link org.nd4j.linalg.api.ops.DynamicCustomOp} with one output. A plan asks
 * its {@code calculateOutputShape} once, when it is built, with inputs of the right shapes and
 * types that hold zeros; the answer must not depend on values. Plans in several threads may call
 * one op at the same time.
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
