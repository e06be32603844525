package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.List;

/** The gradient of {@link RegionSums} by the prediction, 0 at void pixels; not differentiable. */
public final class RegionSumsGradient extends JavaOp {

    /** For ND4J, which creates ops by reflection. */
    public RegionSumsGradient() {}

    private RegionSumsGradient(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    static SDVariable of(RegionSums forward, SDVariable upstream) {
        Target target = Target.of(forward.intArg(0), forward.args());
        RegionSumsGradient op = new RegionSumsGradient(target.inputs(forward.arg(0), upstream));
        op.addIArgument(forward.iArgs());
        return op.variable();
    }

    @Override
    String shortName() {
        return "region_sums_gradient";
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
        Blocks blocks = Blocks.of("probabilities", inputs[0]);
        var upstream = HostArray.doubles(inputs[Target.count(intArg(0))]);
        if (output.dataType() == DataType.DOUBLE) {
            DoubleRegionSums.gradient(
                    HostArray.doubles(inputs[0]),
                    DoubleTarget.of(intArg(0), inputs, blocks),
                    flagArg(1),
                    upstream,
                    blocks,
                    HostArray.doubles(output));
        } else {
            FloatRegionSums.gradient(
                    HostArray.floats(inputs[0]),
                    FloatTarget.of(intArg(0), inputs, blocks),
                    flagArg(1),
                    upstream,
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
