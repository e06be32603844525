package org.seglosses.samediff.loss;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.seglosses.samediff.op.ContourSums;
import org.seglosses.samediff.op.CrossEntropySums;
import org.seglosses.samediff.op.ElementMaps;
import org.seglosses.samediff.op.ElementSums;
import org.seglosses.samediff.op.LabelShape;
import org.seglosses.samediff.op.PixelWeights;
import org.seglosses.samediff.op.Probabilities;
import org.seglosses.samediff.op.RegionMaps;
import org.seglosses.samediff.op.RegionSums;
import org.seglosses.samediff.op.Target;
import org.seglosses.samediff.op.Targets;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What a loss is computed from: the labels, the logits and the mask of a graph, in the forms that
 * losses need. A form that several components of a loss ask for is added to the graph once.
 */
public final class LossGraph {

    private final Mode mode;
    private final Integer ignoreIndex;
    private final SDVariable labels;
    private final SDVariable scores;

    /**
     * The type that the scores were given in, which may be narrower than that of {@link #scores}.
     */
    private final DataType given;

    /** The shape that was declared of the scores, or null; SameDiff forgets it at a cast. */
    private final long[] shape;

    private final SDVariable mask;
    private final boolean ofProbabilities;

    /** Makes a scalar of a type for the next weight that is scheduled; null where none can be. */
    private final Function<DataType, SDVariable> scheduled;

    private final Kernels kernels;

    private final Map<List<Object>, SDVariable> forms;

    private LossGraph(
            Mode mode,
            Integer ignoreIndex,
            SDVariable labels,
            SDVariable scores,
            DataType given,
            long[] shape,
            SDVariable mask,
            boolean ofProbabilities,
            Function<DataType, SDVariable> scheduled,
            Kernels kernels,
            Map<List<Object>, SDVariable> forms) {
        this.mode = mode;
        this.ignoreIndex = ignoreIndex;
        this.labels = labels;
        this.scores = scores;
        this.given = given;
        this.shape = shape;
        this.mask = mask;
        this.ofProbabilities = ofProbabilities;
        this.scheduled = scheduled;
        this.kernels = kernels;
        this.forms = forms;
    }

    /**
     * Makes what a loss on logits is computed from.
     *
     * @param loss the loss
     * @param mode the mode, or null to take the loss's own or to tell it from the channels
     * @param labels the labels
     * @param logits the logits {@code [N,C,H,W]}
     * @param mask the mask, or null
     * @return it
     * @throws IllegalArgumentException if a declared shape or the mode does not fit, or a weight is
     *     scheduled
     */
    public static LossGraph ofLogits(
            SegmentationLoss loss,
            Mode mode,
            SDVariable labels,
            SDVariable logits,
            SDVariable mask) {
        return of(loss, mode, labels, logits, mask, false, null);
    }

    /**
     * Makes what a loss on logits is computed from, with weights that are scheduled.
     *
     * @param loss the loss
     * @param mode the mode, or null to take the loss's own or to tell it from the channels
     * @param labels the labels
     * @param logits the logits {@code [N,C,H,W]}
     * @param mask the mask, or null
     * @param scheduled makes a scalar variable of a type; asked once for each of the {@link
     *     SegmentationLoss#scheduledTerms}, in their order
     * @return it
     * @throws IllegalArgumentException if a declared shape or the mode does not fit
     */
    public static LossGraph ofLogits(
            SegmentationLoss loss,
            Mode mode,
            SDVariable labels,
            SDVariable logits,
            SDVariable mask,
            Function<DataType, SDVariable> scheduled) {
        return of(
                loss,
                mode,
                labels,
                logits,
                mask,
                false,
                Rules.requireGiven(scheduled, "scheduled"));
    }

    /**
     * Makes what a loss on probabilities is computed from.
     *
     * @param loss the loss
     * @param mode the mode, or null to take the loss's own or to tell it from the channels
     * @param labels the labels
     * @param probabilities the probabilities {@code [N,C,H,W]}
     * @param mask the mask, or null
     * @return it
     * @throws IllegalArgumentException if a declared shape or the mode does not fit, or a weight is
     *     scheduled
     */
    public static LossGraph ofProbabilities(
            SegmentationLoss loss,
            Mode mode,
            SDVariable labels,
            SDVariable probabilities,
            SDVariable mask) {
        return of(loss, mode, labels, probabilities, mask, true, null);
    }

