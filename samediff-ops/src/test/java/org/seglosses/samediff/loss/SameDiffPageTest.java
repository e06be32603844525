package org.seglosses.samediff.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.listeners.records.History;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.ViewIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

import java.util.Map;
import java.util.Random;

/** What docs/SAMEDIFF.md says of labels, masks, histories and graphs without a loss. */
class SameDiffPageTest {

    private static final int SIDE = 6;
    private static final int CLASSES = 3;

    private static final SegmentationLoss LOSS =
            Combined.builder()
                    .add(1, CrossEntropy.builder().ignoreIndex(255).build())
                    .add(
                            0.5,
                            LovaszSoftmax.builder().ignoreIndex(255).mode(Mode.MULTICLASS).build())
                    .build();

    private final INDArray images = Nd4j.create(DataType.FLOAT, 4, 1, SIDE, SIDE);
    private final INDArray classes = Nd4j.create(DataType.FLOAT, 4, 1, SIDE, SIDE);
    private final INDArray mask = Nd4j.ones(DataType.FLOAT, 4, 1, SIDE, SIDE);

    SameDiffPageTest() {
        Random random = new Random(5);
        for (long i = 0; i < classes.length(); i++) {
            images.putScalar(i, random.nextGaussian());
            classes.putScalar(i, random.nextInt(CLASSES));
            mask.putScalar(i, random.nextInt(3) == 0 ? 0 : 1);
        }
    }

    /** A 1 x 1 convolution with a loss; the labels as they are declared, and a mask if need be. */
    private static SameDiff network(
            SegmentationLoss loss, boolean masked, DataType type, long... labels) {
        SameDiff sd = SameDiff.create();
        SDVariable x = sd.placeHolder("x", DataType.FLOAT, -1, 1, SIDE, SIDE);
        SDVariable y = sd.placeHolder("y", type, labels);
        SDVariable m = masked ? sd.placeHolder("m", DataType.FLOAT, -1, 1, SIDE, SIDE) : null;
        SDVariable w = sd.var("w", Nd4j.createFromArray(0.5f, -0.25f, 0.1f).reshape(1, 1, 1, 3));
        SDVariable logits = logits(sd, x, w);
        SDVariable defined = loss.define(sd, "loss", y, logits, m);
        sd.setLossVariables(defined);
        TrainingConfig.Builder config =
                TrainingConfig.builder()
                        .updater(new Sgd(0.1))
                        .dataSetFeatureMapping("x")
                        .dataSetLabelMapping("y")
                        .trainEvaluation(defined, 0);
        if (masked) {
            config.dataSetLabelMaskMapping("m");
        }
        sd.setTrainingConfig(config.build());
        return sd;
    }

    private static SDVariable logits(SameDiff sd, SDVariable x, SDVariable w) {
        return sd.cnn().conv2d("logits", x, w, Conv2DConfig.builder().kH(1).kW(1).build());
    }

    /** The weights after two steps. */
    private static double[] trained(SameDiff sd, DataSet batch) {
        sd.fit(batch);
        sd.fit(batch);
        return Sample.doubles(sd.getVariable("w").getArr());
    }

    private double[] trainedOnIndices() {
        return trained(
                network(LOSS, false, DataType.FLOAT, -1, 1, SIDE, SIDE),
                new DataSet(images, classes));
    }

    private INDArray oneHot() {
        INDArray vectors = Nd4j.create(DataType.FLOAT, 4, CLASSES, SIDE, SIDE);
        for (int n = 0; n < 4; n++) {
            for (int y = 0; y < SIDE; y++) {
                for (int x = 0; x < SIDE; x++) {
                    vectors.putScalar(new int[] {n, classes.getInt(n, 0, y, x), y, x}, 1);
                }
            }
        }
        return vectors;
    }

    @Test
    void everyFormOfLabelsTrainsTheSame() {
        double[] expected = trainedOnIndices();
        INDArray flat = classes.reshape(4, SIDE, SIDE);
        assertThat(
                        trained(
                                network(LOSS, false, DataType.FLOAT, -1, SIDE, SIDE),
                                new DataSet(images, flat)))
                .isEqualTo(expected);
        // the session casts: labels of one type for a placeholder of another
        assertThat(
                        trained(
                                network(LOSS, false, DataType.INT32, -1, SIDE, SIDE),
                                new DataSet(images, flat)))
                .isEqualTo(expected);
        assertThat(
                        trained(
                                network(LOSS, false, DataType.FLOAT, -1, CLASSES, SIDE, SIDE),
                                new DataSet(images, oneHot())))
                .isEqualTo(expected);
        assertThat(
                        trained(
                                network(LOSS, false, DataType.FLOAT, -1, -1, -1, -1),
                                new DataSet(images, oneHot())))
                .isEqualTo(expected);
    }

    @Test
    void softLabelsNeedTheirChannelsDeclared() {
        SegmentationLoss dice = Dice.builder().mode(Mode.MULTICLASS).build();
        DataSet soft = new DataSet(images, oneHot().mul(0.75).add(0.25 / CLASSES));
        trained(network(dice, false, DataType.FLOAT, -1, CLASSES, -1, -1), soft);
        assertThatThrownBy(
                        () -> trained(network(dice, false, DataType.FLOAT, -1, -1, -1, -1), soft))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("soft labels are not supported here");
    }

    @Test
    void aMaskedPixelIsAVoidOne() {
        INDArray voids = classes.mul(mask).add(mask.rsub(1).mul(255));
        double[] expected =
                trained(
                        network(LOSS, false, DataType.FLOAT, -1, 1, SIDE, SIDE),
                        new DataSet(images, voids));
        assertThat(expected).isNotEqualTo(trainedOnIndices());
        assertThat(
                        trained(
                                network(LOSS, true, DataType.FLOAT, -1, 1, SIDE, SIDE),
                                new DataSet(images, classes, null, mask)))
                .isEqualTo(expected);
    }

    @Test
    void theHistoryHasTheLossOfAnIterator() {
        SameDiff sd = network(LOSS, false, DataType.FLOAT, -1, 1, SIDE, SIDE);
        DataSet all = new DataSet(images, classes);
        double before = sd.outputSingle(Map.of("x", images, "y", classes), "loss").getDouble(0);
        History history = sd.fit(new ViewIterator(all, 4), 2);
        assertThat(history.lossCurve().losses()).hasSize(2);
        assertThat((double) history.lossCurve().meanLoss("loss", 0))
                .isCloseTo(before, within(1e-6));
        assertThat(sd.fit(all).lossCurve()).isNull();
        assertThat(sd.getTrainingConfig().getEpochCount()).isEqualTo(2);
        assertThat(sd.getTrainingConfig().getIterationCount()).isEqualTo(3);
    }

    /** For inference without the library: the same layers in a graph without a loss. */
    @Test
    void weightsMoveToAGraphWithoutALoss() {
        SameDiff sd = network(LOSS, false, DataType.FLOAT, -1, 1, SIDE, SIDE);
        sd.fit(new DataSet(images, classes));
        SameDiff plain = SameDiff.create();
        SDVariable x = plain.placeHolder("x", DataType.FLOAT, -1, 1, SIDE, SIDE);
        logits(plain, x, plain.var("w", sd.getVariable("w").getArr().dup()));
        Map<String, INDArray> input = Map.of("x", images);
        assertThat(plain.outputSingle(input, "logits")).isEqualTo(sd.outputSingle(input, "logits"));
        assertThat(plain.getOps().values())
                .noneMatch(op -> op.getOp().opName().startsWith("seglosses_"));
    }
}
