package org.seglosses.examples.backend;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import picocli.CommandLine;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

class BackendCheckTest {

    private static final Path GOLDENS = Path.of("../dl4j-losses/src/test/resources/goldens");

    private static final String DICE = "gdl_diceloss_01_default_T";

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir private Path directory;

    @Test
    void casesPassHere() throws IOException {
        for (String name :
                List.of(
                        DICE,
                        "blog_boundaryloss_01_default_3_5",
                        "berman_lovasz_hinge_01_default")) {
            copy(name);
        }

        assertThat(run("--goldens", directory.toString(), "--size", "16")).isZero();
        assertThat(out.toString().lines())
                .hasSize(6)
                .first()
                .asString()
                .startsWith("Backend CPU (CpuBackend), ");
        assertThat(out.toString())
                .containsPattern("gdl.DiceLoss +1 +0 +0 ")
                .endsWith(
                        "3 cases: 3 passed, 0 failed, 0 of losses or options that are not here\n");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void aWrongValueFails() throws IOException {
        Path json = copy(DICE).resolve("case.json");
        String text = Files.readString(json);
        Files.writeString(
                json, text.replaceAll("(\"compare\": *\\{[^}]*\"loss\": )[^,]*", "$19.0"));

        assertThat(run("--goldens", directory.toString(), "--size", "16")).isEqualTo(1);
        assertThat(out.toString())
                .contains(DICE + ": ILossFunction FLOAT: value ", " instead of 9.0")
                .contains("1 cases: 0 passed, 1 failed");
    }

    @Test
    void anEmptyDirectoryIsSaidInOneSentence() {
        assertThat(run("--goldens", directory.toString())).isEqualTo(2);
        assertThat(err.toString())
                .isEqualTo(
                        "backend-check: --goldens must be a directory of golden cases, got "
                                + directory
                                + "\n");
    }

    private Path copy(String name) throws IOException {
        Path from = GOLDENS.resolve(name);
        Path to = Files.createDirectories(directory.resolve(name));
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
        return to;
    }

    private int run(String... args) {
        CommandLine line = BackendCheck.commandLine();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        return line.execute(args);
    }
}
