package org.seglosses.benchmarks.training;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.seglosses.benchmarks.training.StackSamples.Part;

import java.util.List;
import java.util.Map;

class ReportsTest {

    private static final StepSize LARGE = new StepSize(4, 256);

    @Test
    void aStepIsJudgedByItsTargetAndShownWithTheLossesShare() {
        StepRow row =
                new StepRow(
                        StepCase.CROSS_ENTROPY,
                        LARGE,
                        rounds(100),
                        rounds(2),
                        rounds(105),
                        rounds(10));
        StepReport report = new StepReport("a machine", List.of(row));

        assertThat(StepCase.CROSS_ENTROPY.atMost(new StepSize(8, 80))).isEqualTo(1);
        assertThat(row.verdict()).isEqualTo("missed");
        assertThat(report.markdown())
                .startsWith("A training step of the earth network, a machine\n\n| loss ")
                .containsPattern(
                        "cross entropy \\| 4 x 256² \\| 100.0 +\\| 105.0 +\\| 0.952 \\| <= 0.90 \\| missed"
                                + " \\| 2.00 +\\| 2.0 % +\\| 10.00");
        assertThat(report.csv())
                .contains("\ncross-entropy,4,256,100.0000,105.0000,0.95238,0.9,missed,2.0000,0.02");
    }

    @Test
    void aTrainingIsComparedByTheMedianOfTheEpochsAfterTheFirst() {
        TrainingReport report =
                new TrainingReport(
                        "training",
                        List.of(epoch(900, 100), epoch(150, 100), epoch(160, 100)),
                        10,
                        Map.of(Part.LOSS, 0.25, Part.REST, 0.75));

        assertThat(report.ratio()).isEqualTo(1.55);
        assertThat(report.markdown())
                .contains("median of the epochs: 1.55 (target <= 2: met)")
                .containsPattern("loss +\\| 3.88 +\\| 25.0 %")
                .containsPattern("backward \\| 6.00 +\\| 60.0 %");
        assertThat(report.csv()).contains("\n1,150.0000,100.0000,1.50000,0.500000,0.250000\n");
    }

    private static Rounds rounds(double value) {
        return new Rounds(new double[] {value});
    }

    private static TrainingReport.Epoch epoch(double ours, double torch) {
        return new TrainingReport.Epoch(
                0.5,
                ours,
                new TorchTraining.Epoch(
                        0.25,
                        torch,
                        Map.of("forward", 20.0, "loss", 10.0, "backward", 60.0, "update", 10.0)));
    }
}
