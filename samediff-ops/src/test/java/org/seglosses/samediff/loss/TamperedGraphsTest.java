package org.seglosses.samediff.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.samediff.op.JavaOp;
import org.seglosses.samediff.plan.Gradients;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

/**
 * Saved graphs whose ops have other arguments or inputs than a builder would give them: each has a
 * result or is refused in words, when it is loaded or before it is computed.
 */
class TamperedGraphsTest {

    private static final List<Long> INTEGERS =
            List.of(
                    -1L,
                    0L,
                    1L,
                    2L,
                    3L,
                    4L,
                    7L,
                    255L,
                    1_000_000L,
                    (long) Integer.MAX_VALUE,
                    (long) Integer.MIN_VALUE,
                    Long.MAX_VALUE,
                    Long.MIN_VALUE);

    private static final List<Double> REALS =
            List.of(
                    -1.0,
                    0.0,
                    -0.0,
                    0.5,
                    1.0,
                    2.0,
                    1e300,
                    Double.MIN_VALUE,
                    Double.NaN,
                    Double.POSITIVE_INFINITY,
                    Double.NEGATIVE_INFINITY);

    /** Kinds of tampering are tried on so many ops each. */
    private static final int OPS_OF_A_KIND = 2;

    /** A loss and its gradient in one graph, so that the ops of both are saved. */
    private record Case(Subject subject, SameDiff graph, Map<String, INDArray> inputs) {

        static Case of(Subject subject, int seed, DataType type) {
            Subject.Draw draw = subject.draw(seed, 3);
            Sample sample = draw.sample();
            Integer ignoreIndex = LossRun.ignoreIndex(draw.loss());
            Map<String, INDArray> inputs = new LinkedHashMap<>();
            inputs.put("labels", sample.labels(DataType.INT32, ignoreIndex));
            inputs.put("logits", sample.logits(type));
            if (sample.needsMask(ignoreIndex)) {
                inputs.put("mask", sample.mask(DataType.FLOAT));
            }
            SameDiff sd = SameDiff.create();
            Map<String, SDVariable> variables = new HashMap<>();
            inputs.forEach(
                    (name, array) ->
                            variables.put(
                                    name, sd.placeHolder(name, array.dataType(), array.shape())));
            SDVariable loss =
                    draw.loss()
                            .define(
                                    sd,
                                    "loss",
                                    variables.get("labels"),
                                    variables.get("logits"),
                                    variables.get("mask"));
            SDVariable seedOfGradient = sd.constant(Nd4j.scalar(loss.dataType(), 1.0));
            Gradients.of(loss, variables.get("logits"), seedOfGradient);
            return new Case(subject, sd, inputs);
        }

        List<String> ops() {
            List<String> ops = new ArrayList<>();
            for (SameDiffOp op : graph.getOps().values()) {
                if (op.getOp() instanceof JavaOp) {
                    ops.add(op.getName());
                }
            }
            return ops;
        }

