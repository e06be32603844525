package org.seglosses.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.seglosses.benchmarks.compare.Contender.Side;
import org.seglosses.benchmarks.compare.SideBySide.Series;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

class ReportTest {

    private static final Shape SHAPE = new Shape(4, 5, 256, 256);

    private static final Row FAST =
            row(
                    LossCase.BOUNDARY_19_19,
                    Map.of(
                            Side.PYTORCH, series(800, 700, 720),
                            Side.OURS, series(40, 42, 36),
                            Side.OURS_IN_TWO_CALLS, series(60, 70, 65)));

    private static final Row SLOW =
            row(
                    LossCase.CROSS_ENTROPY,
                    Map.of(
                            Side.PYTORCH, series(4, 4, 4),
                            Side.OURS, series(8, 8, 8),
                            Side.OURS_IN_TWO_CALLS, series(12, 12, 12),
                            Side.MCXENT, series(10, 10, 10)));

    private static final Row ALONE =
            row(
                    LossCase.OHEM,
                    Map.of(
                            Side.OURS, series(8, 8, 8),
                            Side.OURS_IN_TWO_CALLS, series(12, 12, 12)));

    private static final Scaling SCALING =
            Scaling.of(
                    LossCase.DICE,
                    Map.of(
                            128, series(0.5, 0.5, 0.5),
                            256, series(2, 2, 2),
                            512, series(8, 8, 8),
                            1024, series(32, 32, 32),
                            2048, series(160, 160, 160)));

    private static final Memory MEMORY =
            new Memory(
                    LossCase.DICE,
                    SHAPE,
                    OptionalDouble.of(5 * SHAPE.bytes()),
                    Optional.of(
                            new OwnMemory(
                                    8 * SHAPE.bytes(), 6 * SHAPE.bytes(), SHAPE.bytes(), 0, 7)));

    @Test
    void theTableNamesFiguresTargetsVerdictsAndMeans() {
        Report report = report(List.of(FAST, SLOW, ALONE));

        assertThat(report.mismatches()).isEmpty();
        assertThat(squeezed(report.markdown()))
                .isEqualTo(
                        """
                        the command

                        the machine

                        ## Value and gradient

                        | loss | input | shape | PyTorch ms | ours ms | ours / PyTorch | LossMCXENT ms | ours / LossMCXENT | target | | two calls ms |
                        |-|-|-|-|-|-|-|-|-|-|-|
                        | Boundary 19/19 | random | [4,5,256,256] | 720 | 40.0 | 0.050 | - | - | <= 0.05 | met | 65.0 |
                        | cross entropy | random | [4,5,256,256] | 4.00 | 8.00 | 2.000 | 10.0 | 0.800 | <= 1, <= 0.2 of LossMCXENT | missed | 12.0 |
                        | OHEM 0.7, minKept 100000 | random | [4,5,256,256] | - | 8.00 | - | - | - | <= 0.25 | - | 12.0 |

                        | shape | rows | ours / PyTorch, geometric mean | target | |
                        |-|-|-|-|-|
                        | [4,5,256,256] | 3 | 0.316 | | |
                        | all | 3 | 0.316 | <= 0.3 | missed |

                        ## Missed

                        - cross entropy, random, [4,5,256,256], of the time of PyTorch: 2.000, at most 1
                        - cross entropy, random, [4,5,256,256], of the time of LossMCXENT: 0.800, at most 0.2
                        - geometric mean of all, of the time of PyTorch: 0.316, at most 0.3
                        """);
    }

