package org.seglosses.samediff.op;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ExpTest {

    /** Every float of 24 bits would be 2^30; this step hits all exponents and many mantissas. */
    private static final int BIT_STEP = 997;

    @Test
    void isAsAccurateAsItSays() {
        double[] worst = new double[2];
        float[] x = new float[1 << 16];
        int bits = Float.floatToIntBits(-1e-20f);
        int end = Float.floatToIntBits(-30f);
        while (bits < end) {
            int n = 0;
            for (; n < x.length && bits < end; n++, bits += BIT_STEP) {
                x[n] = Float.intBitsToFloat(bits);
            }
            float[] y = x.clone();
            Exp.inPlace(y, n);
            for (int i = 0; i < n; i++) {
                double exact = Math.exp(x[i]);
                int range = x[i] >= -10 ? 0 : 1;
                worst[range] = Math.max(worst[range], Math.abs(y[i] - exact) / exact);
            }
        }
        assertThat(worst[0]).as("relative error down to -10").isBetween(1e-9, 2e-7);
        assertThat(worst[1]).as("relative error down to -30").isBetween(1e-9, 2e-6);
    }

    @Test
    void specialValues() {
        float[] x = {0, -0f, Float.NaN, -60, -61, -1e4f, Float.NEGATIVE_INFINITY, -Float.MIN_VALUE};
        Exp.inPlace(x, x.length);
        assertThat(x).containsExactly(1, 1, Float.NaN, 0, 0, 0, 0, 1);
    }

    @Test
    void isNeverNegativeNorAboveOneAndMonotone() {
        float[] x = new float[200_000];
        for (int i = 0; i < x.length; i++) {
            x[i] = -70f * i / x.length;
        }
        Exp.inPlace(x, x.length);
        for (int i = 1; i < x.length; i++) {
            if (!(x[i] >= 0 && x[i] <= x[i - 1])) {
                assertThat(x[i]).as("element %d", i).isBetween(0f, x[i - 1]);
            }
        }
    }

    @Test
    void touchesTheFirstElementsAlone() {
        float[] x = new float[3000];
        java.util.Arrays.fill(x, -1);
        Exp.inPlace(x, 2500);
        float e = (float) Math.exp(-1);
        for (int i = 0; i < x.length; i++) {
            assertThat(Math.abs(x[i] - (i < 2500 ? e : -1))).as("element %d", i).isLessThan(1e-7f);
        }
    }

    @Test
    void ofDifferencesIsTheSameAndIsAddedUp() {
        float[] x = {3, -2, Float.NaN, 1e30f, -1e30f};
        float[] minus = {3.5f, 3.5f, 3.5f, 1e30f, 1e30f};
        float[] sum = {1, 2, 3, 4, 5};
        float[] expected = {-0.5f, -5.5f, Float.NaN, 0, Float.NEGATIVE_INFINITY};
        Exp.inPlace(expected, expected.length);
        Exp.ofDifferences(x, minus, sum, x.length);
        assertThat(x).containsExactly(expected);
        assertThat(sum).containsExactly(1 + expected[0], 2 + expected[1], Float.NaN, 5, 5);
    }

    @Test
    void ofNegatedIsAccurateOnBothSides() {
        float[] z = new float[4000];
        for (int i = 0; i < z.length; i++) {
            z[i] = (i - 2000) / 70f;
        }
        float[] e = new float[z.length];
        Exp.ofNegated(z, e, z.length);
        for (int i = 0; i < z.length; i++) {
            double exact = Math.exp(-z[i]);
            assertThat(Math.abs(e[i] - exact) / exact).as("at %s", z[i]).isLessThan(2e-6);
        }
        float[] limits = {60, 1e30f, -60, -1e30f, Float.NaN};
        float[] to = new float[limits.length];
        Exp.ofNegated(limits, to, to.length);
        assertThat(to[0]).isZero();
        assertThat(to[1]).isZero();
        assertThat(to[2]).isEqualTo(to[3]).isBetween(1.142e26f, 1.143e26f);
        assertThat(to[4]).isNaN();
    }
}
