package org.seglosses.goldens;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.dl4j.LossLovaszSoftmax;
import org.seglosses.dl4j.SegmentationLossFunction;
import org.seglosses.samediff.loss.ActiveContour;
import org.seglosses.samediff.loss.LovaszSoftmax;
import org.seglosses.samediff.loss.Mode;
import org.seglosses.samediff.loss.SegmentationLoss;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Runs a golden case on whatever ND4J backend there is, through the ILossFunction and through the
 * bare SameDiff graph, and compares.
 *
 * <p>Where the original is broken, or accepts labels that we refuse, our documented behaviour is
 * checked instead; which of the two it is is told from the case's arguments and labels, never from
 * our result.
 */
public final class GoldenCheck {

    /** Sums in another order, and exponentials of our own: a few ulps of float, with room. */
    private static final double FLOAT = 1e-5;

    /** The originals keep some float32 constants and intermediates. */
    private static final double DOUBLE = 1e-9;

    /** A value may be off by this where it is so small that the relative tolerance is less. */
    private static final double FLOAT_ABSOLUTE = 1e-7;

    private static final double DOUBLE_ABSOLUTE = 1e-12;

    private static final double SMALL = 1e-2;

    /**
     * Cases that are less exact in double, with the reason: MONAI takes the norm of a one-hot
     * target that is float32 whatever the prediction is, and squares it again.
     */
    private static final Map<String, Double> LESS_EXACT =
            Map.of("monai_diceloss_01_softmax_onehot_nobg", 1e-7);

    /** Of graphs of ND4J's own ops, in float: of large logits, whose gradients cancel, 1.2e-5. */
    private static final Map<String, Double> LESS_EXACT_NATIVE =
            Map.of("blog_boundaryloss_02_theta5_7_n5", 2e-5);

    /** A gradient below this is nothing: float itself ends at 1e-38. */
    private static final double UNDERFLOW = 1e-30;

    private final GoldenCase golden;
    private final SegmentationLossFunction<?> loss;
    private final DataType type;
    private final List<String> failures = new ArrayList<>();
    private double worst;

    private GoldenCheck(GoldenCase golden, SegmentationLossFunction<?> loss, DataType type) {
        this.golden = golden;
        this.loss = loss;
        this.type = type;
    }

    /**
     * What came out.
     *
     * @param worst the largest deviation of a value, relative to it, and of a gradient, relative to
     *     the largest of its image; 0 where there was nothing to compare
     * @param failures what is wrong, one sentence each; none if the case passes
     */
    public record Result(double worst, List<String> failures) {

        /** Takes a copy. */
        public Result {
            failures = List.copyOf(failures);
        }
    }

    private record Outcome(double value, double[] gradient) {}

    private static final class Mismatch extends RuntimeException {

        private static final long serialVersionUID = 1L;

        Mismatch(String message) {
            super(message);
        }
    }

    /**
     * The loss that reproduces a case.
     *
     * @param golden the case
     * @return the loss; empty if there is none, or we refuse the case's arguments
     */
    public static Optional<SegmentationLossFunction<?>> loss(GoldenCase golden) {
        return refusedArguments(golden) ? Optional.empty() : GoldenMapping.of(golden);
    }

    /**
     * Runs and compares a case.
     *
     * @param golden the case
     * @param type FLOAT or DOUBLE
     * @return the result, or empty if no loss here reproduces the original
     */
    public static Optional<Result> of(GoldenCase golden, DataType type) {
        Optional<SegmentationLossFunction<?>> mapped;
        try {
            mapped = GoldenMapping.of(golden);
        } catch (IllegalArgumentException e) {
            return Optional.of(
                    refusedArguments(golden)
                            ? new Result(0, List.of())
                            : new Result(0, List.of("refused: " + e.getMessage())));
        }
        return mapped.map(loss -> new GoldenCheck(golden, loss, type).result());
    }

