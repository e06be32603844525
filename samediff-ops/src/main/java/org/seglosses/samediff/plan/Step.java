package org.seglosses.samediff.plan;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.CustomOp;
import org.nd4j.linalg.api.ops.Op;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.factory.Nd4j;

import java.util.List;

/** One op of a plan with the values that it reads and writes. */
abstract sealed class Step {

    final String name;
    final String opName;
    final List<Value> inputs;
    final List<Value> outputs;
    private boolean stale = true;

    Step(String name, String opName, List<Value> inputs, List<Value> outputs) {
        this.name = name;
        this.opName = opName;
        this.inputs = List.copyOf(inputs);
        this.outputs = List.copyOf(outputs);
    }

    final void run() {
        if (stale) {
            bind();
            stale = false;
        }
        execute();
    }

    /** Lets go of every array, on both sides of the native border, until the next run. */
    final void release() {
        if (!stale) {
            stale = true;
            unbind();
        }
    }

    /** The input whose memory the output may take, or null. */
    Value overwritable() {
        return null;
    }

    abstract void bind();

    abstract void unbind();

    abstract void execute();

    /** An op that ND4J's executioner runs. */
    private abstract static sealed class Native extends Step {

        final OpContext context;

        Native(
                String name,
                String opName,
                List<Value> inputs,
                List<Value> outputs,
                OpContext context) {
            super(name, opName, inputs, outputs);
            this.context = context;
        }

        @Override
        final void bind() {
            // The native context keeps a handle for each array ever set until it is purged.
            context.purge();
            for (int i = 0; i < inputs.size(); i++) {
                context.setInputArray(i, inputs.get(i).array());
            }
            for (int i = 0; i < outputs.size(); i++) {
                context.setOutputArray(i, outputs.get(i).array());
            }
        }

        @Override
        final void unbind() {
            context.purge();
        }
    }

    /** An op that libnd4j looks up by its hash; all of its arguments are in the context. */
    static final class Custom extends Native {

        private final CustomOp op;

        Custom(
                CustomOp op,
                String name,
                List<Value> inputs,
                List<Value> outputs,
                OpContext context) {
            super(name, op.opName(), inputs, outputs, context);
            this.op = op;
        }

        @Override
        void execute() {
            Nd4j.exec(op, context);
        }
    }

    /** An op of ND4J's older kind; its dimensions, scalar and extra arguments are in the op. */
    static final class Legacy extends Native {

        private final Op op;

        Legacy(Op op, String name, List<Value> inputs, List<Value> outputs, OpContext context) {
            super(name, op.opName(), inputs, outputs, context);
            this.op = op;
        }

        @Override
        void execute() {
            Nd4j.exec(op, context);
        }
    }

    /** An op written in Java. */
    static final class Java extends Step {

        private final PlannedOp op;
        private final INDArray[] arrays;

        Java(PlannedOp op, String opName, String name, List<Value> inputs, Value output) {
            super(name, opName, inputs, List.of(output));
            this.op = op;
            this.arrays = new INDArray[inputs.size()];
        }

        @Override
        Value overwritable() {
            return op.overwritable() < 0 ? null : inputs.get(op.overwritable());
        }

        @Override
        void bind() {
            for (int i = 0; i < arrays.length; i++) {
                arrays[i] = inputs.get(i).array();
            }
        }

        @Override
        void unbind() {
            java.util.Arrays.fill(arrays, null);
        }

        @Override
        void execute() {
            op.execute(arrays, outputs.get(0).array());
        }
    }

    /** The same elements under another shape. */
    static final class Copy extends Step {

        private final long[] shape;
        private INDArray view;

        Copy(String name, String opName, Value input, Value output) {
            super(name, opName, List.of(input), List.of(output));
            this.shape = input.shape;
        }

        @Override
        void bind() {
            view = outputs.get(0).array().reshape('c', shape);
        }

        @Override
        void unbind() {
            view = null;
        }

        @Override
        void execute() {
            view.assign(inputs.get(0).array());
        }
    }
}
