package org.seglosses.dl4j;

import static org.assertj.core.api.Assertions.assertThat;

import org.deeplearning4j.gradientcheck.GradientCheckUtil;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.NoOp;
import org.nd4j.linalg.learning.config.Sgd;
import org.seglosses.samediff.loss.Mode;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * DL4J's own gradient check: the gradient by every parameter of a network against differences of
 * the network's score, in double.
 *
 * <p>Lovász, OHEM and boundary losses have a gradient almost everywhere: it jumps where two errors,
 * a probability and the threshold, or two values of a window are equal. With random logits that
 * does not happen, and with the seeds used here nothing is within the check's steps of 1e-6 of it
 * either; a seed that fails alone is a near tie, a wrong gradient fails with all.
 */
class GradientCheckTest {

    /** Of each kind of parameter, where the network is checked in full in another case. */
    private static final int SOME = 3;

    private static DataType before;

    private enum Kind {
        LAYERS,
        GRAPH
    }

    private record Case(
            Losses.InMode loss, Kind kind, CNN2DFormat format, boolean oneHot, boolean masked) {

        @Override
        public String toString() {
            return loss
                    + " "
                    + kind
                    + " "
                    + format
                    + (oneHot ? " one-hot" : " index")
                    + (masked ? " masked" : "");
        }
    }

    /** The check reads the default type, which is a setting of the whole JVM. */
    @BeforeAll
    static void inDouble() {
        before = Nd4j.dataType();
        Nd4j.setDefaultDataTypes(DataType.DOUBLE, DataType.DOUBLE);
    }

    @AfterAll
    static void asBefore() {
        Nd4j.setDefaultDataTypes(before, before);
    }

