package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.Arrays;
import java.util.List;

/**
 * The length of contours of probabilities {@code [N,C,H,W]}, summed for each image to {@code
 * [N,3]}: the sum of {@code sqrt(dr^2 + dc^2 + 1e-8)} over channels and places, the number of the
 * terms summed, and the number of places. {@link NormalizedSums} makes the mean of them.
 *
 * <p>The differences are {@code dr = p[i+2,j] - p[i+1,j]} and {@code dc = p[i,j+2] - p[i,j+1]} at
 * places i below H-2 and j below W-2; symmetric, {@code dr = p[i+1,j] - p[i,j]} and {@code dc =
 * p[i,j+1] - p[i,j]} at i below H-1 and j below W-1. A term counts if all its pixels are valid.
 */
public final class ContourSums extends JavaOp {

    /** The least side of a map. */
    private static final int LEAST_SIDE = 3;

    /** For ND4J, which creates ops by reflection. */
    public ContourSums() {}

    private ContourSums(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /**
     * Adds the op to the graph of its inputs.
     *
     * @param form what the probabilities are of the scores
     * @param scores {@code [N,C,H,W]}, H and W at least 3
     * @param maps the maps of the probabilities
     * @param codes codes of {@link Targets}, {@code [N,1,H,W]} or {@code [N,C,H,W]}
     * @param symmetric whether both differences are taken at the same pixel
     * @return the sums {@code [N,3]}
     */
    public static SDVariable of(
            Probabilities.Form form,
            SDVariable scores,
            SDVariable maps,
            SDVariable codes,
            boolean symmetric) {
        ContourSums op = new ContourSums(new SDVariable[] {scores, maps, codes});
        op.addIArgument(symmetric ? 1 : 0, form.ordinal());
        return op.variable();
    }

    @Override
    String shortName() {
        return "contour_sums";
    }

    @Override
    void check(OpArguments given) {
        given.inputs(3, "scores", "maps", "codes");
        requireArguments(given);
    }

    static void requireArguments(OpArguments given) {
        given.integers(2, "symmetric", "form").reals();
        given.flag(0);
        given.code(1, Probabilities.Form.values().length);
        given.predictions(0).maps(1, RegionSums.COLUMNS).codes(2, 0);
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        return new long[] {inputs[0].size(0), 3};
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return inputs.get(0);
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        CodedPlanes planes = planes(inputs);
        var codes = planes.codesIfVoid(inputs[2]);
        Probabilities.Form form = Probabilities.Form.values()[intArg(1)];
        if (output.dataType() == DataType.DOUBLE) {
            new DoubleContours(
                            RegionMaps.layout(inputs[0]).doubles(inputs[1]),
                            form,
                            codes,
                            planes,
                            flagArg(0))
                    .sums(HostArray.doubles(output));
        } else {
            new FloatContours(
                            RegionMaps.layout(inputs[0]).floats(inputs[1]),
                            form,
                            codes,
                            planes,
                            flagArg(0))
                    .sums(HostArray.floats(output));
        }
        HostArray.written(output);
    }

    static CodedPlanes planes(INDArray[] inputs) {
        CodedPlanes planes = CodedPlanes.of("scores", inputs[0], inputs[2], 0);
        if (planes.height() < LEAST_SIDE || planes.width() < LEAST_SIDE) {
            throw new IllegalArgumentException(
                    "height and width must be at least "
                            + LEAST_SIDE
                            + " for the length of contours, got "
                            + Arrays.toString(inputs[0].shape())
                            + " (N,C,H,W)");
        }
        return planes;
    }

    @Override
    public List<SDVariable> doDiff(List<SDVariable> upstream) {
        return List.of(ContourSumsGradient.of(this, upstream.get(0)));
    }
}
