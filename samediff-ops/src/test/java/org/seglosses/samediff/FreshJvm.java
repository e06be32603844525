package org.seglosses.samediff;

import org.seglosses.samediff.op.JavaOps;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Runs a main class of the tests in a new JVM, which knows of the library by its class path. */
public final class FreshJvm {

    private static final long SECONDS = 300;

    /** How a program ended, and all that it printed. */
    public record End(int status, String text) {}

    private FreshJvm() {}

    public static End run(Class<?> main, List<String> arguments)
            throws IOException, InterruptedException {
        return run(System.getProperty("java.class.path"), main, arguments);
    }

    /** With ND4J and the tests, but without the library. */
    public static End runWithoutTheLibrary(Class<?> main, List<String> arguments)
            throws IOException, InterruptedException {
        Path library = codeOf(JavaOps.class);
        String classPath =
                Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                        .filter(entry -> !Path.of(entry).toAbsolutePath().equals(library))
                        .collect(Collectors.joining(File.pathSeparator));
        return run(classPath, main, arguments);
    }

    public static Path codeOf(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static End run(String classPath, Class<?> main, List<String> arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx1g", "-cp", classPath, main.getName()));
        command.addAll(arguments);
        Path log = Files.createTempFile("fresh-jvm", ".log");
        try {
            Process process =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(log.toFile())
                            .start();
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
            return new End(process.exitValue(), Files.readString(log));
        } finally {
            Files.delete(log);
        }
    }
}
