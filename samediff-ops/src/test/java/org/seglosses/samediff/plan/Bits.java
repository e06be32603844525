package org.seglosses.samediff.plan;

import static org.assertj.core.api.Assertions.assertThat;

import org.nd4j.linalg.api.ndarray.INDArray;

/** Equality to the last bit, NaN equal to NaN. */
final class Bits {

    private Bits() {}

    static void assertSame(INDArray actual, INDArray expected) {
        assertThat(actual.dataType()).isEqualTo(expected.dataType());
        assertThat(actual.shape()).containsExactly(expected.shape());
        assertThat(of(actual)).containsExactly(of(expected));
    }

    static long[] of(INDArray array) {
        INDArray flat = array.dup('c');
        long[] bits = new long[(int) flat.length()];
        for (int i = 0; i < bits.length; i++) {
            bits[i] =
                    flat.dataType().isFPType()
                            ? Double.doubleToLongBits(flat.data().getDouble(i))
                            : flat.data().getLong(i);
        }
        return bits;
    }
}
