package org.seglosses.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.earlystopping.EarlyStoppingConfiguration;
import org.deeplearning4j.earlystopping.saver.InMemoryModelSaver;
import org.deeplearning4j.earlystopping.scorecalc.DataSetLossCalculator;
import org.deeplearning4j.earlystopping.termination.MaxEpochsTerminationCondition;
import org.deeplearning4j.earlystopping.trainer.EarlyStoppingGraphTrainer;
import org.deeplearning4j.earlystopping.trainer.EarlyStoppingTrainer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.parallelism.ParallelWrapper;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.seglosses.dl4j.layer.LossComponentsListener;
import org.seglosses.dl4j.layer.LossComponentsListener.Report;
import org.seglosses.dl4j.layer.SegmentationLossLayer;
import org.seglosses.samediff.loss.Boundary;
import org.seglosses.samediff.loss.CrossEntropy;
import org.seglosses.samediff.loss.Mode;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;

/** Weights that follow schedules, and the components of sums, in both kinds of networks. */
class SchedulesInNetworksTest {

    private static final CrossEntropy CROSS_ENTROPY = CrossEntropy.builder().build();
    private static final Boundary BOUNDARY = Boundary.builder().build();

    /** The times that each kind of schedule has been asked for. */
    private static final List<TrainingTime> WEIGHTS =
            Collections.synchronizedList(new ArrayList<>());

    private static final List<TrainingTime> RATES = Collections.synchronizedList(new ArrayList<>());

    /** A schedule that notes when it is asked. */
    public static final class Noting implements ISchedule {

        private static final long serialVersionUID = 1L;

        private final boolean rate;

        public Noting(@JsonProperty("rate") boolean rate) {
            this.rate = rate;
        }

        @JsonProperty("rate")
        public boolean rate() {
            return rate;
        }

        @Override
        public double valueAt(int iteration, int epoch) {
            (rate ? RATES : WEIGHTS).add(new TrainingTime(iteration, epoch));
            return rate ? 0.01 : 0.5;
        }

        @Override
        public ISchedule clone() {
            return new Noting(rate);
        }
    }

    @BeforeEach
    void reset() {
        nothingNoted();
    }

    private static void nothingNoted() {
        WEIGHTS.clear();
        RATES.clear();
    }

    private static Networks noting() {
        return Networks.of(
                        LossCombined.builder()
                                .add(1, CROSS_ENTROPY)
                                .add(new Noting(false), BOUNDARY)
                                .build(),
                        Mode.MULTICLASS)
                .updater(new Sgd(new Noting(true)));
    }

    private static DataSet batch(Networks networks, long seed) {
        return networks.data(Sample.of(Mode.MULTICLASS, DataType.DOUBLE, seed), false, false);
    }

    private static ExistingDataSetIterator batches(Networks networks) {
        return new ExistingDataSetIterator(
                List.of(batch(networks, 1), batch(networks, 2), batch(networks, 3)));
    }

    /** What a training did: the times of its steps, which both schedules must have seen alike. */
    private static List<TrainingTime> steps(Runnable training) {
        nothingNoted();
        training.run();
        List<TrainingTime> weights = List.copyOf(WEIGHTS);
        // each of two layers with parameters asks for the rate, or their block does once
        assertThat(RATES.stream().distinct().toList()).isEqualTo(weights);
        nothingNoted();
        return weights;
    }

    private static List<TrainingTime> times(int... iterationsAndEpochs) {
        List<TrainingTime> times = new ArrayList<>();
        for (int i = 0; i < iterationsAndEpochs.length; i += 2) {
            times.add(new TrainingTime(iterationsAndEpochs[i], iterationsAndEpochs[i + 1]));
        }
        return times;
    }

    /** The time of a call outside of training. */
    private static List<TrainingTime> asked(Runnable call) {
        nothingNoted();
        call.run();
        assertThat(RATES).isEmpty();
        return List.copyOf(WEIGHTS);
    }