    @Test
    void scalingAndMemoryHaveTablesOfTheirOwn() {
        Report report = new Report(List.of("header"), List.of(), List.of(SCALING), List.of(MEMORY));

        assertThat(squeezed(report.markdown()))
                .contains(
                        """
                        | loss | 128^2 | 256^2 | 512^2 | 1024^2 | 2048^2 | 256^2 to 1024^2 | 512^2 to 2048^2 | |
                        |-|-|-|-|-|-|-|-|-|
                        | Dice | 0.50 | 2.00 | 8.00 | 32.0 | 160 | 16.0 | 20.0 | missed |
                        """,
                        """
                        | loss | shape | PyTorch | ours | | ours, first call | bytes allocated a call | bytes left a call |
                        |-|-|-|-|-|-|-|-|
                        | Dice | [4,5,256,256] | 5.00 | 7.00 | missed | 8.00 | 0 | 7 |
                        """,
                        """
                        - Dice, times the time from 512^2 to 2048^2: 20.000, at most 18
                        - Dice, [4,5,256,256], memory in times the logits' bytes: 7.000, at most 6
                        """)
                .doesNotContain("Value and gradient\n");
    }

    @Test
    void whereNothingMissesThatIsSaid() {
        assertThat(report(List.of(FAST)).markdown())
                .endsWith("## Missed\n\nNothing misses its figure.\n");
    }

    @Test
    void columnsLineUp() {
        List<String> table =
                report(List.of(FAST, SLOW))
                        .markdown()
                        .lines()
                        .filter(line -> line.startsWith("|"))
                        .limit(4)
                        .toList();

        assertThat(table).hasSize(4);
        assertThat(table).allSatisfy(line -> assertThat(line).hasSameSizeAs(table.get(0)));
    }

    @Test
    void theFileForProgramsLeavesAbsentFiguresEmpty() {
        Report report =
                new Report(List.of(), List.of(FAST, ALONE), List.of(SCALING), List.of(MEMORY));

        assertThat(report.csv())
                .isEqualTo(
                        """
                        table,loss,input,shape,pytorch_ms,ours_ms,ours_to_pytorch,mcxent_ms,ours_to_mcxent,two_calls_ms,ours_to_16th_of_pixels,pytorch_memory_to_logits,ours_memory_to_logits,ours_first_call_to_logits,ours_allocated_bytes_a_call,ours_grown_bytes_a_call,target,verdict
                        comparison,boundary-19-19,random,"[4,5,256,256]",720.00000,40.00000,0.05000,,,65.00000,,,,,,,"<= 0.05",met
                        comparison,ohem,random,"[4,5,256,256]",,8.00000,,,,12.00000,,,,,,,"<= 0.25",-
                        scaling,dice,random,"[1,5,128,128]",,0.50000,,,,,,,,,,,,-
                        scaling,dice,random,"[1,5,256,256]",,2.00000,,,,,,,,,,,,-
                        scaling,dice,random,"[1,5,512,512]",,8.00000,,,,,,,,,,,,-
                        scaling,dice,random,"[1,5,1024,1024]",,32.00000,,,,,16.00000,,,,,,<= 18,met
                        scaling,dice,random,"[1,5,2048,2048]",,160.00000,,,,,20.00000,,,,,,<= 18,missed
                        memory,dice,random,"[4,5,256,256]",,,,,,,,5.00000,7.00000,8.00000,0,7,<= 6,missed
                        """);
    }

    @Test
    void aMismatchTakesThePlaceOfTheVerdictAndIsAnError() {
        Row wrong =
                new Row(
                        FAST.loss(),
                        FAST.kind(),
                        FAST.shape(),
                        FAST.series(),
                        List.of("PyTorch's value is another one."));
        Report report = report(List.of(wrong, SLOW));

        assertThat(report.mismatches()).containsExactly("PyTorch's value is another one.");
        assertThat(report.markdown())
                .contains("MISMATCH")
                .endsWith("\nERROR: PyTorch's value is another one.\n");
        assertThat(report.csv()).contains(",MISMATCH\n");
    }

    private static Report report(List<Row> rows) {
        return new Report(List.of("the command", "the machine"), rows, List.of(), List.of());
    }

    private static Row row(LossCase loss, Map<Side, Series> series) {
        return new Row(loss, Inputs.Kind.RANDOM, SHAPE, series, List.of());
    }

    private static Series series(double... rounds) {
        return new Series(0.5, rounds);
    }

    private static String squeezed(String table) {
        return table.replaceAll(" +", " ").replaceAll("-+\\|", "-|");
    }
}
