package org.seglosses.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.benchmarks.compare.Contender.Side;
import org.seglosses.benchmarks.compare.Contender.Turn;

import java.util.Map;

/** The sides that run here, on two images of one pixel each. */
class LocalSidesTest {

    /** Class 0 has 3/4 in the first image and 1/2 in the second; the labels are 1 and 0. */
    private static final Inputs INPUTS =
            new Inputs(
                    Inputs.Kind.RANDOM,
                    new Shape(2, 2, 1, 1),
                    Nd4j.createFromArray((float) Math.log(3), 0, 0, 0).reshape(2, 2, 1, 1),
                    Nd4j.createFromArray(1, 0).reshape(2, 1, 1));

    private static final double VALUE = (Math.log(4) + Math.log(2)) / 2;

    private static final INDArray GRADIENT =
            Nd4j.createFromArray(0.375, -0.375, -0.25, 0.25).reshape(2, 2, 1, 1);

    @Test
    void everySideGivesPyTorchsValueAndATimeForEachRepetition() {
        Map<Side, Contender> ours = ours().contenders();

        assertThat(ours).containsOnlyKeys(Side.OURS, Side.OURS_IN_TWO_CALLS);
        assertThat(ours.values()).allSatisfy(LocalSidesTest::check);
        check(Mcxent.contender(INPUTS));
    }

    @Test
    void oursIsHeldAgainstValueAndGradientAtPyTorchsScale() {
        assertThat(ours().against(new Peer.Reference(VALUE, GRADIENT)).holds()).isTrue();
        assertThat(ours().against(new Peer.Reference(VALUE, GRADIENT.mul(2))).holds()).isFalse();
        assertThat(ours().against(new Peer.Reference(2 * VALUE, GRADIENT)).holds()).isFalse();
    }

    private static Ours ours() {
        return new Ours(LossCase.CROSS_ENTROPY, INPUTS);
    }

    private static void check(Contender contender) {
        Turn turn = contender.run(3);
        assertThat(turn.value()).isCloseTo(VALUE, within(1e-6));
        assertThat(turn.milliseconds()).hasSize(3);
    }
}