    @Test
    void timesInLayers(@TempDir Path directory) throws Exception {
        Networks networks = noting();
        MultiLayerNetwork net = networks.layers();
        DataSet data = batch(networks, 1);
        assertThat(asked(() -> net.score(data))).isEqualTo(times(0, 0));
        assertThat(steps(() -> net.fit(data))).isEqualTo(times(0, 0));
        assertThat(steps(() -> net.fit(data))).isEqualTo(times(1, 0));
        assertThat(steps(() -> net.fit(batches(networks), 2)))
                .isEqualTo(times(2, 0, 3, 0, 4, 0, 5, 1, 6, 1, 7, 1));
        assertThat(asked(() -> net.score(data))).isEqualTo(times(8, 2));
        assertThat(asked(() -> net.scoreExamples(data, true))).isEqualTo(times(8, 2));
        File file = directory.resolve("net.zip").toFile();
        ModelSerializer.writeModel(net, file, true);
        MultiLayerNetwork restored = ModelSerializer.restoreMultiLayerNetwork(file);
        assertThat(asked(() -> restored.score(data))).isEqualTo(times(8, 2));
        assertThat(steps(() -> restored.fit(batches(networks))))
                .isEqualTo(times(8, 2, 9, 2, 10, 2));
        assertThat(steps(() -> net.clone().fit(data))).isEqualTo(times(8, 2));
        net.setIterationCount(100);
        net.setEpochCount(20);
        assertThat(steps(() -> net.fit(data))).isEqualTo(times(100, 20));
    }

    @Test
    void timesInAGraph(@TempDir Path directory) throws Exception {
        Networks networks = noting();
        ComputationGraph net = networks.graph();
        DataSet data = batch(networks, 1);
        assertThat(asked(() -> net.score(data))).isEqualTo(times(0, 0));
        assertThat(steps(() -> net.fit(data))).isEqualTo(times(0, 0));
        assertThat(steps(() -> net.fit(data))).isEqualTo(times(1, 0));
        assertThat(steps(() -> net.fit(batches(networks), 2)))
                .isEqualTo(times(2, 0, 3, 0, 4, 0, 5, 1, 6, 1, 7, 1));
        assertThat(asked(() -> net.score(data))).isEqualTo(times(8, 2));
        assertThat(asked(() -> net.scoreExamples(data, true))).isEqualTo(times(8, 2));
        File file = directory.resolve("net.zip").toFile();
        ModelSerializer.writeModel(net, file, true);
        ComputationGraph restored = ModelSerializer.restoreComputationGraph(file);
        assertThat(asked(() -> restored.score(data))).isEqualTo(times(8, 2));
        assertThat(steps(() -> restored.fit(batches(networks))))
                .isEqualTo(times(8, 2, 9, 2, 10, 2));
        // DL4J's clone of a graph drops both counts, for rates as for weights
        assertThat(steps(() -> net.clone().fit(data))).isEqualTo(times(0, 0));
    }

    private static <T extends Model> EarlyStoppingConfiguration<T> twoEpochs(Networks networks) {
        ExistingDataSetIterator one = new ExistingDataSetIterator(List.of(batch(networks, 4)));
        return new EarlyStoppingConfiguration.Builder<T>()
                .epochTerminationConditions(new MaxEpochsTerminationCondition(2))
                .scoreCalculator(new DataSetLossCalculator(one, true))
                .modelSaver(new InMemoryModelSaver<>())
                .build();
    }

    /** Three steps and a score, twice. */
    @Test
    void timesInEarlyStopping() {
        Networks networks = noting();
        List<TrainingTime> expected = times(0, 0, 1, 0, 2, 0, 3, 0, 3, 1, 4, 1, 5, 1, 6, 1);
        List<TrainingTime> steps = times(0, 0, 1, 0, 2, 0, 3, 1, 4, 1, 5, 1);
        new EarlyStoppingTrainer(twoEpochs(networks), networks.layers(), batches(networks)).fit();
        assertThat(WEIGHTS).isEqualTo(expected);
        assertThat(RATES.stream().distinct().toList()).isEqualTo(steps);
        nothingNoted();
        new EarlyStoppingGraphTrainer(twoEpochs(networks), networks.graph(), batches(networks))
                .fit();
        assertThat(WEIGHTS).isEqualTo(expected);
        assertThat(RATES.stream().distinct().toList()).isEqualTo(steps);
    }

    /** Its workers count their own steps, and nobody their epochs: for rates as for weights. */
    @Test
    void timesInAParallelWrapper() {
        Networks networks = noting();
        MultiLayerNetwork net = networks.layers();
        ParallelWrapper wrapper =
                new ParallelWrapper.Builder<>(net).workers(2).averagingFrequency(1).build();
        List<DataSet> data = List.of(batch(networks, 1), batch(networks, 2));
        try {
            wrapper.fit(new ExistingDataSetIterator(data));
            wrapper.fit(new ExistingDataSetIterator(data));
        } finally {
            wrapper.shutdown();
        }
        // a worker starts from the count that the network has reached when its thread begins
        assertThat(WEIGHTS)
                .hasSize(4)
                .contains(new TrainingTime(0, 0), new TrainingTime(1, 0))
                .allMatch(time -> time.epoch() == 0)
                .hasSameElementsAs(RATES);
    }

