package org.seglosses.samediff.op;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

class DistanceCacheTest {

    private static final int CLASSES = 4;
    private static final int H = 31;
    private static final int W = 26;

    /** Labels, and a map of four bytes for each of the classes. */
    private static final long BYTES = H * W * (1 + 4L * CLASSES);

    private String before;

    @BeforeEach
    void empty() {
        before = System.getProperty(DistanceCache.MEBIBYTES);
        limit("64");
    }

    @AfterEach
    void restore() {
        limit(before);
    }

    private static void limit(String mebibytes) {
        if (mebibytes == null) {
            System.clearProperty(DistanceCache.MEBIBYTES);
        } else {
            System.setProperty(DistanceCache.MEBIBYTES, mebibytes);
        }
        DistanceCache.SHARED.clear();
    }

    /** Labels that all classes are among. */
    private static INDArray labels(int seed, int images) {
        int[] codes = new Random(seed).ints((long) images * H * W, -1, CLASSES).toArray();
        return Nd4j.createFromArray(codes).reshape('c', images, 1, H, W);
    }

    private static byte[] weights(INDArray codes, DataType type, int classes) {
        DistanceWeights op = new DistanceWeights();
        op.addIArgument(0, ClassCoefficients.ZERO);
        INDArray like = Nd4j.create(type, codes.size(0), classes, codes.size(2), codes.size(3));
        INDArray output =
                Nd4j.create(op.outputType(List.of(type)), op.outputShape(new INDArray[] {like}));
        op.execute(new INDArray[] {like, codes}, output);
        return OpRun.bits(output);
    }

    private static byte[] weights(INDArray codes) {
        return weights(codes, DataType.FLOAT, CLASSES);
    }

    @Test
    void whatIsKeptHasTheSameBits() {
        for (DataType type : OpCases.TYPES) {
            for (int classes : new int[] {1, 2, CLASSES}) {
                int[] codes =
                        new Random(classes).ints(3L * H * W, -1, Math.max(2, classes)).toArray();
                INDArray labels = Nd4j.createFromArray(codes).reshape('c', 3, 1, H, W);
                limit("0");
                byte[] none = weights(labels, type, classes);
                assertThat(DistanceCache.SHARED.bytes()).isZero();
                limit("64");
                byte[] first = weights(labels, type, classes);
                assertThat(DistanceCache.SHARED.bytes()).isEqualTo(3 * H * W * (1 + 4L * classes));
                byte[] second = weights(labels, type, classes);
                assertThat(first).isEqualTo(none);
                assertThat(second).isEqualTo(none);
                assertThat(DistanceCache.SHARED.bytes()).isEqualTo(3 * H * W * (1 + 4L * classes));
            }
        }
    }

    /** FLOAT and DOUBLE share squared distances. */
    @Test
    void bothTypesShareIt() {
        INDArray labels = labels(1, 1);
        byte[] alone = weights(labels, DataType.DOUBLE, CLASSES);
        DistanceCache.SHARED.clear();
        weights(labels, DataType.FLOAT, CLASSES);
        assertThat(DistanceCache.SHARED.bytes()).isEqualTo(BYTES);
        assertThat(weights(labels, DataType.DOUBLE, CLASSES)).isEqualTo(alone);
        assertThat(DistanceCache.SHARED.bytes()).isEqualTo(BYTES);
    }

    @Test
    void imagesAreFoundWhereverTheyAreInABatch() {
        INDArray two = labels(2, 2);
        weights(two);
        INDArray swapped =
                Nd4j.concat(
                        0,
                        two.dup().slice(1, 0).reshape(1, 1, H, W),
                        two.dup().slice(0, 0).reshape(1, 1, H, W));
        byte[] kept = weights(swapped);
        assertThat(DistanceCache.SHARED.bytes()).isEqualTo(2 * BYTES);
        DistanceCache.SHARED.clear();
        assertThat(kept).isEqualTo(weights(swapped));
    }

    /** The same labels of another shape, of other classes, or with one pixel changed. */
    @Test
    void whatDiffersIsNotTheSame() {
        int[] codes = new Random(3).ints(H * W, 0, 2).toArray();
        INDArray labels = Nd4j.createFromArray(codes).reshape('c', 1, 1, H, W);
        List<INDArray> others = new ArrayList<>(List.of(labels, labels.reshape('c', 1, 1, W, H)));
        for (int i = 0; i < H * W; i += 101) {
            int[] changed = codes.clone();
            changed[i] = -1;
            others.add(Nd4j.createFromArray(changed).reshape('c', 1, 1, H, W));
        }
        for (int classes : new int[] {1, 2, 3}) {
            for (INDArray other : others) {
                DistanceCache.SHARED.clear();
                byte[] alone = weights(other, DataType.FLOAT, classes);
                DistanceCache.SHARED.clear();
                for (int c : new int[] {1, 2, 3}) {
                    for (INDArray each : others) {
                        if (each != other || c != classes) {
                            weights(each, DataType.FLOAT, c);
                        }
                    }
                }
                assertThat(weights(other, DataType.FLOAT, classes)).isEqualTo(alone);
            }
        }
    }

