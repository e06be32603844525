package org.seglosses.dl4j;

import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.shade.jackson.annotation.JsonAnySetter;
import org.nd4j.shade.jackson.annotation.JsonAutoDetect;
import org.nd4j.shade.jackson.annotation.JsonInclude;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.seglosses.dl4j.LossProgram.Form;
import org.seglosses.dl4j.LossProgram.Output;
import org.seglosses.samediff.loss.Combined;
import org.seglosses.samediff.loss.LossExplanation;
import org.seglosses.samediff.loss.Mode;
import org.seglosses.samediff.loss.SegmentationLoss;

import java.io.IOException;
import java.io.InvalidObjectException;
import java.io.ObjectInputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A segmentation loss as DL4J's loss function: what all losses here have in common.
 *
 * <p><b>Pre-output</b> is {@code [N,C,H,W]}, as {@code SegmentationLossLayer} hands it, or the rows
 * {@code [R,C]} of DL4J's own output layers. The output layer's activation tells what the network
 * puts out: SOFTMAX, SIGMOID, or IDENTITY for logits (then one channel means BINARY and several
 * MULTICLASS, unless the definition names a mode). Any other activation is refused.
 *
 * <p><b>Scaling.</b> Let {@code l} be what the PyTorch loss returns and n the number of examples.
 * {@link #computeScore} returns {@code l} if averaged and {@code n * l} if not, and {@link
 * #computeGradient} {@code n * dl/dz}, since DL4J divides score and gradient by the minibatch size:
 * the update is PyTorch's. For {@code [N,C,H,W]} n is N. For rows with {@link #imageSize} n is R /
 * (h * w), and the values are those of the images. For rows without it each row is an example, n =
 * R, which is how DL4J's own losses scale; losses that need to know the images refuse it.
 *
 * <p>{@link #computeScoreArray} gives in row i the loss of example i taken alone; these need not
 * add up to {@code n * l}. With {@link #imageSize} each image's loss is spread evenly over its
 * rows.
 *
 * <p><b>Schedules.</b> A weight in a {@link LossCombined} may follow a schedule over iteration or
 * epoch, of which DL4J tells a loss nothing. So the methods without a {@link TrainingTime} refuse
 * it.
 *
 * <p>Instances are immutable, thread-safe, and equal if class and parameters are. The arrays that
 * they are given are never written to. HALF and BFLOAT16 are computed in FLOAT.
 *
 * @param <D> the class of the definition
 */
@JsonAutoDetect(
        fieldVisibility = JsonAutoDetect.Visibility.NONE,
        getterVisibility = JsonAutoDetect.Visibility.NONE,
        isGetterVisibility = JsonAutoDetect.Visibility.NONE)
@JsonInclude(JsonInclude.Include.NON_NULL)
@SuppressWarnings("try") // a workspace scope is opened and closed, never used
public abstract class SegmentationLossFunction<D extends SegmentationLoss>
        implements ILossFunction {

    private static final long serialVersionUID = 1L;

    private final D definition;
    private final ImageSize imageSize;

    /**
     * Wraps a definition.
     *
     * @param definition the definition
     * @param imageSize the size of the images that flat rows are made of, or null
     * @throws IllegalArgumentException if there is no definition
     */
    protected SegmentationLossFunction(D definition, ImageSize imageSize) {
        if (definition == null) {
            throw new IllegalArgumentException("definition must be given, got null");
        }
        this.definition = definition;
        this.imageSize = imageSize;
    }

    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
        in.defaultReadObject();
        if (definition == null) {
            throw new InvalidObjectException("definition must be given, got null");
        }
    }

    /** DL4J's mappers skip what they do not know. */
    @JsonAnySetter
    private void refuse(String property, Object value) {
        throw new IllegalArgumentException(
                "properties of "
                        + name()
                        + " must be among [definition, imageSize], got "
                        + property);
    }

    /**
     * The definition: parameters and graph.
     *
     * @return the definition
     */
    @JsonProperty("definition")
    public final D definition() {
        return definition;
    }

    /**
     * The size of the images that flat rows are made of.
     *
     * @return the size, or null
     */
    @JsonProperty("imageSize")
    public final ImageSize imageSize() {
        return imageSize;
    }

    /**
     * The same loss for flat rows {@code [N*h*w,C]} of images, in (n,h,w) order, as {@code
     * CnnLossLayer} makes them of NCHW activations.
     *
     * @param height h, at least 1
     * @param width w, at least 1
     * @return the loss
     * @throws IllegalArgumentException if a side is not positive
     */
    public abstract SegmentationLossFunction<D> imageSize(int height, int width);

    /**
     * Computes score and gradient in one run, the gradient into an array of the caller.
     *
     * @param labels the labels
     * @param preOutput the output layer's activations before its activation function
     * @param activation the output layer's activation function
     * @param mask the label mask, or null
     * @param gradient where the gradient goes, of the pre-output's shape and type; overwritten
     * @return the score, not averaged: {@code n * l}
     * @throws IllegalArgumentException if an argument does not fit, which the message names, or a
     *     weight is scheduled
     */
    public final double computeScoreAndGradient(
            INDArray labels,
            INDArray preOutput,
            IActivation activation,
            INDArray mask,
            INDArray gradient) {
        return computeScoreAndGradient(labels, preOutput, activation, mask, gradient, null).score();
    }

    /**
     * Computes score, gradient and the components of the score in one run, the gradient into an
     * array of the caller.
     *
     * @param labels the labels
     * @param preOutput the output layer's activations before its activation function
     * @param activation the output layer's activation function
     * @param mask the label mask, or null
     * @param gradient where the gradient goes, of the pre-output's shape and type; overwritten
     * @param time the time, which schedules of weights ask for; null if it is not known
     * @return the score, not averaged, and its components
     * @throws IllegalArgumentException if an argument does not fit, which the message names, or a
     *     weight is scheduled and the time is not known, or its schedule gives what is no weight
     */
    public final LossScore computeScoreAndGradient(
            INDArray labels,
            INDArray preOutput,
            IActivation activation,
            INDArray mask,
            INDArray gradient,
            TrainingTime time) {
        TermWeights weights = TermWeights.of(name(), definition, time);
        requireGiven(preOutput, "preOutput");
        requireGiven(gradient, "gradient");
        if (gradient.dataType() != preOutput.dataType()
                || !Arrays.equals(gradient.shape(), preOutput.shape())) {
            throw new IllegalArgumentException(
                    "gradient must have type and shape of preOutput, "
                            + preOutput.dataType()
                            + " "
                            + Arrays.toString(preOutput.shape())
                            + "; got "
                            + gradient.dataType()
                            + " "
                            + Arrays.toString(gradient.shape()));
        }
        try (MemoryWorkspace ignored = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
            Batch batch = batch(labels, preOutput, mask);
            // after the batch, whose own faults come first: an empty array has no strides either
            requireDistinctElements(gradient);
            boolean direct = batch.logits() == preOutput;
            INDArray to =
                    direct
                            ? gradient
                            : Nd4j.createUninitialized(
                                    preOutput.dataType(), batch.logits().shape(), 'c');
            Computed computed = run(batch, activation, Output.VALUE_AND_GRADIENT, weights, to);
            if (!direct) {
                gradient.assign(batch.rows(to));
            }
            return new LossScore(computed.loss * batch.examples(), components(computed, weights));
        }
    }

    /**
     * Explains the score: what images, classes and components contribute to it. The explanation's
     * value is the averaged score. It runs a graph of its own; not for every iteration of a
     * training.
     *
     * <p>What a network puts out is not what it wants: {@code SegmentationHead.explain(network,
     * dataSet)} takes what stands before the activation, labels, masks and time from the network.
     *
     * @param labels the labels
     * @param preOutput the output layer's activations before its activation function
     * @param activation the output layer's activation function
     * @param mask the label mask, or null
     * @return the explanation
     * @throws IllegalArgumentException if an argument does not fit, or a weight is scheduled; the
     *     message names it
     */
    public final LossExplanation explain(
            INDArray labels, INDArray preOutput, IActivation activation, INDArray mask) {
        return explain(labels, preOutput, activation, mask, null);
    }

    /**
     * Explains the score at a time of the training.
     *
     * @param labels the labels
     * @param preOutput the output layer's activations before its activation function
     * @param activation the output layer's activation function
     * @param mask the label mask, or null
     * @param time what weights that are scheduled depend on; null if there are none
     * @return the explanation
     * @throws IllegalArgumentException if an argument does not fit; the message names it
     */
    public final LossExplanation explain(
            INDArray labels,
            INDArray preOutput,
            IActivation activation,
            INDArray mask,
            TrainingTime time) {
        TermWeights weights = TermWeights.ofExplained(name(), definition, time);
        try (MemoryWorkspace ignored = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
            Batch batch = batch(labels, preOutput, mask);
            Mode mode = mode(activation, batch.logits());
            ExplainedProbabilities.warn(name(), definition, activation, batch.logits());
            return LossExplanation.of(
                    definition,
                    mode,
                    weights.scheduled(),
                    batch.labels(),
                    batch.logits(),
                    batch.mask());
        }
    }

    private List<LossComponent> components(Computed computed, TermWeights weights) {
        if (!(definition instanceof Combined sum)) {
            return List.of(new LossComponent(definition, 1, computed.loss));
        }
        List<LossComponent> components = new ArrayList<>();
        for (Combined.Term term : sum.terms()) {
            double value = computed.components[components.size()];
            components.add(new LossComponent(term.loss(), weights.of(term), value));
        }
        return components;
    }

    /**
     * What a program has computed.
     *
     * @param loss the loss; of images, the first's
     * @param images the losses of the images, where these were asked for
     * @param components the losses of the components
     */
    private record Computed(double loss, INDArray images, double[] components) {}

    private Computed run(
            Batch batch,
            IActivation activation,
            Output output,
            TermWeights weights,
            INDArray gradient) {
        INDArray logits = batch.logits();
        LossProgram.Key key =
                new LossProgram.Key(
                        definition,
                        mode(activation, logits),
                        Form.of(batch.labels()),
                        Form.of(logits),
                        Form.of(batch.mask()),
                        output,
                        output == Output.VALUE_AND_GRADIENT ? batch.examples() : 1);
        try {
            return run(key, batch, weights, gradient);
        } catch (IllegalArgumentException e) {
            throw definition instanceof Combined sum ? ofTerms(e, sum, key, batch) : e;
        }
    }

    private static Computed run(
            LossProgram.Key key, Batch batch, TermWeights weights, INDArray gradient) {
        LossProgram program = LossPrograms.take(key);
        try {
            INDArray values =
                    program.run(
                            batch.labels(),
                            batch.logits(),
                            batch.mask(),
                            weights.scheduled(),
                            gradient);
            // A copy of the one number would cost more than it does to read it.
            INDArray images = key.output() == Output.IMAGES ? values.dup() : null;
            return new Computed(values.getDouble(0), images, program.components());
        } finally {
            LossPrograms.give(program);
        }
    }

    /** A sum's refusal, with the places of those terms that refuse, if others do not. */
    private static IllegalArgumentException ofTerms(
            IllegalArgumentException refusal, Combined sum, LossProgram.Key key, Batch batch) {
        Map<Boolean, List<String>> terms =
                sum.places().entrySet().stream()
                        .collect(
                                Collectors.partitioningBy(
                                        term -> refuses(term.getValue(), key, batch),
                                        Collectors.mapping(
                                                Map.Entry::getKey, Collectors.toList())));
        if (terms.get(true).isEmpty() || terms.get(false).isEmpty()) {
            return refusal;
        }
        return new IllegalArgumentException(
                refusal.getMessage()
                        + "; of the sum's terms this is "
                        + String.join(" and ", terms.get(true)),
                refusal);
    }

    private static boolean refuses(SegmentationLoss loss, LossProgram.Key key, Batch batch) {
        LossProgram.Key alone =
                new LossProgram.Key(
                        loss, key.mode(), key.labels(), key.logits(), key.mask(), Output.VALUE, 1);
        try (LossProgram program = new LossProgram(alone)) {
            program.run(batch.labels(), batch.logits(), batch.mask(), new double[0], null);
            return false;
        } catch (IllegalArgumentException e) {
            return true;
        }
    }

    private Batch batch(INDArray labels, INDArray preOutput, INDArray mask) {
        return Batch.of(name(), definition.needsImages(), imageSize, labels, preOutput, mask);
    }

    private Mode mode(IActivation activation, INDArray preOutput) {
        long channels = preOutput.size(1);
        Mode named = definition.mode();
        if (activation instanceof ActivationIdentity) {
            if (named != null) {
                return named;
            }
            Mode meant = channels == 1 ? Mode.BINARY : Mode.MULTICLASS;
            requireDefined(meant, activation, preOutput);
            return meant;
        }
        boolean softmax = activation instanceof ActivationSoftmax;
        if (!softmax && !(activation instanceof ActivationSigmoid)) {
            throw new IllegalArgumentException(
                    "activation must be SOFTMAX, SIGMOID or IDENTITY (logits) for "
                            + name()
                            + ", got "
                            + activation);
        }
        if (named != null && softmax != (named == Mode.MULTICLASS)) {
            throw new IllegalArgumentException(
                    "activation must be "
                            + (softmax ? "SIGMOID" : "SOFTMAX")
                            + " or IDENTITY for "
                            + name()
                            + " in mode "
                            + named
                            + ", got "
                            + activation);
        }
        if (named != null) {
            return named;
        }
        Mode meant = softmax ? Mode.MULTICLASS : channels == 1 ? Mode.BINARY : Mode.MULTILABEL;
        requireDefined(meant, activation, preOutput);
        return meant;
    }

    /** Nobody has named the mode: the refusal says what it was told from, and what to write. */
    private void requireDefined(Mode meant, IActivation activation, INDArray preOutput) {
        Set<Mode> modes = definition.modes();
        if (modes.contains(meant)) {
            return;
        }
        long channels = preOutput.size(1);
        String instead =
                switch (meant) {
                    case BINARY ->
                            "write nOut(2) and Activation.SOFTMAX, or take a loss for 1 channel, as"
                                    + " LossSoftBce with Activation.SIGMOID";
                    case MULTICLASS ->
                            (modes.contains(Mode.MULTILABEL)
                                            ? "write Activation.SIGMOID, if each channel is a yes or"
                                                    + " no"
                                            : "write nOut(1) and Activation.SIGMOID")
                                    + ", or take a loss for classes, as LossCrossEntropy";
                    case MULTILABEL ->
                            (modes.contains(Mode.MULTICLASS)
                                            ? "write Activation.SOFTMAX, if each pixel has one class"
                                            : "write nOut(1)")
                                    + ", or take a loss for channels that are each a yes or no, as"
                                    + " LossSoftBce";
                };
        throw new IllegalArgumentException(
                "mode must be "
                        + modes.stream().map(Mode::name).collect(Collectors.joining(" or "))
                        + " for "
                        + terms(meant)
                        + ", got "
                        + meant
                        + ", which activation "
                        + activation
                        + " with "
                        + (channels == 1 ? "1 channel" : channels + " channels")
                        + " means (preOutput "
                        + Arrays.toString(preOutput.shape())
                        + "); "
                        + instead);
    }

    /** The name of the loss and, of a sum, the terms that are not defined in a mode. */
    private String terms(Mode meant) {
        if (!(definition instanceof Combined sum)) {
            return name();
        }
        return sum.places().entrySet().stream()
                .filter(term -> !term.getValue().modes().contains(meant))
                .map(Map.Entry::getKey)
                .collect(Collectors.joining(" and ", name() + " (", ")"));
    }

    @Override
    public final double computeScore(
            INDArray labels,
            INDArray preOutput,
            IActivation activationFn,
            INDArray mask,
            boolean average) {
        double score = computeScore(labels, preOutput, activationFn, mask, null);
        return average ? score / examples(preOutput) : score;
    }

    /**
     * Computes the score.
     *
     * @param labels the labels
     * @param preOutput the output layer's activations before its activation function
     * @param activation the output layer's activation function
     * @param mask the label mask, or null
     * @param time the time, which schedules of weights ask for; null if it is not known
     * @return the score, not averaged: {@code n * l}
     * @throws IllegalArgumentException if an argument does not fit, which the message names, or a
     *     weight is scheduled and the time is not known, or its schedule gives what is no weight
     */
    public final double computeScore(
            INDArray labels,
            INDArray preOutput,
            IActivation activation,
            INDArray mask,
            TrainingTime time) {
        TermWeights weights = TermWeights.of(name(), definition, time);
        try (MemoryWorkspace ignored = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
            Batch batch = batch(labels, preOutput, mask);
            Computed computed = run(batch, activation, Output.VALUE, weights, null);
            return computed.loss * batch.examples();
        }
    }

    @Override
    public final INDArray computeScoreArray(
            INDArray labels, INDArray preOutput, IActivation activationFn, INDArray mask) {
        return computeScoreArray(labels, preOutput, activationFn, mask, null);
    }

    /**
     * Computes the losses of the single examples.
     *
     * @param labels the labels
     * @param preOutput the output layer's activations before its activation function
     * @param activation the output layer's activation function
     * @param mask the label mask, or null
     * @param time the time, which schedules of weights ask for; null if it is not known
     * @return in row i the loss of example i taken alone
     * @throws IllegalArgumentException if an argument does not fit, which the message names, or a
     *     weight is scheduled and the time is not known, or its schedule gives what is no weight
     */
    public final INDArray computeScoreArray(
            INDArray labels,
            INDArray preOutput,
            IActivation activation,
            INDArray mask,
            TrainingTime time) {
        TermWeights weights = TermWeights.of(name(), definition, time);
        requireGiven(preOutput, "preOutput");
        INDArray scores = Nd4j.createUninitialized(preOutput.dataType(), preOutput.size(0), 1);
        try (MemoryWorkspace ignored = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
            Batch batch = batch(labels, preOutput, mask).withRowsAsImages();
            INDArray images = run(batch, activation, Output.IMAGES, weights, null).images;
            scores.assign(batch.spread(images).castTo(scores.dataType()));
        }
        return scores;
    }

    @Override
    public final INDArray computeGradient(
            INDArray labels, INDArray preOutput, IActivation activationFn, INDArray mask) {
        return computeGradientAndScore(labels, preOutput, activationFn, mask, false).getSecond();
    }

    @Override
    public final Pair<Double, INDArray> computeGradientAndScore(
            INDArray labels,
            INDArray preOutput,
            IActivation activationFn,
            INDArray mask,
            boolean average) {
        requireGiven(preOutput, "preOutput");
        // Stock layers insist on a gradient in the workspace that is open here.
        INDArray gradient = Nd4j.createUninitialized(preOutput.dataType(), preOutput.shape(), 'c');
        double score = computeScoreAndGradient(labels, preOutput, activationFn, mask, gradient);
        return new Pair<>(average ? score / examples(preOutput) : score, gradient);
    }

    private static void requireDistinctElements(INDArray gradient) {
        for (int d = 0; d < gradient.rank(); d++) {
            if (!gradient.isEmpty() && gradient.size(d) > 1 && gradient.stride(d) == 0) {
                throw new IllegalArgumentException(
                        "gradient must have a place for each element, got strides "
                                + Arrays.toString(gradient.stride())
                                + " for shape "
                                + Arrays.toString(gradient.shape()));
            }
        }
    }

    private static void requireGiven(INDArray array, String name) {
        if (array == null) {
            throw new IllegalArgumentException(name + " must be given, got null");
        }
    }

    private long examples(INDArray preOutput) {
        long rows = preOutput.size(0);
        return preOutput.rank() == 4 || imageSize == null
                ? rows
                : rows / ((long) imageSize.height() * imageSize.width());
    }

    @Override
    public final String name() {
        return getClass().getSimpleName();
    }

    @Override
    public final boolean equals(Object other) {
        return other != null
                && other.getClass() == getClass()
                && ((SegmentationLossFunction<?>) other).definition.equals(definition)
                && Objects.equals(((SegmentationLossFunction<?>) other).imageSize, imageSize);
    }

    @Override
    public final int hashCode() {
        return Objects.hash(getClass(), definition, imageSize);
    }

    /** The name and all parameters. */
    @Override
    public final String toString() {
        return name()
                + "("
                + definition
                + (imageSize == null
                        ? ""
                        : ", imageSize=" + imageSize.height() + "x" + imageSize.width())
                + ")";
    }
}
