package org.seglosses.samediff.op;

import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;

/**
 * Weights of the errors of one vector of a Lovász loss; the formula is in {@link LovaszWeights}.
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
            FloatBuffer errors,
            IntBuffer codes,
            CodedPlanes planes,
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
            float[] values = Scratch.floats(1, count * n);
            float[] plane = Scratch.floats(2, n);
            int[] places = Scratch.ints(0, count * n);
            int[] code = Scratch.ints(1, n);
            int length = 0;
            boolean finite = true;
            for (int p = 0; p < count; p++) {
                int index = first + p * step;
                int wanted = planes.foreground(index);
                errors.get(planes.offset(index), plane, 0, n);
                codes.get(planes.codeOffset(index), code, 0, n);
                for (int i = 0; i < n; i++) {
                    float error = plane[i];
                    // a place is an index and, in the lowest bit, whether the class is there
                    values[length] = error;
                    places[length] = p * n + i << 1 | (code[i] == wanted ? 1 : 0);
                    length += error > 0 && code[i] >= 0 ? 1 : 0;
                    finite &= error == error || code[i] < 0;
                }
            }
            if (finite) {
                int placeBits = Long.SIZE - Long.numberOfLeadingZeros(2L * count * n - 1);
                int[] order = ErrorOrder.descending(values, places, length, placeBits);
                differences(order, length, foreground, share, weights);
            } else {
                poison(codes, planes, first, step, count, weights);
            }
        }
        for (int p = 0; p < count; p++) {
            to.put(planes.offset(first + p * step), weights, p * n, n);
        }
    }

    /**
     * The differences of J: 1/(P+q) at a pixel of the class, (P-p)/((P+q)(P+q-1)) at another one.
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
        double union = foreground;
        for (int r = 0; r < length; r++) {
            int isClass = order[r] & 1;
            double less = union;
            rest -= isClass;
            union += 1 - isClass;
            double numerator = isClass == 1 ? share : share * rest;
            double denominator = isClass == 1 ? union : union * less;
            weights[order[r] >>> 1] = (float) (numerator / denominator);
        }
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
}
