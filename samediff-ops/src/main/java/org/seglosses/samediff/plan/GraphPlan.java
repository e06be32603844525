package org.seglosses.samediff.plan;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A SameDiff graph compiled for fixed input shapes and types into a flat list of steps over arrays
 * that are allocated once.
 *
 * <p>A run gives the same bits as SameDiff's own session does for the same inputs in C order. What
 * depends on constants and shapes alone is computed when the plan is built; constants are read
 * then. Variables are read at each run, so training the graph between runs is seen. Building a plan
 * and running it leave the graph usable by SameDiff's sessions.
 *
 * <p>Control flow, random ops, ops that work in place, ops whose output shape depends on values,
 * and ops that neither belong to ND4J nor implement {@link PlannedOp} are refused when the plan is
 * built, by name.
 *
 * <p>A plan serves one thread at a time; a second run or a close during a run throws {@link
 * IllegalStateException}. Workspaces that are open while a plan is built or run have no influence.
 *
 * <pre>{@code
 * try (GraphPlan plan = GraphPlan.builder(graph)
 *         .input("x", DataType.FLOAT, 8, 3, 64, 64)
 *         .output("loss", "x-gradient")
 *         .build()) {
 *     plan.run(Map.of("x", batch), Map.of("loss", loss, "x-gradient", gradient));
 * }
 * }</pre>
 */
public final class GraphPlan implements AutoCloseable {

    /** An output: the value to hand out, and the plan's own array to hand it out in. */
    private final class Output {
        final String name;
        final Value value;

        /** Whether a step can write into a caller's array; else the result is copied. */
        final boolean direct;

        /** Null until a run needs it: a caller who brings arrays of his own need not pay for it. */
        private INDArray own;

        INDArray copyTo;

        Output(String name, Value value, boolean direct) {
            this.name = name;
            this.value = value;
            this.direct = direct;
        }

        INDArray own() {
            if (own == null) {
                own = Nd4j.createUninitializedDetached(value.type, value.shape);
                owned.add(own);
            }
            return own;
        }
    }

    private final SameDiff graph;
    private final Value[] inputs;
    private final Value[] variables;
    private final Output[] outputs;
    private final Step[] steps;
    private final List<INDArray> buffers;

    /** All that is closed with the plan. */
    private final List<INDArray> owned;

    private final long[] nanoseconds;
    private long profiledRuns;

    private final AtomicBoolean busy = new AtomicBoolean();
    private volatile boolean closed;

    private GraphPlan(
            SameDiff graph,
            Map<String, Value> inputs,
            GraphCompiler.Compiled compiled,
            boolean profile) {
        this.graph = graph;
        this.inputs = inputs.values().toArray(new Value[0]);
        this.variables = compiled.variables().toArray(new Value[0]);
        this.steps = compiled.steps().toArray(new Step[0]);
        this.buffers = compiled.buffers();
        this.owned = new ArrayList<>(buffers);
        this.owned.addAll(compiled.folded());
        List<Output> all = new ArrayList<>();
        List<Value> written = new ArrayList<>();
        compiled.outputs()
                .forEach(
                        (name, value) -> {
                            boolean direct =
                                    value.source == Value.Source.STEP && !written.contains(value);
                            written.add(value);
                            Output output = new Output(name, value, direct);
                            all.add(output);
                        });
        this.outputs = all.toArray(new Output[0]);
        this.nanoseconds = profile ? new long[steps.length] : null;
    }

    /**
     * Starts the description of a plan.
     *
     * @param graph the graph to compile; kept by the plan, which reads its variables at each run
     * @return a builder
     */
    public static Builder builder(SameDiff graph) {
        return new Builder(graph);
    }

