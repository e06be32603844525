package org.seglosses.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.seglosses.samediff.loss.ActiveContour;
import org.seglosses.samediff.loss.SegmentationLoss;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Every golden case that a loss here reproduces, through the ILossFunction and through the bare
 * SameDiff graph, in float and in double.
 *
 * <p>Where the original is broken, or accepts labels that we refuse, our documented behaviour is
 * checked instead; which of the two it is is told from the case's arguments and labels, never from
 * our result.
 */
class GoldenConformanceTest {

    /** Sums in another order, and exponentials of our own: a few ulps of float, with room. */
    private static final double FLOAT = 1e-5;

    /** The originals keep some float32 constants and intermediates. */
    private static final double DOUBLE = 1e-9;

    /**
     * Cases that are less exact in double, with the reason: MONAI takes the norm of a one-hot
     * target that is float32 whatever the prediction is, and squares it again.
     */
    private static final Map<String, Double> LESS_EXACT =
            Map.of("monai_diceloss_01_softmax_onehot_nobg", 1e-7);

    /** A gradient below this is nothing: float itself ends at 1e-38. */
    private static final double UNDERFLOW = 1e-30;

    private record Outcome(double value, double[] gradient) {}

    @Test
    void everyCaseIsReproduced() {
        List<String> failures = new ArrayList<>();
        TreeSet<String> unmapped = new TreeSet<>();
        int passed = 0;
        int unmappedCases = 0;
        List<GoldenCase> cases = GoldenCase.all();
        for (GoldenCase golden : cases) {
            try {
                if (check(golden)) {
                    passed++;
                } else {
                    unmappedCases++;
                    unmapped.add(golden.loss());
                }
            } catch (AssertionError | RuntimeException e) {
                failures.add(golden.id() + ": " + e);
            }
        }
        failures.forEach(System.out::println);
        if (!unmapped.isEmpty()) {
            System.out.println("unmapped: " + unmapped);
        }
        System.out.printf(
                "goldens: %d cases, %d passed, %d failed, %d unmapped%n",
                cases.size(), passed, failures.size(), unmappedCases);
        assertThat(failures).isEmpty();
        assertThat(passed).isPositive();
    }

    /** Returns whether the case is mapped. */
    private static boolean check(GoldenCase golden) {
        Optional<SegmentationLossFunction<?>> mapped;
        try {
            mapped = GoldenMapping.of(golden);
        } catch (IllegalArgumentException e) {
            assertThat(refusedArguments(golden)).as("refused: " + e.getMessage()).isTrue();
            return true;
        }
        if (mapped.isEmpty()) {
            return false;
        }
        assertThat(refusedArguments(golden)).as("arguments should be refused").isFalse();
        SegmentationLossFunction<?> loss = mapped.get();
        for (DataType type : List.of(DataType.FLOAT, DataType.DOUBLE)) {
            for (boolean bare : new boolean[] {false, true}) {
                if (golden.onProbabilities() && !bare) {
                    continue;
                }
                String how = (bare ? "SameDiff " : "ILossFunction ") + type;
                if (refusedInput(golden, loss.definition())) {
                    assertRefused(golden, loss, type, bare, how);
                } else {
                    compare(golden, loss, run(golden, loss, type, bare), type, how);
                }
            }
        }
        return true;
    }

    /** Even windows, which the references give another output size or fail on. */
    private static boolean refusedArguments(GoldenCase golden) {
        for (String theta : List.of("theta0", "theta")) {
            if (golden.argument(theta) != null
                    && (golden.argument(theta).asInt() % 2 == 0
                            || golden.argument(theta).asInt() < 3)) {
                return true;
            }
        }
        return false;
    }

