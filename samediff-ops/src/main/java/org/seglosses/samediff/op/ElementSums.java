package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.Arrays;
import java.util.List;

/**
 * Cross entropies of elements or pixels, changed by a modulation and summed over H and W: from
 * logits {@code [N,C,H,W]} to {@code [N,C,4]} of DOUBLE, a row for each class: the sum of the
 * terms, of their weights, their number (void ones included), and the sum of the factors.
 *
 * <p>By elements ({@link Entropy#SIGMOID}), an element with logit z, label y and weight w has
 * {@code e = -y*log sigmoid(z) - (1-y)*log sigmoid(-z)}; its term is {@code w*(f*e + g)}, its
 * weight w, its factor {@code w*f}. By pixels ({@link Entropy#SOFTMAX}), a pixel has {@code e =
 * sum_c y_c*e_c} with {@code e_c = -log softmax_c}; in the row of class c its term is {@code
 * w*y_c*(f*e_c + g)}, its weight {@code w*y_c}, its factor {@code w*y_c*f}; the number of pixels is
 * in the row of class 0.
 *
 * <p>With {@code q = 1 - exp(-e)}, the factor f is {@code q^gamma}, or {@code (q/t)^gamma} and 1
 * where {@code 1-q < t}; the addend g is {@code epsilon*q}.
 */
public final class ElementSums extends JavaOp {

    /** What entropies are of. */
    public enum Entropy {
        /** Of a yes or no in each channel. */
        SIGMOID,
        /** Of one class out of all. */
        SOFTMAX
    }

    /**
     * How terms are made of entropies.
     *
     * @param gamma the power of q, at least 0; 0 for no modulation
     * @param reduced t in (0,1], or 0 for none
     * @param alpha terms of label 1 count alpha, those of label 0 {@code 1 - alpha}, others in
     *     between; NaN for 1 each. By pixels all count alpha.
     * @param poly epsilon, at least 0; 0 for no addend
     * @param smoothing s: a label y becomes {@code y*(1-s) + (1-y)*s} by elements, {@code y_c*(1-s)
     *     + s/C * sum y} by pixels, but in weights; not together with the others
     */
    public record Modulation(
            double gamma, double reduced, double alpha, double poly, double smoothing) {

        /** Terms that are the entropies. */
        public static final Modulation NONE = smoothed(0);

        /**
         * Terms that are the entropies of smoothed labels.
         *
         * @param smoothing s
         * @return the modulation
         */
        public static Modulation smoothed(double smoothing) {
            return new Modulation(0, 0, Double.NaN, 0, smoothing);
        }

        /**
         * Terms that are the entropies and the addend.
         *
         * @param epsilon of the addend
         * @return the modulation
         */
        public static Modulation poly(double epsilon) {
            return new Modulation(0, 0, Double.NaN, epsilon, 0);
        }

        double[] arguments() {
            return new double[] {gamma, reduced, alpha, poly, smoothing};
        }

        static Modulation of(double[] arguments) {
            return new Modulation(
                    arguments[0], arguments[1], arguments[2], arguments[3], arguments[4]);
        }
    }

    static final int TERMS = 0;
    static final int WEIGHTS = 1;
    static final int COUNT = 2;
    static final int FACTORS = 3;
    static final int COLUMNS = 4;

    /** The arguments that are the modulation; positive weights follow. */
    private static final int MODULATION = 5;

    /** An argument more says that there are maps. */
    static final int MAPS = 3;

    /** For ND4J, which creates ops by reflection. */
    public ElementSums() {}

