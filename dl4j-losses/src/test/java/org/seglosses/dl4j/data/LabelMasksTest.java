package org.seglosses.dl4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.adapter.MultiDataSetIteratorAdapter;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

import java.util.ArrayList;
import java.util.List;

/** What DL4J's merge makes of label masks, and that it is found. */
class LabelMasksTest {
    private static final int HEIGHT = 4;
    private static final int WIDTH = 5;

    /** Four images, of which the second must not count. */
    private static List<DataSet> examples(int channels, long... maskShape) {
        List<DataSet> examples = new ArrayList<>();
        for (int n = 0; n < 4; n++) {
            INDArray labels = Nd4j.zeros(DataType.FLOAT, 1, channels, HEIGHT, WIDTH);
            INDArray mask = Nd4j.valueArrayOf(maskShape, n == 1 ? 0.0 : 1.0, DataType.FLOAT);
            examples.add(
                    new DataSet(
                            Nd4j.zeros(DataType.FLOAT, 1, 3, HEIGHT, WIDTH), labels, null, mask));
        }
        return examples;
    }

    private static DataSetIterator merging(List<DataSet> examples) {
        return new ListDataSetIterator<>(examples, 4);
    }

    /** What the checks are for: this is DL4J's own doing. */
    @Test
    void whatTheMergeLoses() {
        for (int channels : new int[] {1, 3}) {
            INDArray ofImages = merging(examples(channels, 1, 1)).next().getLabelsMaskArray();
            assertThat(ofImages.shape()).containsExactly(4, channels, HEIGHT, WIDTH);
            assertThat(ofImages.getDouble(1, 0, 0, 0)).isZero();
            assertThat(ofImages.sumNumber().intValue()).isEqualTo((int) ofImages.length() - 1);
            assertThat(merging(examples(channels, 1, HEIGHT, WIDTH)).next().getLabelsMaskArray())
                    .isNull();
        }
        INDArray whole = merging(examples(1, 1, 1, HEIGHT, WIDTH)).next().getLabelsMaskArray();
        assertThat(whole.shape()).containsExactly(4, 1, HEIGHT, WIDTH);
        assertThat(whole.sumNumber().intValue()).isEqualTo(3 * HEIGHT * WIDTH);
    }

    @Test
    void masksOfImagesAreRefused() {
        String message =
                "label masks must be [N,1,H,W], got [1, 1] for labels [1, 3, 4, 5], which DL4J's"
                        + " DataSet.merge mangles in silence; write"
                        + " mask.reshape(n, 1, 1, 1).broadcast(n, 1, h, w)";
        List<DataSet> examples = examples(3, 1, 1);
        assertRefused(() -> LabelMasks.check(examples), message);
        assertRefused(() -> LabelMasks.check(examples.get(0)), message);
        assertRefused(() -> LabelMasks.check(new ExistingDataSetIterator(examples)), message);
        assertRefused(
                () ->
                        LabelMasks.check(
                                new MultiDataSetIteratorAdapter(
                                        new ExistingDataSetIterator(examples))),
                message);
        assertThat(LabelMasks.fault(examples.get(0).getLabels(), Nd4j.ones(DataType.FLOAT, 1)))
                .isEqualTo(message.replace("[1, 1]", "[1]").replace("mangles", "drops"));
    }

    /** Examples whose masks are a row of pixels each, the values 0, 1, 2, ... over all of them. */
    private static List<DataSet> rows(int channels, int columns) {
        List<DataSet> examples = examples(channels, 1, columns);
        for (int n = 0; n < examples.size(); n++) {
            examples.get(n)
                    .setLabelsMaskArray(
                            Nd4j.arange(n * columns, (n + 1) * columns)
                                    .castTo(DataType.FLOAT)
                                    .reshape(1, columns));
        }
        return examples;
    }

