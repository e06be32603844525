package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.nio.IntBuffer;
import java.util.List;

/**
 * What each class counts in the mean over classes of one image, {@code [N,C]}: 1 over the number of
 * classes averaged, 0 for a class that does not count.
 *
 * <p>A class is absent from an image if no valid pixel has it. Absent classes count as 0 in the
 * mean ({@link #ZERO}: coefficient 0, yet in the denominator), leave it ({@link #EXCLUDE}), or
 * count as they come ({@link #PENALIZE}). In an image without a valid pixel all coefficients are 0.
 */
public final class ClassCoefficients extends JavaOp {

    /** An absent class counts as 0. */
    public static final int ZERO = 0;

    /** An absent class leaves the mean. */
    public static final int EXCLUDE = 1;

    /** An absent class counts as its formula comes out. */
    public static final int PENALIZE = 2;

    /** For ND4J, which creates ops by reflection. */
    public ClassCoefficients() {}

    private ClassCoefficients(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /**
     * Adds the op to the graph of its inputs.
     *
     * @param codes codes of {@link Targets}
     * @param maps an integer array {@code [N,C,H,W]}, for its number of channels C alone; with
     *     codes of one channel and two maps, the second map is the background's
     * @param oneLabelPerPixel whether the codes are class indices
     * @param absent what absent classes do
     * @param type the type of the coefficients
     * @return the coefficients
     */
    public static SDVariable of(
            SDVariable codes,
            SDVariable maps,
            boolean oneLabelPerPixel,
            int absent,
            DataType type) {
        ClassCoefficients op = new ClassCoefficients(new SDVariable[] {codes, maps});
        op.addIArgument(absent, type == DataType.DOUBLE ? 1 : 0, oneLabelPerPixel ? 1 : 0);
        return op.variable();
    }

    @Override
    String shortName() {
        return "class_coefficients";
    }

    @Override
    void check(OpArguments given) {
        given.inputs(2, "codes", "maps")
                .integers(3, "absent", "double", "oneLabelPerPixel")
                .reals();
        given.code(0, PENALIZE + 1);
        given.flag(1);
        boolean oneLabelPerPixel = given.flag(2);
        given.input(
                0,
                List.of(DataType.INT32),
                OpArguments.ANY,
                oneLabelPerPixel ? 1 : OpArguments.ANY,
                OpArguments.ANY,
                OpArguments.ANY);
        given.input(
                1, List.of(), given.size(0, 0), OpArguments.ANY, OpArguments.ANY, OpArguments.ANY);
        given.channels(1, oneLabelPerPixel ? 1 : given.size(0, 1));
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        return new long[] {inputs[1].size(0), inputs[1].size(1)};
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return flagArg(1) ? DataType.DOUBLE : DataType.FLOAT;
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        Blocks blocks = Blocks.of("codes", inputs[0]);
        int maps = (int) inputs[1].size(1);
        IntBuffer codes = HostArray.ints(inputs[0]);
        boolean wide = output.dataType() == DataType.DOUBLE;
        var doubles = wide ? HostArray.doubles(output) : null;
        var floats = wide ? null : HostArray.floats(output);
        Parallel.run(
                blocks.images(),
                image -> {
                    boolean[] present = new boolean[maps];
                    boolean valid = present(codes, image, blocks, flagArg(2), present);
                    int averaged = 0;
                    for (boolean p : present) {
                        averaged += p || intArg(0) != EXCLUDE ? 1 : 0;
                    }
                    for (int c = 0; c < maps; c++) {
                        boolean counts = valid && (present[c] || intArg(0) == PENALIZE);
                        double coefficient = counts ? 1.0 / averaged : 0;
                        if (wide) {
                            doubles.put(image * maps + c, coefficient);
                        } else {
                            floats.put(image * maps + c, (float) coefficient);
                        }
                    }
                });
        HostArray.written(output);
    }

    /** Notes the classes that valid pixels of an image have; returns whether there are any. */
    private static boolean present(
            IntBuffer codes,
            int image,
            Blocks blocks,
            boolean oneLabelPerPixel,
            boolean[] present) {
        int n = blocks.pixels();
        int[] code = Scratch.ints(0, n);
        boolean valid = false;
        for (int c = 0; c < blocks.channels(); c++) {
            codes.get((image * blocks.channels() + c) * n, code, 0, n);
            for (int i = 0; i < n; i++) {
                if (code[i] < 0) {
                    continue;
                }
                valid = true;
                if (code[i] >= (oneLabelPerPixel ? present.length : 2)) {
                    throw new IllegalArgumentException(
                            "codes must be below "
                                    + (oneLabelPerPixel ? present.length : 2)
                                    + ", got "
                                    + code[i]);
                }
                if (oneLabelPerPixel) {
                    present[code[i]] = true;
                } else if (code[i] == 1) {
                    present[c] = true;
                } else if (present.length > blocks.channels()) {
                    present[c + blocks.channels()] = true;
                }
            }
        }
        return valid;
    }
}
