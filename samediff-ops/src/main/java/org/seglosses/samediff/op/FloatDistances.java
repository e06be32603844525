package org.seglosses.samediff.op;

import java.nio.FloatBuffer;
import java.util.Arrays;

/** Weights of the pixels of one class in one image; the formula is in {@link DistanceWeights}. */
@SuppressWarnings("cast") // the double twin has casts from double to double
final class FloatDistances {

    /** Elements that are in the first-level cache with all that is computed of them. */
    private static final int CHUNK = 1 << 11;

    private FloatDistances() {}

    /**
     * Writes the weights of a plane.
     *
     * @param squares signed squared distances, or null if all are 0
     * @param pixelWeights weights of pixels, or null
     * @param pixel the place of the image's first weight
     * @param scale what the distances are multiplied by
     * @param at the place of the plane
     */
    static void weights(
            int[] squares,
            FloatBuffer pixelWeights,
            int pixel,
            int pixels,
            double scale,
            FloatBuffer to,
            int at) {
        int[] square = Scratch.ints(0, CHUNK);
        float[] weight = Scratch.floats(0, CHUNK);
        float[] factor = Scratch.floats(1, CHUNK);
        boolean none = squares == null || scale == 0;
        Arrays.fill(weight, 0, CHUNK, 0);
        Arrays.fill(factor, 0, CHUNK, 1);
        for (int from = 0; from < pixels; from += CHUNK) {
            int n = Math.min(CHUNK, pixels - from);
            if (!none) {
                System.arraycopy(squares, from, square, 0, n);
                if (pixelWeights != null) {
                    pixelWeights.get(pixel + from, factor, 0, n);
                }
                distances(square, weight, n);
                scale(weight, factor, (float) scale, n);
            }
            to.put(at + from, weight, 0, n);
        }
    }

    private static void distances(int[] square, float[] to, int n) {
        for (int i = 0; i < n; i++) {
            to[i] = Math.abs(square[i]);
        }
        for (int i = 0; i < n; i++) {
            to[i] = (float) Math.sqrt(to[i]);
        }
        for (int i = 0; i < n; i++) {
            // d outside, 1 - d inside, without a branch
            to[i] = (square[i] >> 31 | 1) * to[i] + (square[i] >>> 31);
        }
    }

    private static void scale(float[] weight, float[] factor, float scale, int n) {
        for (int i = 0; i < n; i++) {
            weight[i] *= factor[i] * scale;
        }
    }
}
