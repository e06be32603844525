package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.List;

/**
 * Probabilities {@code [N,C,H,W]} of logits: softmax over the channels, or sigmoid in each, as the
 * codes say (one label a pixel, or one a channel). At void pixels they are 0 whatever the logits
 * are, and the gradient is 0. A logit at a valid pixel that is not finite makes NaN of its own
 * probability, and with softmax of all its pixel's; but with softmax -infinity says probability 0
 * where its class is not the label and another logit is finite.
 */
public final class Probabilities extends JavaOp {

    /** What probabilities are of their scores. */
    public enum Form {
        /** The scores themselves. */
        GIVEN,
        /** The softmax over the channels. */
        SOFTMAX,
        /** The sigmoid in each channel. */
        SIGMOID
    }

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
        return of(Form.SOFTMAX, logits, codes);
    }

    /**
     * Adds the sigmoid of each channel to the graph of its inputs.
     *
     * @param logits {@code [N,C,H,W]}
     * @param codes codes of {@link Targets} {@code [N,C,H,W]}
     * @return the probabilities
     */
    public static SDVariable sigmoid(SDVariable logits, SDVariable codes) {
        return of(Form.SIGMOID, logits, codes);
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
        return of(Form.GIVEN, probabilities, codes);
    }

    /**
     * Adds probabilities to the graph of their scores.
     *
     * @param form what they are of the scores
     * @param scores {@code [N,C,H,W]}
     * @param codes codes of {@link Targets} {@code [N,1,H,W]} or {@code [N,C,H,W]}
     * @return the probabilities
     */
    public static SDVariable of(Form form, SDVariable scores, SDVariable codes) {
        Probabilities op = new Probabilities(new SDVariable[] {scores, codes});
        op.addIArgument(form.ordinal());
        return op.variable();
    }

    private Form form() {
        return Form.values()[intArg(0)];
    }

    @Override
    String shortName() {
        return "probabilities";
    }

    @Override
    void check(OpArguments given) {
        given.inputs(2, "scores", "codes").integers(1, "form").reals();
        given.code(0, Form.values().length);
        given.predictions(0).codes(1, 0);
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
        Form form = form();
        boolean perChannel = perChannel(form, inputs[1], blocks);
        int channels = perChannel ? blocks.channels() : 1;
        blocks.requireMatch("codes", inputs[1], channels, channels);
        var codes = HostArray.ints(inputs[1]);
        if (inputs[0].dataType() == DataType.DOUBLE) {
            var from = HostArray.doubles(inputs[0]);
            var to = HostArray.doubles(output);
            if (form == Form.GIVEN) {
                DoubleProbabilities.given(from, codes, perChannel, blocks, to);
            } else {
                DoubleProbabilities.forward(from, codes, perChannel, blocks, to);
            }
        } else {
            var from = HostArray.floats(inputs[0]);
            var to = HostArray.floats(output);
            if (form == Form.GIVEN) {
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
        SDVariable values = form() == Form.SIGMOID ? arg(0) : outputVariable();
        return List.of(ProbabilitiesGradient.of(form(), values, arg(1), upstream.get(0)));
    }

    /** Whether a pixel has a label for each channel. */
    static boolean perChannel(Form form, INDArray codes, Blocks blocks) {
        return form == Form.GIVEN ? codes.size(1) == blocks.channels() : form == Form.SIGMOID;
    }
}
