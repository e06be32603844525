package org.seglosses.benchmarks.compare;

import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.onednn.OneDnn;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What the figures were measured with, in words. */
public final class Machine {

    private static final int MOST_THREADS = 2;

    private Machine() {}

    /**
     * How many processors the JVM sees.
     *
     * @return the number
     */
    public static int cores() {
        return Runtime.getRuntime().availableProcessors();
    }

    /**
     * The threads that each side may use.
     *
     * @return the number
     */
    public static int threads() {
        return Math.min(MOST_THREADS, cores());
    }

    /** Holds our own side to its threads. */
    public static void limitThreads() {
        Nd4j.getEnvironment().setMaxThreads(threads());
        Nd4j.getEnvironment().setMaxMasterThreads(threads());
    }

    /** Processor, cores, Java and ND4J. */
    static String describe() {
        return processor()
                + ", "
                + cores()
                + " cores, Java "
                + Runtime.version().feature()
                + ", ND4J "
                + Nd4j.getBackend().getClass().getSimpleName()
                + (OneDnn.enable().natives().holds() ? " with oneDNN" : "");
    }

    /**
     * How ND4J's and PyTorch's threads wait, by spinning or not, to follow others in a line.
     *
     * @return the words; none if it was not set
     */
    public static String waitPolicy() {
        String policy = System.getenv("OMP_WAIT_POLICY");
        return policy == null ? "" : ", OMP_WAIT_POLICY=" + policy;
    }

    /**
     * The processor.
     *
     * @return its name, or the architecture's
     */
    public static String processor() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .orElse(System.getProperty("os.arch"));
        } catch (IOException e) {
            return System.getProperty("os.arch");
        }
    }
}
