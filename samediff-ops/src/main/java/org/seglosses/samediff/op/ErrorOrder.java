package org.seglosses.samediff.op;

/**
 * Stable sort of positive errors in descending order: a radix sort, from the lowest digit to the
 * highest, of the distance of their bits to those of the greatest. The bits of positive
 * floating-point numbers are in the order of the numbers; the distances have as few bits as the
 * errors need.
 */
final class ErrorOrder {

    /** A table of counters for so many bits and its write positions fit into the fastest caches. */
    private static final int MAX_DIGIT = 11;

    private ErrorOrder() {}

    /**
     * Returns the places in the order of their errors, in an array of {@link Scratch}.
     *
     * @param errors positive numbers
     * @param places what goes with each error
     * @param n how many there are
     */
    static int[] descending(float[] errors, int[] places, int n) {
        int greatest = 0;
        int least = Integer.MAX_VALUE;
        for (int i = 0; i < n; i++) {
            int bits = Float.floatToRawIntBits(errors[i]);
            greatest = Math.max(greatest, bits);
            least = Math.min(least, bits);
        }
        int width = n == 0 ? 0 : Integer.SIZE - Integer.numberOfLeadingZeros(greatest - least);
        if (width == 0) {
            return places;
        }
        int passes = (width + MAX_DIGIT - 1) / MAX_DIGIT;
        int digit = (width + passes - 1) / passes;
        int mask = (1 << digit) - 1;
        int[][] starts = new int[passes][1 << digit];
        for (int i = 0; i < n; i++) {
            int key = greatest - Float.floatToRawIntBits(errors[i]);
            for (int[] count : starts) {
                count[key & mask]++;
                key >>>= digit;
            }
        }
        startsOfCounts(starts);

        int[] sorted = Scratch.ints(7, n);
        if (passes == 1) {
            for (int i = 0; i < n; i++) {
                int key = greatest - Float.floatToRawIntBits(errors[i]);
                sorted[starts[0][key]++] = places[i];
            }
            return sorted;
        }
        // key and place travel as one long
        long[] from = Scratch.longs(6, n);
        long[] to = Scratch.longs(7, n);
        int[] start = starts[0];
        for (int i = 0; i < n; i++) {
            int key = greatest - Float.floatToRawIntBits(errors[i]);
            from[start[key & mask]++] = (long) key << Integer.SIZE | places[i] & 0xffffffffL;
        }
        for (int pass = 1; pass < passes - 1; pass++) {
            start = starts[pass];
            int shift = Integer.SIZE + pass * digit;
            for (int i = 0; i < n; i++) {
                long entry = from[i];
                to[start[(int) (entry >>> shift) & mask]++] = entry;
            }
            long[] swap = from;
            from = to;
            to = swap;
        }
        start = starts[passes - 1];
        int shift = Integer.SIZE + (passes - 1) * digit;
        for (int i = 0; i < n; i++) {
            long entry = from[i];
            sorted[start[(int) (entry >>> shift) & mask]++] = (int) entry;
        }
        return sorted;
    }

    /** As above; a key and a place do not fit into one long. */
    static int[] descending(double[] errors, int[] places, int n) {
        long greatest = 0;
        long least = Long.MAX_VALUE;
        for (int i = 0; i < n; i++) {
            long bits = Double.doubleToRawLongBits(errors[i]);
            greatest = Math.max(greatest, bits);
            least = Math.min(least, bits);
        }
        int width = n == 0 ? 0 : Long.SIZE - Long.numberOfLeadingZeros(greatest - least);
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
        startsOfCounts(starts);
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

    private static void startsOfCounts(int[][] counts) {
        for (int[] count : counts) {
            int sum = 0;
            for (int i = 0; i < count.length; i++) {
                int c = count[i];
                count[i] = sum;
                sum += c;
            }
        }
    }
}
