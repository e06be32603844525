package org.seglosses.samediff.plan;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** SameDiff's own session says what is right. */
class RandomGraphsTest {

    static Stream<RandomGraph> graphs() {
        return Stream.iterate(0, i -> i < 100, i -> i + 1)
                .map(i -> new RandomGraph(i, i % 2 == 0 ? DataType.FLOAT : DataType.DOUBLE));
    }

    @ParameterizedTest
    @MethodSource("graphs")
    void equalsTheSession(RandomGraph g) {
        try (GraphPlan plan = g.plan(g.graph, g.outputs).build()) {
            assertEqualInSeveralRuns(plan, g, g.graph, g.outputs);
        }
    }

    @ParameterizedTest
    @MethodSource("graphs")
    void gradientsEqualTheSession(RandomGraph g) {
        SameDiff sd = g.graph;
        sd.createGradFunction("a", "b", "w");
        List<String> outputs = new ArrayList<>(List.of("loss"));
        List<String> wrt = new ArrayList<>();
        SDVariable loss = sd.getVariable("loss");
        SDVariable seed = sd.constant(Nd4j.scalar(g.type, 1));
        for (String name : List.of("a", "b", "w")) {
            SDVariable theirs = sd.getVariable(name).gradient();
            if (theirs != null) {
                outputs.add(theirs.name());
                wrt.add(name);
            }
        }
        SameDiff backward = sd.getFunction("grad");
        try (GraphPlan plan = g.plan(backward, outputs).build()) {
            assertEqualInSeveralRuns(plan, g, backward, outputs);
        }
        Map<String, String> ours = new HashMap<>();
        for (String name : wrt) {
            ours.put(name, Gradients.of(loss, sd.getVariable(name), seed).name());
        }
        try (GraphPlan plan = g.plan(sd, List.copyOf(ours.values())).build()) {
            Map<String, INDArray> inputs = g.inputs(5);
            Map<String, INDArray> expected = sd.calculateGradients(inputs, wrt);
            Map<String, INDArray> actual = plan.run(inputs);
            ours.forEach(
                    (name, gradient) ->
                            // Several contributions may be added in another order.
                            assertThat(expected.get(name).equalsWithEps(actual.get(gradient), 1e-5))
                                    .as(
                                            name
                                                    + "\n"
                                                    + expected.get(name)
                                                    + "\n"
                                                    + actual.get(gradient))
                                    .isTrue());
        }
    }

    private static void assertEqualInSeveralRuns(
            GraphPlan plan, RandomGraph g, SameDiff graph, List<String> outputs) {
        for (int run = 0; run < 2; run++) {
            Map<String, INDArray> inputs = g.inputs(run);
            Map<String, INDArray> expected = new HashMap<>();
            graph.output(inputs, outputs).forEach((name, array) -> expected.put(name, array.dup()));
            Map<String, INDArray> given = new HashMap<>();
            for (String name : outputs) {
                given.put(name, Nd4j.valueArrayOf(plan.outputShape(name), Double.NaN, g.type));
            }
            // Leaves NaN in all buffers: an op that did not write all of its output would show.
            Map<String, INDArray> poison = new HashMap<>();
            inputs.forEach((name, array) -> poison.put(name, array.mul(0).add(Double.NaN)));
            plan.run(poison);
            plan.run(inputs, given);
            Map<String, INDArray> own = plan.run(inputs);
            for (String name : outputs) {
                Bits.assertSame(given.get(name), expected.get(name));
                Bits.assertSame(own.get(name), expected.get(name));
            }
        }
    }
}
