package org.seglosses.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class AgreementTest {

    private static final INDArray GRADIENT = Nd4j.createFromArray(3f, 0f, 4f, 0f).reshape(2, 2);

    @Test
    void measuresBothDifferencesRelativeToTheLargerSide() {
        INDArray other = Nd4j.createFromArray(3f, 0f, 4f, 0.5f).reshape(2, 2);

        Agreement agreement = Agreement.of(0.98, GRADIENT, 1, other);

        assertThat(agreement.value()).isCloseTo(0.02, within(1e-12));
        assertThat(agreement.gradient()).isCloseTo(0.5 / Math.sqrt(25.25), within(1e-12));
        assertThat(agreement.holds()).isFalse();
    }

    @Test
    void roundingIsAgreement() {
        INDArray other = GRADIENT.mul(1 + 1e-6);

        assertThat(Agreement.of(1, GRADIENT, 1 + 1e-6, other).holds()).isTrue();
        assertThat(Agreement.of(0, GRADIENT, 0, GRADIENT).holds()).isTrue();
    }

    @Test
    void valuesOfTwoFloatSidesMayBeFurtherApart() {
        assertThat(Agreement.of(1, GRADIENT, 1.004, GRADIENT).holds()).isFalse();
        assertThat(Agreement.of(1, 1.004).holds()).isTrue();
        assertThat(Agreement.of(1, 1.02).holds()).isFalse();
    }

    @Test
    void readsTheLogicalOrderNotTheMemory() {
        INDArray other = GRADIENT.dup('f');

        assertThat(Agreement.of(1, GRADIENT, 1, other).gradient()).isZero();
    }

    @Test
    void aWrongScaleSignShapeOrNanIsNone() {
        assertThat(Agreement.of(1, GRADIENT, 1, GRADIENT.mul(4)).holds()).isFalse();
        assertThat(Agreement.of(1, GRADIENT, 1, GRADIENT.neg()).holds()).isFalse();
        assertThat(Agreement.of(1, GRADIENT, 1, Nd4j.zeros(5)).holds()).isFalse();
        assertThat(Agreement.of(1, Double.NaN).holds()).isFalse();
        assertThat(Agreement.of(1, -1).holds()).isFalse();
        assertThat(Agreement.of(1, GRADIENT, 1, GRADIENT.mul(Float.NaN)).holds()).isFalse();
    }
}