    /** The merge brings rows into the shape of the labels: right where that is the masks' too. */
    @Test
    void rowsOfPixels() {
        int pixels = HEIGHT * WIDTH;
        INDArray all = Nd4j.arange(4 * pixels).castTo(DataType.FLOAT);
        List<DataSet> ofOneChannel = rows(1, pixels);
        assertThatCode(() -> LabelMasks.check(ofOneChannel)).doesNotThrowAnyException();
        assertThat(merging(ofOneChannel).next().getLabelsMaskArray())
                .isEqualTo(all.reshape(4, 1, HEIGHT, WIDTH));
        assertThat(
                        new MultiDataSetIteratorAdapter(merging(ofOneChannel))
                                .next()
                                .getLabelsMaskArray(0))
                .isEqualTo(all.reshape(4, 1, HEIGHT, WIDTH));
        // also batches that are merged
        DataSet two = DataSet.merge(rows(1, pixels).subList(0, 2));
        two.setLabelsMaskArray(two.getLabelsMaskArray().reshape(2, pixels));
        assertThat(LabelMasks.fault(two.getLabels(), two.getLabelsMaskArray())).isNull();
        assertThat(DataSet.merge(List.of(two, two)).getLabelsMaskArray())
                .isEqualTo(
                        Nd4j.concat(
                                0,
                                two.getLabelsMaskArray().reshape(2, 1, HEIGHT, WIDTH),
                                two.getLabelsMaskArray().reshape(2, 1, HEIGHT, WIDTH)));

        List<DataSet> ofThree = rows(3, pixels);
        assertRefused(
                () -> LabelMasks.check(ofThree),
                "label masks must be [N,1,H,W], got [1, 20] for labels [1, 3, 4, 5], which DL4J's"
                        + " DataSet.merge mangles in silence; write mask.reshape(n, 1, h, w)");
        INDArray mangled = merging(ofThree).next().getLabelsMaskArray();
        assertThat(mangled.shape()).containsExactly(4, 3, HEIGHT, WIDTH);
        assertThat(mangled.getDouble(3, 0, 3, 4)).isEqualTo(4 * pixels - 1);
        assertThat(mangled.getDouble(3, 1, 3, 4)).isEqualTo(1);
        for (DataSet example : ofThree) {
            example.setLabelsMaskArray(example.getLabelsMaskArray().reshape(1, 1, HEIGHT, WIDTH));
        }
        assertThatCode(() -> LabelMasks.check(ofThree)).doesNotThrowAnyException();
        assertThat(merging(ofThree).next().getLabelsMaskArray())
                .isEqualTo(all.reshape(4, 1, HEIGHT, WIDTH));
        // one row for all channels of an image is kept as well
        List<DataSet> ofElements = rows(3, 3 * pixels);
        assertThatCode(() -> LabelMasks.check(ofElements)).doesNotThrowAnyException();
        assertThat(merging(ofElements).next().getLabelsMaskArray())
                .isEqualTo(
                        Nd4j.arange(4 * 3 * pixels)
                                .castTo(DataType.FLOAT)
                                .reshape(4, 3, HEIGHT, WIDTH));
    }

    /** No line makes the right shape of them. */
    @Test
    void rowsOfNothing() {
        assertThat(LabelMasks.fault(Nd4j.zeros(1, 3, HEIGHT, WIDTH), Nd4j.ones(1, 7)))
                .isEqualTo(
                        "label masks must be [N,1,H,W], got [1, 7] for labels [1, 3, 4, 5], which"
                                + " DL4J's DataSet.merge mangles in silence");
        assertThat(LabelMasks.fault(Nd4j.zeros(1, HEIGHT, WIDTH, 3), Nd4j.ones(1, HEIGHT * WIDTH)))
                .endsWith("mangles in silence; write mask.reshape(n, 1, h, w)");
    }

    @Test
    void masksOfPixelsWithoutAChannelAreRefused() {
        assertRefused(
                () -> LabelMasks.check(examples(1, 1, HEIGHT, WIDTH)),
                "label masks must be [N,1,H,W], got [1, 4, 5] for labels [1, 1, 4, 5], which DL4J's"
                        + " DataSet.merge drops in silence; write mask.reshape(n, 1, h, w)");
    }

    @Test
    void mergedMasksAreRefused() {
        DataSetIterator iterator = merging(examples(1, 1, 1));
        assertRefused(
                () -> LabelMasks.check(iterator),
                "label masks must be [N,1,H,W], got [4, 1, 4, 5] of ones but for the first pixel of"
                        + " an image, which is what DL4J's DataSet.merge leaves of masks [N,1]; write"
                        + " mask.reshape(n, 1, 1, 1).broadcast(n, 1, h, w) before the examples are"
                        + " merged");
        assertThat(iterator.next().numExamples()).as("reset").isEqualTo(4);
    }

    /** The lines that the messages name make masks that survive. */
    @Test
    void theLinesMakeMasksThatPass() {
        List<DataSet> ofPixels = examples(1, 1, HEIGHT, WIDTH);
        List<DataSet> ofImages = examples(1, 1, 1);
        for (DataSet example : ofPixels) {
            example.setLabelsMaskArray(example.getLabelsMaskArray().reshape(1, 1, HEIGHT, WIDTH));
        }
        for (DataSet example : ofImages) {
            example.setLabelsMaskArray(
                    example.getLabelsMaskArray()
                            .reshape(1, 1, 1, 1)
                            .broadcast(1, 1, HEIGHT, WIDTH));
        }
        INDArray expected = Nd4j.ones(DataType.FLOAT, 4, 1, HEIGHT, WIDTH);
        expected.slice(1).assign(0);
        for (List<DataSet> examples : List.of(ofPixels, ofImages)) {
            assertThatCode(() -> LabelMasks.check(examples)).doesNotThrowAnyException();
            assertThatCode(() -> LabelMasks.check(merging(examples))).doesNotThrowAnyException();
            assertThat(merging(examples).next().getLabelsMaskArray()).isEqualTo(expected);
        }
    }

