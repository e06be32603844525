package org.seglosses.samediff.op;

import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;

/**
 * The four sums of the boundary loss over the pixels of each map, and their gradient by the
 * probabilities; the formulas are in {@link BoundarySums}. No map of a boundary leaves the cache of
 * the core that makes it.
 */
@SuppressWarnings("cast") // the double twin has casts from double to double
final class FloatBoundarySums {

    /** Less than any value of a map: no window's maximum. */
    private static final float NOTHING = Float.NEGATIVE_INFINITY;

    /** In the place of it: has a key, and so have values that are greater. */
    private static final float LEAST_KEY = -Math.nextDown(2f);

    private final FloatBuffer probabilities;

    /** Null where no pixel is void. */
    private final IntBuffer codes;

    private final LongBuffer targets;
    private final CodedPlanes planes;
    private final int reach0;
    private final int reach;
    private final int maps;
    private final int words;

    FloatBoundarySums(
            FloatBuffer probabilities,
            IntBuffer codes,
            LongBuffer targets,
            CodedPlanes planes,
            int reach0,
            int reach,
            int maps) {
        this.probabilities = probabilities;
        this.codes = codes;
        this.targets = targets;
        this.planes = planes;
        this.reach0 = reach0;
        this.reach = reach;
        this.maps = maps;
        this.words = BoundaryTargets.words(planes.width());
    }

    void forward(FloatBuffer to) {
        double[] partial = new double[planes.bands() * maps * 4];
        Parallel.run(
                planes.bands(),
                band -> {
                    for (int map = 0; map < maps; map++) {
                        new Part(band, reach0 + reach, map).sums(partial, (band * maps + map) * 4);
                    }
                });
        int perPlane = planes.bandsPerPlane();
        for (int i = 0; i < planes.planes() * maps * 4; i++) {
            double sum = 0;
            for (int band = 0; band < perPlane; band++) {
                int plane = i / (maps * 4);
                sum += partial[(plane * perPlane + band) * maps * 4 + i % (maps * 4)];
            }
            to.put(i, (float) sum);
        }
    }

    void gradient(FloatBuffer upstream, FloatBuffer to) {
        Parallel.run(
                planes.bands(),
                band -> {
                    for (int map = 0; map < maps; map++) {
                        new Part(band, 2 * (reach0 + reach), map).gradient(upstream, to);
                    }
                });
    }

    /** A map of the rows of a band and of those around it that matter to them. */
    private final class Part {

        private final int plane;
        private final int map;

        /** The band's own rows. */
        private final int first;

        private final int end;

        /** The first of all rows. */
        private final int from;

        private final PaddedMap place;
        private final int size;

        /** See {@link #starts(int)}. */
        private final int[] starts;

        /** What the boundary is the maximum less the value of; negative infinity around it. */
        private final float[] x;

        Part(int band, int around, int map) {
            this.plane = planes.plane(band);
            this.map = map;
            this.first = planes.firstRow(band);
            this.end = planes.endRow(band);
            this.from = Math.max(0, first - around);
            int to = Math.min(planes.height(), end + around);
            this.place = PaddedMap.of(to - from, planes.width(), Math.max(reach0, reach));
            this.size = place.size();
            this.x = Scratch.floats(0, size);
            this.starts = Scratch.ints(7, place.width());
            load();
        }

        private void load() {
            for (int i = 0; i < place.rows(); i++) {
                int offset = planes.offset(plane) + (from + i) * place.width();
                probabilities.get(offset, x, place.at(i), place.width());
            }
            if (map == 0) {
                // -p in the place of 1-p makes the same boundary and keeps the digits of small p;
                // the other map is of 1-p, and p is in the place of 1-(1-p)
                for (int i = 0; i < size; i++) {
                    x[i] = -x[i];
                }
            }
            outside(NOTHING, x);
        }

        /** Puts a value around a map and at its void pixels. */
        private void outside(float value, float[] y) {
            Arrays.fill(y, 0, place.at(0), value);
            for (int i = 0; i < place.rows(); i++) {
                Arrays.fill(y, place.at(i) + place.width(), place.at(i + 1), value);
            }
            Arrays.fill(y, place.at(place.rows()), size, value);
            voidTo(value, y);
        }

        /** Puts a value at the void pixels of a map. */
        private void voidTo(float value, float[] y) {
            if (codes == null) {
                return;
            }
            int width = place.width();
            int[] code = Scratch.ints(0, width);
            for (int i = 0; i < place.rows(); i++) {
                codes.get(planes.codeOffset(plane) + (from + i) * width, code, 0, width);
                int at = place.at(i);
                for (int j = 0; j < width; j++) {
                    if (code[j] < 0) {
                        y[at + j] = value;
                    }
                }
            }
        }

