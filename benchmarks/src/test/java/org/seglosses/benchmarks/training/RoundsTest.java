package org.seglosses.benchmarks.training;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RoundsTest {

    @Test
    void theMedianIsTheMiddleOrTheMeanOfTheTwoInIt() {
        assertThat(new Rounds(new double[] {9, 1, 2}).median()).isEqualTo(2);
        assertThat(new Rounds(new double[] {9, 1, 2, 4}).median()).isEqualTo(3);
    }

    @Test
    void sidesAreComparedRoundByRound() {
        // The second round was slow for both, the third for one of them.
        Rounds ours = new Rounds(new double[] {2, 20, 8});
        Rounds other = new Rounds(new double[] {4, 40, 4});
        assertThat(ours.ratioTo(other)).isEqualTo(0.5);
    }
}
