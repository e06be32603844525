package org.seglosses.dl4j;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.schedule.FixedSchedule;
import org.nd4j.linalg.schedule.ISchedule;
import org.seglosses.samediff.loss.Combined;
import org.seglosses.samediff.loss.LossGraph;
import org.seglosses.samediff.loss.Mode;
import org.seglosses.samediff.loss.SegmentationLoss;
import org.seglosses.samediff.plan.Gradients;
import org.seglosses.samediff.plan.GraphPlan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A loss's graph, compiled for the shapes and types of one key; used by one thread at a time. */
@SuppressWarnings("try") // a workspace scope is opened and closed, never used
final class LossProgram implements AutoCloseable {

    /** What a program computes. */
    enum Output {
        /** The loss. */
        VALUE,
        /** The loss, and the gradient of {@code examples} times the loss. */
        VALUE_AND_GRADIENT,
        /** The loss of each image taken alone. */
        IMAGES
    }

    /** An array's type and shape. */
    record Form(DataType type, long[] shape) {

        static Form of(INDArray array) {
            return array == null ? null : new Form(array.dataType(), array.shape());
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Form form
                    && form.type == type
                    && Arrays.equals(form.shape, shape);
        }

        @Override
        public int hashCode() {
            return 31 * type.hashCode() + Arrays.hashCode(shape);
        }
    }

    /**
     * All that a program depends on; losses that are equal but for their schedules share programs,
     * since weights that are scheduled are given to each run.
     */
    record Key(
            SegmentationLoss loss,
            Mode mode,
            Form labels,
            Form logits,
            Form mask,
            Output output,
            long examples) {

        /** What stands for any schedule. */
        private static final ISchedule ANY = new FixedSchedule(1);

        Key {
            loss = loss.scheduledTerms().isEmpty() ? loss : loss.withSchedules(ANY);
        }
    }

    private static final String LABELS = "labels";
    private static final String LOGITS = "preOutput";
    private static final String MASK = "mask";
    private static final long[] SCALAR = {};

    private final Key key;
    private final GraphPlan plan;
    private final String value;
    private final String gradient;
    private final INDArray result;

    /** What is given for the weights that are scheduled: a scalar for each placeholder. */
    private final Map<String, INDArray> weights = new LinkedHashMap<>();

    /** The losses of a sum's components, beside its gradient. */
    private final List<INDArray> components = new ArrayList<>();

    private final Map<String, INDArray> inputs = new HashMap<>();
    private final Map<String, INDArray> outputs = new HashMap<>();

    LossProgram(Key key) {
        this.key = key;
        // Constants made inside a workspace would live in memory that is recycled.
        try (MemoryWorkspace ignored = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
            SameDiff sd = SameDiff.create();
            SDVariable labels = placeholder(sd, LABELS, key.labels);
            SDVariable logits = placeholder(sd, LOGITS, key.logits);
            SDVariable mask = key.mask == null ? null : placeholder(sd, MASK, key.mask);
            LossGraph graph =
                    LossGraph.ofLogits(
                            key.loss, key.mode, labels, logits, mask, type -> weight(sd, type));
            List<SDVariable> parts = List.of();
            SDVariable loss;
            if (key.output == Output.IMAGES) {
                loss = key.loss.groupLosses(graph, true);
            } else if (key.loss instanceof Combined sum) {
                parts = sum.componentLosses(graph);
                loss = sum.weighted(graph, parts);
            } else {
                loss = key.loss.loss(graph);
            }
            value = loss.name();
            GraphPlan.Builder builder = GraphPlan.builder(sd).output(value);
            if (key.output == Output.VALUE_AND_GRADIENT) {
                SDVariable seed = sd.constant(Nd4j.scalar(loss.dataType(), (double) key.examples));
                gradient = Gradients.of(loss, logits, seed).rename("gradient").name();
                builder.output(gradient);
                for (SDVariable part : parts) {
                    builder.output(part.name());
                    INDArray component = Nd4j.scalar(part.dataType(), 0);
                    components.add(component);
                    outputs.put(part.name(), component);
                }
            } else {
                gradient = null;
            }
            plan = build(builder);
            result = Nd4j.createUninitialized(loss.dataType(), plan.outputShape(value), 'c');
        }
        outputs.put(value, result);
    }

    private static SDVariable placeholder(SameDiff sd, String name, Form form) {
        return sd.placeHolder(name, form.type, form.shape);
    }

    private SDVariable weight(SameDiff sd, DataType type) {
        String name = "weight" + weights.size();
        weights.put(name, Nd4j.scalar(type, 0));
        return sd.placeHolder(name, type, SCALAR);
    }

    private GraphPlan build(GraphPlan.Builder builder) {
        builder.input(LABELS, key.labels.type, key.labels.shape);
        builder.input(LOGITS, key.logits.type, key.logits.shape);
        if (key.mask != null) {
            builder.input(MASK, key.mask.type, key.mask.shape);
        }
        weights.forEach((name, array) -> builder.input(name, array.dataType(), SCALAR));
        try {
            return builder.build();
        } catch (IllegalArgumentException e) {
            // An op that refuses its input says it better than the plan that could not be built.
            throw e.getCause() instanceof IllegalArgumentException cause ? cause : e;
        }
    }

    /**
     * Runs; returns the value or values, valid until the next run, and writes the gradient.
     *
     * @param scheduled the weights that are scheduled, in the loss's order
     */
    INDArray run(
            INDArray labels,
            INDArray logits,
            INDArray mask,
            double[] scheduled,
            INDArray gradientTo) {
        int next = 0;
        for (INDArray weight : weights.values()) {
            weight.assign(scheduled[next++]);
        }
        inputs.putAll(weights);
        inputs.put(LABELS, labels);
        inputs.put(LOGITS, logits);
        if (mask != null) {
            inputs.put(MASK, mask);
        }
        if (gradient != null) {
            outputs.put(gradient, gradientTo);
        }
        try {
            plan.run(inputs, outputs);
        } finally {
            // the arrays are the caller's; a cached program must not keep them
            inputs.clear();
            outputs.remove(gradient);
        }
        return result;
    }

    /** The losses of a sum's components in the last run; empty for other losses and outputs. */
    double[] components() {
        return components.stream().mapToDouble(component -> component.getDouble(0)).toArray();
    }

    Key key() {
        return key;
    }

    long bytes() {
        return plan.bytes();
    }

    @Override
    public void close() {
        plan.close();
        result.close();
        weights.values().forEach(INDArray::close);
        components.forEach(INDArray::close);
    }
}
