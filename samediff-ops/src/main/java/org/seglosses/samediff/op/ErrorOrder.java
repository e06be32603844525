package org.seglosses.samediff.op;

import java.util.Arrays;

/**
 * Stable sort of positive errors in descending order: a radix sort, from the lowest digit to the
 * highest, of the distance of their bits to those of the greatest: the distances have as few bits
 * as the errors need.
 */
final class ErrorOrder {

    /** Bits of a digit whose counters and places to write to fit into the fastest caches. */
    private static final int MAX_DIGIT = 11;

    /** Bits of a digit that is still worth it if it saves a pass. */
    private static final int LARGE_DIGIT = 16;

    /** So many errors are worth large tables of counters. */
    private static final int MANY = 1 << 14;

    private ErrorOrder() {}

    /** The bits of a number less its sign, in the order of positive numbers; of NaN the most. */
    static int bits(float x) {
        return Float.floatToRawIntBits(x) & Integer.MAX_VALUE;
    }

    static long bits(double x) {
        return Double.doubleToRawLongBits(x) & Long.MAX_VALUE;
    }

    /**
     * Returns the places in the order of their errors, most often in their own array. Several parts
     * are sorted by several threads.
     *
     * @param errors positive numbers
     * @param places what goes with each error, not negative
     * @param starts where each part of both begins, the first at 0
     * @param lengths how many there are in each part
     * @param greatest the bits of the greatest
     * @param least the bits of the least
     * @param placeBits how many bits the places have
     */
    static int[] descending(
            float[] errors,
            int[] places,
            int[] starts,
            int[] lengths,
            long greatest,
            long least,
            int placeBits) {
        int n = Arrays.stream(lengths).sum();
        int most = (int) greatest;
        int width = n == 0 ? 0 : Integer.SIZE - Integer.numberOfLeadingZeros(most - (int) least);
        int high = Math.min(width / 2, Integer.SIZE - placeBits);
        int low = width - high;
        boolean fits = n >= MANY && high > 0 && low <= LARGE_DIGIT;
        if (lengths.length > 1) {
            return fits
                    ? inTwoPasses(errors, places, starts, lengths, placeBits, most, high, low)
                    : inPasses(errors, places, starts, lengths, most, Math.max(1, width));
        }
        if (width == 0) {
            return places;
        }
        return fits
                ? inTwoPasses(errors, places, n, placeBits, most, high, low)
                : inThreePasses(errors, places, n, most, (width + 2) / 3);
    }

    /** What is left of the key after the first pass travels with the place as one int. */
    private static int[] inTwoPasses(
            float[] errors, int[] places, int n, int placeBits, int greatest, int high, int low) {
        int[] lowStarts = counters(5, 1 << low);
        int[] highStarts = counters(6, 1 << high);
        int mask = (1 << low) - 1;
        for (int i = 0; i < n; i++) {
            int key = greatest - Float.floatToRawIntBits(errors[i]);
            lowStarts[key & mask]++;
            highStarts[key >>> low]++;
        }
        startsOfCounts(lowStarts, 1 << low);
        startsOfCounts(highStarts, 1 << high);
        int[] entries = Scratch.ints(4, n);
        for (int i = 0; i < n; i++) {
            int key = greatest - Float.floatToRawIntBits(errors[i]);
            // a shift by 32, when no place bits are free, cannot be: then high is 0 and low too
            // large
            entries[lowStarts[key & mask]++] = key >>> low << placeBits | places[i];
        }
        int placeMask = (1 << placeBits) - 1;
        for (int i = 0; i < n; i++) {
            int entry = entries[i];
            places[highStarts[entry >>> placeBits]++] = entry & placeMask;
        }
        return places;
    }

    /** Key and place travel as one long. */
    private static int[] inThreePasses(
            float[] errors, int[] places, int n, int greatest, int digit) {
        int size = 1 << digit;
        int mask = size - 1;
        int[] first = counters(5, size);
        int[] second = counters(6, size);
        int[] third = counters(7, size);
        for (int i = 0; i < n; i++) {
            int key = greatest - Float.floatToRawIntBits(errors[i]);
            first[key & mask]++;
            second[key >>> digit & mask]++;
            third[key >>> 2 * digit]++;
        }
        startsOfCounts(first, size);
        startsOfCounts(second, size);
        startsOfCounts(third, size);
        long[] from = Scratch.longs(6, n);
        for (int i = 0; i < n; i++) {
            int key = greatest - Float.floatToRawIntBits(errors[i]);
            from[first[key & mask]++] = (long) key << Integer.SIZE | places[i] & 0xffffffffL;
        }
        long[] to = Scratch.longs(7, n);
        int shift = Integer.SIZE + digit;
        for (int i = 0; i < n; i++) {
            long entry = from[i];
            to[second[(int) (entry >>> shift) & mask]++] = entry;
        }
        shift += digit;
        for (int i = 0; i < n; i++) {
            long entry = to[i];
            places[third[(int) (entry >>> shift)]++] = (int) entry;
        }
        return places;
    }

