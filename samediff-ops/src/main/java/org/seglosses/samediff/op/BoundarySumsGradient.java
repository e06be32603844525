package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.List;

/** The gradient of {@link BoundarySums} by one of its first two inputs; not differentiable. */
public final class BoundarySumsGradient extends JavaOp {

    /** For ND4J, which creates ops by reflection. */
    public BoundarySumsGradient() {}

    private BoundarySumsGradient(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    static SDVariable of(SDVariable upstream, SDVariable targets, boolean byExtended) {
        BoundarySumsGradient op = new BoundarySumsGradient(new SDVariable[] {upstream, targets});
        op.addIArgument(byExtended ? 1 : 0);
        return op.variable();
    }

    @Override
    String shortName() {
        return "boundary_sums_gradient";
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        return inputs[1].shape();
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return inputs.get(0);
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        Blocks blocks = Blocks.of("targets", inputs[1]);
        var targets = HostArray.bytes(inputs[1]);
        boolean byExtended = flagArg(0);
        if (output.dataType() == DataType.DOUBLE) {
            var upstream = HostArray.doubles(inputs[0]);
            var to = HostArray.doubles(output);
            if (byExtended) {
                DoubleBoundarySums.byExtended(upstream, targets, blocks, to);
            } else {
                DoubleBoundarySums.byBoundary(upstream, targets, blocks, to);
            }
        } else {
            var upstream = HostArray.floats(inputs[0]);
            var to = HostArray.floats(output);
            if (byExtended) {
                FloatBoundarySums.byExtended(upstream, targets, blocks, to);
            } else {
                FloatBoundarySums.byBoundary(upstream, targets, blocks, to);
            }
        }
        HostArray.written(output);
    }

    @Override
    public List<SDVariable> doDiff(List<SDVariable> upstream) {
        throw new UnsupportedOperationException(opName() + " has no second derivative");
    }
}