        /** Adds up what the band's own rows have. */
        void sums(double[] to, int at) {
            boundary(x);
            voidTo(0, x);
            long[] row = Scratch.longs(0, 2 * words);
            for (int i = first - from; i < end - from; i++) {
                targets.get(targetsAt(i), row, 0, 2 * words);
                to[at] += sumOfSet(x, place.at(i), row, words);
                to[at + 1] += sum(x, place.at(i), place.at(i) + place.width());
            }
            int all = 0;
            double found = 0;
            for (int i = first - from; i < end - from; i++) {
                int count = starts(i);
                if (all == 0 && count > 0) {
                    outside(NOTHING, x);
                    maxima(x, reach, x);
                }
                for (int k = 0; k < count; k++) {
                    found += x[starts[k]];
                }
                all += count;
            }
            to[at + 2] = found;
            to[at + 3] = all;
        }

        /** Lists the starts of the extension's windows around the target's boundary in a row. */
        private int starts(int i) {
            long[] row = Scratch.longs(0, words);
            int count = 0;
            targets.get(targetsAt(i), row, 0, words);
            int at = place.at(i) - place.before(reach);
            for (int w = 0; w < words; w++) {
                for (long bits = row[w]; bits != 0; bits &= bits - 1) {
                    starts[count++] = at + w * Long.SIZE + Long.numberOfTrailingZeros(bits);
                }
            }
            return count;
        }

        private int targetsAt(int row) {
            return ((plane * maps + map) * planes.height() + from + row) * 2 * words;
        }

        /** Writes to each place the maximum of the window that starts there. */
        private void maxima(float[] from, int reach, float[] to) {
            int span = place.span(reach);
            int chunk = place.chunk(reach);
            int[] steps = place.steps(reach);
            float[] y = Scratch.floats(4, chunk + span);
            float[] others = Scratch.floats(5, chunk + span);
            for (int start = 0; start < size - span; start += chunk) {
                int count = Math.min(chunk, size - span - start);
                int n = count + span;
                System.arraycopy(from, start, y, 0, n);
                for (int step : steps) {
                    n -= step;
                    System.arraycopy(y, step, others, 0, n);
                    raise(y, others, n);
                }
                System.arraycopy(y, 0, to, start, count);
            }
        }

        private static void raise(float[] y, float[] others, int n) {
            for (int i = 0; i < n; i++) {
                y[i] = Math.max(y[i], others[i]);
            }
        }

        /** Writes the boundary; what is outside of the map is undefined. */
        private void boundary(float[] to) {
            int before = place.before(reach0);
            float[] maxima = Scratch.floats(1, size);
            maxima(x, reach0, maxima);
            System.arraycopy(maxima, 0, maxima, before, size - 2 * before);
            for (int i = 0; i < size; i++) {
                to[i] = maxima[i] - x[i];
            }
        }

        /** Adds up the elements whose bits, in the words from {@code word} on, are set. */
        private double sumOfSet(float[] y, int at, long[] bits, int word) {
            double sum = 0;
            for (int w = 0; w < words; w++) {
                long rest = bits[word + w];
                // in runs, which borders have
                while (rest != 0) {
                    int start = Long.numberOfTrailingZeros(rest);
                    int length = Long.numberOfTrailingZeros(~(rest >>> start));
                    int run = at + w * Long.SIZE + start;
                    sum += sum(y, run, run + length);
                    rest = start + length == Long.SIZE ? 0 : rest & -1L << start + length;
                }
            }
            return sum;
        }

        /** Four sums at a time, for which no addition waits for the one before. */
        private static double sum(float[] y, int from, int to) {
            double a = 0;
            double b = 0;
            double c = 0;
            double d = 0;
            int i = from;
            for (; i + 3 < to; i += 4) {
                a += y[i];
                b += y[i + 1];
                c += y[i + 2];
                d += y[i + 3];
            }
            for (; i < to; i++) {
                a += y[i];
            }
            return a + b + (c + d);
        }

