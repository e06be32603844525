package org.seglosses.samediff.plan;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * An op that writes its result into an array that it is given. A {@link GraphPlan} calls it in
 * place of ND4J's executioner; it is the only thing that the plan knows about ops written in Java.
 */
public interface PlannedOp {

    /**
     * Computes the op.
     *
     * @param inputs the inputs in the order of the op's arguments; read only
     * @param output the one output, C-ordered and contiguous, of the shape and type that the op
     *     itself reports; every element is overwritten
     */
    void execute(INDArray[] inputs, INDArray output);
}
