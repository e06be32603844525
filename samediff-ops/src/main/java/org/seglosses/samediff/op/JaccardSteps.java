package org.seglosses.samediff.op;

import java.util.Arrays;

/**
 * What the Jaccard loss grows by with each error, taken in descending order, equal ones as they
 * come: after p pixels of the class, of P in all, and q others, {@code 1/(P+q)} at a pixel of the
 * class and {@code (P-p)/((P+q)(P+q+1))} at another one.
 *
 * <p>The order is that of a radix sort from the lowest digit to the highest, of the distance of the
 * errors' bits to those of the greatest: the bits of positive floating-point numbers are in the
 * order of the numbers, and the distances have as few bits as the errors need. The last pass moves
 * nothing. Where it would put an error, it knows how many of the class and how many others come
 * before: those of smaller highest digits, and those that it has met of the same one.
 */
final class JaccardSteps {

    /** Bits of a digit whose counters and places to write to fit into the fastest caches. */
    private static final int MAX_DIGIT = 11;

    /** Bits of a digit that is still worth it if it saves a pass. */
    private static final int LARGE_DIGIT = 16;

    /** So many errors are worth large tables of counters. */
    private static final int MANY = 1 << 14;

    private final int pixels;
    private final double share;

    /**
     * Steps of one class.
     *
     * @param pixels the pixels of the class
     * @param share what steps are multiplied by
     */
    JaccardSteps(int pixels, double share) {
        this.pixels = pixels;
        this.share = share;
    }

    /**
     * The bits of a number; those of positive ones are in the order of the numbers, NaN the last.
     */
    static int bits(float x) {
        return Float.floatToIntBits(x);
    }

    static long bits(double x) {
        return Double.doubleToLongBits(x);
    }

    /**
     * The step at an error, negative at a pixel of the class: that is the derivative of the loss by
     * what makes the error. Without a branch, which nobody could predict.
     *
     * @param others how many of other classes come before
     * @param ofClass how many of the class come before
     * @param isClass 1 at a pixel of the class, else 0
     */
    private double step(int others, int ofClass, int isClass) {
        int mask = isClass - 1;
        int union = pixels + others;
        int numerator = (pixels - ofClass & mask) - isClass;
        return share * numerator / ((long) union * ((union & mask) + 1));
    }

    /**
     * Writes the steps.
     *
     * @param errors positive numbers
     * @param places for each error, where to write its step, and in the lowest bit whether its
     *     pixel is of the class
     * @param n how many there are
     * @param greatest the bits of the greatest
     * @param least the bits of the least
     * @param placeBits how many bits the places have
     * @param to where to write
     */
    void write(
            float[] errors,
            int[] places,
            int n,
            int greatest,
            int least,
            int placeBits,
            float[] to) {
        if (pixels == 0) {
            writeFirst(errors, places, n, greatest, to);
            return;
        }
        int width = n == 0 ? 0 : Integer.SIZE - Integer.numberOfLeadingZeros(greatest - least);
        int high = Math.min(width / 2, Integer.SIZE - placeBits);
        if (n >= MANY && high > 0 && width - high <= LARGE_DIGIT) {
            inTwoPasses(errors, places, n, placeBits, greatest, high, width - high, to);
        } else {
            inThreePasses(errors, places, n, greatest, (width + 2) / 3, to);
        }
    }

    /** Without pixels of the class the loss is 1 from the first error on. */
    private void writeFirst(float[] errors, int[] places, int n, int greatest, float[] to) {
        for (int i = 0; i < n; i++) {
            if (Float.floatToRawIntBits(errors[i]) == greatest) {
                to[places[i] >>> 1] = (float) share;
                return;
            }
        }
    }

    /** What is left of the key after the first pass travels with the place as one int. */
    private void inTwoPasses(
            float[] errors,
            int[] places,
            int n,
            int placeBits,
            int greatest,
            int high,
            int low,
            float[] to) {
        int[] lowStarts = counters(4, 1 << low);
        int[] highCounts = counters(5, 2 << high);
        int mask = (1 << low) - 1;
        for (int i = 0; i < n; i++) {
            lowStarts[greatest - Float.floatToRawIntBits(errors[i]) & mask]++;
        }
        count(errors, places, n, greatest, low, highCounts);
        startsOfCounts(lowStarts, 1 << low);
        countsBefore(highCounts, 1 << high);
        int[] entries = Scratch.ints(6, n);
        for (int i = 0; i < n; i++) {
            int key = greatest - Float.floatToRawIntBits(errors[i]);
            // a shift by 32, when no place bits are free, cannot be: then high is 0 and low too
            // large
            entries[lowStarts[key & mask]++] = key >>> low << placeBits | places[i];
        }
        int placeMask = (1 << placeBits) - 1;
        for (int i = 0; i < n; i++) {
            int entry = entries[i];
            int isClass = entry & 1;
            int at = entry >>> placeBits << 1;
            float step = (float) step(highCounts[at], highCounts[at | 1], isClass);
            highCounts[at | isClass]++;
            to[(entry & placeMask) >>> 1] = step;
        }
    }

