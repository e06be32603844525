package org.seglosses.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.seglosses.benchmarks.compare.Contender.Side;
import org.seglosses.benchmarks.compare.SideBySide.Series;

import java.util.List;
import java.util.Map;

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

    @Test
    void theTableNamesFiguresTargetsAndVerdicts() {
        Report report = new Report("one machine", List.of(FAST, SLOW, ALONE));

        assertThat(report.mismatches()).isEmpty();
        assertThat(squeezed(report.markdown()))
                .isEqualTo(
                        """
                        Value and gradient, one machine

                        | loss | input | shape | PyTorch ms | ours ms | ours / PyTorch | LossMCXENT ms | ours / LossMCXENT | target | | two calls ms |
                        |-|-|-|-|-|-|-|-|-|-|-|
                        | Boundary 19/19 | random | [4,5,256,256] | 720 | 40.0 | 0.050 | - | - | <= 0.15 | met | 65.0 |
                        | cross entropy | random | [4,5,256,256] | 4.0 | 8.0 | 2.000 | 10.0 | 0.800 | <= 0.50 of LossMCXENT | missed | 12.0 |
                        | OHEM 0.7, minKept 100000 | random | [4,5,256,256] | - | 8.0 | - | - | - | <= 0.70 | - | 12.0 |
                        """);
    }

    @Test
    void columnsLineUp() {
        List<String> table =
                new Report("one machine", List.of(FAST, SLOW))
                        .markdown()
                        .lines()
                        .filter(line -> line.startsWith("|"))
                        .toList();

        assertThat(table).hasSize(4);
        assertThat(table).allSatisfy(line -> assertThat(line).hasSameSizeAs(table.get(0)));
    }

    @Test
    void theFileForProgramsLeavesAbsentFiguresEmpty() {
        assertThat(new Report("one machine", List.of(FAST, ALONE)).csv())
                .isEqualTo(
                        """
                        loss,input,shape,pytorch_ms,ours_ms,ours_to_pytorch,mcxent_ms,ours_to_mcxent,target_against,target_at_most,verdict,two_calls_ms,mismatch
                        boundary-19-19,random,"[4,5,256,256]",720.00000,40.00000,0.05000,,,PyTorch,0.15,met,65.00000,false
                        ohem,random,"[4,5,256,256]",,8.00000,,,,PyTorch,0.7,-,12.00000,false
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
        Report report = new Report("one machine", List.of(wrong, SLOW));

        assertThat(report.mismatches()).containsExactly("PyTorch's value is another one.");
        assertThat(report.markdown())
                .contains("MISMATCH")
                .doesNotContain("| met")
                .endsWith("\nERROR: PyTorch's value is another one.\n");
        assertThat(report.csv()).contains(",true\n");
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
