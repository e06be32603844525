package org.seglosses.samediff.plan;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

import java.util.List;
import java.util.Map;

class GraphPlanTest {

    static List<Graphs> graphs() {
        return Graphs.all();
    }

    @ParameterizedTest
    @MethodSource("graphs")
    void forwardEqualsTheSession(Graphs g) {
        INDArray expected = g.graph().outputSingle(g.inputs(), g.loss()).dup();
        try (GraphPlan plan = g.plan(g.graph(), g.loss()).build()) {
            for (int i = 0; i < 3; i++) {
                Bits.assertSame(plan.run(g.inputs()).get(g.loss()), expected);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("graphs")
    void gradientFunctionOfSameDiffEqualsItsSession(Graphs g) {
        SameDiff sd = g.graph();
        sd.createGradFunction(g.wrt());
        INDArray expected = sd.calculateGradients(g.inputs(), g.wrt()).get(g.wrt()).dup();
        String gradient = sd.getVariable(g.wrt()).gradient().name();
        try (GraphPlan plan = g.plan(sd.getFunction("grad"), g.loss(), gradient).build()) {
            for (int i = 0; i < 3; i++) {
                Bits.assertSame(plan.run(g.inputs()).get(gradient), expected);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("graphs")
    void appendedGradientEqualsTheSession(Graphs g) {
        SameDiff sd = g.graph();
        sd.createGradFunction(g.wrt());
        INDArray expected = sd.calculateGradients(g.inputs(), g.wrt()).get(g.wrt()).dup();
        SDVariable loss = sd.getVariable(g.loss());
        SDVariable seed = sd.constant(Nd4j.scalar(loss.dataType(), 1));
        String gradient = Gradients.of(loss, sd.getVariable(g.wrt()), seed).name();
        try (GraphPlan plan = g.plan(sd, g.loss(), gradient).build()) {
            INDArray l = Nd4j.createUninitialized(loss.dataType(), plan.outputShape(g.loss()));
            INDArray d = Nd4j.createUninitialized(loss.dataType(), plan.outputShape(gradient));
            for (int i = 0; i < 3; i++) {
                plan.run(g.inputs(), Map.of(g.loss(), l, gradient, d));
                Bits.assertSame(d, expected);
            }
        }
    }
}
