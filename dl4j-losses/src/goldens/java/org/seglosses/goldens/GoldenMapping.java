package org.seglosses.goldens;

import org.nd4j.shade.jackson.databind.JsonNode;
import org.seglosses.dl4j.LossActiveContour;
import org.seglosses.dl4j.LossBceDice;
import org.seglosses.dl4j.LossBoundary;
import org.seglosses.dl4j.LossCombined;
import org.seglosses.dl4j.LossCrossEntropy;
import org.seglosses.dl4j.LossDice;
import org.seglosses.dl4j.LossDuo;
import org.seglosses.dl4j.LossFocal;
import org.seglosses.dl4j.LossGeneralizedDice;
import org.seglosses.dl4j.LossJaccard;
import org.seglosses.dl4j.LossLovaszHinge;
import org.seglosses.dl4j.LossLovaszSoftmax;
import org.seglosses.dl4j.LossMcc;
import org.seglosses.dl4j.LossOhemCrossEntropy;
import org.seglosses.dl4j.LossSoftBce;
import org.seglosses.dl4j.LossTversky;
import org.seglosses.dl4j.SegmentationLossFunction;
import org.seglosses.samediff.loss.AbsentClass;
import org.seglosses.samediff.loss.Boundary;
import org.seglosses.samediff.loss.CrossEntropy;
import org.seglosses.samediff.loss.LovaszHinge;
import org.seglosses.samediff.loss.LovaszSoftmax;
import org.seglosses.samediff.loss.Mode;
import org.seglosses.samediff.loss.NormalizeBy;
import org.seglosses.samediff.loss.OhemCrossEntropy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** Which loss and options reproduce a golden case. */
final class GoldenMapping {

    private final GoldenCase golden;

    private GoldenMapping(GoldenCase golden) {
        this.golden = golden;
    }

    /**
     * The loss for a case; empty if the loss or an argument of it is not known here.
     *
     * @throws IllegalArgumentException if we refuse the arguments
     */
    static Optional<SegmentationLossFunction<?>> of(GoldenCase golden) {
        return new GoldenMapping(golden).map();
    }

