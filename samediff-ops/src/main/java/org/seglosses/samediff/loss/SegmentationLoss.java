package org.seglosses.samediff.loss;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonInclude;
import org.nd4j.shade.jackson.annotation.JsonTypeInfo;
import org.nd4j.shade.jackson.databind.annotation.JsonDeserialize;
import org.seglosses.samediff.op.GroupMean;

import java.io.Serializable;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/**
 * The definition of a segmentation loss: its parameters, and how it adds itself to a graph.
 *
 * <p>Definitions are immutable, and equal if their parameters are. They are records, and are
 * written to JSON as such. Where a property is missing in JSON its parameter has the default of the
 * class's static {@code builder()}; null is read where null means something, as for {@code
 * ignoreIndex}, and refused elsewhere, and so is a property that is unknown.
 *
 * <p><b>Parameters.</b> A number that scales something is 0, where that means something, or between
 * 1e-10 and 1e10, and a power is at most 10: beyond that a finite input may give what FLOAT cannot
 * hold. With each parameter at any end of what it may be, finite logits give a finite loss and
 * gradient.
 *
 * <pre>{@code
 * SDVariable loss = Boundary.builder().theta(5).build().define(sd, "loss", labels, logits);
 * }</pre>
 *
 * <p><b>Shapes.</b> Logits are {@code [N,C,H,W]}. Labels are class indices {@code [N,H,W]} or
 * {@code [N,1,H,W]} of any numeric type, or one-hot {@code [N,C,H,W]}. A mask is {@code [N]},
 * {@code [N,1]}, {@code [N,H,W]}, or anything that broadcasts to {@code [N,1,H,W]} (in {@link
 * Mode#MULTILABEL} {@code [N,C,H,W]}). HALF and BFLOAT16 logits are computed in FLOAT.
 *
 * <p><b>Void pixels</b> are those whose index label is the ignore index, whose one-hot vector is
 * all zero, or whose mask is 0. They have no influence, whatever their logits are, and their
 * gradient is exactly 0. The mask is read first: where it is 0 the label may be anything, NaN too.
 * With nothing valid at all the loss is 0.
 *
 * <p><b>Gradients</b> go to the logits; labels and masks are constants.
 *
 * <p><b>Errors.</b> When the graph runs, a label that is no class and not the ignore index, label
 * vectors that {@link org.seglosses.samediff.op.LabelRule} does not allow (pictures say), or a
 * negative or infinite mask, is an {@code IllegalArgumentException}. A logit at a valid pixel that
 * is not finite makes the loss and the gradient NaN. One exception: under softmax, -infinity says
 * probability 0 at a class that has no share in the pixel's label (smoothing gives all a share),
 * where another of the pixel's logits is finite.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.CLASS, property = "@class")
@JsonInclude(JsonInclude.Include.ALWAYS) // what is not written would be read as its default
@JsonDeserialize(using = DefinitionReader.class)
public interface SegmentationLoss extends Serializable {

    /**
     * The modes that the loss is defined in.
     *
     * @return the modes, in the order of the enum
     */
    Set<Mode> modes();

    /**
     * The mode that was named, if one was.
     *
     * @return the mode, or null to take it from the activation or the number of channels; a graph
     *     that does not know that number takes the first of {@link #modes}
     */
    default Mode mode() {
        return null;
    }

    /**
     * The label of void pixels.
     *
     * @return the label, or null if there is none
     */
    Integer ignoreIndex();

    /**
     * The ignore indices of all its terms; of a loss that is no sum, its own alone.
     *
     * @return each once, null where a term has none
     */
    default Set<Integer> ignoreIndices() {
        return Collections.singleton(ignoreIndex());
    }

    /**
     * Whether the loss is a mean over the losses of single images, rather than of the whole batch.
     *
     * @return whether it is
     */
    default boolean perImage() {
        return false;
    }

    /**
     * Whether the loss needs to know which pixels are one image, or where in it they are.
     *
     * @return whether it does
     */
    default boolean needsImages() {
        return perImage();
    }

    /**
     * The terms in this loss whose weights are scheduled, in the order in which it asks a graph for
     * their weights.
     *
     * @return the terms; none but in sums
     */
    default List<Combined.Term> scheduledTerms() {
        return List.of();
    }

    /**
     * The same loss with another schedule in the place of each that it has. What it adds to a graph
     * is the same, since the weights' values come from elsewhere.
     *
     * @param schedule the schedule
     * @return the loss
     */
    default SegmentationLoss withSchedules(ISchedule schedule) {
        return this;
    }

    /**
     * Adds the loss of each group of pixels to a graph: of each image taken alone, or of the batch.
     *
     * @param graph what the loss is computed from
     * @param eachImage whether a group is an image
     * @return the losses of the groups, {@code [N]} or {@code [1]}
     */
    SDVariable groupLosses(LossGraph graph, boolean eachImage);

    /**
     * Adds what the loss is made of to a graph; together the parts are {@link #loss}.
     *
     * @param graph what the loss is computed from
     * @return the parts
     * @see LossExplanation
     */
    LossParts parts(LossGraph graph);

    /**
     * Adds the loss, a scalar, to a graph.
     *
     * @param graph what the loss is computed from
     * @return the loss
     */
    default SDVariable loss(LossGraph graph) {
        return GroupMean.of(groupLosses(graph, perImage()));
    }

    /**
     * Adds the loss to a graph.
     *
     * @param sd the graph
     * @param name the name of the loss variable
     * @param labels the labels
     * @param logits the logits {@code [N,C,H,W]}
     * @return the loss, a scalar
     * @throws IllegalArgumentException if a declared shape or the mode does not fit, a variable is
     *     of another graph, the name is taken, or a weight is scheduled; nothing has been added
     *     then
     */
    default SDVariable define(SameDiff sd, String name, SDVariable labels, SDVariable logits) {
        return define(sd, name, labels, logits, null);
    }

    /**
     * Adds the loss to a graph.
     *
     * @param sd the graph
     * @param name the name of the loss variable
     * @param labels the labels
     * @param logits the logits {@code [N,C,H,W]}
     * @param mask the mask, or null
     * @return the loss, a scalar
     * @throws IllegalArgumentException if a declared shape or the mode does not fit, a variable is
     *     of another graph, the name is taken, or a weight is scheduled; nothing has been added
     *     then
     */
    default SDVariable define(
            SameDiff sd, String name, SDVariable labels, SDVariable logits, SDVariable mask) {
        Rules.requirePlace(sd, name, labels, logits, mask);
        return loss(LossGraph.ofLogits(this, null, labels, logits, mask)).rename(name);
    }

    /**
     * Adds the loss to a graph that ends in probabilities: of a softmax over the channels in {@link
     * Mode#MULTICLASS}, of sigmoids otherwise. Prefer logits: a probability that has been rounded
     * to 0 or 1 has lost its gradient, and a logarithm is taken of 1e-30 at least. When the graph
     * runs, a number at a valid pixel that is not from 0 to 1 (within 1e-6) is an {@code
     * IllegalArgumentException}, and so is, in {@link Mode#MULTICLASS}, a pixel whose probabilities
     * do not sum to 1 (within 1e-3; HALF and BFLOAT16 within C times the type's epsilon).
     *
     * @param sd the graph
     * @param name the name of the loss variable
     * @param labels the labels
     * @param probabilities the probabilities {@code [N,C,H,W]}
     * @param mask the mask, or null
     * @return the loss, a scalar
     * @throws IllegalArgumentException if a declared shape or the mode does not fit, a weight is
     *     scheduled, or the loss is defined on logits alone
     */
    default SDVariable defineOnProbabilities(
            SameDiff sd,
            String name,
            SDVariable labels,
            SDVariable probabilities,
            SDVariable mask) {
        Rules.requirePlace(sd, name, labels, probabilities, mask);
        return loss(LossGraph.ofProbabilities(this, null, labels, probabilities, mask))
                .rename(name);
    }
}
