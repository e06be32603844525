package org.seglosses.dl4j;

import org.nd4j.shade.jackson.databind.JsonNode;
import org.seglosses.samediff.loss.AbsentClass;
import org.seglosses.samediff.loss.Boundary;
import org.seglosses.samediff.loss.CrossEntropy;
import org.seglosses.samediff.loss.LovaszHinge;
import org.seglosses.samediff.loss.LovaszSoftmax;
import org.seglosses.samediff.loss.Mode;
import org.seglosses.samediff.loss.NormalizeBy;
import org.seglosses.samediff.loss.OhemCrossEntropy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

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
            default -> none();
        };
    }

    private static Optional<SegmentationLossFunction<?>> none() {
        return Optional.empty();
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
            given(name).forEach(number -> numbers.add(number.asDouble()));
        }
        return numbers.stream().mapToDouble(Double::doubleValue).toArray();
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