    private Optional<SegmentationLossFunction<?>> map() {
        return switch (golden.loss()) {
            case "gdl.OhemCrossEntropy2d" ->
                    knowing("thresh", "min_kept", "weight", "ignore_index") ? ohem() : none();
            case "gdl.LovaszSoftmax" ->
                    knowing("only_present", "per_image", "ignore_index")
                            ? lovasz(
                                    bool("per_image", true),
                                    bool("only_present", true),
                                    List.of(),
                                    index("ignore_index", null))
                            : none();
            case "berman.lovasz_softmax" ->
                    knowing("classes", "classes_noninterned", "per_image", "ignore")
                            ? berman()
                            : none();
            case "berman.lovasz_hinge" ->
                    knowing("per_image", "ignore")
                            ? hinge(bool("per_image", true), false, null, index("ignore", null))
                            : none();
            case "smp.LovaszLoss" ->
                    knowing("mode", "per_image", "ignore_index", "from_logits")
                            ? smpLovasz()
                            : none();
            case "smp.SoftCrossEntropyLoss" ->
                    knowing("smooth_factor", "ignore_index", "reduction", "dim")
                            ? crossEntropy()
                            : none();
            case "gdl.BoundaryLoss" ->
                    knowing("theta0", "theta", "ignore_index") ? boundary(19, 19) : none();
            case "blog.BoundaryLoss" -> knowing("theta0", "theta") ? boundary(3, 5) : none();
            case "gdl.DuoLoss" ->
                    knowing("ignore_index", "theta0")
                            ? loss(
                                    LossDuo.gdl()
                                            .theta0((int) number("theta0", 19))
                                            .ignoreIndex(index("ignore_index", null))
                                            .build())
                            : none();
            case "gdl.DiceLoss" ->
                    knowing("mode", "smooth", "eps", "ignore_index")
                            ? loss(
                                    LossDice.gdl()
                                            .smooth(number("smooth", 1))
                                            .eps(number("eps", 1e-7))
                                            .ignoreIndex(index("ignore_index", null))
                                            .mode(gdlMode())
                                            .build())
                            : none();
            case "gdl.FocalLoss" ->
                    knowing("gamma", "alpha", "weight", "ignore_index")
                            ? loss(
                                    LossFocal.gdl()
                                            .gamma(number("gamma", 2))
                                            .alpha(optional("alpha", 0.5))
                                            .classWeights(numbers("weight"))
                                            .ignoreIndex(index("ignore_index", 255))
                                            .build())
                            : none();
            case "smp.DiceLoss", "smp.JaccardLoss", "smp.TverskyLoss" ->
                    knowing(
                                    "mode",
                                    "classes",
                                    "log_loss",
                                    "from_logits",
                                    "smooth",
                                    "ignore_index",
                                    "eps",
                                    "alpha",
                                    "beta",
                                    "gamma")
                            ? loss(smpRegion())
                            : none();
            case "smp.FocalLoss" ->
                    knowing(
                                    "mode",
                                    "alpha",
                                    "gamma",
                                    "ignore_index",
                                    "reduction",
                                    "normalized",
                                    "reduced_threshold")
                            ? loss(
                                    LossFocal.smp()
                                            .mode(smpMode())
                                            .alpha(optional("alpha", null))
                                            .gamma(number("gamma", 2))
                                            .ignoreIndex(index("ignore_index", null))
                                            .normalized(bool("normalized", false))
                                            .reducedThreshold(optional("reduced_threshold", null))
                                            .normalizeBy(
                                                    given("reduction") == null
                                                            ? NormalizeBy.VALID
                                                            : NormalizeBy.SUM)
                                            .build())
                            : none();
            case "smp.SoftBCEWithLogitsLoss" ->
                    knowing("weight", "ignore_index", "reduction", "smooth_factor", "pos_weight")
                            ? loss(
                                    LossSoftBce.smp()
                                            .classWeights(numbers("weight"))
                                            .posWeight(numbers("pos_weight"))
                                            .smoothing(number("smooth_factor", 0))
                                            .ignoreIndex(index("ignore_index", -100))
                                            .normalizeBy(
                                                    given("reduction") == null
                                                            ? NormalizeBy.ALL_PIXELS
                                                            : NormalizeBy.SUM)
                                            .mode(golden.channels() == 1 ? null : Mode.MULTILABEL)
                                            .build())
                            : none();
            case "smp.MCCLoss" ->
                    knowing("eps")
                            ? loss(LossMcc.builder().eps(number("eps", 1e-5)).build())
                            : none();
            case "berman.binary_xloss" ->
                    knowing("ignore")
                            ? loss(LossSoftBce.builder().ignoreIndex(index("ignore", null)).build())
                            : none();
            // the notebook's constructors ignore their arguments
            case "blog.DiceLoss" -> loss(LossDice.blog().smooth(number("smooth", 1)).build());
            case "blog.IoULoss" -> loss(LossJaccard.blog().smooth(number("smooth", 1)).build());
            case "blog.DiceBCELoss" -> loss(LossBceDice.blog().smooth(number("smooth", 1)).build());
            case "blog.FocalLoss" ->
                    loss(
                            LossFocal.blog()
                                    .alpha(number("alpha", 0.8))
                                    .gamma(number("gamma", 2))
                                    .build());
            case "blog.active_contour_loss" ->
                    knowing("weight")
                            ? loss(
                                    LossActiveContour.builder()
                                            .weight(number("weight", 10))
                                            .mode(golden.channels() == 1 ? null : Mode.MULTILABEL)
                                            .build())
                            : none();
            case "monai.DiceLoss" -> monaiDice();
            case "monai.TverskyLoss" ->
                    knowing("softmax", "to_onehot_y", "alpha", "beta")
                            ? loss(
                                    LossTversky.monai()
                                            .alpha(number("alpha", 0.5))
                                            .beta(number("beta", 0.5))
                                            .build())
                            : none();
            case "monai.GeneralizedDiceLoss" ->
                    knowing("softmax", "to_onehot_y")
                            ? loss(LossGeneralizedDice.monai().build())
                            : none();
            case "monai.FocalLoss" ->
                    knowing("to_onehot_y", "gamma", "alpha", "weight")
                            ? scaled(
                                    1.0 / golden.channels(),
                                    LossFocal.smp()
                                            .gamma(number("gamma", 2))
                                            .alpha(optional("alpha", null))
                                            .classWeights(numbers("weight"))
                                            .build())
                            : none();
            case "segloss.LovaszSoftmax" ->
                    golden.arguments().isEmpty() ? lovasz(false, false, List.of(), null) : none();
            case "segloss.TopKLoss" ->
                    golden.arguments().isEmpty()
                            ? loss(
                                    LossOhemCrossEntropy.builder()
                                            .thresh(0)
                                            .minKept((int) (golden.pixels() * 0.1))
                                            .build())
                            : none();
            default -> none();
        };
    }