    /** Key and place travel as one long. */
    private void inThreePasses(
            float[] errors, int[] places, int n, int greatest, int digit, float[] to) {
        int size = 1 << digit;
        int mask = size - 1;
        int[] first = counters(4, size);
        int[] second = counters(5, size);
        int[] third = counters(6, 2 * size);
        for (int i = 0; i < n; i++) {
            int key = greatest - Float.floatToRawIntBits(errors[i]);
            first[key & mask]++;
            second[key >>> digit & mask]++;
        }
        count(errors, places, n, greatest, 2 * digit, third);
        startsOfCounts(first, size);
        startsOfCounts(second, size);
        countsBefore(third, size);
        long[] from = Scratch.longs(6, n);
        for (int i = 0; i < n; i++) {
            int key = greatest - Float.floatToRawIntBits(errors[i]);
            from[first[key & mask]++] = (long) key << Integer.SIZE | places[i] & 0xffffffffL;
        }
        long[] sorted = Scratch.longs(7, n);
        int shift = Integer.SIZE + digit;
        for (int i = 0; i < n; i++) {
            long entry = from[i];
            sorted[second[(int) (entry >>> shift) & mask]++] = entry;
        }
        shift += digit;
        for (int i = 0; i < n; i++) {
            int place = (int) sorted[i];
            int isClass = place & 1;
            int at = (int) (sorted[i] >>> shift) << 1;
            float step = (float) step(third[at], third[at | 1], isClass);
            third[at | isClass]++;
            to[place >>> 1] = step;
        }
    }

    /** Counts the values of the highest digit, those of others and those of the class in turn. */
    private static void count(
            float[] errors, int[] places, int n, int greatest, int shift, int[] counts) {
        for (int i = 0; i < n; i++) {
            counts[greatest - Float.floatToRawIntBits(errors[i]) >>> shift << 1 | places[i] & 1]++;
        }
    }

    /** As above; a key and a place do not fit into one long. */
    void write(
            double[] errors,
            int[] places,
            int n,
            long greatest,
            long least,
            int placeBits,
            double[] to) {
        int width = n == 0 ? 0 : Long.SIZE - Long.numberOfLeadingZeros(greatest - least);
        int[] order = descending(errors, places, n, greatest, width);
        int[] counts = new int[2];
        for (int i = 0; i < n; i++) {
            int place = order[i] >>> 1;
            int isClass = order[i] & 1;
            if (pixels > 0) {
                to[place] = step(counts[0], counts[1], isClass);
            } else {
                // without pixels of the class the loss is 1 from the first error on
                to[place] = i == 0 ? share : 0;
            }
            counts[isClass]++;
        }
    }

    private static int[] descending(
            double[] errors, int[] places, int n, long greatest, int width) {
        int passes = (width + MAX_DIGIT - 1) / MAX_DIGIT;
        if (passes == 0) {
            return places;
        }
        int digit = (width + passes - 1) / passes;
        int mask = (1 << digit) - 1;
        int[][] starts = new int[passes][1 << digit];
        long[] from = Scratch.longs(6, n);
        long[] to = Scratch.longs(7, n);
        for (int i = 0; i < n; i++) {
            long key = greatest - Double.doubleToRawLongBits(errors[i]);
            from[i] = key;
            for (int[] count : starts) {
                count[(int) key & mask]++;
                key >>>= digit;
            }
        }
        for (int[] counts : starts) {
            startsOfCounts(counts, counts.length);
        }
        int[] placesFrom = places;
        int[] placesTo = Scratch.ints(6, n);
        int[] spare = Scratch.ints(7, n);
        for (int pass = 0; pass < passes; pass++) {
            int[] start = starts[pass];
            int shift = pass * digit;
            for (int i = 0; i < n; i++) {
                int at = start[(int) (from[i] >>> shift) & mask]++;
                to[at] = from[i];
                placesTo[at] = placesFrom[i];
            }
            long[] swap = from;
            from = to;
            to = swap;
            placesFrom = placesTo;
            placesTo = spare;
            spare = placesFrom;
        }
        return placesFrom;
    }

    private static int[] counters(int slot, int size) {
        int[] counters = Scratch.ints(slot, size);
        Arrays.fill(counters, 0, size, 0);
        return counters;
    }

    /** Turns the counts of the values of a digit into where the first of each goes. */
    private static void startsOfCounts(int[] counts, int size) {
        int sum = 0;
        for (int i = 0; i < size; i++) {
            int count = counts[i];
            counts[i] = sum;
            sum += count;
        }
    }

    /** Turns the counts of the highest digit into those of smaller values of it. */
    private static void countsBefore(int[] counts, int size) {
        int others = 0;
        int ofClass = 0;
        for (int i = 0; i < 2 * size; i += 2) {
            int count = counts[i];
            counts[i] = others;
            others += count;
            count = counts[i + 1];
            counts[i + 1] = ofClass;
            ofClass += count;
        }
    }
}
