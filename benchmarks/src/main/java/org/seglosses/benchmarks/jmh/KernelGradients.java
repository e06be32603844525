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

/** The gradients of the ops that have one; of an op that its gradient needs, both. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class KernelGradients {

    /** Which op. */
    @Param({
        "SOFTMAX",
        "CROSS_ENTROPY_SUMS",
        "ELEMENT_SUMS",
        "REGION_SUMS",
        "LOVASZ_SUMS",
        "BOUNDARY_SUMS_3",
        "BOUNDARY_SUMS_19",
        "CONTOUR_SUMS"
    })
    public Kernel kernel;

    /** N x C x H x W. */
    @Param("4x5x256x256")
    public String shape;

    private KernelPlan plan;

    /** For JMH. */
    public KernelGradients() {}

    /** Compiles the gradient's graph. */
    @Setup
    public void compile() {
        plan = KernelPlan.backward(kernel, Maps.parse(shape));
    }

    /** Frees its buffers. */
    @TearDown
    public void close() {
        plan.close();
    }

    /**
     * Runs the gradient.
     *
     * @return the gradient
     */
    @Benchmark
    public Map<String, INDArray> backward() {
        return plan.run();
    }
}
