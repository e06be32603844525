package org.seglosses.dl4j;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

import java.util.Arrays;

/**
 * What DL4J hands to a loss, brought to images: logits {@code [N,C,H,W]}, labels and mask that go
 * with them. Rank 4 stays as it is; flat rows become images of the given size, or one image of one
 * column.
 *
 * @param labels the labels
 * @param logits the logits
 * @param mask the mask, or null
 * @param examples n, by which DL4J will divide score and gradient
 * @param flat whether the pre-output was flat rows
 * @param rowsAreExamples whether each row is an example
 */
record Batch(
        INDArray labels,
        INDArray logits,
        INDArray mask,
        long examples,
        boolean flat,
        boolean rowsAreExamples) {

    static Batch of(
            String loss,
            boolean needsImages,
            ImageSize size,
            INDArray labels,
            INDArray preOutput,
            INDArray mask) {
        require(labels, "labels");
        require(preOutput, "preOutput");
        requireNumbers(labels, "labels");
        if (mask != null) {
            requireNumbers(mask, "mask");
        }
        if (!preOutput.dataType().isFPType()) {
            throw new IllegalArgumentException(
                    "preOutput must be of a floating-point type, got " + preOutput.dataType());
        }
        if (preOutput.isEmpty()) {
            throw new IllegalArgumentException(
                    "preOutput must not be empty, got shape " + Arrays.toString(preOutput.shape()));
        }
        requireSize(preOutput, "preOutput", preOutput.dataType() == DataType.DOUBLE);
        requireSize(labels, "labels", isWide(labels));
        if (mask != null) {
            requireSize(mask, "mask", isWide(mask));
        }
        if (preOutput.rank() == 4) {
            return new Batch(labels, preOutput, mask, preOutput.size(0), false, false);
        }
        if (preOutput.rank() != 2) {
            throw new IllegalArgumentException(
                    "preOutput must be [N,C,H,W] or rows [R,C], got "
                            + Arrays.toString(preOutput.shape()));
        }
        long rows = preOutput.size(0);
        if (size == null) {
            if (needsImages) {
                throw new IllegalArgumentException(
                        "imageSize must be set on "
                                + loss
                                + " for flat rows "
                                + Arrays.toString(preOutput.shape())
                                + ": it needs to know which pixels are one image (time series have"
                                + " none); use SegmentationLossLayer instead of the output layer, or"
                                + " call imageSize(h, w)");
            }
            return new Batch(
                    images(labels, "labels", preOutput, 1, rows, 1),
                    images(preOutput, "preOutput", preOutput, 1, rows, 1),
                    mask == null ? null : images(mask, "mask", preOutput, 1, rows, 1),
                    rows,
                    true,
                    true);
        }
        long pixels = (long) size.height() * size.width();
        if (rows % pixels != 0) {
            throw new IllegalArgumentException(
                    "imageSize must divide the rows into whole images, got "
                            + size.height()
                            + " x "
                            + size.width()
                            + " for preOutput "
                            + Arrays.toString(preOutput.shape()));
        }
        long n = rows / pixels;
        return new Batch(
                images(labels, "labels", preOutput, n, size.height(), size.width()),
                images(preOutput, "preOutput", preOutput, n, size.height(), size.width()),
                mask == null
                        ? null
                        : images(mask, "mask", preOutput, n, size.height(), size.width()),
                n,
                true,
                false);
    }

    private static void require(INDArray array, String name) {
        if (array == null) {
            throw new IllegalArgumentException(name + " must be given, got null");
        }
    }

    private static void requireNumbers(INDArray array, String name) {
        DataType type = array.dataType();
        if (!type.isNumerical() && type != DataType.BOOL) {
            throw new IllegalArgumentException(
                    name
                            + " must be numbers or booleans, got "
                            + type
                            + " of shape "
                            + Arrays.toString(array.shape()));
        }
    }

    /** Whether labels of that type are read as doubles. */
    private static boolean isWide(INDArray array) {
        return array.dataType() != DataType.FLOAT && array.dataType() != DataType.INT32;
    }

    /** Kernels see an array as a Java buffer, which has fewer than 2^31 bytes. */
    private static void requireSize(INDArray array, String name, boolean wide) {
        long most = Integer.MAX_VALUE / (wide ? Double.BYTES : Float.BYTES);
        if (array.length() > most) {
            throw new IllegalArgumentException(
                    name
                            + " must have at most "
                            + most
                            + " elements (2 GiB as "
                            + (wide ? DataType.DOUBLE : DataType.FLOAT)
                            + "; use smaller batches or tiles), got "
                            + array.length()
                            + " of shape "
                            + Arrays.toString(array.shape()));
        }
    }

    /** Makes {@code [n,k,h,w]} of rows {@code [n*h*w,k]}, or of a vector of one value a row. */
    private static INDArray images(
            INDArray rows, String name, INDArray preOutput, long n, long h, long w) {
        long count = preOutput.size(0);
        boolean vector = rows.rank() == 1 && rows.size(0) == count;
        boolean matrix =
                rows.rank() == 2
                        && rows.size(0) == count
                        && (rows.size(1) == 1 || rows.size(1) == preOutput.size(1));
        if (!vector && !matrix) {
            throw new IllegalArgumentException(
                    name
                            + " must be rows [R,C], [R,1] or [R] for preOutput "
                            + Arrays.toString(preOutput.shape())
                            + " (R,C), got "
                            + Arrays.toString(rows.shape())
                            + (rows.rank() > 2
                                    ? ", which is of images: DL4J's OutputLayer makes rows of a"
                                            + " convolution's output; use SegmentationLossLayer"
                                            + " instead"
                                    : ": " + differing(rows, preOutput)));
        }
        long k = vector ? 1 : rows.size(1);
        return rows.dup('c').reshape('c', n, h, w, k).permute(0, 3, 1, 2).dup('c');
    }

    private static String differing(INDArray rows, INDArray preOutput) {
        if (rows.rank() == 0) {
            return "a single number";
        }
        return rows.size(0) != preOutput.size(0)
                ? rows.size(0) + " rows instead of " + preOutput.size(0)
                : rows.size(1) + " columns instead of " + preOutput.size(1) + " or 1";
    }

    /** The rows of images that were made of rows. */
    INDArray rows(INDArray images) {
        return images.permute(0, 2, 3, 1)
                .dup('c')
                .reshape('c', images.length() / images.size(1), images.size(1));
    }

    /** With each row as an example, makes an image of each row, to take it alone. */
    Batch withRowsAsImages() {
        if (!rowsAreExamples) {
            return this;
        }
        return new Batch(
                alone(labels),
                alone(logits),
                mask == null ? null : alone(mask),
                examples,
                true,
                true);
    }

    private static INDArray alone(INDArray column) {
        // [1,K,R,1] to [R,K,1,1]
        return column.permute(2, 1, 0, 3).dup('c');
    }

    /** One value for each row of the pre-output: an image's is spread over its rows. */
    INDArray spread(INDArray images) {
        if (!flat || rowsAreExamples) {
            return images.reshape('c', images.length(), 1);
        }
        long pixels = logits.size(2) * logits.size(3);
        INDArray share = images.div(pixels).reshape('c', images.length(), 1);
        INDArray ones = Nd4j.ones(images.dataType(), 1, pixels);
        return share.mmul(ones).reshape('c', images.length() * pixels, 1);
    }
}