    /** As the losses choose: by name, else on a GPU. */
    private static boolean nativeOps() {
        boolean cpu = Nd4j.getBackend().getClass().getSimpleName().equals("CpuBackend");
        return System.getProperty("org.seglosses.kernels", cpu ? "java" : "native")
                .equals("native");
    }

    private Result result() {
        if (refusedArguments(golden)) {
            return new Result(0, List.of("the arguments should be refused"));
        }
        for (boolean bare : new boolean[] {false, true}) {
            if (golden.onProbabilities() && !bare) {
                continue;
            }
            try {
                if (refusedInput(golden, loss.definition())) {
                    requireRefusal(bare);
                } else {
                    compare(run(loss, bare));
                }
            } catch (RuntimeException e) {
                String what = e instanceof Mismatch ? e.getMessage() : e.toString();
                failures.add((bare ? "SameDiff " : "ILossFunction ") + type + ": " + what);
            }
        }
        return new Result(worst, failures);
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
        for (double label : values(labels)) {
            boolean ignored = loss.ignoreIndex() != null && label == loss.ignoreIndex();
            if (!ignored && (label < 0 || label >= classes)) {
                return true;
            }
        }
        return softmaxOfOne;
    }

    private void requireRefusal(boolean bare) {
        try {
            SegmentationLossFunction<?> applied = loss;
            if (loss instanceof LossLovaszSoftmax lovasz && golden.logits(type).size(1) == 1) {
                // C = 1 would mean the sigmoid; the reference takes a softmax over one class
                LovaszSoftmax d = lovasz.definition();
                applied =
                        new LossLovaszSoftmax(
                                new LovaszSoftmax(
                                        d.perImage(),
                                        d.classes(),
                                        d.absentClass(),
                                        d.classWeights(),
                                        d.ignoreIndex(),
                                        Mode.MULTICLASS));
            }
            run(applied, bare);
        } catch (IllegalArgumentException e) {
            return;
        }
        throw new Mismatch("the labels should be refused");
    }

    private Outcome run(SegmentationLossFunction<?> applied, boolean bare) {
        INDArray logits = golden.logits(type);
        INDArray labels = golden.labels();
        if (!bare) {
            Pair<Double, INDArray> pair =
                    applied.computeGradientAndScore(
                            labels, logits, new ActivationIdentity(), null, true);
            double[] gradient = values(pair.getSecond());
            for (int i = 0; i < gradient.length; i++) {
                gradient[i] /= logits.size(0);
            }
            return new Outcome(pair.getFirst(), gradient);
        }
        SameDiff sd = SameDiff.create();
        SDVariable z = sd.placeHolder("z", type, -1, logits.size(1), -1, -1);
        SDVariable y =
                sd.placeHolder(
                        "y",
                        labels.dataType(),
                        labels.rank() == 4
                                ? new long[] {-1, labels.size(1), -1, -1}
                                : new long[] {-1, -1, -1});
        SegmentationLoss definition = applied.definition();
        SDVariable value =
                golden.onProbabilities()
                        ? definition.defineOnProbabilities(sd, "loss", y, z, null)
                        : definition.define(sd, "loss", y, z);
        value.markAsLoss();
        Map<String, INDArray> inputs = Map.of("z", logits, "y", labels);
        sd.createGradFunction("z");
        INDArray gradient = sd.calculateGradients(inputs, "z").get("z");
        return new Outcome(sd.output(inputs, "loss").get("loss").getDouble(0), values(gradient));
    }

    private void compare(Outcome ours) {
        double tolerance =
                type == DataType.DOUBLE
                        ? LESS_EXACT.getOrDefault(golden.id(), DOUBLE)
                        : nativeOps() ? LESS_EXACT_NATIVE.getOrDefault(golden.id(), FLOAT) : FLOAT;
        if (golden.id().startsWith("blog_dicebceloss_02")) {
            compareWithBceOfLogits(ours, tolerance);
        } else if (golden.expectsValue()) {
            compareValue(ours.value, tolerance);
            compareGradient(ours.gradient, tolerance);
        } else {
            require(Double.isFinite(ours.value), "the value is " + ours.value);
            for (double g : ours.gradient) {
                require(Double.isFinite(g), "the gradient has " + g);
            }
            if (nothingCounts()) {
                require(ours.value == 0, "the value of nothing is " + ours.value);
                requireNoGradient(ours.gradient);
            }
        }
    }

