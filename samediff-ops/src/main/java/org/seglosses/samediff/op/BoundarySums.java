package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * The four sums over H and W that the boundary loss is made of, {@code [N,C,4]}: with the predicted
 * boundary b, its extension e, and those of the target from {@link BoundaryTargets}, {@code sum b *
 * e_target}, {@code sum b}, {@code sum e * b_target}, {@code sum b_target}; accumulated in double.
 *
 * <p>Of probabilities p, {@code b = pool(1-p, theta0) - (1-p)} and {@code e = pool(b, theta)},
 * where pool is the maximum over a square window around each pixel, within the image. A void pixel
 * is in no window, and its own b and e are 0. Windows may be larger than the image. With {@code
 * complement} and a single channel there are two maps, of p and of 1-p.
 *
 * <p>The gradient by a maximum goes to the first of equal ones of a window, in the order of rows
 * and then columns. NaN at a valid pixel makes NaN of its map's sums.
 */
public final class BoundarySums extends JavaOp {

    /** For ND4J, which creates ops by reflection. */
    public BoundarySums() {}

    private BoundarySums(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /**
     * Adds the op to the graph of its inputs.
     *
     * @param probabilities p {@code [N,C,H,W]}, finite
     * @param codes codes of {@link Targets}, {@code [N,1,H,W]} or {@code [N,C,H,W]}
     * @param targets the boundary of the target and its extension, of {@link BoundaryTargets} with
     *     the same windows
     * @param theta0 the window of the boundary, odd and at least 3
     * @param theta the window of its extension, odd and at least 3
     * @param complement whether the background of a single channel is a map too
     * @return the sums {@code [N,C,4]}
     * @throws IllegalArgumentException if a window is even or less than 3
     */
    public static SDVariable of(
            SDVariable probabilities,
            SDVariable codes,
            SDVariable targets,
            int theta0,
            int theta,
            boolean complement) {
        BoundaryTargets.requireWindow("theta0", theta0);
        BoundaryTargets.requireWindow("theta", theta);
        BoundarySums op = new BoundarySums(new SDVariable[] {probabilities, codes, targets});
        op.addIArgument(theta0, theta, complement ? 1 : 0);
        return op.variable();
    }

    @Override
    String shortName() {
        return "boundary_sums";
    }

    @Override
    void check(OpArguments given) {
        given.inputs(3, "probabilities", "codes", "targets");
        BoundaryTargets.requireWindows(given);
        given.predictions(0).codes(1, 0);
        given.input(
                2,
                List.of(DataType.INT64),
                given.size(0, 0),
                OpArguments.ANY,
                OpArguments.ANY,
                OpArguments.ANY);
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        return new long[] {inputs[0].size(0), inputs[0].size(1) * (flagArg(2) ? 2 : 1), 4};
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return inputs.get(0);
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        HostArray.requireFloating("probabilities", inputs[0].dataType());
        Windows windows = new Windows(inputs, intArg(0), intArg(1), flagArg(2), 1);
        if (output.dataType() == DataType.DOUBLE) {
            windows.doubles(inputs[0]).forward(HostArray.doubles(output));
        } else {
            windows.floats(inputs[0]).forward(HostArray.floats(output));
        }
        HostArray.written(output);
    }

    @Override
    public List<SDVariable> doDiff(List<SDVariable> upstream) {
        return List.of(
                BoundarySumsGradient.of(
                        arg(0), arg(1), arg(2), upstream.get(0), intArg(0), intArg(1), flagArg(2)));
    }

    /** What the kernels of the sums and of their gradient are made of. */
    static final class Windows {

        private final CodedPlanes planes;
        private final IntBuffer codes;
        private final LongBuffer targets;
        private final int reach0;
        private final int reach;
        private final int maps;

        /**
         * @param inputs probabilities, codes and targets
         * @param around how often what is computed of a pixel reaches through both windows
         */
        Windows(INDArray[] inputs, int theta0, int theta, boolean complement, int around) {
            // a window larger than the image reaches all of it, as one of twice its size does
            long[] shape = inputs[0].shape();
            int limit = (int) Math.max(shape[shape.length - 2], shape[shape.length - 1]);
            reach0 = Math.min(theta0 / 2, limit);
            reach = Math.min(theta / 2, limit);
            maps = complement ? 2 : 1;
            planes =
                    CodedPlanes.of(
                            "probabilities", inputs[0], inputs[1], around * (reach0 + reach));
            long[] bits = {
                planes.images(),
                (long) planes.channels() * maps,
                planes.height(),
                2L * BoundaryTargets.words(planes.width())
            };
            if (!Arrays.equals(inputs[2].shape(), bits)) {
                throw new IllegalArgumentException(
                        "targets must be of shape "
                                + Arrays.toString(bits)
                                + ", got "
                                + Arrays.toString(inputs[2].shape()));
            }
            codes = planes.codesIfVoid(inputs[1]);
            targets = HostArray.longs(inputs[2]);
        }

        FloatBoundarySums floats(INDArray probabilities) {
            return new FloatBoundarySums(
                    HostArray.floats(probabilities), codes, targets, planes, reach0, reach, maps);
        }

        DoubleBoundarySums doubles(INDArray probabilities) {
            return new DoubleBoundarySums(
                    HostArray.doubles(probabilities), codes, targets, planes, reach0, reach, maps);
        }
    }
}
