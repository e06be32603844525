package org.seglosses.samediff.op;

import org.nd4j.linalg.api.ndarray.INDArray;

import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;

/** The labels and weights of a {@link Target}, block by block, as rows of a channel each. */
final class FloatTarget {

    private final IntBuffer codes;
    private final FloatBuffer soft;
    private final FloatBuffer weights;
    private final boolean perChannel;
    private final boolean weightPerChannel;
    private final Blocks blocks;

    private FloatTarget(
            IntBuffer codes,
            FloatBuffer soft,
            FloatBuffer weights,
            boolean perChannel,
            boolean weightPerChannel,
            Blocks blocks) {
        this.codes = codes;
        this.soft = soft;
        this.weights = weights;
        this.perChannel = perChannel;
        this.weightPerChannel = weightPerChannel;
        this.blocks = blocks;
    }

    /**
     * Checks the inputs of an op.
     *
     * @param form the form of the target
     * @param inputs the prediction {@code [N,C,H,W]} and its target
     * @param blocks the blocks of the prediction
     */
    static FloatTarget of(int form, INDArray[] inputs, Blocks blocks) {
        boolean oneLabelPerPixel = (form & Target.ONE_PER_PIXEL) != 0;
        int codeChannels = oneLabelPerPixel ? 1 : blocks.channels();
        blocks.requireMatch("codes", inputs[1], codeChannels, codeChannels);
        int next = 2;
        FloatBuffer soft = null;
        FloatBuffer weights = null;
        boolean weightPerChannel = false;
        if ((form & Target.SOFT) != 0) {
            if (inputs[next].rank() != 3 || blocks.channels() != 1) {
                blocks.requireMatch("labels", inputs[next], blocks.channels(), blocks.channels());
            }
            soft = HostArray.floats(inputs[next++]);
        }
        if ((form & Target.WEIGHTS) != 0) {
            blocks.requireMatch("weights", inputs[next], 1, codeChannels);
            weightPerChannel = inputs[next].size(1) == blocks.channels();
            weights = HostArray.floats(inputs[next]);
        }
        return new FloatTarget(
                HostArray.ints(inputs[1]),
                soft,
                weights,
                !oneLabelPerPixel,
                weightPerChannel,
                blocks);
    }

    /** Whether labels are 0 and 1 alone. */
    boolean isHard() {
        return soft == null;
    }

    /** Whether a pixel has a label for each channel, and not one for all. */
    boolean isPerChannel() {
        return perChannel;
    }

    /** Whether there are weights other than 0, where void, and 1. */
    boolean isWeighted() {
        return weights != null;
    }

    /**
     * Whether a channel has codes and weights of its own: where there is one label a pixel, those
     * of the first serve all.
     */
    boolean hasOwn(int channel) {
        return perChannel || channel == 0;
    }

    static int voids(int[] code, int n) {
        int signs = 0;
        for (int i = 0; i < n; i++) {
            signs += code[i] >>> 31;
        }
        return signs;
    }

    /** The labels and weights of a block, a channel after the other. */
    Row row(int block) {
        return new Row(block);
    }

    /** See {@link #row}. */
    final class Row {

        private final int block;
        private final int n;
        private final int[] code;

        /** The codes as numbers: labels are made of them in one loop a channel. */
        private final float[] classes;

        private int voids;

        private Row(int block) {
            this.block = block;
            this.n = blocks.length(block);
            this.code = Scratch.ints(0, n);
            this.classes = Scratch.floats(13, n);
        }

        /** Loads the codes of a channel, or where there is one label a pixel, of all at once. */
        void load(int channel) {
            if (!hasOwn(channel)) {
                return;
            }
            codes.get(
                    perChannel
                            ? blocks.offset(block, channel)
                            : blocks.withChannels(1).offset(block, 0),
                    code,
                    0,
                    n);
            voids = FloatTarget.voids(code, n);
            if (soft == null && !perChannel) {
                Indicator.numbers(code, classes, n);
            }
        }

        /** The codes of hard labels as numbers; of channels the labels. */
        float[] classes() {
            if (perChannel) {
                Indicator.of(code, 1, classes, n);
            }
            return classes;
        }

        /** The code of label 1 of a channel. */
        int foreground(int channel) {
            return perChannel ? 1 : channel;
        }

        int voids() {
            return voids;
        }

        /**
         * Whether the label of a pixel has a share above 0 in a class, where there is one label a
         * pixel; slow.
         */
        boolean has(int channel, int i) {
            return soft == null
                    ? code[i] == channel
                    : soft.get(blocks.offset(block, channel) + i) != 0;
        }

        /** Puts 0 in the place of values where the channel that is loaded is void. */
        void clearVoid(float[] values) {
            if (voids > 0) {
                Indicator.clearVoid(values, code, n);
            }
        }

        /** Puts 0 in the place of the values of all channels at void pixels. */
        void clearVoid(float[][] values) {
            if (voids > 0) {
                FloatSoftmax.clearVoid(values, code, blocks.channels(), n);
            }
        }

        /** Writes the labels of a channel, 0 where void. */
        void labels(int channel, float[] y) {
            if (soft == null) {
                Indicator.of(code, foreground(channel), y, n);
            } else {
                soft.get(blocks.offset(block, channel), y, 0, n);
                clearVoid(y);
            }
        }

        /** Writes the weights of a channel, 0 where void. */
        void weights(int channel, float[] w) {
            if (weights == null) {
                Arrays.fill(w, 0, n, 1);
            } else {
                weights.get(
                        weightPerChannel
                                ? blocks.offset(block, channel)
                                : blocks.withChannels(1).offset(block, 0),
                        w,
                        0,
                        n);
            }
            clearVoid(w);
        }
    }
}
