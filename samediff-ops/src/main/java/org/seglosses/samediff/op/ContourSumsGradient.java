package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The gradient of {@link ContourSums} by the probabilities; not differentiable. */
public final class ContourSumsGradient extends ScoreGradient {

    /** For ND4J, which creates ops by reflection. */
    public ContourSumsGradient() {}

    private ContourSumsGradient(SDVariable[] inputs) {
        super(inputs);
    }

    @Override
    ScoreGradient of(SDVariable[] inputs) {
        return new ContourSumsGradient(inputs);
    }

    static SDVariable of(ContourSums forward, SDVariable upstream) {
        ContourSumsGradient op =
                new ContourSumsGradient(
                        new SDVariable[] {
                            forward.arg(0), forward.arg(1), forward.arg(2), upstream
                        });
        op.addIArgument(forward.iArgs());
        return op.variable();
    }

    @Override
    String shortName() {
        return "contour_sums_gradient";
    }

    @Override
    void checkOwn(OpArguments given) {
        given.inputs(4, "scores", "maps", "codes", "upstream");
        ContourSums.requireArguments(given);
        given.input(3, given.typeOf(0), given.size(0, 0), 3);
    }

    @Override
    long[] outputShape(INDArray[] inputs) {
        return inputs[0].shape();
    }

    @Override
    void compute(INDArray[] inputs, INDArray output) {
        CodedPlanes planes = ContourSums.planes(inputs);
        var codes = planes.codesIfVoid(inputs[2]);
        Probabilities.Form form = Probabilities.Form.values()[intArg(1)];
        if (output.dataType() == DataType.DOUBLE) {
            new DoubleContours(
                            RegionMaps.layout(inputs[0]).doubles(inputs[1]),
                            form,
                            codes,
                            planes,
                            flagArg(0))
                    .gradient(
                            HostArray.doubles(inputs[3]),
                            doubleAddend(inputs),
                            HostArray.doubles(output));
        } else {
            new FloatContours(
                            RegionMaps.layout(inputs[0]).floats(inputs[1]),
                            form,
                            codes,
                            planes,
                            flagArg(0))
                    .gradient(
                            HostArray.floats(inputs[3]),
                            floatAddend(inputs),
                            HostArray.floats(output));
        }
        HostArray.written(output);
    }
}
