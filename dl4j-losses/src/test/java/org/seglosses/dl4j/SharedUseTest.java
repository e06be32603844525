package org.seglosses.dl4j;

import static org.assertj.core.api.Assertions.assertThat;

import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.parallelism.ParallelWrapper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Sgd;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Losses that threads, networks and shapes share. */
class SharedUseTest {

    private static final int THREADS = 8;

    @BeforeEach
    @AfterEach
    void coldWithDefaultMemory() {
        System.clearProperty(LossPrograms.MEMORY);
        LossPrograms.clear();
    }

    private record Outcome(double value, double[] gradient) {

        static Outcome of(SegmentationLossFunction<?> loss, Sample sample) {
            Pair<Double, INDArray> pair =
                    loss.computeGradientAndScore(
                            sample.classes(),
                            sample.logits(),
                            sample.activationFunction(),
                            null,
                            false);
            return new Outcome(
                    pair.getFirst(),
                    pair.getSecond().castTo(DataType.DOUBLE).dup('c').data().asDouble());
        }

        void assertSame(Outcome other) {
            assertThat(value).isEqualTo(other.value);
            assertThat(gradient).isEqualTo(other.gradient);
        }
    }

    /** All start at once, with nothing built yet. */
    @ParameterizedTest
    @EnumSource
    void coldThreadsAgreeWithOne(Losses loss) throws Exception {
        Sample[] samples = new Sample[THREADS];
        Outcome[] alone = new Outcome[THREADS];
        for (int t = 0; t < THREADS; t++) {
            // two threads a shape: some share a program's key, some do not
            samples[t] =
                    Sample.of(loss.mode(), DataType.FLOAT, 70 + t, 2, 20 + t / 2, 30).withVoid();
            alone[t] = Outcome.of(loss.function(), samples[t]);
        }
        LossPrograms.clear();
        CyclicBarrier start = new CyclicBarrier(THREADS);
        List<Callable<Outcome[]>> tasks = new ArrayList<>();
        for (Sample sample : samples) {
            tasks.add(
                    () -> {
                        start.await();
                        Outcome[] outcomes = new Outcome[5];
                        for (int i = 0; i < outcomes.length; i++) {
                            outcomes[i] = Outcome.of(loss.function(), sample);
                        }
                        return outcomes;
                    });
        }
        ExecutorService pool = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<Outcome[]>> results = pool.invokeAll(tasks);
            for (int t = 0; t < THREADS; t++) {
                for (Outcome each : results.get(t).get()) {
                    each.assertSame(alone[t]);
                }
            }
        } finally {
            pool.shutdown();
        }
    }

    /** As in training with batches of different sizes and evaluation in between. */
    @ParameterizedTest
    @ValueSource(longs = {0, 1024})
    void lossesAndShapesInterleaved(long mebibytes) {
        List<Losses> losses = List.of(Losses.BOUNDARY, Losses.LOVASZ_SOFTMAX);
        Outcome[][] fresh = new Outcome[losses.size()][4];
        Sample[] samples = new Sample[4];
        for (int i = 0; i < samples.length; i++) {
            samples[i] = Sample.of(losses.get(0).mode(), DataType.FLOAT, 80 + i, 1 + i, 9, 8 + i);
            for (int k = 0; k < losses.size(); k++) {
                LossPrograms.clear();
                fresh[k][i] = Outcome.of(losses.get(k).function(), samples[i]);
            }
        }
        System.setProperty(LossPrograms.MEMORY, Long.toString(mebibytes));
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < samples.length; i++) {
                for (int k = 0; k < losses.size(); k++) {
                    Outcome.of(losses.get(k).function(), samples[i]).assertSame(fresh[k][i]);
                    double value =
                            losses.get(k)
                                    .function()
                                    .computeScore(
                                            samples[i].classes(),
                                            samples[i].logits(),
                                            samples[i].activationFunction(),
                                            null,
                                            false);
                    assertThat(value).isEqualTo(fresh[k][i].value);
                }
            }
        }
        assertThat(LossPrograms.idle()).hasSize(mebibytes == 0 ? 1 : 16);
    }

    @Test
    void programsAreBoundedInNumber() {
        Losses loss = Losses.CROSS_ENTROPY;
        Outcome[] first = new Outcome[80];
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < first.length; i++) {
                Sample sample = Sample.of(loss.mode(), DataType.FLOAT, i, 1, 3, 3 + i);
                Outcome outcome = Outcome.of(loss.function(), sample);
                if (round == 0) {
                    first[i] = outcome;
                }
                outcome.assertSame(first[i]);
            }
            assertThat(LossPrograms.idle()).hasSize(64);
        }
    }

    @Test
    void programsAreBoundedInBytes() {
        Losses loss = Losses.LOVASZ_SOFTMAX;
        System.setProperty(LossPrograms.MEMORY, "1");
        for (int i = 0; i < 6; i++) {
            // each more than a third of a MiB
            Sample sample = Sample.of(loss.mode(), DataType.DOUBLE, i, 1, 100, 50 + i);
            Outcome.of(loss.function(), sample);
            assertThat(LossPrograms.idle().stream().mapToLong(LossProgram::bytes).sum())
                    .isLessThanOrEqualTo(1 << 20);
        }
        assertThat(LossPrograms.idle()).hasSizeBetween(1, 3);
    }

    /** A program that is not kept must be closed, or its native memory stays. */
    @Test
    void whatIsEvictedIsClosed() {
        Losses loss = Losses.COMBINED;
        Sample small = Sample.of(loss.mode(), DataType.FLOAT, 1, 1, 8, 8);
        Sample other = Sample.of(loss.mode(), DataType.FLOAT, 1, 1, 8, 9);
        Outcome.of(loss.function(), small);
        LossProgram program = LossPrograms.idle().get(0);
        assertThat(program.bytes()).isPositive();
        System.setProperty(LossPrograms.MEMORY, "0");
        Outcome.of(loss.function(), other);
        assertThat(program.bytes()).as("bytes of a closed program").isZero();
    }

    @Test
    void equalLossesShareAProgram() {
        LossBoundary one = LossBoundary.builder().theta(7).build();
        LossBoundary two = LossBoundary.builder().theta(7).build();
        Sample sample = Sample.of(Losses.BOUNDARY.mode(), DataType.FLOAT, 5);
        Outcome.of(one, sample).assertSame(Outcome.of(two, sample));
        assertThat(LossPrograms.idle()).hasSize(1);
    }

    /** Two workers with a copy of the network each, averaged after every batch. */
    @Test
    void parallelWrapperTrains() {
        Losses loss = Losses.COMBINED;
        Networks networks =
                Networks.of(loss.function(), loss.mode())
                        .type(DataType.FLOAT)
                        .updater(new Sgd(0.1));
        List<DataSet> batches = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Sample sample = Sample.of(loss.mode(), DataType.FLOAT, 90).withVoid();
            batches.add(networks.data(sample, false, true));
        }
        MultiLayerNetwork net = networks.layers();
        double before = net.score(batches.get(0));
        ParallelWrapper wrapper =
                new ParallelWrapper.Builder<>(net)
                        .workers(2)
                        .prefetchBuffer(2)
                        .averagingFrequency(1)
                        .reportScoreAfterAveraging(true)
                        .build();
        try {
            for (int epoch = 0; epoch < 5; epoch++) {
                wrapper.fit(new ExistingDataSetIterator(batches));
            }
        } finally {
            wrapper.shutdown();
        }
        assertThat(net.score(batches.get(0))).isLessThan(0.9 * before);
        assertThat(Arrays.stream(net.params().toDoubleVector()).allMatch(Double::isFinite))
                .isTrue();
    }
}
