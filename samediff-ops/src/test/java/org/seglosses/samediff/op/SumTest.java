package org.seglosses.samediff.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Random;

class SumTest {

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5, 512, 513, 514, 1023, 1025, 4099, 100_000})
    void isTheSumInDouble(int n) {
        Random random = new Random(n);
        float[] x = new float[n + 7];
        double exact = 0;
        double magnitudes = 0;
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) random.nextGaussian();
            exact += i < n ? x[i] : 0;
            magnitudes += i < n ? Math.abs(x[i]) : 0;
        }
        float[] before = x.clone();
        assertThat(Sum.of(x, n)).isCloseTo(exact, within(1e-7 * magnitudes));
        assertThat(x).containsExactly(before);
    }

    @Test
    void isBeyondTheRangeOfFloats() {
        float[] x = new float[2048];
        x[3] = Float.MAX_VALUE;
        x[3 + 1024] = Float.MAX_VALUE;
        assertThat(Sum.of(x, x.length)).isEqualTo(2 * (double) Float.MAX_VALUE);
    }

    @Test
    void notANumberStays() {
        float[] x = new float[2049];
        x[2048] = Float.NaN;
        assertThat(Sum.of(x, x.length)).isNaN();
    }
}
