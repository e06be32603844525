package org.seglosses.examples.earth;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import picocli.CommandLine;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;

class EarthExampleTest {

    @TempDir private Path dir;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    --task moon           | --task must be water or relief, got "moon"
                    --losses ce,dicee     | --losses: unknown loss "dicee"; known are
                    --losses ce,          | --losses: unknown loss ""
                    --task relief --losses ce,mcc | --losses: mcc tells two classes apart, not the task's 3
                    --epochs 0            | --epochs must be at least 1, got 0
                    --epochs many         | Invalid value for option '--epochs'
                    --tiles -1            | --tiles must be at least 1, got -1
                    --seeds 1,x           | Invalid value for option '--seeds'
                    --seed 1 --seeds 2,3  | --seed and --seeds exclude each other
                    --epoch 3             | Unknown option
                    """)
    void aWrongValueGetsOneClearMessage(String args, String message) {
        assertThat(run(args.split(" "))).isEqualTo(2);
        assertThat(err.toString())
                .startsWith("earth: ")
                .contains(message)
                .doesNotContain("Exception", "\tat ")
                .hasLineCount(2);
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void aPageCannotGoWhereAFileIs() throws IOException {
        Path file = Files.createFile(dir.resolve("file"));
        assertThat(run("--out", file.resolve("page").toString())).isEqualTo(2);
        assertThat(err.toString()).contains("--out must be a directory that can be written");
    }

    @Test
    void helpNamesEveryOptionAndLoss() {
        assertThat(run("--help")).isZero();
        assertThat(out.toString())
                .contains("--task", "--losses", "--epochs", "--tiles", "--seed", "--seeds")
                .contains("--out", "--quick", "--help")
                .contains(NamedLoss.EVERY.stream().map(NamedLoss::name).toList());
        assertThat(err.toString()).isEmpty();
    }

    /** A loss of several channels, and one of one. */
    @ParameterizedTest
    @CsvSource({"mcxent, DL4J LossMCXENT", "mcc, Matthews correlation"})
    void trainsAndWritesThePage(String loss, String title) throws IOException {
        String args = "--losses " + loss + " --epochs 1 --tiles 8 --out";
        assertThat(run(args.split(" "), dir.resolve("new/page").toString())).isZero();
        Path page = dir.resolve("new/page/index.html");
        assertThat(out.toString())
                .contains("8 training tiles, 32 held out, 1 epochs of 1 steps, seed 1")
                .contains("IoU water", "boundary F1", title)
                .endsWith("Page: " + page + System.lineSeparator());
        assertThat(page).exists();
        assertThat(Files.readString(page)).endsWith("</html>\n");
    }

    private int run(String[] args, String last) {
        String[] all = java.util.Arrays.copyOf(args, args.length + 1);
        all[args.length] = last;
        return run(all);
    }

    private int run(String... args) {
        CommandLine line = EarthExample.commandLine();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        return line.execute(args);
    }
}
