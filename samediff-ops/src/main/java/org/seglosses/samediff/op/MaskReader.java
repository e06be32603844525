package org.seglosses.samediff.op;

import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.Arrays;

/**
 * A mask broadcast to {@code [N,1,H,W]} or {@code [N,C,H,W]}, read without being copied to that.
 */
final class MaskReader {

    private final double[] values;
    private final int width;
    private final int imageStride;
    private final int channelStride;
    private final int rowStride;
    private final int columnStride;

    private MaskReader(double[] values, long[] shape, long[] logits) {
        this.values = values;
        this.width = (int) logits[3];
        int[] strides = new int[4];
        int step = 1;
        for (int d = 3; d >= 0; d--) {
            strides[d] = shape[d] == 1 ? 0 : step;
            step *= (int) shape[d];
        }
        this.imageStride = strides[0];
        this.channelStride = strides[1];
        this.rowStride = strides[2];
        this.columnStride = strides[3];
    }

    static MaskReader of(INDArray mask, INDArray logits, boolean perChannel, boolean fractional) {
        long[] z = logits.shape();
        long[] shape = shape(mask.shape(), z, perChannel);
        int n = Math.toIntExact(mask.length());
        double[] values = new double[n];
        LabelReader.of("mask", mask).read(0, values, n);
        for (int i = 0; i < n; i++) {
            double v = values[i];
            if (!PixelWeights.isWeight(v)) {
                throw new IllegalArgumentException(
                        "mask must be finite and not negative ("
                                + PixelWeights.RULE
                                + "), got "
                                + v
                                + " at "
                                + Targets.place(mask.shape(), i));
            }
            if (!fractional && v != 0 && v != 1) {
                throw new IllegalArgumentException(
                        "mask must be 0 or 1 for this loss (it has no per-pixel weights), got "
                                + v
                                + " at "
                                + Targets.place(mask.shape(), i));
            }
        }
        MaskReader reader = new MaskReader(values, shape, z);
        if (!perChannel && shape[1] > 1) {
            reader.requireEqualChannels(mask, shape);
        }
        return reader;
    }

    private void requireEqualChannels(INDArray mask, long[] shape) {
        int plane = (int) (shape[2] * shape[3]);
        for (int i = 0; i < values.length; i++) {
            int first = i / (channels(shape) * plane) * channels(shape) * plane + i % plane;
            if (values[i] != values[first]) {
                throw new IllegalArgumentException(
                        "mask must not vary over channels where a pixel has one label, got "
                                + values[first]
                                + " and "
                                + values[i]
                                + " at "
                                + Targets.place(mask.shape(), i));
            }
        }
    }

    private static int channels(long[] shape) {
        return (int) shape[1];
    }

    private static long[] shape(long[] mask, long[] logits, boolean perChannel) {
        long n = logits[0];
        long[] shape =
                switch (mask.length) {
                    case 1 -> new long[] {mask[0], 1, 1, 1};
                    case 2 -> new long[] {mask[0], mask[1], 1, 1};
                    case 3 -> new long[] {mask[0], 1, mask[1], mask[2]};
                    case 4 -> mask;
                    default -> new long[] {-1, 1, 1, 1};
                };
        if ((shape[0] == n || shape[0] == 1 && mask.length == 4)
                && (shape[1] == 1 || shape[1] == logits[1] || !perChannel && logits[1] == 1)
                && (shape[2] == 1 || shape[2] == logits[2])
                && (shape[3] == 1 || shape[3] == logits[3])) {
            return shape;
        }
        throw new IllegalArgumentException(
                "mask must be [N], [N,1], [N,H,W] or broadcast to [N,1,H,W] or [N,C,H,W]"
                        + " for logits "
                        + Arrays.toString(logits)
                        + " (N,C,H,W); got mask "
                        + Arrays.toString(mask));
    }

    /**
     * Writes {@value Targets#VOID} where the mask of a channel is 0 in a block, and else 0; tells
     * whether it is 0 anywhere.
     */
    boolean zeros(Blocks blocks, int block, int channel, int[] to) {
        int image = blocks.image(block);
        int start = blocks.start(block);
        int n = blocks.length(block);
        if (rowStride == width && (columnStride == 1 || width == 1)) {
            zeros(values, image * imageStride + channel * channelStride + start, to, n);
        } else {
            for (int i = 0; i < n; i++) {
                to[i] = at(image, channel, start + i) == 0 ? Targets.VOID : 0;
            }
        }
        return FloatTarget.voids(to, n) > 0;
    }

    private static void zeros(double[] values, int from, int[] to, int n) {
        for (int i = 0; i < n; i++) {
            to[i] = values[from + i] == 0 ? Targets.VOID : 0;
        }
    }

    double at(int image, int channel, int pixel) {
        return values[
                image * imageStride
                        + channel * channelStride
                        + pixel / width * rowStride
                        + pixel % width * columnStride];
    }
}
