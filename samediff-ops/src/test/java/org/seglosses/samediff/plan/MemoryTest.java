package org.seglosses.samediff.plan;

import static org.assertj.core.api.Assertions.assertThat;

import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Running costs no memory, and closing gives back what building took. */
class MemoryTest {

    private static final long MB = 1 << 20;

    /**
     * What the process may seem to have grown though nothing leaks: the Java heap and malloc's
     * arenas come and go by about this much. A handle lost at each binding would cost twice as much
     * in each test below.
     */
    private static final long NOISE = 150 * MB;

    private record Snapshot(long heap, long javacpp, long process) {

        static Snapshot take() {
            System.gc();
            Runtime runtime = Runtime.getRuntime();
            return new Snapshot(
                    runtime.totalMemory() - runtime.freeMemory(),
                    Pointer.totalBytes(),
                    Pointer.physicalBytes());
        }

        void assertNoGrowthSince(Snapshot before) {
            assertThat(heap - before.heap).as("heap").isLessThan(16 * MB);
            assertThat(javacpp - before.javacpp).as("javacpp").isLessThan(MB);
            assertThat(process - before.process).as("process").isLessThan(NOISE);
        }
    }

    private static List<Map<String, INDArray>> copies(Map<String, INDArray> inputs) {
        List<Map<String, INDArray>> copies = new ArrayList<>();
        for (char order : new char[] {'c', 'c', 'f'}) {
            Map<String, INDArray> copy = new HashMap<>();
            inputs.forEach((name, array) -> copy.put(name, array.dup(order)));
            copies.add(copy);
        }
        return copies;
    }

    @Test
    void tenThousandRunsWithChangingArraysGrowNothing() {
        SameDiff sd = SameDiff.create();
        SDVariable x = sd.placeHolder("x", DataType.FLOAT, 2, 3);
        SDVariable y = x;
        for (int i = 0; i < 60; i++) {
            // Nearly all steps read the input, so that they are bound anew at each run.
            y = i % 5 == 0 ? y.add(sd.math().abs(x)) : y.mul(x);
        }
        y.rename("y");
        List<Map<String, INDArray>> inputs =
                copies(Map.of("x", Graphs.logits(DataType.FLOAT, 1, 2, 3)));
        INDArray out = Nd4j.create(DataType.FLOAT, 2, 3);
        try (GraphPlan plan =
                GraphPlan.builder(sd).input("x", DataType.FLOAT, 2, 3).output("y").build()) {
            run(plan, inputs, Map.of("y", out), 2_000);
            INDArray expected = out.dup();
            Snapshot before = Snapshot.take();
            run(plan, inputs, Map.of("y", out), 10_000);
            Snapshot.take().assertNoGrowthSince(before);
            Bits.assertSame(out, expected);
        }
    }

    private static void run(
            GraphPlan plan,
            List<Map<String, INDArray>> inputs,
            Map<String, INDArray> outputs,
            int times) {
        for (int i = 0; i < times; i++) {
            plan.run(inputs.get(i % inputs.size()), outputs);
        }
    }

    @Test
    void closingFreesAtOnce() {
        long[] shape = {512, 1024};
        SameDiff sd = SameDiff.create();
        SDVariable x = sd.placeHolder("x", DataType.DOUBLE, shape);
        SDVariable y = sd.math().neg(x);
        y.mul(sd.math().square(x)).add("y", y);
        Map<String, INDArray> inputs = Map.of("x", Nd4j.valueArrayOf(shape, 0.5, DataType.DOUBLE));
        Snapshot before = null;
        long bytes = 0;
        for (int i = 0; i < 60; i++) {
            GraphPlan plan =
                    GraphPlan.builder(sd).input("x", DataType.DOUBLE, shape).output("y").build();
            plan.run(inputs);
            bytes += plan.bytes();
            plan.close();
            if (i == 3) {
                before = Snapshot.take();
            }
        }
        assertThat(bytes).isGreaterThan(8 * NOISE / 2);
        // No collection here: it is close that frees.
        assertThat(Pointer.physicalBytes() - before.process).isLessThan(NOISE);
    }

    @Test
    @Tag("soak")
    void manyRunsOfARealLossGrowNothing() {
        for (Graphs g : List.of(Graphs.boundary(DataType.FLOAT), Graphs.dice(DataType.DOUBLE))) {
            SameDiff sd = g.graph();
            SDVariable loss = sd.getVariable("loss");
            SDVariable seed = sd.constant(Nd4j.scalar(loss.dataType(), 1));
            String d = Gradients.of(loss, sd.getVariable(g.wrt()), seed).name();
            try (GraphPlan plan = g.plan(sd, "loss", d).build()) {
                Map<String, INDArray> outputs =
                        Map.of(
                                "loss",
                                Nd4j.scalar(loss.dataType(), 0),
                                d,
                                Nd4j.create(loss.dataType(), plan.outputShape(d)));
                List<Map<String, INDArray>> inputs = copies(g.inputs());
                run(plan, inputs, outputs, 5_000);
                Snapshot before = Snapshot.take();
                run(plan, inputs, outputs, 50_000);
                Snapshot.take().assertNoGrowthSince(before);
            }
        }
    }
}
