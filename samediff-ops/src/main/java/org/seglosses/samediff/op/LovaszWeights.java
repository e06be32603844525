package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.nio.IntBuffer;
import java.util.List;

/**
 * What each probability or logit counts in a Lovász loss: the gradient of the Lovász extension of
 * the Jaccard loss, after Berman, Triki, Blaschko, "The Lovász-Softmax loss", CVPR 2018, algorithm
 * 1.
 *
 * <p>The errors are {@code |1{foreground} - p|} of probabilities, or with {@code hinge} the
 * positive part of {@code 1 - z * (2 * 1{foreground} - 1)} of logits. For each group (an image, or
 * the batch) and each class, the errors of valid pixels are sorted in descending order, equal ones
 * as they are in memory. With P pixels of the class in all, and p of the class and q others among
 * the first r, {@code J_r = 1 - (P - p) / (P + q)}, and the r-th error has the weight {@code J_r -
 * J_(r-1)}, {@code J_0 = 0}. The weights of a class are multiplied by its share in the mean over
 * classes, {@code w_c / sum w_c} over the classes that are averaged. So the sum of errors times
 * weights is the loss of each group, and the weights are its gradient by the errors.
 *
 * <p>Inputs are values {@code [N,C,H,W]} and codes of {@link Targets}. The output has the shape of
 * the values and holds the <em>bits</em> of the gradient by the values, which is the weights, at
 * the foreground negative: INT32 for FLOAT, INT64 for DOUBLE. An integer output ends the search for
 * gradients there: the weights are constants of the gradient. {@link LovaszSums} reads it.
 *
 * <p>Special cases:
 *
 * <ul>
 *   <li>Errors that are 0 have weight 0: they are last and contribute nothing; so have void pixels.
 *   <li>A class that no valid pixel of the group has, or a group without valid pixels: see {@link
 *       #of}.
 *   <li>NaN among the errors of a class, or a logit that is not finite: all its weights at valid
 *       pixels are NaN.
 * </ul>
 *
 * <p>iArgs: 1 if an image is a group; what absent classes do; 1 if all channels are one vector; 1
 * for hinge errors; the classes averaged (none: all). tArgs: the weights of all classes (none: 1
 * each).
 */
public final class LovaszWeights extends JavaOp {

    private static final int CLASSES = 4;

    /** For ND4J, which creates ops by reflection. */
    public LovaszWeights() {}

