package org.seglosses.samediff.op;

import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.Arrays;

/**
 * An array {@code [N,C,H,W]} cut into blocks of pixels of one image that, with all their channels,
 * fit into a core's cache. The cut depends on the shape alone.
 *
 * @param images N
 * @param channels C
 * @param height H
 * @param width W
 * @param size the pixels of a block; the last block of an image may have fewer
 */
record Blocks(int images, int channels, int height, int width, int size) {

    /** Values of a block: 32 KiB of floats, a first-level cache. */
    private static final int VALUES = 1 << 13;

    /** A block is a multiple of the floats in a vector register and in a cache line. */
    private static final int LANES = 16;

    /** The least pixels of a block: a loop over few spends its time on beginning and end. */
    private static final int LEAST = 256;

    /** Codes of classes are worked on as floats, which hold them up to here. */
    private static final int MOST_CHANNELS = 1 << 22;

    /** The blocks of a group. */
    private static final int GROUP = 16;

    static Blocks of(String name, INDArray array) {
        long[] shape = array.shape();
        if (shape.length != 4) {
            throw new IllegalArgumentException(
                    name + " must be of shape [N,C,H,W], got " + Arrays.toString(shape));
        }
        if (array.isEmpty()) {
            throw new IllegalArgumentException(
                    name + " must not be empty, got shape " + Arrays.toString(shape));
        }
        if (shape[1] > MOST_CHANNELS) {
            throw new IllegalArgumentException(
                    name
                            + " must have at most "
                            + MOST_CHANNELS
                            + " channels, got shape "
                            + Arrays.toString(shape));
        }
        HostArray.requireSize(name, array, array.dataType());
        int channels = (int) shape[1];
        int pixels = (int) (shape[2] * shape[3]);
        int size = Math.max(LEAST, VALUES / Math.max(1, channels) / LANES * LANES);
        return new Blocks(
                (int) shape[0],
                channels,
                (int) shape[2],
                (int) shape[3],
                Math.max(1, Math.min(size, pixels)));
    }

    int pixels() {
        return height * width;
    }

    int perImage() {
        return (pixels() + size - 1) / size;
    }

    int count() {
        return images * perImage();
    }

    int image(int block) {
        return block / perImage();
    }

    /** Returns the first pixel of a block within its image. */
    int start(int block) {
        return block % perImage() * size;
    }

    int length(int block) {
        return Math.min(size, pixels() - start(block));
    }

    /** Returns the place in the array of the first pixel of a block in a channel. */
    int offset(int block, int channel) {
        return (image(block) * channels + channel) * pixels() + start(block);
    }

    private int groupsPerImage() {
        return (perImage() + GROUP - 1) / GROUP;
    }

    /**
     * The number of groups: blocks of one image that follow each other, whose sums are added up
     * pixel by pixel, so that they are summed over the pixels once.
     */
    int groups() {
        return images * groupsPerImage();
    }

    int firstBlock(int group) {
        return group / groupsPerImage() * perImage() + group % groupsPerImage() * GROUP;
    }

    int endBlock(int group) {
        return Math.min(firstBlock(group) + GROUP, (group / groupsPerImage() + 1) * perImage());
    }

    /** Adds up what the blocks of each image have found, in their order, a row an image. */
    double[] addUp(double[] partial, int columns) {
        return addUp(partial, columns, perImage());
    }

    /** Adds up what the groups of each image have found, in their order, a row an image. */
    double[] addUpGroups(double[] partial, int columns) {
        return addUp(partial, columns, groupsPerImage());
    }

    private double[] addUp(double[] partial, int columns, int parts) {
        double[] sums = new double[images * columns];
        for (int image = 0; image < images; image++) {
            for (int k = 0; k < columns; k++) {
                double sum = 0;
                for (int i = 0; i < parts; i++) {
                    sum += partial[(image * parts + i) * columns + k];
                }
                sums[image * columns + k] = sum;
            }
        }
        return sums;
    }

    /** Names an element of a block by its indices. */
    String place(int block, int channel, int i) {
        long[] shape = {images, channels, height, width};
        return Targets.place(shape, offset(block, channel) + i);
    }

    /** The same blocks of an array of another number of channels. */
    Blocks withChannels(int other) {
        return new Blocks(images, other, height, width, size);
    }

    /**
     * Throws unless an array has the images and pixels of these blocks and one of two channel
     * counts.
     */
    void requireMatch(String name, INDArray array, int channelsA, int channelsB) {
        long[] shape = array.shape();
        if (shape.length != 4
                || shape[0] != images
                || shape[2] != height
                || shape[3] != width
                || shape[1] != channelsA && shape[1] != channelsB) {
            throw new IllegalArgumentException(
                    name
                            + " must be of shape [N,C,H,W] with N="
                            + images
                            + ", H="
                            + height
                            + ", W="
                            + width
                            + " and C="
                            + channelsA
                            + (channelsA == channelsB ? "" : " or " + channelsB)
                            + ", got "
                            + Arrays.toString(shape));
        }
    }
}
