package org.seglosses.dl4j.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.junit.jupiter.api.Test;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.dl4j.evaluation.SegmentationEvaluation.Metric;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.Arrays;

/** Numbers that were worked out on paper, and what one object must be able to do. */
class SegmentationEvaluationTest {
    private static final double EXACT = 1e-12;

    private static final int[][] TRUTH = {
        {0, 0, 1, 1},
        {0, 0, 1, 1},
        {0, 0, 1, 1},
        {0, 0, 1, 1},
    };
    private static final int[][] PREDICTED = {
        {0, 1, 1, 1},
        {0, 0, 1, 1},
        {0, 0, 1, 1},
        {0, 0, 0, 1},
    };

    /** Scores [1,C,H,W] that are largest for the given classes. */
    static INDArray scores(int classes, int[][]... images) {
        INDArray out =
                Nd4j.zeros(
                        DataType.FLOAT,
                        images.length,
                        classes,
                        images[0].length,
                        images[0][0].length);
        for (int n = 0; n < images.length; n++) {
            for (int y = 0; y < images[n].length; y++) {
                for (int x = 0; x < images[n][y].length; x++) {
                    out.putScalar(new long[] {n, images[n][y][x], y, x}, 1);
                }
            }
        }
        return out;
    }

    /** Index labels [N,H,W]. */
    static INDArray indices(int[][]... images) {
        INDArray out =
                Nd4j.zeros(DataType.INT32, images.length, images[0].length, images[0][0].length);
        for (int n = 0; n < images.length; n++) {
            for (int y = 0; y < images[n].length; y++) {
                for (int x = 0; x < images[n][y].length; x++) {
                    out.putScalar(new long[] {n, y, x}, images[n][y][x]);
                }
            }
        }
        return out;
    }

    private static SegmentationEvaluation evaluated() {
        SegmentationEvaluation e = new SegmentationEvaluation(2);
        e.eval(indices(TRUTH), scores(2, PREDICTED));
        return e;
    }

    @Test
    void pixelNumbersByHand() {
        SegmentationEvaluation e = evaluated();
        assertThat(e.confusion()).isDeepEqualTo(new long[][] {{7, 1}, {1, 7}});
        assertThat(e.pixels()).isEqualTo(16);
        assertThat(e.iou(0)).isEqualTo(7.0 / 9, within(EXACT));
        assertThat(e.meanIou()).isEqualTo(7.0 / 9, within(EXACT));
        assertThat(e.dice(1)).isEqualTo(14.0 / 16, within(EXACT));
        assertThat(e.meanDice()).isEqualTo(14.0 / 16, within(EXACT));
        assertThat(e.precision(0)).isEqualTo(7.0 / 8, within(EXACT));
        assertThat(e.recall(1)).isEqualTo(7.0 / 8, within(EXACT));
        assertThat(e.pixelAccuracy()).isEqualTo(14.0 / 16, within(EXACT));
    }

    @Test
    void threeClassesOneNeverPredicted() {
        // truth 0: 3 right, 1 as 1. truth 1: 2 right. truth 2: both as 0.
        SegmentationEvaluation e = new SegmentationEvaluation(3);
        e.eval(
                indices(new int[][] {{0, 0, 0, 0, 1, 1, 2, 2}}),
                scores(3, new int[][] {{0, 0, 0, 1, 1, 1, 0, 0}}));
        assertThat(e.confusion()).isDeepEqualTo(new long[][] {{3, 1, 0}, {0, 2, 0}, {2, 0, 0}});
        assertThat(e.iou(0)).isEqualTo(3.0 / 6, within(EXACT));
        assertThat(e.iou(1)).isEqualTo(2.0 / 3, within(EXACT));
        assertThat(e.iou(2)).isZero();
        assertThat(e.meanIou()).isEqualTo((0.5 + 2.0 / 3) / 3, within(EXACT));
        assertThat(e.dice(0)).isEqualTo(6.0 / 9, within(EXACT));
        assertThat(e.precision(0)).isEqualTo(3.0 / 5, within(EXACT));
        assertThat(e.precision(2)).isNaN();
        assertThat(e.meanPrecision()).isEqualTo((0.6 + 2.0 / 3) / 2, within(EXACT));
        assertThat(e.recall(2)).isZero();
        assertThat(e.meanRecall()).isEqualTo((0.75 + 1 + 0) / 3, within(EXACT));
        assertThat(e.pixelAccuracy()).isEqualTo(5.0 / 8, within(EXACT));
    }