    /**
     * Computes the outputs into arrays of the caller.
     *
     * <p>A C-ordered contiguous input is read in place and any other is copied first; a C-ordered
     * contiguous output array is written by the steps themselves and any other is copied to at the
     * end. Inputs are never written to. If a step fails, the contents of the outputs are undefined,
     * and the plan can be run again.
     *
     * @param inputs an array for each input of the plan, with its exact shape and type
     * @param outputs an array for each output of the plan, with its exact shape and type
     * @throws IllegalArgumentException if a name is missing or unknown, a shape or type differs, an
     *     array is closed, or an output shares memory with an input, a variable, or another output;
     *     nothing has been written then
     * @throws IllegalStateException if the plan is closed or running
     */
    public void run(Map<String, INDArray> inputs, Map<String, INDArray> outputs) {
        Objects.requireNonNull(outputs, "outputs");
        execute(inputs, outputs);
    }

    /**
     * Computes the outputs into arrays of the plan.
     *
     * @param inputs an array for each input of the plan, with its exact shape and type
     * @return the outputs by name; valid, and to be read only, until the next run or close
     * @throws IllegalArgumentException if a name is missing or unknown, a shape or type differs, or
     *     an array is closed
     * @throws IllegalStateException if the plan is closed or running
     */
    public Map<String, INDArray> run(Map<String, INDArray> inputs) {
        execute(inputs, null);
        Map<String, INDArray> results = new LinkedHashMap<>();
        for (Output output : outputs) {
            results.put(output.name, output.own());
        }
        return results;
    }

    @SuppressWarnings("try")
    private void execute(Map<String, INDArray> given, Map<String, INDArray> targets) {
        Objects.requireNonNull(given, "inputs");
        enter();
        try {
            checkInputs(given);
            if (targets != null) {
                checkOutputs(given, targets);
            }
            if (Nd4j.getMemoryManager().getCurrentWorkspace() == null) {
                bindAndRun(given, targets);
            } else {
                try (MemoryWorkspace none = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
                    bindAndRun(given, targets);
                }
            }
        } finally {
            try {
                giveBack();
            } finally {
                // a full heap fails there too; the next run binds all anew
                busy.set(false);
            }
        }
    }

    private void enter() {
        if (!busy.compareAndSet(false, true)) {
            throw new IllegalStateException("the plan is running in another thread");
        }
        if (closed) {
            busy.set(false);
            throw new IllegalStateException("the plan is closed");
        }
    }

    private void bindAndRun(Map<String, INDArray> given, Map<String, INDArray> targets) {
        for (Value variable : variables) {
            INDArray array = variable(variable.name);
            checkArray("variable", variable, array);
            variable.bind(array);
        }
        for (Value input : inputs) {
            INDArray array = given.get(input.name);
            boolean readable = input.users.isEmpty() || Layout.isPlain(array);
            if (readable && !isOwnResult(array)) {
                input.bind(array);
            } else {
                if (input.planned == null) {
                    input.planned = Nd4j.createUninitializedDetached(input.type, input.shape);
                    owned.add(input.planned);
                }
                input.planned.assign(array);
                input.bind(input.planned);
            }
        }
        for (Output output : outputs) {
            INDArray target = targets == null ? output.own() : targets.get(output.name);
            if (output.direct && Layout.isPlain(target)) {
                output.value.bind(target);
                output.copyTo = null;
            } else {
                if (output.direct) {
                    output.value.bind(output.own());
                }
                output.copyTo = target;
            }
        }
        if (nanoseconds == null) {
            for (Step step : steps) {
                step.run();
            }
        } else {
            runProfiled();
        }
        for (Output output : outputs) {
            if (output.copyTo != null) {
                output.copyTo.assign(output.value.array());
            }
        }
        // A GPU may still be reading the plan's buffers, and the next run may come from another
        // thread.
        Nd4j.getExecutioner().commit();
    }

    /** A plan keeps no reference to what it was lent, neither in Java nor in a native context. */
    private void giveBack() {
        for (Value input : inputs) {
            if (input.array() != input.planned) {
                input.unbind();
            }
        }
        for (Output output : outputs) {
            output.copyTo = null;
            if (output.direct && output.value.array() != output.own) {
                output.value.unbind();
            }
        }
    }