    private static LossGraph of(
            SegmentationLoss loss,
            Mode named,
            SDVariable labels,
            SDVariable scores,
            SDVariable mask,
            boolean ofProbabilities,
            Function<DataType, SDVariable> scheduled) {
        if (scheduled == null) {
            Rules.requireConstantWeights(loss);
        }
        Rules.requireGiven(labels, "labels");
        Rules.requireGiven(scores, ofProbabilities ? "probabilities" : "logits");
        if (!scores.dataType().isFPType()) {
            throw new IllegalArgumentException(
                    "logits must be of a floating-point type, got " + scores.dataType());
        }
        requireLabels(labels, scores.getShape());
        Mode mode = resolve(loss, named == null ? loss.mode() : named, scores.getShape());
        // HALF has 11 bits, too few for sums over pixels
        boolean half =
                scores.dataType() == DataType.FLOAT16 || scores.dataType() == DataType.BFLOAT16;
        SDVariable wide = half ? scores.castTo(DataType.FLOAT) : scores;
        return new LossGraph(
                mode,
                loss.ignoreIndex(),
                labels,
                wide,
                scores.dataType(),
                scores.getShape(),
                mask,
                ofProbabilities,
                scheduled,
                Kernels.chosen(),
                new HashMap<>());
    }

    /** Checks what is declared of the labels; sides that are not known are checked at each run. */
    private static void requireLabels(SDVariable labels, long[] logits) {
        DataType type = labels.dataType();
        if (!type.isNumerical() && type != DataType.BOOL) {
            throw new IllegalArgumentException("labels must be numbers or booleans, got " + type);
        }
        long[] shape = labels.getShape();
        if (shape == null || logits == null || logits.length != 4) {
            return;
        }
        LabelShape.require(shape, logits);
    }

    private static Mode resolve(SegmentationLoss loss, Mode named, long[] shape) {
        long channels = shape == null || shape.length != 4 ? -1 : shape[1];
        if (shape != null && shape.length != 4) {
            throw new IllegalArgumentException(
                    "logits must be of shape [N,C,H,W], got " + Arrays.toString(shape));
        }
        Mode mode = named;
        if (mode == null && channels > 0) {
            mode = channels == 1 ? Mode.BINARY : Mode.MULTICLASS;
        }
        if (mode == null) {
            // SameDiff knows the shapes of few variables but placeholders; Targets checks at each
            // run
            mode = loss.modes().iterator().next();
        }
        if (!loss.modes().contains(mode)) {
            throw ModeRefusals.of(loss, mode, named == null, shape);
        }
        boolean fits =
                channels <= 0 || mode == Mode.MULTILABEL || channels == 1 == (mode == Mode.BINARY);
        if (!fits) {
            throw new IllegalArgumentException(
                    "logits must have "
                            + (mode == Mode.BINARY ? "1 channel" : "at least 2 channels")
                            + " in mode "
                            + mode
                            + ", got "
                            + Arrays.toString(shape)
                            + (mode == Mode.BINARY
                                    ? ""
                                    : ": the softmax of 1 channel is always 1"));
        }
        return mode;
    }

    /** Not computeIfAbsent, since one form may ask for another. */
    private SDVariable form(List<Object> key, Supplier<SDVariable> adding) {
        SDVariable form = forms.get(key);
        if (form == null) {
            form = adding.get();
            forms.put(key, form);
        }
        return form;
    }

    /** Returns this graph for a component of a combined loss. */
    LossGraph component(SegmentationLoss loss) {
        Mode own = loss.mode() == null ? mode : loss.mode();
        return new LossGraph(
                resolve(loss, own, shape),
                loss.ignoreIndex(),
                labels,
                scores,
                given,
                shape,
                mask,
                ofProbabilities,
                scheduled,
                kernels,
                forms);
    }

    /** The weight of the next term that is scheduled, a scalar. */
    SDVariable scheduledWeight() {
        return scheduled.apply(type());
    }

    /**
     * The graph itself.
     *
     * @return it
     */
    public SameDiff sameDiff() {
        return scores.getSameDiff();
    }

    /**
     * What the channels mean.
     *
     * @return the mode
     */
    public Mode mode() {
        return mode;
    }

    /**
     * The type that the loss is computed in.
     *
     * @return FLOAT or DOUBLE
     */
    public DataType type() {
        return scores.dataType();
    }

