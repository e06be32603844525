package org.seglosses.benchmarks.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.seglosses.benchmarks.training.Trainee.Turn;

import java.util.List;

class TraineeTest {

    private static final int EDGE = 16;

    private static final EarthTiles TILES = EarthTiles.load();

    private static final List<EarthTiles.Corner> CORNERS = TILES.squares(EDGE).subList(0, 2);

    private static final DataSet INDEXED = TILES.indexed(CORNERS, EDGE);

    @ParameterizedTest
    @EnumSource
    void trainsWithEveryLossAndTimesIt(StepCase loss) {
        Trainee trainee = new Trainee(EDGE, loss.outputs(), loss.layer(), List.of(INDEXED));

        Turn turn = trainee.turn(2);

        assertThat(trainee.score()).isFinite();
        assertThat(turn.loss()).isPositive().isLessThan(turn.step());
    }

    @Test
    void theClockChangesNothing() {
        Layer layer = StepCase.CROSS_ENTROPY.layer();
        Trainee timed = new Trainee(EDGE, 2, layer, List.of(INDEXED));
        ComputationGraph plain = UNet.create(EDGE, 2, StepCase.CROSS_ENTROPY.layer());
        timed.turn(3);
        for (int i = 0; i < 3; i++) {
            plain.fit(INDEXED);
        }
        assertThat(timed.score()).isEqualTo(plain.score());
    }

    @Test
    void mcxentLearnsTheSameAsOurCrossEntropy() {
        Layer layer =
                new CnnLossLayer.Builder(LossFunction.MCXENT)
                        .activation(Activation.SOFTMAX)
                        .build();
        Trainee stock = new Trainee(EDGE, 2, layer, List.of(TILES.oneHot(CORNERS, EDGE)));
        Trainee ours = new Trainee(EDGE, 2, StepCase.CROSS_ENTROPY.layer(), List.of(INDEXED));
        stock.turn(1);
        ours.turn(1);
        // DL4J's loss sums over the pixels where ours takes their mean.
        assertThat(stock.score() / (EDGE * EDGE)).isCloseTo(ours.score(), within(1e-5));
    }

    @Test
    void hasTheParametersOfTheExample() {
        assertThat(UNet.create(EDGE, 2, StepCase.CROSS_ENTROPY.layer()).numParams())
                .isEqualTo(UNET_PARAMETERS);
    }

    /** 3-16-16, 16-32-32, 32-48-48, 80-32-32, 48-16-16 with 3 x 3 kernels, 16-2 with 1 x 1. */
    private static final long UNET_PARAMETERS =
            parameters(3, 16, 9)
                    + parameters(16, 16, 9)
                    + parameters(16, 32, 9)
                    + parameters(32, 32, 9)
                    + parameters(32, 48, 9)
                    + parameters(48, 48, 9)
                    + parameters(80, 32, 9)
                    + parameters(32, 32, 9)
                    + parameters(48, 16, 9)
                    + parameters(16, 16, 9)
                    + parameters(16, 2, 1);

    private static int parameters(int in, int out, int kernel) {
        return in * out * kernel + out;
    }
}
