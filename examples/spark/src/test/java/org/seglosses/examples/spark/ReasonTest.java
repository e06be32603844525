package org.seglosses.examples.spark;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.spark.SparkException;
import org.junit.jupiter.api.Test;

class ReasonTest {

    private static final String HEAD =
            "Job aborted due to stage failure: Task 1 failed 4 times, most recent failure: Lost"
                    + " task 1.3 in stage 2.0 (TID 9) (127.0.0.1 executor 0): ";

    private static final String TAIL =
            "\n\tat a.B.c(B.java:1)\n\nDriver stacktrace:\nCaused by: no";

    @Test
    void namesTheExecutorAndItsException() {
        assertThat(Reason.of(new SparkException(HEAD + "a.Bad: label 7" + TAIL)))
                .isEqualTo("executor 0: a.Bad: label 7");
    }

    @Test
    void namesTheInnermostCauseOnTheExecutor() {
        assertThat(
                        Reason.of(
                                new SparkException(
                                        HEAD
                                                + "java.io.IOException: read\n\tat a.B.c(B.java:1)\n"
                                                + "Caused by: a.Middle: x\n\t... 3 more\n"
                                                + "Caused by: a.Inner: y"
                                                + TAIL)))
                .isEqualTo("executor 0: a.Inner: y");
    }

    @Test
    void takesTheInnermostCauseOfAnyOtherException() {
        assertThat(Reason.of(new RuntimeException(new IllegalStateException("first\nsecond"))))
                .isEqualTo("java.lang.IllegalStateException: first");
    }
}
