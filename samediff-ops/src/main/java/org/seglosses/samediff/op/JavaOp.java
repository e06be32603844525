package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.api.shape.LongShapeDescriptor;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.samediff.plan.PlannedOp;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * An op of a SameDiff graph that is computed in Java.
 *
 * <p>ND4J 1.0.0-M2.1 has no user-defined op. What it has is a session that asks each op for its
 * output shapes, with the op's inputs already computed, right before it runs the op natively. So a
 * Java op computes its result when it is asked for the shape, puts the result in the place of its
 * first input, and lets a <em>carrier</em>, a native op that copies its first input to its output,
 * hand it on. Everything that rests on this trick is in this class; the day ND4J offers an op of
 * the user's own, this file alone changes. A {@link org.seglosses.samediff.plan.GraphPlan} does
 * without the carrier and calls {@link #execute} on its own arrays.
 *
 * <p>Limits: at least one input, exactly one output (a gradient is an op of its own), and
 * parameters that travel as {@code iArgs} and {@code tArgs}, which is what ND4J saves and clones.
 * An op is known to ND4J by its name, which starts with {@value #PREFIX}; {@link JavaOps} registers
 * it when ND4J starts or, at the latest, when an op is made. Each op class is public and has a
 * public constructor without arguments because ND4J creates ops by reflection when it clones or
 * loads a graph.
 */
public abstract class JavaOp extends DynamicCustomOp implements PlannedOp {

    /** What the name of every op of this library starts with. */
    public static final String PREFIX = "seglosses_";

    /**
     * A native op that copies input 0 to output 0 for every type and rank. It must have no Java
     * class in ND4J: only then does the look-up of a loaded op fall through from its hash to its
     * name.
     */
    private static final String CARRIER = "test_output_reshape";

    private static volatile long carrierHash;

    /** For ND4J, which creates ops by reflection. */
    protected JavaOp() {
        JavaOps.register();
    }

    /**
     * Adds the op to a graph.
     *
     * @param graph the graph
     * @param inputs the op's inputs, all of the same graph
     */
    protected JavaOp(SameDiff graph, SDVariable... inputs) {
        super(graph, inputs);
        JavaOps.register();
    }

    /** Returns the op's name without the prefix. */
    abstract String shortName();

    /**
     * States the rules of the op's arguments and inputs: how many there are, and what each must be.
     */
    abstract void check(OpArguments given);

    /** Returns the shape of the output for these inputs; throws if the inputs do not fit. */
    abstract long[] outputShape(INDArray[] inputs);

    /** Returns the type of the output for inputs of these types. */
    abstract DataType outputType(List<DataType> inputs);

    /** Computes the output; the inputs are C-ordered and contiguous, and never written to. */
    abstract void compute(INDArray[] inputs, INDArray output);

    /**
     * Computes an output that nobody reads, of inputs of which some are zeros for want of others.
     */
    void computeOfZeros(INDArray[] inputs, INDArray output) {
        compute(inputs, output);
    }

    @Override
    public final void execute(INDArray[] inputs, INDArray output) {
        compute(contiguous(inputs), output);
    }

    private static INDArray[] contiguous(INDArray[] inputs) {
        INDArray[] contiguous = inputs;
        for (int i = 0; i < inputs.length; i++) {
            if (!HostArray.isContiguous(inputs[i])) {
                if (contiguous == inputs) {
                    contiguous = inputs.clone();
                }
                contiguous[i] = inputs[i].dup('c');
            }
        }
        return contiguous;
    }

    @Override
    public final String opName() {
        return PREFIX + shortName();
    }

    @Override
    public final long opHash() {
        if (carrierHash == 0) {
            carrierHash = Nd4j.getExecutioner().getCustomOperations().get(CARRIER).getHash();
        }
        return carrierHash;
    }

    @Override
    public final List<LongShapeDescriptor> calculateOutputShape(OpContext context) {
        return handOn(context, this::compute);
    }

    @Override
    public final List<LongShapeDescriptor> shapesOfZeros(OpContext context) {
        return handOn(context, this::computeOfZeros);
    }

    private List<LongShapeDescriptor> handOn(
            OpContext context, BiConsumer<INDArray[], INDArray> computing) {
        INDArray[] inputs = context.getInputArrays().toArray(new INDArray[0]);
        checkArguments(inputs);
        DataType type = outputType(types(inputs));
        requireDeclared(type);
        INDArray output = Nd4j.createUninitialized(type, outputShape(inputs), 'c');
        computing.accept(contiguous(inputs), output);
        context.setInputArray(0, output);
        return Collections.singletonList(output.shapeDescriptor());
    }

    /** The carrier cannot write to an output of another type than the graph says. */
    private void requireDeclared(DataType type) {
        String[] outputs = sameDiff == null ? null : outputVariablesNames();
        if (outputs == null || outputs.length == 0) {
            return;
        }
        DataType declared = sameDiff.getVariable(outputs[0]).dataType();
        if (declared != type) {
            throw new IllegalArgumentException(
                    opName()
                            + ": the output must be "
                            + declared
                            + " as the graph declares it, got arguments and inputs that make it "
                            + type);
        }
    }

    private static List<DataType> types(INDArray[] arrays) {
        DataType[] types = new DataType[arrays.length];
        for (int i = 0; i < arrays.length; i++) {
            types[i] = arrays[i].dataType();
        }
        return List.of(types);
    }

    @Override
    public final List<DataType> calculateOutputDataTypes(List<DataType> inputs) {
        checkArguments(null);
        return Collections.singletonList(outputType(inputs));
    }

    @Override
    public final int getNumOutputs() {
        return 1;
    }

    // ND4J would look for a descriptor of the op's Java fields and fail; there are none to
    // describe.
    @Override
    public final Map<String, Object> propertiesForFunction() {
        return Collections.emptyMap();
    }

    @Override
    public final void setPropertiesForFunction(Map<String, Object> properties) {
        // no properties, see propertiesForFunction
    }

    @Override
    public final void configureFromArguments() {
        // parameters are read from iArgs and tArgs where they are used
        checkArguments(null);
    }

    /**
     * Holds all that an op was built or loaded with against its rules, before anything reads it.
     *
     * @param inputs the inputs, or null as long as they are not known
     */
    private void checkArguments(INDArray[] inputs) {
        check(new OpArguments(opName(), iArgs(), tArgs(), bArgs(), inputs));
    }

    @Override
    public SDVariable sum(SDVariable gradient, SDVariable other) {
        return ScoreGradient.added(gradient, other);
    }

    /**
     * No gradient by any input, unless an op says otherwise. SameDiff asks every op that a
     * differentiated variable enters, those with an integer output too.
     */
    @Override
    public List<SDVariable> doDiff(List<SDVariable> upstream) {
        return Collections.emptyList();
    }

    /** Adds the op to its graph and returns its output. */
    final SDVariable variable() {
        return outputVariable();
    }

    final int intArg(int index) {
        return Math.toIntExact(getIArgument(index));
    }

    final boolean flagArg(int index) {
        return getIArgument(index) != 0;
    }
}
