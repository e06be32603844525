package org.seglosses.samediff.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.memory.conf.WorkspaceConfiguration;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.seglosses.samediff.FreshJvm;

import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Buffers made in Java against those that JavaCPP makes of the same arrays. */
class AddressBufferTest {

    private static final Set<DataType> NO_NUMBERS =
            Set.of(DataType.UTF8, DataType.COMPRESSED, DataType.UNKNOWN);

    @Test
    void thisJavaHasThem() {
        assertThat(AddressBuffer.SUPPORTED).isTrue();
    }

    @Test
    void theSameBytesOfEveryTypeAndView() {
        for (DataType type : DataType.values()) {
            if (NO_NUMBERS.contains(type)) {
                continue;
            }
            for (INDArray view : views(Nd4j.arange(0, 120).castTo(type))) {
                requireSame(view);
            }
        }
    }

    @Test
    void theSameBytesInAWorkspace() {
        var configuration = WorkspaceConfiguration.builder().initialSize(1 << 16).build();
        try (MemoryWorkspace workspace =
                Nd4j.getWorkspaceManager()
                        .getAndActivateWorkspace(configuration, "AddressBufferTest")) {
            for (int i = 0; i < 3; i++) {
                INDArray array = Nd4j.createUninitialized(DataType.FLOAT, 120);
                assertThat(array.data().getParentWorkspace()).isSameAs(workspace);
                for (int k = 0; k < 120; k++) {
                    array.putScalar(k, i * 1000 + k);
                }
                views(array).forEach(AddressBufferTest::requireSame);
            }
        }
    }

    @Test
    void whatIsWrittenIsInTheArrayAndNowhereElse() {
        INDArray all = Nd4j.zeros(DataType.FLOAT, 10);
        FloatBuffer part = HostArray.floats(all.get(NDArrayIndex.interval(4, 7)));
        part.put(new float[] {1, 2, 3});
        assertThat(all.toFloatVector()).containsExactly(0, 0, 0, 0, 1, 2, 3, 0, 0, 0);
        assertThatThrownBy(() -> part.put(4)).isInstanceOf(BufferOverflowException.class);
    }

    /** Where others moved its position and limit: the one does not count, the other does. */
    @Test
    void pointersAreTakenAsJavaCppTakesThem() {
        DataBuffer data = Nd4j.arange(0, 20).castTo(DataType.FLOAT).data();
        Pointer pointer = data.pointer();
        pointer.position(3).limit(9);
        try {
            ByteBuffer made = HostArray.atAddress(data, 4, 24);
            assertThat(made).isEqualTo(HostArray.throughJavaCpp(data, 4, 24));
            assertThat(made.asFloatBuffer().get(0)).isEqualTo(1);
            assertThatThrownBy(() -> HostArray.atAddress(data, 4, 37))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> HostArray.atAddress(data, -4, 4))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        } finally {
            pointer.position(0).limit(20);
        }
    }

    @Test
    void noBufferOfWhatWasClosed() {
        INDArray array = Nd4j.create(DataType.FLOAT, 5);
        DataBuffer data = array.data();
        array.close();
        assertThatThrownBy(() -> HostArray.atAddress(data, 0, 20))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void withoutUnsafeItIsJavaCppsBuffer() throws Exception {
        FreshJvm.End end = FreshJvm.run(AddressBufferTest.class, List.of());
        assertThat(end.status()).as(end.text()).isZero();
    }

    /** Runs in the fresh JVM, with Unsafe switched off. */
    public static void main(String[] arguments) {
        System.setProperty(Bits.SWITCH, "false");
        if (AddressBuffer.SUPPORTED) {
            throw new AssertionError("not switched off");
        }
        INDArray all = Nd4j.zeros(DataType.FLOAT, 10);
        HostArray.floats(all.get(NDArrayIndex.interval(4, 7))).put(new float[] {1, 2, 3});
        if (all.getFloat(4) != 1 || all.getFloat(6) != 3 || all.sumNumber().intValue() != 6) {
            throw new AssertionError(all.toString());
        }
    }

    /** Dense arrays of 120 elements, and parts of them that begin later. */
    private static List<INDArray> views(INDArray vector) {
        INDArray cube = vector.reshape('c', 4, 5, 6);
        List<INDArray> views = new ArrayList<>(List.of(vector, cube));
        var all = NDArrayIndex.all();
        INDArray rear = cube.get(NDArrayIndex.interval(1, 4), all, all);
        views.add(rear);
        views.add(rear.tensorAlongDimension(2, 1, 2));
        views.add(vector.get(NDArrayIndex.interval(119, 120)));
        return views;
    }

    private static void requireSame(INDArray view) {
        assertThat(HostArray.isContiguous(view)).isTrue();
        int width = view.dataType().width();
        long start = view.data().offset() * width;
        long end = start + view.length() * width;
        ByteBuffer made = HostArray.atAddress(view.data(), start, end);
        ByteBuffer expected = HostArray.throughJavaCpp(view.data(), start, end);
        assertThat(made).as(view.dataType() + " at " + start).isEqualTo(expected);
        assertThat(made.order()).isEqualTo(ByteOrder.nativeOrder());
        assertThat(made.isDirect()).isTrue();
        assertThat(made.isReadOnly()).isFalse();
        assertThat(made.capacity()).isEqualTo(view.length() * width);
    }
}
