package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.List;

/**
 * The gradient of {@link Probabilities} by the logits: {@code p_c * (g_c - sum p * g)} for softmax,
 * {@code p * (1-p) * g} for sigmoid, {@code g} where probabilities are given; 0 at void pixels, NaN
 * where the probability is. Not differentiable.
 */
public final class ProbabilitiesGradient extends JavaOp {

    /** For ND4J, which creates ops by reflection. */
    public ProbabilitiesGradient() {}

    private ProbabilitiesGradient(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /** The values are the probabilities, or with sigmoids the logits. */
    static SDVariable of(
            Probabilities.Form form, SDVariable values, SDVariable codes, SDVariable upstream) {
        ProbabilitiesGradient op =
                new ProbabilitiesGradient(new SDVariable[] {values, codes, upstream});
        op.addIArgument(form.ordinal());
        return op.variable();
    }

    @Override
    String shortName() {
        return "probabilities_gradient";
    }

    @Override
    void check(OpArguments given) {
        given.inputs(3, "values", "codes", "upstream").integers(1, "form").reals();
        given.code(0, Probabilities.Form.values().length);
        given.predictions(0).codes(1, 0).likePredictions(2);
        if (intArg(0) != Probabilities.Form.GIVEN.ordinal()) {
            boolean softmax = intArg(0) == Probabilities.Form.SOFTMAX.ordinal();
            given.channels(1, softmax ? 1 : given.size(0, 1));
        }
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        return inputs[0].shape();
    }

    @Override
    public int overwritable() {
        return 2;
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return inputs.get(0);
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        Blocks blocks = Blocks.of("probabilities", inputs[0]);
        Probabilities.Form form = Probabilities.Form.values()[intArg(0)];
        boolean perChannel = Probabilities.perChannel(form, inputs[1], blocks);
        var codes = HostArray.ints(inputs[1]);
        if (output.dataType() == DataType.DOUBLE) {
            DoubleProbabilities.gradient(
                    HostArray.doubles(inputs[0]),
                    codes,
                    form,
                    perChannel,
                    HostArray.doubles(inputs[2]),
                    blocks,
                    HostArray.doubles(output));
        } else {
            FloatProbabilities.gradient(
                    HostArray.floats(inputs[0]),
                    codes,
                    form,
                    perChannel,
                    HostArray.floats(inputs[2]),
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
