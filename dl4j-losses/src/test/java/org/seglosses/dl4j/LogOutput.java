package org.seglosses.dl4j;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What a class warns of, kept off the tests' console. */
public final class LogOutput {

    private LogOutput() {}

    /**
     * Runs something.
     *
     * @param logger the class that logs
     * @param task what to run
     * @return the texts of its warnings
     */
    public static List<String> warnings(Class<?> logger, Runnable task) {
        String mark = "WARN " + logger.getName() + " - ";
        PrintStream before = System.err;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            task.run();
        } finally {
            System.setErr(before);
        }
        return bytes.toString(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.contains(mark))
                .map(line -> line.substring(line.indexOf(mark) + mark.length()))
                .toList();
    }
}