    private static LossCombined sum(ISchedule weight) {
        return LossCombined.builder().add(1, CROSS_ENTROPY).add(weight, BOUNDARY).build();
    }

    /** Each step is that of a network with the constant weights of the moment. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void stepsAreThoseOfConstantWeights(boolean asGraph) {
        ISchedule schedule =
                new MapSchedule.Builder(ScheduleType.ITERATION)
                        .add(0, 0)
                        .add(2, 0.7)
                        .add(3, 3)
                        .build();
        double[] byHand = {0, 0, 0.7, 3, 3};
        NeuralNetwork net = network(sum(schedule), asGraph);
        for (double weight : byHand) {
            INDArray before = net.params().dup();
            NeuralNetwork constant =
                    network(
                            LossCombined.builder()
                                    .add(1, CROSS_ENTROPY)
                                    .add(weight, BOUNDARY)
                                    .build(),
                            asGraph);
            ((Model) constant).setParams(before);
            DataSet data = batch(noting(), 5);
            net.fit(data);
            constant.fit(data);
            assertThat(net.params()).isEqualTo(constant.params()).isNotEqualTo(before);
            assertThat(((Model) net).score()).isEqualTo(((Model) constant).score());
        }
    }

    private static NeuralNetwork network(ILossFunction loss, boolean asGraph) {
        Networks networks = Networks.of(loss, Mode.MULTICLASS).updater(new Sgd(0.1)).l2(0.01);
        return asGraph ? networks.graph() : networks.layers();
    }

    /** A component of weight 0 has no influence, and its gradient no NaN. */
    @Test
    void aPhaseOfWeightZero() {
        ISchedule schedule =
                new MapSchedule.Builder(ScheduleType.EPOCH).add(0, 0).add(1, 0.5).build();
        MultiLayerNetwork net = (MultiLayerNetwork) network(sum(schedule), false);
        MultiLayerNetwork alone =
                (MultiLayerNetwork) network(new LossCrossEntropy(CROSS_ENTROPY), false);
        net.fit(batches(noting()));
        alone.fit(batches(noting()));
        assertThat(net.params()).isEqualTo(alone.params());
        net.fit(batches(noting()));
        alone.fit(batches(noting()));
        assertThat(net.params()).isNotEqualTo(alone.params());
        assertThat(net.params().toDoubleVector()).doesNotContain(Double.NaN);
    }

    /** The score that a layer remembers is that of its time. */
    @Test
    void theScoreFollowsTheTime() {
        ISchedule schedule =
                new MapSchedule.Builder(ScheduleType.ITERATION).add(0, 0).add(1, 1).build();
        Networks networks = Networks.of(sum(schedule), Mode.MULTICLASS);
        DataSet data = batch(networks, 6);
        MultiLayerNetwork net = networks.layers();
        double first = net.score(data);
        net.setInput(data.getFeatures());
        net.setLabels(data.getLabels());
        net.computeGradientAndScore();
        assertThat(net.score()).isEqualTo(first);
        net.setIterationCount(1);
        net.computeGradientAndScore();
        double boundary =
                Networks.of(new LossBoundary(BOUNDARY), Mode.MULTICLASS).layers().score(data);
        assertThat(net.score()).isCloseTo(first + boundary, within(1e-12));
    }

    @Test
    void ownLayersOfDl4jRefuseASchedule() {
        Networks networks =
                Networks.of(
                                sum(new Noting(false)).imageSize(Sample.HEIGHT, Sample.WIDTH),
                                Mode.MULTICLASS)
                        .flat();
        DataSet data = networks.data(Sample.of(Mode.MULTICLASS, DataType.DOUBLE, 7), true, false);
        for (NeuralNetwork net : List.of(networks.layers(), networks.graph())) {
            INDArray before = net.params().dup();
            assertThatThrownBy(() -> net.fit(data))
                    .isExactlyInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("weight", "LossCombined", "SegmentationLossLayer");
            assertThat(net.params()).isEqualTo(before);
        }
        assertThat(WEIGHTS).isEmpty();
    }

