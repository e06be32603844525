package org.seglosses.samediff.plan;

import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.autodiff.samediff.internal.Variable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.BaseOp;
import org.nd4j.linalg.api.ops.BaseReduceOp;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.Op;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.api.ops.ReduceOp;
import org.nd4j.linalg.api.ops.ScalarOp;
import org.nd4j.linalg.api.ops.TransformOp;
import org.nd4j.linalg.api.ops.impl.transforms.same.Identity;
import org.nd4j.linalg.api.shape.LongShapeDescriptor;
import org.nd4j.linalg.api.shape.Shape;
import org.nd4j.linalg.factory.Nd4j;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * Turns a graph into the steps of a plan, as SameDiff's InferenceSession would execute it: the same
 * ops with the same arguments, in an order that respects the graph.
 */
final class GraphCompiler {

    private final SameDiff graph;
    private final Map<String, Value> inputs;
    private final List<String> outputNames;

    /** By variable name; a name that only renames another variable maps to that one's value. */
    private final Map<String, Value> values = new HashMap<>();

    /** Arrays made here: closed when no step needs them after all. */
    private final Set<INDArray> folded = Collections.newSetFromMap(new IdentityHashMap<>());

    private final List<Step> steps = new ArrayList<>();

    /** What has been computed already: backward passes ask for the same values again. */
    private final Map<Computation, List<Value>> computed = new HashMap<>();

    /** What is left of the folded arrays when the plan is complete. */
    private final List<INDArray> constants = new ArrayList<>();

    GraphCompiler(SameDiff graph, Map<String, Value> inputs, List<String> outputNames) {
        this.graph = graph;
        this.inputs = inputs;
        this.outputNames = outputNames;
    }

    /** All that a result depends on, for ops without state of their own. */
    private record Computation(
            Class<?> kind,
            String op,
            List<Value> inputs,
            List<Object> arguments,
            List<DataType> outputTypes) {}

    /** The parts of a plan. */
    record Compiled(
            List<Step> steps,
            List<Value> variables,
            Map<String, Value> outputs,
            List<INDArray> buffers,
            List<INDArray> folded) {}

    Compiled compile() {
        boolean done = false;
        try (ShapeProbe probe = new ShapeProbe()) {
            values.putAll(inputs);
            for (SameDiffOp op : inOrder(needed())) {
                translate(op, probe);
            }
            Map<String, Value> outputs = new LinkedHashMap<>();
            for (String name : outputNames) {
                outputs.put(name, value(name, null));
            }
            dropDeadSteps(outputs.values());
            keepFolded(outputs.values());
            List<INDArray> buffers = layOut(outputs.values());
            List<Value> variables = new ArrayList<>();
            for (Value value : new HashSet<>(values.values())) {
                if (value.source == Value.Source.VARIABLE) {
                    variables.add(value);
                }
            }
            done = true;
            return new Compiled(steps, variables, outputs, buffers, constants);
        } finally {
            if (!done) {
                constants.forEach(INDArray::close);
                folded.forEach(INDArray::close);
            }
        }
    }

    // ---- the order of the steps

    private Set<String> needed() {
        Set<String> ops = new HashSet<>();
        Deque<String> variables = new ArrayDeque<>(outputNames);
        while (!variables.isEmpty()) {
            Variable variable = graph.getVariables().get(variables.pop());
            refuseControlDependency(variable.getName(), variable.getControlDeps());
            String opName = variable.getOutputOfOp();
            if (opName == null || !ops.add(opName)) {
                continue;
            }
            SameDiffOp op = graph.getOps().get(opName);
            refuseControlDependency(opName, op.getControlDeps());
            refuseControlDependency(opName, op.getVarControlDeps());
            String reason = OpRules.refusal(op.getOp());
            if (reason != null) {
                throw refused(op, reason);
            }
            if (op.getOp().argNames() != null) {
                variables.addAll(Arrays.asList(op.getOp().argNames()));
            }
        }
        return ops;
    }

    private static void refuseControlDependency(String name, List<String> dependencies) {
        if (dependencies != null && !dependencies.isEmpty()) {
            throw new IllegalArgumentException(
                    "'"
                            + name
                            + "' has control dependencies "
                            + dependencies
                            + ", which a plan does not support");
        }
    }

