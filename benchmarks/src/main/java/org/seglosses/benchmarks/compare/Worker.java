package org.seglosses.benchmarks.compare;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.benchmarks.compare.Contender.Turn;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * Computes the losses of the build that it runs in, for a comparison of two builds. It is asked
 * line by line, in the words of {@code reference_peer.py}; a loss is named by its case.
 *
 * <p>A newer build starts an older one by this class: its name and its words must stay.
 */
public final class Worker {

    private String inputs = "";
    private INDArray logits;
    private INDArray labels;

    private String current = "";
    private Ours ours;

    private Worker() {}

    /**
     * Answers until its input ends.
     *
     * @param arguments none
     * @throws IOException if the input cannot be read
     */
    public static void main(String[] arguments) throws IOException {
        PrintWriter answers = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        // What a library prints is no answer.
        System.setOut(System.err);
        Machine.limitThreads();
        answers.println("ready java=" + Runtime.version().feature());
        BufferedReader requests =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        Worker worker = new Worker();
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            answers.println(worker.answer(line));
        }
        System.exit(0);
    }

    private String answer(String line) {
        try {
            String[] words = line.split(" ");
            return switch (words[0]) {
                case "load" -> load(words[1], words[2], words[3]);
                case "gradient" -> gradient(ours(words[1], words[3]), words[2]);
                case "run" -> run(ours(words[1], words[3]), Integer.parseInt(words[2]));
                default -> throw new IllegalArgumentException(line);
            };
        } catch (IOException | RuntimeException | LinkageError e) {
            return "error " + e.toString().replaceAll("\\s+", " ");
        }
    }

    private String load(String name, String logitsFile, String labelsFile) {
        logits = read(logitsFile);
        labels = read(labelsFile);
        inputs = name;
        current = "";
        return "ok";
    }

    /** The copy lies in memory of ND4J's own, as a network's arrays do. */
    private static INDArray read(String file) {
        return Nd4j.createFromNpyFile(new File(file)).dup('c');
    }

    private Ours ours(String name, String loss) {
        if (!name.equals(inputs)) {
            throw new IllegalArgumentException("the arrays are " + inputs + ", not " + name);
        }
        if (!loss.equals(current)) {
            Shape shape =
                    Shape.of(
                            Arrays.stream(logits.shape())
                                    .mapToObj(Long::toString)
                                    .collect(Collectors.joining("x")));
            ours = new Ours(LossCase.of(loss), shape, logits, labels);
            current = loss;
        }
        return ours;
    }

    private static String gradient(Ours ours, String file) throws IOException {
        double value = ours.inOneRun();
        Nd4j.writeAsNumpy(ours.gradient(), new File(file));
        return "ok value=" + value;
    }

    private static String run(Ours ours, int repetitions) {
        Turn turn = new LocalContender(ours::inOneRun).run(repetitions);
        return "ok value="
                + turn.value()
                + " ms="
                + Arrays.stream(turn.milliseconds())
                        .mapToObj(Double::toString)
                        .collect(Collectors.joining(","));
    }
}
