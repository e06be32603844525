package org.seglosses.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.RmsProp;
import org.nd4j.linalg.learning.config.Sgd;
import org.seglosses.samediff.loss.Mode;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Networks of HALF, and data of other types than the network. */
class PrecisionTest {

    private static final LossDice DICE = LossDice.builder().ignoreIndex(Sample.VOID).build();

    private static double[] doubles(INDArray array) {
        return array.castTo(DataType.DOUBLE).dup('c').data().asDouble();
    }

    /** HALF follows FLOAT: the loss itself is computed in FLOAT. */
    @ParameterizedTest
    @EnumSource(
            names = {"CROSS_ENTROPY", "OHEM", "LOVASZ_SOFTMAX", "BOUNDARY", "DICE", "FOCAL", "DUO"})
    void halfFollowsFloat(Losses loss) {
        List<double[]> parameters = new ArrayList<>();
        for (DataType type : List.of(DataType.FLOAT, DataType.FLOAT16)) {
            Networks networks =
                    Networks.of(loss.function(), loss.mode()).type(type).updater(new Sgd(0.5));
            DataSet data = networks.data(Sample.of(loss.mode(), type, 160).withVoid(), false, true);
            MultiLayerNetwork net = networks.layers();
            double before = net.score(data);
            for (int i = 0; i < 5; i++) {
                net.fit(data);
            }
            assertThat(net.score(data)).isLessThan(before);
            assertThat(net.output(data.getFeatures()).dataType()).isEqualTo(type);
            parameters.add(doubles(net.params()));
        }
        assertThat(parameters.get(1)).containsExactly(parameters.get(0), within(0.02));
    }

    /** Features, labels and masks of any type go with a network of any. */
    @ParameterizedTest
    @EnumSource(names = {"HALF", "FLOAT", "DOUBLE"})
    void mixtures(DataType network) {
        Networks networks = Networks.of(DICE, Mode.MULTICLASS).type(network).updater(new Sgd(0.5));
        Sample sample = Sample.of(Mode.MULTICLASS, DataType.FLOAT, 161);
        // numbers that HALF holds exactly
        INDArray features = Sample.gaussians(9, DataType.FLOAT16, 2, Networks.INPUTS, 6, 7);
        MultiLayerNetwork expected = networks.layers();
        expected.fit(new DataSet(features, sample.classes(), null, sample.mask()));
        for (DataType data :
                List.of(DataType.FLOAT16, DataType.FLOAT, DataType.DOUBLE, DataType.BFLOAT16)) {
            for (DataType labels : List.of(data, DataType.UINT8, DataType.INT64)) {
                MultiLayerNetwork net = networks.layers();
                net.fit(
                        new DataSet(
                                data == DataType.BFLOAT16 ? features : features.castTo(data),
                                sample.classes().castTo(labels),
                                null,
                                sample.mask().castTo(data)));
                assertThat(net.params())
                        .as("%s, labels %s", data, labels)
                        .isEqualTo(expected.params());
            }
        }
    }

    /** What a loss scale is: a weight of the loss, and a learning rate that takes it back. */
    @Test
    void lossScale() {
        // of an image of 512 x 512 the Dice gradient of one pixel is about 1e-6: HALF has 6e-8
        Sample sample = Sample.of(Mode.MULTICLASS, DataType.FLOAT16, 162, 1, 512, 512);
        INDArray exact = gradient(DICE, sample.withLogits(sample.logits().castTo(DataType.FLOAT)));
        double plain = deviation(gradient(DICE, sample), exact);
        LossCombined scaled = LossCombined.builder().add(1024, DICE).build();
        double better = deviation(gradient(scaled, sample).castTo(DataType.FLOAT).div(1024), exact);
        assertThat(plain).as("relative").isGreaterThan(0.02);
        assertThat(better).as("relative").isLessThan(0.001);

        Networks one = Networks.of(DICE, Mode.MULTICLASS).type(DataType.FLOAT16);
        Networks two = Networks.of(scaled, Mode.MULTICLASS).type(DataType.FLOAT16);
        DataSet data = one.data(Sample.of(Mode.MULTICLASS, DataType.FLOAT16, 163), false, false);
        MultiLayerNetwork plainly = one.updater(new Sgd(0.5)).layers();
        MultiLayerNetwork byScale = two.updater(new Sgd(0.5 / 1024)).layers();
        for (int i = 0; i < 5; i++) {
            plainly.fit(data);
            byScale.fit(data);
        }
        assertThat(doubles(byScale.params()))
                .containsExactly(doubles(plainly.params()), within(0.01));
    }

    private static INDArray gradient(SegmentationLossFunction<?> loss, Sample sample) {
        return loss.computeGradient(
                sample.classes(), sample.logits(), new ActivationSoftmax(), null);
    }

    /** Of what is above zero in one of them. */
    private static double deviation(INDArray actual, INDArray exact) {
        INDArray difference = actual.castTo(DataType.FLOAT).sub(exact);
        return difference.norm2Number().doubleValue() / exact.norm2Number().doubleValue();
    }

    /** Adam's default epsilon, 1e-8, is 0 in HALF: 0 / 0. */
    @Test
    void adamInHalf() {
        Networks networks = Networks.of(DICE, Mode.MULTICLASS).type(DataType.FLOAT16);
        DataSet data =
                networks.data(Sample.of(Mode.MULTICLASS, DataType.FLOAT16, 164), false, false);
        MultiLayerNetwork net =
                networks.updater(Adam.builder().learningRate(0.02).epsilon(1e-4).build()).layers();
        double before = net.score(data);
        for (int i = 0; i < 10; i++) {
            net.fit(data);
        }
        assertThat(net.score(data)).isLessThan(before);
        assertThat(Arrays.stream(doubles(net.params())).allMatch(Double::isFinite)).isTrue();
        for (IUpdater byDefault : List.of(new Adam(0.02), new RmsProp(0.02))) {
            MultiLayerNetwork lost = networks.updater(byDefault).layers();
            lost.fit(data);
            lost.fit(data);
            assertThat(lost.score()).as("%s", byDefault).isNaN();
        }
    }

    /** DL4J has no networks of BFLOAT16; the losses take its arrays. */
    @Test
    void bfloat16() {
        assertThatThrownBy(() -> new NeuralNetConfiguration.Builder().dataType(DataType.BFLOAT16))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("BFLOAT16");
        Sample sample = Sample.of(Mode.MULTICLASS, DataType.FLOAT, 165);
        INDArray logits = sample.logits().castTo(DataType.BFLOAT16);
        INDArray gradient = gradient(DICE, sample.withLogits(logits));
        assertThat(gradient.dataType()).isEqualTo(DataType.BFLOAT16);
        INDArray exact = gradient(DICE, sample.withLogits(logits.castTo(DataType.FLOAT)));
        assertThat(deviation(gradient, exact)).isLessThan(0.005);
    }
}