    /**
     * Boundaries of TRUTH: column 1 for class 0, column 2 for class 1, four pixels each. Of
     * PREDICTED, (row, column), class 0: 00 10 11 21 31 32, class 1: 01 02 12 22 23 33. Three of
     * six and three of four coincide: P 0.5, R 0.75.
     */
    @Test
    void boundaryByHandWithoutTolerance() {
        SegmentationEvaluation e = SegmentationEvaluation.builder(2).boundaryTolerance(0).build();
        e.eval(indices(TRUTH), scores(2, PREDICTED));
        assertThat(e.boundaryF1(0)).isEqualTo(0.6, within(EXACT));
        assertThat(e.boundaryF1(1)).isEqualTo(0.6, within(EXACT));
        assertThat(e.boundaryF1()).isEqualTo(0.6, within(EXACT));
        // All are at most one pixel away.
        assertThat(evaluated().boundaryF1()).isEqualTo(1, within(EXACT));
    }

    /** The edge is two pixels off, in three rows. */
    @Test
    void boundaryToleranceIsInclusiveAndCountsAddUpOverImages() {
        int[][] truth = {{0, 0, 1, 1, 1, 1}, {0, 0, 1, 1, 1, 1}, {0, 0, 1, 1, 1, 1}};
        int[][] shifted = {{0, 0, 0, 0, 1, 1}, {0, 0, 0, 0, 1, 1}, {0, 0, 0, 0, 1, 1}};
        double[] expected = {0, 0, 1, 1};
        for (int t = 0; t < expected.length; t++) {
            SegmentationEvaluation e =
                    SegmentationEvaluation.builder(2).boundaryTolerance(t).build();
            e.eval(indices(truth), scores(2, shifted));
            assertThat(e.boundaryF1(0)).as("tolerance %d", t).isEqualTo(expected[t]);
            assertThat(e.boundaryF1(1)).as("tolerance %d", t).isEqualTo(expected[t]);
        }
        SegmentationEvaluation both = new SegmentationEvaluation(2);
        both.eval(indices(truth, truth), scores(2, truth, shifted));
        // 3 of 6 in both directions; an image's boundary is no help to another's.
        assertThat(both.boundaryF1(0)).isEqualTo(0.5, within(EXACT));
    }

    @Test
    void anIgnoredPixelIsNeitherCountedNorPredictedAndItsRimIsNoBoundary() {
        int[][] truth = {{0, 0, 0}, {0, 255, 0}, {0, 0, 0}};
        int[][] predicted = {{0, 0, 0}, {0, 1, 0}, {0, 0, 0}};
        SegmentationEvaluation e = SegmentationEvaluation.builder(2).ignoreIndex(255).build();
        e.eval(indices(truth), scores(2, predicted));
        assertThat(e.confusion()).isDeepEqualTo(new long[][] {{8, 0}, {0, 0}});
        assertThat(e.boundaryF1(0)).isNaN();
        assertThat(e.boundaryF1(1)).isNaN();
        assertThat(e.iou(1)).isNaN();
        assertThat(e.meanIou()).isEqualTo(1);
    }

    /** The true outline lies between columns 7 and 8, the predicted one between 3 and 4. */
    @Test
    void ignoredAreasAddNoOutlines() {
        int[][] truth = new int[16][16];
        int[][] predicted = new int[16][16];
        for (int y = 0; y < 16; y++) {
            for (int x = 0; x < 8; x++) {
                truth[y][x] = 1;
                predicted[y][x] = x < 4 ? 1 : 0;
            }
        }
        SegmentationEvaluation e = SegmentationEvaluation.builder(2).ignoreIndex(255).build();
        e.eval(indices(truth), scores(2, predicted));
        assertThat(e.boundaryF1(1)).isZero();
        INDArray mask = Nd4j.ones(1, 1, 16, 16);
        int[][] ignored = Arrays.stream(truth).map(int[]::clone).toArray(int[][]::new);
        for (int y = 4; y < 12; y++) {
            for (int x = 1; x < 3; x++) {
                ignored[y][x] = 255;
                mask.putScalar(new long[] {0, 0, y, x}, 0);
            }
        }
        SegmentationEvaluation byIndex = e.newInstance();
        byIndex.eval(indices(ignored), scores(2, predicted));
        assertThat(byIndex.boundaryF1(1)).isZero();
        assertThat(byIndex.boundaryF1(0)).isZero();
        SegmentationEvaluation byMask = e.newInstance();
        byMask.eval(indices(truth), scores(2, predicted), mask);
        assertThat(byMask).isEqualTo(byIndex);
    }

