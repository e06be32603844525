package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.nio.IntBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * The entry of every graph over class labels: checks labels and mask and brings them to one form,
 * the <em>codes</em>.
 *
 * <p>With one label a pixel (softmax over C classes) codes are {@code [N,1,H,W]}: the class index,
 * or {@value #VOID} for a void pixel. With one label a channel (sigmoid; C = 1 is the binary case)
 * they are {@code [N,C,H,W]}: 0 or 1, or {@value #VOID}. Codes are INT32.
 *
 * <p>Labels are class indices {@code [N,H,W]} or {@code [N,1,H,W]} of any numeric type or BOOL, or
 * one-hot {@code [N,C,H,W]}, where a vector of zeros makes the pixel void if there is one label a
 * pixel. A pixel is void where its index (with one label a channel also: the element of {@code
 * [N,C,H,W]}) equals the ignore index, or where the mask is 0.
 *
 * <p>Labels of floating-point type may be soft for a loss that allows it: vectors {@code [N,C,H,W]}
 * or, with one label a channel, elements, from 0 to 1. Their codes tell void ones alone: {@value
 * #VOID}, or else 0.
 *
 * <p>The mask is {@code [N]} or {@code [N,1]} (an image), {@code [N,H,W]}, or any shape that
 * broadcasts to {@code [N,1,H,W]}, with one label a channel to {@code [N,C,H,W]}.
 *
 * <p>Throws {@code IllegalArgumentException} for a label that is no class index and not the ignore
 * index, is not one-hot, or is NaN; for a mask that is negative or not finite, or, unless
 * fractional masks are allowed, other than 0 and 1.
 */
public final class Targets extends JavaOp {

    /** The code of a void pixel. */
    public static final int VOID = -1;

    /** What a label belongs to. */
    public enum Labelling {
        /** One label a pixel: softmax over at least two classes. */
        PIXEL,
        /** One label for each channel of a pixel: sigmoid. */
        CHANNEL,
        /** One label a pixel of a single channel: sigmoid. */
        ONLY_CHANNEL
    }

    /** For ND4J, which creates ops by reflection. */
    public Targets() {}

    private Targets(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /**
     * Adds the op to the graph of its inputs.
     *
     * @param labels the labels
     * @param logits the logits {@code [N,C,H,W]}, for their shape alone
     * @param mask the mask, or null
     * @param labelling one label a pixel, a channel, or the only channel
     * @param ignoreIndex the label of void pixels, or null
     * @param fractionalMask whether mask values other than 0 and 1 are allowed
     * @param soft whether the labels may be soft
     * @return the codes
     */
    public static SDVariable of(
            SDVariable labels,
            SDVariable logits,
            SDVariable mask,
            Labelling labelling,
            Integer ignoreIndex,
            boolean fractionalMask,
            boolean soft) {
        Targets op =
                new Targets(
                        mask == null
                                ? new SDVariable[] {labels, logits}
                                : new SDVariable[] {labels, logits, mask});
        op.addIArgument(
                labelling.ordinal(),
                ignoreIndex == null ? 0 : 1,
                ignoreIndex == null ? 0 : ignoreIndex,
                fractionalMask ? 1 : 0);
        if (soft) {
            // an argument more, so that graphs saved without it stay as they are
            op.addIArgument(1);
        }
        return op.variable();
    }

    @Override
    String shortName() {
        return "targets";
    }

    @Override
    void check(OpArguments given) {
        given.inputs(2, "labels", "logits", "mask").reals();
        given.integers(4, "labelling", "ignores", "ignoreIndex", "fractionalMask", "soft").yes(4);
        given.code(0, Labelling.values().length);
        given.flag(1);
        given.integer(2, Integer.MIN_VALUE, Integer.MAX_VALUE);
        given.flag(3);
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        long[] shape = inputs[1].shape().clone();
        Blocks.of("logits", inputs[1]);
        if (!flagArg(0)) {
            shape[1] = 1;
        }
        return shape;
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return DataType.INT32;
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        Blocks blocks = Blocks.of("logits", inputs[1]);
        Labelling labelling = Labelling.values()[intArg(0)];
        boolean perChannel = labelling != Labelling.PIXEL;
        if (!perChannel && blocks.channels() < 2) {
            throw new IllegalArgumentException(
                    "logits must have at least 2 channels for softmax over classes (mode MULTICLASS), got "
                            + Arrays.toString(inputs[1].shape()));
        }
        if (labelling == Labelling.ONLY_CHANNEL && blocks.channels() != 1) {
            throw new IllegalArgumentException(
                    "logits must have 1 channel in the binary case, got "
                            + Arrays.toString(inputs[1].shape()));
        }
        INDArray labels = inputs[0];
        boolean vectors = isVectors(labels, inputs[1]);
        LabelReader reader = LabelReader.of("labels", labels);
        MaskReader mask =
                inputs.length < 3
                        ? null
                        : MaskReader.of(inputs[2], inputs[1], perChannel, flagArg(3));
        IntBuffer codes = HostArray.ints(output);
        Integer ignore = flagArg(1) ? Integer.valueOf(intArg(2)) : null;
        boolean soft = iArgs().length > 4;
        if (soft && !vectors && blocks.channels() > 1) {
            throw new IllegalArgumentException(
                    "labels must be declared class indices [N,H,W] or [N,1,H,W] if they are, got "
                            + Arrays.toString(labels.shape())
                            + " where [N,C,H,W] was declared");
        }
        Parallel.run(
                blocks.count(),
                block -> {
                    if (soft) {
                        softLabels(reader, blocks, block, labels, perChannel, ignore, codes);
                    } else if (!perChannel) {
                        if (vectors) {
                            classesOfVectors(reader, blocks, block, labels, codes);
                        } else {
                            classesOfIndices(reader, blocks, block, labels, ignore, codes);
                        }
                    } else if (vectors || blocks.channels() == 1) {
                        channelsOfElements(reader, blocks, block, labels, ignore, codes);
                    } else {
                        channelsOfIndices(reader, blocks, block, labels, ignore, codes);
                    }
                    if (mask != null) {
                        mask.apply(blocks, block, perChannel, codes);
                    }
                });
        HostArray.written(output);
    }

    /** Tells {@code [N,C,H,W]} from indices, and refuses every other shape. */
    static boolean isVectors(INDArray labels, INDArray logits) {
        long[] l = labels.shape();
        long[] z = logits.shape();
        if (l.length == 3 && l[0] == z[0] && l[1] == z[2] && l[2] == z[3]) {
            return false;
        }
        if (l.length == 4
                && l[0] == z[0]
                && l[2] == z[2]
                && l[3] == z[3]
                && (l[1] == 1 || l[1] == z[1])) {
            return l[1] != 1;
        }
        throw new IllegalArgumentException(
                "labels must be class indices [N,H,W] or [N,1,H,W], or one-hot [N,C,H,W], for logits "
                        + Arrays.toString(z)
                        + " (N,C,H,W), of the same N, H and W; got labels "
                        + Arrays.toString(l));
    }

    private static void classesOfIndices(
            LabelReader reader,
            Blocks blocks,
            int block,
            INDArray labels,
            Integer ignore,
            IntBuffer codes) {
        int n = blocks.length(block);
        int pixel = blocks.withChannels(1).offset(block, 0);
        int[] code = Scratch.ints(0, n);
        indices(reader, pixel, blocks.channels(), labels, ignore, code, n);
        codes.put(pixel, code, 0, n);
    }

    private static void channelsOfIndices(
            LabelReader reader,
            Blocks blocks,
            int block,
            INDArray labels,
            Integer ignore,
            IntBuffer codes) {
        int n = blocks.length(block);
        int pixel = blocks.withChannels(1).offset(block, 0);
        int[] index = Scratch.ints(0, n);
        int[] code = Scratch.ints(1, n);
        indices(reader, pixel, blocks.channels(), labels, ignore, index, n);
        for (int c = 0; c < blocks.channels(); c++) {
            channel(index, c, code, n);
            codes.put(blocks.offset(block, c), code, 0, n);
        }
    }

    /** Writes 1 where an index is that of the channel, {@value #VOID} where it is, and else 0. */
    private static void channel(int[] index, int c, int[] code, int n) {
        for (int i = 0; i < n; i++) {
            int difference = index[i] ^ c;
            code[i] = ~(difference | -difference) >>> 31 | index[i] >> 31;
        }
    }

    private static void indices(
            LabelReader reader,
            int from,
            int classes,
            INDArray labels,
            Integer ignore,
            int[] code,
            int n) {
        boolean plain = ignore == null || ignore < 0 || ignore >= classes;
        if (reader.ints() != null) {
            if (PlainLabels.indices(reader.ints(), from, classes, code, n) && plain) {
                return;
            }
            for (int i = 0; i < n; i++) {
                if (!plain || code[i] < 0 || code[i] >= classes) {
                    code[i] = index(code[i], classes, ignore, labels, from + i);
                }
            }
            return;
        }
        if (plain
                && reader.floats() != null
                && PlainLabels.indices(reader.floats(), from, classes, code, n)) {
            return;
        }
        double[] label = Scratch.doubles(0, n);
        reader.read(from, label, n);
        for (int i = 0; i < n; i++) {
            code[i] = index(label[i], classes, ignore, labels, from + i);
        }
    }

    private static int index(
            double label, int classes, Integer ignore, INDArray labels, int position) {
        int index = (int) label;
        if (index == label) {
            if (ignore != null && index == ignore) {
                return VOID;
            }
            if (index >= 0 && index < classes) {
                return index;
            }
        }
        throw new IllegalArgumentException(
                "labels must be class indices from 0 to "
                        + (classes - 1)
                        + (ignore == null
                                ? " (no ignoreIndex is set)"
                                : " or the ignoreIndex, which is " + ignore)
                        + ", got "
                        + label
                        + " at "
                        + place(labels.shape(), position));
    }

    private static void channelsOfElements(
            LabelReader reader,
            Blocks blocks,
            int block,
            INDArray labels,
            Integer ignore,
            IntBuffer codes) {
        int n = blocks.length(block);
        int[] code = Scratch.ints(0, n);
        for (int c = 0; c < blocks.channels(); c++) {
            int from = blocks.offset(block, c);
            indices(reader, from, 2, labels, ignore, code, n);
            codes.put(from, code, 0, n);
        }
    }

    private static void classesOfVectors(
            LabelReader reader, Blocks blocks, int block, INDArray labels, IntBuffer codes) {
        int n = blocks.length(block);
        int[] code = Scratch.ints(0, n);
        if (reader.floats() != null && PlainLabels.vectors(reader.floats(), blocks, block, code)) {
            codes.put(blocks.withChannels(1).offset(block, 0), code, 0, n);
            return;
        }
        double[] label = Scratch.doubles(0, n);
        double[] sum = Scratch.doubles(1, n);
        double[] index = Scratch.doubles(2, n);
        double[] wrong = Scratch.doubles(3, n);
        Arrays.fill(sum, 0, n, 0);
        Arrays.fill(index, 0, n, 0);
        Arrays.fill(wrong, 0, n, 0);
        for (int c = 0; c < blocks.channels(); c++) {
            reader.read(blocks.offset(block, c), label, n);
            for (int i = 0; i < n; i++) {
                sum[i] += label[i];
                index[i] += c * label[i];
                wrong[i] += Math.abs(label[i] * (label[i] - 1));
            }
        }
        for (int i = 0; i < n; i++) {
            // written so that NaN is refused
            if (!(wrong[i] == 0 && sum[i] <= 1)) {
                throw new IllegalArgumentException(
                        "labels must be one-hot for this loss (one 1 and zeros, or all zeros for void)"
                                + ", got a vector with sum "
                                + sum[i]
                                + " at "
                                + place(labels.shape(), blocks.offset(block, 0) + i)
                                + " (first channel); soft labels are not supported here");
            }
            code[i] = sum[i] == 0 ? VOID : (int) index[i];
        }
        codes.put(blocks.withChannels(1).offset(block, 0), code, 0, n);
    }

    /** A pixel of one label is void where all of its vector is 0. */
    private static void softLabels(
            LabelReader reader,
            Blocks blocks,
            int block,
            INDArray labels,
            boolean perChannel,
            Integer ignore,
            IntBuffer codes) {
        int n = blocks.length(block);
        int[] code = Scratch.ints(0, n);
        boolean floats = reader.floats() != null;
        if (floats
                && !perChannel
                && PlainLabels.softVectors(reader.floats(), blocks, block, code)) {
            codes.put(blocks.withChannels(1).offset(block, 0), code, 0, n);
            return;
        }
        boolean plain = floats && perChannel && (ignore == null || ignore < 0 || ignore > 1);
        double[] label = Scratch.doubles(0, n);
        Arrays.fill(code, 0, n, VOID);
        for (int c = 0; c < blocks.channels(); c++) {
            int from = blocks.offset(block, c);
            if (plain && PlainLabels.softElements(reader.floats(), from, n)) {
                Arrays.fill(code, 0, n, 0);
                codes.put(from, code, 0, n);
                continue;
            }
            reader.read(from, label, n);
            for (int i = 0; i < n; i++) {
                boolean ignored = perChannel && ignore != null && label[i] == ignore;
                // written so that NaN is refused
                if (!ignored && !(label[i] >= 0 && label[i] <= 1)) {
                    throw new IllegalArgumentException(
                            "labels must be from 0 to 1"
                                    + (perChannel && ignore != null
                                            ? " or the ignoreIndex, which is " + ignore
                                            : "")
                                    + ", got "
                                    + label[i]
                                    + " at "
                                    + place(labels.shape(), from + i));
                }
                if (perChannel) {
                    code[i] = ignored ? VOID : 0;
                } else if (label[i] > 0) {
                    code[i] = 0;
                }
            }
            if (perChannel) {
                codes.put(from, code, 0, n);
            }
        }
        if (!perChannel) {
            codes.put(blocks.withChannels(1).offset(block, 0), code, 0, n);
        }
    }

    /** Names an element of an array by its indices. */
    static String place(long[] shape, int position) {
        long[] at = new long[shape.length];
        long rest = position;
        for (int d = shape.length - 1; d >= 0; d--) {
            at[d] = rest % shape[d];
            rest /= shape[d];
        }
        return Arrays.toString(at) + " of shape " + Arrays.toString(shape);
    }
}