    /** Labels that are no class, of another size, or a softmax over one class. */
    private static boolean refusedInput(GoldenCase golden, SegmentationLoss loss) {
        INDArray logits = golden.logits(DataType.FLOAT);
        INDArray labels = golden.labels();
        int rank = labels.rank();
        if (loss instanceof ActiveContour && logits.size(2) < 3) {
            return true;
        }
        if (labels.size(rank - 1) != logits.size(3) || labels.size(rank - 2) != logits.size(2)) {
            return true;
        }
        boolean multiclass =
                golden.argument("mode") != null
                        && golden.argument("mode").asText().equals("multiclass");
        boolean softmaxOfOne =
                logits.size(1) == 1 && (multiclass || golden.loss().equals("gdl.LovaszSoftmax"));
        long classes = rank == 4 && labels.size(1) > 1 ? 2 : Math.max(2, logits.size(1));
        for (double label : labels.dup('c').castTo(DataType.DOUBLE).data().asDouble()) {
            boolean ignored = loss.ignoreIndex() != null && label == loss.ignoreIndex();
            if (!ignored && (label < 0 || label >= classes)) {
                return true;
            }
        }
        return softmaxOfOne;
    }

    private static void assertRefused(
            GoldenCase golden,
            SegmentationLossFunction<?> loss,
            DataType type,
            boolean bare,
            String how) {
        try {
            SegmentationLossFunction<?> applied = loss;
            if (loss instanceof LossLovaszSoftmax lovasz && golden.logits(type).size(1) == 1) {
                // C = 1 would mean the sigmoid; the reference takes a softmax over one class
                var d = lovasz.definition();
                applied =
                        new LossLovaszSoftmax(
                                new org.seglosses.samediff.loss.LovaszSoftmax(
                                        d.perImage(),
                                        d.classes(),
                                        d.absentClass(),
                                        d.classWeights(),
                                        d.ignoreIndex(),
                                        org.seglosses.samediff.loss.Mode.MULTICLASS));
            }
            run(golden, applied, type, bare);
        } catch (IllegalArgumentException e) {
            return;
        }
        throw new AssertionError(how + ": labels should be refused");
    }

    private static Outcome run(
            GoldenCase golden, SegmentationLossFunction<?> loss, DataType type, boolean bare) {
        INDArray logits = golden.logits(type);
        INDArray labels = golden.labels();
        if (!bare) {
            Pair<Double, INDArray> pair =
                    loss.computeGradientAndScore(
                            labels, logits, new ActivationIdentity(), null, true);
            return new Outcome(
                    pair.getFirst(),
                    pair.getSecond().castTo(DataType.DOUBLE).div(logits.size(0)).data().asDouble());
        }
        SameDiff sd = SameDiff.create();
        SDVariable z = sd.placeHolder("z", type, -1, logits.size(1), -1, -1);
        long[] free = labels.shape().clone();
        free[0] = -1;
        SDVariable y = sd.placeHolder("y", labels.dataType(), free);
        SDVariable value =
                golden.onProbabilities()
                        ? loss.definition().defineOnProbabilities(sd, "loss", y, z, null)
                        : loss.definition().define(sd, "loss", y, z);
        value.markAsLoss();
        Map<String, INDArray> inputs = Map.of("z", logits, "y", labels);
        sd.createGradFunction("z");
        INDArray gradient = sd.calculateGradients(inputs, "z").get("z");
        return new Outcome(
                sd.output(inputs, "loss").get("loss").getDouble(0),
                gradient.dup('c').castTo(DataType.DOUBLE).data().asDouble());
    }

