package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.List;

/**
 * The gradient of {@link Errors}: the upstream gradient, negative at the foreground, 0 where the
 * error is 0 and at void pixels. Not differentiable.
 */
public final class ErrorsGradient extends JavaOp {

    /** For ND4J, which creates ops by reflection. */
    public ErrorsGradient() {}

    private ErrorsGradient(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    static SDVariable of(SDVariable errors, SDVariable upstream, SDVariable codes) {
        return new ErrorsGradient(new SDVariable[] {errors, upstream, codes}).variable();
    }

    @Override
    String shortName() {
        return "errors_gradient";
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
        Blocks blocks = Blocks.of("errors", inputs[0]);
        boolean perChannel = inputs[2].size(1) == blocks.channels();
        var codes = HostArray.ints(inputs[2]);
        if (output.dataType() == DataType.DOUBLE) {
            DoubleErrors.gradient(
                    HostArray.doubles(inputs[0]),
                    HostArray.doubles(inputs[1]),
                    codes,
                    perChannel,
                    blocks,
                    HostArray.doubles(output));
        } else {
            FloatErrors.gradient(
                    HostArray.floats(inputs[0]),
                    HostArray.floats(inputs[1]),
                    codes,
                    perChannel,
                    blocks,
                    HostArray.floats(output));
        }
        HostArray.written(output);
    }

    @Override
    public List<SDVariable> doDiff(List<SDVariable> upstream) {
        throw new UnsupportedOperationException(opName() + " has no second derivative");
    }
}
