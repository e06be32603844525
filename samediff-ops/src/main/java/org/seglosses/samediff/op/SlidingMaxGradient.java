package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.List;

/**
 * The gradient of {@link SlidingMax}: each pixel's upstream gradient is added to the first position
 * of the maximum of its window, in row-major order. The sums are made in that order too, whatever
 * the number of threads.
 */
public final class SlidingMaxGradient extends JavaOp {

    /** For ND4J, which creates ops by reflection. */
    public SlidingMaxGradient() {}

    private SlidingMaxGradient(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    static SDVariable of(
            SDVariable x, SDVariable codes, SDVariable y, SDVariable upstream, int window) {
        SlidingMaxGradient op = new SlidingMaxGradient(new SDVariable[] {x, codes, y, upstream});
        op.addIArgument(window);
        return op.variable();
    }

    @Override
    String shortName() {
        return "sliding_max_gradient";
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
        SlidingMax.requireFloating("x", inputs[0].dataType());
        CodedPlanes planes = CodedPlanes.of("x", inputs[0], inputs[1], window / 2);
        var codes = planes.codesIfVoid(inputs[1]);
        if (output.dataType() == DataType.DOUBLE) {
            DoubleSlidingMax.gradient(
                    HostArray.doubles(inputs[0]),
                    codes,
                    HostArray.doubles(inputs[2]),
                    HostArray.doubles(inputs[3]),
                    planes,
                    window,
                    HostArray.doubles(output));
        } else {
            FloatSlidingMax.gradient(
                    HostArray.floats(inputs[0]),
                    codes,
                    HostArray.floats(inputs[2]),
                    HostArray.floats(inputs[3]),
                    planes,
                    window,
                    HostArray.floats(output));
        }
        HostArray.written(output);
    }

    @Override
    public List<SDVariable> doDiff(List<SDVariable> upstream) {
        throw new UnsupportedOperationException(opName() + " has no second derivative");
    }
}
