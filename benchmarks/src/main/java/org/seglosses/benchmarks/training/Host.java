package org.seglosses.benchmarks.training;

import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.onednn.OneDnn;
import org.seglosses.onednn.OneDnnReport;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The machine of a measurement, and how much of it other programs took meanwhile: with a busy core
 * the figures mean little, and whoever reads them must know.
 */
final class Host {

    /** As many for each side, so that DL4J and PyTorch have the same. */
    static final int THREADS = Math.min(2, Runtime.getRuntime().availableProcessors());

    private static final Path STAT = Path.of("/proc/stat");

    /** Linux counts in hundredths of a second here whatever the kernel's tick is. */
    private static final double COUNTS_PER_SECOND = 100;

    /** user, nice, system; irq, softirq and steal: all fields but idle and waiting for a disk. */
    private static final int[] BUSY = {1, 2, 3, 6, 7, 8};

    /** Of a core: more than what an idle desktop or the system's own services take. */
    private static final double TOO_BUSY = 0.1;

    private final List<ProcessHandle> ours;
    private final OneDnnReport oneDnn;
    private final OptionalDouble othersAtStart;
    private final long start = System.nanoTime();

    /**
     * Prepares this JVM as its users are told to, and starts to watch.
     *
     * @param helper a process whose work is part of the measurement
     */
    Host(ProcessHandle... helper) {
        oneDnn = OneDnn.enable();
        Nd4j.getEnvironment().setMaxThreads(THREADS);
        Nd4j.getEnvironment().setMaxMasterThreads(THREADS);
        ours = new java.util.ArrayList<>(List.of(helper));
        ours.add(ProcessHandle.current());
        othersAtStart = othersSeconds();
    }

    String describe() {
        StringBuilder line = new StringBuilder(processor());
        line.append(", ")
                .append(Runtime.getRuntime().availableProcessors())
                .append(" cores, Java ");
        line.append(Runtime.version().feature());
        line.append(oneDnn.active() ? ", oneDNN helpers on" : ", WITHOUT oneDNN helpers");
        line.append(", ").append(THREADS).append(" threads");
        String policy = System.getenv("OMP_WAIT_POLICY");
        line.append(policy == null ? "" : ", OMP_WAIT_POLICY=" + policy);
        OptionalDouble others = othersSeconds();
        if (others.isPresent() && othersAtStart.isPresent()) {
            double seconds = (System.nanoTime() - start) / 1e9;
            double cores =
                    Math.max(0, (others.getAsDouble() - othersAtStart.getAsDouble()) / seconds);
            line.append(Table.format("; other programs kept %.2f cores busy", cores));
            if (cores > TOO_BUSY) {
                line.append(" (TOO BUSY: repeat this on a quiet machine)");
            }
        }
        return line.toString();
    }

    private static String processor() {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .orElse(System.getProperty("os.arch"));
        } catch (IOException e) {
            return System.getProperty("os.arch");
        }
    }

    /** Processor time that was none of ours, since the machine was started. */
    private OptionalDouble othersSeconds() {
        try {
            String[] words = Files.readAllLines(STAT).get(0).strip().split("\\s+");
            double busy = Arrays.stream(BUSY).mapToLong(i -> Long.parseLong(words[i])).sum();
            double own =
                    ours.stream()
                            .flatMap(process -> process.info().totalCpuDuration().stream())
                            .mapToDouble(time -> time.toMillis() / 1e3)
                            .sum();
            return OptionalDouble.of(busy / COUNTS_PER_SECOND - own);
        } catch (IOException e) {
            return OptionalDouble.empty();
        }
    }
}
