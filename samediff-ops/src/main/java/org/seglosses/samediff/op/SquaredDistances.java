package org.seglosses.samediff.op;

import java.nio.IntBuffer;
import java.util.Arrays;

/**
 * The squared Euclidean distance of every pixel of an image to the nearest pixel of a label, exact,
 * in time linear in the pixels: distances g along the columns by two sweeps, then in each row the
 * least of {@code (x - j)^2 + g_j^2} over j, by the lower envelope of these parabolas (Meijster et
 * al., A General Algorithm for Computing Distance Transforms in Linear Time, 2000; Felzenszwalb and
 * Huttenlocher, Distance Transforms of Sampled Functions, 2012).
 */
final class SquaredDistances {

    /** Greater than any distance of an image that {@link #requireRepresentable} lets pass. */
    private static final int FAR = 1 << 16;

    /**
     * A row whose distances are no longer is computed by trying all offsets up to them, which is
     * still linear: the vector unit does it in less time than the envelope takes, whose branches
     * are hard to predict where labels are small.
     */
    private static final int NEAR = 12;

    /** Greater than NEAR, and with a square that can be added to. */
    private static final int NOT_NEAR = 1 << 14;

    private SquaredDistances() {}

    /** Throws unless the squared distance of two corners is an int. */
    static void requireRepresentable(int height, int width) {
        long h = height - 1;
        long w = width - 1;
        if (h * h + w * w > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "images must have a diagonal of at most 46340 pixels for distances, got H="
                            + height
                            + ", W="
                            + width);
        }
    }

    /**
     * Writes the squared distances to a label that some pixel has.
     *
     * @param codes where the labels are
     * @param at the place of the image's first pixel
     */
    static void to(int label, IntBuffer codes, int at, int height, int width, int[] to) {
        int[] code = Scratch.ints(0, width);
        int[] g = Scratch.ints(1, width);
        int[] above = Scratch.ints(2, width);
        Arrays.fill(g, 0, width, FAR);
        for (int row = 0; row < height; row++) {
            codes.get(at + row * width, code, 0, width);
            down(code, label, g, width);
            System.arraycopy(g, 0, to, row * width, width);
        }
        Arrays.fill(g, 0, width, FAR);
        int longest = Integer.MAX_VALUE;
        for (int row = height - 1; row >= 0; row--) {
            System.arraycopy(to, row * width, above, 0, width);
            up(above, g, width);
            // a row's distances are at most 1 longer than those of the row below
            int reach = (int) Math.sqrt(longest) + 1;
            if (reach <= NEAR) {
                longest = near(g, width, reach, to, row * width);
            } else {
                longest = far(g, width, to, row * width);
            }
        }
    }

    /** One row further from the label, or at it. */
    private static void down(int[] code, int label, int[] g, int n) {
        for (int j = 0; j < n; j++) {
            int other = code[j] ^ label;
            g[j] = g[j] + 1 & (other | -other) >> 31;
        }
    }

    /** One row further, or what it is from above. Math.min is not vectorized in so short a loop. */
    private static void up(int[] above, int[] g, int n) {
        for (int j = 0; j < n; j++) {
            int less = above[j] - g[j] - 1;
            g[j] += 1 + (less & less >> 31);
        }
    }

    /**
     * Writes a row of distances that are at most {@code reach}; returns a bound of their squares.
     */
    private static int near(int[] g, int n, int reach, int[] to, int at) {
        int[] least = Scratch.ints(3, n);
        int[] squares = Scratch.ints(4, n + 2 * NEAR);
        int[] left = Scratch.ints(5, n);
        int[] right = Scratch.ints(6, n);
        for (int j = 0; j < n; j++) {
            int less = g[j] - NOT_NEAR;
            int clipped = NOT_NEAR + (less & less >> 31);
            least[j] = clipped * clipped;
        }
        Arrays.fill(squares, 0, n + 2 * NEAR, NOT_NEAR * NOT_NEAR);
        System.arraycopy(least, 0, squares, NEAR, n);
        for (int offset = 1; offset <= reach; offset++) {
            System.arraycopy(squares, NEAR - offset, left, 0, n);
            System.arraycopy(squares, NEAR + offset, right, 0, n);
            least(left, right, offset * offset, least, n);
        }
        System.arraycopy(least, 0, to, at, n);
        int bits = 0;
        for (int j = 0; j < n; j++) {
            bits |= least[j];
        }
        return bits;
    }

    private static void least(int[] left, int[] right, int square, int[] least, int n) {
        for (int j = 0; j < n; j++) {
            int less = left[j] - right[j];
            int more = right[j] + (less & less >> 31) + square - least[j];
            least[j] += more & more >> 31;
        }
    }

    /** Writes a row of distances by the lower envelope; returns a bound of their squares. */
    private static int far(int[] g, int n, int[] to, int at) {
        int[] places = Scratch.ints(3, n);
        int[] heights = Scratch.ints(4, n + 2 * NEAR);
        int[] starts = Scratch.ints(5, n);
        int top = -1;
        for (int j = 0; j < n; j++) {
            if (g[j] >= FAR) {
                continue;
            }
            // (x-j)^2 + g^2 = x^2 - 2xj + height
            int height = g[j] * g[j] + j * j;
            while (top >= 0 && height - heights[top] <= 2L * starts[top] * (j - places[top])) {
                top--;
            }
            // the first x that is no nearer to the one before
            int start = top < 0 ? 0 : (height - heights[top] - 1) / (2 * (j - places[top])) + 1;
            if (start < n) {
                top++;
                places[top] = j;
                heights[top] = height;
                starts[top] = start;
            }
        }
        int bits = 0;
        for (int k = 0; k <= top; k++) {
            int end = k < top ? starts[k + 1] : n;
            for (int x = starts[k]; x < end; x++) {
                // what overflows in between comes back: the result is an int
                int square = x * (x - 2 * places[k]) + heights[k];
                to[at + x] = square;
                bits |= square;
            }
        }
        return bits;
    }
}
