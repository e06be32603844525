package org.seglosses.benchmarks.jmh;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The ops of the losses, one by one, each in a compiled graph of its own. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class Kernels {

    /** Which op. */
    @Param public Kernel kernel;

    /** N x C x H x W. */
    @Param("4x5x256x256")
    public String shape;

    private KernelPlan plan;

    /** For JMH. */
    public Kernels() {}

    /** Compiles the op's graph. */
    @Setup
    public void compile() {
        plan = KernelPlan.forward(kernel, Maps.parse(shape));
    }

    /** Frees its buffers. */
    @TearDown
    public void close() {
        plan.close();
    }

    /**
     * Runs the op.
     *
     * @return its output
     */
    @Benchmark
    public Map<String, INDArray> forward() {
        return plan.run();
    }
}
