package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.List;

/**
 * Maximum over a square window around each pixel: {@code y[n,c,i,j] = max x[n,c,i+a,j+b]} over
 * {@code |a|, |b| <= window/2}, within the image. A max pooling of stride 1 that keeps the size, in
 * a time that hardly depends on the window.
 *
 * <p>Inputs are x {@code [N,C,H,W]}, FLOAT or DOUBLE, and codes of {@link Targets}; the output is
 * of the shape and type of x.
 *
 * <p>Special cases:
 *
 * <ul>
 *   <li>A void pixel is in no window; its own output is its input.
 *   <li>NaN in the window of a valid pixel makes its output NaN.
 *   <li>The window may be larger than the image.
 *   <li>The gradient of a pixel goes to the first, in the order of rows and then columns, of equal
 *       maxima of its window, to the first NaN if there is one; that of a void pixel to itself.
 * </ul>
 */
public final class SlidingMax extends JavaOp {

    /** For ND4J, which creates ops by reflection. */
    public SlidingMax() {}

    private SlidingMax(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /**
     * Adds the op to the graph of its inputs.
     *
     * @param x the values {@code [N,C,H,W]}
     * @param codes codes of {@link Targets}, {@code [N,1,H,W]} or {@code [N,C,H,W]}
     * @param window the side of the window, odd and at least 3
     * @return the maxima
     * @throws IllegalArgumentException if the window is even or less than 3
     */
    public static SDVariable of(SDVariable x, SDVariable codes, int window) {
        requireWindow("window", window);
        SlidingMax op = new SlidingMax(new SDVariable[] {x, codes});
        op.addIArgument(window);
        return op.variable();
    }

    static void requireWindow(String name, int window) {
        if (window < 3 || window % 2 == 0) {
            throw new IllegalArgumentException(name + " must be odd and >= 3, got " + window);
        }
    }

    static void requireFloating(String name, DataType type) {
        if (type != DataType.FLOAT && type != DataType.DOUBLE) {
            throw new IllegalArgumentException(name + " must be FLOAT or DOUBLE, got " + type);
        }
    }

    @Override
    String shortName() {
        return "sliding_max";
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        return inputs[0].shape();
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return inputs.get(0);
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        int window = intArg(0);
        requireFloating("x", inputs[0].dataType());
        CodedPlanes planes = CodedPlanes.of("x", inputs[0], inputs[1], window / 2);
        var codes = planes.codesIfVoid(inputs[1]);
        if (output.dataType() == DataType.DOUBLE) {
            DoubleSlidingMax.forward(
                    HostArray.doubles(inputs[0]), codes, planes, window, HostArray.doubles(output));
        } else {
            FloatSlidingMax.forward(
                    HostArray.floats(inputs[0]), codes, planes, window, HostArray.floats(output));
        }
        HostArray.written(output);
    }

    @Override
    public List<SDVariable> doDiff(List<SDVariable> upstream) {
        return List.of(
                SlidingMaxGradient.of(
                        arg(0), arg(1), outputVariable(), upstream.get(0), intArg(0)));
    }
}