    /**
     * Whether the graph ends in probabilities.
     *
     * @return whether {@link #scores} are probabilities, not logits
     */
    public boolean ofProbabilities() {
        return ofProbabilities;
    }

    /**
     * The logits {@code [N,C,H,W]}, or the probabilities that the graph ends in.
     *
     * @return the scores
     */
    public SDVariable scores() {
        return scores;
    }

    /**
     * The labels as codes, see {@link Targets}, for a loss without per-pixel weights: a mask other
     * than 0 and 1 is refused.
     *
     * @return the codes, {@code [N,1,H,W]} in {@link Mode#MULTICLASS}, {@code [N,C,H,W]} otherwise
     */
    public SDVariable codes() {
        return codes(false);
    }

    /**
     * The labels as codes, see {@link Targets}.
     *
     * @param weighted whether the loss honours fractional masks through {@link #weights}
     * @return the codes, {@code [N,1,H,W]} in {@link Mode#MULTICLASS}, {@code [N,C,H,W]} otherwise
     */
    public SDVariable codes(boolean weighted) {
        // without a mask the codes are the same, to be found once for all components
        return codes(weighted && mask != null, false);
    }

    private SDVariable codes(boolean fractional, boolean soft) {
        return form(
                Arrays.asList("codes", mode, ignoreIndex, fractional, soft),
                () ->
                        ofProbabilities
                                ? Targets.ofProbabilities(
                                        labels,
                                        scores,
                                        given,
                                        mask,
                                        mode.labelling(),
                                        ignoreIndex,
                                        fractional,
                                        soft)
                                : Targets.of(
                                        labels,
                                        scores,
                                        mask,
                                        mode.labelling(),
                                        ignoreIndex,
                                        fractional,
                                        soft));
    }

    /**
     * Labels and weights for a loss that takes soft labels and fractional masks. Labels may be soft
     * where they are declared of a floating-point type and with a value for each channel.
     *
     * @return labels and weights
     */
    public Target target() {
        return new Target(
                mode == Mode.MULTICLASS,
                codes(mask != null, soft()),
                soft() ? softLabels() : null,
                weights());
    }

    private boolean soft() {
        if (mode == Mode.MULTICLASS) {
            return vectors();
        }
        // one label a channel: elements, not indices
        long[] declared = labels.getShape();
        boolean elements =
                mode == Mode.BINARY
                        || shape != null && shape[1] == 1
                        || declared != null && declared.length == 4 && declared[1] > 1;
        return elements && labels.dataType().isFPType();
    }

    /**
     * Whether the labels are declared as vectors {@code [N,C,H,W]}, which may be soft.
     *
     * @return whether they are
     */
    public boolean vectors() {
        long[] declared = labels.getShape();
        return mode == Mode.MULTICLASS
                && declared != null
                && declared.length == 4
                && declared[1] > 1;
    }

    /**
     * The labels as they are, in the type that the loss is computed in.
     *
     * @return the labels
     */
    public SDVariable softLabels() {
        return form(
                List.of("soft"),
                () -> labels.dataType() == type() ? labels : labels.castTo(type()));
    }

    /**
     * The mask as weights, {@code [N,1,H,W]}, or {@code [N,C,H,W]} in {@link Mode#MULTILABEL}.
     *
     * @return the weights, or null without a mask
     */
    public SDVariable weights() {
        return mask == null
                ? null
                : form(
                        Arrays.asList("weights", mode, vectors() ? null : ignoreIndex),
                        () ->
                                PixelWeights.of(
                                        mask,
                                        vectors() ? softLabels() : codes(true, soft()),
                                        mode == Mode.MULTILABEL,
                                        type()));
    }

    /**
     * Probabilities {@code [N,C,H,W]}, softmax or sigmoid as the mode says, 0 at void pixels.
     *
     * @return the probabilities
     */
    public SDVariable probabilities() {
        return probabilities(codes());
    }

    /**
     * Probabilities {@code [N,C,H,W]}, softmax or sigmoid as the mode says, 0 at void pixels.
     *
     * @param codes what tells the void pixels, of {@link #codes} or {@link #target}
     * @return the probabilities
     */
    public SDVariable probabilities(SDVariable codes) {
        return form(
                Arrays.asList("probabilities", mode, codes.name()),
                () -> Probabilities.of(form(), scores, codes));
    }

    private Probabilities.Form form() {
        if (ofProbabilities) {
            return Probabilities.Form.GIVEN;
        }
        return mode == Mode.MULTICLASS ? Probabilities.Form.SOFTMAX : Probabilities.Form.SIGMOID;
    }

