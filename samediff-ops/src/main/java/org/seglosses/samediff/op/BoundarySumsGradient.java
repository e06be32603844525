package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.List;

/** The gradient of {@link BoundarySums} by the probabilities; not differentiable. */
public final class BoundarySumsGradient extends JavaOp {

    /** For ND4J, which creates ops by reflection. */
    public BoundarySumsGradient() {}

    private BoundarySumsGradient(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    static SDVariable of(
            SDVariable probabilities,
            SDVariable codes,
            SDVariable targets,
            SDVariable upstream,
            int theta0,
            int theta,
            boolean complement) {
        BoundarySumsGradient op =
                new BoundarySumsGradient(
                        new SDVariable[] {probabilities, codes, targets, upstream});
        op.addIArgument(theta0, theta, complement ? 1 : 0);
        return op.variable();
    }

    @Override
    String shortName() {
        return "boundary_sums_gradient";
    }

    @Override
    void check(OpArguments given) {
        given.inputs(4, "probabilities", "codes", "targets", "upstream");
        boolean complement = BoundaryTargets.requireWindows(given);
        given.predictions(0).codes(1, 0);
        given.input(
                2,
                List.of(DataType.INT64),
                given.size(0, 0),
                OpArguments.ANY,
                OpArguments.ANY,
                OpArguments.ANY);
        given.input(
                3, given.typeOf(0), given.size(0, 0), given.size(0, 1) * (complement ? 2 : 1), 4);
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
        HostArray.requireFloating("probabilities", inputs[0].dataType());
        BoundarySums.Windows windows =
                new BoundarySums.Windows(inputs, intArg(0), intArg(1), flagArg(2), 2);
        if (output.dataType() == DataType.DOUBLE) {
            windows.doubles(inputs[0])
                    .gradient(HostArray.doubles(inputs[3]), HostArray.doubles(output));
        } else {
            windows.floats(inputs[0])
                    .gradient(HostArray.floats(inputs[3]), HostArray.floats(output));
        }
        HostArray.written(output);
    }

    @Override
    public List<SDVariable> doDiff(List<SDVariable> upstream) {
        throw new UnsupportedOperationException(opName() + " has no second derivative");
    }
}
