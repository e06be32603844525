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
        if (k < 1) {
            throw new IllegalArgumentException("k must be >= 1, got " + k);
        }
        KthSmallest op = new KthSmallest(new SDVariable[] {values});
        op.addIArgument(k, eachImage ? 1 : 0);
        return op.variable();
    }

    @Override
    String shortName() {
        return "kth_smallest";
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        if (inputs[0].rank() < 1 || inputs[0].length() > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException(
                    "values must be of shape [N,...] and have fewer than 2^31 elements, got "
                            + Arrays.toString(inputs[0].shape()));
        }
        return new long[] {flagArg(1) ? inputs[0].size(0) : 1};
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return inputs.get(0);
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        HostArray.requireFloating("values", inputs[0].dataType());
        int groups = (int) output.length();
        int n = (int) (inputs[0].length() / groups);
        long k = getIArgument(0);
        if (output.dataType() == DataType.DOUBLE) {
            var values = HostArray.doubles(inputs[0]);
            var to = HostArray.doubles(output);
            for (int group = 0; group < groups; group++) {
                to.put(group, DoubleSelection.select(values, group * n, n, k));
            }
        } else {
            var values = HostArray.floats(inputs[0]);
            var to = HostArray.floats(output);
            for (int group = 0; group < groups; group++) {
                to.put(group, FloatSelection.select(values, group * n, n, k));
            }
        }
        HostArray.written(output);
    }
}