    private void compareValue(double value, double tolerance) {
        double expected = golden.value();
        double absolute = type == DataType.DOUBLE ? DOUBLE_ABSOLUTE : FLOAT_ABSOLUTE;
        double allowed = Math.max(tolerance * Math.abs(expected), expected < SMALL ? absolute : 0);
        double off = Math.abs(value - expected);
        note(expected < SMALL ? off : off / Math.abs(expected));
        require(off <= allowed, "value " + value + " instead of " + expected);
    }

    private void compareGradient(double[] ours, double tolerance) {
        double[] gradient = golden.gradient();
        if (Arrays.stream(gradient).anyMatch(Double::isNaN)) {
            // a power below 1 of nothing: the original has no gradient there, ours is 0
            require(golden.argument("gamma").asDouble() < 1, "the golden gradient is NaN");
            require(golden.value() == 0, "the golden value is not 0");
            requireNoGradient(ours);
            return;
        }
        boolean[] unstable = golden.unstable(type);
        List<double[]> right = golden.gradients(type);
        double largest = Arrays.stream(gradient).map(Math::abs).max().orElse(0);
        double furthest = 0;
        int at = -1;
        for (int i = 0; i < gradient.length; i++) {
            double off = Double.POSITIVE_INFINITY;
            for (double[] one : right) {
                off = Math.min(off, Math.abs(ours[i] - one[i]));
            }
            if (!unstable[i] && !(off <= furthest)) {
                furthest = off;
                at = i;
            }
        }
        note(furthest <= UNDERFLOW ? 0 : furthest / largest);
        require(
                furthest <= Math.max(tolerance * largest, UNDERFLOW),
                "gradient off by " + furthest + " at " + at + ", where the largest is " + largest);
    }

    /**
     * The original takes the cross entropy of rounded probabilities, at most 100 each; ours that of
     * the logits, whatever they are.
     */
    private void compareWithBceOfLogits(Outcome ours, double tolerance) {
        double[] z = values(golden.logits(DataType.DOUBLE));
        double[] y = values(golden.labels());
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
        note(Math.abs(ours.value / expected - 1));
        require(
                Math.abs(ours.value - expected) <= tolerance * expected,
                "value " + ours.value + " instead of " + expected);
        require(Math.abs(ours.value - golden.value()) > 1, "the value is the original's");
        for (int i = 0; i < z.length; i++) {
            double p = 1 / (1 + Math.exp(-z[i]));
            double byP =
                    -(2 * y[i] * (sum + smooth) - (2 * both + smooth))
                            / ((sum + smooth) * (sum + smooth));
            double right = (p - y[i]) / z.length + byP * p * (1 - p);
            require(
                    Math.abs(ours.gradient[i] - right) <= tolerance / z.length,
                    "gradient " + ours.gradient[i] + " instead of " + right + " at " + i);
        }
    }

    /** All pixels void, or OHEM on a perfect prediction, where no pixel is hard. */
    private boolean nothingCounts() {
        boolean perfect = golden.id().contains("perfect_none_kept");
        Integer ignored = loss.definition().ignoreIndex();
        return perfect
                || ignored != null
                        && Arrays.stream(values(golden.labels()))
                                .allMatch(label -> label == ignored);
    }

    private void note(double deviation) {
        worst = Math.max(worst, deviation);
    }

    private static void requireNoGradient(double[] gradient) {
        require(Arrays.stream(gradient).allMatch(g -> g == 0), "the gradient is not 0");
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new Mismatch(otherwise);
        }
    }

    private static double[] values(INDArray array) {
        return array.dup('c')
                .reshape('c', new long[] {array.length()})
                .castTo(DataType.DOUBLE)
                .toDoubleVector();
    }
}
