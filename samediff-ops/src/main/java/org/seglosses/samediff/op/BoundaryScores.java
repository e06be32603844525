package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.List;

/**
 * The boundary loss of each image, {@code [N]}, from {@link BoundarySums} {@code [N,C,4]} and
 * {@link ClassCoefficients} {@code [N,C]}: with {@code P = s_0 / (s_1 + eps)} and {@code R = s_2 /
 * (s_3 + eps)} of each class, the sum over classes of {@code coefficient * (1 - 2PR / (P + R +
 * eps))}.
 *
 * <p>A few numbers an image, which as native ops would be forty steps, each of them slower than all
 * of this.
 */
public final class BoundaryScores extends JavaOp {

    /** Keeps the quotients finite where a map has no boundary; the references' value. */
    private static final double EPSILON = 1e-7;

    /** For ND4J, which creates ops by reflection. */
    public BoundaryScores() {}

    private BoundaryScores(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /**
     * Adds the op to the graph of its inputs.
     *
     * @param sums {@code [N,C,4]}
     * @param coefficients {@code [N,C]} of the type of the sums
     * @return the losses {@code [N]}
     */
    public static SDVariable of(SDVariable sums, SDVariable coefficients) {
        return new BoundaryScores(new SDVariable[] {sums, coefficients}).variable();
    }

    /**
     * Adds what each class contributes to losses to their graph; not differentiable.
     *
     * @param losses losses of this op
     * @return the contributions {@code [N,C]}
     */
    public static SDVariable ofClasses(SDVariable losses) {
        BoundaryScores op = new BoundaryScores(((BoundaryScores) losses.getCreator()).args());
        op.addIArgument(1);
        return op.variable();
    }

    private boolean byClass() {
        return iArgs().length > 0;
    }

    @Override
    String shortName() {
        return "boundary_scores";
    }

    @Override
    void check(OpArguments given) {
        given.inputs(2, "sums", "coefficients").integers(0, "byClass").reals().yes(0);
        requireSums(given);
    }

    static void requireSums(OpArguments given) {
        given.input(0, OpArguments.FLOATING, OpArguments.ANY, OpArguments.ANY, 4);
        given.input(1, given.typeOf(0), given.size(0, 0), given.size(0, 1));
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        long images = inputs[0].size(0);
        return byClass() ? new long[] {images, inputs[0].size(1)} : new long[] {images};
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return inputs.get(0);
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        for (int n = 0; n < inputs[0].size(0); n++) {
            double loss = 0;
            for (int c = 0; c < inputs[0].size(1); c++) {
                double p = inputs[0].getDouble(n, c, 0) / (inputs[0].getDouble(n, c, 1) + EPSILON);
                double r = inputs[0].getDouble(n, c, 2) / (inputs[0].getDouble(n, c, 3) + EPSILON);
                double own = inputs[1].getDouble(n, c) * (1 - 2 * p * r / (p + r + EPSILON));
                if (byClass()) {
                    output.putScalar(n, c, own);
                }
                loss += own;
            }
            if (!byClass()) {
                output.putScalar(n, loss);
            }
        }
    }

    @Override
    public List<SDVariable> doDiff(List<SDVariable> upstream) {
        if (byClass()) {
            throw new UnsupportedOperationException(opName() + " of classes has no derivative");
        }
        return List.of(BoundaryScoresGradient.of(arg(0), arg(1), upstream.get(0)));
    }

    /** Writes the derivative by the four sums of a class, given the derivative by its F1 score. */
    static void derivative(INDArray sums, int n, int c, double byF1, INDArray to) {
        double predicted = sums.getDouble(n, c, 1) + EPSILON;
        double actual = sums.getDouble(n, c, 3) + EPSILON;
        double p = sums.getDouble(n, c, 0) / predicted;
        double r = sums.getDouble(n, c, 2) / actual;
        double total = p + r + EPSILON;
        double byP = byF1 * 2 * r * (r + EPSILON) / (total * total);
        double byR = byF1 * 2 * p * (p + EPSILON) / (total * total);
        to.putScalar(new long[] {n, c, 0}, byP / predicted);
        to.putScalar(new long[] {n, c, 1}, -byP * p / predicted);
        to.putScalar(new long[] {n, c, 2}, byR / actual);
        to.putScalar(new long[] {n, c, 3}, -byR * r / actual);
    }
}
