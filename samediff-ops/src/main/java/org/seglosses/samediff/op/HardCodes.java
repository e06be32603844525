package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.Arrays;
import java.util.List;

/**
 * Codes with the easy pixels made void: those whose {@link TrueProbability} is above {@code
 * max(thresh, kth)}. A NaN among them keeps its pixel, so that the loss becomes NaN too. The result
 * is INT32, which also ends the search for gradients there: the selection carries none.
 */
public final class HardCodes extends JavaOp {

    /** For ND4J, which creates ops by reflection. */
    public HardCodes() {}

    private HardCodes(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /**
     * Adds the op to the graph of its inputs.
     *
     * @param codes codes of {@link Targets} {@code [N,1,H,W]}
     * @param ofTrueClass what {@link TrueProbability} gives
     * @param kth a threshold for each image {@code [N]} or for all {@code [1]}, or null
     * @param thresh the least threshold
     * @return the codes of the hard pixels
     */
    public static SDVariable of(
            SDVariable codes, SDVariable ofTrueClass, SDVariable kth, double thresh) {
        HardCodes op =
                new HardCodes(
                        kth == null
                                ? new SDVariable[] {codes, ofTrueClass}
                                : new SDVariable[] {codes, ofTrueClass, kth});
        op.addTArgument(thresh);
        return op.variable();
    }

    @Override
    String shortName() {
        return "hard_codes";
    }

    @Override
    void check(OpArguments given) {
        given.inputs(2, "codes", "ofTrueClass", "kth").integers(0).reals("thresh");
        given.share(0);
        given.input(
                0, List.of(DataType.INT32), OpArguments.ANY, 1, OpArguments.ANY, OpArguments.ANY);
        given.input(
                1,
                List.of(DataType.INT32, DataType.INT64),
                2,
                given.size(0, 0),
                given.size(0, 2),
                given.size(0, 3));
        if (given.countOfInputs() > 2) {
            boolean wide = given.typeOf(1).contains(DataType.INT64);
            DataType type = wide ? DataType.DOUBLE : DataType.FLOAT;
            given.input(2, List.of(type), given.size(2, 0) == 1 ? 1 : given.size(0, 0));
        }
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        return inputs[0].shape();
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return DataType.INT32;
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        Blocks blocks = Blocks.of("codes", inputs[0]);
        long[] shape = inputs[1].shape();
        long[] expected = {2, blocks.images(), blocks.height(), blocks.width()};
        if (!Arrays.equals(shape, expected)) {
            throw new IllegalArgumentException(
                    "probabilities must be of shape [2,N,H,W] = "
                            + Arrays.toString(expected)
                            + ", got "
                            + Arrays.toString(shape));
        }
        INDArray kth = inputs.length > 2 ? inputs[2] : null;
        double thresh = tArgs()[0];
        if (inputs[1].dataType() == DataType.INT64) {
            DoubleOhem.hardCodes(
                    HostArray.doubleBits(inputs[1]),
                    kth == null ? null : HostArray.doubles(kth),
                    thresh,
                    HostArray.ints(inputs[0]),
                    blocks,
                    HostArray.ints(output));
        } else {
            FloatOhem.hardCodes(
                    HostArray.floatBits(inputs[1]),
                    kth == null ? null : HostArray.floats(kth),
                    (float) thresh,
                    HostArray.ints(inputs[0]),
                    blocks,
                    HostArray.ints(output));
        }
        HostArray.written(output);
    }
}