    @Test
    void rimsOfTheImageAreNoBoundaries() {
        int[][] all = {{0, 0, 0}, {0, 0, 0}};
        SegmentationEvaluation e = new SegmentationEvaluation(2);
        e.eval(indices(all), scores(2, all));
        assertThat(e.boundaryF1(0)).isNaN();
        assertThat(e.boundaryF1()).isNaN();
        assertThat(e.iou(0)).isEqualTo(1);
    }

    @Test
    void aBoundaryOnOneSideOnlyScoresZero() {
        int[][] all = {{0, 0, 0, 0}};
        int[][] half = {{0, 0, 1, 1}};
        SegmentationEvaluation e = new SegmentationEvaluation(2);
        e.eval(indices(all), scores(2, half));
        assertThat(e.boundaryF1(0)).isZero();
        assertThat(e.boundaryF1(1)).isZero();
    }

    @Test
    void nothingSeenIsNaNThroughout() {
        SegmentationEvaluation e = new SegmentationEvaluation(3);
        for (Metric metric : Metric.values()) {
            assertThat(e.getValue(metric)).as(metric.name()).isNaN();
        }
        assertThat(e.stats()).contains("0 pixels");
        SegmentationEvaluation allVoid = SegmentationEvaluation.builder(2).ignoreIndex(-1).build();
        allVoid.eval(indices(new int[][] {{-1, -1}}), scores(2, new int[][] {{0, 1}}));
        assertThat(allVoid.pixels()).isZero();
        assertThat(allVoid.ignoredPixels()).isEqualTo(2);
    }

    @Test
    void oneChannelIsForegroundFromTheThresholdOn() {
        INDArray labels = Nd4j.createFromArray(new float[][][][] {{{{0, 1, 1, 0, 255}}}});
        INDArray probabilities =
                Nd4j.createFromArray(new float[][][][] {{{{0.49f, 0.5f, 0.1f, 0.9f, 0.9f}}}});
        SegmentationEvaluation p = SegmentationEvaluation.builder(2).ignoreIndex(255).build();
        p.eval(labels, probabilities);
        assertThat(p.confusion()).isDeepEqualTo(new long[][] {{1, 1}, {1, 1}});

        INDArray logits = Nd4j.createFromArray(new float[][][][] {{{{-0.1f, 0, 0.4f, 3, 3}}}});
        SegmentationEvaluation z =
                SegmentationEvaluation.builder(2).ignoreIndex(255).logits().build();
        z.eval(labels, logits);
        assertThat(z.confusion()).isDeepEqualTo(new long[][] {{1, 1}, {0, 2}});

        SegmentationEvaluation strict =
                SegmentationEvaluation.builder(2).ignoreIndex(255).threshold(0.8).build();
        strict.eval(labels, probabilities);
        assertThat(strict.confusion()).isDeepEqualTo(new long[][] {{1, 1}, {2, 0}});
    }

    @Test
    void softLabelsCountByTheirFirstLargestAndAllZeroIsVoid() {
        // Pixels: 0.2/0.8 -> 1, 0.5/0.5 -> 0, 0/0 -> void.
        INDArray labels =
                Nd4j.createFromArray(new float[][][][] {{{{0.2f, 0.5f, 0}}, {{0.8f, 0.5f, 0}}}});
        SegmentationEvaluation e = new SegmentationEvaluation(2);
        e.eval(labels, scores(2, new int[][] {{1, 1, 1}}));
        assertThat(e.confusion()).isDeepEqualTo(new long[][] {{0, 1}, {0, 1}});
    }

    @Test
    void tiesGoToTheFirstClassAndInfinitiesArePlainValues() {
        float inf = Float.POSITIVE_INFINITY;
        INDArray predictions =
                Nd4j.createFromArray(
                        new float[][][][] {{{{1, -inf, inf}}, {{1, -2, inf}}, {{0, -inf, 1e30f}}}});
        SegmentationEvaluation e = new SegmentationEvaluation(3);
        e.eval(indices(new int[][] {{0, 1, 0}}), predictions);
        assertThat(e.pixelAccuracy()).isEqualTo(1);
    }

