package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.List;

/**
 * The sums over H and W that region losses are made of, {@code [N,C,4]} of DOUBLE: with the
 * prediction p, the label y and the weight w of each valid pixel, {@code TP = sum w*p*y}, {@code FP
 * = sum w*p - TP}, {@code Y = sum w*y}, {@code sum w}; on request with squares, {@code sum w*p^2 -
 * TP} and {@code sum w*y^2}.
 *
 * <p>Differentiable by the scores that the prediction is made of, in one step: a gradient by the
 * prediction is never stored. {@link RegionMaps} has found the sums.
 */
public final class RegionSums extends JavaOp {

    /** The columns of the sums. */
    static final int TRUE_POSITIVE = 0;

    static final int FALSE_POSITIVE = 1;
    static final int LABELLED = 2;
    static final int WEIGHT = 3;

    /** How many columns there are. */
    static final int COLUMNS = 4;

    /** For ND4J, which creates ops by reflection. */
    public RegionSums() {}

    private RegionSums(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /**
     * Adds the op to the graph of its inputs.
     *
     * @param scores {@code [N,C,H,W]}
     * @param target labels and weights
     * @param maps the maps of both
     * @return the sums {@code [N,C,4]}
     */
    public static SDVariable of(SDVariable scores, Target target, SDVariable maps) {
        RegionSums op = new RegionSums(target.inputs(scores, maps));
        op.addIArgument(((RegionMaps) maps.getCreator()).iArgs());
        return op.variable();
    }

    @Override
    String shortName() {
        return "region_sums";
    }

    @Override
    void check(OpArguments given) {
        int form = Target.require(given, "maps");
        RegionMaps.requireArguments(given, form);
        given.maps(Target.count(form), COLUMNS);
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        return new long[] {inputs[0].size(0), inputs[0].size(1), COLUMNS};
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        // a score near 1 is a difference of sums that are nearly equal
        return DataType.DOUBLE;
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        INDArray maps = inputs[Target.count(intArg(0))];
        RegionMaps.layout(inputs[0]).copySums(maps, output);
    }

    @Override
    public List<SDVariable> doDiff(List<SDVariable> upstream) {
        return List.of(RegionSumsGradient.of(this, upstream.get(0)));
    }
}
