package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.List;

/**
 * Probabilities {@code [N,C,H,W]} of logits: softmax over the channels, or sigmoid in each, as the
 * codes say (one label a pixel, or one a channel). At void pixels they are 0 whatever the logits
 * are, and the gradient is 0. A logit at a valid pixel that is not finite makes NaN of its own
 * probability, and with softmax of all its pixel's.
 */
public final class Probabilities extends JavaOp {

    static final int GIVEN = 0;
    static final int SOFTMAX = 1;
    static final int SIGMOID = 2;

    /** For ND4J, which creates ops by reflection. */
    public Probabilities() {}

    private Probabilities(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /**
     * Adds the softmax over channels to the graph of its inputs.
     *
     * @param logits {@code [N,C,H,W]}
     * @param codes codes of {@link Targets} {@code [N,1,H,W]}
     * @return the probabilities
     */
    public static SDVariable softmax(SDVariable logits, SDVariable codes) {
        return of(logits, codes, SOFTMAX);
    }

    /**
     * Adds the sigmoid of each channel to the graph of its inputs.
     *
     * @param logits {@code [N,C,H,W]}
     * @param codes codes of {@link Targets} {@code [N,C,H,W]}
     * @return the probabilities
     */
    public static SDVariable sigmoid(SDVariable logits, SDVariable codes) {
        return of(logits, codes, SIGMOID);
    }

    /**
     * Adds the identity, with 0 at void pixels and NaN for what is not finite, to the graph of its
     * inputs.
     *
     * @param probabilities {@code [N,C,H,W]}
     * @param codes codes of {@link Targets} {@code [N,1,H,W]} or {@code [N,C,H,W]}
     * @return the probabilities
     */
    public static SDVariable given(SDVariable probabilities, SDVariable codes) {
        return of(probabilities, codes, GIVEN);
    }

    private static SDVariable of(SDVariable logits, SDVariable codes, int form) {
        Probabilities op = new Probabilities(new SDVariable[] {logits, codes});
        op.addIArgument(form);
        return op.variable();
    }

    @Override
    String shortName() {
        return "probabilities";
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
        Blocks blocks = Blocks.of("logits", inputs[0]);
        int form = intArg(0);
        boolean perChannel = perChannel(form, inputs[1], blocks);
        int channels = perChannel ? blocks.channels() : 1;
        blocks.requireMatch("codes", inputs[1], channels, channels);
        var codes = HostArray.ints(inputs[1]);
        if (output.dataType() == DataType.DOUBLE) {
            var from = HostArray.doubles(inputs[0]);
            var to = HostArray.doubles(output);
            if (form == GIVEN) {
                DoubleProbabilities.given(from, codes, perChannel, blocks, to);
            } else {
                DoubleProbabilities.forward(from, codes, perChannel, blocks, to);
            }
        } else {
            var from = HostArray.floats(inputs[0]);
            var to = HostArray.floats(output);
            if (form == GIVEN) {
                FloatProbabilities.given(from, codes, perChannel, blocks, to);
            } else {
                FloatProbabilities.forward(from, codes, perChannel, blocks, to);
            }
        }
        HostArray.written(output);
    }

    @Override
    public List<SDVariable> doDiff(List<SDVariable> upstream) {
        // of a sigmoid that is rounded to 1 the logit knows the slope, not the probability
        SDVariable values = intArg(0) == SIGMOID ? arg(0) : outputVariable();
        return List.of(ProbabilitiesGradient.of(values, arg(1), upstream.get(0), intArg(0)));
    }

    /** Whether a pixel has a label for each channel. */
    static boolean perChannel(int form, INDArray codes, Blocks blocks) {
        return form == GIVEN ? codes.size(1) == blocks.channels() : form == SIGMOID;
    }
}
