package org.seglosses.samediff.op;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.nio.IntBuffer;
import java.util.Arrays;

/**
 * The planes of an array {@code [N,C,H,W]} with the codes of their pixels, cut into bands of rows
 * for the tasks of a kernel. A plane is one channel of one image. The cut depends on the shape
 * alone.
 *
 * @param images N
 * @param channels C
 * @param height H
 * @param width W
 * @param codeChannels 1 or C: whether the codes are class indices, or 0 and 1 for each channel
 * @param band the rows of a band; the last one of a plane may have fewer
 */
record CodedPlanes(int images, int channels, int height, int width, int codeChannels, int band) {

    /** With as many planes there is work for every core without cutting planes. */
    private static final int ENOUGH = 8;

    /** Fewer rows are not worth a task. */
    private static final int LEAST_ROWS = 32;

    /** Codes that a task of the search for void pixels reads. */
    private static final int COPIED = 1 << 14;

    /**
     * Checks the shapes and cuts the planes.
     *
     * @param name what to call the array in messages
     * @param array the array {@code [N,C,H,W]}
     * @param codes its codes, {@code [N,1,H,W]} or {@code [N,C,H,W]}
     * @param overlap the rows above and below a band that its task reads too
     */
    static CodedPlanes of(String name, INDArray array, INDArray codes, int overlap) {
        long[] shape = array.shape();
        long[] c = codes.shape();
        if (shape.length != 4) {
            throw new IllegalArgumentException(
                    name + " must be of shape [N,C,H,W], got " + Arrays.toString(shape));
        }
        if (codes.dataType() != DataType.INT32) {
            throw new IllegalArgumentException("codes must be INT32, got " + codes.dataType());
        }
        if (c.length != 4
                || c[0] != shape[0]
                || c[1] != 1 && c[1] != shape[1]
                || c[2] != shape[2]
                || c[3] != shape[3]) {
            throw new IllegalArgumentException(
                    "codes must be of shape [N,1,H,W] or [N,C,H,W] for "
                            + name
                            + " "
                            + Arrays.toString(shape)
                            + " (N,C,H,W), got "
                            + Arrays.toString(c));
        }
        HostArray.requireSize(name, array, array.dataType());
        int planes = (int) (shape[0] * shape[1]);
        int height = (int) shape[2];
        int band = height;
        if (planes < ENOUGH) {
            int even = (int) ((shape[2] * planes + ENOUGH - 1) / ENOUGH);
            // a band re-reads its overlap: it should be the smaller part of the work
            band =
                    Math.min(
                            height,
                            Math.max(Math.max(even, LEAST_ROWS), 4 * Math.min(overlap, height)));
        }
        return new CodedPlanes(
                (int) shape[0],
                (int) shape[1],
                height,
                (int) shape[3],
                (int) c[1],
                Math.max(band, 1));
    }

    int planes() {
        return images * channels;
    }

    int pixels() {
        return height * width;
    }

    int bandsPerPlane() {
        return (height + band - 1) / band;
    }

    /** The number of bands of all planes. */
    int bands() {
        return planes() * bandsPerPlane();
    }

    int plane(int index) {
        return index / bandsPerPlane();
    }

    /** Returns the first row of a band in its plane. */
    int firstRow(int index) {
        return index % bandsPerPlane() * band;
    }

    /** Returns the row after the last one of a band. */
    int endRow(int index) {
        return Math.min(height, firstRow(index) + band);
    }

    /** Returns the place of a plane in the array. */
    int offset(int plane) {
        return plane * pixels();
    }

    /** Returns the place of the codes of a plane. */
    int codeOffset(int plane) {
        return codeChannels == channels ? offset(plane) : plane / channels * pixels();
    }

    /** Returns the code of the foreground of a plane. */
    int foreground(int plane) {
        return codeChannels == channels ? 1 : plane % channels;
    }

    /** Returns the codes if some of them are void, else null: most kernels are simpler then. */
    IntBuffer codesIfVoid(INDArray codes) {
        IntBuffer all = HostArray.ints(codes);
        int n = all.limit();
        int[] found = new int[(n + COPIED - 1) / COPIED];
        Parallel.run(
                found.length,
                part -> {
                    int from = part * COPIED;
                    int length = Math.min(COPIED, n - from);
                    int[] code = Scratch.ints(0, length);
                    all.get(from, code, 0, length);
                    found[part] = FloatTarget.voids(code, length);
                });
        return Arrays.stream(found).anyMatch(voids -> voids > 0) ? all : null;
    }
}
