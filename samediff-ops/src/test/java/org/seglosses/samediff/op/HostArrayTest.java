package org.seglosses.samediff.op;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

import java.nio.ByteBuffer;
import java.util.List;

/** Real sizes are in LargeArraysTest of dl4j-losses. */
class HostArrayTest {

    /** What is read of a part that ND4J's own view would not show is that part. */
    @Test
    void aFarPartIsReadAsANearOne() {
        for (DataType type : List.of(DataType.FLOAT, DataType.DOUBLE, DataType.INT32)) {
            int width = type.width();
            INDArray all = Nd4j.arange(0, 1000).castTo(type).dup();
            INDArray part = all.get(NDArrayIndex.interval(990, 1000));
            long start = part.data().offset() * width;
            ByteBuffer far = HostArray.far(part.data(), start, start + part.length() * width);
            assertThat(far.remaining()).isEqualTo(10 * width);
            for (int i = 0; i < 10; i++) {
                double value =
                        switch (type) {
                            case FLOAT -> far.asFloatBuffer().get(i);
                            case DOUBLE -> far.asDoubleBuffer().get(i);
                            default -> far.asIntBuffer().get(i);
                        };
                assertThat(value).isEqualTo(990 + i);
            }
        }
    }
}
