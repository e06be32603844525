package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.List;

/**
 * A mask broadcast to weights {@code [N,1,H,W]} of pixels, or {@code [N,C,H,W]} of elements,
 * checked as {@link Targets} checks it.
 */
public final class PixelWeights extends JavaOp {

    /** What a weight must be: other sizes leave what FLOAT can hold once they are multiplied. */
    public static final String RULE = "0 or between 1e-10 and 1e10";

    /** The same of what must not be 0. */
    public static final String POSITIVE = "between 1e-10 and 1e10";

    /** For ND4J, which creates ops by reflection. */
    public PixelWeights() {}

    private PixelWeights(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /**
     * Adds the op to the graph of its inputs.
     *
     * @param mask the mask
     * @param labels codes or labels {@code [N,1,H,W]} or {@code [N,C,H,W]}, for their shape alone;
     *     not the logits, lest a gradient be sought from the weights to them
     * @param perChannel whether there is a weight for each channel of the labels
     * @param type the type of the weights
     * @return the weights
     */
    public static SDVariable of(
            SDVariable mask, SDVariable labels, boolean perChannel, DataType type) {
        PixelWeights op = new PixelWeights(new SDVariable[] {mask, labels});
        op.addIArgument(type == DataType.DOUBLE ? 1 : 0);
        if (perChannel) {
            // an argument more, so that graphs saved without it stay as they are
            op.addIArgument(1);
        }
        return op.variable();
    }

    /**
     * Whether a number may be a weight of a pixel or a class.
     *
     * @param weight the number
     * @return whether it is 0 or between 1e-10 and 1e10
     */
    public static boolean isWeight(double weight) {
        return weight == 0 || weight >= 1e-10 && weight <= 1e10;
    }

    @Override
    String shortName() {
        return "pixel_weights";
    }

    @Override
    void check(OpArguments given) {
        given.inputs(2, "mask", "labels").integers(1, "double", "perChannel").reals();
        given.flag(0);
        given.yes(1);
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        long[] z = inputs[1].shape();
        Blocks.of("labels", inputs[1]);
        return new long[] {z[0], perChannel() ? z[1] : 1, z[2], z[3]};
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return flagArg(0) ? DataType.DOUBLE : DataType.FLOAT;
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        MaskReader mask = MaskReader.of(inputs[0], inputs[1], perChannel(), true);
        Blocks all = Blocks.of("labels", inputs[1]);
        Blocks blocks = perChannel() ? all : all.withChannels(1);
        boolean wide = output.dataType() == DataType.DOUBLE;
        var doubles = wide ? HostArray.doubles(output) : null;
        var floats = wide ? null : HostArray.floats(output);
        Parallel.run(
                blocks.count(),
                block -> {
                    for (int c = 0; c < blocks.channels(); c++) {
                        int from = blocks.offset(block, c);
                        for (int i = 0; i < blocks.length(block); i++) {
                            double weight =
                                    mask.at(blocks.image(block), c, blocks.start(block) + i);
                            if (wide) {
                                doubles.put(from + i, weight);
                            } else {
                                floats.put(from + i, (float) weight);
                            }
                        }
                    }
                });
        HostArray.written(output);
    }

    private boolean perChannel() {
        return iArgs().length > 1;
    }
}
