package org.seglosses.samediff;

import org.nd4j.common.config.ND4JClassLoading;
import org.nd4j.linalg.factory.Nd4jBackend;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Whether ND4J can start here, asked before it tries. ND4J itself answers with the stack trace of a
 * failed link and, from then on, with classes that cannot be initialized.
 */
public final class Backend {

    private Backend() {}

    /**
     * Says why ND4J cannot start: no backend on the class path, or none that runs on this machine,
     * as a CUDA backend without a GPU.
     *
     * @return one sentence, or empty if a backend can run
     */
    public static Optional<String> problem() {
        return problem(ND4JClassLoading.loadService(Nd4jBackend.class));
    }

    static Optional<String> problem(Iterable<Nd4jBackend> backends) {
        List<String> failures = new ArrayList<>();
        for (Nd4jBackend backend : backends) {
            try {
                if (backend.canRun()) {
                    return Optional.empty();
                }
                failures.add(failure(backend, ""));
            } catch (RuntimeException | LinkageError e) {
                failures.add(failure(backend, " (" + reason(e) + ")"));
            }
        }
        return Optional.of(
                failures.isEmpty()
                        ? "no ND4J backend is on the class path; add nd4j-native-platform, or"
                                + " nd4j-cuda-11.6-platform for a GPU"
                        : String.join("; ", failures));
    }

    private static String failure(Nd4jBackend backend, String reason) {
        String name = backend.getClass().getSimpleName();
        String needs =
                name.equals("JCublasBackend")
                        ? "ND4J's CUDA backend needs an NVIDIA GPU with its driver and CUDA 11.6,"
                                + " which were not found here"
                        : "ND4J's backend " + name + " cannot run on this machine";
        return needs + reason;
    }

    /** The first cause without the path that a library was unpacked to. */
    private static String reason(Throwable thrown) {
        Throwable root = thrown;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String message = root.getMessage() == null ? root.toString() : root.getMessage();
        return message.lines().findFirst().orElse(message).replaceAll("\\S*[/\\\\]", "");
    }
}
