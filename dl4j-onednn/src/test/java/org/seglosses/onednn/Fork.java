package org.seglosses.onednn;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.learning.config.Sgd;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A fresh JVM that calls {@link OneDnn#enable()} and trains a step, with a class path of choice.
 */
final class Fork {

    private Fork() {}

    /** Everything the JVM printed, by line. Fails if it did not end well. */
    static List<String> run(Predicate<String> classPath, String... args)
            throws IOException, InterruptedException {
        String paths =
                Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                        .filter(classPath)
                        .collect(Collectors.joining(File.pathSeparator));
        Path output = Files.createTempFile("fork", ".txt");
        try {
            List<String> command =
                    new ArrayList<>(
                            List.of(
                                    Path.of(System.getProperty("java.home"), "bin", "java")
                                            .toString(),
                                    "-Xmx1g",
                                    "-cp",
                                    paths,
                                    Fork.class.getName()));
            command.addAll(List.of(args));
            int status =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(output.toFile())
                            .start()
                            .waitFor();
            List<String> lines = Files.readAllLines(output, StandardCharsets.UTF_8);
            if (status != 0) {
                throw new AssertionError(
                        "exit status " + status + ":\n" + String.join("\n", lines));
            }
            return lines;
        } finally {
            Files.delete(output);
        }
    }

    public static void main(String[] args) {
        OneDnnReport report = OneDnn.enable();
        System.out.println("natives=" + report.natives().holds());
        System.out.println("shim=" + report.shim().holds());
        System.out.println("property=" + report.property().holds());
        System.out.println("inTime=" + report.inTime().holds());
        System.out.println("active=" + report.active());
        System.out.println(
                "set=" + System.getProperty("org.eclipse.deeplearning4j.helpers.disable"));
        if (List.of(args).contains("train")) {
            ComputationGraph net = Nets.unet(DataType.FLOAT, new Sgd(1e-3));
            net.fit(Nets.pixels(new Random(1), DataType.FLOAT, 2, 16, 16));
            System.out.println("helper=" + net.getLayer("down").getHelper());
            System.out.println("finite=" + Double.isFinite(net.score()));
        }
    }
}
