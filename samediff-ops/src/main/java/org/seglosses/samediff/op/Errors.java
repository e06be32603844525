package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.List;

/**
 * The errors that a Lovász loss sorts, {@code [N,C,H,W]}: {@code |1{foreground} - p|} of
 * probabilities, or the positive part of the hinge {@code 1 - z * (2 * 1{foreground} - 1)} of
 * logits; 0 at void pixels. Where an error is 0, so is its gradient, as PyTorch has it for {@code
 * abs} and {@code relu}.
 */
public final class Errors extends JavaOp {

    /** For ND4J, which creates ops by reflection. */
    public Errors() {}

    private Errors(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /**
     * Adds the absolute errors to the graph of its inputs.
     *
     * @param probabilities {@code [N,C,H,W]}
     * @param codes codes of {@link Targets}
     * @return the errors
     */
    public static SDVariable absolute(SDVariable probabilities, SDVariable codes) {
        return of(probabilities, codes, false);
    }

    /**
     * Adds the hinge errors to the graph of its inputs.
     *
     * @param logits {@code [N,C,H,W]}
     * @param codes codes of {@link Targets}
     * @return the errors
     */
    public static SDVariable hinge(SDVariable logits, SDVariable codes) {
        return of(logits, codes, true);
    }

    private static SDVariable of(SDVariable values, SDVariable codes, boolean hinge) {
        Errors op = new Errors(new SDVariable[] {values, codes});
        op.addIArgument(hinge ? 1 : 0);
        return op.variable();
    }

    @Override
    String shortName() {
        return "errors";
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
        Blocks blocks = Blocks.of("values", inputs[0]);
        blocks.requireMatch("codes", inputs[1], 1, blocks.channels());
        boolean perChannel = inputs[1].size(1) == blocks.channels();
        var codes = HostArray.ints(inputs[1]);
        if (output.dataType() == DataType.DOUBLE) {
            DoubleErrors.forward(
                    HostArray.doubles(inputs[0]),
                    codes,
                    flagArg(0),
                    perChannel,
                    blocks,
                    HostArray.doubles(output));
        } else {
            FloatErrors.forward(
                    HostArray.floats(inputs[0]),
                    codes,
                    flagArg(0),
                    perChannel,
                    blocks,
                    HostArray.floats(output));
        }
        HostArray.written(output);
    }

    @Override
    public List<SDVariable> doDiff(List<SDVariable> upstream) {
        return List.of(ErrorsGradient.of(outputVariable(), upstream.get(0), arg(1)));
    }
}
