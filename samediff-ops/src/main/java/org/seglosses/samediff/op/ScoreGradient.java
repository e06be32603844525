package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * A gradient {@code [N,C,H,W]} to which another one can be added while it is written, by an input
 * more: an addition of its own reads and writes all of it once more. Not differentiable.
 */
abstract class ScoreGradient extends JavaOp {

    /** For ND4J, which creates ops by reflection. */
    ScoreGradient() {}

    ScoreGradient(SDVariable[] inputs) {
        super(inputs[0].getSameDiff(), inputs);
    }

    /** States the rules of all but the addend. */
    abstract void checkOwn(OpArguments given);

    @Override
    final void check(OpArguments given) {
        boolean addend = given.hasAddend();
        checkOwn(addend ? given.withoutAddend() : given);
        INDArray[] inputs = given.inputs();
        if (addend && inputs != null) {
            given.addend(given.typeOf(0).get(0), outputShape(inputs));
        }
    }

    /** Makes an op of the same kind. */
    abstract ScoreGradient of(SDVariable[] inputs);

    /** Adds the sum of a gradient and another one to their graph. */
    static SDVariable added(SDVariable gradient, SDVariable other) {
        SameDiff graph = gradient.getSameDiff();
        if (graph.getVariableOutputOp(gradient.name()) instanceof ScoreGradient op
                && !op.hasAddend()) {
            return op.plus(other);
        }
        if (graph.getVariableOutputOp(other.name()) instanceof ScoreGradient op
                && !op.hasAddend()) {
            return op.plus(gradient);
        }
        return Addition.of(gradient, other);
    }

    private SDVariable plus(SDVariable addend) {
        SDVariable[] inputs = Arrays.copyOf(args(), args().length + 1);
        inputs[inputs.length - 1] = addend;
        ScoreGradient op = of(inputs);
        op.addIArgument(iArgs());
        op.addTArgument(tArgs());
        op.addBArgument(true);
        return op.variable();
    }

    @Override
    public final int overwritable() {
        return hasAddend() ? args().length - 1 : -1;
    }

    /** Whether the last input is to be added. */
    final boolean hasAddend() {
        return numBArguments() > 0;
    }

    final FloatBuffer floatAddend(INDArray[] inputs) {
        return hasAddend() ? HostArray.floats(inputs[inputs.length - 1]) : null;
    }

    final DoubleBuffer doubleAddend(INDArray[] inputs) {
        return hasAddend() ? HostArray.doubles(inputs[inputs.length - 1]) : null;
    }

    @Override
    DataType outputType(List<DataType> inputs) {
        return inputs.get(0);
    }

    @Override
    public final List<SDVariable> doDiff(List<SDVariable> upstream) {
        throw new UnsupportedOperationException(opName() + " has no second derivative");
    }
}
