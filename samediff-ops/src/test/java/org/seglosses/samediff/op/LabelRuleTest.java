package org.seglosses.samediff.op;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.seglosses.samediff.op.LabelRule.Kind;

/** {@link LabelRule}: what a label may be, and what is said of others. */
class LabelRuleTest {

    private static final String PLACE = "at [0, 0, 1, 0] of shape [1, 3, 2, 2]";

    private final LabelRule floats = LabelRule.of(DataType.FLOAT, 3, null);

    @Test
    void theToleranceOfASumBelongsToTheTypeOfTheLabels() {
        assertThat(floats.tolerance()).isEqualTo(1e-3);
        assertThat(LabelRule.of(DataType.DOUBLE, 1000, null).tolerance()).isEqualTo(1e-3);
        assertThat(LabelRule.of(DataType.FLOAT16, 1, null).tolerance()).isEqualTo(1e-3);
        assertThat(LabelRule.of(DataType.FLOAT16, 3, null).tolerance()).isEqualTo(3.0 / 1024);
        assertThat(LabelRule.of(DataType.BFLOAT16, 3, null).tolerance()).isEqualTo(3.0 / 128);
    }

    @Test
    void tellsVectorsApart() {
        assertThat(floats.kind(0, 0, 0)).isEqualTo(Kind.IGNORED);
        assertThat(floats.kind(1, 0, 1)).isEqualTo(Kind.ONE_HOT);
        assertThat(floats.kind(1, 0.2, 0.5)).isEqualTo(Kind.SOFT);
        assertThat(floats.kind(1.0005, 0, 1)).isEqualTo(Kind.SOFT);
        assertThat(floats.kind(0.9991, 0.2, 0.5)).isEqualTo(Kind.SOFT);
        assertThat(floats.kind(0.9989, 0.2, 0.5)).isEqualTo(Kind.WRONG);
        assertThat(floats.kind(1.0011, 0, 1)).isEqualTo(Kind.WRONG);
        assertThat(floats.kind(0.7, 0, 0.7)).isEqualTo(Kind.WRONG);
        assertThat(floats.kind(2, 0, 1)).isEqualTo(Kind.WRONG);
        assertThat(floats.kind(255, 0, 255)).isEqualTo(Kind.WRONG);
        assertThat(floats.kind(1, -0.5, 1)).isEqualTo(Kind.WRONG);
        assertThat(floats.kind(0, -1, 1)).isEqualTo(Kind.WRONG);
        assertThat(floats.kind(1e-4, 0, 1e-4)).isEqualTo(Kind.WRONG);
        assertThat(floats.kind(Double.NaN, Double.NaN, Double.NaN)).isEqualTo(Kind.WRONG);
    }

    @Test
    void tellsElements() {
        assertThat(LabelRule.isElement(0)).isTrue();
        assertThat(LabelRule.isElement(0.3)).isTrue();
        assertThat(LabelRule.isElement(1)).isTrue();
        assertThat(LabelRule.isElement(-1e-9)).isFalse();
        assertThat(LabelRule.isElement(1.01)).isFalse();
        assertThat(LabelRule.isElement(Double.NaN)).isFalse();
    }

    @Test
    void saysWhatAnIndexMayBe() {
        String rule = "labels must be class indices from 0 to 2 (no ignoreIndex is set), got ";
        assertThat(floats.notIndex(7, PLACE))
                .hasMessage(
                        rule
                                + "7.0 "
                                + PLACE
                                + "; grey values or colours? turn each into its class index");
        assertThat(floats.notIndex(3, PLACE))
                .hasMessage(rule + "3.0 " + PLACE + "; labels from 1 to 3? subtract 1");
        assertThat(floats.notIndex(-9999, PLACE))
                .hasMessage(
                        rule
                                + "-9999.0 "
                                + PLACE
                                + "; no data there? set ignoreIndex(-9999), or the mask to 0 at"
                                + " these pixels");
        assertThat(floats.notIndex(Double.POSITIVE_INFINITY, PLACE))
                .hasMessage(rule + "Infinity " + PLACE);
        assertThat(floats.notIndex(255, PLACE))
                .hasMessage(
                        rule
                                + "255.0 "
                                + PLACE
                                + "; ignored pixels? set ignoreIndex(255); foreground? divide by"
                                + " 255");
        assertThat(floats.notIndex(0.5, PLACE))
                .hasMessage(
                        rule
                                + "0.5 "
                                + PLACE
                                + "; an index is a whole number: were the labels scaled, by a"
                                + " division by 255 say? leave that out");
        assertThat(floats.notIndex(Double.NaN, PLACE))
                .hasMessage(
                        rule
                                + "NaN "
                                + PLACE
                                + "; no data there? set the mask to 0 at these pixels");
        assertThat(LabelRule.of(DataType.INT32, 3, 254).notIndex(255, PLACE))
                .hasMessage(
                        "labels must be class indices from 0 to 2 or the ignoreIndex, which is 254,"
                                + " got 255.0 "
                                + PLACE
                                + "; ignored pixels? set ignoreIndex(255); foreground? divide by"
                                + " 255");
        assertThat(LabelRule.of(DataType.INT8, 3, 255).notIndex(-1, PLACE))
                .hasMessage(
                        "labels must be class indices from 0 to 2 or the ignoreIndex, which is 255,"
                                + " got -1.0 "
                                + PLACE
                                + "; the array is of signed bytes (BYTE), where 255 reads as -1:"
                                + " use UBYTE (UINT8) labels");
    }

