package org.seglosses.examples.samediff;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.autodiff.samediff.SameDiff;
import org.seglosses.examples.earth.EarthTiles;

import picocli.CommandLine;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Map;

class SameDiffExampleTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final PrintWriter lines = new PrintWriter(out, true);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    --epochs 0   | --epochs must be at least 1, got 0
                    --further -1 | --further must be at least 1, got -1
                    --tiles many | Invalid value for option '--tiles'
                    --epoch 3    | Unknown option
                    """)
    void aWrongValueGetsOneClearMessage(String args, String message) {
        CommandLine line = SameDiffExample.commandLine();
        line.setOut(lines);
        line.setErr(new PrintWriter(err, true));
        assertThat(line.execute(args.split(" "))).isEqualTo(2);
        assertThat(err.toString())
                .startsWith("samediff: ")
                .contains(message)
                .doesNotContain("Exception", "\tat ")
                .hasLineCount(2);
        assertThat(out.toString()).isEmpty();
    }

    /** All steps but the new JVM's start, on two batches. */
    @ParameterizedTest
    @EnumSource
    void goesOnAsIfItHadNotBeenInterrupted(Objective objective, @TempDir Path directory) {
        Settings settings = new Settings(9, 1, 1, 1, directory);
        EarthTiles tiles = settings.load();
        Beginning beginning = Beginning.of(objective, tiles, settings, lines);
        Continuation continuation = Continuation.of(objective, tiles, settings, lines);
        assertThat(beginning.trained()).isNotEqualTo(beginning.untrained());
        assertThat(continuation.loaded()).isEqualTo(beginning.trained());
        assertThat(continuation.planned()).isEqualTo(continuation.further());

        SameDiff net = Net.create(objective, Settings.SEED);
        EpochLines listener = new EpochLines(lines, "uninterrupted", 2);
        Net.train(net, Settings.training(tiles, Settings.SEED), 1, listener);
        Net.train(net, Settings.training(tiles, Settings.SEED + 1), 1, listener);
        assertThat(Beginning.score(net, tiles.heldOut(Settings.BATCH)))
                .isEqualTo(continuation.further())
                .isNotEqualTo(beginning.trained());
        assertThat(out.toString())
                .hasLineCount(4)
                .contains(objective.title(), "epoch  1  score", "epoch  2  score")
                .doesNotContain("score 0.0000", "Added differentiated op");
    }

    @Test
    void theTableSaysWhatDiffers() {
        Score one = new Score(0.5, 0.75, 1);
        Score other = new Score(0.5, 0.75, 2);
        Beginning before = new Beginning(other, one);
        Costs costs = new Costs(80, 60, 20, 15, 2_000_000_000, 60_000_000);
        Continuation same = new Continuation(one, other, other, 1, 2, costs);
        Continuation changed = new Continuation(other, other, other, 1, 2, costs);
        assertThat(report(before, same)).isTrue();
        assertThat(out.toString()).contains("identical", "25 %", "2000 MB");
        assertThat(out.toString()).doesNotContain("DIFFERS");
        assertThat(report(before, changed)).isFalse();
        assertThat(out.toString()).contains("DIFFERS: 0.5000 / 0.750");
    }

    private boolean report(Beginning before, Continuation after) {
        return new Report(
                        lines,
                        new Settings(1, 1, 1, 1, Path.of("graphs")),
                        Map.of(Objective.LOVASZ, before, Objective.BOUNDARY, before),
                        Map.of(Objective.LOVASZ, after, Objective.BOUNDARY, after))
                .print();
    }
}