    private void runProfiled() {
        Nd4j.getExecutioner().commit();
        long before = System.nanoTime();
        for (int i = 0; i < steps.length; i++) {
            steps[i].run();
            Nd4j.getExecutioner().commit();
            long after = System.nanoTime();
            nanoseconds[i] += after - before;
            before = after;
        }
        profiledRuns++;
    }

    /** An array that an earlier run returned is about to be overwritten by this one. */
    private boolean isOwnResult(INDArray array) {
        for (Output output : outputs) {
            if (output.own != null && Layout.overlap(array, output.own)) {
                return true;
            }
        }
        return false;
    }

    private void checkInputs(Map<String, INDArray> given) {
        for (Value input : inputs) {
            checkArray("input", input, given.get(input.name));
        }
        if (given.size() != inputs.length) {
            throw new IllegalArgumentException(
                    "inputs must be "
                            + Arrays.stream(inputs).map(value -> value.name).toList()
                            + ", got "
                            + given.keySet());
        }
    }

    private void checkOutputs(Map<String, INDArray> given, Map<String, INDArray> targets) {
        for (Output output : outputs) {
            checkArray("output", output.name, output.value, targets.get(output.name));
        }
        if (targets.size() != outputs.length) {
            throw new IllegalArgumentException(
                    "outputs must be " + outputNames() + ", got " + targets.keySet());
        }
        for (int i = 0; i < outputs.length; i++) {
            String name = outputs[i].name;
            INDArray target = targets.get(name);
            for (Value input : inputs) {
                refuseOverlap(name, target, "input", input.name, given.get(input.name));
            }
            for (Value variable : variables) {
                INDArray array = variable(variable.name);
                refuseOverlap(name, target, "variable", variable.name, array);
            }
            for (int j = 0; j < outputs.length; j++) {
                if (j < i) {
                    INDArray other = targets.get(outputs[j].name);
                    refuseOverlap(name, target, "output", outputs[j].name, other);
                }
                if (j != i && outputs[j].own != null) {
                    refuseOverlap(
                            name, target, "the plan's array of", outputs[j].name, outputs[j].own);
                }
            }
        }
    }

    private List<String> outputNames() {
        return Arrays.stream(outputs).map(output -> output.name).toList();
    }

    private INDArray variable(String name) {
        SDVariable variable = graph.getVariable(name);
        if (variable == null) {
            throw new IllegalArgumentException(
                    "variable '" + name + "' is no longer in the graph that the plan was built of");
        }
        return variable.getArr();
    }

    private static void refuseOverlap(
            String output, INDArray target, String kind, String name, INDArray other) {
        if (Layout.overlap(target, other)) {
            throw new IllegalArgumentException(
                    "output '" + output + "' shares memory with " + kind + " '" + name + "'");
        }
    }

    private static void checkArray(String kind, Value value, INDArray array) {
        checkArray(kind, value.name, value, array);
    }

    private static void checkArray(String kind, String name, Value value, INDArray array) {
        if (array == null) {
            throw new IllegalArgumentException(kind + " '" + name + "' is missing");
        }
        if (array.wasClosed()) {
            throw new IllegalArgumentException(kind + " '" + name + "' is a closed array");
        }
        if (array.dataType() != value.type || !Arrays.equals(array.shape(), value.shape)) {
            throw new IllegalArgumentException(
                    kind
                            + " '"
                            + name
                            + "' must be "
                            + value.type
                            + " of shape "
                            + Arrays.toString(value.shape)
                            + ", got "
                            + array.dataType()
                            + " of shape "
                            + Arrays.toString(array.shape()));
        }
    }

    /**
     * The shape of an output.
     *
     * @param name an output of this plan
     * @return its shape
     * @throws IllegalArgumentException if {@code name} is no output
     */
    public long[] outputShape(String name) {
        for (Output output : outputs) {
            if (output.name.equals(name)) {
                return output.value.shape.clone();
            }
        }
        throw new IllegalArgumentException(
                "'" + name + "' is no output of the plan; outputs are " + outputNames());
    }

