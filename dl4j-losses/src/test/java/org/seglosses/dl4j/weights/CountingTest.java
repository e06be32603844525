package org.seglosses.dl4j.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.dataset.api.DataSetPreProcessor;
import org.nd4j.linalg.dataset.api.MultiDataSetPreProcessor;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.dl4j.LogOutput;

import java.util.List;

/** What counts: every form of labels and masks, iterators, and what is refused. */
class CountingTest {
    private static final int VOID = 100;

    /** Two images of 2 x 4; the counts below are read off here. */
    private static final int[][][] CLASSES = {
        {{0, 0, 0, 0}, {0, 0, 1, 1}}, {{0, 0, 2, VOID}, {0, 0, 0, VOID}}
    };

    private static final ClassFrequencies COUNTS =
            new ClassFrequencies(new long[] {11, 2, 1, 0}, new long[] {14, 8, 6, 0}, 2, 2);

    private static INDArray indices() {
        return Nd4j.createFromArray(CLASSES);
    }

    private static INDArray channel(INDArray nhw) {
        return nhw.reshape('c', nhw.size(0), 1, nhw.size(1), nhw.size(2));
    }

    private static INDArray oneHot() {
        INDArray vectors = Nd4j.create(DataType.FLOAT, 2, 4, 2, 4);
        for (int n = 0; n < 2; n++) {
            for (int y = 0; y < 2; y++) {
                for (int x = 0; x < 4; x++) {
                    if (CLASSES[n][y][x] != VOID) {
                        vectors.putScalar(new int[] {n, CLASSES[n][y][x], y, x}, 1);
                    }
                }
            }
        }
        return vectors;
    }

    private static INDArray channelsLast(INDArray nchw) {
        return nchw.permute(0, 2, 3, 1).dup('c');
    }

