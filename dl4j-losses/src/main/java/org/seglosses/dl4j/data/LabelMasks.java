package org.seglosses.dl4j.data;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;

import java.util.Arrays;

/**
 * Finds label masks that DL4J loses without a word.
 *
 * <p>Many iterators of DL4J, {@code ListDataSetIterator} among them, make batches by {@code
 * DataSet.merge} (or that of {@code MultiDataSet}, which does the same). It keeps label masks of
 * labels {@code [N,1,H,W]} and {@code [N,C,H,W]} if the masks have rank 4. A mask {@code [N,1]},
 * one number an image, becomes one of ones in which only the first pixel of each image has that
 * number. A mask {@code [N,H,W]} is dropped. A mask {@code [N,H*W]} is kept where labels have one
 * channel; where they have more it masks the first channel alone. So give masks {@code [N,1,H,W]},
 * which these lines make:
 *
 * <pre>{@code
 * mask.reshape(n, 1, h, w)                        // of a mask [N,H,W] or [N,H*W]
 * mask.reshape(n, 1, 1, 1).broadcast(n, 1, h, w)  // of a mask [N,1] or [N]
 *
 * LabelMasks.check(examples);                     // a List of DataSets, before they are merged
 * }</pre>
 */
public final class LabelMasks {

    private static final String OF_PIXELS = "mask.reshape(n, 1, h, w)";
    private static final String OF_IMAGES = "mask.reshape(n, 1, 1, 1).broadcast(n, 1, h, w)";

    private LabelMasks() {}

    /**
     * Checks the examples of a list before they are merged.
     *
     * @param examples the examples
     * @throws IllegalArgumentException if there are none, or as {@link #check(INDArray, INDArray)}
     *     does
     */
    public static void check(Iterable<? extends DataSet> examples) {
        requireGiven(examples, "examples");
        for (DataSet example : examples) {
            check(example);
        }
    }

    /**
     * Checks one example or batch.
     *
     * @param example the example
     * @throws IllegalArgumentException if there is none, or as {@link #check(INDArray, INDArray)}
     *     does
     */
    public static void check(DataSet example) {
        requireGiven(example, "example");
        check(example.getLabels(), example.getLabelsMaskArray());
    }

    /**
     * Checks all that an iterator gives. It is reset before and after if it supports that; if not,
     * it is read from where it stands to its end. An iterator that merges its examples has dropped
     * masks {@code [N,H,W]} by then: check the examples themselves.
     *
     * @param iterator the data set
     * @throws IllegalArgumentException if there is none, or as {@link #check(INDArray, INDArray)}
     *     does
     */
    public static void check(DataSetIterator iterator) {
        requireGiven(iterator, "iterator");
        reset(iterator);
        try {
            while (iterator.hasNext()) {
                check(iterator.next());
            }
        } finally {
            reset(iterator);
        }
    }

    /**
     * Checks the masks of all outputs that an iterator gives, as {@link #check(DataSetIterator)}
     * does.
     *
     * @param iterator the data set
     * @throws IllegalArgumentException if there is none, or as {@link #check(INDArray, INDArray)}
     *     does
     */
    public static void check(MultiDataSetIterator iterator) {
        requireGiven(iterator, "iterator");
        reset(iterator);
        try {
            while (iterator.hasNext()) {
                MultiDataSet batch = iterator.next();
                for (int output = 0; output < batch.numLabelsArrays(); output++) {
                    check(batch.getLabels(output), batch.getLabelsMaskArray(output));
                }
            }
        } finally {
            reset(iterator);
        }
    }

    /**
     * Checks one mask.
     *
     * @param labels the labels that it belongs to
     * @param mask the label mask, or null
     * @throws IllegalArgumentException if {@code DataSet.merge} would lose the mask, or has done so
     *     ({@link #looksMerged}); the message says which line makes the right shape
     */
    public static void check(INDArray labels, INDArray mask) {
        String fault = fault(labels, mask);
        if (fault != null) {
            throw new IllegalArgumentException(fault);
        }
    }

    /**
     * What is wrong with a mask.
     *
     * @param labels the labels that it belongs to, or null
     * @param mask the label mask, or null
     * @return a sentence, or null if {@code DataSet.merge} keeps the mask
     */
    public static String fault(INDArray labels, INDArray mask) {
        if (labels == null || mask == null) {
            return null;
        }
        if (looksMerged(mask)) {
            return "label masks must be [N,1,H,W], got "
                    + shape(mask)
                    + " of ones but for the first pixel of an image, which is what DL4J's"
                    + " DataSet.merge leaves of masks [N,1]; write "
                    + OF_IMAGES
                    + " before the examples are merged";
        }
        if (labels.rank() != 4 || mask.rank() == 4 || isLabelsInRows(labels, mask)) {
            return null;
        }
        return "label masks must be [N,1,H,W], got "
                + shape(mask)
                + " for labels "
                + shape(labels)
                + ", which DL4J's DataSet.merge "
                + (mask.rank() == 2 ? "mangles" : "drops")
                + " in silence"
                + advice(labels, mask);
    }

    /** Whether a mask has a row for each image that the merge brings into the labels' shape. */
    private static boolean isLabelsInRows(INDArray labels, INDArray mask) {
        return mask.rank() == 2
                && mask.size(0) == labels.size(0)
                && mask.length() == labels.length();
    }

    /** The line that makes the right shape, where there is one. */
    private static String advice(INDArray labels, INDArray mask) {
        long images = labels.size(0);
        long pixels = mask.length() / images;
        if (mask.length() == images) {
            return "; write " + OF_IMAGES;
        }
        boolean ofPixels =
                mask.rank() == 3
                        || pixels == labels.size(2) * labels.size(3)
                        || pixels == labels.size(1) * labels.size(2); // channels last
        return ofPixels ? "; write " + OF_PIXELS : "";
    }

    /**
     * Whether a mask of a batch is what {@code DataSet.merge} leaves of masks {@code [N,1]}: of
     * rank 4, for several images of several pixels, and one everywhere but in the first element of
     * one or more images. If all of the images counted, nothing is to be seen.
     *
     * @param mask a label mask of a batch, or null
     * @return whether it looks so
     */
    public static boolean looksMerged(INDArray mask) {
        if (mask == null || mask.rank() != 4 || mask.isEmpty() || mask.size(0) == 1) {
            return false;
        }
        long images = mask.size(0);
        long elements = mask.length() / images;
        if (elements == 1) {
            return false;
        }
        // Element by element: NDArrayIndex.point makes nothing of some views in ND4J 1.0.0-M2.1.
        // Most masks are settled by the last element of an image.
        long corners = 0;
        for (long n = 0; n < images; n++) {
            if (mask.getDouble(n, mask.size(1) - 1, mask.size(2) - 1, mask.size(3) - 1) != 1) {
                return false;
            }
            corners += mask.getDouble(n, 0, 0, 0) == 1 ? 0 : 1;
        }
        return corners > 0 && others(mask) == corners;
    }

    /** How many elements are not 1. */
    private static long others(INDArray a) {
        return a.neq(1).castTo(DataType.INT64).sumNumber().longValue();
    }

    private static String shape(INDArray a) {
        return Arrays.toString(a.shape());
    }

    private static void requireGiven(Object value, String name) {
        if (value == null) {
            throw new IllegalArgumentException(name + " must be given, got null");
        }
    }

    private static void reset(DataSetIterator iterator) {
        if (iterator.resetSupported()) {
            iterator.reset();
        }
    }

    private static void reset(MultiDataSetIterator iterator) {
        if (iterator.resetSupported()) {
            iterator.reset();
        }
    }
}
