package org.seglosses.samediff.plan;

import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.linalg.api.ops.impl.shape.Gather;
import org.nd4j.linalg.api.ops.impl.summarystats.Variance;
import org.nd4j.linalg.api.ops.impl.transforms.custom.CumSum;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Reverse-mode differentiation within one graph.
 *
 * <p>{@link SameDiff#createGradFunction()} clones the graph, prints a line for each op and starts
 * from ones. This appends the backward pass to the graph that it is given, from any upstream
 * gradient, by asking the same ops for the same derivatives.
 */
public final class Gradients {

    /** Every op in here returns the derivative of its own value, whatever is computed from it. */
    private static final String ND4J_LOSSES = "org.nd4j.linalg.api.ops.impl.loss.";

    private Gradients() {}

    /**
     * Appends the gradient of {@code loss} with respect to {@code wrt} to their graph.
     *
     * @param loss a floating-point variable
     * @param wrt a floating-point variable of the same graph that {@code loss} depends on
     * @param seed the upstream gradient: a variable of the same graph with the shape and type of
     *     {@code loss}
     * @return the gradient, a new variable with the shape of {@code wrt}
     * @throws IllegalArgumentException if the variables are not floating point or not of one graph,
     *     if {@code loss} does not depend on {@code wrt} through floating-point variables, or if an
     *     op between them has no gradient or one that is known to be wrong; the op is named
     */
    public static SDVariable of(SDVariable loss, SDVariable wrt, SDVariable seed) {
        Objects.requireNonNull(loss, "loss");
        Objects.requireNonNull(wrt, "wrt");
        Objects.requireNonNull(seed, "seed");
        SameDiff graph = loss.getSameDiff();
        for (SDVariable variable : List.of(loss, wrt, seed)) {
            if (variable.getSameDiff() != graph) {
                throw new IllegalArgumentException(
                        "'"
                                + variable.name()
                                + "' and loss '"
                                + loss.name()
                                + "' are of two graphs");
            }
            if (!variable.dataType().isFPType()) {
                throw new IllegalArgumentException(
                        "'"
                                + variable.name()
                                + "' must be floating point, is "
                                + variable.dataType());
            }
        }
        if (seed.dataType() != loss.dataType()) {
            throw new IllegalArgumentException(
                    "seed must have the type of the loss, "
                            + loss.dataType()
                            + ", got "
                            + seed.dataType());
        }
        long[] of = loss.getShape();
        long[] given = seed.getShape();
        if (of != null
                && given != null
                && Arrays.stream(of).allMatch(side -> side >= 0)
                && !Arrays.equals(of, given)) {
            throw new IllegalArgumentException(
                    "seed must have the shape of the loss, "
                            + Arrays.toString(of)
                            + ", got "
                            + Arrays.toString(given));
        }
        if (loss.name().equals(wrt.name())) {
            return graph.identity(seed);
        }
        List<SameDiffOp> path = pathBackwards(graph, loss, wrt);
        Set<String> varying = new HashSet<>();
        varying.add(wrt.name());
        for (SameDiffOp op : path) {
            varying.addAll(op.getOutputsOfOp());
        }
        Map<String, SDVariable> gradients = new HashMap<>();
        gradients.put(loss.name(), seed);
        for (SameDiffOp op : path) {
            propagate(graph, op, varying, gradients);
        }
        return gradients.get(wrt.name());
    }

    private static void propagate(
            SameDiff graph,
            SameDiffOp node,
            Set<String> varying,
            Map<String, SDVariable> gradients) {
        DifferentialFunction op = node.getOp();
        List<SDVariable> upstream = new ArrayList<>();
        for (String output : node.getOutputsOfOp()) {
            SDVariable variable = graph.getVariable(output);
            SDVariable gradient = gradients.get(output);
            if (gradient == null && variable.dataType().isFPType()) {
                gradient = graph.zerosLike(variable);
            }
            upstream.add(gradient);
        }
        List<SDVariable> downstream;
        try {
            downstream = op.doDiff(upstream);
        } catch (RuntimeException e) {
            // Some ops say so by returning null, others by one exception or another.
            throw noGradient(node, e);
        }
        String[] args = op.argNames();
        Set<String> reached = new HashSet<>();
        for (int i = 0; i < args.length; i++) {
            if (!varying.contains(args[i]) || !graph.getVariable(args[i]).dataType().isFPType()) {
                continue;
            }
            SDVariable gradient =
                    downstream == null || i >= downstream.size() ? null : downstream.get(i);
            if (gradient == null) {
                throw noGradient(node, null);
            }
            reached.add(args[i]);
            gradients.merge(args[i], gradient, (sum, term) -> sum(op, sum, term));
        }
    }

    private static SDVariable sum(DifferentialFunction op, SDVariable sum, SDVariable term) {
        return op instanceof PlannedOp planned ? planned.sum(sum, term) : sum.add(term);
    }

    private static IllegalArgumentException noGradient(SameDiffOp node, RuntimeException cause) {
        return new IllegalArgumentException(
                "op '" + node.getName() + "' (" + node.getOp().opName() + ") has no gradient",
                cause);
    }

    /** The ops on any floating-point path from wrt to loss, readers before what they read. */
    private static List<SameDiffOp> pathBackwards(SameDiff graph, SDVariable loss, SDVariable wrt) {
        List<SameDiffOp> order = new ArrayList<>();
        // Depth first, with an explicit stack: graphs are deeper than Java's.
        Map<String, Boolean> reaches = new HashMap<>();
        List<String> stack = new ArrayList<>();
        stack.add(loss.name());
        Set<String> open = new LinkedHashSet<>();
        reaches.put(wrt.name(), true);
        while (!stack.isEmpty()) {
            String name = stack.get(stack.size() - 1);
            if (reaches.containsKey(name)) {
                stack.remove(stack.size() - 1);
                continue;
            }
            String opName = graph.getVariables().get(name).getOutputOfOp();
            if (opName == null || !graph.getVariable(name).dataType().isFPType()) {
                reaches.put(name, false);
                continue;
            }
            SameDiffOp op = graph.getOps().get(opName);
            String[] args = op.getOp().argNames();
            List<String> inputs = args == null ? List.of() : Arrays.asList(args);
            if (open.add(name)) {
                stack.addAll(inputs);
                continue;
            }
            boolean any = false;
            for (String input : inputs) {
                // An unvisited input here is one that is being visited: a cycle.
                any |= reaches.getOrDefault(input, false);
            }
            for (String output : op.getOutputsOfOp()) {
                reaches.put(output, any && graph.getVariable(output).dataType().isFPType());
            }
            if (any) {
                refuseWrongDerivative(op);
                order.add(op);
            }
        }
        if (!reaches.get(loss.name())) {
            throw new IllegalArgumentException(
                    "loss '"
                            + loss.name()
                            + "' does not depend on '"
                            + wrt.name()
                            + "' through floating-point variables");
        }
        Collections.reverse(order);
        return order;
    }

    private static void refuseWrongDerivative(SameDiffOp node) {
        String reason = wrongDerivative(node.getOp());
        if (reason != null) {
            throw new IllegalArgumentException(
                    "op '"
                            + node.getName()
                            + "' ("
                            + node.getOp().opName()
                            + ") has a wrong gradient in ND4J: "
                            + reason);
        }
    }

    /** What is wrong with an op's doDiff in ND4J 1.0.0-M2.1; null if nothing is known to be. */
    private static String wrongDerivative(DifferentialFunction op) {
        if (op.getClass().getName().startsWith(ND4J_LOSSES)) {
            return "it ignores what is computed from the loss; compose the loss of elementary ops";
        }
        if (op instanceof Gather) {
            return "it holds for sorted indices and constant upstream gradients only";
        }
        if (op instanceof CumSum sum && sum.numIArguments() > 1 && sum.getIArgument(1) != 0) {
            return "it is that of the sum in the other direction when reverse is set";
        }
        if (op instanceof Variance variance && !variance.isBiasCorrected()) {
            return "it is that of the bias-corrected variance";
        }
        return null;
    }
}