    /**
     * The sums over the pixels of each map that region losses are made of; labels may be soft, and
     * masks fractional.
     *
     * @param squarePredicted whether probabilities are squared where they are alone
     * @param squareLabelled whether labels are squared where they are alone
     * @return the sums, see {@link RegionSums}
     */
    public SDVariable regionSums(boolean squarePredicted, boolean squareLabelled) {
        return form(
                Arrays.asList("sums", mode, ignoreIndex, squarePredicted, squareLabelled),
                () -> {
                    Target target = target();
                    return usesNativeSums()
                            ? nativeSums(target).regions(squarePredicted, squareLabelled)
                            : RegionSums.of(
                                    scores, target, regionMaps(squarePredicted, squareLabelled));
                });
    }

    private SDVariable regionMaps(boolean squarePredicted, boolean squareLabelled) {
        return form(
                Arrays.asList("maps", mode, ignoreIndex, squarePredicted, squareLabelled),
                () -> {
                    Target target = target();
                    boolean alone = !squarePredicted && !squareLabelled;
                    boolean slopes =
                            alone
                                    && form() == Probabilities.Form.SIGMOID
                                    && target.soft() == null
                                    && target.weights() == null;
                    return RegionMaps.of(
                            form(), scores, target, squarePredicted, squareLabelled, slopes);
                });
    }

    /**
     * The length of the contours of the probabilities, summed for each image, from the maps of
     * {@link #regionSums} with squared labels.
     *
     * @param symmetric whether both differences are taken at the same pixel
     * @return the sums, see {@link ContourSums}
     */
    public SDVariable contourSums(boolean symmetric) {
        SDVariable maps = regionMaps(false, true);
        return ContourSums.of(form(), scores, maps, target().codes(), symmetric);
    }

    /**
     * The cross entropies of elements or pixels, summed for each class.
     *
     * @param target labels and weights
     * @param entropy what entropies are of
     * @param modulation how terms are made of entropies
     * @param positiveWeights a factor for the part of label 1 of each channel, by elements; none
     *     for 1
     * @param normalized whether the loss is divided by the sum of the factors
     * @return the sums, see {@link ElementSums}
     */
    public SDVariable elementSums(
            Target target,
            ElementSums.Entropy entropy,
            ElementSums.Modulation modulation,
            List<Double> positiveWeights,
            boolean normalized) {
        boolean fits = positiveWeights.isEmpty() || positiveWeights.size() == channels();
        if (usesNativeSums() && fits && NativeSums.has(modulation)) {
            return nativeSums(target).elements(entropy, modulation, positiveWeights);
        }
        if (entropy == ElementSums.Entropy.SIGMOID && !normalized) {
            SDVariable maps =
                    ElementMaps.of(scores, target, modulation, positiveWeights, ofProbabilities);
            return ElementSums.of(scores, target, maps);
        }
        return ElementSums.of(
                scores, target, entropy, modulation, positiveWeights, ofProbabilities);
    }

    /**
     * The softmax cross entropies of pixels, summed for each image.
     *
     * @param classWeights a weight for each class; none for 1
     * @param smoothing the label smoothing
     * @return the sums, see {@link CrossEntropySums}
     */
    SDVariable crossEntropySums(List<Double> classWeights, double smoothing) {
        boolean fits = classWeights.isEmpty() || classWeights.size() == channels();
        if (usesNativeSums() && fits) {
            return nativeSums(target()).crossEntropy(classWeights, smoothing);
        }
        return CrossEntropySums.of(scores, target(), classWeights, smoothing, ofProbabilities);
    }

    /**
     * Whether sums are made of ND4J's own ops: of logits whose channels are known when the graph is
     * built.
     */
    boolean usesNativeSums() {
        return kernels == Kernels.NATIVE && !ofProbabilities && channels() > 0;
    }

    NativeSums nativeSums(Target target) {
        long[] declared = labels.getShape();
        boolean flat = target.soft() != null && declared != null && declared.length == 3;
        Target shaped =
                flat
                        ? new Target(
                                target.onePerPixel(),
                                target.codes(),
                                sameDiff().stack(1, target.soft()),
                                target.weights())
                        : target;
        return new NativeSums(scores, shaped, mode == Mode.MULTICLASS, channels());
    }

    private int channels() {
        return shape == null ? -1 : (int) shape[1];
    }
}