    private ElementSums(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /**
     * Adds the op to the graph of its inputs.
     *
     * @param logits {@code [N,C,H,W]}, or probabilities
     * @param target labels and weights
     * @param entropy what entropies are of
     * @param modulation how terms are made of entropies
     * @param positiveWeights a factor for the part of label 1 of each channel, by elements; none
     *     for 1
     * @param probabilities whether the logits are probabilities, of which {@code -log} is taken of
     *     1e-30 at least
     * @return the sums {@code [N,C,4]}
     */
    public static SDVariable of(
            SDVariable logits,
            Target target,
            Entropy entropy,
            Modulation modulation,
            List<Double> positiveWeights,
            boolean probabilities) {
        ElementSums op = new ElementSums(target.inputs(logits));
        op.addIArgument(target.form(), entropy.ordinal(), probabilities ? 1 : 0);
        op.addTArgument(modulation.arguments());
        positiveWeights.forEach(op::addTArgument);
        return op.variable();
    }

    /**
     * Adds the op to the graph of its inputs: by elements, whose maps are known. Its gradient is
     * that of the terms alone.
     *
     * @param logits {@code [N,C,H,W]}, or probabilities
     * @param target labels and weights
     * @param maps of {@link ElementMaps}
     * @return the sums {@code [N,C,4]}
     */
    public static SDVariable of(SDVariable logits, Target target, SDVariable maps) {
        JavaOp forward = (JavaOp) maps.getCreator();
        ElementSums op = new ElementSums(target.inputs(logits, maps));
        op.addIArgument(forward.iArgs());
        op.addIArgument(1);
        op.addTArgument(forward.tArgs());
        return op.variable();
    }

    /** The maps among the inputs of an op that has this op's arguments, if there are any. */
    static <T> T maps(JavaOp op, T[] inputs) {
        return op.iArgs().length > MAPS ? inputs[Target.count(op.intArg(0))] : null;
    }

    @Override
    String shortName() {
        return "element_sums";
    }

    @Override
    void check(OpArguments given) {
        boolean maps = given.countOfIntegers() > MAPS;
        int form = maps ? Target.require(given, "maps") : Target.require(given);
        given.integers(3, "target", "entropy", "probabilities", "maps").yes(MAPS);
        requireArguments(given, form);
        if (maps) {
            requireMaps(given, form);
        }
    }

    /** The rules of this op, its maps and its gradient. */
    static void requireArguments(OpArguments given, int form) {
        given.realsAndWeights(
                "posWeight", "gamma", "reducedThreshold", "alpha", "epsilon", "smoothing");
        int entropy = given.code(1, Entropy.values().length);
        boolean onePerPixel = (form & Target.ONE_PER_PIXEL) != 0;
        given.requireInteger(
                1,
                onePerPixel || entropy == Entropy.SIGMOID.ordinal(),
                "0 (sigmoid) where each channel has a label");
        given.flag(2);
        given.notNegative(0);
        given.share(1);
        if (!Double.isNaN(given.real(2))) {
            given.notNegative(2);
        }
        given.notNegative(3);
        given.share(4);
        given.weightOfEach(MODULATION, given.size(0, 1));
    }

    static void requireMaps(OpArguments given, int form) {
        given.integer(1, Entropy.SIGMOID.ordinal(), Entropy.SIGMOID.ordinal());
        given.maps(Target.count(form), COLUMNS);
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        return new long[] {inputs[0].size(0), inputs[0].size(1), COLUMNS};
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return DataType.DOUBLE;
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        INDArray maps = maps(this, inputs);
        if (maps != null) {
            ElementMaps.layout(inputs[0]).copySums(maps, output);
            return;
        }
        Blocks blocks = Blocks.of("logits", inputs[0]);
        if (inputs[0].dataType() == DataType.DOUBLE) {
            doubles(this, inputs, blocks).sums(HostArray.doubles(output), null);
        } else {
            floats(this, inputs, blocks).sums(HostArray.doubles(output), null);
        }
        HostArray.written(output);
    }

    @Override
    public List<SDVariable> doDiff(List<SDVariable> upstream) {
        return List.of(ElementSumsGradient.of(this, upstream.get(0)));
    }

    /** Makes the kernel for an op that has this op's arguments. */
    static FloatElements floats(JavaOp op, INDArray[] inputs, Blocks blocks) {
        return new FloatElements(
                HostArray.floats(inputs[0]),
                FloatTarget.of(op.intArg(0), inputs, blocks),
                op.intArg(1) == Entropy.SOFTMAX.ordinal(),
                op.flagArg(2),
                Modulation.of(op.tArgs()),
                positiveWeights(op, inputs[0]),
                blocks);
    }

    /** Makes the kernel for an op that has this op's arguments. */
    static DoubleElements doubles(JavaOp op, INDArray[] inputs, Blocks blocks) {
        return new DoubleElements(
                HostArray.doubles(inputs[0]),
                DoubleTarget.of(op.intArg(0), inputs, blocks),
                op.intArg(1) == Entropy.SOFTMAX.ordinal(),
                op.flagArg(2),
                Modulation.of(op.tArgs()),
                positiveWeights(op, inputs[0]),
                blocks);
    }

    private static double[] positiveWeights(JavaOp op, INDArray logits) {
        double[] all = op.tArgs();
        double[] weights = Arrays.copyOfRange(all, MODULATION, all.length);
        int channels = (int) logits.size(1);
        if (weights.length == 0) {
            weights = new double[channels];
            Arrays.fill(weights, 1);
        }
        if (weights.length != channels) {
            throw new IllegalArgumentException(
                    "posWeight must have one weight a channel, got "
                            + weights.length
                            + " weights for logits "
                            + Arrays.toString(logits.shape()));
        }
        return weights;
    }
}