    private static Optional<SegmentationLossFunction<?>> none() {
        return Optional.empty();
    }

    private static Optional<SegmentationLossFunction<?>> loss(SegmentationLossFunction<?> loss) {
        return Optional.of(loss);
    }

    /** MONAI divides by another number than we do. */
    private static Optional<SegmentationLossFunction<?>> scaled(
            double factor, SegmentationLossFunction<?> loss) {
        return loss(LossCombined.builder().add(factor, loss).build());
    }

    private Mode smpMode() {
        return Mode.valueOf(given("mode").asText().toUpperCase(Locale.ROOT));
    }

    private Mode gdlMode() {
        return switch (given("mode") == null ? "MULTICLASS_MODE" : given("mode").asText()) {
            case "MULTICLASS_MODE" -> Mode.MULTICLASS;
            case "BINARY_MODE" -> Mode.BINARY;
            default -> Mode.MULTILABEL;
        };
    }

    private SegmentationLossFunction<?> smpRegion() {
        double smooth = number("smooth", 0);
        double eps = number("eps", 1e-7);
        boolean logLoss = bool("log_loss", false);
        int[] classes = Arrays.stream(numbers("classes")).mapToInt(c -> (int) c).toArray();
        Integer ignore = index("ignore_index", null);
        Mode mode = smpMode();
        return switch (golden.loss()) {
            case "smp.DiceLoss" ->
                    LossDice.smp()
                            .smooth(smooth)
                            .eps(eps)
                            .logLoss(logLoss)
                            .classes(classes)
                            .ignoreIndex(ignore)
                            .mode(mode)
                            .build();
            case "smp.JaccardLoss" ->
                    LossJaccard.smp()
                            .smooth(smooth)
                            .eps(eps)
                            .logLoss(logLoss)
                            .classes(classes)
                            .ignoreIndex(ignore)
                            .mode(mode)
                            .build();
            default ->
                    LossTversky.smp()
                            .alpha(number("alpha", 0.5))
                            .beta(number("beta", 0.5))
                            .gamma(number("gamma", 1))
                            .smooth(smooth)
                            .eps(eps)
                            .logLoss(logLoss)
                            .classes(classes)
                            .ignoreIndex(ignore)
                            .mode(mode)
                            .build();
        };
    }

    private Optional<SegmentationLossFunction<?>> monaiDice() {
        if (!knowing(
                "softmax",
                "to_onehot_y",
                "include_background",
                "batch",
                "squared_pred",
                "jaccard",
                "weight",
                "smooth_nr",
                "smooth_dr")) {
            return none();
        }
        double above = number("smooth_nr", 1e-5);
        double below = number("smooth_dr", 1e-5);
        int first = bool("include_background", true) ? 0 : 1;
        int[] classes = IntStream.range(first, (int) golden.channels()).toArray();
        double[] weights = numbers("weight");
        double factor = weights.length == 0 ? 1 : Arrays.stream(weights).sum() / weights.length;
        boolean perImage = !bool("batch", false);
        boolean squared = bool("squared_pred", false);
        if (bool("jaccard", false)) {
            return scaled(
                    factor,
                    LossJaccard.monai()
                            .smooth(above / 2)
                            .smoothDenominator(below / 2)
                            .classes(classes)
                            .classWeights(weights)
                            .perImage(perImage)
                            .squaredDenominator(squared)
                            .build());
        }
        return scaled(
                factor,
                LossDice.monai()
                        .smooth(above)
                        .smoothDenominator(below)
                        .classes(classes)
                        .classWeights(weights)
                        .perImage(perImage)
                        .squaredDenominator(squared)
                        .build());
    }

    private boolean knowing(String... names) {
        return Set.of(names).containsAll(golden.arguments());
    }

    private JsonNode given(String name) {
        JsonNode value = golden.argument(name);
        return value == null || value.isNull() ? null : value;
    }

    private boolean bool(String name, boolean otherwise) {
        return given(name) == null ? otherwise : given(name).asBoolean();
    }

