package org.seglosses.examples.spark;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import picocli.CommandLine;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;

class SparkOptionsTest {

    @Test
    void aMasterThatDoesNotAnswerIsNamedAtOnce(@TempDir Path tiles) {
        StringWriter err = new StringWriter();
        CommandLine line = SparkExample.commandLine();
        line.setErr(new PrintWriter(err));
        // port 1 is nobody's
        int status =
                line.execute(
                        "--quick",
                        "--tiles-in",
                        tiles.toString(),
                        "--master",
                        "spark://127.0.0.1:1");
        assertThat(status).isEqualTo(2);
        assertThat(err.toString())
                .contains("no Spark master answers at spark://127.0.0.1:1 ")
                .doesNotContain("SparkContext");
    }
}
