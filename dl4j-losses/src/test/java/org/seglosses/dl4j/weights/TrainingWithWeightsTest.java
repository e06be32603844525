package org.seglosses.dl4j.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.seglosses.dl4j.LossCrossEntropy;
import org.seglosses.dl4j.layer.SegmentationLossLayer;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/** Weights on their way from a data set into a network. */
class TrainingWithWeightsTest {
    private static final int CLASSES = 4;
    private static final int VOID = 255;

    static Stream<Function<ClassFrequencies, double[]>> weights() {
        return Stream.of(
                ClassFrequencies::inverseFrequency,
                ClassFrequencies::medianFrequency,
                ClassFrequencies::enet,
                counts -> counts.effectiveNumber(0.9));
    }

    /** Class 0 often, 1 and 2 seldom, 3 never; the features tell them apart. */
    private static DataSet image(int number) {
        INDArray features = Nd4j.zeros(DataType.FLOAT, 1, 2, 5, 5);
        INDArray labels = Nd4j.zeros(DataType.FLOAT, 1, 1, 5, 5);
        int rare = 1 + number % 2;
        for (int x = 0; x < 5; x++) {
            features.putScalar(new int[] {0, rare - 1, 2, x}, 1);
            labels.putScalar(new int[] {0, 0, 2, x}, x == number ? VOID : rare);
        }
        return new DataSet(features, labels);
    }

    /** Sum of weight times -log p over that of the weights, by loops. */
    private static double weightedCrossEntropy(INDArray p, INDArray labels, double[] weights) {
        double sum = 0;
        double divisor = 0;
        for (int n = 0; n < p.size(0); n++) {
            for (int y = 0; y < 5; y++) {
                for (int x = 0; x < 5; x++) {
                    int label = (int) labels.getDouble(n, 0, y, x);
                    if (label != VOID) {
                        sum -= weights[label] * Math.log(p.getDouble(n, label, y, x));
                        divisor += weights[label];
                    }
                }
            }
        }
        return sum / divisor;
    }

    @ParameterizedTest
    @MethodSource("weights")
    void fits(Function<ClassFrequencies, double[]> formula) {
        List<DataSet> images = List.of(image(0), image(1), image(2), image(3));
        DataSetIterator iterator = new ListDataSetIterator<>(images, 2);
        ClassFrequencies counts = ClassFrequencies.of(iterator, CLASSES, VOID);
        // four images of 25 pixels with a rare line of 5, of which one is void
        assertThat(counts.pixels()).containsExactly(80, 8, 8, 0);
        assertThat(counts.voidPixels()).isEqualTo(4);
        double[] weights = formula.apply(counts.allowAbsent());

        MultiLayerNetwork net =
                new MultiLayerNetwork(
                        new NeuralNetConfiguration.Builder()
                                .seed(1)
                                .updater(new Sgd(0.3))
                                .list()
                                .layer(
                                        new ConvolutionLayer.Builder(1, 1)
                                                .nOut(CLASSES)
                                                .activation(Activation.IDENTITY)
                                                .build())
                                .layer(
                                        new SegmentationLossLayer.Builder(
                                                        LossCrossEntropy.builder()
                                                                .classWeights(weights)
                                                                .ignoreIndex(VOID)
                                                                .build())
                                                .activation(Activation.SOFTMAX)
                                                .build())
                                .setInputType(InputType.convolutional(5, 5, 2))
                                .build());
        net.init();
        DataSet all = DataSet.merge(images);
        double before = net.score(all);
        assertThat(before)
                .isCloseTo(
                        weightedCrossEntropy(
                                net.output(all.getFeatures()), all.getLabels(), weights),
                        within(1e-5));
        net.fit(iterator, 20);
        assertThat(net.score(all)).isLessThan(0.5 * before);
    }
}
