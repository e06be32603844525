package org.seglosses.samediff.loss;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What a value of a loss is made of: a tree whose leaves say what each class of each image
 * contributes.
 *
 * <p>The value of a node is the weighted sum of its components' values or, at a leaf, the sum of
 * its contributions. Where a loss is of the batch as a whole, and not a sum over images, a leaf has
 * one row. With one label a pixel, a pixel-wise loss's terms are contributions of the class that is
 * the label; with {@link Focal.Form#ONE_VS_REST} and in region losses a class's own; a single
 * channel is one class. Powers of a mean over classes (the gamma of {@link Tversky}, {@link
 * Focal.Form#AGGREGATE}) are shared out in proportion to what the classes contribute to the mean.
 *
 * @param name the loss, or the part of it
 * @param weight its weight in what it is a component of; 1 at the root
 * @param value its value, not weighted
 * @param contributions what each class of each image contributes to the value, a row an image; none
 *     for a sum of components
 * @param components what it is a weighted sum of
 */
public record LossExplanation(
        String name,
        double weight,
        double value,
        List<List<Double>> contributions,
        List<LossExplanation> components) {

    /**
     * Explains the value of a loss, in the mode that it names or that the channels tell.
     *
     * @param loss the loss
     * @param labels the labels
     * @param logits the logits {@code [N,C,H,W]}
     * @param mask the mask, or null
     * @return the explanation
     * @throws IllegalArgumentException if an argument does not fit
     */
    public static LossExplanation of(
            SegmentationLoss loss, INDArray labels, INDArray logits, INDArray mask) {
        return of(loss, null, new double[0], labels, logits, mask);
    }

    /**
     * Explains the value of a loss. It runs a graph of its own; not for every iteration of a
     * training.
     *
     * @param loss the loss
     * @param mode the mode, or null to take the loss's own or to tell it from the channels
     * @param scheduled a value for each of the loss's {@link SegmentationLoss#scheduledTerms}
     * @param labels the labels
     * @param logits the logits {@code [N,C,H,W]}
     * @param mask the mask, or null
     * @return the explanation
     * @throws IllegalArgumentException if an argument does not fit
     */
    @SuppressWarnings("try") // a workspace scope is opened and closed, never used
    public static LossExplanation of(
            SegmentationLoss loss,
            Mode mode,
            double[] scheduled,
            INDArray labels,
            INDArray logits,
            INDArray mask) {
        Rules.requireGiven(loss, "loss");
        Rules.requireGiven(labels, "labels");
        Rules.requireGiven(logits, "logits");
        Rules.requireGiven(scheduled, "scheduled");
        int schedules = loss.scheduledTerms().size();
        if (scheduled.length != schedules) {
            throw new IllegalArgumentException(
                    "scheduled must hold a value for each of the "
                            + schedules
                            + " weights of "
                            + loss.getClass().getSimpleName()
                            + " that follow a schedule, got "
                            + Arrays.toString(scheduled)
                            + ": LossExplanation.of(loss, mode, scheduled, labels, logits, mask)");
        }
        // constants made inside a workspace would live in memory that is recycled
        try (MemoryWorkspace ignored = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
            SameDiff sd = SameDiff.create();
            Map<String, INDArray> inputs = new HashMap<>();
            SDVariable y = input(sd, "labels", labels, inputs);
            SDVariable z = input(sd, "logits", logits, inputs);
            SDVariable m = mask == null ? null : input(sd, "mask", mask, inputs);
            LossGraph graph = graph(loss, mode, scheduled, y, z, m);
            LossParts parts = loss.parts(graph);
            Set<String> names = new LinkedHashSet<>();
            collect(parts, names);
            Map<String, INDArray> found = sd.output(inputs, names.toArray(new String[0]));
            return node(loss.getClass().getSimpleName(), 1, parts, found);
        }
    }

    private static LossGraph graph(
            SegmentationLoss loss,
            Mode mode,
            double[] scheduled,
            SDVariable labels,
            SDVariable logits,
            SDVariable mask) {
        if (scheduled.length == 0) {
            return LossGraph.ofLogits(loss, mode, labels, logits, mask);
        }
        Iterator<Double> weights = Arrays.stream(scheduled).iterator();
        SameDiff sd = logits.getSameDiff();
        return LossGraph.ofLogits(
                loss, mode, labels, logits, mask, type -> sd.constant(weights.next()));
    }

    private static SDVariable input(
            SameDiff sd, String name, INDArray array, Map<String, INDArray> inputs) {
        inputs.put(name, array);
        return sd.placeHolder(name, array.dataType(), array.shape());
    }

    private static void collect(LossParts parts, Set<String> names) {
        if (parts.contributions() != null) {
            names.add(parts.contributions().name());
        }
        for (LossParts.Component component : parts.components()) {
            names.add(component.weight().name());
            collect(component.parts(), names);
        }
    }

    private static LossExplanation node(
            String name, double weight, LossParts parts, Map<String, INDArray> found) {
        List<List<Double>> rows = new ArrayList<>();
        List<LossExplanation> components = new ArrayList<>();
        double value = 0;
        if (parts.contributions() != null) {
            INDArray array = found.get(parts.contributions().name()).castTo(DataType.DOUBLE);
            for (int i = 0; i < array.size(0); i++) {
                List<Double> row = new ArrayList<>();
                for (int c = 0; c < array.size(1); c++) {
                    double share = array.getDouble(i, c);
                    row.add(parts.ofImages() ? share / array.size(0) : share);
                    value += row.get(c);
                }
                rows.add(List.copyOf(row));
            }
        }
        for (LossParts.Component component : parts.components()) {
            double own = found.get(component.weight().name()).getDouble(0);
            LossExplanation node = node(component.name(), own, component.parts(), found);
            components.add(node);
            value += own * node.value;
        }
        return new LossExplanation(name, weight, value, List.copyOf(rows), List.copyOf(components));
    }

    /**
     * What each class contributes to the value: the sums over images.
     *
     * @return a number a class; none for a sum of components
     */
    public double[] classes() {
        double[] sums = new double[contributions.isEmpty() ? 0 : contributions.get(0).size()];
        for (List<Double> row : contributions) {
            for (int c = 0; c < sums.length; c++) {
                sums[c] += row.get(c);
            }
        }
        return sums;
    }

    /**
     * What each image contributes to the value: the sums over classes.
     *
     * @return a number an image, or one for the batch; none for a sum of components
     */
    public double[] images() {
        return contributions.stream()
                .mapToDouble(row -> row.stream().mapToDouble(Double::doubleValue).sum())
                .toArray();
    }

    /** The tree, a line a node. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        append(text, 0);
        return text.toString();
    }

    private void append(StringBuilder text, int depth) {
        text.append("  ".repeat(depth)).append(name).append(' ').append(number(value));
        if (depth > 0) {
            text.append(" x ").append(number(weight));
        }
        if (!contributions.isEmpty()) {
            text.append("; by class ").append(numbers(classes()));
            if (contributions.size() > 1) {
                text.append("; by image ").append(numbers(images()));
            }
        }
        text.append('\n');
        for (LossExplanation component : components) {
            component.append(text, depth + 1);
        }
    }

    private static String numbers(double[] values) {
        return String.join(", ", Arrays.stream(values).mapToObj(LossExplanation::number).toList());
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.6g", value);
    }
}
