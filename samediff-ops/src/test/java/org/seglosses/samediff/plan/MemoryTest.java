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

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Running costs no memory, and closing gives back what building took. */
class MemoryTest {

    private static final long MB = 1 << 20;

    /** What malloc's arenas and the JVM's own structures come and go by. */
    private static final long NOISE = 64 * MB;

    /** Up to here the JVM places a heap whose references are compressed. */
    private static final long END_OF_JAVA_HEAP = 1L << 36;

    private record Snapshot(long heap, long javacpp, long outside) {

        static Snapshot take() {
            System.gc();
            Runtime runtime = Runtime.getRuntime();
            return new Snapshot(
                    runtime.totalMemory() - runtime.freeMemory(),
                    Pointer.totalBytes(),
                    outsideOfJava());
        }

        void assertNoGrowthSince(Snapshot before) {
            assertThat(heap - before.heap).as("heap").isLessThan(16 * MB);
            assertThat(javacpp - before.javacpp).as("javacpp").isLessThan(MB);
            assertThat(outside - before.outside).as("native").isLessThan(NOISE);
        }
    }

    /**
     * The resident memory outside of the Java heap, whose size says more about the collector than
     * about us. Native handles are not in JavaCPP's books. 0 where there is no /proc.
     */
    private static long outsideOfJava() {
        Path maps = Path.of("/proc/self/smaps");
        if (!Files.isReadable(maps)) {
            return 0;
        }
        long bytes = 0;
        boolean counts = false;
        try (Stream<String> lines = Files.lines(maps)) {
            for (String line : (Iterable<String>) lines::iterator) {
                if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
                    String start = line.substring(0, line.indexOf('-'));
                    counts = Long.parseUnsignedLong(start, 16) >= END_OF_JAVA_HEAP;
                } else if (counts && line.startsWith("Rss:")) {
                    bytes += 1024 * Long.parseLong(line.replaceAll("\\D", ""));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes;
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
        assertThat(bytes).isGreaterThan(8 * NOISE);
        // No collection here: it is close that frees.
        assertThat(outsideOfJava() - before.outside).isLessThan(NOISE);
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
                run(plan, inputs, outputs, 2_000);
                Snapshot before = Snapshot.take();
                run(plan, inputs, outputs, 20_000);
                Snapshot.take().assertNoGrowthSince(before);
            }
        }
    }
}
