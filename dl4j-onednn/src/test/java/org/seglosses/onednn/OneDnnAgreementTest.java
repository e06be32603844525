package org.seglosses.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;
import static org.assertj.core.api.Assumptions.assumeThat;

import org.deeplearning4j.gradientcheck.GradientCheckUtil;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.NoOp;
import org.nd4j.linalg.learning.config.Sgd;

import java.util.Random;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** A network trains on oneDNN as it does without: same scores, gradients and predictions. */
class OneDnnAgreementTest {

    private static final int STEPS = 20;

    /** Small enough that rounding is not amplified from step to step. */
    private static final double RATE = 1e-3;

    /** Relative. Two orders of summation in float differ by 7e-7 here. */
    private static final double TOLERANCE = 5e-6;

    private static final String[] LAYERS = {"down", "downNorm", "maxPool", "strided", "avgPool"};

    @BeforeEach
    void oneDnnIsThere() {
        assumeThat(OneDnn.enable().natives().holds()).as("natives with oneDNN").isTrue();
    }

    @AfterEach
    void switchOff() {
        OneDnn.disable();
    }

    @Test
    void segmentationNetworksAgree() {
        Random random = new Random(1);
        Pair nets = Pair.of(() -> Nets.unet(DataType.FLOAT, new Sgd(RATE)), LAYERS);
        // Batches of two sizes: the helpers keep their arguments from call to call.
        nets.train(step -> Nets.pixels(random, DataType.FLOAT, step % 5 == 4 ? 3 : 4, 16, 16));
        assertThat(nets.distance()).as("another path, so not the very same bits").isPositive();
        nets.predict(Nets.images(random, DataType.FLOAT, 2, 3, 16, 16));
        nets.predict(Nets.images(random, DataType.FLOAT, 1, 3, 40, 24));
    }

    @ParameterizedTest
    @EnumSource(CNN2DFormat.class)
    void classifiersAgreeInBothLayouts(CNN2DFormat format) {
        Random random = new Random(2);
        Pair nets = Pair.of(() -> Nets.classifier(DataType.FLOAT, new Sgd(RATE), format), LAYERS);
        nets.train(step -> Nets.classes(random, DataType.FLOAT, format, step % 5 == 4 ? 3 : 4));
        nets.predict(Nets.classes(random, DataType.FLOAT, format, 2).getFeatures());
    }

    @Test
    void whatOneDnnRefusesFallsBack() {
        Random random = new Random(5);
        Pair nets = Pair.of(() -> Nets.dilated(new Sgd(RATE)), "dilated");
        nets.train(step -> Nets.pixels(random, DataType.FLOAT, 2, 16, 16));
        assertThat(nets.distance()).isZero();
    }

    @Test
    void doubleNetworksAreUntouched() {
        Random random = new Random(3);
        Pair nets = Pair.of(() -> Nets.unet(DataType.DOUBLE, new Sgd(RATE)), LAYERS);
        nets.train(step -> Nets.pixels(random, DataType.DOUBLE, 2, 16, 16));
        assertThat(nets.distance()).isZero();
    }

    @Test
    void doubleNetworksPassTheGradientCheck() {
        DataType usual = Nd4j.defaultFloatingPointType();
        Nd4j.setDefaultDataTypes(DataType.DOUBLE, DataType.DOUBLE);
        try {
            ComputationGraph net = Nets.tiny(DataType.DOUBLE, new NoOp());
            assertThat(Nets.helpers(net, "down", "downNorm", "maxPool")).doesNotContainNull();
            DataSet data = Nets.pixels(new Random(4), DataType.DOUBLE, 2, 8, 8);
            assertThat(
                            GradientCheckUtil.checkGradients(
                                    new GradientCheckUtil.GraphConfig()
                                            .net(net)
                                            .epsilon(1e-6)
                                            .maxRelError(1e-4)
                                            .minAbsoluteError(1e-7)
                                            .excludeParams(runningStatistics(net))
                                            .inputs(new INDArray[] {data.getFeatures()})
                                            .labels(new INDArray[] {data.getLabels()})))
                    .isTrue();
        } finally {
            Nd4j.setDefaultDataTypes(usual, usual);
        }
    }

    /** They have an update of their own and no gradient. */
    private static Set<String> runningStatistics(ComputationGraph net) {
        return net.paramTable().keySet().stream()
                .filter(name -> name.matches("downNorm_(mean|var|log10stdev)"))
                .collect(Collectors.toSet());
    }

    /** The same network twice. */
    private record Pair(ComputationGraph plain, ComputationGraph fast) {

        static Pair of(Supplier<ComputationGraph> recipe, String... layers) {
            OneDnn.disable();
            ComputationGraph plain = recipe.get();
            OneDnn.enable();
            ComputationGraph fast = recipe.get();
            assertThat(Nets.helpers(plain, layers)).as("without oneDNN").containsOnlyNulls();
            assertThat(Nets.helpers(fast, layers)).as("with oneDNN").doesNotContainNull();
            assertThat(fast.params()).isEqualTo(plain.params());
            return new Pair(plain, fast);
        }

        void train(IntFunction<DataSet> data) {
            for (int step = 0; step < STEPS; step++) {
                DataSet batch = data.apply(step);
                plain.fit(batch);
                fast.fit(batch);
                assertThat(fast.score())
                        .as("score of step %d", step)
                        .isCloseTo(plain.score(), withinPercentage(100 * TOLERANCE));
                assertClose("gradient", step, gradient(fast), gradient(plain));
                assertClose("parameters", step, fast.params(), plain.params());
            }
        }

        double distance() {
            return fast.params().sub(plain.params()).norm2Number().doubleValue();
        }

        void predict(INDArray images) {
            assertClose("prediction", STEPS, fast.outputSingle(images), plain.outputSingle(images));
        }

        private static INDArray gradient(ComputationGraph net) {
            return net.getFlattenedGradients();
        }

        private static void assertClose(String what, int step, INDArray fast, INDArray plain) {
            double size = plain.norm2Number().doubleValue();
            assertThat(size).as("%s of step %d", what, step).isFinite().isPositive();
            assertThat(fast.sub(plain).norm2Number().doubleValue() / size)
                    .as("relative difference, %s of step %d", what, step)
                    .isLessThan(TOLERANCE);
        }
    }
}
