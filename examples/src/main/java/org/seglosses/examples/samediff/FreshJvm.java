package org.seglosses.examples.samediff;

import java.io.File;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.PrintWriter;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A JVM that knows nothing but the class path and the saved graphs: it has never built a graph, and
 * nobody has told it of the ops in them. Its {@link #main} is the user's second program.
 */
final class FreshJvm {

    private FreshJvm() {}

    /** Goes on with a saved graph in a new JVM. */
    static Continuation goOn(Objective objective, Settings settings)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx1g", "-cp", classPath(), FreshJvm.class.getName()));
        command.add(objective.name());
        command.addAll(List.of(settings.arguments()));
        int status = new ProcessBuilder(command).inheritIO().start().waitFor();
        if (status != 0) {
            throw new IOException("the fresh JVM ended with status " + status);
        }
        try (ObjectInputStream in =
                new ObjectInputStream(Files.newInputStream(settings.continuation(objective)))) {
            return (Continuation) in.readObject();
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Runs in the new JVM.
     *
     * @param arguments the objective, and those of {@link Settings}
     */
    public static void main(String[] arguments) throws IOException {
        Objective objective = Objective.valueOf(arguments[0]);
        Settings settings = Settings.of(Arrays.copyOfRange(arguments, 1, arguments.length));
        PrintWriter out = new PrintWriter(System.out, true);
        Continuation result = Continuation.of(objective, settings.load(), settings, out);
        try (ObjectOutputStream to =
                new ObjectOutputStream(Files.newOutputStream(settings.continuation(objective)))) {
            to.writeObject(result);
        }
    }

    /** Of this program; Maven's {@code exec:java} runs it in its own JVM by a loader of its own. */
    private static String classPath() {
        if (!(FreshJvm.class.getClassLoader() instanceof URLClassLoader loader)) {
            return System.getProperty("java.class.path");
        }
        List<String> files = new ArrayList<>();
        for (URL url : loader.getURLs()) {
            try {
                files.add(Path.of(url.toURI()).toString());
            } catch (URISyntaxException e) {
                throw new IllegalStateException(url + " on the class path is no file", e);
            }
        }
        return String.join(File.pathSeparator, files);
    }
}
