package org.seglosses.examples.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The processes of a cluster that cluster.sh started on this machine.
 *
 * @param directory where the script keeps their numbers
 */
record LocalCluster(Path directory) {

    static final int WORKERS = 2;

    /** The one beside this module's classes. */
    static LocalCluster beside() {
        return new LocalCluster(Module.target().resolve("cluster"));
    }

    /** The daemon that runs a worker's executors; empty if it does not run. */
    Optional<ProcessHandle> worker(int number) {
        try {
            Path file = directory.resolve("worker-" + number + ".pid");
            return Files.exists(file)
                    ? ProcessHandle.of(Long.parseLong(Files.readString(file).strip()))
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The executors that a worker runs. */
    List<ProcessHandle> executors(int worker) {
        return worker(worker).stream().flatMap(ProcessHandle::children).toList();
    }

    /** All workers' executors. */
    List<ProcessHandle> executors() {
        return IntStream.rangeClosed(1, WORKERS)
                .boxed()
                .flatMap(worker -> executors(worker).stream())
                .toList();
    }

    /**
     * Starts what does not run.
     *
     * @param master its URL
     * @param lacking an artifact that a new worker 2 shall not have, or an empty string
     */
    void start(String master, String lacking) throws IOException, InterruptedException {
        Path script = directory.resolve("../../cluster.sh").normalize();
        ProcessBuilder builder =
                new ProcessBuilder("bash", script.toString(), "start")
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("SPARK_PORT", master.substring(master.lastIndexOf(':') + 1));
        builder.environment().put("LACKING", lacking);
        int status = builder.start().waitFor();
        if (status != 0) {
            throw new IllegalStateException(script + " start ended with status " + status);
        }
    }
}
