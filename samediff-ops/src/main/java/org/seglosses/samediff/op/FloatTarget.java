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

    /**
     * Loads codes for {@link #labels} and {@link #weights}: of a channel, or where there is one
     * label a pixel, for all channels.
     *
     * @return how many are void
     */
    int codes(int block, int channel, int[] code) {
        int n = blocks.length(block);
        codes.get(
                perChannel
                        ? blocks.offset(block, channel)
                        : blocks.withChannels(1).offset(block, 0),
                code,
                0,
                n);
        return voids(code, n);
    }

    static int voids(int[] code, int n) {
        int signs = 0;
        for (int i = 0; i < n; i++) {
            signs += code[i] >>> 31;
        }
        return signs;
    }

    /** Writes the labels of a channel, 0 where void. */
    void labels(int block, int channel, int[] code, boolean anyVoid, float[] y) {
        int n = blocks.length(block);
        if (soft == null) {
            Indicator.of(code, perChannel ? 1 : channel, y, n);
            return;
        }
        soft.get(blocks.offset(block, channel), y, 0, n);
        if (anyVoid) {
            FloatSoftmax.clearVoid(y, code, n);
        }
    }

    /** Writes the weights of a channel, 0 where void. */
    void weights(int block, int channel, int[] code, boolean anyVoid, float[] w) {
        int n = blocks.length(block);
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
        if (anyVoid) {
            FloatSoftmax.clearVoid(w, code, n);
        }
    }
}
