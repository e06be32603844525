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
            voidTo(Float.NEGATIVE_INFINITY, x);
            surround(x);
        }

        /** Puts negative infinity around a map. */
        private void surround(float[] y) {
            Arrays.fill(y, 0, place.at(0), Float.NEGATIVE_INFINITY);
            for (int i = 0; i < place.rows(); i++) {
                int end = place.at(i) + place.width();
                Arrays.fill(y, end, place.at(i + 1), Float.NEGATIVE_INFINITY);
            }
            Arrays.fill(y, place.at(place.rows()), size, Float.NEGATIVE_INFINITY);
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
            float[] maxima = Scratch.floats(1, size);
            System.arraycopy(x, 0, maxima, 0, size);
            maxima(maxima, reach0);
            boundary(maxima);
            voidTo(0, x);
            long[] row = Scratch.longs(0, 2 * words);
            long any = 0;
            for (int i = first - from; i < end - from; i++) {
                targets.get(targetsAt(i), row, 0, 2 * words);
                to[at] += sumOfSet(x, place.at(i), row, words);
                to[at + 1] += sum(x, place.at(i), place.at(i) + place.width());
                for (int w = 0; w < words; w++) {
                    to[at + 3] += Long.bitCount(row[w]);
                    any |= row[w];
                }
            }
            if (any == 0) {
                return;
            }
            surround(x);
            voidTo(Float.NEGATIVE_INFINITY, x);
            maxima(x, reach);
            for (int i = first - from; i < end - from; i++) {
                targets.get(targetsAt(i), row, 0, 2 * words);
                to[at + 2] += sumOfSet(x, place.at(i) - place.before(reach), row, 0);
            }
        }

        private int targetsAt(int row) {
            return ((plane * maps + map) * planes.height() + from + row) * 2 * words;
        }

        /** Puts the maximum of the window that starts at each place there. */
        private void maxima(float[] y, int reach) {
            float[] others = Scratch.floats(2, size);
            int n = size;
            for (int step : place.steps(reach)) {
                n -= step;
                System.arraycopy(y, step, others, 0, n);
                raise(y, others, n);
            }
        }

        private static void raise(float[] y, float[] others, int n) {
            for (int i = 0; i < n; i++) {
                y[i] = Math.max(y[i], others[i]);
            }
        }

        /** Puts the boundary in the place of the values. */
        private void boundary(float[] maxima) {
            int before = place.before(reach0);
            float[] moved = Scratch.floats(2, size);
            System.arraycopy(maxima, 0, moved, before, size - before);
            for (int i = 0; i < size; i++) {
                x[i] = moved[i] - x[i];
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
            long any = 0;
            for (int i = 0; i < place.rows(); i++) {
                targets.get(targetsAt(i), row, 0, 2 * words);
                fill(byBoundary, place.at(i), row, byPredicted, byPredicted + byHit);
                for (int w = 0; w < words; w++) {
                    any |= row[w];
                }
            }
            if (any != 0) {
                addExtended(sources, byFound, byBoundary);
            }
            voidTo(0, byBoundary);

            float[] byMaximum = Scratch.floats(1, size);
            Arrays.fill(byMaximum, 0, size, 0);
            int before = place.before(reach0);
            int width = place.width();
            for (int i = 0; i < place.rows(); i++) {
                for (int q = place.at(i); q < place.at(i) + width; q++) {
                    byMaximum[q - before + sources[q - before]] += byBoundary[q];
                }
            }
            for (int i = 0; i < size; i++) {
                byBoundary[i] -= byMaximum[i];
            }
            write(byBoundary, to);
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
            for (int w = 0; w < words; w++) {
                int start = w * Long.SIZE;
                int n = Math.min(Long.SIZE, place.width() - start);
                long bits = row[words + w];
                Arrays.fill(y, at + start, at + start + n, outside);
                while (bits != 0) {
                    int first = Long.numberOfTrailingZeros(bits);
                    int length = Long.numberOfTrailingZeros(~(bits >>> first));
                    int run = at + start + first;
                    Arrays.fill(y, run, run + length, inside);
                    bits = first + length == Long.SIZE ? 0 : bits & -1L << first + length;
                }
            }
        }

        /**
         * Adds the gradient by the extension on the boundary of the target: it is the first maximum
         * of the boundary in each pixel's window that it goes to.
         */
        private void addExtended(int[] sources, float byFound, float[] byBoundary) {
            float[] boundary = Scratch.floats(1, size);
            int before0 = place.before(reach0);
            int width = place.width();
            for (int i = 0; i < place.rows(); i++) {
                for (int q = place.at(i); q < place.at(i) + width; q++) {
                    boundary[q] = x[q - before0 + sources[q - before0]] - x[q];
                }
            }
            surround(boundary);
            voidTo(Float.NEGATIVE_INFINITY, boundary);
            int[] found = Scratch.ints(4, size);
            firstMaxima(boundary, reach, found);
            int before = place.before(reach);
            long[] row = Scratch.longs(0, 2 * words);
            for (int i = 0; i < place.rows(); i++) {
                targets.get(targetsAt(i), row, 0, 2 * words);
                for (int w = 0; w < words; w++) {
                    int at = place.at(i) + w * Long.SIZE - before;
                    for (long bits = row[w]; bits != 0; bits &= bits - 1) {
                        int k = at + Long.numberOfTrailingZeros(bits);
                        byBoundary[k + found[k]] += byFound;
                    }
                }
            }
        }

        /**
         * Finds how far behind the start of each window its first maximum is; {@code y} stays as it
         * is.
         */
        private void firstMaxima(float[] y, int reach, int[] distances) {
            if (MaximumKeys.find(y, place, reach, distances)) {
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
