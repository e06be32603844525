package org.seglosses.benchmarks.training;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.benchmarks.compare.Machine;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The Python process that trains the same network on the same batches; it ends with this JVM. */
final class TorchTraining implements AutoCloseable {

    /** The second has the losses, which are the comparison's too. */
    private static final List<String> SCRIPTS = List.of("training_peer.py", "reference_peer.py");

    /** No Python has PyTorch. */
    static final class NotFound extends IOException {

        private static final long serialVersionUID = 1L;

        NotFound(String message) {
            super(message);
        }
    }

    private final Process process;
    private final BufferedReader answers;
    private final PrintWriter requests;
    private final Path directory;
    private final Map<String, String> greeting;

    /**
     * What an epoch took.
     *
     * @param score the mean of its steps' scores
     * @param milliseconds of all its steps
     * @param parts of them: forward, loss, backward, update
     */
    record Epoch(double score, double milliseconds, Map<String, Double> parts) {}

    private TorchTraining(Process process, Path directory) throws IOException {
        this.process = process;
        this.directory = directory;
        this.answers = process.inputReader(StandardCharsets.UTF_8);
        this.requests = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
        this.greeting = read();
    }

    /**
     * Starts the first interpreter that has PyTorch.
     *
     * @param directory where scripts and arrays are put
     * @throws NotFound if none has it
     * @throws IOException if the scripts cannot be written
     */
    static TorchTraining start(List<String> interpreters, Path directory) throws IOException {
        for (String script : SCRIPTS) {
            try (InputStream in = TorchTraining.class.getResourceAsStream("/python/" + script)) {
                Files.copy(in, directory.resolve(script));
            }
        }
        List<String> refusals = new ArrayList<>();
        for (String interpreter : interpreters) {
            try {
                return new TorchTraining(
                        new ProcessBuilder(
                                        interpreter,
                                        "-u",
                                        SCRIPTS.get(0),
                                        Integer.toString(Machine.threads()))
                                .directory(directory.toFile())
                                .redirectError(ProcessBuilder.Redirect.INHERIT)
                                .start(),
                        directory);
            } catch (IOException e) {
                refusals.add(interpreter + " (" + e.getMessage() + ")");
            }
        }
        throw new NotFound(
                "this command needs PyTorch (on Debian and Ubuntu: apt install python3-torch),"
                        + " which was not found: tried "
                        + String.join(", ", refusals));
    }

    String description() {
        return "PyTorch " + greeting.get("torch");
    }

    ProcessHandle handle() {
        return process.toHandle();
    }

    /** Hands over the network as it is now and all that it learns from. */
    void begin(WholeTraining.Loss loss, ComputationGraph net, INDArray images, INDArray labels)
            throws IOException {
        write("images", images);
        write("labels", labels);
        for (Layer layer : net.getLayers()) {
            if (layer.numParams() > 0) {
                String name = layer.conf().getLayer().getLayerName();
                write(name + "-W", layer.getParam("W"));
                write(name + "-b", layer.getParam("b"));
            }
        }
        ask("start " + loss + " " + WholeTraining.BATCH + " " + UNet.LEARNING_RATE);
    }

    private void write(String name, INDArray array) throws IOException {
        Nd4j.writeAsNumpy(array.dup('c'), directory.resolve(name + ".npy").toFile());
    }

    Epoch epoch() throws IOException {
        Map<String, Double> numbers = new HashMap<>();
        ask("epoch").forEach((name, text) -> numbers.put(name, Double.valueOf(text)));
        return new Epoch(numbers.remove("score"), numbers.remove("ms"), numbers);
    }

    private Map<String, String> ask(String request) throws IOException {
        requests.println(request);
        return read();
    }

    /** The fields of a line; one that tells of a failure is thrown. */
    private Map<String, String> read() throws IOException {
        String line = answers.readLine();
        if (line == null) {
            throw new IOException("the Python process has ended");
        }
        String[] words = line.split(" ");
        if (!words[0].equals("ok") && !words[0].equals("ready")) {
            throw new IOException(line);
        }
        Map<String, String> fields = new HashMap<>();
        for (int i = 1; i < words.length; i++) {
            String[] field = words[i].split("=", 2);
            fields.put(field[0], field[1]);
        }
        return fields;
    }

    @Override
    public void close() {
        requests.close();
        process.destroy();
    }
}
