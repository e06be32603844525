package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Softmax cross entropy, summed for each image: from logits {@code [N,C,H,W]} to {@code [N,3]} of
 * DOUBLE, the sum of the pixels' terms, the sum of their weights, and their number H * W (void ones
 * included).
 *
 * <p>With {@code lse_i} the log-sum-exp of pixel i, its label y, its weight w and class weights
 * {@code v}, a pixel's term is {@code w * ((1-s) * v_y * (lse - z_y) + s/C * sum_c v_c * (lse -
 * z_c))} and its weight {@code w * v_y}; a soft label is the same, linear in y. Log-sum-exp and
 * softmax are never stored: forward and backward each read the logits once.
 *
 * <p>A logit that is not finite makes NaN of its pixel's term and gradient, but for -infinity of a
 * class that does not count in the term: it says probability 0.
 */
public final class CrossEntropySums extends JavaOp {

    /** For ND4J, which creates ops by reflection. */
    public CrossEntropySums() {}

    private CrossEntropySums(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /**
     * Adds the op to the graph of its inputs.
     *
     * @param logits {@code [N,C,H,W]}, or probabilities
     * @param target codes {@code [N,1,H,W]}, soft labels and weights; a weight of 0 makes a pixel
     *     void
     * @param classWeights C weights, or none for all 1
     * @param smoothing label smoothing s
     * @param probabilities whether the logits are probabilities p, of which {@code -log p} is taken
     *     in the place of {@code lse - z}, with p of at least 1e-30
     * @return the sums {@code [N,3]}
     */
    public static SDVariable of(
            SDVariable logits,
            Target target,
            List<Double> classWeights,
            double smoothing,
            boolean probabilities) {
        return of(logits, target, null, classWeights, smoothing, probabilities);
    }

    /**
     * Adds the op on the hard pixels of {@link HardCodes} to the graph of its inputs: their
     * entropies are known.
     *
     * @param logits {@code [N,C,H,W]}, or probabilities
     * @param codes the hard pixels' {@code [N,1,H,W]}
     * @param weights {@code [N,1,H,W]} of the logits' type, or null
     * @param classWeights as above
     * @param ofTrueClass what {@link TrueProbability} gives of the logits
     * @param probabilities whether the logits are probabilities
     * @return the sums {@code [N,3]}
     */
    public static SDVariable ofHard(
            SDVariable logits,
            SDVariable codes,
            SDVariable weights,
            List<Double> classWeights,
            SDVariable ofTrueClass,
            boolean probabilities) {
        Target target = new Target(true, codes, null, weights);
        return of(logits, target, ofTrueClass, classWeights, 0, probabilities);
    }

    private static SDVariable of(
            SDVariable logits,
            Target target,
            SDVariable ofTrueClass,
            List<Double> classWeights,
            double smoothing,
            boolean probabilities) {
        CrossEntropySums op =
                new CrossEntropySums(
                        Stream.of(
                                        logits,
                                        target.codes(),
                                        target.soft(),
                                        target.weights(),
                                        ofTrueClass)
                                .filter(Objects::nonNull)
                                .toArray(SDVariable[]::new));
        op.addIArgument(
                probabilities ? 1 : 0, ofTrueClass == null ? 0 : 1, target.soft() == null ? 0 : 1);
        op.addTArgument(smoothing);
        classWeights.forEach(op::addTArgument);
        return op.variable();
    }

    @Override
    String shortName() {
        return "cross_entropy_sums";
    }

    @Override
    void check(OpArguments given) {
        requireArguments(given);
        boolean hard = given.flag(1);
        List<String> names = new ArrayList<>(List.of("logits", "codes"));
        if (given.flag(2)) {
            names.add("labels");
        }
        int least = names.size() + (hard ? 1 : 0);
        names.add("weights");
        if (hard) {
            names.add("ofTrueClass");
        }
        given.inputs(least, names.toArray(new String[0]));
        requireInputs(given, 2, given.countOfInputs() - (hard ? 1 : 0));
        if (hard && given.countOfInputs() > 0) {
            given.input(
                    given.countOfInputs() - 1,
                    given.bitsOf(0),
                    2,
                    given.size(0, 0),
                    given.size(0, 2),
                    given.size(0, 3));
        }
    }

    /** The rules of the arguments of this op and of its gradient. */
    static void requireArguments(OpArguments given) {
        given.integers(3, "probabilities", "hard", "soft")
                .realsAndWeights("classWeights", "smoothing");
        given.flag(0);
        given.flag(1);
        given.flag(2);
        given.share(0);
    }

    /**
     * The rules of the inputs of this op and of its gradient: logits and codes, soft labels and
     * weights from a place on, as far as there are any.
     */
    static void requireInputs(OpArguments given, int from, int end) {
        given.predictions(0).codes(1, 0);
        given.weightOfEach(1, given.size(0, 1));
        int next = from;
        if (given.flag(2) && next < end) {
            given.likePredictions(next++);
        }
        if (next < end) {
            requireWeights(given, next);
        }
    }

    private static void requireWeights(OpArguments given, int input) {
        given.input(
                input, given.typeOf(0), given.size(0, 0), 1, given.size(0, 2), given.size(0, 3));
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        return new long[] {inputs[0].size(0), 3};
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return DataType.DOUBLE;
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        INDArray soft = isSoft(this) ? inputs[2] : null;
        INDArray weights = isWeighted(inputs.length) ? inputs[soft == null ? 2 : 3] : null;
        INDArray known = isHard() ? inputs[inputs.length - 1] : null;
        double[] sums;
        if (inputs[0].dataType() == DataType.DOUBLE) {
            sums =
                    doubles(this, inputs[0], inputs[1], soft, weights)
                            .sums(known == null ? null : HostArray.doubleBits(known));
        } else {
            sums =
                    floats(this, inputs[0], inputs[1], soft, weights)
                            .sums(known == null ? null : HostArray.floatBits(known));
        }
        for (int image = 0; image < output.size(0); image++) {
            output.putScalar(image, 0, sums[2 * image]);
            output.putScalar(image, 1, sums[2 * image + 1]);
            output.putScalar(image, 2, inputs[0].size(2) * inputs[0].size(3));
        }
    }

    /** Whether the last input is what {@link TrueProbability} gives. */
    private boolean isHard() {
        return flagArg(1);
    }

    /** Whether there are soft labels, after the codes. */
    static boolean isSoft(JavaOp op) {
        return op.flagArg(2);
    }

    boolean isWeighted(int inputs) {
        return inputs > 2 + (isHard() ? 1 : 0) + (isSoft(this) ? 1 : 0);
    }

    @Override
    public List<SDVariable> doDiff(List<SDVariable> upstream) {
        return List.of(CrossEntropyGradient.of(this, upstream.get(0)));
    }

    /** Makes the kernel for an op that has this op's arguments. */
    static FloatCrossEntropy floats(
            JavaOp op, INDArray logits, INDArray codes, INDArray soft, INDArray weights) {
        Blocks blocks = blocks(logits, codes, soft, weights);
        return new FloatCrossEntropy(
                HostArray.floats(logits),
                HostArray.ints(codes),
                soft == null ? null : HostArray.floats(soft),
                weights == null ? null : HostArray.floats(weights),
                blocks,
                classWeights(op, logits),
                op.tArgs()[0],
                op.flagArg(0));
    }

    /** Makes the kernel for an op that has this op's arguments. */
    static DoubleCrossEntropy doubles(
            JavaOp op, INDArray logits, INDArray codes, INDArray soft, INDArray weights) {
        Blocks blocks = blocks(logits, codes, soft, weights);
        return new DoubleCrossEntropy(
                HostArray.doubles(logits),
                HostArray.ints(codes),
                soft == null ? null : HostArray.doubles(soft),
                weights == null ? null : HostArray.doubles(weights),
                blocks,
                classWeights(op, logits),
                op.tArgs()[0],
                op.flagArg(0));
    }

    private static Blocks blocks(INDArray logits, INDArray codes, INDArray soft, INDArray weights) {
        Blocks blocks = Blocks.of("logits", logits);
        blocks.requireMatch("codes", codes, 1, 1);
        if (soft != null) {
            blocks.requireMatch("labels", soft, blocks.channels(), blocks.channels());
        }
        if (weights != null) {
            blocks.requireMatch("weights", weights, 1, 1);
        }
        return blocks;
    }

    private static double[] classWeights(JavaOp op, INDArray logits) {
        double[] all = op.tArgs();
        double[] weights = new double[all.length - 1];
        System.arraycopy(all, 1, weights, 0, weights.length);
        if (weights.length != 0 && weights.length != logits.size(1)) {
            throw new IllegalArgumentException(
                    "classWeights must have one weight a class, got "
                            + weights.length
                            + " weights for logits "
                            + Arrays.toString(logits.shape()));
        }
        return weights;
    }
}
