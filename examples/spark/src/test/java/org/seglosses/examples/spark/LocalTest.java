package org.seglosses.examples.spark;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.seglosses.dl4j.LossCombined;
import org.seglosses.dl4j.LossCrossEntropy;
import org.seglosses.dl4j.evaluation.SegmentationEvaluation;
import org.seglosses.dl4j.layer.SegmentationHead;
import org.seglosses.examples.earth.EarthTiles;
import org.seglosses.onednn.OneDnn;
import org.seglosses.samediff.loss.CrossEntropy;
import org.seglosses.samediff.loss.Dice;
import org.seglosses.samediff.loss.NormalizeBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

class LocalTest {

    private static final int WORKERS = 2;

    private static final int PER_STEP = WORKERS * Averaging.BATCH;

    private static final ISchedule SECOND_STEP =
            new MapSchedule.Builder(ScheduleType.ITERATION).add(0, 0).add(1, 1).build();

    private static final CrossEntropy CROSS_ENTROPY =
            CrossEntropy.builder()
                    .normalizeBy(NormalizeBy.ALL_PIXELS)
                    .ignoreIndex(EarthTiles.VOID)
                    .build();

    private static final Dice DICE =
            Dice.builder().perImage(true).ignoreIndex(EarthTiles.VOID).build();

    private static JavaSparkContext spark;

    private static TileFiles files;

    @BeforeAll
    static void start(@TempDir Path directory) throws IOException {
        OneDnn.enable();
        files = TileFiles.write(directory);
        spark =
                new JavaSparkContext(
                        new SparkConf()
                                .setMaster(SparkOptions.LOCAL)
                                .setAppName("test")
                                .set("spark.ui.enabled", "false")
                                .set("spark.driver.host", "127.0.0.1")
                                .set("spark.driver.bindAddress", "127.0.0.1"));
    }

    @AfterAll
    static void stop() {
        spark.close();
    }

    static Stream<ParityCase> meansOverImages() {
        return ParityCase.ALL.stream().filter(ParityCase::meanOverImages);
    }

    static Stream<ParityCase> coupled() {
        return ParityCase.ALL.stream().filter(each -> !each.meanOverImages());
    }

    @ParameterizedTest
    @MethodSource("meansOverImages")
    void twoWorkersAreOneMachineWithTwiceTheBatch(ParityCase each) {
        INDArray alone = alone(each);
        assertThat(ParityCase.difference(alone, each.network().params()))
                .isGreaterThan(10 * Parity.LIMIT);
        assertThat(ParityCase.difference(onSpark(each), alone)).isLessThan(Parity.LIMIT);
    }

    /** Each worker sees its own batch alone. */
    @ParameterizedTest
    @MethodSource("coupled")
    void aLossThatIsNoMeanOverImagesDiffers(ParityCase each) {
        assertThat(ParityCase.difference(onSpark(each), alone(each))).isGreaterThan(Parity.LIMIT);
    }

    @ParameterizedTest
    @EnumSource
    void partsAreMergedToTheEvaluationOfAll(Architecture architecture) {
        SegmentationEvaluation alone =
                new OneMachine(network(architecture), PER_STEP).evaluate(files.heldOut());
        SegmentationEvaluation merged =
                Learner.onSpark(network(architecture), spark, WORKERS, Averaging.every(1, WORKERS))
                        .evaluate(files.heldOut());
        assertThat(merged.pixels()).isEqualTo(alone.pixels());
        assertThat(merged.confusion()).isDeepEqualTo(alone.confusion());
        assertThat(merged.boundaryF1()).isEqualTo(alone.boundaryF1());
    }

    private static LossCombined scheduled() {
        return LossCombined.builder().add(1, CROSS_ENTROPY).add(SECOND_STEP, DICE).build();
    }

    private static LossCombined constant(double weight) {
        return LossCombined.builder().add(1, CROSS_ENTROPY).add(weight, DICE).build();
    }

    private static ParityCase with(LossCombined loss, Architecture architecture) {
        return new ParityCase("sum", loss, architecture, true);
    }

    /** A graph's iteration stands still on Spark, so that each phase is given its weight. */
    @Test
    void weightsOfAGraphByPhases() {
        INDArray alone = alone(with(scheduled(), Architecture.UNET));
        ComputationGraph graph = (ComputationGraph) with(constant(0), Architecture.UNET).network();
        String output = graph.getConfiguration().getNetworkOutputs().get(0);
        for (int phase = 0; phase < 2; phase++) {
            graph =
                    SegmentationHead.replaceOutput(
                            graph, output, constant(SECOND_STEP.valueAt(phase, 0)));
            Learner learner = Learner.onSpark(graph, spark, WORKERS, Averaging.every(1, WORKERS));
            learner.fit(tiles().subList(phase * PER_STEP, (phase + 1) * PER_STEP));
            graph = (ComputationGraph) learner.network();
        }
        assertThat(ParityCase.difference(graph.params(), alone)).isLessThan(Parity.LIMIT);
        INDArray still = onSpark(with(scheduled(), Architecture.UNET));
        assertThat(ParityCase.difference(still, onSpark(with(constant(0), Architecture.UNET))))
                .isZero();
        assertThat(ParityCase.difference(still, alone)).isGreaterThan(Parity.LIMIT);
    }

    /** A MultiLayerNetwork's iteration goes on: there a schedule works. */
    @Test
    void schedulesOfLayers() {
        ParityCase each = with(scheduled(), Architecture.SEQUENTIAL);
        INDArray alone = alone(each);
        assertThat(ParityCase.difference(onSpark(each), alone)).isLessThan(Parity.LIMIT);
        assertThat(ParityCase.difference(alone(with(constant(0), Architecture.SEQUENTIAL)), alone))
                .isGreaterThan(Parity.LIMIT);
    }

    private static NeuralNetwork network(Architecture architecture) {
        return architecture.create(
                LossCrossEntropy.builder().ignoreIndex(EarthTiles.VOID).build(), new Sgd(0.1));
    }

    private static INDArray alone(ParityCase each) {
        return ParityCase.afterSteps(new OneMachine(each.network(), PER_STEP), tiles(), PER_STEP);
    }

    private static INDArray onSpark(ParityCase each) {
        return ParityCase.afterSteps(
                Learner.onSpark(each.network(), spark, WORKERS, Averaging.every(1, WORKERS)),
                tiles(),
                PER_STEP);
    }

    private static List<String> tiles() {
        return files.some(2 * PER_STEP);
    }
}
