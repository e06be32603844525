package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What each probability counts in the surface loss: its signed distance to the border of its class,
 * over the mean of pixels and classes.
 *
 * <p>In each image, {@code phi} of a class is, at a valid pixel of another class, the Euclidean
 * distance in pixels to the nearest pixel of the class, and at one of the class {@code 1 - d}, with
 * d the distance to the nearest valid pixel of another class. It is 0 at void pixels, and all over
 * an image where no valid pixel has the class, or all have. The weight is {@code phi * m * s / M}:
 * m the weight of the pixel, M the sum of m over the valid pixels of the group (an image, or the
 * batch), and s the share of the class in the mean over classes, {@code w_c / sum w_c} over the
 * classes that are averaged. So the sum of probabilities times weights is the loss of each group.
 *
 * <p>Inputs are an array {@code [N,C,H,W]}, for its shape and type alone; codes {@code [N,1,H,W]}
 * of {@link Targets}; and weights of pixels {@code [N,1,H,W]}, or none: 1 each. The output has the
 * shape of the first and holds the <em>bits</em> of the weights: INT32 for FLOAT, INT64 for DOUBLE,
 * which {@link WeightedSums} reads; an integer output ends the search for gradients there.
 *
 * <p>Squared distances are exact. They are kept for images that come again, see {@link
 * DistanceCache}; the weights have the same bits whether they were or not.
 *
 * <p>iArgs: 1 if an image is a group; what absent classes do; the classes averaged (none: all).
 * tArgs: the weights of all classes (none: 1 each).
 */
public final class DistanceWeights extends JavaOp {

    private static final int CLASSES = 2;

    /** For ND4J, which creates ops by reflection. */
    public DistanceWeights() {}