    /**
     * The native memory that this plan has allocated: planned buffers, outputs of its own, copies
     * of inputs that could not be read in place, and folded constants.
     *
     * @return bytes; 0 after close
     */
    public long bytes() {
        if (closed) {
            return 0;
        }
        long bytes = 0;
        for (INDArray array : owned) {
            bytes += Layout.bytes(array.dataType(), array.length());
        }
        return bytes;
    }

    /**
     * The plan in words: each step with the values that it reads and writes, where they live, and
     * the memory in total.
     *
     * @return a text of several lines
     */
    public String describe() {
        StringBuilder text = new StringBuilder();
        int intermediate = 0;
        long unshared = 0;
        for (Value input : inputs) {
            text.append("input   ").append(input).append('\n');
        }
        for (Value variable : variables) {
            text.append("variable ").append(variable).append('\n');
        }
        for (int i = 0; i < steps.length; i++) {
            Step step = steps[i];
            text.append(String.format(Locale.ROOT, "%4d  %s '%s'", i, step.opName, step.name));
            text.append("\n        reads  ");
            for (Value value : step.inputs) {
                text.append(value).append(place(value)).append("  ");
            }
            text.append("\n        writes ");
            for (Value value : step.outputs) {
                text.append(value).append(place(value)).append("  ");
                unshared += Layout.bytes(value.type, value.length());
                intermediate++;
            }
            text.append('\n');
        }
        for (Output output : outputs) {
            text.append("output  ").append(output.name).append(": ").append(output.value);
            text.append(output.direct ? "" : " (copied)").append('\n');
        }
        for (int i = 0; i < buffers.size(); i++) {
            INDArray buffer = buffers.get(i);
            text.append(
                    String.format(
                            Locale.ROOT,
                            "buffer  @%d %s %d bytes%n",
                            i,
                            buffer.dataType(),
                            Layout.bytes(buffer.dataType(), buffer.length())));
        }
        text.append(
                String.format(
                        Locale.ROOT,
                        "%d steps, %d values of %d bytes, held in %d bytes%n",
                        steps.length,
                        intermediate,
                        unshared,
                        bytes()));
        return text.toString();
    }

    private String place(Value value) {
        return switch (value.source) {
            case INPUT -> "@input";
            case VARIABLE -> "@variable";
            case STATIC -> "@constant";
            case STEP -> value.buffer >= 0 ? "@" + value.buffer : "@output";
        };
    }

    /**
     * The time of each step, if the plan was built with {@link Builder#profile}.
     *
     * @return one entry a step in the order of execution; empty without a profile
     */
    public List<StepTime> profile() {
        List<StepTime> times = new ArrayList<>();
        for (int i = 0; nanoseconds != null && i < steps.length; i++) {
            times.add(new StepTime(steps[i].name, steps[i].opName, profiledRuns, nanoseconds[i]));
        }
        return times;
    }

    /** Sets all times of the profile back to zero. */
    public void resetProfile() {
        if (nanoseconds != null) {
            Arrays.fill(nanoseconds, 0);
        }
        profiledRuns = 0;
    }

    /**
     * Frees the memory of the plan, that of the arrays it has returned included. A second call does
     * nothing.
     *
     * @throws IllegalStateException if the plan is running in another thread
     */
    @Override
    public void close() {
        if (!busy.compareAndSet(false, true)) {
            throw new IllegalStateException("the plan is running in another thread");
        }
        try {
            if (closed) {
                return;
            }
            closed = true;
            // Native contexts first: they point into what is freed next.
            for (Step step : steps) {
                step.release();
            }
            for (Value value : inputs) {
                value.unbind();
            }
            for (Value value : variables) {
                value.unbind();
            }
            owned.forEach(INDArray::close);
        } finally {
            busy.set(false);
        }
    }

