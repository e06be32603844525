package org.seglosses.samediff.op;

import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;

/**
 * Weights of the values of one vector of a Lovász loss; the formula is in {@link LovaszWeights}.
 */
@SuppressWarnings("cast") // the double twin has casts from double to double
final class FloatLovasz {

    /** The parts of a vector that threads work on. */
    private static final int PARTS = 4;

    /** Values that are read at once. */
    private static final int CHUNK = 1 << 13;

    private FloatLovasz() {}

    /**
     * Writes the weights of a vector, which is made of every {@code step}-th plane.
     *
     * @param foreground the pixels of the class in the vector
     * @param share what the weights are multiplied by
     * @param alone whether there is no other vector to work on meanwhile
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
            boolean alone,
            FloatBuffer to) {
        int n = planes.pixels();
        int parts = alone ? Math.min(count, PARTS) : 1;
        // the weights come when the errors are sorted, and take their place
        float[] errors = Scratch.floats(0, count * n);
        float[] weights = errors;
        if (share == 0) {
            Arrays.fill(weights, 0, count * n, 0);
        } else {
            int[] places = Scratch.ints(3, count * n);
            int[] starts = new int[parts];
            int[] lengths = new int[parts];
            long[] greatest = new long[parts];
            long[] least = new long[parts];
            Parallel.run(
                    parts,
                    part -> {
                        int from = ErrorOrder.end(part - 1, parts, count);
                        int end = ErrorOrder.end(part, parts, count);
                        float[] value = Scratch.floats(1, CHUNK);
                        int[] code = Scratch.ints(1, CHUNK);
                        var none = ErrorOrder.bits((float) 0);
                        var most = none;
                        var fewest = ErrorOrder.bits(Float.POSITIVE_INFINITY);
                        int at = from * n;
                        for (int p = from; p < end; p++) {
                            int index = first + p * step;
                            int wanted = planes.foreground(index);
                            for (int read = 0; read < n; read += CHUNK) {
                                int length = Math.min(CHUNK, n - read);
                                values.get(planes.offset(index) + read, value, 0, length);
                                codes.get(planes.codeOffset(index) + read, code, 0, length);
                                for (int i = 0; i < length; i++) {
                                    int isClass = code[i] == wanted ? 1 : 0;
                                    float error =
                                            hinge
                                                    ? hinge(value[i], isClass)
                                                    : Math.abs(isClass - value[i]);
                                    errors[at] = error;
                                    // a place is an index and, in the lowest bit, whether the
                                    // class is there
                                    places[at] = p * n + read + i << 1 | isClass;
                                    var bits = ErrorOrder.bits(error);
                                    if (code[i] >= 0 && bits != none) {
                                        at++;
                                        most = Math.max(most, bits);
                                        fewest = Math.min(fewest, bits);
                                    }
                                }
                            }
                        }
                        starts[part] = from * n;
                        lengths[part] = at - from * n;
                        greatest[part] = most;
                        least[part] = fewest;
                    });
            long most = Arrays.stream(greatest).max().orElseThrow();
            long fewest = Arrays.stream(least).min().orElseThrow();
            if (most > ErrorOrder.bits(Float.POSITIVE_INFINITY)) {
                Arrays.fill(weights, 0, count * n, 0);
                poison(codes, planes, first, step, count, weights);
            } else {
                int placeBits = Long.SIZE - Long.numberOfLeadingZeros(2L * count * n - 1);
                int[] order =
                        ErrorOrder.descending(
                                errors, places, starts, lengths, most, fewest, placeBits);
                int length = Arrays.stream(lengths).sum();
                Arrays.fill(weights, 0, count * n, 0);
                differences(order, length, parts, foreground, share, weights);
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
            int[] order, int length, int parts, int foreground, double share, float[] weights) {
        if (foreground == 0) {
            // J is 1 from the first pixel on
            if (length > 0) {
                weights[order[0] >>> 1] = (float) share;
            }
            return;
        }
        int[] found = new int[parts];
        Parallel.run(
                parts - 1,
                part -> {
                    int ofClass = 0;
                    int end = ErrorOrder.end(part, parts, length);
                    for (int r = ErrorOrder.end(part - 1, parts, length); r < end; r++) {
                        ofClass += order[r] & 1;
                    }
                    found[part] = ofClass;
                });
        Parallel.run(
                parts,
                part -> {
                    int start = ErrorOrder.end(part - 1, parts, length);
                    int end = ErrorOrder.end(part, parts, length);
                    int before = Arrays.stream(found, 0, part).sum();
                    int rest = foreground - before;
                    int union = foreground + start - before;
                    for (int r = start; r < end; r++) {
                        int isClass = order[r] & 1;
                        int others = isClass - 1;
                        // at a pixel of the class the error falls with the value: -1
                        int numerator = (rest & others) - isClass;
                        double denominator = (double) union * ((union & others) + 1);
                        weights[order[r] >>> 1] = (float) (share * numerator / denominator);
                        rest -= isClass;
                        union += 1 - isClass;
                    }
                });
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
