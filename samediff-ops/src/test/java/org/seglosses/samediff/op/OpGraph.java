package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * A small graph around ops, for {@link JavaOpTest}. Its inputs are placeholders of any number of
 * images. If it is trained, a variable {@value #WEIGHTS} of zeros is added to the first input, and
 * the variable {@value #LOSS} is the sum of squares of the output.
 *
 * @param name what to call it, a file name too
 * @param trained whether a gradient by the first input is defined
 * @param ops from the inputs to the output
 * @param inputs example inputs, away from places where the gradient jumps
 */
record OpGraph(
        String name, boolean trained, Function<SDVariable[], SDVariable> ops, INDArray... inputs) {

    static final String OUTPUT = "output";
    static final String LOSS = "loss";
    static final String WEIGHTS = "weights";

    SameDiff build() {
        SameDiff graph = SameDiff.create();
        SDVariable[] variables = new SDVariable[inputs.length];
        for (int i = 0; i < inputs.length; i++) {
            long[] shape = inputs[i].shape().clone();
            shape[0] = -1;
            variables[i] = graph.placeHolder("input" + i, inputs[i].dataType(), shape);
        }
        if (trained) {
            long[] shape = inputs[0].shape().clone();
            shape[0] = 1;
            INDArray zeros = Nd4j.zeros(inputs[0].dataType(), shape);
            variables[0] = variables[0].add(graph.var(WEIGHTS, zeros));
        }
        SDVariable output = ops.apply(variables).rename(OUTPUT);
        if (trained) {
            output.mul(output).sum().rename(LOSS).markAsLoss();
        }
        return graph;
    }

    Map<String, INDArray> values() {
        Map<String, INDArray> values = new LinkedHashMap<>();
        for (int i = 0; i < inputs.length; i++) {
            values.put("input" + i, inputs[i]);
        }
        return values;
    }

    /** The same graph on the first image alone. */
    OpGraph firstImage() {
        INDArray[] first = new INDArray[inputs.length];
        for (int i = 0; i < inputs.length; i++) {
            long[] shape = inputs[i].shape().clone();
            shape[0] = 1;
            first[i] =
                    inputs[i].reshape(inputs[i].size(0), -1).getRow(0).dup('c').reshape('c', shape);
        }
        return new OpGraph(name, trained, ops, first);
    }

    @Override
    public String toString() {
        return name;
    }
}