    private static double score(ILossFunction loss, INDArray parameters, DataSet data) {
        MultiLayerNetwork net = Networks.of(loss, Mode.MULTICLASS).layers();
        net.setParams(parameters);
        return net.score(data);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void componentsWhileTraining(boolean asGraph) {
        ISchedule schedule =
                new MapSchedule.Builder(ScheduleType.EPOCH).add(0, 0).add(1, 0.25).build();
        NeuralNetwork net = network(sum(schedule), asGraph);
        List<Report> reports = new ArrayList<>();
        listen(net, reports::add);
        for (int epoch = 0; epoch < 2; epoch++) {
            DataSet data = batch(noting(), epoch);
            INDArray before = net.params().dup();
            net.fit(new ExistingDataSetIterator(List.of(data)));
            assertThat(reports).hasSize(epoch + 1);
            Report report = reports.get(epoch);
            assertThat(report.layer()).isEqualTo(asGraph ? "out" : "layer2");
            assertThat(report.time()).isEqualTo(new TrainingTime(epoch, epoch));
            assertThat(report.components())
                    .extracting(LossComponent::loss)
                    .containsExactly(CROSS_ENTROPY, BOUNDARY);
            assertThat(report.components())
                    .extracting(LossComponent::weight)
                    .containsExactly(1.0, epoch == 0 ? 0 : 0.25);
            double crossEntropy = score(new LossCrossEntropy(CROSS_ENTROPY), before, data);
            double boundary = score(new LossBoundary(BOUNDARY), before, data);
            assertThat(report.components().get(0).value()).isCloseTo(crossEntropy, within(1e-12));
            assertThat(report.components().get(1).value()).isCloseTo(boundary, within(1e-12));
            assertThat(report.loss())
                    .isCloseTo(crossEntropy + (epoch == 0 ? 0 : 0.25) * boundary, within(1e-12))
                    // the network's has the weight decay too
                    .isLessThan(((Model) net).score());
        }
    }

    private static void listen(NeuralNetwork net, Consumer<Report> consumer) {
        ((Model) net).addListeners(new LossComponentsListener(consumer));
    }

    @Test
    void aLossThatIsNoSum() {
        NeuralNetwork net = network(new LossBoundary(BOUNDARY), false);
        List<Report> reports = new ArrayList<>();
        listen(net, reports::add);
        DataSet data = batch(noting(), 8);
        double expected = score(new LossBoundary(BOUNDARY), net.params(), data);
        net.fit(data);
        assertThat(reports).hasSize(1);
        assertThat(reports.get(0).components()).hasSize(1);
        assertThat(reports.get(0).components().get(0).weight()).isEqualTo(1);
        assertThat(reports.get(0).loss()).isCloseTo(expected, within(1e-12));
    }

    @Test
    void severalOutputs() {
        ComputationGraphConfiguration conf =
                new NeuralNetConfiguration.Builder()
                        .dataType(DataType.DOUBLE)
                        .seed(1)
                        .graphBuilder()
                        .addInputs("in")
                        .addLayer(
                                "logits",
                                new ConvolutionLayer.Builder(1, 1)
                                        .nOut(3)
                                        .activation(Activation.IDENTITY)
                                        .build(),
                                "in")
                        .addLayer("one", output(new LossCrossEntropy(CROSS_ENTROPY)), "logits")
                        .addLayer("two", output(sum(new Noting(false))), "logits")
                        .setOutputs("one", "two")
                        .setInputTypes(
                                InputType.convolutional(
                                        Sample.HEIGHT, Sample.WIDTH, Networks.INPUTS))
                        .build();
        ComputationGraph net = new ComputationGraph(conf);
        net.init();
        List<Report> reports = new ArrayList<>();
        listen(net, reports::add);
        DataSet data = batch(noting(), 9);
        INDArray labels = data.getLabels();
        net.fit(
                new MultiDataSet(
                        new INDArray[] {data.getFeatures()}, new INDArray[] {labels, labels}));
        assertThat(reports).extracting(Report::layer).containsExactlyInAnyOrder("one", "two");
        assertThat(reports.stream().mapToDouble(Report::loss).sum())
                .isCloseTo(net.score(), within(1e-12));
    }

    private static SegmentationLossLayer output(ILossFunction loss) {
        return new SegmentationLossLayer.Builder(loss).activation(Activation.SOFTMAX).build();
    }

    @Test
    void listenersNeedAConsumer() {
        assertThatThrownBy(() -> new LossComponentsListener(null))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage("consumer must be given, got null");
    }
}