        /** Writes the gradient of the band's own rows, or adds to it that of the second map. */
        void gradient(FloatBuffer upstream, FloatBuffer to) {
            int at = (plane * maps + map) * 4;
            float byHit = upstream.get(at);
            float byPredicted = upstream.get(at + 1);
            float byFound = upstream.get(at + 2);
            int[] sources = Scratch.ints(3, size);
            firstMaxima(x, reach0, sources);

            float[] byBoundary = Scratch.floats(3, size);
            long[] row = Scratch.longs(0, 2 * words);
            for (int i = 0; i < place.rows(); i++) {
                targets.get(targetsAt(i), row, 0, 2 * words);
                fill(byBoundary, place.at(i), row, byPredicted, byPredicted + byHit);
            }
            addExtended(byFound, byBoundary);
            voidTo(0, byBoundary);

            float[] byMaximum = Scratch.floats(1, size);
            Arrays.fill(byMaximum, 0, size, 0);
            for (int i = 0; i < place.rows(); i++) {
                addToMaxima(byBoundary, place.at(i), sources, byMaximum);
            }
            for (int i = 0; i < size; i++) {
                byBoundary[i] -= byMaximum[i];
            }
            write(byBoundary, to);
        }

        /** Adds the gradient by the boundary of a row to the maxima of its windows. */
        private void addToMaxima(float[] gradient, int at, int[] sources, float[] to) {
            int before = place.before(reach0);
            int half = place.width() / 2;
            int other = place.width() - half;
            // two at a time, so that none waits for the sum of its neighbour
            for (int q = at; q < at + half; q++) {
                to[q - before + sources[q - before]] += gradient[q];
                int r = q + other;
                to[r - before + sources[r - before]] += gradient[r];
            }
            for (int q = at + half; q < at + other; q++) {
                to[q - before + sources[q - before]] += gradient[q];
            }
        }

        private void write(float[] gradient, FloatBuffer to) {
            int width = place.width();
            float[] row = Scratch.floats(1, width);
            for (int i = first - from; i < end - from; i++) {
                int at = place.at(i);
                int offset = planes.offset(plane) + (from + i) * width;
                if (map > 0) {
                    to.get(offset, row, 0, width);
                    for (int j = 0; j < width; j++) {
                        gradient[at + j] = row[j] - gradient[at + j];
                    }
                }
                to.put(offset, gradient, at, width);
            }
        }

        /** Fills a row, by the bits of the extended boundary. */
        private void fill(float[] y, int at, long[] row, float outside, float inside) {
            Arrays.fill(y, at, at + place.width(), outside);
            for (int w = 0; w < words; w++) {
                long bits = row[words + w];
                while (bits != 0) {
                    int first = Long.numberOfTrailingZeros(bits);
                    int length = Long.numberOfTrailingZeros(~(bits >>> first));
                    int run = at + w * Long.SIZE + first;
                    Arrays.fill(y, run, run + length, inside);
                    bits = first + length == Long.SIZE ? 0 : bits & -1L << first + length;
                }
            }
        }

        /**
         * Adds the gradient by the extension on the boundary of the target: it is the first maximum
         * of the boundary in each pixel's window that it goes to.
         */
        private void addExtended(float byFound, float[] byBoundary) {
            int[] found = null;
            for (int i = 0; i < place.rows(); i++) {
                int count = starts(i);
                if (found == null && count > 0) {
                    float[] boundary = Scratch.floats(1, size);
                    boundary(boundary);
                    outside(NOTHING, boundary);
                    found = Scratch.ints(4, size);
                    firstMaxima(boundary, reach, found);
                }
                for (int k = 0; k < count; k++) {
                    byBoundary[starts[k] + found[starts[k]]] += byFound;
                }
            }
        }

        /**
         * Finds how far behind the start of each window its first maximum is.
         *
         * @param y values, and {@link #NOTHING} outside, in the end
         */
        private void firstMaxima(float[] y, int reach, int[] distances) {
            outside(LEAST_KEY, y);
            boolean found = MaximumKeys.find(y, place, reach, distances);
            outside(NOTHING, y);
            if (found) {
                return;
            }
            int n = size;
            float[] maxima = Scratch.floats(4, n);
            float[] others = Scratch.floats(5, n);
            int[] further = Scratch.ints(2, n);
            System.arraycopy(y, 0, maxima, 0, n);
            Arrays.fill(distances, 0, n, 0);
            for (int step : place.steps(reach)) {
                n -= step;
                System.arraycopy(maxima, step, others, 0, n);
                System.arraycopy(distances, step, further, 0, n);
                for (int i = 0; i < n; i++) {
                    if (others[i] > maxima[i]) {
                        maxima[i] = others[i];
                        distances[i] = further[i] + step;
                    }
                }
            }
        }
    }
}
