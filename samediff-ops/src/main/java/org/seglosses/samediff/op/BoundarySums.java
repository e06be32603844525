package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.List;

/**
 * The four sums over H and W that the boundary loss is made of, {@code [N,C,4]}: with the predicted
 * boundary b, its extension e, and those of the target from {@code BoundaryTargets}, {@code sum b *
 * e_target}, {@code sum b}, {@code sum e * b_target}, {@code sum b_target}; accumulated in double.
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
     * @param boundary the predicted boundary {@code [N,C,H,W]}
     * @param extended its sliding maximum {@code [N,C,H,W]}
     * @param targets the boundary of the target and its extension, of {@code BoundaryTargets}
     * @return the sums {@code [N,C,4]}
     */
    public static SDVariable of(SDVariable boundary, SDVariable extended, SDVariable targets) {
        return new BoundarySums(new SDVariable[] {boundary, extended, targets}).variable();
    }

    @Override
    String shortName() {
        return "boundary_sums";
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        return new long[] {inputs[0].size(0), inputs[0].size(1), 4};
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return inputs.get(0);
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        Blocks blocks = Blocks.of("boundary", inputs[0]);
        blocks.requireMatch("extended", inputs[1], blocks.channels(), blocks.channels());
        blocks.requireMatch("targets", inputs[2], blocks.channels(), blocks.channels());
        var targets = HostArray.bytes(inputs[2]);
        if (output.dataType() == DataType.DOUBLE) {
            DoubleBoundarySums.forward(
                    HostArray.doubles(inputs[0]),
                    HostArray.doubles(inputs[1]),
                    targets,
                    blocks,
                    HostArray.doubles(output));
        } else {
            FloatBoundarySums.forward(
                    HostArray.floats(inputs[0]),
                    HostArray.floats(inputs[1]),
                    targets,
                    blocks,
                    HostArray.floats(output));
        }
        HostArray.written(output);
    }

    @Override
    public List<SDVariable> doDiff(List<SDVariable> upstream) {
        return List.of(
                BoundarySumsGradient.of(upstream.get(0), arg(2), false),
                BoundarySumsGradient.of(upstream.get(0), arg(2), true));
    }
}
