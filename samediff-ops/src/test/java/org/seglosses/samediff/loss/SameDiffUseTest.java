package org.seglosses.samediff.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.samediff.FreshJvm;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The losses in graphs of a SameDiff user: training, saving, loading, sums, probabilities. */
@Tag("smoke")
class SameDiffUseTest {

    /** A loss at the end of a network of some channels. */
    private record Use(String name, int channels, SegmentationLoss loss) {

        SameDiff network(DataType type) {
            return Trainee.network(
                    channels, type, (sd, y, z) -> loss.define(sd, "defined", y, z).mul(1));
        }

        int classes() {
            return Math.max(2, channels);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static List<Use> uses() {
        CrossEntropy ce =
                CrossEntropy.builder()
                        .smoothing(0.05)
                        .classWeights(1, 2, 1)
                        .ignoreIndex(255)
                        .build();
        OhemCrossEntropy ohem = OhemCrossEntropy.builder().minKept(100).build();
        LovaszSoftmax lovasz =
                LovaszSoftmax.builder().ignoreIndex(255).mode(Mode.MULTICLASS).build();
        Boundary boundary = Boundary.builder().ignoreIndex(255).mode(Mode.MULTICLASS).build();
        return List.of(
                new Use("cross-entropy", 3, ce),
                new Use("ohem", 3, ohem),
                new Use("lovasz-softmax", 3, lovasz),
                new Use(
                        "lovasz-binary",
                        1,
                        LovaszSoftmax.builder().ignoreIndex(255).mode(Mode.BINARY).build()),
                new Use(
                        "hinge",
                        1,
                        LovaszHinge.builder().ignoreIndex(255).mode(Mode.BINARY).build()),
                new Use(
                        "hinge-multilabel",
                        3,
                        LovaszHinge.builder().ignoreIndex(255).mode(Mode.MULTILABEL).build()),
                new Use("boundary", 3, boundary),
                new Use(
                        "surface",
                        3,
                        Surface.builder().ignoreIndex(255).mode(Mode.MULTICLASS).build()),
                new Use("dice", 3, Dice.builder().ignoreIndex(255).mode(Mode.MULTICLASS).build()),
                new Use(
                        "tversky",
                        3,
                        Tversky.builder()
                                .gamma(0.75)
                                .ignoreIndex(255)
                                .mode(Mode.MULTICLASS)
                                .build()),
                new Use("focal", 3, Focal.builder().ignoreIndex(255).mode(Mode.MULTICLASS).build()),
                new Use(
                        "bce-dice",
                        1,
                        BceDice.builder().ignoreIndex(255).mode(Mode.BINARY).build()),
                new Use("mcc", 1, Mcc.builder().ignoreIndex(255).build()),
                new Use(
                        "active-contour",
                        3,
                        ActiveContour.builder()
                                .weight(0.1)
                                .ignoreIndex(255)
                                .mode(Mode.MULTICLASS)
                                .build()),
                new Use(
                        "combined",
                        3,
                        Combined.builder().add(1, ce).add(0.5, boundary).add(1, lovasz).build()));
    }

    @ParameterizedTest
    @MethodSource("uses")
    void trainingLowersTheLoss(Use use) {
        SameDiff sd = use.network(DataType.FLOAT);
        List<DataSet> batches = Trainee.batches(use.classes(), DataType.FLOAT);
        double before = Trainee.loss(sd, batches);
        Trainee.train(sd, batches, 12);
        assertThat(Trainee.loss(sd, batches)).isLessThan(0.9 * before);
    }

    /** One fresh JVM for all, which knows of the library by its class path alone. */
    @Test
    void aFreshJvmGoesOnWhereThisOneLeft(@TempDir Path directory) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(directory.toString()));
        for (Use use : uses()) {
            SameDiff sd = use.network(DataType.FLOAT);
            Trainee.train(sd, Trainee.batches(use.classes(), DataType.FLOAT), 2);
            sd.save(Trainee.network(directory, use.name()), true);
            arguments.add(use.name() + "=" + use.classes());
        }
        FreshJvm.End end = FreshJvm.run(Trainee.class, arguments);
        assertThat(end.status()).as(end.text()).isZero();
        for (Use use : uses()) {
            SameDiff sd = SameDiff.load(Trainee.network(directory, use.name()), true);
            INDArray here = Trainee.trace(sd, Trainee.batches(use.classes(), DataType.FLOAT));
            INDArray there = Nd4j.readBinary(Trainee.traceFile(directory, use.name()));
            assertThat(Sample.doubles(there)).as(use.name()).isEqualTo(Sample.doubles(here));
        }
    }

