package org.seglosses.benchmarks.jmh;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.samediff.plan.Gradients;
import org.seglosses.samediff.plan.GraphPlan;

import java.util.Map;

/** A kernel's graph compiled for some maps, with the maps. */
final class KernelPlan implements AutoCloseable {

    private static final String VALUES = "values";
    private static final String CODES = "codes";

    private final GraphPlan plan;
    private final Map<String, INDArray> inputs;

    private KernelPlan(GraphPlan plan, Map<String, INDArray> inputs) {
        this.plan = plan;
        this.inputs = inputs;
    }

    /** The op alone. */
    static KernelPlan forward(Kernel kernel, Maps maps) {
        return of(kernel, maps, false);
    }

    /** The gradient of the sum of what the op puts out. */
    static KernelPlan backward(Kernel kernel, Maps maps) {
        return of(kernel, maps, true);
    }

    private static KernelPlan of(Kernel kernel, Maps maps, boolean gradient) {
        Map<String, INDArray> inputs = Map.of(VALUES, kernel.values(maps), CODES, maps.labels());
        SameDiff graph = SameDiff.create();
        inputs.forEach((name, array) -> graph.placeHolder(name, array.dataType(), array.shape()));
        SDVariable values = graph.getVariable(VALUES);
        SDVariable output = kernel.of(values, graph.getVariable(CODES));
        GraphPlan forward = compiled(graph, inputs, output);
        if (!gradient) {
            return new KernelPlan(forward, inputs);
        }
        try (forward) {
            long[] shape = forward.outputShape(output.name());
            SDVariable ones = graph.constant(Nd4j.ones(output.dataType(), shape));
            return new KernelPlan(
                    compiled(graph, inputs, Gradients.of(output, values, ones)), inputs);
        }
    }

    private static GraphPlan compiled(
            SameDiff graph, Map<String, INDArray> inputs, SDVariable output) {
        GraphPlan.Builder builder = GraphPlan.builder(graph).output(output.name());
        inputs.forEach((name, array) -> builder.input(name, array.dataType(), array.shape()));
        return builder.build();
    }

    Map<String, INDArray> run() {
        return plan.run(inputs);
    }

    @Override
    public void close() {
        plan.close();
    }
}
