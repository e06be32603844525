package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.List;

/**
 * The sums of {@link ElementSums} over elements, and the derivative of each element's term by its
 * logit, 0 at void ones, which is found while the term is at hand; in one array, see {@link Maps}.
 * The gradient is then a product, and no exponential or logarithm is taken twice. What is divided
 * by the sum of the factors needs that sum's gradient too, and has no maps; the sum may be 0 here.
 */
public final class ElementMaps extends JavaOp {

    /** For ND4J, which creates ops by reflection. */
    public ElementMaps() {}

    private ElementMaps(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /**
     * Adds the op to the graph of its inputs.
     *
     * @param logits {@code [N,C,H,W]}, or probabilities
     * @param target labels and weights
     * @param modulation how terms are made of entropies
     * @param positiveWeights a factor for the part of label 1 of each channel; none for 1
     * @param probabilities whether the logits are probabilities
     * @return the maps
     */
    public static SDVariable of(
            SDVariable logits,
            Target target,
            ElementSums.Modulation modulation,
            List<Double> positiveWeights,
            boolean probabilities) {
        ElementMaps op = new ElementMaps(target.inputs(logits));
        op.addIArgument(
                target.form(), ElementSums.Entropy.SIGMOID.ordinal(), probabilities ? 1 : 0);
        op.addTArgument(modulation.arguments());
        positiveWeights.forEach(op::addTArgument);
        return op.variable();
    }

    /** How the maps of logits of a shape lie in their array. */
    static Maps layout(INDArray logits) {
        return new Maps(logits.shape(), ElementSums.COLUMNS);
    }

    @Override
    String shortName() {
        return "element_maps";
    }

    @Override
    void check(OpArguments given) {
        int form = Target.require(given);
        given.integers(3, "target", "entropy", "probabilities");
        ElementSums.requireArguments(given, form);
        given.integer(
                1, ElementSums.Entropy.SIGMOID.ordinal(), ElementSums.Entropy.SIGMOID.ordinal());
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        Blocks.of("logits", inputs[0]);
        return new long[] {layout(inputs[0]).length(inputs[0].dataType())};
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return Maps.type(inputs.get(0));
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        Blocks blocks = Blocks.of("logits", inputs[0]);
        Maps maps = layout(inputs[0]);
        if (inputs[0].dataType() == DataType.DOUBLE) {
            ElementSums.doubles(this, inputs, blocks).sums(maps.sums(output), maps.doubles(output));
        } else {
            ElementSums.floats(this, inputs, blocks).sums(maps.sums(output), maps.floats(output));
        }
        HostArray.written(output);
    }
}