    /** As near to the order in which the graph was written as its edges allow. */
    private List<SameDiffOp> inOrder(Set<String> needed) {
        Map<String, Integer> position = new HashMap<>();
        for (String name : graph.getOps().keySet()) {
            position.put(name, position.size());
        }
        Map<String, Integer> missing = new HashMap<>();
        Map<String, List<String>> readers = new HashMap<>();
        PriorityQueue<String> ready =
                new PriorityQueue<>((a, b) -> position.get(a) - position.get(b));
        for (String name : needed) {
            Set<String> producers = new HashSet<>();
            String[] args = graph.getOps().get(name).getOp().argNames();
            for (String arg : args == null ? new String[0] : args) {
                String producer = graph.getVariables().get(arg).getOutputOfOp();
                if (producer != null && producers.add(producer)) {
                    readers.computeIfAbsent(producer, key -> new ArrayList<>()).add(name);
                }
            }
            missing.put(name, producers.size());
            if (producers.isEmpty()) {
                ready.add(name);
            }
        }
        List<SameDiffOp> order = new ArrayList<>();
        while (!ready.isEmpty()) {
            String name = ready.remove();
            order.add(graph.getOps().get(name));
            for (String reader : readers.getOrDefault(name, List.of())) {
                if (missing.merge(reader, -1, Integer::sum) == 0) {
                    ready.add(reader);
                }
            }
        }
        if (order.size() < needed.size()) {
            throw new IllegalArgumentException(
                    "the graph has a cycle among the ops " + missing.keySet());
        }
        return order;
    }

    // ---- one op

    private void translate(SameDiffOp node, ShapeProbe probe) {
        DifferentialFunction op = node.getOp();
        List<Value> args = new ArrayList<>();
        String[] argNames = op.argNames();
        for (String arg : argNames == null ? new String[0] : argNames) {
            args.add(value(arg, node));
        }
        if (op instanceof Identity) {
            // The session hands the array through, whatever the op's own arguments say.
            values.put(op.outputVariablesNames()[0], args.get(0));
            return;
        }
        if (op instanceof DynamicCustomOp custom) {
            translateCustom(node, custom, args, probe);
        } else {
            translateLegacy(node, (BaseOp) op, args, probe);
        }
    }

    private Value value(String name, SameDiffOp reader) {
        Value known = values.get(name);
        if (known != null) {
            return known;
        }
        SDVariable variable = graph.getVariable(name);
        VariableType kind = variable.getVariableType();
        if (kind == VariableType.PLACEHOLDER) {
            throw new IllegalArgumentException(
                    "placeholder '"
                            + name
                            + "' is needed"
                            + (reader == null ? "" : " by op '" + reader.getName() + "'")
                            + " but is no input of the plan; inputs are "
                            + inputs.keySet());
        }
        INDArray array =
                kind == VariableType.CONSTANT || kind == VariableType.VARIABLE
                        ? variable.getArr()
                        : null;
        if (array == null) {
            throw new IllegalArgumentException(
                    "variable '" + name + "' of kind " + kind + " has no array");
        }
        Value value;
        if (kind == VariableType.CONSTANT) {
            value = Value.ofStatic(name, array);
        } else {
            value = new Value(name, Value.Source.VARIABLE, array.dataType(), array.shape());
        }
        if (value.type == DataType.UTF8) {
            throw new IllegalArgumentException("variable '" + name + "' holds strings");
        }
        values.put(name, value);
        return value;
    }

