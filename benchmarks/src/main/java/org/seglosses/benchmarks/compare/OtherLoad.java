package org.seglosses.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * How much of the machine other programs used while we measured. With both cores wanted, threads
 * that wait for each other by spinning (PyTorch's) lose far more time than others, so figures from
 * a busy machine compare nothing; whoever reads them must know.
 */
public final class OtherLoad {

    /** Of a core: more than what an idle desktop or the system's own services take. */
    private static final double TOO_BUSY = 0.1;

    private static final Path STAT = Path.of("/proc/stat");

    /** Linux counts in hundredths of a second here whatever the kernel's tick is. */
    private static final double COUNTS_PER_SECOND = 100;

    /** The times spent idle and waiting for a disk. */
    private static final List<Integer> IDLE_FIELDS = List.of(3, 4);

    /** user, nice, system, idle, iowait, irq, softirq, steal; guest time is part of user time. */
    private static final int FIELDS = 8;

    private final List<ProcessHandle> ours;
    private final OptionalDouble busyAtStart;
    private final double oursAtStart;
    private final long start;

    /**
     * Starts to watch.
     *
     * @param ours the processes whose work is not other programs' work
     */
    public OtherLoad(List<ProcessHandle> ours) {
        this.ours = List.copyOf(ours);
        this.busyAtStart = busySeconds();
        this.oursAtStart = ownSeconds();
        this.start = System.nanoTime();
    }

    /** Cores that other programs kept busy on average until now; empty where it cannot be told. */
    OptionalDouble cores() {
        OptionalDouble busy = busySeconds();
        if (busy.isEmpty() || busyAtStart.isEmpty()) {
            return OptionalDouble.empty();
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        double others =
                busy.getAsDouble() - busyAtStart.getAsDouble() - (ownSeconds() - oursAtStart);
        return OptionalDouble.of(Math.max(0, others / seconds));
    }

    /**
     * The same in words, to follow others in a line.
     *
     * @return the words; none where it cannot be told
     */
    public String describe() {
        return describe(cores());
    }

    static String describe(OptionalDouble cores) {
        if (cores.isEmpty()) {
            return "";
        }
        double busy = cores.getAsDouble();
        return String.format(Locale.ROOT, "; other programs kept %.2f cores busy", busy)
                + (busy > TOO_BUSY ? " (TOO BUSY: repeat this on a quiet machine)" : "");
    }

    private double ownSeconds() {
        return ours.stream()
                .map(process -> process.info().totalCpuDuration().orElse(Duration.ZERO))
                .mapToDouble(time -> time.toMillis() / 1e3)
                .sum();
    }

    private static OptionalDouble busySeconds() {
        try {
            return busySeconds(Files.readAllLines(STAT).get(0));
        } catch (IOException e) {
            return OptionalDouble.empty();
        }
    }

    static OptionalDouble busySeconds(String line) {
        String[] words = line.strip().split("\\s+");
        if (!words[0].equals("cpu") || words.length <= FIELDS) {
            return OptionalDouble.empty();
        }
        long[] counts = Arrays.stream(words, 1, 1 + FIELDS).mapToLong(Long::parseLong).toArray();
        long idle = IDLE_FIELDS.stream().mapToLong(field -> counts[field]).sum();
        return OptionalDouble.of((Arrays.stream(counts).sum() - idle) / COUNTS_PER_SECOND);
    }
}
