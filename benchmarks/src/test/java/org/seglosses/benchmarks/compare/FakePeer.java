package org.seglosses.benchmarks.compare;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** Speaks the peer's protocol without Python: a process whose behaviour is its first argument. */
public final class FakePeer {

    private FakePeer() {}

    /** The command that starts it. */
    static List<String> command(String behaviour) throws Exception {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        Path classes =
                Path.of(FakePeer.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        return List.of(
                java.toString(), "-cp", classes.toString(), FakePeer.class.getName(), behaviour);
    }

    public static void main(String[] arguments) throws IOException {
        switch (arguments[0]) {
            case "silent" -> {}
            case "without-torch" -> System.out.println("unavailable No module named 'torch'");
            case "dies" -> {
                System.out.println("ready torch=9.9 threads=2");
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))
                        .readLine();
            }
            case "answers" -> answer();
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    private static void answer() throws IOException {
        System.out.println("ready torch=9.9 threads=2");
        BufferedReader requests =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            if (line.equals("run random-1x2x1x2 3 good theta=5")) {
                System.out.println("ok value=0.25 ms=1.5,2.5,3.0");
            } else if (line.equals("memory random-1x2x1x2 good theta=5")) {
                System.out.println("ok bytes=4096");
            } else if (line.equals("memory random-1x2x1x2 untold")) {
                System.out.println("ok bytes=nan");
            } else if (line.equals("run random-1x2x1x2 1 diverged")) {
                System.out.println("ok value=nan ms=inf");
            } else if (line.equals("run random-1x2x1x2 1 careless")) {
                System.out.println("ok value=0.25");
            } else if (line.equals("run random-1x2x1x2 1 chatty")) {
                System.out.println("ok value=much ms=1");
            } else {
                System.out.println("error KeyError: " + line);
            }
        }
    }
}
