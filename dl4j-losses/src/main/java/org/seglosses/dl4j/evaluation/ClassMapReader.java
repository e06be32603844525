package org.seglosses.dl4j.evaluation;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.function.Consumer;

/**
 * Reads labels and masks as {@link SegmentationEvaluation} does, where there are no predictions:
 * each image becomes an array of class indices, one a pixel, row by row.
 *
 * <ul>
 *   <li>Labels: class indices {@code [N,H,W]} or {@code [N,1,H,W]} of any numeric type or BOOL, or
 *       one-hot {@code [N,C,H,W]}; with the format NHWC {@code [N,H,W,1]} and {@code [N,H,W,C]}.
 *   <li>Mask: null, or {@code [N]}, {@code [N,1]}, {@code [N,H,W]}, or rank 4 and broadcastable to
 *       one value a class. Any value but 0 counts fully. Channels must agree.
 * </ul>
 *
 * A pixel is ignored where its mask is 0, where its index is the ignoreIndex, and where its label
 * vector is all 0. The mask is read first: where it is 0 a label may be anything. Soft labels are
 * refused: one of their pixels is of no one class.
 */
public final class ClassMapReader {
    /** Stands for the class of a void pixel. */
    public static final int VOID = -1;

    private final Settings settings;

    /**
     * A reader of labels of one kind.
     *
     * @param classes number of classes, at least 2; the binary case has 2
     * @param ignoreIndex index label of void pixels, or null for none
     * @param format where channels stand in arrays of rank 4
     * @throws IllegalArgumentException if {@code classes < 2} or if the format is null
     */
    public ClassMapReader(int classes, Integer ignoreIndex, CNN2DFormat format) {
        settings = new Settings(classes, null, ignoreIndex, format, 0, 0, true);
    }

    /**
     * Reads a batch. The arrays are only read.
     *
     * @param labels the labels
     * @param mask the mask, or null
     * @param image takes the classes of each image in turn, {@link #VOID} for void pixels; the
     *     array is the same one each time
     * @throws IllegalArgumentException if a shape or type does not fit, if a label is neither a
     *     class nor the ignoreIndex or not one-hot, or if a mask is negative, not finite, or
     *     differs between channels; images before the wrong one have been handed over by then
     */
    public void read(INDArray labels, INDArray mask, Consumer<int[]> image) {
        LabelMaps maps = LabelMaps.of(labels, mask, settings);
        int[] classes = new int[maps.height * maps.width];
        for (int i = 0; i < maps.images; i++) {
            maps.read(i, classes);
            image.accept(classes);
        }
    }
}
