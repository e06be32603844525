package org.seglosses.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.seglosses.samediff.loss.LossExplanation;

import java.util.Arrays;
import java.util.List;

/** The parts of an explanation add up to the loss, and are those that they are said to be. */
class LossExplanationTest {

    private static final double LN2 = Math.log(2);

    static List<Losses.InMode> losses() {
        return Losses.inAllModes();
    }

    @ParameterizedTest
    @MethodSource("losses")
    void thePartsAddUpToTheScore(Losses.InMode each) {
        SegmentationLossFunction<?> loss = each.function();
        for (DataType type : new DataType[] {DataType.FLOAT, DataType.DOUBLE}) {
            Sample sample = Sample.of(each.mode(), type, 3).withVoid();
            for (INDArray labels : new INDArray[] {sample.classes(), sample.oneHot()}) {
                for (INDArray mask : new INDArray[] {null, sample.mask()}) {
                    String how = each + " " + type + " masked: " + (mask != null);
                    LossExplanation explained =
                            loss.explain(
                                    labels, sample.logits(), sample.activationFunction(), mask);
                    double score =
                            loss.computeScore(
                                    labels,
                                    sample.logits(),
                                    sample.activationFunction(),
                                    mask,
                                    true);
                    double tolerance = type == DataType.DOUBLE ? 1e-12 : 2e-6;
                    assertThat(explained.value())
                            .as(how)
                            .isCloseTo(score, within(tolerance * (1 + Math.abs(score))));
                    assertThat(explained.weight()).isEqualTo(1);
                    assertAddsUp(explained, sample, how);
                    if (loss.definition().perImage() && explained.components().isEmpty()) {
                        assertImages(loss, sample, labels, mask, explained, how);
                    }
                }
            }
        }
    }

    private static void assertAddsUp(LossExplanation node, Sample sample, String how) {
        double sum = 0;
        for (LossExplanation component : node.components()) {
            assertAddsUp(component, sample, how);
            sum += component.weight() * component.value();
        }
        // a leaf or a sum, not both
        assertThat(node.contributions().isEmpty()).isNotEqualTo(node.components().isEmpty());
        if (node.components().isEmpty()) {
            sum = Arrays.stream(node.classes()).sum();
            assertThat(Arrays.stream(node.images()).sum()).isCloseTo(sum, within(1e-12));
            assertThat(node.images().length).isIn(1, (int) sample.images());
        }
        assertThat(node.value()).as(how).isCloseTo(sum, within(1e-12 * (1 + Math.abs(sum))));
    }

    /** What an image contributes is its own loss, as the score array has it, over their number. */
    private static void assertImages(
            SegmentationLossFunction<?> loss,
            Sample sample,
            INDArray labels,
            INDArray mask,
            LossExplanation explained,
            String how) {
        INDArray scores =
                loss.computeScoreArray(labels, sample.logits(), sample.activationFunction(), mask);
        assertThat(explained.images()).hasSize((int) sample.images());
        for (int i = 0; i < sample.images(); i++) {
            assertThat(explained.images()[i])
                    .as(how)
                    .isCloseTo(scores.getDouble(i) / sample.images(), within(1e-6));
        }
    }

    /** Flat logits: every pixel costs ln 2, so a class contributes its pixels' share of that. */
    @Test
    void aPixelsTermBelongsToItsLabel() {
        INDArray logits = Nd4j.zeros(DataType.DOUBLE, 2, 2, 1, 4);
        INDArray labels = Nd4j.createFromArray(0.0, 0, 0, 1, 1, 1, 1, 255).reshape('c', 2, 1, 1, 4);
        LossExplanation plain =
                LossCrossEntropy.builder()
                        .ignoreIndex(255)
                        .build()
                        .explain(labels, logits, new ActivationSoftmax(), null);
        assertThat(plain.contributions()).hasSize(2);
        assertClose(plain.contributions().get(0), 3 * LN2 / 7, LN2 / 7);
        assertClose(plain.contributions().get(1), 0, 3 * LN2 / 7);
        // weights 1 and 3: a sum of 3 * 1 + 4 * 3
        LossExplanation weighted =
                LossCrossEntropy.builder()
                        .classWeights(1, 3)
                        .ignoreIndex(255)
                        .build()
                        .explain(labels, logits, new ActivationSoftmax(), null);
        assertThat(weighted.classes())
                .containsExactly(new double[] {3 * LN2 / 15, 12 * LN2 / 15}, within(1e-12));
    }

    /** p = 1/2 everywhere, one pixel of class 0 and three of class 1. */
    @Test
    void aRegionsPartIsItsClass() {
        INDArray logits = Nd4j.zeros(DataType.DOUBLE, 1, 2, 2, 2);
        INDArray labels = Nd4j.createFromArray(0.0, 1, 1, 1).reshape('c', 1, 1, 2, 2);
        LossExplanation dice =
                LossDice.builder().build().explain(labels, logits, new ActivationSoftmax(), null);
        // scores 2 * 0.5 / (2 + 1) and 2 * 1.5 / (2 + 3), halved in the mean
        assertThat(dice.classes())
                .containsExactly(new double[] {(1 - 1 / 3.0) / 2, (1 - 0.6) / 2}, within(1e-12));
        // the square of the mean, shared out in proportion
        double mean = (1 - 1 / 3.0) / 2 + (1 - 0.6) / 2;
        LossExplanation tversky =
                LossTversky.builder()
                        .gamma(2)
                        .build()
                        .explain(labels, logits, new ActivationSoftmax(), null);
        assertThat(tversky.value()).isCloseTo(mean * mean, within(1e-12));
        assertThat(tversky.classes()[0]).isCloseTo(mean * (1 - 1 / 3.0) / 2, within(1e-12));
    }