    @Test
    void whatLiesUnderVoidHasNoInfluence() {
        SegmentationEvaluation e = SegmentationEvaluation.builder(2).ignoreIndex(255).build();
        INDArray predictions = scores(2, PREDICTED);
        int[][] truth = {{0, 0, 1, 1}, {0, 255, 1, 1}, {0, 0, 1, 1}, {0, 0, 1, 1}};
        e.eval(indices(truth), predictions);
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, -1e38f}) {
            predictions.putScalar(new long[] {0, 0, 1, 1}, bad);
            SegmentationEvaluation again = e.newInstance();
            again.eval(indices(truth), predictions);
            assertThat(again).isEqualTo(e);
            // The same by a mask.
            INDArray mask = Nd4j.ones(1, 4, 4);
            mask.putScalar(new long[] {0, 1, 1}, 0);
            SegmentationEvaluation masked = SegmentationEvaluation.builder(2).build();
            masked.eval(indices(TRUTH), predictions, mask);
            assertThat(masked.confusion()).isDeepEqualTo(e.confusion());
            assertThat(masked.boundaryF1()).isEqualTo(e.boundaryF1());
        }
    }

    @Test
    void aClassAsIgnoreIndexIsLeftOut() {
        SegmentationEvaluation e = SegmentationEvaluation.builder(2).ignoreIndex(0).build();
        e.eval(indices(TRUTH), scores(2, PREDICTED));
        assertThat(e.confusion()).isDeepEqualTo(new long[][] {{0, 0}, {1, 7}});
    }

    @Test
    void flatRowsCountPixelsAndNoBoundaries() {
        INDArray predictions =
                Nd4j.createFromArray(new float[][] {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1, 0, 0}});
        INDArray oneHot =
                Nd4j.createFromArray(new float[][] {{1, 0, 0}, {0, 0, 1}, {0, 0, 1}, {0, 1, 0}});
        long[][] all = {{1, 0, 0}, {1, 0, 0}, {0, 1, 1}};
        SegmentationEvaluation e = new SegmentationEvaluation(3);
        e.eval(oneHot, predictions);
        assertThat(e.confusion()).isDeepEqualTo(all);
        assertThat(e.boundaryF1()).isNaN();
        INDArray rows = Nd4j.createFromArray(0, 2, 2, 1);
        for (INDArray labels : new INDArray[] {rows, rows.reshape('c', 4, 1)}) {
            SegmentationEvaluation byIndex = e.newInstance();
            byIndex.eval(labels, predictions);
            assertThat(byIndex).isEqualTo(e);
        }
        long[][] kept = {{1, 0, 0}, {0, 0, 0}, {0, 1, 1}};
        INDArray mask = Nd4j.createFromArray(1f, 1f, 0.25f, 0f);
        for (INDArray m :
                new INDArray[] {
                    mask, mask.reshape('c', 4, 1), mask.reshape('c', 4, 1).broadcast(4, 3)
                }) {
            SegmentationEvaluation masked = e.newInstance();
            masked.eval(oneHot, predictions, m);
            assertThat(masked.confusion()).isDeepEqualTo(kept);
        }
        SegmentationEvaluation binary = new SegmentationEvaluation(2);
        binary.eval(
                Nd4j.createFromArray(new float[][] {{0}, {1}, {1}}),
                Nd4j.createFromArray(new float[][] {{0.7f}, {0.7f}, {0.2f}}));
        assertThat(binary.confusion()).isDeepEqualTo(new long[][] {{0, 1}, {1, 1}});
    }

    @Test
    @SuppressWarnings("deprecation")
    void timeSeriesBecomeRows() {
        // [N,C,T] = [1,2,3], the last step masked.
        INDArray labels = Nd4j.createFromArray(new float[][][] {{{1, 0, 1}, {0, 1, 0}}});
        INDArray predictions = Nd4j.createFromArray(new float[][][] {{{1, 1, 0}, {0, 0, 1}}});
        SegmentationEvaluation e = new SegmentationEvaluation(2);
        e.evalTimeSeries(labels, predictions, Nd4j.createFromArray(new float[][] {{1, 1, 0}}));
        assertThat(e.confusion()).isDeepEqualTo(new long[][] {{1, 0}, {1, 0}});
    }

    @Test
    void everyMetricIsItsMethod() {
        SegmentationEvaluation e = new SegmentationEvaluation(3);
        e.eval(
                indices(new int[][] {{0, 0, 0, 0, 1, 1, 2, 2}}),
                scores(3, new int[][] {{0, 0, 0, 1, 1, 1, 0, 0}}));
        assertThat(e.getValue(Metric.MEAN_IOU)).isEqualTo(7.0 / 18, within(EXACT));
        assertThat(e.getValue(Metric.MEAN_DICE))
                .isEqualTo((2.0 / 3 + 4.0 / 5 + 0) / 3, within(EXACT));
        assertThat(e.getValue(Metric.MEAN_PRECISION)).isEqualTo(19.0 / 30, within(EXACT));
        assertThat(e.getValue(Metric.MEAN_RECALL)).isEqualTo(7.0 / 12, within(EXACT));
        assertThat(e.getValue(Metric.PIXEL_ACCURACY)).isEqualTo(0.625, within(EXACT));
        // Edges, truth: 3 | 4 5 | 6; predicted: 2 6 | 3 5 | none. Class 0 matches 3 with 2 and 2
        // with 3, not 6; class 1 all; class 2 none. So P 1/2, R 1: 2/3, then 1, 0.
        assertThat(e.getValue(Metric.BOUNDARY_F1)).isEqualTo((2.0 / 3 + 1 + 0) / 3, within(EXACT));
        for (Metric metric : Metric.values()) {
            assertThat(metric.minimize()).isFalse();
            assertThat(metric.getEvaluationClass()).isEqualTo(SegmentationEvaluation.class);
        }
        assertThatThrownBy(() -> e.getValue(Evaluation.Metric.F1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("MEAN_IOU")
                .hasMessageContaining("F1 of org.nd4j.evaluation.classification.Evaluation$Metric");
        assertThatThrownBy(() -> e.getValue(null)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void resetAndNewInstanceKeepTheOptionsAlone() {
        SegmentationEvaluation e = evaluated();
        SegmentationEvaluation fresh = e.newInstance();
        assertThat(fresh).isEqualTo(new SegmentationEvaluation(2)).isNotEqualTo(e);
        e.reset();
        assertThat(e).isEqualTo(fresh).hasSameHashCodeAs(fresh);
        e.eval(indices(TRUTH), scores(2, PREDICTED));
        assertThat(e).isEqualTo(evaluated()).hasSameHashCodeAs(evaluated());
    }

    @Test
    void optionsAreAPartOfEquality() {
        assertThat(new SegmentationEvaluation(2))
                .isEqualTo(SegmentationEvaluation.builder(2).build())
                .isNotEqualTo(new SegmentationEvaluation(3))
                .isNotEqualTo(SegmentationEvaluation.builder(2).ignoreIndex(255).build())
                .isNotEqualTo(SegmentationEvaluation.builder(2).boundaryTolerance(2).build())
                .isNotEqualTo(SegmentationEvaluation.builder(2).logits().build())
                .isNotEqualTo(SegmentationEvaluation.builder(2).format(CNN2DFormat.NHWC).build())
                .isNotEqualTo(SegmentationEvaluation.builder(2).classNames("a", "b").build())
                .isNotEqualTo(null);
    }

    @Test
    void confusionIsACopy() {
        SegmentationEvaluation e = evaluated();
        e.confusion()[0][0] = 1000;
        assertThat(e).isEqualTo(evaluated());
    }

    @Test
    void surviveTextAndJavaSerialization() throws Exception {
        SegmentationEvaluation e =
                SegmentationEvaluation.builder(2)
                        .classNames("water", "land: 50 %")
                        .ignoreIndex(-100)
                        .format(CNN2DFormat.NHWC)
                        .boundaryTolerance(3)
                        .threshold(0.25)
                        .build();
        e.eval(indices(TRUTH), scores(2, PREDICTED).permute(0, 2, 3, 1));
        SegmentationEvaluation logits =
                SegmentationEvaluation.builder(2).logits().threshold(-2).build();
        logits.eval(
                Nd4j.createFromArray(new float[][][][] {{{{0, 0.3f}}}}),
                Nd4j.createFromArray(new float[][][][] {{{{-1, 7}}}}));
        for (SegmentationEvaluation original :
                new SegmentationEvaluation[] {e, evaluated(), logits}) {
            assertThat(SegmentationEvaluation.fromJson(original.toJson())).isEqualTo(original);
            assertThat(SegmentationEvaluation.fromYaml(original.toYaml())).isEqualTo(original);
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
                out.writeObject(original);
            }
            try (ObjectInputStream in =
                    new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
                SegmentationEvaluation copy = (SegmentationEvaluation) in.readObject();
                assertThat(copy).isEqualTo(original);
                copy.merge(original);
                assertThat(copy.pixels()).isEqualTo(2 * original.pixels());
            }
        }
    }

    /** Written once by hand: what older versions wrote must stay readable. */
    @Test
    void readsItsFirstFormat() {
        String json =
                """
                {"@class":"org.seglosses.dl4j.evaluation.SegmentationEvaluation",
                 "settings":{"classes":2,"classNames":null,"ignoreIndex":null,"format":"NCHW",
                   "boundaryTolerance":1,"threshold":0.5},
                 "counts":{"confusion":[[7,1],[1,7]],
                   "truthBoundary":[4,4],"truthBoundaryNear":[4,4],
                   "predictedBoundary":[6,6],"predictedBoundaryNear":[6,6]}}
                """;
        assertThat(SegmentationEvaluation.fromJson(json)).isEqualTo(evaluated());
        assertThatThrownBy(
                        () ->
                                SegmentationEvaluation.fromJson(
                                        json.replace("[6,6]}", "[6,6],\"ignored\":-1}")))
                .rootCause()
                .hasMessageContaining(
                        "ignored, soft, aboveHalf, zeroVectors and logitsLikeProbabilities"
                                + " must hold counts >= 0");
        assertThatThrownBy(
                        () ->
                                SegmentationEvaluation.fromJson(
                                        json.replace("\"classes\":2", "\"classes\":3")))
                .hasRootCauseInstanceOf(IllegalArgumentException.class)
                .rootCause()
                .hasMessageContaining("confusion must hold counts for 3 classes, got 2");
        assertThatThrownBy(() -> SegmentationEvaluation.fromJson(json.replace("[6,6]}", "[6,-6]}")))
                .rootCause()
                .hasMessageContaining("predictedBoundaryNear must hold counts >= 0");
        assertThatThrownBy(
                        () -> SegmentationEvaluation.fromJson(json.replace("\"counts\"", "\"c\"")))
                .rootCause()
                .hasMessageContaining("counts must both be given");
    }

    @Test
    void whatIsMissingInJsonIsTheDefault() {
        SegmentationEvaluation read =
                SegmentationEvaluation.fromJson(
                        new SegmentationEvaluation(2)
                                .toJson()
                                .replaceAll("\"(boundaryTolerance|threshold)\" : [0-9.]+,", "")
                                .replace("\"format\" : \"NCHW\",", ""));
        assertThat(read).isEqualTo(new SegmentationEvaluation(2));
        assertThat(read.boundaryTolerance()).isEqualTo(1);
        // 0.4 is background at a threshold of 0.5, foreground at one of 0
        read.eval(Nd4j.zeros(1, 1, 1, 1), Nd4j.valueArrayOf(new long[] {1, 1, 1, 1}, 0.4));
        assertThat(read.pixelAccuracy()).isEqualTo(1);
    }

    @Test
    void statsIsATable() {
        SegmentationEvaluation e =
                SegmentationEvaluation.builder(3)
                        .classNames("water", "mountain", "land")
                        .boundaryTolerance(0)
                        .build();
        e.eval(indices(TRUTH), scores(3, PREDICTED));
        assertThat(e.stats())
                .isEqualTo(
                        """
                        Segmentation: 3 classes, 16 pixels, boundary tolerance 0
                        no pixel in the truth: class 2 (land)
                        mean IoU is over 2 of 3 classes, without class 2 (land)
                        class          pixels     IoU    Dice precision  recall boundary F1
                        water               8  0.7778  0.8750    0.8750  0.8750      0.6000
                        mountain            8  0.7778  0.8750    0.8750  0.8750      0.6000
                        land                0       -       -         -       -           -
                        mean                   0.7778  0.8750    0.8750  0.8750      0.6000
                        pixel accuracy 0.8750
                        pixels of a true class (row) predicted as a class (column)
                                        water     mountain         land
                        water               7            1            0
                        mountain            1            7            0
                        land                0            0            0
                        """);
        assertThat(e).hasToString(e.stats());
        assertThat(e.className(1)).isEqualTo("mountain");
        assertThat(new SegmentationEvaluation(40).stats()).doesNotContain("(column)");
        assertThat(new SegmentationEvaluation(40).className(39)).isEqualTo("39");
    }
}
