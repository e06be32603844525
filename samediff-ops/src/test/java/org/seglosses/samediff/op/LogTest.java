package org.seglosses.samediff.op;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LogTest {

    @Test
    void isWithinTwoUlps() {
        double worst = 0;
        for (int bits = Float.floatToIntBits(Float.MIN_NORMAL);
                bits < Float.floatToIntBits(Float.MAX_VALUE);
                bits += 9973) {
            worst = Math.max(worst, errorInUlps(Float.intBitsToFloat(bits)));
        }
        // sums of exponentials are from 1 up to the number of classes
        for (int bits = Float.floatToIntBits(0.5f); bits < Float.floatToIntBits(20); bits += 97) {
            worst = Math.max(worst, errorInUlps(Float.intBitsToFloat(bits)));
        }
        assertThat(worst).isLessThan(2);
    }

    private static double errorInUlps(float x) {
        float[] y = {x};
        Log.inPlace(y, 1);
        double exact = Math.log(x);
        return Math.abs(y[0] - exact) / Math.ulp((float) exact);
    }

    @Test
    void specialValues() {
        float inf = Float.POSITIVE_INFINITY;
        float[] x = {1, Float.NaN, inf, 2, 7};
        Log.inPlace(x, 4);
        assertThat(x[0]).isZero();
        assertThat(x[1]).isNaN();
        assertThat(x[2]).isNaN();
        assertThat(x[3]).isEqualTo((float) Math.log(2));
        assertThat(x[4]).isEqualTo(7);
    }

    @Test
    void onePlusIsWithinTwoUlps() {
        double worst = 0;
        for (int bits = Float.floatToIntBits(Float.MIN_NORMAL);
                bits <= Float.floatToIntBits(1);
                bits += 997) {
            float x = Float.intBitsToFloat(bits);
            float[] y = {x};
            Log.onePlus(y, 1);
            double exact = Math.log1p(x);
            worst = Math.max(worst, Math.abs(y[0] - exact) / Math.ulp((float) exact));
        }
        assertThat(worst).isLessThan(2);
    }
}
