package org.seglosses.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import picocli.CommandLine;

import java.io.PrintWriter;
import java.io.StringWriter;

class ComparisonTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--rounds 0       | --rounds must be >= 1, got 0",
                "--rounds many    | --rounds",
                "--cases ohem,dyce| case must be one of boundary-19-19, boundary-3-5, lovasz-batch,"
                        + " lovasz-per-image, lovasz-hinge, duo, ohem, ohem-plain, dice, jaccard,"
                        + " tversky, focal, bce-dice, soft-bce, active-contour, cross-entropy,"
                        + " got 'dyce'",
                "--shapes 4x5x256| shape must be as 4x5x256x256, images x channels x height x"
                        + " width, got '4x5x256'",
                "--jvms 3         | Missing required argument(s): --against=DIR",
                "--against . --jvms 0| --jvms must be >= 1, got 0",
                "--against nowhere| --against must be a compiled checkout of this project, got"
                        + " nowhere, which is no directory",
                "--against src    | --against must be a compiled checkout of this project, got src,"
                        + " which holds another project, or none of its benchmarks",
                "--no-times --no-scaling --no-memory| nothing is left to measure",
                "--cases cross-entropy --shapes 2x1x32x32| none of the cases cross-entropy has a mode for"
                        + " any of the shapes 2x1x32x32: one channel is binary, several are classes",
                "--out /dev/null/x| --out must be a directory that can be written to, got /dev/null/x",
                "--fast           | Unknown option: '--fast'",
            })
    void aWrongOptionIsNamedBeforeAnythingRuns(String arguments, String message) {
        assertThat(execute(arguments.strip().split(" "))).isEqualTo(2);
        assertThat(err.toString().replace(System.lineSeparator(), " ")).contains(message);
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void theHelpPageNamesTheCasesAndHowToGetPyTorch() {
        assertThat(execute("--help")).isZero();
        assertThat(out.toString()).contains("--rounds", "--cases", "2x19x512x512", "python3-torch");
        assertThat(LossCase.ids()).allSatisfy(id -> assertThat(out.toString()).contains(id));
    }

    private int execute(String... arguments) {
        return new CommandLine(new Comparison())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
    }
}
