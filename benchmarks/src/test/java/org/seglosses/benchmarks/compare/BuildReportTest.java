package org.seglosses.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.seglosses.benchmarks.compare.SideBySide.Series;

import java.util.List;
import java.util.Optional;

class BuildReportTest {

    private static final Shape SHAPE = new Shape(4, 5, 256, 256);

    private static final BuildReport REPORT =
            new BuildReport(
                    List.of("the command", "the machine"),
                    List.of(
                            row(LossCase.DICE, Inputs.Kind.RANDOM, 4.5, 4, Optional.empty()),
                            row(LossCase.DICE, Inputs.Kind.TRAINED, 4, 4, Optional.of("by a lot")),
                            row(LossCase.JACCARD, Inputs.Kind.RANDOM, 2, 4, Optional.empty())),
                    List.of("Duo: not there"));

    @Test
    void aMeanIsTheRootOfTheProductOfTheRatios() {
        assertThat(REPORT.mean(LossCase.DICE).value().getAsDouble())
                .isCloseTo(Math.sqrt(1.125), within(1e-12));
        assertThat(REPORT.mean(LossCase.JACCARD).value()).hasValue(0.5);
        assertThat(REPORT.mean(LossCase.DUO).value()).isEmpty();
        assertThat(REPORT.mean().value().getAsDouble())
                .isCloseTo(Math.cbrt(1.125 * 0.5), within(1e-12));
    }

    @Test
    void aLossMayTakeEightPercentMoreAndAllOfThemThree() {
        assertThat(verdictOfALoss(1.07)).isEqualTo("met");
        assertThat(verdictOfALoss(1.09)).isEqualTo("missed");
        assertThat(of(1.02).mean().verdict()).isEqualTo("met");
        assertThat(of(1.04).mean().verdict()).isEqualTo("missed");
    }

    @Test
    void theTablesNameMeansRowsAndWhatDiffers() {
        assertThat(REPORT.markdown().replaceAll(" +", " ").replaceAll("-+", "-"))
                .isEqualTo(
                        """
                        the command

                        the machine

                        ## Geometric means

                        | loss | rows | this build / older | target | |
                        |-|-|-|-|-|
                        | Dice | 2 | 1.061 | <= 1.08 | met |
                        | Jaccard | 1 | 0.500 | <= 1.08 | met |
                        | all | 3 | 0.825 | <= 1.03 | met |

                        ## Rows

                        | loss | input | shape | older ms | ms | this build / older | |
                        |-|-|-|-|-|-|-|
                        | Dice | random | [4,5,256,256] | 4.000 | 4.500 | 1.125 | |
                        | Dice | trained | [4,5,256,256] | 4.000 | 4.000 | 1.000 | DIFFERS |
                        | Jaccard | random | [4,5,256,256] | 4.000 | 2.000 | 0.500 | |

                        DIFFERS: Dice, trained, [4,5,256,256]: by a lot

                        LEFT OUT: Duo: not there
                        """);
    }

    @Test
    void theValuesForMachinesAreOneLineARow() {
        assertThat(REPORT.csv())
                .isEqualTo(
                        """
                        loss,input,shape,older_ms,ours_ms,ours_to_older,differs
                        dice,random,4x5x256x256,4.00000,4.50000,1.12500,false
                        dice,trained,4x5x256x256,4.00000,4.00000,1.00000,true
                        jaccard,random,4x5x256x256,4.00000,2.00000,0.50000,false
                        """);
    }

    private static String verdictOfALoss(double ratio) {
        return of(ratio).mean(LossCase.DICE).verdict();
    }

    private static BuildReport of(double ratio) {
        BuildRow row = row(LossCase.DICE, Inputs.Kind.RANDOM, ratio, 1, Optional.empty());
        return new BuildReport(List.of(), List.of(row), List.of());
    }

    private static BuildRow row(
            LossCase loss,
            Inputs.Kind kind,
            double newer,
            double older,
            Optional<String> difference) {
        return new BuildRow(
                loss,
                kind,
                SHAPE,
                new Series(0, new double[] {newer}),
                new Series(0, new double[] {older}),
                difference);
    }
}