    @Test
    void componentsHaveNamesWeightsAndValues() {
        INDArray logits = Nd4j.zeros(DataType.DOUBLE, 1, 1, 4, 4);
        INDArray labels = Nd4j.ones(DataType.DOUBLE, 1, 1, 4, 4);
        SegmentationLossFunction<?> loss =
                LossCombined.builder()
                        .add(2, LossSoftBce.builder().build())
                        .add(0.25, LossActiveContour.builder().weight(3).build())
                        .build();
        LossExplanation explained = loss.explain(labels, logits, new ActivationSigmoid(), null);
        assertThat(explained.name()).isEqualTo("Combined");
        assertThat(explained.components())
                .extracting("name")
                .containsExactly("SoftBce", "ActiveContour");
        assertThat(explained.components()).extracting("weight").containsExactly(2.0, 0.25);
        assertThat(explained.components().get(0).value()).isCloseTo(LN2, within(1e-12));
        LossExplanation contour = explained.components().get(1);
        // a flat map has lengths of sqrt(1e-8), and costs 1/2 where it should be 1
        assertThat(contour.components()).extracting("name").containsExactly("length", "fit");
        assertThat(contour.components().get(0).value()).isCloseTo(1e-4, within(1e-12));
        assertThat(contour.components().get(0).weight()).isEqualTo(3);
        assertThat(contour.components().get(1).value()).isCloseTo(0.5, within(1e-12));
        assertThat(contour.value()).isCloseTo(0.5003, within(1e-12));
        assertThat(explained.value()).isCloseTo(2 * LN2 + 0.25 * 0.5003, within(1e-12));
        assertThat(explained.toString().lines())
                .containsExactly(
                        "Combined 1.51137",
                        "  SoftBce 0.693147 x 2.00000; by class 0.693147",
                        "  ActiveContour 0.500300 x 0.250000",
                        "    length 0.000100000 x 3.00000; by class 0.000100000",
                        "    fit 0.500000 x 1.00000; by class 0.500000");
    }

    /** Nested sums first, as the schedules are asked in: each weight goes to its own term. */
    @Test
    void scheduledWeightsAreThoseOfTheTime() {
        INDArray logits = Nd4j.zeros(DataType.DOUBLE, 1, 1, 4, 4);
        INDArray labels = Nd4j.ones(DataType.DOUBLE, 1, 1, 4, 4);
        SegmentationLossFunction<?> loss =
                LossCombined.builder()
                        .add(at(2, 3), LossSoftBce.builder().build())
                        .add(
                                0.5,
                                LossCombined.builder()
                                        .add(at(5, 7), LossDice.builder().build())
                                        .build())
                        .build();
        LossExplanation explained =
                loss.explain(labels, logits, new ActivationSigmoid(), null, new TrainingTime(4, 1));
        assertThat(explained.components()).extracting("weight").containsExactly(3.0, 0.5);
        LossExplanation dice = explained.components().get(1).components().get(0);
        assertThat(dice.weight()).isEqualTo(7);
        // a score of 2 * 8 / (8 + 16)
        assertThat(dice.value()).isCloseTo(1 / 3.0, within(1e-12));
        assertThat(explained.value()).isCloseTo(3 * LN2 + 3.5 / 3, within(1e-12));
        assertThatThrownBy(() -> loss.explain(labels, logits, new ActivationSigmoid(), null))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("weight");
    }

    private static ISchedule at(double first, double second) {
        return new MapSchedule.Builder(ScheduleType.EPOCH).add(0, first).add(1, second).build();
    }

    @Test
    void rowsAndHalfPrecisionAreExplainedToo() {
        Sample sample = Sample.of(org.seglosses.samediff.loss.Mode.MULTICLASS, DataType.FLOAT, 4);
        INDArray rows = Sample.rows(sample.logits());
        INDArray labels = Sample.rows(sample.oneHot());
        LossCrossEntropy loss = LossCrossEntropy.builder().build();
        double score = loss.computeScore(labels, rows, new ActivationIdentity(), null, true);
        assertThat(loss.explain(labels, rows, new ActivationIdentity(), null).value())
                .isCloseTo(score, within(1e-6));
        INDArray half = sample.logits().castTo(DataType.FLOAT16);
        assertThat(loss.explain(sample.classes(), half, new ActivationIdentity(), null).value())
                .isCloseTo(score, within(1e-2));
    }

    private static void assertClose(List<Double> actual, double... expected) {
        assertThat(actual.stream().mapToDouble(Double::doubleValue).toArray())
                .containsExactly(expected, within(1e-12));
    }
}