    static List<Case> everyLossNetworkFormatLabelAndMask() {
        List<Case> cases = new ArrayList<>();
        for (Losses.InMode loss : Losses.inAllModes()) {
            boolean all = loss.isMainOfItsClass();
            for (Kind kind : Kind.values()) {
                for (CNN2DFormat format : CNN2DFormat.values()) {
                    for (boolean oneHot : new boolean[] {true, false}) {
                        for (boolean masked : new boolean[] {true, false}) {
                            Case each = new Case(loss, kind, format, oneHot, masked);
                            // others differ in the loss alone: one network will do
                            if (all || kind == Kind.LAYERS && format == CNN2DFormat.NCHW) {
                                cases.add(each);
                            }
                        }
                    }
                }
            }
        }
        return cases;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void everyLossNetworkFormatLabelAndMask(Case each) {
        Networks networks = Networks.of(each.loss.function(), each.loss.mode()).format(each.format);
        Sample sample = Sample.of(each.loss.mode(), DataType.DOUBLE, 5).withVoid();
        boolean everyParameter =
                each.kind == Kind.LAYERS
                        && each.format == CNN2DFormat.NCHW
                        && !each.oneHot
                        && each.masked;
        DataSet data = networks.data(sample, each.oneHot, each.masked);
        assertThat(check(networks, each.kind, data, everyParameter)).isTrue();
    }

    static List<Losses.InMode> softLabelsAndWeights() {
        return Losses.ofSoftTargets();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void softLabelsAndWeights(Losses.InMode loss) {
        Networks networks = Networks.of(loss.function(), loss.mode()).format(CNN2DFormat.NHWC);
        Sample sample = Sample.of(loss.mode(), DataType.DOUBLE, 7);
        INDArray labels = networks.layout(sample.soft());
        INDArray weights = networks.layout(sample.weights());
        DataSet data = new DataSet(networks.features(sample.images(), 21), labels, null, weights);
        assertThat(check(networks, Kind.GRAPH, data, false)).isTrue();
    }

    static Stream<Losses.InMode> flatRows() {
        return Losses.inAllModes().stream();
    }

    /** CnnLossLayer takes one-hot labels in NCHW alone. */
    @ParameterizedTest(name = "{0}")
    @MethodSource
    void flatRows(Losses.InMode loss) {
        Networks networks =
                Networks.of(loss.function().imageSize(Sample.HEIGHT, Sample.WIDTH), loss.mode())
                        .flat();
        Sample sample = Sample.of(loss.mode(), DataType.DOUBLE, 6);
        for (Kind kind : Kind.values()) {
            boolean masked = kind == Kind.GRAPH;
            assertThat(check(networks, kind, networks.data(sample, true, masked), false))
                    .as("%s masked: %s", kind, masked)
                    .isTrue();
        }
    }

    /** The pixel-wise and batch-level losses in a network without images. */
    @ParameterizedTest
    @EnumSource(
            value = Losses.class,
            names = {
                "CROSS_ENTROPY",
                "CROSS_ENTROPY_SMOOTH",
                "OHEM",
                "DICE",
                "TVERSKY",
                "FOCAL",
                "FOCAL_SOFTMAX",
                "POLY1"
            })
    void outputLayer(Losses loss) {
        MultiLayerNetwork net =
                new MultiLayerNetwork(
                        new NeuralNetConfiguration.Builder()
                                .seed(9)
                                .dataType(DataType.DOUBLE)
                                .updater(new NoOp())
                                .list()
                                .layer(
                                        new DenseLayer.Builder()
                                                .nIn(4)
                                                .nOut(5)
                                                .activation(Activation.TANH)
                                                .build())
                                .layer(
                                        new OutputLayer.Builder(loss.function())
                                                .nIn(5)
                                                .nOut(3)
                                                .activation(Activation.SOFTMAX)
                                                .build())
                                .build());
        net.init();
        Sample sample = Sample.of(Mode.MULTICLASS, DataType.DOUBLE, 4, 1, 4, 5);
        INDArray features = Sample.gaussians(2, DataType.DOUBLE, 20, 4);
        DataSet data = new DataSet(features, Sample.rows(sample.oneHot()));
        assertThat(check(net, data, true)).isTrue();
        data.setLabelsMaskArray(Sample.rows(sample.mask()));
        assertThat(check(net, data, true)).as("masked").isTrue();
    }

    /** Rows of time steps come in another order, with labels in that of Fortran. */
    @Test
    void recurrentOutputLayer() {
        MultiLayerNetwork net =
                new MultiLayerNetwork(
                        new NeuralNetConfiguration.Builder()
                                .seed(9)
                                .dataType(DataType.DOUBLE)
                                .updater(new NoOp())
                                .list()
                                .layer(
                                        new SimpleRnn.Builder()
                                                .nIn(2)
                                                .nOut(4)
                                                .activation(Activation.TANH)
                                                .build())
                                .layer(
                                        new RnnOutputLayer.Builder(
                                                        Losses.CROSS_ENTROPY_SMOOTH.function())
                                                .nIn(4)
                                                .nOut(3)
                                                .activation(Activation.SOFTMAX)
                                                .build())
                                .build());
        net.init();
        Sample sample = Sample.of(Mode.MULTICLASS, DataType.DOUBLE, 8, 4, 1, 5);
        DataSet data =
                new DataSet(
                        Sample.gaussians(3, DataType.DOUBLE, 4, 2, 5),
                        sample.oneHot().reshape('c', 4, 3, 5));
        assertThat(check(net, data, true)).isTrue();
        data.setLabelsMaskArray(sample.mask().reshape('c', 4, 5));
        assertThat(check(net, data, true)).as("masked").isTrue();
    }

    private static boolean check(
            Networks networks, Kind kind, DataSet data, boolean everyParameter) {
        if (kind == Kind.LAYERS) {
            return check(networks.updater(new Sgd(1.0)).layers(), data, everyParameter);
        }
        ComputationGraph net = networks.updater(new NoOp()).graph();
        boolean right =
                GradientCheckUtil.checkGradients(
                        new GradientCheckUtil.GraphConfig()
                                .net(net)
                                .inputs(new INDArray[] {data.getFeatures()})
                                .labels(new INDArray[] {data.getLabels()})
                                .labelMask(
                                        data.getLabelsMaskArray() == null
                                                ? null
                                                : new INDArray[] {data.getLabelsMaskArray()})
                                .subset(!everyParameter)
                                .maxPerParam(SOME)
                                .print(GradientCheckUtil.PrintMode.FAILURES_ONLY));
        // two zeros would pass too
        assertThat(net.gradient().gradient().norm1Number().doubleValue()).isGreaterThan(0.001);
        return right;
    }

    private static boolean check(MultiLayerNetwork net, DataSet data, boolean everyParameter) {
        boolean right =
                GradientCheckUtil.checkGradients(
                        new GradientCheckUtil.MLNConfig()
                                .net(net)
                                .input(data.getFeatures())
                                .labels(data.getLabels())
                                .labelMask(data.getLabelsMaskArray())
                                .subset(!everyParameter)
                                .maxPerParam(SOME)
                                .print(GradientCheckUtil.PrintMode.FAILURES_ONLY));
        // two zeros would pass too
        assertThat(net.gradient().gradient().norm1Number().doubleValue()).isGreaterThan(0.001);
        return right;
    }
}
