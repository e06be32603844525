package org.seglosses.benchmarks.compare;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;

/**
 * A process that computes losses: Python with the reference formulas, or a JVM with a build of this
 * project. Started once, kept warm, asked line by line. It ends by itself when this JVM does,
 * whatever the reason, since its input ends then.
 */
final class Peer implements AutoCloseable {

    private static final String SCRIPT = "reference_peer.py";

    private final Process process;
    private final BufferedReader answers;
    private final PrintWriter requests;
    private final Path directory;
    private final PeerReply greeting;

    private Peer(Process process, Path directory) {
        this.process = process;
        this.directory = directory;
        this.answers = process.inputReader(StandardCharsets.UTF_8);
        this.requests = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
        this.greeting = read();
    }

    /**
     * Starts the first of the given interpreters that has PyTorch.
     *
     * @param interpreters commands to try, in order
     * @param directory where the script and the arrays are put; the process works there
     * @throws PeerException if none of them can be started and has PyTorch
     */
    static Peer start(List<String> interpreters, Path directory, int threads) {
        Path script = directory.resolve(SCRIPT);
        try (InputStream source = Peer.class.getResourceAsStream("/python/" + SCRIPT)) {
            Files.copy(source, script);
        } catch (IOException e) {
            throw new PeerException("The Python script cannot be written to " + script, e);
        }
        List<String> refusals = new ArrayList<>();
        for (String interpreter : interpreters) {
            List<String> command = List.of(interpreter, "-u", SCRIPT, Integer.toString(threads));
            try {
                return start(command, directory);
            } catch (PeerException e) {
                refusals.add(interpreter + " (" + e.getMessage() + ")");
            }
        }
        throw new PeerException("PyTorch was not found: tried " + String.join(", ", refusals));
    }

    /** Starts this very command, which must speak the protocol of {@value #SCRIPT}. */
    static Peer start(List<String> command, Path directory) {
        return start(command, directory, Map.of());
    }

    /**
     * The same.
     *
     * @param environment variables that the process sees beside those of this one
     */
    static Peer start(List<String> command, Path directory, Map<String, String> environment) {
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .directory(directory.toFile())
                        .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(environment);
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new PeerException("it cannot be started", e);
        }
        try {
            Peer peer = new Peer(process, directory);
            if (!peer.greeting.kind().equals("ready")) {
                throw new PeerException(peer.greeting.text());
            }
            return peer;
        } catch (PeerException e) {
            process.destroy();
            throw e;
        }
    }

    /** The version of PyTorch, as the process gave it. */
    String description() {
        return "PyTorch " + greeting.field("torch");
    }

    ProcessHandle handle() {
        return process.toHandle();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Hands the arrays over under a name. */
    void load(Inputs inputs) {
        String logits = inputs.name() + "-logits.npy";
        String labels = inputs.name() + "-labels.npy";
        try {
            Nd4j.writeAsNumpy(inputs.logits(), directory.resolve(logits).toFile());
            Nd4j.writeAsNumpy(inputs.labels(), directory.resolve(labels).toFile());
        } catch (IOException e) {
            throw new PeerException("The arrays cannot be written to " + directory, e);
        }
        ask("load " + inputs.name() + " " + logits + " " + labels);
    }

    /** The side of the comparison that runs there, for arrays that were handed over before. */
    Contender contender(String formula, Inputs inputs) {
        return repetitions -> {
            PeerReply reply = ask("run " + inputs.name() + " " + repetitions + " " + formula);
            return new Contender.Turn(reply.number("value"), reply.numbers("ms"));
        };
    }

    /**
     * The bytes that a run takes there at its peak, beyond inputs and gradient; empty where the
     * system does not tell.
     */
    OptionalDouble memory(String formula, Inputs inputs) {
        double bytes = ask("memory " + inputs.name() + " " + formula).number("bytes");
        return Double.isNaN(bytes) ? OptionalDouble.empty() : OptionalDouble.of(bytes);
    }

    /**
     * What a loss and its gradient are there. Python computes them in double: float's rounding in
     * the reference formulas is larger than in ours.
     */
    Reference reference(String formula, Inputs inputs) {
        String file = "gradient.npy";
        PeerReply reply = ask("gradient " + inputs.name() + " " + file + " " + formula);
        return new Reference(
                reply.number("value"), Nd4j.createFromNpyFile(directory.resolve(file).toFile()));
    }

    /**
     * A value and its gradient.
     *
     * @param gradient of the logits' shape
     */
    record Reference(double value, INDArray gradient) {}

    private PeerReply ask(String request) {
        requests.println(request);
        PeerReply reply = read();
        if (!reply.kind().equals("ok")) {
            throw new PeerException("The process failed at '" + request + "': " + reply.text());
        }
        return reply;
    }

    private PeerReply read() {
        try {
            String line = answers.readLine();
            if (line == null) {
                throw new PeerException("it ended without an answer");
            }
            return PeerReply.parse(line);
        } catch (IOException e) {
            throw new PeerException("its answer cannot be read", e);
        }
    }

    @Override
    public void close() {
        requests.close();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