    /**
     * The same of several parts. Each pass counts the digits of all parts at once, and then moves
     * the parts at once: in the order of parts, so that the sort is stable.
     */
    private static int[] inTwoPasses(
            float[] errors,
            int[] places,
            int[] starts,
            int[] lengths,
            int placeBits,
            int greatest,
            int high,
            int low) {
        int parts = lengths.length;
        int n = Arrays.stream(lengths).sum();
        int[] next = counters(5, parts << low);
        int[] entries = Scratch.ints(4, n);
        int mask = (1 << low) - 1;
        Parallel.run(
                parts,
                part -> {
                    int table = part << low;
                    int end = starts[part] + lengths[part];
                    for (int i = starts[part]; i < end; i++) {
                        next[table | greatest - Float.floatToRawIntBits(errors[i]) & mask]++;
                    }
                });
        startsOfCounts(next, parts, low);
        Parallel.run(
                parts,
                part -> {
                    int table = part << low;
                    int end = starts[part] + lengths[part];
                    for (int i = starts[part]; i < end; i++) {
                        int key = greatest - Float.floatToRawIntBits(errors[i]);
                        entries[next[table | key & mask]++] = key >>> low << placeBits | places[i];
                    }
                });
        Arrays.fill(next, 0, parts << high, 0);
        Parallel.run(
                parts,
                part -> {
                    int table = part << high;
                    int end = end(part, parts, n);
                    for (int i = end(part - 1, parts, n); i < end; i++) {
                        next[table | entries[i] >>> placeBits]++;
                    }
                });
        startsOfCounts(next, parts, high);
        int placeMask = (1 << placeBits) - 1;
        Parallel.run(
                parts,
                part -> {
                    int table = part << high;
                    int end = end(part, parts, n);
                    for (int i = end(part - 1, parts, n); i < end; i++) {
                        int entry = entries[i];
                        places[next[table | entry >>> placeBits]++] = entry & placeMask;
                    }
                });
        return places;
    }

    /** The same of any width: key and place travel as one long. */
    private static int[] inPasses(
            float[] errors, int[] places, int[] starts, int[] lengths, int greatest, int width) {
        int parts = lengths.length;
        int n = Arrays.stream(lengths).sum();
        int passes = (width + MAX_DIGIT - 1) / MAX_DIGIT;
        int digit = (width + passes - 1) / passes;
        int mask = (1 << digit) - 1;
        int[] next = Scratch.ints(5, parts << digit);
        long[] from = Scratch.longs(6, n);
        long[] to = Scratch.longs(7, n);
        Parallel.run(
                parts,
                part -> {
                    // the first pass reads all parts where they are
                    int at = 0;
                    for (int before = 0; before < part; before++) {
                        at += lengths[before];
                    }
                    int end = starts[part] + lengths[part];
                    for (int i = starts[part]; i < end; i++) {
                        int key = greatest - Float.floatToRawIntBits(errors[i]);
                        from[at++] = (long) key << Integer.SIZE | places[i] & 0xffffffffL;
                    }
                });
        for (int pass = 0; pass < passes; pass++) {
            int shift = Integer.SIZE + pass * digit;
            long[] read = pass % 2 == 0 ? from : to;
            long[] write = pass % 2 == 0 ? to : from;
            boolean last = pass == passes - 1;
            Arrays.fill(next, 0, parts << digit, 0);
            Parallel.run(
                    parts,
                    part -> {
                        int table = part << digit;
                        int end = end(part, parts, n);
                        for (int i = end(part - 1, parts, n); i < end; i++) {
                            next[table | (int) (read[i] >>> shift) & mask]++;
                        }
                    });
            startsOfCounts(next, parts, digit);
            Parallel.run(
                    parts,
                    part -> {
                        int table = part << digit;
                        int end = end(part, parts, n);
                        for (int i = end(part - 1, parts, n); i < end; i++) {
                            long entry = read[i];
                            int at = next[table | (int) (entry >>> shift) & mask]++;
                            if (last) {
                                places[at] = (int) entry;
                            } else {
                                write[at] = entry;
                            }
                        }
                    });
        }
        return places;
    }

    /** Where a part of n ends that is cut into even ones. */
    static int end(int part, int parts, int n) {
        return (int) ((part + 1L) * n / parts);
    }

    /** As above, by one thread; a key and a place do not fit into one long. */
    static int[] descending(
            double[] errors,
            int[] places,
            int[] starts,
            int[] lengths,
            long greatest,
            long least,
            int placeBits) {
        int n = 0;
        for (int part = 0; part < lengths.length; part++) {
            System.arraycopy(errors, starts[part], errors, n, lengths[part]);
            System.arraycopy(places, starts[part], places, n, lengths[part]);
            n += lengths[part];
        }
        int width = n == 0 ? 0 : Long.SIZE - Long.numberOfLeadingZeros(greatest - least);
        int passes = (width + MAX_DIGIT - 1) / MAX_DIGIT;
        if (passes == 0) {
            return places;
        }
        int digit = (width + passes - 1) / passes;
        int mask = (1 << digit) - 1;
        int[][] tables = new int[passes][1 << digit];
        long[] from = Scratch.longs(6, n);
        long[] to = Scratch.longs(7, n);
        for (int i = 0; i < n; i++) {
            long key = greatest - Double.doubleToRawLongBits(errors[i]);
            from[i] = key;
            for (int[] count : tables) {
                count[(int) key & mask]++;
                key >>>= digit;
            }
        }
        for (int[] counts : tables) {
            startsOfCounts(counts, counts.length);
        }
        int[] placesFrom = places;
        int[] placesTo = Scratch.ints(4, n);
        int[] spare = Scratch.ints(5, n);
        for (int pass = 0; pass < passes; pass++) {
            int[] start = tables[pass];
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

    /** The same of a table for each part. */
    private static void startsOfCounts(int[] counts, int parts, int digit) {
        int sum = 0;
        for (int value = 0; value < 1 << digit; value++) {
            for (int part = 0; part < parts; part++) {
                int count = counts[part << digit | value];
                counts[part << digit | value] = sum;
                sum += count;
            }
        }
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
}
