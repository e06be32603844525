package org.seglosses.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.nio.file.Path;

class ResultsTest {

    @Test
    void aPathToPythonHoldsInOtherDirectories() {
        assertThat(Results.pythons(null)).hasSizeGreaterThan(1);
        assertThat(Results.pythons("python3.12")).containsExactly("python3.12");
        assertThat(Results.pythons("venv/bin/python"))
                .containsExactly(Path.of("venv/bin/python").toAbsolutePath().toString());
    }
}
