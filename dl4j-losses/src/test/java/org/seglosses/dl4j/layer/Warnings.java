package org.seglosses.dl4j.layer;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What the layers warn of, kept off the tests' console. */
final class Warnings {

    private static final String MARK = "WARN org.seglosses.dl4j.layer.SegmentationLossLayer - ";

    private Warnings() {}

    /** The warnings of a JVM that has seen no training yet. */
    static List<String> of(Runnable training) {
        TrainingWatch.forget();
        return more(training);
    }

    /** The warnings of a JVM that has seen others before. */
    static List<String> more(Runnable training) {
        PrintStream before = System.err;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            training.run();
        } finally {
            System.setErr(before);
        }
        return bytes.toString(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.contains(MARK))
                .map(line -> line.substring(line.indexOf(MARK) + MARK.length()))
                .toList();
    }
}