    @Test
    void saysWhatAnElementMayBe() {
        assertThat(floats.notElement(-0.25, PLACE))
                .hasMessage("labels must be from 0 to 1, got -0.25 " + PLACE);
        assertThat(floats.notElement(-1, PLACE))
                .hasMessage(
                        "labels must be from 0 to 1, got -1.0 "
                                + PLACE
                                + "; no data there? set ignoreIndex(-1), or the mask to 0 at these"
                                + " pixels");
        assertThat(floats.notElement(2, PLACE))
                .hasMessage(
                        "labels must be from 0 to 1, got 2.0 "
                                + PLACE
                                + "; labels 1 and 2? subtract 1");
        assertThat(floats.notElement(127, PLACE))
                .hasMessage(
                        "labels must be from 0 to 1, got 127.0 "
                                + PLACE
                                + "; grey values? make the foreground 1 and all else 0");
        assertThat(LabelRule.of(DataType.FLOAT, 1, -100).notElement(255, PLACE))
                .hasMessage(
                        "labels must be from 0 to 1 or the ignoreIndex, which is -100, got 255.0 "
                                + PLACE
                                + "; masks of 0 and 255? divide by 255, or, if 255 marks ignored"
                                + " pixels, set ignoreIndex(255)");
    }

    @Test
    void saysWhatAVectorMayBe() {
        String rule =
                "labels must be vectors of values from 0 to 1 that sum to 1 (within 0.001), or all"
                        + " zeros for an ignored pixel, got a vector with sum ";
        assertThat(floats.notVector(255, 0, 255, PLACE))
                .hasMessage(
                        rule
                                + "255.0 and values from 0.0 to 255.0 "
                                + PLACE
                                + "; colours? turn each into its class index; masks of 0 and 255?"
                                + " divide by 255, or, if 255 marks ignored pixels, use index"
                                + " labels with ignoreIndex(255)");
        assertThat(floats.notVector(3, 1, 1, PLACE))
                .hasMessage(
                        rule
                                + "3.0 and values from 1.0 to 1.0 "
                                + PLACE
                                + "; colours? turn each into its class index; several classes in a"
                                + " pixel? that is mode MULTILABEL, with sigmoids");
        assertThat(floats.notVector(0.7, 0, 0.7, PLACE))
                .hasMessage(
                        rule
                                + "0.7 and values from 0.0 to 0.7 "
                                + PLACE
                                + "; a picture? labels are classes, not colours; soft labels?"
                                + " divide each vector by its sum");
        assertThat(floats.notVector(Double.NaN, Double.NaN, Double.NaN, PLACE))
                .hasMessage(
                        rule.replace("with sum ", "with ")
                                + "NaN "
                                + PLACE
                                + "; no data there? set the mask to 0 at these pixels");
        assertThat(floats.notVector(0, -1, 1, PLACE))
                .hasMessage(rule + "0.0 and values from -1.0 to 1.0 " + PLACE);
    }

    @Test
    void saysWhereSoftLabelsAreNotTaken() {
        String rule =
                "labels must be one-hot here (one 1 and zeros, or all zeros for an ignored pixel),"
                        + " got a vector with sum ";
        assertThat(floats.notOneHot(1, 0.25, 0.5, PLACE))
                .hasMessage(
                        rule
                                + "1.0 and values from 0.25 to 0.5 "
                                + PLACE
                                + "; soft labels are not supported here");
        assertThat(floats.notOneHot(0.5, 0, 0.5, PLACE))
                .hasMessage(
                        rule
                                + "0.5 and values from 0.0 to 0.5 "
                                + PLACE
                                + "; soft labels are not supported here");
        assertThat(floats.notOneHot(2, 0, 1, PLACE))
                .hasMessage(
                        rule
                                + "2.0 and values from 0.0 to 1.0 "
                                + PLACE
                                + "; colours? turn each into its class index; several classes in a"
                                + " pixel? that is mode MULTILABEL, with sigmoids");
    }
}