    private void translateCustom(
            SameDiffOp node, DynamicCustomOp op, List<Value> args, ShapeProbe probe) {
        boolean fold = OpRules.dependsOnShapesOnly(op) || allStatic(args);
        for (int i = OpRules.firstShapeInput(op); i < args.size(); i++) {
            staticArgument(node, args.get(i), "shape or axes");
        }
        OpContext context = Nd4j.getExecutioner().buildContext();
        context.setArgs(null, op.iArgs(), op.dArgs(), op.tArgs(), op.bArgs());
        List<LongShapeDescriptor> shapes = outputShapes(node, op, args, context, probe);
        String[] names = op.outputVariablesNames();
        if (shapes.size() != names.length) {
            throw refused(
                    node, "reports " + shapes.size() + " shapes for " + names.length + " outputs");
        }
        List<Value> results = new ArrayList<>();
        for (int i = 0; i < names.length; i++) {
            // As the session does: shape functions do not know every valid type, variables do.
            DataType type = graph.getVariable(names[i]).dataType();
            results.add(result(node, names[i], shapes.get(i), type, fold));
        }
        Step step =
                op instanceof PlannedOp planned
                        ? new Step.Java(
                                planned, op.opName(), node.getName(), args, only(node, results))
                        : new Step.Custom(op, node.getName(), args, results, context);
        List<Object> arguments = new ArrayList<>();
        arguments.add(Arrays.stream(op.iArgs()).boxed().toList());
        arguments.add(Arrays.stream(op.tArgs()).boxed().toList());
        arguments.add(Arrays.toString(op.bArgs()));
        arguments.add(Arrays.toString(op.dArgs()));
        add(node, step, fold, op instanceof PlannedOp ? null : arguments, probe);
    }

    private List<LongShapeDescriptor> outputShapes(
            SameDiffOp node,
            DynamicCustomOp op,
            List<Value> args,
            OpContext context,
            ShapeProbe probe) {
        List<LongShapeDescriptor> first = null;
        // A PlannedOp may compute in order to answer: it is asked once, and its contract says that
        // only shapes matter.
        int fills = op instanceof PlannedOp || allStatic(args) ? 1 : 2;
        for (Value arg : args) {
            if (fills > 1 && !arg.isStatic() && !OpRules.dependsOnShapesOnly(op)) {
                fills = Math.max(fills, ShapeProbe.fillsFor(arg.type).length);
            }
        }
        for (int fill = 0; fill < fills; fill++) {
            context.purge();
            for (int i = 0; i < args.size(); i++) {
                context.setInputArray(i, stand(args.get(i), fill, probe));
            }
            List<LongShapeDescriptor> shapes;
            try {
                shapes =
                        op instanceof PlannedOp planned
                                ? planned.shapesOfZeros(context)
                                : op.calculateOutputShape(context);
            } catch (RuntimeException e) {
                throw refused(
                        node,
                        "cannot say the shape of its output from the shapes of its inputs "
                                + args
                                + ": "
                                + e.getMessage(),
                        e);
            }
            if (shapes == null || shapes.isEmpty()) {
                throw refused(node, "reports no output shape for inputs " + args);
            }
            if (first == null) {
                first = shapes;
            } else if (!sameShapes(first, shapes)) {
                throw refused(
                        node,
                        "has an output whose shape depends on the values of its inputs "
                                + args
                                + ", not on their shapes alone");
            }
        }
        // The context must not keep pointing to the probes.
        context.purge();
        return first;
    }

    private static boolean sameShapes(List<LongShapeDescriptor> a, List<LongShapeDescriptor> b) {
        if (a.size() != b.size()) {
            return false;
        }
        for (int i = 0; i < a.size(); i++) {
            if (!Arrays.equals(a.get(i).getShape(), b.get(i).getShape())
                    || a.get(i).isEmpty() != b.get(i).isEmpty()) {
                return false;
            }
        }
        return true;
    }

    /** The array of a static value, or one that stands for a value not computed yet. */
    private static INDArray stand(Value value, int fill, ShapeProbe probe) {
        if (value.isStatic()) {
            return value.array();
        }
        int[] fills = ShapeProbe.fillsFor(value.type);
        return probe.array(value.type, value.shape, fills[Math.min(fill, fills.length - 1)]);
    }

