package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.*;

/** TEMP. */
public final class KthSmallest extends JavaOp {
    /** TEMP. */
    public KthSmallest() {}

    private KthSmallest(SDVariable[] in) {
        super(in[0].getSameDiff(), in);
    }

    public static SDVariable of(SDVariable v, int k, boolean each) {
        KthSmallest o = new KthSmallest(new SDVariable[] {v});
        o.addIArgument(k, each ? 1 : 0);
        return o.variable();
    }

    @Override
    String shortName() {
        return "kth_smallest";
    }

    @Override
    long[] outputShape(INDArray[] in) {
        return new long[] {flagArg(1) ? in[0].size(0) : 1};
    }

    @Override
    DataType outputType(List<DataType> t) {
        return t.get(0);
    }

    @Override
    void compute(INDArray[] in, INDArray out) {
        int G = (int) out.length();
        double[] v = in[0].dup('c').castTo(DataType.DOUBLE).data().asDouble();
        int n = v.length / G;
        for (int g = 0; g < G; g++) {
            double[] x =
                    Arrays.stream(v, g * n, (g + 1) * n)
                            .filter(q -> q != Double.POSITIVE_INFINITY)
                            .sorted()
                            .toArray();
            boolean nan = Arrays.stream(x).anyMatch(Double::isNaN);
            out.putScalar(
                    g,
                    nan
                            ? Double.NaN
                            : x.length == 0
                                    ? Double.NEGATIVE_INFINITY
                                    : x[Math.min(x.length, intArg(0)) - 1]);
        }
    }
}
