package org.seglosses.benchmarks.compare;

import com.sun.management.ThreadMXBean;

import org.nd4j.linalg.factory.Nd4j;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * What one of our losses takes in memory for value and gradient of one shape, in bytes.
 *
 * <p>Measured in a JVM that runs nothing else: kernels keep their heap arrays for the next call, of
 * whatever loss, so that in a JVM that has run others they would seem to need none.
 *
 * @param building what ND4J had allocated at the peak of the first call, which builds the plan
 * @param natives what it had allocated at the peak of later calls: the plan, and what ops take
 * @param kept heap that stays in use between calls
 * @param allocatedACall heap that a call allocates once it is warm, by all threads together
 * @param grownACall what of heap and ND4J's memory a further call leaves behind
 */
record OwnMemory(long building, long natives, long kept, long allocatedACall, long grownACall) {

    private static final int CALLS = 10;

    /** Loads all classes and leaves next to nothing: the baseline is after it. */
    private static final int SMALL_SIDE = 32;

    /** Garbage counts, as if nothing of it were collected during the call. */
    long peak() {
        return natives + kept + allocatedACall;
    }

    /**
     * Asks a JVM of its own.
     *
     * @throws IllegalStateException if it fails; its standard error says why
     */
    static OwnMemory of(LossCase loss, Shape shape) {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        List<String> command =
                List.of(
                        java.toString(),
                        "-cp",
                        String.join(File.pathSeparator, ClassPath.ofThisBuild()),
                        OwnMemory.class.getName(),
                        loss.id(),
                        shape.name());
        try {
            Process process =
                    new ProcessBuilder(command)
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start();
            try (BufferedReader answer = process.inputReader(StandardCharsets.UTF_8)) {
                String line = answer.lines().reduce((first, last) -> last).orElse("");
                if (process.waitFor() != 0) {
                    throw new IllegalStateException(
                            "the JVM that measures memory failed with " + process.exitValue());
                }
                long[] bytes = Arrays.stream(line.split(" ")).mapToLong(Long::parseLong).toArray();
                return new OwnMemory(bytes[0], bytes[1], bytes[2], bytes[3], bytes[4]);
            }
        } catch (IOException e) {
            throw new IllegalStateException("the JVM that measures memory cannot be had", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("the comparison was interrupted", e);
        }
    }

    /**
     * Measures in this JVM and prints the figures in one line.
     *
     * @param arguments a case and a shape
     */
    public static void main(String[] arguments) {
        Machine.limitThreads();
        OwnMemory memory = measure(LossCase.of(arguments[0]), Shape.of(arguments[1]));
        System.out.println(
                memory.building
                        + " "
                        + memory.natives
                        + " "
                        + memory.kept
                        + " "
                        + memory.allocatedACall
                        + " "
                        + memory.grownACall);
        System.exit(0);
    }

    /** Right only in a JVM that has run no other loss. */
    static OwnMemory measure(LossCase loss, Shape shape) {
        Shape small = new Shape(1, shape.classes(), SMALL_SIDE, SMALL_SIDE);
        call(new Ours(loss, Inputs.of(Inputs.Kind.RANDOM, small)), CALLS);
        Ours ours = new Ours(loss, Inputs.of(Inputs.Kind.RANDOM, shape));
        long heap = heapBytes();
        long natives = nativeBytes();
        long building = nativePeak(ours, 1) - natives;
        call(ours, CALLS);
        long kept = Math.max(0, heapBytes() - heap);
        long later = nativePeak(ours, CALLS) - natives;
        allocatedACall(ours); // the first time what measures leaves something behind
        long before = heapBytes() + nativeBytes();
        long allocated = allocatedACall(ours);
        long grown = Math.max(0, heapBytes() + nativeBytes() - before);
        return new OwnMemory(building, later, kept, allocated, grown / CALLS);
    }

    private static long nativePeak(Ours ours, int calls) {
        try (PeakWatch watch = new PeakWatch()) {
            call(ours, calls);
            return watch.bytes();
        }
    }

    private static long allocatedACall(Ours ours) {
        long before = allocatedBytes();
        call(ours, CALLS);
        return (allocatedBytes() - before) / CALLS;
    }

    private static void call(Ours ours, int times) {
        for (int i = 0; i < times; i++) {
            ours.inOneRun();
        }
    }

    /** The heap in use once what is unreachable is gone, arrays outside of it too. */
    private static long heapBytes() {
        for (int i = 0; i < 3; i++) {
            System.gc();
            pause(50); // ND4J frees the arrays of collected objects in a thread of its own
        }
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    /** All that ND4J has allocated outside of the heap, to the byte. */
    private static long nativeBytes() {
        return Nd4j.getEnvironment().getDeviceCouner(0);
    }

    private static long allocatedBytes() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        return Arrays.stream(threads.getThreadAllocatedBytes(threads.getAllThreadIds()))
                .filter(bytes -> bytes > 0)
                .sum();
    }

    private static void pause(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("the measurement was interrupted", e);
        }
    }

    /** Looks all the time, since a native op may allocate and free within a call. */
    private static final class PeakWatch implements AutoCloseable {

        private final Thread thread = new Thread(this::look, "peak-watch");
        private volatile boolean ended;
        private volatile long peak = nativeBytes();

        PeakWatch() {
            thread.setDaemon(true);
            thread.start();
        }

        private void look() {
            while (!ended) {
                peak = Math.max(peak, nativeBytes());
                Thread.onSpinWait();
            }
        }

        long bytes() {
            return Math.max(peak, nativeBytes());
        }

        @Override
        public void close() {
            ended = true;
        }
    }
}