    /** Gradients of all variables of a network by its loss. */
    private static Map<String, INDArray> gradients(SameDiff sd, DataSet batch) {
        return sd.calculateGradients(
                Map.of("x", batch.getFeatures(), "y", batch.getLabels()), "w", "b", "v");
    }

    private static void assertClose(INDArray actual, double[] expected, String as) {
        double scale = Arrays.stream(expected).map(Math::abs).max().orElse(0);
        assertThat(scale).as(as).isPositive();
        assertThat(Sample.doubles(actual)).as(as).containsExactly(expected, within(1e-12 * scale));
    }

    /** ND4J's own losses ignore what comes after them. */
    @ParameterizedTest
    @MethodSource("uses")
    void threeTimesTheLossHasThreeTimesTheGradient(Use use) {
        DataSet batch = Trainee.batches(use.classes(), DataType.DOUBLE).get(1);
        Map<String, INDArray> once = gradients(use.network(DataType.DOUBLE), batch);
        SameDiff tripled =
                Trainee.network(
                        use.channels(),
                        DataType.DOUBLE,
                        (sd, y, z) -> use.loss().define(sd, "defined", y, z).mul(3));
        Map<String, INDArray> thrice = gradients(tripled, batch);
        for (String name : once.keySet()) {
            assertClose(thrice.get(name), Sample.doubles(once.get(name).mul(3)), use + " " + name);
        }
    }

    @Test
    void twoLossesInOneGraph() {
        SegmentationLoss ce = uses().get(0).loss();
        SegmentationLoss boundary = uses().get(6).loss();
        DataSet batch = Trainee.batches(3, DataType.DOUBLE).get(0);
        SameDiff both =
                Trainee.network(
                        3,
                        DataType.DOUBLE,
                        (sd, y, z) -> {
                            SDVariable a = ce.define(sd, "cross entropy", y, z);
                            SDVariable b = boundary.define(sd, "boundary", y, z);
                            return a.mul(0.5).add(b.mul(2));
                        });
        SameDiff one =
                Trainee.network(3, DataType.DOUBLE, (sd, y, z) -> ce.define(sd, "one", y, z));
        SameDiff other =
                Trainee.network(
                        3, DataType.DOUBLE, (sd, y, z) -> boundary.define(sd, "other", y, z));
        SameDiff combined =
                Trainee.network(
                        3,
                        DataType.DOUBLE,
                        (sd, y, z) ->
                                Combined.builder()
                                        .add(0.5, ce)
                                        .add(2, boundary)
                                        .build()
                                        .define(sd, "sum", y, z));
        Map<String, INDArray> sum = gradients(both, batch);
        Map<String, INDArray> a = gradients(one, batch);
        Map<String, INDArray> b = gradients(other, batch);
        Map<String, INDArray> c = gradients(combined, batch);
        for (String name : sum.keySet()) {
            INDArray expected = a.get(name).mul(0.5).add(b.get(name).mul(2));
            assertClose(sum.get(name), Sample.doubles(expected), name);
            assertClose(c.get(name), Sample.doubles(expected), name);
        }
    }

    /** A network that ends in a softmax of its own has the gradients of one that ends in logits. */
    @Test
    void probabilitiesOfANetwork() {
        DataSet batch = Trainee.batches(3, DataType.DOUBLE).get(0);
        for (Use use : uses()) {
            // both are defined on logits alone
            if (use.channels() != 3
                    || use.loss() instanceof LovaszHinge
                    || use.loss() instanceof Focal) {
                continue;
            }
            SameDiff softmax =
                    Trainee.network(
                            3,
                            DataType.DOUBLE,
                            (sd, y, z) -> {
                                SDVariable p = sd.nn().softmax(z, 1);
                                return use.loss().defineOnProbabilities(sd, "a", y, p, null);
                            });
            Map<String, INDArray> actual = gradients(softmax, batch);
            Map<String, INDArray> expected = gradients(use.network(DataType.DOUBLE), batch);
            for (String name : expected.keySet()) {
                double[] e = Sample.doubles(expected.get(name));
                double scale = Arrays.stream(e).map(Math::abs).max().orElse(0);
                assertThat(Sample.doubles(actual.get(name)))
                        .as("%s %s", use, name)
                        .containsExactly(e, within(1e-9 * scale));
            }
        }
    }
}
