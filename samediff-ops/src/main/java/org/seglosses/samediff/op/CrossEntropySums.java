package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Softmax cross entropy, summed for each image: from logits {@code [N,C,H,W]} to {@code [N,3]}, the
 * sum of the pixels' terms, the sum of their weights, and their number H * W (void ones included).
 *
 * <p>With {@code lse_i} the log-sum-exp of pixel i, its label y, its weight w and class weights
 * {@code v}, a pixel's term is {@code w * ((1-s) * v_y * (lse - z_y) + s/C * sum_c v_c * (lse -
 * z_c))} and its weight {@code w * v_y}; a soft label is the same, linear in y. Log-sum-exp and
 * softmax are never stored: forward and backward each read the logits once.
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
     * @param labels codes of {@link Targets} {@code [N,1,H,W]}, or soft labels {@code [N,C,H,W]} of
     *     the logits' type
     * @param weights {@code [N,1,H,W]} of the logits' type, a weight of 0 makes a pixel void; or
     *     null
     * @param classWeights C weights, or none for all 1
     * @param smoothing label smoothing s
     * @param probabilities whether the logits are probabilities p, of which {@code -log p} is taken
     *     in the place of {@code lse - z}, with p of at least 1e-30
     * @return the sums {@code [N,3]}
     */
    public static SDVariable of(
            SDVariable logits,
            SDVariable labels,
            SDVariable weights,
            List<Double> classWeights,
            double smoothing,
            boolean probabilities) {
        return of(logits, labels, weights, null, classWeights, smoothing, probabilities);
    }

    /**
     * Adds the op on the hard pixels of {@link HardCodes} to the graph of its inputs: their
     * entropies are known.
     *
     * @param logits {@code [N,C,H,W]}, or probabilities
     * @param codes the hard pixels' {@code [N,1,H,W]}
     * @param weights as above
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
        return of(logits, codes, weights, ofTrueClass, classWeights, 0, probabilities);
    }

    private static SDVariable of(
            SDVariable logits,
            SDVariable labels,
            SDVariable weights,
            SDVariable ofTrueClass,
            List<Double> classWeights,
            double smoothing,
            boolean probabilities) {
        CrossEntropySums op =
                new CrossEntropySums(
                        Stream.of(logits, labels, weights, ofTrueClass)
                                .filter(Objects::nonNull)
                                .toArray(SDVariable[]::new));
        op.addIArgument(probabilities ? 1 : 0, ofTrueClass == null ? 0 : 1);
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
        given.integers(1, "probabilities", "hard");
        boolean hard = given.countOfIntegers() > 1 && given.code(1, 2) == 1;
        if (hard) {
            given.inputs(3, "logits", "labels", "weights or ofTrueClass", "ofTrueClass");
        } else {
            given.inputs(2, "logits", "labels", "weights");
        }
        requireArguments(given);
        int last = given.countOfInputs() - 1;
        if (last >= (hard ? 3 : 2)) {
            requireWeights(given, 2);
        }
        if (hard && last > 0) {
            given.codes(1, 0);
            given.input(
                    last, given.bitsOf(0), 2, given.size(0, 0), given.size(0, 2), given.size(0, 3));
        }
    }

    /** The rules of this op and of its gradient. */
    static void requireArguments(OpArguments given) {
        given.integers(1, "probabilities", "hard").realsAndWeights("classWeights", "smoothing");
        given.flag(0);
        if (given.countOfIntegers() > 1) {
            given.flag(1);
        }
        given.share(0);
        given.predictions(0);
        given.weightOfEach(1, given.size(0, 1));
        boolean soft = given.countOfInputs() > 1 && given.typeOf(1).get(0).isFPType();
        if (soft) {
            given.likePredictions(1);
        } else {
            given.input(
                    1,
                    List.of(DataType.INT32, DataType.FLOAT, DataType.DOUBLE),
                    given.size(0, 0),
                    1,
                    given.size(0, 2),
                    given.size(0, 3));
        }
    }

    static void requireWeights(OpArguments given, int input) {
        given.input(
                input, given.typeOf(0), given.size(0, 0), 1, given.size(0, 2), given.size(0, 3));
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        return new long[] {inputs[0].size(0), 3};
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return inputs.get(0);
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        INDArray weights = isWeighted(inputs.length) ? inputs[2] : null;
        if (isHard()) {
            hardSums(inputs, weights, output);
        } else if (output.dataType() == DataType.DOUBLE) {
            doubles(this, inputs[0], inputs[1], weights).sums(HostArray.doubles(output));
        } else {
            floats(this, inputs[0], inputs[1], weights).sums(HostArray.floats(output));
        }
        HostArray.written(output);
    }

    /** Whether the last input is what {@link TrueProbability} gives. */
    private boolean isHard() {
        return iArgs().length > 1 && flagArg(1);
    }

    boolean isWeighted(int inputs) {
        return inputs > (isHard() ? 3 : 2);
    }

    private void hardSums(INDArray[] inputs, INDArray weights, INDArray output) {
        INDArray ofTrueClass = inputs[inputs.length - 1];
        if (output.dataType() == DataType.DOUBLE) {
            doubles(this, inputs[0], inputs[1], weights)
                    .sums(HostArray.doubleBits(ofTrueClass), HostArray.doubles(output));
        } else {
            floats(this, inputs[0], inputs[1], weights)
                    .sums(HostArray.floatBits(ofTrueClass), HostArray.floats(output));
        }
    }

    @Override
    public List<SDVariable> doDiff(List<SDVariable> upstream) {
        return List.of(CrossEntropyGradient.of(this, upstream.get(0)));
    }

    /** Makes the kernel for an op that has this op's arguments. */
    static FloatCrossEntropy floats(JavaOp op, INDArray logits, INDArray labels, INDArray weights) {
        boolean soft = labels.dataType().isFPType();
        return new FloatCrossEntropy(
                HostArray.floats(logits),
                soft ? null : HostArray.ints(labels),
                soft ? HostArray.floats(labels) : null,
                weights == null ? null : HostArray.floats(weights),
                blocks(logits, labels, weights, soft),
                classWeights(op, logits),
                op.tArgs()[0],
                op.flagArg(0));
    }

    /** Makes the kernel for an op that has this op's arguments. */
    static DoubleCrossEntropy doubles(
            JavaOp op, INDArray logits, INDArray labels, INDArray weights) {
        boolean soft = labels.dataType().isFPType();
        return new DoubleCrossEntropy(
                HostArray.doubles(logits),
                soft ? null : HostArray.ints(labels),
                soft ? HostArray.doubles(labels) : null,
                weights == null ? null : HostArray.doubles(weights),
                blocks(logits, labels, weights, soft),
                classWeights(op, logits),
                op.tArgs()[0],
                op.flagArg(0));
    }

    private static Blocks blocks(INDArray logits, INDArray labels, INDArray weights, boolean soft) {
        Blocks blocks = Blocks.of("logits", logits);
        int channels = soft ? blocks.channels() : 1;
        blocks.requireMatch("labels", labels, channels, channels);
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