    private void translateLegacy(SameDiffOp node, BaseOp op, List<Value> args, ShapeProbe probe) {
        boolean fold = allStatic(args);
        List<Value> read = new ArrayList<>(args);
        boolean emptyReduce = false;
        // Exactly what the session does before each execution, once: the second input of a
        // reduction is its axes, that of a scalar op its scalar, and both end up in the op.
        if (args.size() == 2
                && op instanceof ReduceOp reduction
                && reduction.getOpType() != Op.Type.REDUCE3) {
            INDArray axes = staticArgument(node, args.get(1), "axes");
            if (axes.isEmpty()) {
                op.setDimensions((int[]) null);
                emptyReduce = true;
            } else {
                op.setDimensions(Shape.normalizeAxis(args.get(0).shape.length, axes.toIntVector()));
            }
            ((BaseReduceOp) op).setEmptyReduce(emptyReduce);
            read.remove(1);
        } else if (args.size() == 2 && op instanceof ScalarOp scalar) {
            INDArray array = staticArgument(node, args.get(1), "scalar");
            if (!array.isScalar()) {
                throw refused(node, "takes a scalar, but '" + args.get(1).name + "' is none");
            }
            scalar.setScalar(array);
        }
        OpContext context = Nd4j.getExecutioner().buildContext();
        for (int i = 0; i < read.size(); i++) {
            context.setInputArray(i, stand(read.get(i), 0, probe));
        }
        LongShapeDescriptor shape;
        if (emptyReduce) {
            Value x = args.get(0);
            shape = LongShapeDescriptor.fromShape(x.shape, x.type);
        } else {
            List<LongShapeDescriptor> shapes = op.calculateOutputShape(context);
            if (shapes == null || shapes.size() != 1) {
                throw refused(node, "reports no output shape for inputs " + args);
            }
            shape = shapes.get(0);
        }
        context.purge();
        Value result = result(node, op.outputVariablesNames()[0], shape, shape.dataType(), fold);
        Step step;
        if (op instanceof ReduceOp && !emptyReduce && reducesNothing(read, result)) {
            // ND4J's executioner takes this for a no-op and then looks for arrays in the op itself
            // instead of its context.
            if (!OpRules.copiesOverLengthOne(op)) {
                throw refused(
                        node,
                        "reduces "
                                + args.get(0)
                                + " over dimensions of length one, which ND4J fails to run");
            }
            step = new Step.Copy(node.getName(), op.opName(), read.get(0), result);
        } else {
            step = new Step.Legacy(op, node.getName(), read, List.of(result), context);
        }
        boolean stateless =
                op instanceof TransformOp && (op.extraArgs() == null || op.extraArgs().length == 0);
        add(node, step, fold, stateless ? List.of() : null, probe);
    }

    private static boolean reducesNothing(List<Value> read, Value result) {
        if (read.size() != 1) {
            return false;
        }
        Value x = read.get(0);
        boolean vector =
                x.shape.length == 1 || x.shape.length == 2 && (x.shape[0] == 1 || x.shape[1] == 1);
        return vector && x.length() > 1 && x.length() == result.length();
    }

    private INDArray staticArgument(SameDiffOp node, Value value, String what) {
        if (!value.isStatic()) {
            throw refused(
                    node,
                    "takes its "
                            + what
                            + " from '"
                            + value.name
                            + "', which is not known before the run");
        }
        return value.array();
    }

    private Value result(
            SameDiffOp node, String name, LongShapeDescriptor shape, DataType type, boolean fold) {
        if (type == DataType.UTF8) {
            throw refused(node, "yields strings");
        }
        if (fold) {
            INDArray array =
                    shape.isEmpty()
                            ? Nd4j.create(shape.asDataType(type))
                            : Nd4j.createUninitializedDetached(type, shape.getShape());
            folded.add(array);
            return Value.ofStatic(name, array);
        }
        if (shape.isEmpty()) {
            throw refused(node, "yields the empty array '" + name + "'");
        }
        return new Value(name, Value.Source.STEP, type, shape.getShape());
    }

    private Value only(SameDiffOp node, List<Value> results) {
        if (results.size() != 1) {
            throw refused(node, "is a PlannedOp with " + results.size() + " outputs, not one");
        }
        return results.get(0);
    }

