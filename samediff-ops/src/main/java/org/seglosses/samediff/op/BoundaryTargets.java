package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * The boundary of the target and its extension, as bits. With y the 0/1 map of a class and pool the
 * maximum over a square window that leaves void pixels out, they are
 *
 * <ul>
 *   <li>{@code b = pool(1-y, theta0) - (1-y)}: pixels of the class that have another one in their
 *       window;
 *   <li>{@code e = pool(b, theta)}.
 * </ul>
 *
 * <p>Both are 0 at void pixels. The output is an INT64 array {@code [N,C,H,2*words]}: of each row
 * the words of b, then those of e, with pixel j in bit {@code j % 64} of word {@code j / 64}. With
 * {@code complement} and a single channel there are two maps, of the foreground and of the
 * background. The op carries no gradient: labels are given.
 */
public final class BoundaryTargets extends JavaOp {

    private static final int WORD = Long.SIZE;

    /** For ND4J, which creates ops by reflection. */
    public BoundaryTargets() {}

    private BoundaryTargets(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /**
     * Adds the op to the graph of its inputs.
     *
     * @param codes codes of {@link Targets}, {@code [N,1,H,W]} or {@code [N,C,H,W]}
     * @param like an array {@code [N,C,H,W]}, for its shape alone
     * @param theta0 the window of the boundary, odd and at least 3
     * @param theta the window of its extension, odd and at least 3
     * @param complement whether the background of a single channel is a map too
     * @return the bits
     * @throws IllegalArgumentException if a window is even or less than 3
     */
    public static SDVariable of(
            SDVariable codes, SDVariable like, int theta0, int theta, boolean complement) {
        requireWindow("theta0", theta0);
        requireWindow("theta", theta);
        BoundaryTargets op = new BoundaryTargets(new SDVariable[] {codes, like});
        op.addIArgument(theta0, theta, complement ? 1 : 0);
        return op.variable();
    }

    static void requireWindow(String name, int window) {
        if (window < 3 || window % 2 == 0) {
            throw new IllegalArgumentException(name + " must be odd and >= 3, got " + window);
        }
    }

    /** The words of a row of pixels. */
    static int words(int width) {
        return (width + WORD - 1) / WORD;
    }

    @Override
    String shortName() {
        return "boundary_targets";
    }

    @Override
    void check(OpArguments given) {
        given.inputs(2, "codes", "like");
        requireWindows(given);
        given.input(
                1, List.of(), OpArguments.ANY, OpArguments.ANY, OpArguments.ANY, OpArguments.ANY);
        given.codes(0, 1);
    }

    /** Returns whether there is a map of the complement. */
    static boolean requireWindows(OpArguments given) {
        given.integers(3, "theta0", "theta", "complement").reals();
        given.window(0);
        given.window(1);
        return given.flag(2);
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        long[] shape = inputs[1].shape().clone();
        if (shape.length != 4) {
            throw new IllegalArgumentException(
                    "like must be of shape [N,C,H,W], got " + Arrays.toString(shape));
        }
        if (flagArg(2)) {
            if (shape[1] != 1) {
                throw new IllegalArgumentException(
                        "like must be of shape [N,1,H,W] for the complement, got "
                                + Arrays.toString(shape));
            }
            shape[1] = 2;
        }
        shape[3] = 2L * words((int) shape[3]);
        return shape;
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return DataType.INT64;
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        // a window larger than the image reaches all of it, as one of twice its size does
        int limit = (int) Math.max(inputs[1].size(2), inputs[1].size(3));
        int reach0 = Math.min(intArg(0) / 2, limit);
        int reach = Math.min(intArg(1) / 2, limit);
        boolean complement = flagArg(2);
        CodedPlanes planes = CodedPlanes.of("like", inputs[1], inputs[0], reach0 + reach);
        IntBuffer codes = HostArray.ints(inputs[0]);
        LongBuffer to = HostArray.longs(output);
        Parallel.run(
                planes.bands(), band -> band(codes, planes, band, reach0, reach, complement, to));
        HostArray.written(output);
    }

    /**
     * A row of a map is a row of words, a pixel a bit: so a window takes a few operations a word.
     */
    private static void band(
            IntBuffer codes,
            CodedPlanes planes,
            int band,
            int reach0,
            int reach,
            boolean complement,
            LongBuffer to) {
        int plane = planes.plane(band);
        int first = planes.firstRow(band);
        int end = planes.endRow(band);
        int from = Math.max(0, first - reach0 - reach);
        int rows = Math.min(planes.height(), end + reach0 + reach) - from;
        int width = planes.width();
        int words = words(width);
        int size = rows * words;
        long[] foreground = Scratch.longs(0, size);
        long[] background = Scratch.longs(1, size);
        long[] boundary = Scratch.longs(2, size);
        long[] extended = Scratch.longs(3, size);

        int[] code = Scratch.ints(0, width);
        int wanted = planes.foreground(plane);
        for (int i = 0; i < rows; i++) {
            codes.get(planes.codeOffset(plane) + (from + i) * width, code, 0, width);
            pack(code, width, wanted, foreground, background, i * words);
        }
        int maps = complement ? 2 : 1;
        for (int map = 0; map < maps; map++) {
            long[] inside = map == 0 ? foreground : background;
            long[] outside = map == 0 ? background : foreground;
            System.arraycopy(outside, 0, boundary, 0, size);
            dilate(boundary, rows, words, reach0);
            for (int i = 0; i < size; i++) {
                boundary[i] &= inside[i];
            }
            System.arraycopy(boundary, 0, extended, 0, size);
            dilate(extended, rows, words, reach);
            for (int i = 0; i < size; i++) {
                extended[i] &= inside[i] | outside[i];
            }
            for (int i = first; i < end; i++) {
                int at = ((plane * maps + map) * planes.height() + i) * 2 * words;
                to.put(at, boundary, (i - from) * words, words);
                to.put(at + words, extended, (i - from) * words, words);
            }
        }
    }

    /** Regions of a class are wide, so that runs of equal codes are few. */
    private static void pack(
            int[] code, int width, int wanted, long[] foreground, long[] background, int at) {
        Arrays.fill(foreground, at, at + words(width), 0);
        Arrays.fill(background, at, at + words(width), 0);
        for (int start = 0, end; start < width; start = end) {
            int own = code[start];
            end = start + 1;
            while (end < width && code[end] == own) {
                end++;
            }
            if (own >= 0) {
                set(own == wanted ? foreground : background, at, start, end);
            }
        }
    }

    /** Sets the bits from {@code start} to before {@code end} of the row that starts at a word. */
    private static void set(long[] bits, int at, int start, int end) {
        int first = at + start / WORD;
        int last = at + (end - 1) / WORD;
        // shifts are by the lowest bits of the distance alone
        long from = -1L << start;
        long to = -1L >>> -end;
        if (first == last) {
            bits[first] |= from & to;
            return;
        }
        bits[first] |= from;
        Arrays.fill(bits, first + 1, last, -1);
        bits[last] |= to;
    }

    /**
     * Sets the bits whose distance to a set bit is at most {@code reach} rows and columns. Reaches
     * double: what covers c steps covers 2c+1 after a shift by c+1. Bits may come to be set right
     * of the last column.
     */
    private static void dilate(long[] bits, int rows, int words, int reach) {
        for (int i = 0; i < rows; i++) {
            for (int covered = 0, step; covered < reach; covered += step) {
                step = Math.min(covered + 1, reach - covered);
                right(bits, i * words, words, step);
            }
            for (int covered = 0, step; covered < reach; covered += step) {
                step = Math.min(covered + 1, reach - covered);
                left(bits, i * words, words, step);
            }
        }
        int size = rows * words;
        for (int covered = 0, step; covered < Math.min(reach, rows - 1); covered += step) {
            step = Math.min(covered + 1, reach - covered);
            for (int i = size - 1; i >= step * words; i--) {
                bits[i] |= bits[i - step * words];
            }
        }
        for (int covered = 0, step; covered < Math.min(reach, rows - 1); covered += step) {
            step = Math.min(covered + 1, reach - covered);
            for (int i = step * words; i < size; i++) {
                bits[i - step * words] |= bits[i];
            }
        }
    }

    /** Unites a row with itself moved to higher columns. */
    private static void right(long[] bits, int at, int words, int step) {
        int whole = step / WORD;
        int part = step % WORD;
        for (int i = words - 1; i >= whole; i--) {
            long moved = bits[at + i - whole] << part;
            if (part > 0 && i > whole) {
                moved |= bits[at + i - whole - 1] >>> WORD - part;
            }
            bits[at + i] |= moved;
        }
    }

    /** Unites a row with itself moved to lower columns. */
    private static void left(long[] bits, int at, int words, int step) {
        int whole = step / WORD;
        int part = step % WORD;
        for (int i = 0; i + whole < words; i++) {
            long moved = bits[at + i + whole] >>> part;
            if (part > 0 && i + whole + 1 < words) {
                moved |= bits[at + i + whole + 1] << WORD - part;
            }
            bits[at + i] |= moved;
        }
    }
}
