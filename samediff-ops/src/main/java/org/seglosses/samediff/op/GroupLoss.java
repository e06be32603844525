package org.seglosses.samediff.op;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The loss of a group, an image or the batch, as a function of the sums of its classes.
 *
 * @param parts what each class contributes; together they are the loss
 * @param gradient the derivatives of the loss by the sums of each class
 */
record GroupLoss(double[] parts, double[][] gradient) {

    /** Makes the loss of a group. */
    interface Formula {

        /**
         * Finds it.
         *
         * @param sums the sums of each class, added up over the group's images
         * @param images how many images these are
         */
        GroupLoss of(double[][] sums, int images);
    }

    /** A loss of 0, for a formula to fill in. */
    static GroupLoss zero(double[][] sums) {
        return new GroupLoss(new double[sums.length], new double[sums.length][sums[0].length]);
    }

    /** Finds the losses of all groups of images, from sums {@code [N,C,K]}. */
    static GroupLoss[] all(INDArray sums, boolean eachImage, Formula formula) {
        int images = (int) sums.size(0);
        GroupLoss[] groups = new GroupLoss[eachImage ? images : 1];
        for (int g = 0; g < groups.length; g++) {
            int count = eachImage ? 1 : images;
            groups[g] = formula.of(addUp(sums, eachImage ? g : 0, count), count);
        }
        return groups;
    }

    /** Adds up the sums of some images. */
    static double[][] addUp(INDArray sums, int first, int count) {
        double[][] added = new double[(int) sums.size(1)][(int) sums.size(2)];
        for (int i = first; i < first + count; i++) {
            for (int c = 0; c < added.length; c++) {
                for (int k = 0; k < added[c].length; k++) {
                    added[c][k] += sums.getDouble(i, c, k);
                }
            }
        }
        return added;
    }

    /** Writes the losses {@code [G]}. */
    static void writeLosses(GroupLoss[] groups, INDArray output) {
        for (int g = 0; g < groups.length; g++) {
            double sum = 0;
            for (double part : groups[g].parts) {
                sum += part;
            }
            output.putScalar(g, sum);
        }
    }

    /** Writes what each class contributes {@code [G,C]}. */
    static void writeParts(GroupLoss[] groups, INDArray output) {
        for (int g = 0; g < groups.length; g++) {
            for (int c = 0; c < groups[g].parts.length; c++) {
                output.putScalar(g, c, groups[g].parts[c]);
            }
        }
    }

    /** Writes the gradient by the sums {@code [N,C,K]}, for an upstream gradient {@code [G]}. */
    static void writeGradient(GroupLoss[] groups, INDArray upstream, INDArray output) {
        for (int i = 0; i < output.size(0); i++) {
            int g = groups.length == 1 ? 0 : i;
            double by = upstream.getDouble(g);
            for (int c = 0; c < groups[g].gradient.length; c++) {
                for (int k = 0; k < groups[g].gradient[c].length; k++) {
                    output.putScalar(i, c, k, by * groups[g].gradient[c][k]);
                }
            }
        }
    }
}
