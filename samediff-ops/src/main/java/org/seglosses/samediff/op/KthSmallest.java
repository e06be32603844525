package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.Arrays;
import java.util.List;

/**
 * The k-th smallest value of each image, or of the batch: {@code [N,...]} to {@code [N]} or {@code
 * [1]}. It serves to select pixels and has no gradient.
 *
 * <p>Special cases:
 *
 * <ul>
 *   <li>Values of +infinity are void pixels and are not counted.
 *   <li>If there are fewer than k, it is the greatest of them; if there is none, -infinity.
 *   <li>NaN among the values makes the result NaN.
 *   <li>-0.0 is less than 0.0, as {@link Double#compare} has it.
 * </ul>
 */
public final class KthSmallest extends JavaOp {

    /** For ND4J, which creates ops by reflection. */
    public KthSmallest() {}

    private KthSmallest(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /**
     * Adds the op to the graph of its input.
     *
     * @param values the values {@code [N,...]}, FLOAT or DOUBLE
     * @param k which of them, at least 1
     * @param eachImage whether each image has a result of its own, and not the batch
     * @return the k-th smallest values
     * @throws IllegalArgumentException if k is less than 1
     */
    public static SDVariable of(SDVariable values, long k, boolean eachImage) {
        return of(values, k, eachImage, false);
    }

    /**
     * Adds the op on probabilities to the graph of its input.
     *
     * @param probabilities what {@link TrueProbability} gives
     * @param k which of them, at least 1
     * @param eachImage whether each image has a result of its own, and not the batch
     * @return the k-th smallest probabilities
     * @throws IllegalArgumentException if k is less than 1
     */
    public static SDVariable ofProbabilities(SDVariable probabilities, long k, boolean eachImage) {
        return of(probabilities, k, eachImage, true);
    }

    private static SDVariable of(
            SDVariable values, long k, boolean eachImage, boolean ofTrueClass) {
        if (k < 1) {
            throw new IllegalArgumentException("k must be >= 1, got " + k);
        }
        KthSmallest op = new KthSmallest(new SDVariable[] {values});
        op.addIArgument(k, eachImage ? 1 : 0, ofTrueClass ? 1 : 0);
        return op.variable();
    }

    /** Whether the values are the bits of the first half, of which the second axis is N. */
    private boolean ofTrueClass() {
        return iArgs().length > 2 && flagArg(2);
    }

    @Override
    String shortName() {
        return "kth_smallest";
    }

    @Override
    void check(OpArguments given) {
        given.inputs(1, "values").integers(2, "k", "eachImage", "ofTrueClass").reals();
        given.requireInteger(0, getIArgument(0) >= 1, "at least 1");
        given.flag(1);
        if (given.countOfIntegers() > 2 && given.flag(2)) {
            given.input(
                    0,
                    List.of(DataType.INT32, DataType.INT64),
                    2,
                    OpArguments.ANY,
                    OpArguments.ANY,
                    OpArguments.ANY);
        } else {
            given.length(0, OpArguments.FLOATING, OpArguments.ANY);
        }
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        if (inputs[0].rank() < 1) {
            throw new IllegalArgumentException(
                    "values must be of shape [N,...], got " + Arrays.toString(inputs[0].shape()));
        }
        HostArray.requireSize("values", inputs[0], inputs[0].dataType());
        return new long[] {flagArg(1) ? inputs[0].size(ofTrueClass() ? 1 : 0) : 1};
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        if (ofTrueClass()) {
            return inputs.get(0) == DataType.INT64 ? DataType.DOUBLE : DataType.FLOAT;
        }
        return inputs.get(0);
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        if (!ofTrueClass()) {
            HostArray.requireFloating("values", inputs[0].dataType());
        }
        int groups = (int) output.length();
        int n = (int) (inputs[0].length() / groups / (ofTrueClass() ? 2 : 1));
        long k = getIArgument(0);
        if (output.dataType() == DataType.DOUBLE) {
            var values =
                    ofTrueClass() ? HostArray.doubleBits(inputs[0]) : HostArray.doubles(inputs[0]);
            var to = HostArray.doubles(output);
            for (int group = 0; group < groups; group++) {
                to.put(group, DoubleSelection.select(values, group * n, n, k));
            }
        } else {
            var values =
                    ofTrueClass() ? HostArray.floatBits(inputs[0]) : HostArray.floats(inputs[0]);
            var to = HostArray.floats(output);
            for (int group = 0; group < groups; group++) {
                to.put(group, FloatSelection.select(values, group * n, n, k));
            }
        }
        HostArray.written(output);
    }
}
