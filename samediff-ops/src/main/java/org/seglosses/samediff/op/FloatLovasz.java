package org.seglosses.samediff.op;

import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;

/**
 * Weights of the values of one vector of a Lovász loss; the formula is in {@link LovaszWeights}.
 */
@SuppressWarnings("cast") // the double twin has casts from double to double
final class FloatLovasz {

    private FloatLovasz() {}

    /**
     * Writes the weights of a vector, which is made of every {@code step}-th plane.
     *
     * @param foreground the pixels of the class in the vector
     * @param share what the weights are multiplied by
     */
    static void weights(
            FloatBuffer values,
            IntBuffer codes,
            CodedPlanes planes,
            boolean hinge,
            int first,
            int step,
            int count,
            int foreground,
            double share,
            FloatBuffer to) {
        int n = planes.pixels();
        float[] weights = Scratch.floats(0, count * n);
        Arrays.fill(weights, 0, count * n, 0);
        if (share != 0) {
            float[] errors = Scratch.floats(1, count * n);
            float[] plane = Scratch.floats(2, n);
            int[] places = Scratch.ints(0, count * n);
            int[] code = Scratch.ints(1, n);
            int length = 0;
            var none = ErrorOrder.bits((float) 0);
            var greatest = none;
            var least = ErrorOrder.bits(Float.POSITIVE_INFINITY);
            for (int p = 0; p < count; p++) {
                int index = first + p * step;
                int wanted = planes.foreground(index);
                values.get(planes.offset(index), plane, 0, n);
                codes.get(planes.codeOffset(index), code, 0, n);
                for (int i = 0; i < n; i++) {
                    int isClass = code[i] == wanted ? 1 : 0;
                    float error = hinge ? hinge(plane[i], isClass) : Math.abs(isClass - plane[i]);
                    errors[length] = error;
                    // a place is an index and, in the lowest bit, whether the class is there
                    places[length] = p * n + i << 1 | isClass;
                    var bits = ErrorOrder.bits(error);
                    if (code[i] >= 0 && bits != none) {
                        length++;
                        greatest = Math.max(greatest, bits);
                        least = Math.min(least, bits);
                    }
                }
            }
            if (greatest > ErrorOrder.bits(Float.POSITIVE_INFINITY)) {
                poison(codes, planes, first, step, count, weights);
            } else {
                int placeBits = Long.SIZE - Long.numberOfLeadingZeros(2L * count * n - 1);
                int[] order =
                        ErrorOrder.descending(errors, places, length, greatest, least, placeBits);
                differences(order, length, foreground, share, weights);
            }
        }
        for (int p = 0; p < count; p++) {
            to.put(planes.offset(first + p * step), weights, p * n, n);
        }
    }

    /**
     * The differences of J: 1/(P+q) at a pixel of the class, (P-p)/((P+q)(P+q+1)) at another one,
     * after p pixels of the class and q others. Without a branch, which nobody could predict.
     */
    private static void differences(
            int[] order, int length, int foreground, double share, float[] weights) {
        if (foreground == 0) {
            // J is 1 from the first pixel on
            if (length > 0) {
                weights[order[0] >>> 1] = (float) share;
            }
            return;
        }
        int rest = foreground;
        int union = foreground;
        for (int r = 0; r < length; r++) {
            int isClass = order[r] & 1;
            int others = isClass - 1;
            // at a pixel of the class the error falls with the value: -1
            int numerator = (rest & others) - isClass;
            double denominator = (double) union * ((union & others) + 1);
            weights[order[r] >>> 1] = (float) (share * numerator / denominator);
            rest -= isClass;
            union += 1 - isClass;
        }
    }

    private static float hinge(float z, int isClass) {
        // z * 0: not finite in, NaN out
        return Math.max(1 - (isClass == 1 ? z : -z), 0) + z * 0;
    }

    private static void poison(
            IntBuffer codes, CodedPlanes planes, int first, int step, int count, float[] weights) {
        int n = planes.pixels();
        for (int p = 0; p < count; p++) {
            int codesAt = planes.codeOffset(first + p * step);
            for (int i = 0; i < n; i++) {
                if (codes.get(codesAt + i) >= 0) {
                    weights[p * n + i] = Float.NaN;
                }
            }
        }
    }

    /**
     * Writes the sums of errors times weights: of each channel of each image, of each image, or of
     * all, by how many there is room for.
     */
    static void sums(
            FloatBuffer values, FloatBuffer weights, boolean hinge, Blocks blocks, FloatBuffer to) {
        int channels = blocks.channels();
        double[] partial = new double[blocks.count() * channels];
        Parallel.run(
                blocks.count(),
                block -> {
                    int n = blocks.length(block);
                    float[] x = Scratch.floats(0, n);
                    float[] w = Scratch.floats(1, n);
                    for (int c = 0; c < channels; c++) {
                        values.get(blocks.offset(block, c), x, 0, n);
                        weights.get(blocks.offset(block, c), w, 0, n);
                        partial[block * channels + c] =
                                hinge ? hingeSum(x, w, n) : absoluteSum(x, w, n);
                    }
                });
        double[] sums = blocks.addUp(partial, channels);
        int each = sums.length / to.limit();
        for (int i = 0; i < to.limit(); i++) {
            double sum = 0;
            for (int k = i * each; k < (i + 1) * each; k++) {
                sum += sums[k];
            }
            to.put(i, (float) sum);
        }
    }

    private static double absoluteSum(float[] p, float[] w, int n) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
            sum += Math.abs((w[i] < 0 ? 1.0 : 0.0) - p[i]) * Math.abs(w[i]);
        }
        return sum;
    }

    private static double hingeSum(float[] z, float[] w, int n) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
            // not by 0: a void pixel may have any logit
            sum += w[i] == 0 ? 0 : Math.abs(w[i]) + (double) z[i] * w[i];
        }
        return sum;
    }
}
