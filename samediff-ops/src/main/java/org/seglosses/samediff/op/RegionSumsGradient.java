package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.List;

/** The gradient of {@link RegionSums} by the scores, 0 at void pixels; not differentiable. */
public final class RegionSumsGradient extends ScoreGradient {

    /** For ND4J, which creates ops by reflection. */
    public RegionSumsGradient() {}

    private RegionSumsGradient(SDVariable[] inputs) {
        super(inputs);
    }

    @Override
    ScoreGradient of(SDVariable[] inputs) {
        return new RegionSumsGradient(inputs);
    }

    static SDVariable of(RegionSums forward, SDVariable upstream) {
        Target target = Target.of(forward.intArg(0), forward.args());
        SDVariable maps = forward.arg(Target.count(forward.intArg(0)));
        RegionSumsGradient op =
                new RegionSumsGradient(target.inputs(forward.arg(0), maps, upstream));
        op.addIArgument(forward.iArgs());
        return op.variable();
    }

    @Override
    String shortName() {
        return "region_sums_gradient";
    }

    @Override
    void checkOwn(OpArguments given) {
        int form = Target.require(given, "maps", "upstream");
        RegionMaps.requireArguments(given, form);
        int next = Target.count(form);
        given.maps(next, RegionSums.COLUMNS);
        given.input(
                next + 1,
                List.of(DataType.DOUBLE),
                given.size(0, 0),
                given.size(0, 1),
                RegionSums.COLUMNS);
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        return inputs[0].shape();
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        Blocks blocks = Blocks.of("scores", inputs[0]);
        Maps layout = RegionMaps.layout(inputs[0]);
        INDArray maps = inputs[Target.count(intArg(0))];
        var upstream = HostArray.doubles(inputs[Target.count(intArg(0)) + 1]);
        if (output.dataType() == DataType.DOUBLE) {
            RegionMaps.doubleKernel(this, inputs, blocks)
                    .gradient(
                            layout.doubles(maps),
                            upstream,
                            doubleAddend(inputs),
                            HostArray.doubles(output));
        } else {
            RegionMaps.floatKernel(this, inputs, blocks)
                    .gradient(
                            layout.floats(maps),
                            upstream,
                            floatAddend(inputs),
                            HostArray.floats(output));
        }
        HostArray.written(output);
    }
}
