package org.seglosses.examples.spark;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What made a Spark job fail, out of the stack traces that Spark puts into its message. */
final class Reason {

    private static final Pattern EXECUTOR = Pattern.compile("\\(\\S+ (executor \\w+)\\): (.*)");

    private static final Pattern CAUSE = Pattern.compile("(?m)^Caused by: (.*)$");

    private Reason() {}

    /** One line: who failed, and the innermost cause. */
    static String of(Throwable thrown) {
        Throwable innermost = thrown;
        while (innermost.getCause() != null) {
            innermost = innermost.getCause();
        }
        // The exception itself stays on the executor; its text comes in the driver's.
        String text = String.valueOf(thrown.getMessage());
        Matcher executor = EXECUTOR.matcher(text);
        if (!executor.find()) {
            return innermost.toString().lines().findFirst().orElseThrow();
        }
        String reason = executor.group(2);
        Matcher cause = CAUSE.matcher(text.substring(executor.start()));
        int driver = text.indexOf("\nDriver stacktrace:", executor.start());
        while (cause.find() && (driver < 0 || executor.start() + cause.start() < driver)) {
            reason = cause.group(1);
        }
        return executor.group(1) + ": " + reason;
    }
}