    private DistanceWeights(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /**
     * Adds the op to the graph of its inputs.
     *
     * @param like an array {@code [N,C,H,W]}, for its shape and type alone
     * @param codes codes of {@link Targets}, {@code [N,1,H,W]}
     * @param pixelWeights weights {@code [N,1,H,W]} of the same type, or null
     * @param eachImage whether a group is an image, and not the batch
     * @param absent what a class that is absent from a group does, see {@link ClassCoefficients}
     * @param classes the classes averaged; empty: all
     * @param classWeights the weight of each class, averaged or not, in the mean; empty: all equal
     * @return the bits of the weights
     */
    public static SDVariable of(
            SDVariable like,
            SDVariable codes,
            SDVariable pixelWeights,
            boolean eachImage,
            int absent,
            List<Integer> classes,
            List<Double> classWeights) {
        DistanceWeights op =
                new DistanceWeights(
                        pixelWeights == null
                                ? new SDVariable[] {like, codes}
                                : new SDVariable[] {like, codes, pixelWeights});
        op.addIArgument(eachImage ? 1 : 0, absent);
        classes.forEach(op::addIArgument);
        classWeights.forEach(op::addTArgument);
        return op.variable();
    }

    @Override
    String shortName() {
        return "distance_weights";
    }

    @Override
    void check(OpArguments given) {
        given.inputs(2, "like", "codes", "pixelWeights");
        given.integersAndMore("classes", "eachImage", "absent").realsAndWeights("classWeights");
        given.flag(0);
        given.code(1, ClassCoefficients.PENALIZE + 1);
        given.predictions(0).codes(1, 0);
        if (given.countOfInputs() > 2) {
            given.input(
                    2, given.typeOf(0), given.size(0, 0), 1, given.size(0, 2), given.size(0, 3));
        }
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
        HostArray.requireFloating("like", inputs[0].dataType());
        CodedPlanes planes = CodedPlanes.of("like", inputs[0], inputs[1], 0);
        Blocks blocks = Blocks.of("like", inputs[0]);
        blocks.requireMatch("codes", inputs[1], 1, 1);
        SquaredDistances.requireRepresentable(planes.height(), planes.width());
        if (inputs.length > 2) {
            blocks.requireMatch("pixelWeights", inputs[2], 1, 1);
        }
        int classes = planes.channels();
        ClassShares means = ClassShares.of(this, 1, CLASSES, 0);
        IntBuffer codes = HostArray.ints(inputs[1]);
        ImageDistances[] images = distances(codes, planes);

        boolean eachImage = flagArg(0);
        int groups = eachImage ? planes.images() : 1;
        boolean[][] present = new boolean[groups][classes];
        double[] mass = new double[groups];
        double[] massOfImage = mass(images, codes, planes, inputs);
        for (int image = 0; image < planes.images(); image++) {
            int group = eachImage ? image : 0;
            mass[group] += massOfImage[image];
            for (int c = 0; c < classes; c++) {
                present[group][c] |= images[image].counts()[label(c, classes)] > 0;
            }
        }
        double[] shares = new double[groups * classes];
        for (int group = 0; group < groups; group++) {
            System.arraycopy(means.of(present[group]), 0, shares, group * classes, classes);
        }
        write(images, planes, inputs, groups, shares, mass, output);
    }

    /** The only class of the binary case is label 1. */
    private static int label(int c, int classes) {
        return classes == 1 ? 1 : c;
    }

    private static ImageDistances[] distances(IntBuffer codes, CodedPlanes planes) {
        int n = planes.pixels();
        int width = planes.width();
        int classes = planes.channels();
        int labels = Math.max(2, classes);
        DistanceCache cache = DistanceCache.SHARED;
        DistanceCache.Key[] keys = new DistanceCache.Key[planes.images()];
        ImageDistances[] images = new ImageDistances[planes.images()];
        boolean[] known = new boolean[planes.images()];
        Parallel.run(
                images.length,
                image -> {
                    DistanceCache.Key key =
                            DistanceCache.Key.of(codes, image * n, n, width, classes);
                    if (key != null) {
                        images[image] = cache.get(key);
                        known[image] = images[image] != null;
                        keys[image] = known[image] ? null : key.kept();
                    }
                    if (!known[image]) {
                        images[image] = ImageDistances.allocate(codes, image * n, n, labels);
                    }
                });
        List<int[]> transforms = new ArrayList<>();
        for (int image = 0; image < images.length; image++) {
            for (int label = 0; label < labels && !known[image]; label++) {
                if (images[image].maps()[label] != null) {
                    transforms.add(new int[] {image, label});
                }
            }
        }
        Parallel.run(
                transforms.size(),
                i -> {
                    int image = transforms.get(i)[0];
                    int label = transforms.get(i)[1];
                    int[] map = images[image].maps()[label];
                    SquaredDistances.to(label, codes, image * n, planes.height(), width, map);
                });
        Parallel.run(
                images.length,
                image -> {
                    if (known[image]) {
                        return;
                    }
                    images[image].sign(codes, image * n, n);
                    if (classes == 1) {
                        images[image] = images[image].without(0);
                    }
                    if (keys[image] != null) {
                        cache.put(keys[image], images[image]);
                    }
                });
        return images;
    }

    /** The sum of the weights of each image's valid pixels. */
    private static double[] mass(
            ImageDistances[] images, IntBuffer codes, CodedPlanes planes, INDArray[] inputs) {
        double[] mass = new double[images.length];
        if (inputs.length < 3) {
            Arrays.setAll(mass, image -> images[image].valid());
            return mass;
        }
        int n = planes.pixels();
        boolean wide = inputs[0].dataType() == DataType.DOUBLE;
        FloatBuffer floats = wide ? null : HostArray.floats(inputs[2]);
        DoubleBuffer doubles = wide ? HostArray.doubles(inputs[2]) : null;
        Parallel.run(
                images.length,
                image -> {
                    int from = image * n;
                    double sum = 0;
                    for (int i = from; i < from + n; i++) {
                        if (codes.get(i) >= 0) {
                            sum += wide ? doubles.get(i) : floats.get(i);
                        }
                    }
                    mass[image] = sum;
                });
        return mass;
    }

    private static void write(
            ImageDistances[] images,
            CodedPlanes planes,
            INDArray[] inputs,
            int groups,
            double[] shares,
            double[] mass,
            INDArray output) {
        int n = planes.pixels();
        int classes = planes.channels();
        boolean weighted = inputs.length > 2;
        Parallel.run(
                planes.planes(),
                plane -> {
                    int image = plane / classes;
                    int c = plane % classes;
                    int group = groups == 1 ? 0 : image;
                    int[] squares = images[image].maps()[label(c, classes)];
                    double share = shares[group * classes + c];
                    double scale = mass[group] == 0 ? 0 : share / mass[group];
                    if (output.dataType() == DataType.INT64) {
                        DoubleDistances.weights(
                                squares,
                                weighted ? HostArray.doubles(inputs[2]) : null,
                                image * n,
                                n,
                                scale,
                                HostArray.doubleBits(output),
                                planes.offset(plane));
                    } else {
                        FloatDistances.weights(
                                squares,
                                weighted ? HostArray.floats(inputs[2]) : null,
                                image * n,
                                n,
                                scale,
                                HostArray.floatBits(output),
                                planes.offset(plane));
                    }
                });
        HostArray.written(output);
    }
}