    @Test
    void whatIsKeptPasses() {
        INDArray images = Nd4j.zeros(DataType.FLOAT, 2, 1, HEIGHT, WIDTH);
        INDArray maps = Nd4j.zeros(DataType.FLOAT, 2, HEIGHT, WIDTH);
        assertThat(LabelMasks.fault(images, null)).isNull();
        assertThat(LabelMasks.fault(null, null)).isNull();
        assertThat(LabelMasks.fault(images, Nd4j.ones(2, 1, 1, 1))).isNull();
        assertThat(LabelMasks.fault(images, Nd4j.zeros(2, 1, HEIGHT, WIDTH))).isNull();
        assertThat(LabelMasks.fault(maps, Nd4j.ones(2, HEIGHT, WIDTH))).isNull();
        assertThat(LabelMasks.fault(Nd4j.zeros(4, 3), Nd4j.ones(4, 1))).as("rows").isNull();
        assertThat(LabelMasks.fault(Nd4j.zeros(2, 3, 7), Nd4j.ones(2, 7))).as("series").isNull();
    }

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"DOUBLE", "FLOAT", "HALF", "BFLOAT16", "INT", "UBYTE", "BOOL"})
    void looksMerged(DataType type) {
        INDArray mask = Nd4j.ones(DataType.FLOAT, 3, 1, HEIGHT, WIDTH);
        assertThat(LabelMasks.looksMerged(mask.castTo(type))).as("all ones").isFalse();
        mask.putScalar(new long[] {1, 0, 0, 0}, 0);
        assertThat(LabelMasks.looksMerged(mask.castTo(type))).as("one corner").isTrue();
        INDArray channelsLast = mask.castTo(type).permute(0, 2, 3, 1);
        assertThat(LabelMasks.looksMerged(channelsLast)).as("a view in NHWC").isTrue();
        mask.putScalar(new long[] {2, 0, 0, 0}, 0);
        assertThat(LabelMasks.looksMerged(mask.castTo(type))).as("two corners").isTrue();
        mask.putScalar(new long[] {2, 0, 0, 1}, 0);
        assertThat(LabelMasks.looksMerged(mask.castTo(type))).as("and one beside").isFalse();
    }

    /** Of this view ND4J's NDArrayIndex.point gives an empty array. */
    @Test
    void looksMergedOfViews() {
        INDArray mask =
                Nd4j.ones(DataType.FLOAT, 4, 4, 3, 2)
                        .get(
                                NDArrayIndex.interval(0, 3),
                                NDArrayIndex.interval(1, 4),
                                NDArrayIndex.interval(0, 2),
                                NDArrayIndex.interval(1, 2))
                        .permute(0, 3, 1, 2);
        assertThat(LabelMasks.looksMerged(mask)).as("all ones").isFalse();
        mask.putScalar(new long[] {1, 0, 0, 0}, 0);
        assertThat(LabelMasks.looksMerged(mask)).as("one corner").isTrue();
        mask.putScalar(new long[] {2, 0, 1, 1}, 0);
        assertThat(LabelMasks.looksMerged(mask)).as("and one beside").isFalse();
    }

    @Test
    void soundMasksDoNotLookMerged() {
        assertThat(LabelMasks.looksMerged(null)).isFalse();
        assertThat(LabelMasks.looksMerged(Nd4j.zeros(3, 1))).isFalse();
        assertThat(LabelMasks.looksMerged(Nd4j.zeros(3, HEIGHT, WIDTH))).isFalse();
        assertThat(LabelMasks.looksMerged(Nd4j.zeros(3, 1, HEIGHT, WIDTH))).isFalse();
        assertThat(LabelMasks.looksMerged(Nd4j.create(new float[][][][] {{{{0}}}, {{{1}}}})))
                .as("images of one pixel")
                .isFalse();
        INDArray one = Nd4j.ones(1, 1, HEIGHT, WIDTH);
        one.putScalar(new long[] {0, 0, 0, 0}, 0);
        assertThat(LabelMasks.looksMerged(one)).as("nothing was merged").isFalse();
        INDArray elsewhere = Nd4j.ones(3, 1, HEIGHT, WIDTH);
        elsewhere.putScalar(new long[] {1, 0, 2, 3}, 0);
        assertThat(LabelMasks.looksMerged(elsewhere)).as("one pixel inside").isFalse();
    }

    @Test
    void nothingToCheck() {
        String rule = " must be given, got null";
        assertRefused(() -> LabelMasks.check((DataSet) null), "example" + rule);
        assertRefused(() -> LabelMasks.check((List<DataSet>) null), "examples" + rule);
        assertRefused(() -> LabelMasks.check((DataSetIterator) null), "iterator" + rule);
    }

    private static void assertRefused(
            org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
        assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
    }
}