    /** Says what a plan reads and yields. */
    public static final class Builder {

        private final SameDiff graph;
        private final Map<String, Value> inputs = new LinkedHashMap<>();
        private final List<String> outputs = new ArrayList<>();
        private boolean profile;

        private Builder(SameDiff graph) {
            this.graph = Objects.requireNonNull(graph, "graph");
        }

        /**
         * Fixes type and shape of a placeholder.
         *
         * @param placeholder the name of a placeholder of the graph
         * @param type the placeholder's type
         * @param shape the shape that every run will bring
         * @return this builder
         * @throws IllegalArgumentException if there is no such placeholder, it was fixed already,
         *     its type is another, or its shape does not admit {@code shape}
         */
        public Builder input(String placeholder, DataType type, long... shape) {
            Objects.requireNonNull(type, "type");
            SDVariable variable =
                    graph.hasVariable(placeholder) ? graph.getVariable(placeholder) : null;
            if (variable == null || variable.getVariableType() != VariableType.PLACEHOLDER) {
                throw new IllegalArgumentException(
                        "'"
                                + placeholder
                                + "' is no placeholder of the graph; it has "
                                + graph.inputs());
            }
            if (type != variable.dataType() || type == DataType.UTF8) {
                throw new IllegalArgumentException(
                        "input '"
                                + placeholder
                                + "' must be "
                                + variable.dataType()
                                + ", got "
                                + type);
            }
            long[] declared = variable.placeholderShape();
            boolean fits = declared == null || declared.length == shape.length;
            for (int i = 0; i < shape.length; i++) {
                fits &= shape[i] > 0;
                if (fits && declared != null) {
                    fits = declared[i] < 0 || declared[i] == shape[i];
                }
            }
            if (!fits) {
                throw new IllegalArgumentException(
                        "input '"
                                + placeholder
                                + "' must have positive sizes and the placeholder's shape "
                                + Arrays.toString(declared)
                                + ", got "
                                + Arrays.toString(shape));
            }
            Value value = new Value(placeholder, Value.Source.INPUT, type, shape);
            if (inputs.putIfAbsent(placeholder, value) != null) {
                throw new IllegalArgumentException("input '" + placeholder + "' is given twice");
            }
            return this;
        }

        /**
         * Adds outputs.
         *
         * @param variableNames variables of the graph
         * @return this builder
         * @throws IllegalArgumentException if a name is unknown or given twice
         */
        public Builder output(String... variableNames) {
            for (String name : variableNames) {
                if (!graph.hasVariable(name)) {
                    throw new IllegalArgumentException(
                            "output '" + name + "' is no variable of the graph");
                }
                if (outputs.contains(name)) {
                    throw new IllegalArgumentException("output '" + name + "' is given twice");
                }
                outputs.add(name);
            }
            return this;
        }

        /**
         * Says whether the time of each step is taken, which costs a little at each run.
         *
         * @param profile whether to take times; off by default
         * @return this builder
         */
        public Builder profile(boolean profile) {
            this.profile = profile;
            return this;
        }

        /**
         * Compiles the graph and allocates the memory of the plan.
         *
         * @return the plan, to be closed when it is no longer needed
         * @throws IllegalArgumentException if there is no output, a placeholder is missing, or the
         *     graph holds an op that a plan refuses, which is named
         */
        @SuppressWarnings("try")
        public GraphPlan build() {
            if (outputs.isEmpty()) {
                throw new IllegalArgumentException("a plan needs at least one output");
            }
            // Fresh values: a builder may build more than one plan.
            Map<String, Value> fresh = new LinkedHashMap<>();
            inputs.forEach(
                    (name, value) ->
                            fresh.put(
                                    name, new Value(name, value.source, value.type, value.shape)));
            try (MemoryWorkspace none = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
                GraphCompiler.Compiled compiled =
                        new GraphCompiler(graph, fresh, outputs).compile();
                return new GraphPlan(graph, fresh, compiled, profile);
            }
        }
    }
}
