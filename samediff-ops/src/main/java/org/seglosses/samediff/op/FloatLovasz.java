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
     * @param steps what each error counts; null if the vector does not count
     */
    static void weights(
            FloatBuffer values,
            IntBuffer codes,
            CodedPlanes planes,
            boolean hinge,
            int first,
            int step,
            int count,
            JaccardSteps steps,
            FloatBuffer to) {
        int n = planes.pixels();
        float[] weights = Scratch.floats(0, count * n);
        Arrays.fill(weights, 0, count * n, 0);
        if (steps != null) {
            float[] errors = Scratch.floats(1, count * n);
            float[] plane = Scratch.floats(2, n);
            int[] places = Scratch.ints(0, count * n);
            int[] code = Scratch.ints(1, n);
            int length = 0;
            var none = JaccardSteps.bits((float) 0);
            var greatest = none;
            var least = JaccardSteps.bits(Float.POSITIVE_INFINITY);
            for (int p = 0; p < count; p++) {
                int index = first + p * step;
                int foreground = planes.foreground(index);
                values.get(planes.offset(index), plane, 0, n);
                codes.get(planes.codeOffset(index), code, 0, n);
                for (int i = 0; i < n; i++) {
                    int isClass = code[i] == foreground ? 1 : 0;
                    float error = hinge ? hinge(plane[i], isClass) : Math.abs(isClass - plane[i]);
                    errors[length] = error;
                    // a place is an index and, in the lowest bit, whether the class is there
                    places[length] = p * n + i << 1 | isClass;
                    var bits = JaccardSteps.bits(error);
                    if (code[i] >= 0 && bits != none) {
                        length++;
                        greatest = Math.max(greatest, bits);
                        least = Math.min(least, bits);
                    }
                }
            }
            if (greatest > JaccardSteps.bits(Float.POSITIVE_INFINITY)) {
                poison(codes, planes, first, step, count, weights);
            } else {
                int placeBits = Long.SIZE - Long.numberOfLeadingZeros(2L * count * n - 1);
                steps.write(errors, places, length, greatest, least, placeBits, weights);
            }
        }
        for (int p = 0; p < count; p++) {
            to.put(planes.offset(first + p * step), weights, p * n, n);
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
