package org.seglosses.dl4j.layer;

import static org.assertj.core.api.Assertions.assertThat;

import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.transferlearning.FineTuneConfiguration;
import org.deeplearning4j.nn.transferlearning.TransferLearning;
import org.deeplearning4j.zoo.model.UNet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.seglosses.dl4j.LossBceDice;
import org.seglosses.dl4j.LossBoundary;
import org.seglosses.dl4j.LossCombined;
import org.seglosses.dl4j.LossCrossEntropy;
import org.seglosses.dl4j.LossDice;
import org.seglosses.dl4j.LossLovaszHinge;
import org.seglosses.dl4j.LossLovaszSoftmax;
import org.seglosses.dl4j.SegmentationLossFunction;

import java.util.List;
import java.util.Random;

/** DL4J's own U-Net, as the zoo builds it: 31 million parameters, here at random. */
class ZooUNetTest {

    private static final int SIDE = 16;
    private static final int IMAGES = 2;

    private static ComputationGraph unet;

    @BeforeAll
    static void build() {
        unet =
                UNet.builder()
                        .seed(7)
                        .inputShape(new int[] {3, SIDE, SIDE})
                        .updater(new Sgd(0.01))
                        .workspaceMode(WorkspaceMode.ENABLED)
                        .build()
                        .init();
    }

    /** A quarter of a gigabyte, which the collector does not see. */
    @AfterAll
    static void close() {
        unet.close();
        unet = null;
    }

    /** Random images; the class of a pixel is how bright its first channel is. */
    private static DataSet data(int classes) {
        Random random = new Random(3);
        INDArray images = Nd4j.create(DataType.FLOAT, IMAGES, 3, SIDE, SIDE);
        INDArray labels = Nd4j.create(DataType.FLOAT, IMAGES, 1, SIDE, SIDE);
        for (int n = 0; n < IMAGES; n++) {
            for (int y = 0; y < SIDE; y++) {
                for (int x = 0; x < SIDE; x++) {
                    double bright = (x + y + 4 * n) % SIDE / (double) SIDE;
                    labels.putScalar(new int[] {n, 0, y, x}, Math.floor(classes * bright));
                    images.putScalar(new int[] {n, 0, y, x}, bright);
                    images.putScalar(new int[] {n, 1, y, x}, random.nextDouble());
                    images.putScalar(new int[] {n, 2, y, x}, random.nextDouble());
                }
            }
        }
        return new DataSet(images, labels);
    }

    private static void assertTrains(ComputationGraph net, DataSet data) {
        double before = net.score(data, false);
        for (int i = 0; i < 3; i++) {
            net.fit(data);
        }
        assertThat(net.score(data, false)).isLessThan(before);
    }

    static List<SegmentationLossFunction<?>> binary() {
        return List.of(
                LossBceDice.builder().build(),
                LossDice.builder().build(),
                LossLovaszHinge.builder().build(),
                LossBoundary.builder().build());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("binary")
    void binaryLosses(SegmentationLossFunction<?> loss) {
        DataSet data = data(2);
        ComputationGraph net = SegmentationHead.replaceOutput(unet, "output", loss);
        assertThat(net.outputSingle(data.getFeatures()))
                .isEqualTo(unet.outputSingle(data.getFeatures()));
        assertTrains(net, data);
        net.close();
    }

    @Test
    void severalClasses() {
        ComputationGraph net =
                new TransferLearning.GraphBuilder(unet)
                        .fineTuneConfiguration(
                                new FineTuneConfiguration.Builder().updater(new Sgd(0.02)).build())
                        .setFeatureExtractor("drop5") // the whole way down stays as it is
                        .removeVertexAndConnections("output")
                        .removeVertexAndConnections("conv10") // from 2 channels to 1
                        .removeVertexAndConnections("conv9-3") // from 64 channels to 2
                        .addLayer(
                                "classes",
                                new ConvolutionLayer.Builder(1, 1)
                                        .nIn(64)
                                        .nOut(5)
                                        .activation(Activation.IDENTITY)
                                        .build(),
                                "conv9-2")
                        .addLayer(
                                "output",
                                new SegmentationLossLayer.Builder(
                                                LossCombined.builder()
                                                        .add(1, LossCrossEntropy.builder().build())
                                                        .add(1, LossLovaszSoftmax.builder().build())
                                                        .build())
                                        .activation(Activation.SOFTMAX)
                                        .build(),
                                "classes")
                        .setOutputs("output")
                        .build();
        DataSet data = data(5);
        INDArray out = net.outputSingle(data.getFeatures());
        assertThat(out.shape()).containsExactly(IMAGES, 5, SIDE, SIDE);
        assertTrains(net, data);
        assertThat(net.getLayer("conv5-2").params()).isEqualTo(unet.getLayer("conv5-2").params());
        assertThat(net.getLayer("up6-2").params()).isNotEqualTo(unet.getLayer("up6-2").params());

        // what a saved file holds; to compress it would take longer than all else here
        ComputationGraph restored =
                new ComputationGraph(
                        ComputationGraphConfiguration.fromJson(net.getConfiguration().toJson()));
        restored.init(net.params(), true);
        for (ComputationGraph each : List.of(net, restored)) {
            Nd4j.getRandom().setSeed(5); // of the dropout
            each.fit(data);
        }
        assertThat(restored.params()).isEqualTo(net.params());
        assertThat(restored.score()).isEqualTo(net.score());
        restored.close();
        net.close();
    }
}
