package org.seglosses.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

class ClassPathTest {

    private static final String PACKAGE = "org/seglosses/benchmarks/compare/";

    @TempDir private Path checkout;
    @TempDir private Path scratch;

    private Path classes;

    @BeforeEach
    void makeACheckout() throws IOException {
        touch(checkout.resolve("benchmarks/src/main/java"), "LossCase.java");
        Files.createDirectories(checkout.resolve("a-module/target/classes"));
        classes = checkout.resolve("benchmarks/target/classes");
    }

    @Test
    void aCheckoutThatIsNotCompiledIsRefused() {
        assertThatThrownBy(() -> ClassPath.of(checkout, scratch))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "--against must be a compiled checkout of this project, got "
                                + checkout
                                + ", which is not compiled: run mvn -B -ntp -q compile there");
    }

    @Test
    void anOlderBuildHasItsOwnClassesAndOurLibraries() throws IOException {
        touch(classes, "LossCase.class");
        touch(classes, "Worker.class");

        List<String> entries = ClassPath.of(checkout, scratch);

        assertThat(entries.subList(0, 2))
                .containsExactly(
                        classes.toString(), checkout.resolve("a-module/target/classes").toString());
        assertThat(entries.subList(2, entries.size()))
                .allMatch(entry -> entry.endsWith(".jar"))
                .anyMatch(entry -> entry.contains("nd4j-native"))
                .noneMatch(entry -> entry.contains("dl4j-losses"));
        assertThat(scratch).isEmptyDirectory();
    }

    @Test
    void aBuildFromBeforeTheWorkerGetsIt() throws IOException {
        touch(classes, "LossCase.class");

        List<String> entries = ClassPath.of(checkout, scratch);

        assertThat(entries.subList(0, 2)).containsExactly(scratch.toString(), classes.toString());
        assertThat(scratch.resolve(PACKAGE))
                .isDirectoryContaining(file -> file.endsWith("Worker.class"))
                .isDirectoryContaining(file -> file.endsWith("Ours.class"));
    }

    private static void touch(Path root, String name) throws IOException {
        Path file = root.resolve(PACKAGE + name);
        Files.createDirectories(file.getParent());
        Files.createFile(file);
    }
}