    private static void compare(
            GoldenCase golden,
            SegmentationLossFunction<?> loss,
            Outcome ours,
            DataType type,
            String how) {
        double tolerance =
                type == DataType.DOUBLE ? LESS_EXACT.getOrDefault(golden.id(), DOUBLE) : FLOAT;
        if (golden.id().startsWith("blog_dicebceloss_02")) {
            assertBceOfLogits(golden, ours, tolerance, how);
            return;
        }
        if (!golden.expectsValue()) {
            assertThat(ours.value).as(how + " value").isFinite();
            for (double g : ours.gradient) {
                assertThat(g).as(how + " gradient").isFinite();
            }
            if (nothingCounts(golden, loss.definition())) {
                assertThat(ours.value).as(how + " value of nothing").isZero();
                assertThat(ours.gradient).as(how).containsOnly(0.0);
            }
            return;
        }
        double expected = golden.value();
        double absolute = type == DataType.DOUBLE ? 1e-12 : 1e-7;
        double allowed = Math.max(tolerance * Math.abs(expected), expected < 1e-2 ? absolute : 0);
        assertThat(Math.abs(ours.value - expected))
                .as(how + " value " + ours.value + " instead of " + expected)
                .isLessThanOrEqualTo(allowed);

        double[] gradient = golden.gradient();
        if (Arrays.stream(gradient).anyMatch(Double::isNaN)) {
            // a power below 1 of nothing: the original has no gradient there, ours is 0
            assertThat(golden.argument("gamma").asDouble()).isLessThan(1);
            assertThat(expected).isZero();
            assertThat(ours.gradient).as(how).containsOnly(0.0);
            return;
        }
        boolean[] unstable = golden.unstable(type);
        List<double[]> right = golden.gradients(type);
        double largest = Arrays.stream(gradient).map(Math::abs).max().orElse(0);
        double worst = 0;
        int at = -1;
        for (int i = 0; i < gradient.length; i++) {
            double off = Double.POSITIVE_INFINITY;
            for (double[] one : right) {
                off = Math.min(off, Math.abs(ours.gradient[i] - one[i]));
            }
            if (!unstable[i] && !(off <= worst)) {
                worst = off;
                at = i;
            }
        }
        assertThat(worst)
                .as(how + " gradient at " + at + ", where the largest is " + largest)
                .isLessThanOrEqualTo(Math.max(tolerance * largest, UNDERFLOW));
    }

    /**
     * The original takes the cross entropy of rounded probabilities, at most 100 each; ours that of
     * the logits, whatever they are.
     */
    private static void assertBceOfLogits(
            GoldenCase golden, Outcome ours, double tolerance, String how) {
        double[] z =
                Arrays.copyOf(
                        golden.logits(DataType.DOUBLE).data().asDouble(), ours.gradient.length);
        double[] y = golden.labels().castTo(DataType.DOUBLE).data().asDouble();
        double smooth = golden.argument("smooth").asDouble();
        double entropy = 0;
        double both = 0;
        double sum = 0;
        for (int i = 0; i < z.length; i++) {
            double p = 1 / (1 + Math.exp(-z[i]));
            entropy += Math.max(z[i], 0) - z[i] * y[i] + Math.log1p(Math.exp(-Math.abs(z[i])));
            both += p * y[i];
            sum += p + y[i];
        }
        double expected = entropy / z.length + 1 - (2 * both + smooth) / (sum + smooth);
        assertThat(ours.value).as(how).isCloseTo(expected, within(tolerance * expected));
        assertThat(ours.value).as(how).isNotCloseTo(golden.value(), within(1.0));
        for (int i = 0; i < z.length; i++) {
            double p = 1 / (1 + Math.exp(-z[i]));
            double byP =
                    -(2 * y[i] * (sum + smooth) - (2 * both + smooth))
                            / ((sum + smooth) * (sum + smooth));
            assertThat(ours.gradient[i])
                    .as(how)
                    .isCloseTo(
                            (p - y[i]) / z.length + byP * p * (1 - p),
                            within(tolerance / z.length));
        }
    }

    /** All pixels void, or OHEM on a perfect prediction, where no pixel is hard. */
    private static boolean nothingCounts(GoldenCase golden, SegmentationLoss loss) {
        boolean perfect = golden.id().contains("perfect_none_kept");
        if (loss.ignoreIndex() == null) {
            return perfect;
        }
        for (double label : golden.labels().dup('c').castTo(DataType.DOUBLE).data().asDouble()) {
            if (label != loss.ignoreIndex()) {
                return perfect;
            }
        }
        return true;
    }
}
