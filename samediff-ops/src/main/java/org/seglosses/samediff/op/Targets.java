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
 * <p>The mask is read first: where it is 0 the label may be anything. Elsewhere a label that {@link
 * LabelRule} does not allow is an {@code IllegalArgumentException}. So is a mask that is negative
 * or not finite, or, unless fractional masks are allowed, other than 0 and 1.
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
        return of(labels, logits, null, mask, labelling, ignoreIndex, fractionalMask, soft);
    }

    /**
     * Adds the op to a graph that ends in probabilities: other numbers are refused at pixels that
     * count, and with one label a pixel those of a pixel must sum to 1.
     *
     * @param labels the labels
     * @param probabilities the probabilities {@code [N,C,H,W]}
     * @param type the type that they were rounded to
     * @param mask the mask, or null
     * @param labelling one label a pixel, a channel, or the only channel
     * @param ignoreIndex the label of void pixels, or null
     * @param fractionalMask whether mask values other than 0 and 1 are allowed
     * @param soft whether the labels may be soft
     * @return the codes
     */
    public static SDVariable ofProbabilities(
            SDVariable labels,
            SDVariable probabilities,
            DataType type,
            SDVariable mask,
            Labelling labelling,
            Integer ignoreIndex,
            boolean fractionalMask,
            boolean soft) {
        return of(labels, probabilities, type, mask, labelling, ignoreIndex, fractionalMask, soft);
    }

    private static SDVariable of(
            SDVariable labels,
            SDVariable logits,
            DataType given,
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
                fractionalMask ? 1 : 0,
                soft ? 1 : 0);
        if (given != null) {
            op.addTArgument(LabelRule.epsilon(given));
        }
        return op.variable();
    }

    @Override
    String shortName() {
        return "targets";
    }

    @Override
    void check(OpArguments given) {
        given.inputs(2, "labels", "logits", "mask").reals(0, "epsilonOfProbabilities");
        given.integers(5, "labelling", "ignores", "ignoreIndex", "fractionalMask", "soft");
        given.code(0, Labelling.values().length);
        given.flag(1);
        given.integer(2, Integer.MIN_VALUE, Integer.MAX_VALUE);
        given.flag(3);
        given.flag(4);
        if (given.countOfReals() > 0) {
            given.share(0);
        }
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
        compute(inputs, output, tArgs().length > 0);
    }

    /** Zeros are labels, and no probabilities. */
    @Override
    void computeOfZeros(INDArray[] inputs, INDArray output) {
        compute(inputs, output, false);
    }

    private void compute(INDArray[] inputs, INDArray output, boolean ofProbabilities) {
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
        boolean soft = flagArg(4);
        if (soft && !vectors && blocks.channels() > 1) {
            throw new IllegalArgumentException(
                    "labels must be declared class indices [N,H,W] or [N,1,H,W] if they are, got "
                            + Arrays.toString(labels.shape())
                            + " where [N,C,H,W] was declared");
        }
        MaskReader mask =
                inputs.length < 3
                        ? null
                        : MaskReader.of(inputs[2], inputs[1], perChannel, flagArg(3));
        IntBuffer codes = HostArray.ints(output);
        Integer ignore = flagArg(1) ? Integer.valueOf(intArg(2)) : null;
        GivenProbabilities given =
                ofProbabilities
                        ? new GivenProbabilities(
                                inputs[1],
                                blocks,
                                LabelRule.tolerance(blocks.channels(), tArgs()[0]))
                        : null;
        Reading reading = new Reading(labels, mask, blocks, perChannel, ignore, codes);
        Parallel.run(
                blocks.count(),
                block -> {
                    if (soft && perChannel) {
                        reading.softElements(block);
                    } else if (soft) {
                        reading.softVectors(block);
                    } else if (!perChannel && vectors) {
                        reading.vectors(block);
                    } else if (!perChannel) {
                        reading.indices(block);
                    } else if (vectors || blocks.channels() == 1) {
                        reading.elements(block);
                    } else {
                        reading.indicesOfChannels(block);
                    }
                    if (given != null) {
                        reading.check(given, block);
                    }
                });
        HostArray.written(output);
    }

    /** Tells {@code [N,C,H,W]} from indices, and refuses every other shape. */
    static boolean isVectors(INDArray labels, INDArray logits) {
        LabelShape.require(labels.shape(), logits.shape());
        return labels.rank() == 4 && labels.size(1) > 1;
    }

    /** The labels and the mask of one run, which it makes codes of, block by block. */
    private static final class Reading {

        private final LabelReader reader;
        private final MaskReader mask;
        private final long[] shape;
        private final Blocks blocks;
        private final Blocks single;
        private final boolean perChannel;
        private final Integer ignore;
        private final LabelRule rule;

        /** Of elements: they are indices of two classes. */
        private final LabelRule ofElements;

        private final IntBuffer codes;

        Reading(
                INDArray labels,
                MaskReader mask,
                Blocks blocks,
                boolean perChannel,
                Integer ignore,
                IntBuffer codes) {
            this.reader = LabelReader.of("labels", labels);
            this.mask = mask;
            this.shape = labels.shape();
            this.blocks = blocks;
            this.single = blocks.withChannels(1);
            this.perChannel = perChannel;
            this.ignore = ignore;
            this.rule = LabelRule.of(labels.dataType(), blocks.channels(), ignore);
            this.ofElements = LabelRule.of(labels.dataType(), 2, ignore);
            this.codes = codes;
        }

        /**
         * The pixels of a block whose mask is 0 in a channel: {@value #VOID} there, and else 0; or
         * null if there are none. Their labels, which may be anything, are read as 0.
         */
        private int[] masked(int block, int channel) {
            int[] masked = Scratch.ints(2, blocks.length(block));
            return mask != null && mask.zeros(blocks, block, channel, masked) ? masked : null;
        }

        /** The same of all channels together. */
        private int[] maskedInAllChannels(int block) {
            int n = blocks.length(block);
            int[] all = Scratch.ints(3, n);
            Arrays.fill(all, 0, n, VOID);
            for (int c = 0; c < blocks.channels(); c++) {
                int[] masked = masked(block, c);
                if (masked == null) {
                    return null;
                }
                retain(all, masked, n);
            }
            return all;
        }

        /** One index a pixel. */
        void indices(int block) {
            int n = blocks.length(block);
            int pixel = single.offset(block, 0);
            int[] code = Scratch.ints(0, n);
            indices(pixel, rule, blocks.channels(), masked(block, 0), code, n);
            codes.put(pixel, code, 0, n);
        }

        /** One index a pixel, and a code for each channel. */
        void indicesOfChannels(int block) {
            int n = blocks.length(block);
            int[] index = Scratch.ints(0, n);
            int[] code = Scratch.ints(1, n);
            indices(
                    single.offset(block, 0),
                    rule,
                    blocks.channels(),
                    maskedInAllChannels(block),
                    index,
                    n);
            for (int c = 0; c < blocks.channels(); c++) {
                channel(index, c, code, n);
                add(code, masked(block, c), n);
                codes.put(blocks.offset(block, c), code, 0, n);
            }
        }

        /** A label, 0 or 1, for each channel. */
        void elements(int block) {
            int n = blocks.length(block);
            int[] code = Scratch.ints(0, n);
            for (int c = 0; c < blocks.channels(); c++) {
                int from = blocks.offset(block, c);
                indices(from, ofElements, 2, masked(block, c), code, n);
                codes.put(from, code, 0, n);
            }
        }

        private void indices(
                int from, LabelRule indexRule, int classes, int[] masked, int[] code, int n) {
            boolean plain = ignore == null || ignore < 0 || ignore >= classes;
            if (reader.ints() != null) {
                if (!PlainLabels.indices(reader.ints(), from, classes, masked, code, n) || !plain) {
                    for (int i = 0; i < n; i++) {
                        if (!plain || code[i] < 0 || code[i] >= classes) {
                            code[i] = index(code[i], indexRule, classes, from + i);
                        }
                    }
                }
            } else if (!plain
                    || reader.floats() == null
                    || !PlainLabels.indices(reader.floats(), from, classes, masked, code, n)) {
                double[] label = Scratch.doubles(0, n);
                read(from, masked, label, n);
                for (int i = 0; i < n; i++) {
                    code[i] = index(label[i], indexRule, classes, from + i);
                }
            }
            add(code, masked, n);
        }

        private int index(double label, LabelRule indexRule, int classes, int position) {
            int index = (int) label;
            if (index == label) {
                if (ignore != null && index == ignore) {
                    return VOID;
                }
                if (index >= 0 && index < classes) {
                    return index;
                }
            }
            throw indexRule.notIndex(label, at(position));
        }

        /** One-hot vectors. */
        void vectors(int block) {
            int n = blocks.length(block);
            int[] masked = masked(block, 0);
            int[] code = Scratch.ints(0, n);
            if (reader.floats() == null
                    || !PlainLabels.vectors(reader.floats(), blocks, block, masked, code)) {
                everyVector(block, masked, code);
            }
            codes.put(single.offset(block, 0), code, 0, n);
        }

        private void everyVector(int block, int[] masked, int[] code) {
            int n = blocks.length(block);
            double[] label = Scratch.doubles(0, n);
            double[] sum = Scratch.doubles(1, n);
            double[] index = Scratch.doubles(2, n);
            double[] wrong = Scratch.doubles(3, n);
            Arrays.fill(sum, 0, n, 0);
            Arrays.fill(index, 0, n, 0);
            Arrays.fill(wrong, 0, n, 0);
            for (int c = 0; c < blocks.channels(); c++) {
                read(blocks.offset(block, c), masked, label, n);
                for (int i = 0; i < n; i++) {
                    sum[i] += label[i];
                    index[i] += c * label[i];
                    wrong[i] += Math.abs(label[i] * (label[i] - 1));
                }
            }
            for (int i = 0; i < n; i++) {
                // written so that NaN is refused
                if (!(wrong[i] == 0 && sum[i] <= 1)) {
                    throw wrongVector(block, i, true);
                }
                code[i] = sum[i] == 0 ? VOID : (int) index[i];
            }
        }

        /** Vectors that sum to 1; a pixel is void where all of its vector is 0, and else 0. */
        void softVectors(int block) {
            int n = blocks.length(block);
            int[] masked = masked(block, 0);
            int[] code = Scratch.ints(0, n);
            if (reader.floats() == null
                    || !PlainLabels.softVectors(
                            reader.floats(),
                            blocks,
                            block,
                            masked,
                            (float) rule.tolerance(),
                            code)) {
                everySoftVector(block, masked, code);
            }
            codes.put(single.offset(block, 0), code, 0, n);
        }

        private void everySoftVector(int block, int[] masked, int[] code) {
            int n = blocks.length(block);
            double[] label = Scratch.doubles(0, n);
            double[] sum = Scratch.doubles(1, n);
            double[] least = Scratch.doubles(2, n);
            double[] largest = Scratch.doubles(3, n);
            Arrays.fill(sum, 0, n, 0);
            Arrays.fill(least, 0, n, 0);
            Arrays.fill(largest, 0, n, 0);
            for (int c = 0; c < blocks.channels(); c++) {
                read(blocks.offset(block, c), masked, label, n);
                for (int i = 0; i < n; i++) {
                    sum[i] += label[i];
                    least[i] = Math.min(least[i], label[i]);
                    largest[i] = Math.max(largest[i], label[i]);
                }
            }
            for (int i = 0; i < n; i++) {
                code[i] =
                        switch (rule.kind(sum[i], least[i], largest[i])) {
                            case IGNORED -> VOID;
                            case ONE_HOT, SOFT -> 0;
                            case WRONG -> throw wrongVector(block, i, false);
                        };
            }
        }

        private IllegalArgumentException wrongVector(int block, int i, boolean hard) {
            double[] label = {0};
            double sum = 0;
            double least = Double.POSITIVE_INFINITY;
            double largest = Double.NEGATIVE_INFINITY;
            for (int c = 0; c < blocks.channels(); c++) {
                reader.read(blocks.offset(block, c) + i, label, 1);
                sum += label[0];
                least = Math.min(least, label[0]);
                largest = Math.max(largest, label[0]);
            }
            String place = at(blocks.offset(block, 0) + i) + " (first channel)";
            return hard
                    ? rule.notOneHot(sum, least, largest, place)
                    : rule.notVector(sum, least, largest, place);
        }

        /** A label from 0 to 1 for each channel. */
        void softElements(int block) {
            int n = blocks.length(block);
            int[] code = Scratch.ints(0, n);
            boolean plain = reader.floats() != null && (ignore == null || ignore < 0 || ignore > 1);
            for (int c = 0; c < blocks.channels(); c++) {
                int from = blocks.offset(block, c);
                int[] masked = masked(block, c);
                if (plain && PlainLabels.softElements(reader.floats(), from, masked, n)) {
                    Arrays.fill(code, 0, n, 0);
                } else {
                    everySoftElement(from, masked, code, n);
                }
                add(code, masked, n);
                codes.put(from, code, 0, n);
            }
        }

        private void everySoftElement(int from, int[] masked, int[] code, int n) {
            double[] label = Scratch.doubles(0, n);
            read(from, masked, label, n);
            for (int i = 0; i < n; i++) {
                if (ignore != null && label[i] == ignore) {
                    code[i] = VOID;
                } else if (LabelRule.isElement(label[i])) {
                    code[i] = 0;
                } else {
                    throw ofElements.notElement(label[i], at(from + i));
                }
            }
        }

        /** Checks the probabilities of a block whose codes are found. */
        void check(GivenProbabilities given, int block) {
            int n = blocks.length(block);
            int[] code = Scratch.ints(0, n);
            for (int c = 0; c < blocks.channels() && perChannel; c++) {
                codes.get(blocks.offset(block, c), code, 0, n);
                given.checkChannel(block, c, code);
            }
            if (!perChannel) {
                codes.get(single.offset(block, 0), code, 0, n);
                given.checkPixels(block, code);
            }
        }

        private void read(int from, int[] masked, double[] label, int n) {
            reader.read(from, label, n);
            if (masked != null) {
                Indicator.clearVoid(label, masked, n);
            }
        }

        private String at(int position) {
            return "at " + place(shape, position);
        }
    }

    /** Writes 1 where an index is that of the channel, {@value #VOID} where it is, and else 0. */
    private static void channel(int[] index, int c, int[] code, int n) {
        for (int i = 0; i < n; i++) {
            int difference = index[i] ^ c;
            code[i] = ~(difference | -difference) >>> 31 | index[i] >> 31;
        }
    }

    /** Makes codes void where others are; none where there are none. */
    private static void add(int[] code, int[] voids, int n) {
        for (int i = 0; i < n && voids != null; i++) {
            code[i] |= voids[i];
        }
    }

    private static void retain(int[] voids, int[] others, int n) {
        for (int i = 0; i < n; i++) {
            voids[i] &= others[i];
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
