package org.seglosses.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.seglosses.benchmarks.compare.Contender.Side;

import java.util.Arrays;

class LossCaseTest {

    private static final Shape CLASSES = new Shape(4, 5, 256, 256);
    private static final Shape FOREGROUND = new Shape(8, 1, 256, 256);

    @Test
    void everyLossTakesSeveralChannelsAndThoseOfClassesAloneNotOne() {
        assertThat(LossCase.values()).allMatch(loss -> loss.appliesTo(CLASSES));
        assertThat(Arrays.stream(LossCase.values()).filter(loss -> !loss.appliesTo(FOREGROUND)))
                .containsExactly(LossCase.OHEM, LossCase.OHEM_PLAIN, LossCase.CROSS_ENTROPY);
    }

    @Test
    void theActivationIsThatOfTheMode() {
        assertThat(activation(LossCase.DICE, CLASSES)).isInstanceOf(ActivationSoftmax.class);
        assertThat(activation(LossCase.DICE, FOREGROUND)).isInstanceOf(ActivationSigmoid.class);
        assertThat(activation(LossCase.SOFT_BCE, CLASSES)).isInstanceOf(ActivationSigmoid.class);
    }

    @Test
    void oneTargetIsOfOneShapeAlone() {
        assertThat(LossCase.CROSS_ENTROPY.targets(CLASSES))
                .extracting(LossCase.Target::against)
                .containsExactly(Side.PYTORCH, Side.MCXENT);
        assertThat(LossCase.CROSS_ENTROPY.targets(new Shape(1, 5, 512, 512)))
                .extracting(LossCase.Target::against)
                .containsExactly(Side.PYTORCH);
    }

    @Test
    void aCaseIsFoundByItsId() {
        assertThat(LossCase.values())
                .allSatisfy(loss -> assertThat(LossCase.of(loss.id())).isEqualTo(loss));
    }

    private static IActivation activation(LossCase loss, Shape shape) {
        return loss.activation(shape);
    }
}