        /** Saves, loads, and computes the output of one op. */
        void run(String op) {
            String output = graph.getOps().get(op).getOutputsOfOp().get(0);
            try {
                ByteBuffer saved = graph.asFlatBuffers(false);
                SameDiff.fromFlatBuffers(saved).outputSingle(inputs, output);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Changes an op, runs, and changes it back. */
    private static void tamper(
            Case each, String op, String what, Runnable change, Runnable back, Set<String> raw) {
        change.run();
        try {
            each.run(op);
        } catch (Throwable thrown) {
            String message = thrown.getMessage();
            boolean refused =
                    thrown instanceof IllegalArgumentException
                            || thrown instanceof IllegalStateException;
            if (!refused
                    || message == null
                    || !message.contains(" must ") && !message.contains("seglosses_")) {
                raw.add(each.subject.name() + " " + op + " " + what + ": " + thrown);
            }
        } finally {
            back.run();
        }
    }

    @Test
    void eachIsComputedOrRefusedInWords() {
        Set<String> raw = new TreeSet<>();
        Map<String, Integer> tried = new HashMap<>();
        Set<String> kinds = new HashSet<>();
        Random random = new Random(12);
        int seed = 0;
        for (Subject subject : Subject.all()) {
            DataType type = seed % 2 == 0 ? DataType.FLOAT : DataType.DOUBLE;
            Case each = Case.of(subject, seed++, type);
            for (String name : each.ops()) {
                JavaOp op = (JavaOp) each.graph.getOps().get(name).getOp();
                kinds.add(op.opName());
                if (tried.merge(op.opName(), 1, Integer::sum) <= OPS_OF_A_KIND) {
                    tamperAll(each, name, op, random, raw);
                }
            }
        }
        assertThat(kinds).hasSizeGreaterThan(30);
        assertThat(raw).isEmpty();
    }

    private static void tamperAll(
            Case each, String name, JavaOp op, Random random, Set<String> raw) {
        tamperList(each, name, list(op, "iArguments"), INTEGERS, "iArgs", raw);
        tamperList(each, name, list(op, "tArguments"), REALS, "tArgs", raw);
        tamperList(each, name, list(op, "bArguments"), List.of(true, false), "bArgs", raw);
        tamperInputs(each, name, raw);
        // several at once
        List<Long> integers = list(op, "iArguments");
        List<Long> before = new ArrayList<>(integers);
        for (int round = 0; round < 10 && !before.isEmpty(); round++) {
            tamper(
                    each,
                    name,
                    "round " + round,
                    () ->
                            integers.replaceAll(
                                    value ->
                                            random.nextBoolean()
                                                    ? value
                                                    : INTEGERS.get(
                                                            random.nextInt(INTEGERS.size()))),
                    () -> restore(integers, before),
                    raw);
        }
    }

    private static <T> void tamperList(
            Case each, String name, List<T> list, List<T> values, String what, Set<String> raw) {
        List<T> before = new ArrayList<>(list);
        for (int i = 0; i < before.size(); i++) {
            int place = i;
            for (T value : values) {
                tamper(
                        each,
                        name,
                        what + "[" + i + "] = " + value,
                        () -> list.set(place, value),
                        () -> restore(list, before),
                        raw);
            }
            tamper(
                    each,
                    name,
                    what + " without " + i,
                    () -> list.remove(place),
                    () -> restore(list, before),
                    raw);
        }
        tamper(each, name, "no " + what, list::clear, () -> restore(list, before), raw);
        for (T value : values) {
            tamper(
                    each,
                    name,
                    what + " and " + value,
                    () -> list.add(value),
                    () -> restore(list, before),
                    raw);
        }
    }

    private static void tamperInputs(Case each, String name, Set<String> raw) {
        SameDiffOp op = each.graph.getOps().get(name);
        List<String> before = op.getInputsToOp();
        List<List<String>> others = new ArrayList<>();
        for (int i = 0; i < before.size(); i++) {
            for (int j = 0; j < i; j++) {
                List<String> swapped = new ArrayList<>(before);
                Collections.swap(swapped, i, j);
                others.add(swapped);
            }
            for (String input : each.inputs.keySet()) {
                List<String> replaced = new ArrayList<>(before);
                replaced.set(i, input);
                others.add(replaced);
            }
        }
        others.add(before.subList(0, before.size() - 1));
        List<String> more = new ArrayList<>(before);
        more.add(before.get(0));
        others.add(more);
        for (List<String> inputs : others) {
            if (inputs.isEmpty()) {
                continue;
            }
            tamper(
                    each,
                    name,
                    "inputs " + inputs,
                    () -> op.setInputsToOp(inputs),
                    () -> op.setInputsToOp(before),
                    raw);
        }
    }

    private static <T> void restore(List<T> list, List<T> before) {
        list.clear();
        list.addAll(before);
    }

    @SuppressWarnings("unchecked")
    private static <T> List<T> list(JavaOp op, String field) {
        try {
            Field found = DynamicCustomOp.class.getDeclaredField(field);
            found.setAccessible(true);
            return (List<T>) found.get(op);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static SameDiff graph(SegmentationLoss loss) {
        SameDiff sd = SameDiff.create();
        SDVariable y = sd.placeHolder("labels", DataType.FLOAT, -1, 1, -1, -1);
        SDVariable z = sd.placeHolder("logits", DataType.FLOAT, -1, 3, -1, -1);
        loss.define(sd, "loss", y, z).markAsLoss();
        return sd;
    }

    private static List<Long> integers(SameDiff sd, String kind) {
        return list(op(sd, kind), "iArguments");
    }

    private static JavaOp op(SameDiff sd, String kind) {
        return (JavaOp)
                Arrays.stream(sd.ops())
                        .filter(op -> op.opName().equals(kind))
                        .findFirst()
                        .orElseThrow();
    }

    private static void assertRefusedWhenLoaded(SameDiff sd, String message) {
        assertThatThrownBy(() -> SameDiff.fromFlatBuffers(sd.asFlatBuffers(false)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void theWordsWhenLoaded() {
        SameDiff boundary = graph(Boundary.builder().build());
        integers(boundary, "seglosses_boundary_targets").set(0, 4L);
        assertRefusedWhenLoaded(
                boundary,
                "seglosses_boundary_targets: theta0 must be odd and from 3 to 2147483647, got 4");

        SameDiff missing = graph(Boundary.builder().build());
        integers(missing, "seglosses_boundary_targets").remove(2);
        assertRefusedWhenLoaded(
                missing,
                "seglosses_boundary_targets must have 3 integer arguments [theta0, theta,"
                        + " complement], got 2: [3, 5]");

        SameDiff absent = graph(Dice.builder().classes(1).build());
        integers(absent, "seglosses_region_losses").set(5, 3L);
        assertRefusedWhenLoaded(
                absent, "seglosses_region_losses: absent must be from 0 to 2, got 3");

        SameDiff classes = graph(Dice.builder().classes(1).build());
        integers(classes, "seglosses_region_losses").set(6, -2L);
        assertRefusedWhenLoaded(
                classes, "seglosses_region_losses: classes must be at least 0, got -2");

        SameDiff weights = graph(CrossEntropy.builder().classWeights(1, 2, 1).build());
        List<Double> reals = list(op(weights, "seglosses_cross_entropy_sums"), "tArguments");
        reals.set(2, Double.NaN);
        assertRefusedWhenLoaded(
                weights,
                "seglosses_cross_entropy_sums: classWeights must be finite and not negative, got"
                        + " NaN");
        reals.set(2, 2.0);
        reals.set(0, 1.5);
        assertRefusedWhenLoaded(
                weights, "seglosses_cross_entropy_sums: smoothing must be from 0 to 1, got 1.5");
    }

    private static void assertRefusedWhenRun(SameDiff sd, String message) {
        Map<String, INDArray> inputs =
                Map.of(
                        "labels",
                        Nd4j.zeros(DataType.FLOAT, 1, 1, 4, 4),
                        "logits",
                        Nd4j.zeros(DataType.FLOAT, 1, 3, 4, 4));
        assertThatThrownBy(() -> sd.output(inputs, "loss"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void theWordsOfWhatDependsOnTheInputs() {
        SameDiff classes = graph(Dice.builder().classes(1).build());
        integers(classes, "seglosses_region_losses").set(6, 3L);
        assertRefusedWhenRun(
                classes, "seglosses_region_losses: classes must be from 0 to 2, got 3");

        SameDiff weights = graph(CrossEntropy.builder().classWeights(1, 2, 1).build());
        List<Double> reals = list(op(weights, "seglosses_cross_entropy_sums"), "tArguments");
        reals.remove(3);
        assertRefusedWhenRun(
                weights,
                "seglosses_cross_entropy_sums: classWeights must be none or one for each of 3"
                        + " channels, got 2 of them for FLOAT [1, 3, 4, 4]");

        SameDiff exchanged = graph(Boundary.builder().build());
        SameDiffOp op =
                exchanged.getOps().get(op(exchanged, "seglosses_boundary_sums").getOwnName());
        List<String> swapped = new ArrayList<>(op.getInputsToOp());
        Collections.swap(swapped, 0, 1);
        op.setInputsToOp(swapped);
        assertRefusedWhenRun(
                exchanged,
                "seglosses_boundary_sums: probabilities must be FLOAT or DOUBLE of shape [any, any,"
                        + " any, any], got INT [1, 1, 4, 4]");
    }
}
