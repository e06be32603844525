package org.seglosses.samediff.op;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.Random;

/** {@link Indicator} against conditions. */
class IndicatorTest {

    private static final int N = 3000;

    private static int[] codes() {
        Random random = new Random(3);
        int[] codes = new int[N];
        for (int i = 0; i < N; i++) {
            codes[i] = random.nextInt(5) - 1;
        }
        return codes;
    }

    @Test
    void oneWhereTheCodeIsTheGivenOne() {
        int[] codes = codes();
        float[] to = new float[N];
        double[] wide = new double[N];
        for (int code = 0; code < 4; code++) {
            Indicator.numbers(codes, to, N);
            Indicator.numbers(codes, wide, N);
            Indicator.of(to, code, to, N);
            Indicator.of(wide, code, wide, N);
            for (int i = 0; i < N; i++) {
                assertThat(to[i])
                        .as("%d of %d", codes[i], code)
                        .isEqualTo(codes[i] == code ? 1 : 0);
                assertThat(wide[i]).isEqualTo(to[i]);
            }
        }
    }

    @Test
    void oneWhereNotVoid() {
        int[] codes = codes();
        float[] to = new float[N];
        double[] wide = new double[N];
        Indicator.ofValid(codes, to, N);
        Indicator.ofValid(codes, wide, N);
        for (int i = 0; i < N; i++) {
            assertThat(to[i]).isEqualTo(codes[i] < 0 ? 0 : 1);
            assertThat(wide[i]).isEqualTo(to[i]);
        }
    }

    @Test
    void voidAboveTheLimitAlone() {
        float negativeNaN = Float.intBitsToFloat(0xffc00001);
        float[] values = {
            0.5f,
            Math.nextUp(0.5f),
            Math.nextDown(0.5f),
            0,
            -0f,
            1,
            Float.MIN_VALUE,
            Float.NaN,
            negativeNaN,
            Float.POSITIVE_INFINITY
        };
        int[] codes = {0, 1, 2, 3, 4, 5, 6, 7, 8, Targets.VOID};
        double[] wide = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            wide[i] = values[i];
        }
        int[] ofWide = codes.clone();
        Indicator.voidAbove(values, 0.5f, codes, values.length);
        Indicator.voidAbove(wide, 0.5, ofWide, wide.length);
        assertThat(codes).containsExactly(0, -1, 2, 3, 4, -1, 6, 7, 8, -1);
        assertThat(ofWide).containsExactly(codes);
    }
}
