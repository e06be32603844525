package org.seglosses.examples.earth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Adam;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

class UNetTest {

    private static final CosineDecay DECAY = new CosineDecay(3e-3, 10);

    @Test
    void everyLossStartsFromTheSameWeights() {
        ComputationGraph first = create(NamedLoss.ALL.get(0), 7);
        for (NamedLoss loss : NamedLoss.EVERY) {
            Map<String, INDArray> weights = create(loss, 7).paramTable();
            assertThat(weights).hasSameSizeAs(first.paramTable());
            weights.forEach(
                    (name, values) -> {
                        if (!name.startsWith("logits") || loss.channels(2) == 2) {
                            assertThat(values).as(name).isEqualTo(first.getParam(name));
                        }
                    });
        }
        assertThat(create(NamedLoss.ALL.get(0), 8).params()).isNotEqualTo(first.params());
    }

    @Test
    void weightsAndBiasesAreUniformWithinTheInverseRootOfTheFanIn() {
        ComputationGraph net = create(NamedLoss.ALL.get(0), 1);
        // Second convolution of the first level: 16 channels in, 3 x 3.
        double bound = 1 / Math.sqrt(16 * 9);
        INDArray weights = net.getLayer("down1b").getParam("W");
        assertThat(weights.shape()).containsExactly(16, 16, 3, 3);
        assertThat(weights.amaxNumber().doubleValue()).isBetween(0.98 * bound, bound);
        assertThat(weights.meanNumber().doubleValue()).isCloseTo(0, within(0.1 * bound));
        INDArray biases = net.getLayer("down1b").getParam("b");
        assertThat(biases.amaxNumber().doubleValue()).isBetween(0.5 * bound, bound);
    }

    @Test
    void hasTheParametersOfItsDescription() {
        // 3-16-16, 16-32-32, 32-48-48, 80-32-32, 48-16-16 with 3 x 3 kernels, 16-2 with 1 x 1.
        int expected =
                parameters(3, 16, 9)
                        + parameters(16, 16, 9)
                        + parameters(16, 32, 9)
                        + parameters(32, 32, 9)
                        + parameters(32, 48, 9)
                        + parameters(48, 48, 9)
                        + parameters(80, 32, 9)
                        + parameters(32, 32, 9)
                        + parameters(48, 16, 9)
                        + parameters(16, 16, 9)
                        + parameters(16, 2, 1);
        assertThat(create(NamedLoss.ALL.get(0), 1).numParams()).isEqualTo(expected);
    }

    @Test
    void theConfigurationSurvivesJson() {
        ComputationGraphConfiguration conf = create(NamedLoss.ALL.get(0), 1).getConfiguration();
        ComputationGraph again =
                new ComputationGraph(ComputationGraphConfiguration.fromJson(conf.toJson()));
        again.init();
        Adam adam = (Adam) again.getLayer("down1a").conf().getLayer().getUpdaterByParam("W");
        assertThat(adam.getLearningRateSchedule()).isEqualTo(DECAY);
    }

    @Test
    void theStepSizeFallsToZeroAlongACosineAStepAtATime() {
        assertThat(DECAY.valueAt(0, 3)).isEqualTo(3e-3);
        assertThat(DECAY.valueAt(5, 0)).isCloseTo(1.5e-3, within(1e-12));
        assertThat(DECAY.valueAt(2, 0))
                .isCloseTo(1.5e-3 * (1 + Math.cos(0.2 * Math.PI)), within(1e-12));
        assertThat(DECAY.valueAt(10, 0)).isZero();
        assertThat(DECAY.valueAt(11, 0)).isZero();
    }

    @Test
    void theNetworkHearsOfEachStep() {
        // The rate is 0 after one step: a second one must change nothing.
        NamedLoss loss = NamedLoss.ALL.get(0);
        ComputationGraph net =
                UNet.create(1, 2, loss.layer(), new Adam(new CosineDecay(3e-3, 1)), 1);
        Batch batch =
                Batch.of(Scenes.region(1, 1, (x, y) -> x < 40 ? 1 : 0), List.of(new Tile(0, 0)));
        INDArray start = net.params().dup();
        net.fit(loss.dataSet(batch, 2));
        INDArray once = net.params().dup();
        net.fit(loss.dataSet(batch, 2));
        assertThat(once).isNotEqualTo(start);
        assertThat(net.params()).isEqualTo(once);
    }

    @Test
    void theOutputIsTheSoftmaxOfTheLogitsForEveryLoss() {
        // With oneDNN's natives on the class path, ND4J's softmax over axis 1 of 4 is wrong.
        INDArray input = Batch.of(Scenes.region(2, 1, (x, y) -> x / 9 % 2), tiles(2)).input();
        for (NamedLoss loss : NamedLoss.ALL) {
            assertThat(loss.activation()).isEqualTo(Activation.SOFTMAX);
            ComputationGraph net = UNet.create(1, 3, loss.layer(), new Adam(DECAY), 1);
            Map<String, INDArray> activations = net.feedForward(input, false);
            double[] logits = activations.get("logits").dup('c').data().asDouble();
            double[] output = activations.get("loss").dup('c').data().asDouble();
            for (int n = 0; n < 2; n++) {
                for (int i = 0; i < Tile.PIXELS; i += 97) {
                    double sum = 0;
                    for (int c = 0; c < 3; c++) {
                        sum += Math.exp(logits[(3 * n + c) * Tile.PIXELS + i]);
                    }
                    for (int c = 0; c < 3; c++) {
                        int at = (3 * n + c) * Tile.PIXELS + i;
                        assertThat(output[at]).isCloseTo(Math.exp(logits[at]) / sum, within(1e-5));
                    }
                }
            }
        }
    }

    private static List<Tile> tiles(int count) {
        return IntStream.range(0, count).mapToObj(column -> new Tile(0, column)).toList();
    }

    private static int parameters(int in, int out, int kernel) {
        return in * out * kernel + out;
    }

    private static ComputationGraph create(NamedLoss loss, long seed) {
        return UNet.create(3, loss.channels(2), loss.layer(), new Adam(DECAY), seed);
    }
}
