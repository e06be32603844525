package org.seglosses.samediff.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.seglosses.samediff.FreshJvm;

import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** {@link Bits} against {@link Float}'s own methods, and where {@code Unsafe} is switched off. */
class BitsTest {

    private static final float[] SPECIAL = {
        0, -0f, 1, -1, Float.MIN_VALUE, Float.MAX_VALUE, Float.NaN, Float.NEGATIVE_INFINITY
    };

    @Test
    void readsAndWritesTheBits() {
        float[] x = SPECIAL.clone();
        float[] y = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            assertThat(Bits.get(x, i)).isEqualTo(Float.floatToRawIntBits(x[i]));
            Bits.put(y, i, Float.floatToRawIntBits(x[i]));
        }
        assertThat(y).containsExactly(SPECIAL);
    }

    @Test
    void nothingOutsideOfTheArray() {
        float[] x = new float[3];
        for (int i : new int[] {-1, 3, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            assertThatThrownBy(() -> Bits.get(x, i)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> Bits.put(x, i, 1))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
        assertThat(x).containsOnly(0);
    }

    @Test
    void theSameWithoutUnsafe() throws Exception {
        FreshJvm.End end = FreshJvm.run(BitsTest.class, List.of(String.valueOf(kernels())));
        assertThat(end.status()).as(end.text()).isZero();
    }

    /** Runs in the fresh JVM: with Unsafe switched off, the kernels give what they gave with it. */
    public static void main(String[] arguments) {
        System.setProperty(Bits.SWITCH, "false");
        int expected = Integer.parseInt(arguments[0]);
        if (kernels() != expected) {
            throw new AssertionError(kernels() + " in the place of " + expected);
        }
    }

    private static int kernels() {
        int n = 3001;
        Random random = new Random(8);
        float[] x = new float[n];
        int[] codes = new int[n];
        for (int i = 0; i < n; i++) {
            x[i] = (float) (-30 * random.nextDouble());
            codes[i] = random.nextInt(6) - 1;
        }
        float[] numbers = new float[n];
        Exp.inPlace(x, n);
        Indicator.numbers(codes, numbers, n);
        Indicator.clearVoid(x, codes, n);
        int hash = Arrays.hashCode(x) + Arrays.hashCode(numbers);
        Arrays.setAll(codes, i -> i % 3);
        for (int i = 0; i < n; i++) {
            x[i] += 1e-20f;
        }
        Log.inPlace(x, n);
        return hash + Arrays.hashCode(x);
    }
}
