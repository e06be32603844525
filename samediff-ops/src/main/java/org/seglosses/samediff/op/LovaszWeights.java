package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.*;

/** TEMP. */
public final class LovaszWeights extends JavaOp {
    /** TEMP. */
    public LovaszWeights() {}

    private LovaszWeights(SDVariable[] in) {
        super(in[0].getSameDiff(), in);
    }

    public static SDVariable of(
            SDVariable e,
            SDVariable codes,
            boolean each,
            int absent,
            List<Integer> classes,
            List<Double> w) {
        LovaszWeights o = new LovaszWeights(new SDVariable[] {e, codes});
        o.addIArgument(each ? 1 : 0, absent, 0);
        for (int c : classes) o.addIArgument(c);
        w.forEach(o::addTArgument);
        return o.variable();
    }

    public static SDVariable flat(SDVariable e, SDVariable codes, boolean each) {
        LovaszWeights o = new LovaszWeights(new SDVariable[] {e, codes});
        o.addIArgument(each ? 1 : 0, 2, 1);
        return o.variable();
    }

    @Override
    String shortName() {
        return "lovasz_weights";
    }

    @Override
    long[] outputShape(INDArray[] in) {
        return in[0].shape();
    }

    @Override
    DataType outputType(List<DataType> t) {
        return t.get(0) == DataType.DOUBLE ? DataType.INT64 : DataType.INT32;
    }

    @Override
    void compute(INDArray[] in, INDArray out) {
        int N = (int) out.size(0), C = (int) out.size(1), P = (int) (out.size(2) * out.size(3));
        int T = (int) in[1].size(1);
        int[] codes = new int[(int) in[1].length()];
        HostArray.ints(in[1]).get(codes);
        double[] e = in[0].dup('c').castTo(DataType.DOUBLE).data().asDouble();
        boolean each = flagArg(0), flat = flagArg(2);
        int absent = intArg(1);
        long[] ia = iArgs();
        double[] tw = tArgs();
        boolean[] use = new boolean[C];
        if (ia.length == 3) Arrays.fill(use, true);
        else for (int q = 3; q < ia.length; q++) use[(int) ia[q]] = true;
        double[] w = new double[N * C * P];
        int G = each ? N : 1;
        for (int g = 0; g < G; g++) {
            int n0 = each ? g : 0, n1 = each ? g + 1 : N;
            double[][] cw = new double[flat ? 1 : C][];
            int[][] idx = new int[flat ? 1 : C][];
            boolean[] pres = new boolean[flat ? 1 : C];
            boolean any = false;
            for (int k = 0; k < (flat ? 1 : C); k++) {
                List<Integer> l = new ArrayList<>();
                for (int n = n0; n < n1; n++)
                    for (int c = flat ? 0 : k; c < (flat ? C : k + 1); c++)
                        for (int i = 0; i < P; i++) {
                            int q = codes[(n * T + (T == 1 ? 0 : c)) * P + i];
                            if (q >= 0) l.add((n * C + c) * P + i);
                        }
                any |= !l.isEmpty();
                final int kk = k;
                java.util.function.IntPredicate fg =
                        j -> {
                            int c = j / P % C, n = j / P / C, i = j % P;
                            int q = codes[(n * T + (T == 1 ? 0 : c)) * P + i];
                            return T == C ? q == 1 : q == c;
                        };
                l.sort((a, b) -> Double.compare(e[b], e[a]));
                int p = 0;
                for (int j : l) if (fg.test(j)) p++;
                pres[k] = p > 0;
                cw[k] = new double[l.size()];
                idx[k] = l.stream().mapToInt(q -> q).toArray();
                double prev = 0;
                int cf = 0, cb = 0;
                boolean nan = false;
                for (int r = 0; r < idx[k].length; r++) {
                    if (fg.test(idx[k][r])) cf++;
                    else cb++;
                    double J = 1 - (double) (p - cf) / (p + cb);
                    cw[k][r] = e[idx[k][r]] == 0 ? 0 : J - prev;
                    prev = J;
                    nan |= Double.isNaN(e[idx[k][r]]);
                }
                if (nan) Arrays.fill(cw[k], Double.NaN);
            }
            double den = 0;
            for (int k = 0; k < cw.length; k++)
                if (flat || use[k] && (pres[k] || absent != 1))
                    den += flat || tw.length == 0 ? 1 : tw[k];
            for (int k = 0; k < cw.length; k++) {
                double co =
                        flat
                                ? 1
                                : !use[k] || !pres[k] && absent != 2 || den == 0
                                        ? 0
                                        : (tw.length == 0 ? 1 : tw[k]) / den;
                if (co != 0) for (int r = 0; r < idx[k].length; r++) w[idx[k][r]] = co * cw[k][r];
            }
        }
        if (out.dataType() == DataType.INT64) {
            var b = HostArray.doubleBits(out);
            for (int i = 0; i < w.length; i++) b.put(i, w[i]);
        } else {
            var b = HostArray.floatBits(out);
            for (int i = 0; i < w.length; i++) b.put(i, (float) w[i]);
        }
    }
}
