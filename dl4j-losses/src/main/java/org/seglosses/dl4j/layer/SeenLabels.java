package org.seglosses.dl4j.layer;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.seglosses.dl4j.data.LabelMasks;

import java.util.BitSet;

/**
 * What the labels and masks of some steps were. Counted are pixels; where each channel is a yes or
 * no of its own, elements, and then the classes are 0, no, and 1, yes.
 */
final class SeenLabels {

    private final BitSet classes = new BitSet();
    private long valid;
    private long ignoredByLabel;
    private long ignoredByMask;
    private long zeroVectors;
    private long channels;
    private double largest = Double.NEGATIVE_INFINITY;
    private boolean soft;
    private boolean elements;
    private boolean merged;

    /**
     * Counts one batch, which the loss has taken.
     *
     * @param labels {@code [N,H,W]}, {@code [N,1,H,W]} or {@code [N,C,H,W]}
     * @param mask the mask, or null
     * @param channels C
     * @param oneClass whether a pixel has one class: softmax
     * @param ignoreIndex the label of ignored pixels, or null
     */
    static SeenLabels of(
            INDArray labels, INDArray mask, long channels, boolean oneClass, Integer ignoreIndex) {
        SeenLabels seen = new SeenLabels();
        // copies: the last slice of a view of some images is empty in ND4J 1.0.0-M2.1
        INDArray copy = labels.dup('c');
        INDArray m = mask == null ? null : ofRank4(mask.dup('c'));
        seen.channels = channels;
        seen.merged = LabelMasks.looksMerged(mask);
        int vector = labels.rank() == 4 ? (int) labels.size(1) : 1;
        int width = (int) labels.size(labels.rank() - 1);
        int pixels = (int) labels.size(labels.rank() - 2) * width;
        double ignored = ignoreIndex == null ? Double.NaN : ignoreIndex;
        for (long n = 0; n < labels.size(0); n++) {
            double[] values = doubles(copy.slice(n));
            Weights weights = m == null ? null : new Weights(m, n, width);
            for (int p = 0; p < pixels; p++) {
                if (vector > 1 && oneClass) {
                    seen.addVector(values, p, pixels, weights);
                    continue;
                }
                for (int c = 0; c < vector; c++) {
                    double label = values[c * pixels + p];
                    if (weights != null && weights.at(c, p) == 0) {
                        seen.ignoredByMask++;
                    } else if (label == ignored) {
                        seen.ignoredByLabel++;
                    } else if (vector == 1 && channels > 1) {
                        seen.addClass((int) label);
                    } else {
                        seen.addElement(label);
                    }
                }
            }
        }
        return seen;
    }

    /** A mask's values at one image. */
    private static final class Weights {

        private final double[] values;
        private final int width;
        private final int channelStride;
        private final int rowStride;
        private final int columnStride;

        Weights(INDArray mask, long image, int width) {
            values = doubles(mask.slice(mask.size(0) == 1 ? 0 : image));
            this.width = width;
            int h = (int) mask.size(2);
            int w = (int) mask.size(3);
            channelStride = mask.size(1) == 1 ? 0 : h * w;
            rowStride = h == 1 ? 0 : w;
            columnStride = w == 1 ? 0 : 1;
        }

        double at(int channel, int pixel) {
            return values[
                    channel * channelStride
                            + pixel / width * rowStride
                            + pixel % width * columnStride];
        }
    }

    private static INDArray ofRank4(INDArray mask) {
        long[] shape = mask.shape();
        return switch (shape.length) {
            case 1 -> mask.reshape(shape[0], 1, 1, 1);
            case 2 -> mask.reshape(shape[0], shape[1], 1, 1);
            case 3 -> mask.reshape(shape[0], 1, shape[1], shape[2]);
            default -> mask;
        };
    }

    private static double[] doubles(INDArray array) {
        return array.castTo(DataType.DOUBLE)
                .dup('c')
                .reshape('c', new long[] {array.length()})
                .toDoubleVector();
    }

    private void addVector(double[] values, int pixel, int pixels, Weights weights) {
        if (weights != null && weights.at(0, pixel) == 0) {
            ignoredByMask++;
            return;
        }
        int best = 0;
        for (int i = pixel; i < values.length; i += pixels) {
            if (values[i] > values[best * pixels + pixel]) {
                best = i / pixels;
            }
        }
        double label = values[best * pixels + pixel];
        if (label == 0) {
            ignoredByLabel++;
            zeroVectors++;
            return;
        }
        addClass(best);
        largest = Math.max(largest, label);
        soft |= label != 1;
    }

    private void addElement(double label) {
        elements = true;
        addClass(label > 0.5 ? 1 : 0);
        largest = Math.max(largest, label);
        soft |= label != 0 && label != 1;
    }

    private void addClass(int label) {
        classes.set(label);
        valid++;
    }

    void add(SeenLabels other) {
        classes.or(other.classes);
        valid += other.valid;
        ignoredByLabel += other.ignoredByLabel;
        ignoredByMask += other.ignoredByMask;
        zeroVectors += other.zeroVectors;
        channels = Math.max(channels, other.channels);
        largest = Math.max(largest, other.largest);
        soft |= other.soft;
        elements |= other.elements;
    }

    /** The only class of all valid pixels, or -1 where there are more or none. */
    int onlyClass() {
        return classes.cardinality() == 1 ? classes.nextSetBit(0) : -1;
    }

    long valid() {
        return valid;
    }

    /** Those of the ignore index or, of label vectors, those of zeros. */
    long ignoredByLabel() {
        return ignoredByLabel;
    }

    long ignoredByMask() {
        return ignoredByMask;
    }

    /** Of those ignored by label, the label vectors of zeros. */
    long zeroVectors() {
        return zeroVectors;
    }

    /** Of the logits. */
    long channels() {
        return channels;
    }

    long all() {
        return valid + ignoredByLabel + ignoredByMask;
    }

    /** Whether there were values other than 0 and 1, and none above a half. */
    boolean softAndSmall() {
        return soft && largest <= 0.5;
    }

    double largest() {
        return largest;
    }

    /** Whether each label was a yes or no, and no class index. */
    boolean elements() {
        return elements;
    }

    /** Whether the mask of the batch looks merged; of one batch alone. */
    boolean merged() {
        return merged;
    }
}
