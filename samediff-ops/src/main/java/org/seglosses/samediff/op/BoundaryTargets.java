package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.*;

/** TEMP. */
public final class BoundaryTargets extends JavaOp {
    /** TEMP. */
    public BoundaryTargets() {}

    private BoundaryTargets(SDVariable[] in) {
        super(in[0].getSameDiff(), in);
    }

    public static SDVariable of(SDVariable codes, SDVariable like, int t0, int t, boolean both) {
        BoundaryTargets o = new BoundaryTargets(new SDVariable[] {codes, like});
        o.addIArgument(t0, t, both ? 1 : 0);
        return o.variable();
    }

    @Override
    String shortName() {
        return "boundary_targets";
    }

    @Override
    long[] outputShape(INDArray[] in) {
        long[] s = in[1].shape().clone();
        if (flagArg(2)) s[1] = 2;
        return s;
    }

    @Override
    DataType outputType(List<DataType> t) {
        return DataType.INT8;
    }

    @Override
    void compute(INDArray[] in, INDArray out) {
        int N = (int) out.size(0),
                C = (int) out.size(1),
                H = (int) out.size(2),
                W = (int) out.size(3);
        int T = (int) in[0].size(1);
        int[] codes = new int[(int) in[0].length()];
        HostArray.ints(in[0]).get(codes);
        var to = HostArray.bytes(out);
        int P = H * W;
        for (int n = 0; n < N; n++)
            for (int c = 0; c < C; c++) {
                int[] y = new int[P];
                for (int i = 0; i < P; i++) {
                    int q = codes[(n * T + (T == 1 ? 0 : c)) * P + i];
                    y[i] =
                            q < 0
                                    ? -1
                                    : flagArg(2)
                                            ? (c == 0 ? (q == 1 ? 1 : 0) : (q == 0 ? 1 : 0))
                                            : in[1].size(1) == T
                                                    ? (q == 1 ? 1 : 0)
                                                    : (q == c ? 1 : 0);
                }
                int[] b = new int[P];
                for (int h = 0; h < H; h++)
                    for (int w = 0; w < W; w++) {
                        int i = h * W + w;
                        if (y[i] != 1) continue;
                        int r = intArg(0) / 2;
                        for (int a = Math.max(0, h - r); a <= Math.min(H - 1, h + r); a++)
                            for (int d = Math.max(0, w - r); d <= Math.min(W - 1, w + r); d++)
                                if (y[a * W + d] == 0) b[i] = 1;
                    }
                for (int h = 0; h < H; h++)
                    for (int w = 0; w < W; w++) {
                        int i = h * W + w;
                        int e = 0;
                        if (y[i] >= 0) {
                            int r = intArg(1) / 2;
                            for (int a = Math.max(0, h - r); a <= Math.min(H - 1, h + r); a++)
                                for (int d = Math.max(0, w - r); d <= Math.min(W - 1, w + r); d++)
                                    e |= b[a * W + d];
                        }
                        to.put((n * C + c) * P + i, (byte) (b[i] | e << 1));
                    }
            }
    }
}