    /** Counts, and sees to it that the arrays are left as they are. */
    private static ClassFrequencies count(INDArray labels, INDArray mask, Integer ignoreIndex) {
        INDArray before = labels.dup();
        INDArray maskBefore = mask == null ? null : mask.dup();
        ClassFrequencies counts =
                ClassFrequencies.counter(4, ignoreIndex).add(labels, mask).frequencies();
        assertThat(labels).isEqualTo(before);
        assertThat(mask).isEqualTo(maskBefore);
        return counts;
    }

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"BOOL", "UTF8", "COMPRESSED", "UNKNOWN"})
    void indicesOfAnyType(DataType type) {
        assertThat(count(indices().castTo(type), null, VOID)).isEqualTo(COUNTS);
        assertThat(count(channel(indices().castTo(type)), null, VOID)).isEqualTo(COUNTS);
        // a view that is not dense
        INDArray view = indices().castTo(type).permute(0, 2, 1).dup('c').permute(0, 2, 1);
        assertThat(count(view, null, VOID)).isEqualTo(COUNTS);
        assertThat(count(oneHot().castTo(type), null, null)).isEqualTo(COUNTS);
    }

    @Test
    void channelsLastWhereTheUserSaysSo() {
        for (INDArray labels :
                List.of(indices(), channelsLast(channel(indices())), channelsLast(oneHot()))) {
            INDArray mask = channelsLast(Nd4j.ones(2, 1, 2, 4));
            ClassFrequencies.Counter counter =
                    ClassFrequencies.counter(4, VOID, CNN2DFormat.NHWC).add(labels, mask);
            assertThat(counter.frequencies()).isEqualTo(COUNTS);
        }
    }

    @Test
    void binary() {
        INDArray labels = Nd4j.createFromArray(new float[][][][] {{{{0, 1, 0, 0}}}});
        ClassFrequencies expected =
                new ClassFrequencies(new long[] {3, 1}, new long[] {4, 4}, 1, 0);
        for (INDArray form : List.of(labels, labels.castTo(DataType.BOOL))) {
            ClassFrequencies counts =
                    ClassFrequencies.counter(2, null).add(form, null).frequencies();
            assertThat(counts).isEqualTo(expected);
            assertThat(counts.positiveWeight()).isEqualTo(3);
        }
    }

    @Test
    void masks() {
        // without the first image: 5 of class 0, one of class 2
        ClassFrequencies second =
                new ClassFrequencies(new long[] {5, 0, 1, 0}, new long[] {6, 0, 6, 0}, 2, 10);
        INDArray images = Nd4j.createFromArray(0.0, 1.0);
        assertThat(count(indices(), images, VOID)).isEqualTo(second);
        assertThat(count(oneHot(), images.reshape('c', 2, 1), VOID)).isEqualTo(second);

        // without the third column: 5 of class 0 and 1 of class 1; 4 of class 0 and 2 void
        ClassFrequencies columns =
                new ClassFrequencies(new long[] {9, 1, 0, 0}, new long[] {10, 6, 0, 0}, 2, 6);
        INDArray row = Nd4j.createFromArray(new double[][][][] {{{{1, 0.25, 0, 3}}}});
        INDArray full = row.broadcast(2, 1, 2, 4);
        assertThat(count(indices(), row.broadcast(1, 1, 2, 4), VOID)).isEqualTo(columns);
        assertThat(count(indices(), full, VOID)).isEqualTo(columns);
        assertThat(count(channel(indices()), full.reshape('c', 2, 2, 4), VOID)).isEqualTo(columns);
        assertThat(count(oneHot(), row.broadcast(2, 4, 2, 4), VOID)).isEqualTo(columns);

        ClassFrequencies nothing = new ClassFrequencies(new long[4], new long[4], 2, 16);
        assertThat(count(indices(), Nd4j.zeros(2, 1), VOID)).isEqualTo(nothing);
    }

    /** An ignoreIndex that is a class leaves its pixels out. */
    @Test
    void ignoredClass() {
        int[][][] labels = {{{0, 1, 2, 2}}};
        assertThat(count(Nd4j.createFromArray(labels), null, 2))
                .isEqualTo(
                        new ClassFrequencies(
                                new long[] {1, 1, 0, 0}, new long[] {2, 2, 0, 0}, 1, 2));
    }

    private static void assertRefused(INDArray labels, INDArray mask, String... parts) {
        ClassFrequencies.Counter counter = ClassFrequencies.counter(4, VOID).add(oneHot(), null);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> counter.add(labels, mask))
                .withMessageContainingAll(parts);
        assertThat(counter.frequencies()).isEqualTo(COUNTS);
    }

    @Test
    void wrongLabels() {
        for (double wrong : new double[] {4, -1, 0.5, 101, Double.NaN, 1e300}) {
            INDArray labels = indices().castTo(DataType.DOUBLE);
            labels.putScalar(new int[] {1, 0, 2}, wrong);
            assertRefused(
                    labels,
                    null,
                    "labels must be class indices from 0 to 3 or the ignoreIndex, which is 100, got "
                            + wrong,
                    "at image 1, row 0, column 2 of 2 images of 2 x 4");
        }
        for (double wrong : new double[] {0.9, 2, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
            INDArray labels = oneHot().castTo(DataType.DOUBLE);
            labels.putScalar(new int[] {0, 1, 1, 2}, wrong);
            assertRefused(
                    labels,
                    null,
                    "labels must be one-hot here (one 1 and zeros, or all zeros for an ignored pixel),"
                            + " got a vector with "
                            + (Double.isNaN(wrong) ? "NaN" : "sum " + wrong),
                    "at image 0, row 1, column 2 of 2 images of 2 x 4");
        }
        INDArray two = oneHot();
        two.putScalar(new int[] {0, 3, 1, 2}, 1);
        assertRefused(
                two,
                null,
                "got a vector with sum 2.0 and values from 0.0 to 1.0 at image 0, row 1");
        INDArray soft = oneHot().muli(0.7).addi(0.075);
        assertRefused(soft, null, "must be one-hot here", "soft labels are not supported here");
    }

    /** Whatever the label is where the mask is 0. */
    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, 255, -9999, -1, 0.5, Double.POSITIVE_INFINITY})
    void whatIsUnderTheMaskIsNotLookedAt(double wrong) {
        ClassFrequencies expected =
                new ClassFrequencies(new long[] {10, 2, 1, 0}, new long[] {13, 8, 5, 0}, 2, 3);
        INDArray mask = Nd4j.ones(2, 1, 2, 4);
        mask.putScalar(new int[] {1, 0, 1, 0}, 0);
        INDArray labels = indices().castTo(DataType.DOUBLE);
        labels.putScalar(new int[] {1, 1, 0}, wrong);
        INDArray vectors = oneHot().castTo(DataType.DOUBLE);
        for (int c = 0; c < 4; c++) {
            vectors.putScalar(new int[] {1, c, 1, 0}, wrong);
        }
        for (INDArray each : List.of(labels, channel(labels), vectors)) {
            assertThat(ClassFrequencies.counter(4, VOID).add(each, mask).frequencies())
                    .isEqualTo(expected);
            INDArray last = each.rank() == 3 ? each : channelsLast(each);
            assertThat(
                            ClassFrequencies.counter(4, VOID, CNN2DFormat.NHWC)
                                    .add(last, channelsLast(mask))
                                    .frequencies())
                    .isEqualTo(expected);
        }
    }

    @Test
    void wrongShapes() {
        String rule =
                "labels must be class indices [N,H,W] or [N,1,H,W], or one-hot [N,C,H,W] with one"
                        + " channel for each of the 4 classes, got ";
        assertRefused(Nd4j.zeros(2, 3, 2, 4), null, rule + "[2, 3, 2, 4] in format NCHW");
        assertRefused(Nd4j.zeros(2, 4), null, rule + "[2, 4]");
        assertRefused(
                channelsLast(oneHot()),
                null,
                rule
                        + "[2, 2, 4, 4] in format NCHW; labels in NHWC? call counter(classes,"
                        + " ignoreIndex, CNN2DFormat.NHWC)");
        assertRefused(null, null, "labels must not be null");
        assertRefused(Nd4j.empty(DataType.FLOAT), null, "labels must not be empty");
        assertRefused(Nd4j.create("a", "b"), null, "labels must hold numbers or booleans", "UTF8");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                ClassFrequencies.counter(4, null, CNN2DFormat.NHWC)
                                        .add(Nd4j.zeros(2, 4, 2, 3), null))
                .withMessageContaining(
                        "[N,H,W,1], or one-hot [N,H,W,C] with one channel for each of the 4");
    }

    @Test
    void wrongMasks() {
        for (double wrong : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
            INDArray mask = Nd4j.ones(DataType.DOUBLE, 2, 2, 4);
            mask.putScalar(new int[] {1, 1, 3}, wrong);
            assertRefused(
                    indices(),
                    mask,
                    "mask must be finite and >= 0, got " + wrong + " at image 1, row 1, column 3");
        }
        assertRefused(
                indices(),
                Nd4j.ones(2, 4, 2),
                "mask must be [N], [N,1], [N,H,W] or of rank 4",
                "got mask [2, 4, 2] for labels [2, 2, 4] in format NCHW");
        INDArray uneven = Nd4j.ones(2, 4, 2, 4);
        uneven.putScalar(new int[] {0, 1, 0, 0}, 0);
        assertRefused(oneHot(), uneven, "mask must be zero or non-zero in all channels");
    }

    @Test
    void wrongOptions() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClassFrequencies.counter(1, null))
                .withMessageContaining("classes must be >= 2")
                .withMessageContaining("got 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClassFrequencies.counter(-3, null))
                .withMessageContaining("got -3");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClassFrequencies.counter(2, null, null))
                .withMessageContaining("format must be NCHW or NHWC, got null");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClassFrequencies.of(null, 2, null))
                .withMessage("iterator must be given, got null");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClassFrequencies.of(null, 0, 2, null))
                .withMessage("iterator must be given, got null");
    }

    /** Two batches of one image; the second has a mask over its void pixels. */
    private static List<DataSet> batches() {
        INDArray features = Nd4j.zeros(1, 1, 2, 4);
        INDArray first = Nd4j.createFromArray(new int[][][] {CLASSES[0]});
        INDArray second = Nd4j.createFromArray(new int[][][] {{{0, 0, 2, 3}, {0, 0, 0, 3}}});
        INDArray mask = Nd4j.createFromArray(new float[][][] {{{1, 1, 1, 0}, {1, 1, 1, 0}}});
        return List.of(new DataSet(features, first), new DataSet(features, second, null, mask));
    }

    @Test
    void iterator() {
        Batches iterator = new Batches(batches(), true);
        iterator.next();
        assertThat(ClassFrequencies.of(iterator, 4, VOID)).isEqualTo(COUNTS);
        assertThat(iterator.resets).isEqualTo(2);
        assertThat(iterator.hasNext()).isTrue();
        assertThat(iterator.read).as("one pass").isEqualTo(1 + 2);
    }

    @Test
    void iteratorWithoutReset() {
        Batches iterator = new Batches(batches(), false);
        assertThat(ClassFrequencies.of(iterator, 4, VOID)).isEqualTo(COUNTS);
        assertThat(iterator.hasNext()).isFalse();

        Batches begun = new Batches(batches(), false);
        begun.next();
        assertThat(ClassFrequencies.of(begun, 4, VOID))
                .isEqualTo(
                        new ClassFrequencies(
                                new long[] {5, 0, 1, 0}, new long[] {6, 0, 6, 0}, 1, 2));
    }

    /** A refused batch leaves the counter as it was and the iterator at its start. */
    @Test
    void iteratorWithAWrongBatch() {
        List<DataSet> batches = batches();
        batches.get(1).setLabelsMaskArray(null);
        Batches iterator = new Batches(batches, true);
        ClassFrequencies.Counter counter = ClassFrequencies.counter(3, VOID).add(indices(), null);
        ClassFrequencies before = counter.frequencies();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> counter.add(iterator))
                .withMessageContaining("labels must be class indices from 0 to 2");
        assertThat(counter.frequencies()).isEqualTo(before);
        assertThat(iterator.position).isZero();
    }

    @Test
    void outputsOfAMultiDataSetIterator() {
        MultiBatches iterator = new MultiBatches(batches());
        assertThat(ClassFrequencies.of(iterator, 1, 4, VOID)).isEqualTo(COUNTS);
        assertThat(iterator.resets).isEqualTo(2);
        // the other output: 0 everywhere, without a mask
        assertThat(ClassFrequencies.of(iterator, 0, 2, null))
                .isEqualTo(new ClassFrequencies(new long[] {16, 0}, new long[] {16, 0}, 2, 0));
        for (int wrong : new int[] {-1, 2}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> ClassFrequencies.of(iterator, wrong, 4, VOID))
                    .withMessage("output must be the index of one of the 2 outputs, got " + wrong);
        }
    }

    /** Three ordinary mistakes, and a sound data set of the same shape. */
    @Test
    void tasksThatAreNoTask() {
        float[] plain = {0, 1, 1, 0, 0, 0, 1, 0};
        assertThat(warnings(labels(plain, 1), null)).isEmpty();
        String one = "the labels are of one class only: ";
        assertThat(warnings(labels(plain, 255), 255))
                .containsExactly(
                        "class counts [5, 0]: no pixel of class 1; ignored: 3 pixels, 37.50 % of all;"
                                + " "
                                + one
                                + "is the foreground ignored, as in masks of 0 and 255 with"
                                + " ignoreIndex 255? then divide by 255 and give no ignoreIndex");
        // the red channel of black and green
        assertThat(warnings(labels(plain, 0), null))
                .containsExactly(
                        "class counts [8, 0]: no pixel of class 1; "
                                + one
                                + "are they class indices, and not one channel of a colour picture?");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> ClassFrequencies.counter(2, null).add(labels(plain, 1 / 255f), null))
                .withMessageContaining(
                        "; an index is a whole number: were the labels scaled, by a division by 255"
                                + " say? leave that out");
    }

    private static INDArray labels(float[] plain, float factor) {
        return Nd4j.createFromArray(plain).reshape(1, 1, 2, 4).mul(factor);
    }

    /** The counter is asked twice and speaks once. */
    private static List<String> warnings(INDArray labels, Integer ignoreIndex) {
        return LogOutput.warnings(
                ClassFrequencies.class,
                () -> {
                    ClassFrequencies.Counter counter =
                            ClassFrequencies.counter(2, ignoreIndex).add(labels, null);
                    counter.frequencies();
                    counter.frequencies();
                });
    }

    @Test
    void masksThatAMergeLosesAreWarnedOfOnce() {
        INDArray labels = Nd4j.createFromArray(new float[][][][] {{{{0, 1}}}, {{{1, 0}}}});
        INDArray mask = Nd4j.ones(2, 1, 1, 2);
        assertThat(maskWarnings(labels, mask)).isEmpty();
        assertThat(maskWarnings(labels, null)).isEmpty();
        assertThat(maskWarnings(labels, Nd4j.ones(2, 1)))
                .containsExactly(
                        "label masks must be [N,1,H,W], got [2, 1] for labels [2, 1, 1, 2], which"
                                + " DL4J's DataSet.merge mangles in silence; write"
                                + " mask.reshape(n, 1, 1, 1).broadcast(n, 1, h, w)");
        mask.putScalar(new int[] {1, 0, 0, 0}, 0);
        assertThat(maskWarnings(labels, mask)).hasSize(1);
    }

    private static List<String> maskWarnings(INDArray labels, INDArray mask) {
        return LogOutput.warnings(
                ClassFrequencies.class,
                () -> ClassFrequencies.counter(2, null).add(labels, mask).add(labels, mask));
    }

    /** Counts how it is used, and throws at a reset that it does not support. */
    private static final class Batches implements DataSetIterator {
        private static final long serialVersionUID = 1L;

        private final transient List<DataSet> batches;
        private final boolean canReset;
        private int position;
        private int resets;
        private int read;

        Batches(List<DataSet> batches, boolean canReset) {
            this.batches = batches;
            this.canReset = canReset;
        }

        @Override
        public boolean hasNext() {
            return position < batches.size();
        }

        @Override
        public DataSet next() {
            read++;
            return batches.get(position++);
        }

        @Override
        public DataSet next(int count) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean resetSupported() {
            return canReset;
        }

        @Override
        public void reset() {
            if (!canReset) {
                throw new UnsupportedOperationException();
            }
            resets++;
            position = 0;
        }

        @Override
        public int inputColumns() {
            throw new UnsupportedOperationException();
        }

        @Override
        public int totalOutcomes() {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean asyncSupported() {
            return false;
        }

        @Override
        public int batch() {
            return 1;
        }

        @Override
        public void setPreProcessor(DataSetPreProcessor preProcessor) {
            throw new UnsupportedOperationException();
        }

        @Override
        public DataSetPreProcessor getPreProcessor() {
            return null;
        }

        @Override
        public List<String> getLabels() {
            return null;
        }
    }

    /** The batches as the second output, after one of zeros. */
    private static final class MultiBatches implements MultiDataSetIterator {
        private static final long serialVersionUID = 1L;

        private final transient List<DataSet> batches;
        private int position;
        private int resets;

        MultiBatches(List<DataSet> batches) {
            this.batches = batches;
        }

        @Override
        public boolean hasNext() {
            return position < batches.size();
        }

        @Override
        public MultiDataSet next() {
            DataSet batch = batches.get(position++);
            INDArray mask = batch.getLabelsMaskArray();
            return new MultiDataSet(
                    new INDArray[] {batch.getFeatures()},
                    new INDArray[] {Nd4j.zeros(1, 1, 2, 4), batch.getLabels()},
                    null,
                    mask == null ? null : new INDArray[] {null, mask});
        }

        @Override
        public MultiDataSet next(int count) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean resetSupported() {
            return true;
        }

        @Override
        public void reset() {
            resets++;
            position = 0;
        }

        @Override
        public boolean asyncSupported() {
            return false;
        }

        @Override
        public void setPreProcessor(MultiDataSetPreProcessor preProcessor) {
            throw new UnsupportedOperationException();
        }

        @Override
        public MultiDataSetPreProcessor getPreProcessor() {
            return null;
        }
    }
}
