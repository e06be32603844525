package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.List;

/**
 * The gradient of {@link ElementSums} by the logits, for the terms and factors; 0 at void pixels.
 * Not differentiable.
 */
public final class ElementSumsGradient extends ScoreGradient {

    /** For ND4J, which creates ops by reflection. */
    public ElementSumsGradient() {}

    private ElementSumsGradient(SDVariable[] inputs) {
        super(inputs);
    }

    @Override
    ScoreGradient of(SDVariable[] inputs) {
        return new ElementSumsGradient(inputs);
    }

    static SDVariable of(ElementSums forward, SDVariable upstream) {
        Target target = Target.of(forward.intArg(0), forward.args());
        SDVariable maps = ElementSums.maps(forward, forward.args());
        SDVariable[] others =
                maps == null ? new SDVariable[] {upstream} : new SDVariable[] {maps, upstream};
        ElementSumsGradient op = new ElementSumsGradient(target.inputs(forward.arg(0), others));
        op.addIArgument(forward.iArgs());
        op.addTArgument(forward.tArgs());
        return op.variable();
    }

    @Override
    String shortName() {
        return "element_sums_gradient";
    }

    @Override
    void checkOwn(OpArguments given) {
        boolean maps = given.countOfIntegers() > ElementSums.MAPS;
        int form =
                maps
                        ? Target.require(given, "maps", "upstream")
                        : Target.require(given, "upstream");
        given.integers(3, "target", "entropy", "probabilities", "maps").yes(ElementSums.MAPS);
        ElementSums.requireArguments(given, form);
        int next = Target.count(form);
        if (maps) {
            ElementSums.requireMaps(given, form);
            next++;
        }
        given.input(
                next,
                List.of(DataType.DOUBLE),
                given.size(0, 0),
                given.size(0, 1),
                ElementSums.COLUMNS);
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        return inputs[0].shape();
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        Blocks blocks = Blocks.of("logits", inputs[0]);
        INDArray maps = ElementSums.maps(this, inputs);
        Maps layout = ElementMaps.layout(inputs[0]);
        int next = Target.count(intArg(0));
        var upstream = HostArray.doubles(inputs[maps == null ? next : next + 1]);
        if (output.dataType() == DataType.DOUBLE) {
            ElementSums.doubles(this, inputs, blocks)
                    .gradient(
                            maps == null ? null : layout.doubles(maps),
                            upstream,
                            doubleAddend(inputs),
                            HostArray.doubles(output));
        } else {
            ElementSums.floats(this, inputs, blocks)
                    .gradient(
                            maps == null ? null : layout.floats(maps),
                            upstream,
                            floatAddend(inputs),
                            HostArray.floats(output));
        }
        HostArray.written(output);
    }
}