    /**
     * Adds a step, or runs it now.
     *
     * @param arguments what the op's result depends on beside its inputs; null if not known
     */
    private void add(
            SameDiffOp node, Step step, boolean fold, List<Object> arguments, ShapeProbe probe) {
        if (!fold) {
            List<Value> results = step.outputs;
            if (arguments != null) {
                Computation same =
                        new Computation(
                                node.getOp().getClass(),
                                step.opName,
                                step.inputs,
                                arguments,
                                results.stream().map(value -> value.type).toList());
                results = computed.getOrDefault(same, results);
                computed.put(same, results);
            }
            for (int i = 0; i < results.size(); i++) {
                values.put(step.outputs.get(i).name, results.get(i));
            }
            if (results == step.outputs) {
                steps.add(step);
            }
            return;
        }
        for (Value output : step.outputs) {
            values.put(output.name, output);
        }
        for (Value input : step.inputs) {
            if (!input.isStatic()) {
                input.bind(stand(input, 0, probe));
            }
        }
        try {
            step.run();
        } catch (RuntimeException e) {
            throw refused(node, "failed on constant inputs " + step.inputs, e);
        } finally {
            step.release();
            for (Value input : step.inputs) {
                if (!input.isStatic()) {
                    input.unbind();
                }
            }
        }
    }

    private static boolean allStatic(List<Value> args) {
        return args.stream().allMatch(Value::isStatic);
    }

    // ---- what is left when everything that could be folded is

    private void dropDeadSteps(Iterable<Value> outputs) {
        Set<Value> live = Collections.newSetFromMap(new IdentityHashMap<>());
        outputs.forEach(live::add);
        for (int i = steps.size() - 1; i >= 0; i--) {
            Step step = steps.get(i);
            if (step.outputs.stream().noneMatch(live::contains)) {
                step.release();
                steps.remove(i);
            } else {
                live.addAll(step.inputs);
            }
        }
        values.values().retainAll(live);
    }

    private void keepFolded(Iterable<Value> outputs) {
        Set<INDArray> used = Collections.newSetFromMap(new IdentityHashMap<>());
        steps.forEach(step -> step.inputs.forEach(value -> used.add(value.planned)));
        outputs.forEach(value -> used.add(value.planned));
        for (INDArray array : folded) {
            if (used.contains(array)) {
                constants.add(array);
            } else {
                array.close();
            }
        }
        folded.clear();
    }

    private List<INDArray> layOut(Iterable<Value> outputs) {
        for (int i = 0; i < steps.size(); i++) {
            Step step = steps.get(i);
            for (Value value : step.inputs) {
                value.dies = i;
                value.users.add(step);
            }
            for (Value value : step.outputs) {
                value.born = i;
                value.users.add(step);
            }
        }
        Set<Value> placed = Collections.newSetFromMap(new IdentityHashMap<>());
        outputs.forEach(placed::add);
        for (Value output : outputs) {
            placeBefore(output, placed);
        }
        BufferLayout layout = new BufferLayout(steps.size());
        for (int i = 0; i < steps.size(); i++) {
            Step step = steps.get(i);
            Value overwritable = step.overwritable();
            for (Value value : step.outputs) {
                if (placed.contains(value)) {
                    continue;
                }
                if (overwritable != null
                        && overwritable.buffer >= 0
                        && overwritable.canBecome(value, step)) {
                    layout.handOn(overwritable, value);
                } else {
                    layout.place(value);
                }
            }
            layout.endOfStep(i);
        }
        List<INDArray> memory = layout.allocate();
        for (Step step : steps) {
            for (Value value : step.outputs) {
                if (value.buffer >= 0) {
                    value.planned = BufferLayout.over(memory.get(value.buffer), value.shape);
                    value.bind(value.planned);
                }
            }
        }
        return memory;
    }

    /**
     * Lets the values of which an output is made, each in the place of the last, lie in its array.
     */
    private void placeBefore(Value output, Set<Value> placed) {
        Value value = output;
        while (value.source == Value.Source.STEP) {
            Step step = steps.get(value.born);
            Value input = step.overwritable();
            if (input == null || !input.canBecome(value, step) || !placed.add(input)) {
                return;
            }
            output.before.add(input);
            value = input;
        }
    }

    private static IllegalArgumentException refused(SameDiffOp node, String reason) {
        return refused(node, reason, null);
    }

    private static IllegalArgumentException refused(
            SameDiffOp node, String reason, RuntimeException cause) {
        return new IllegalArgumentException(
                "op '"
                        + node.getName()
                        + "' ("
                        + node.getOp().opName()
                        + "), which computes "
                        + node.getOutputsOfOp()
                        + ", "
                        + reason,
                cause);
    }
}