    private double number(String name, double otherwise) {
        return given(name) == null ? otherwise : given(name).asDouble();
    }

    /** A number that is absent stands for the default, and one that is null for none. */
    private Double optional(String name, Double otherwise) {
        if (golden.argument(name) == null) {
            return otherwise;
        }
        return given(name) == null ? null : Double.valueOf(given(name).asDouble());
    }

    /** An index that is absent stands for the default, and one that is null for none. */
    private Integer index(String name, Integer otherwise) {
        if (golden.argument(name) == null) {
            return otherwise;
        }
        return given(name) == null ? null : Integer.valueOf(given(name).asInt());
    }

    private double[] numbers(String name) {
        List<Double> numbers = new ArrayList<>();
        if (given(name) != null) {
            given(name).forEach(number -> numbers.add(scalar(number)));
        }
        return numbers.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** A number, or the one within arrays: a weight for each channel is [C,1,1]. */
    private static double scalar(JsonNode node) {
        return node.isArray() ? scalar(node.get(0)) : node.asDouble();
    }

    private Optional<SegmentationLossFunction<?>> ohem() {
        return Optional.of(
                new LossOhemCrossEntropy(
                        OhemCrossEntropy.builder()
                                .thresh(number("thresh", 0.6))
                                .minKept((int) number("min_kept", 0))
                                .classWeights(numbers("weight"))
                                .ignoreIndex(index("ignore_index", 255))
                                .build()));
    }

    private Optional<SegmentationLossFunction<?>> lovasz(
            boolean perImage, boolean onlyPresent, List<Integer> classes, Integer ignore) {
        return Optional.of(
                new LossLovaszSoftmax(
                        LovaszSoftmax.builder()
                                .perImage(perImage)
                                .classes(classes.stream().mapToInt(Integer::intValue).toArray())
                                .absentClass(
                                        onlyPresent ? AbsentClass.EXCLUDE : AbsentClass.PENALIZE)
                                .ignoreIndex(ignore)
                                .build()));
    }

    private Optional<SegmentationLossFunction<?>> berman() {
        List<Integer> classes = new ArrayList<>();
        JsonNode named = given("classes");
        if (named != null && named.isArray()) {
            named.forEach(c -> classes.add(c.asInt()));
        }
        // The source compares by identity: a "present" that is not the literal acts as "all".
        boolean present =
                given("classes_noninterned") == null
                        && (named == null || named.asText().equals("present"));
        return lovasz(bool("per_image", false), present, classes, index("ignore", null));
    }

    private Optional<SegmentationLossFunction<?>> smpLovasz() {
        boolean perImage = bool("per_image", false);
        Integer ignore = index("ignore_index", null);
        return switch (given("mode").asText()) {
            case "multiclass" -> lovasz(perImage, true, List.of(), ignore);
            case "binary" -> hinge(perImage, false, Mode.BINARY, ignore);
            case "multilabel" -> hinge(perImage, true, Mode.MULTILABEL, ignore);
            default -> none();
        };
    }

    private Optional<SegmentationLossFunction<?>> hinge(
            boolean perImage, boolean flatten, Mode mode, Integer ignore) {
        return Optional.of(
                new LossLovaszHinge(
                        LovaszHinge.builder()
                                .perImage(perImage)
                                .flatten(flatten)
                                .mode(mode)
                                .ignoreIndex(ignore)
                                .build()));
    }

    private Optional<SegmentationLossFunction<?>> crossEntropy() {
        String reduction = given("reduction") == null ? "mean" : given("reduction").asText();
        return Optional.of(
                new LossCrossEntropy(
                        CrossEntropy.builder()
                                .smoothing(number("smooth_factor", 0))
                                .ignoreIndex(index("ignore_index", -100))
                                .normalizeBy(
                                        reduction.equals("mean")
                                                ? NormalizeBy.ALL_PIXELS
                                                : NormalizeBy.SUM)
                                .build()));
    }

    private Optional<SegmentationLossFunction<?>> boundary(int theta0, int theta) {
        Integer ignore = index("ignore_index", null);
        return Optional.of(
                new LossBoundary(
                        Boundary.builder()
                                .theta0((int) number("theta0", theta0))
                                .theta((int) number("theta", theta))
                                // the source tests "if ignore_index": 0 ignores nothing
                                .ignoreIndex(ignore != null && ignore == 0 ? null : ignore)
                                .build()));
    }
}