    private LovaszWeights(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /**
     * Adds the op to the graph of its inputs, for a mean over classes.
     *
     * @param values probabilities or logits {@code [N,C,H,W]}
     * @param codes codes of {@link Targets}, {@code [N,1,H,W]} or {@code [N,C,H,W]}
     * @param hinge whether errors are those of logits, and not of probabilities
     * @param eachImage whether a group is an image, and not the batch
     * @param absent what a class that is absent from a group does, see {@link ClassCoefficients}; a
     *     group without valid pixels has weights 0
     * @param classes the classes averaged; empty: all
     * @param classWeights the weight of each class, averaged or not, in the mean; empty: all equal
     * @return the bits of the weights
     */
    public static SDVariable of(
            SDVariable values,
            SDVariable codes,
            boolean hinge,
            boolean eachImage,
            int absent,
            List<Integer> classes,
            List<Double> classWeights) {
        LovaszWeights op = new LovaszWeights(new SDVariable[] {values, codes});
        op.addIArgument(eachImage ? 1 : 0, absent, 0, hinge ? 1 : 0);
        classes.forEach(op::addIArgument);
        classWeights.forEach(op::addTArgument);
        return op.variable();
    }

    /**
     * Adds the op to the graph of its inputs, for hinge errors and one vector of the elements of
     * all channels.
     *
     * @param logits logits {@code [N,C,H,W]}
     * @param codes codes of {@link Targets}
     * @param eachImage whether a group is an image, and not the batch
     * @return the bits of the weights
     */
    public static SDVariable flat(SDVariable logits, SDVariable codes, boolean eachImage) {
        LovaszWeights op = new LovaszWeights(new SDVariable[] {logits, codes});
        op.addIArgument(eachImage ? 1 : 0, ClassCoefficients.PENALIZE, 1, 1);
        return op.variable();
    }

    @Override
    String shortName() {
        return "lovasz_weights";
    }

    @Override
    void check(OpArguments given) {
        given.inputs(2, "values", "codes");
        given.integersAndMore("classes", "eachImage", "absent", "flat", "hinge");
        given.realsAndWeights("classWeights");
        given.flag(0);
        given.code(1, ClassCoefficients.PENALIZE + 1);
        given.flag(2);
        given.flag(3);
        given.predictions(0).codes(1, 0);
        given.classes(CLASSES, given.size(0, 1));
        given.weightOfEach(0, given.size(0, 1));
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        return inputs[0].shape();
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return inputs.get(0) == DataType.DOUBLE ? DataType.INT64 : DataType.INT32;
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        HostArray.requireFloating("values", inputs[0].dataType());
        CodedPlanes planes = CodedPlanes.of("values", inputs[0], inputs[1], 0);
        IntBuffer codes = HostArray.ints(inputs[1]);
        boolean flat = flagArg(2);
        int groups = flagArg(0) ? planes.images() : 1;
        int vectors = flat ? 1 : planes.channels();
        int[] foreground = foreground(codes, planes, groups, vectors);
        double[] shares = new double[groups * vectors];
        for (int group = 0; group < groups; group++) {
            if (flat) {
                shares[group] = 1;
            } else {
                shares(foreground, group, planes.channels(), shares);
            }
        }
        Parallel.run(
                groups * vectors,
                vector -> {
                    int group = vector / vectors;
                    int images = planes.images() / groups;
                    int first = group * images * planes.channels() + (flat ? 0 : vector % vectors);
                    int step = flat ? 1 : planes.channels();
                    int count = flat ? images * planes.channels() : images;
                    if (output.dataType() == DataType.INT64) {
                        DoubleLovasz.weights(
                                HostArray.doubles(inputs[0]),
                                codes,
                                planes,
                                flagArg(3),
                                first,
                                step,
                                count,
                                foreground[vector],
                                shares[vector],
                                groups * vectors == 1,
                                HostArray.doubleBits(output));
                    } else {
                        FloatLovasz.weights(
                                HostArray.floats(inputs[0]),
                                codes,
                                planes,
                                flagArg(3),
                                first,
                                step,
                                count,
                                foreground[vector],
                                shares[vector],
                                groups * vectors == 1,
                                HostArray.floatBits(output));
                    }
                });
        HostArray.written(output);
    }

    /** Counts the foreground of each vector. */
    private static int[] foreground(IntBuffer codes, CodedPlanes planes, int groups, int vectors) {
        int[] ofPlane = new int[planes.planes()];
        boolean indices = planes.codeChannels() != planes.channels();
        int n = planes.pixels();
        Parallel.run(
                planes.images(),
                image -> {
                    int[] code = Scratch.ints(0, n);
                    int plane = image * planes.channels();
                    if (indices) {
                        codes.get(planes.codeOffset(plane), code, 0, n);
                        // counted from -1, the code of void pixels
                        int[] counts = new int[planes.channels() + 1];
                        for (int i = 0; i < n; i++) {
                            counts[code[i] + 1]++;
                        }
                        System.arraycopy(counts, 1, ofPlane, plane, planes.channels());
                        return;
                    }
                    for (int c = 0; c < planes.channels(); c++) {
                        codes.get(planes.codeOffset(plane + c), code, 0, n);
                        int count = 0;
                        for (int i = 0; i < n; i++) {
                            count += code[i] == 1 ? 1 : 0;
                        }
                        ofPlane[plane + c] = count;
                    }
                });
        int[] foreground = new int[groups * vectors];
        int images = planes.images() / groups;
        for (int plane = 0; plane < ofPlane.length; plane++) {
            int group = plane / planes.channels() / images;
            foreground[group * vectors + plane % planes.channels() % vectors] += ofPlane[plane];
        }
        return foreground;
    }

    /** Writes the share of each class in the mean of a group. */
    private void shares(int[] foreground, int group, int channels, double[] shares) {
        boolean[] present = new boolean[channels];
        for (int c = 0; c < channels; c++) {
            present[c] = foreground[group * channels + c] > 0;
        }
        double[] own = ClassShares.of(this, 1, CLASSES, 0).of(present);
        System.arraycopy(own, 0, shares, group * channels, channels);
    }
}