    /** Two images of one hash: the later takes the place, and neither is given for the other. */
    @Test
    void equalHashesAreNoEquality() {
        DistanceCache cache = new DistanceCache();
        DistanceCache.Key a = new DistanceCache.Key(new byte[] {0, 1}, 2, 2, 2, 7);
        DistanceCache.Key b = new DistanceCache.Key(new byte[] {1, 0}, 2, 2, 2, 7);
        ImageDistances ofA = new ImageDistances(new int[][] {{1, 2}}, new int[] {1, 1}, 2);
        ImageDistances ofB = new ImageDistances(new int[][] {{1, 2}, {3, 4}}, new int[] {1, 1}, 2);
        cache.put(a, ofA);
        assertThat(cache.get(a)).isSameAs(ofA);
        assertThat(cache.get(b)).isNull();
        cache.put(b, ofB);
        assertThat(cache.get(a)).isNull();
        assertThat(cache.get(b)).isSameAs(ofB);
        assertThat(cache.bytes()).isEqualTo(2 + 16);
    }

    @Test
    void theOldestGoFirstAndTheBoundHolds() {
        limit("1");
        long fit = (1L << 20) / BYTES;
        List<INDArray> images = new ArrayList<>();
        for (int i = 0; i < fit + 3; i++) {
            images.add(labels(100 + i, 1));
            weights(images.get(i));
            // used again and again, the first one stays
            long stored = DistanceCache.SHARED.bytes();
            weights(images.get(0));
            assertThat(DistanceCache.SHARED.bytes()).isEqualTo(stored).isLessThanOrEqualTo(1 << 20);
        }
        assertThat(DistanceCache.SHARED.bytes()).isEqualTo(fit * BYTES);
        assertThat(isKept(images.get(0))).isTrue();
        assertThat(isKept(images.get(1))).isFalse();
        assertThat(isKept(images.get(3))).isFalse();
        assertThat(isKept(images.get(4))).isTrue();
        assertThat(isKept(images.get((int) fit + 2))).isTrue();
    }

    private static boolean isKept(INDArray labels) {
        DistanceCache.Key key = DistanceCache.Key.of(HostArray.ints(labels), 0, H * W, W, CLASSES);
        return DistanceCache.SHARED.get(key) != null;
    }

    @Test
    void whatIsLargerThanAllIsNotKept() {
        limit("1");
        int side = 300;
        INDArray labels = Nd4j.create(DataType.INT32, 1, 1, side, side);
        for (int i = 0; i < side * side; i++) {
            labels.putScalar(i, i % CLASSES);
        }
        byte[] first = weights(labels);
        assertThat(DistanceCache.SHARED.bytes()).isZero();
        assertThat(weights(labels)).isEqualTo(first);
    }

    /** More classes than bytes have values: right, and not kept. */
    @Test
    void manyClasses() {
        int[] codes = new int[300];
        for (int i = 0; i < codes.length; i++) {
            codes[i] = i;
        }
        INDArray labels = Nd4j.createFromArray(codes).reshape('c', 1, 1, 1, 300);
        byte[] first = weights(labels, DataType.FLOAT, 300);
        assertThat(DistanceCache.SHARED.bytes()).isZero();
        assertThat(weights(labels, DataType.FLOAT, 300)).isEqualTo(first);
    }

    @Test
    void manyThreads() throws Exception {
        limit("1");
        int images = 80;
        List<INDArray> labels = new ArrayList<>();
        List<byte[]> expected = new ArrayList<>();
        for (int i = 0; i < images; i++) {
            labels.add(labels(500 + i, 1));
            expected.add(weights(labels.get(i)));
        }
        DistanceCache.SHARED.clear();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                Random random = new Random(t);
                all.add(
                        threads.submit(
                                () -> {
                                    for (int k = 0; k < 300; k++) {
                                        int i = random.nextInt(random.nextBoolean() ? 5 : images);
                                        assertThat(weights(labels.get(i)))
                                                .isEqualTo(expected.get(i));
                                        assertThat(DistanceCache.SHARED.bytes())
                                                .isLessThanOrEqualTo(1 << 20);
                                    }
                                }));
            }
            for (Future<?> each : all) {
                each.get();
            }
        } finally {
            threads.shutdown();
        }
    }
}
