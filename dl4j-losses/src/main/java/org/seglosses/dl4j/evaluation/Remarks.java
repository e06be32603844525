package org.seglosses.dl4j.evaluation;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What one should know before believing an evaluation's means: a task that is no task gives
 * beautiful ones.
 *
 * @param text a sentence
 * @param alarm whether hardly any sound data gives reason for it
 */
record Remarks(String text, boolean alarm) {
    private static final double MUCH = 0.5;

    /** Of the pixels that the mask counts: as many label vectors of zeros are hardly by chance. */
    private static final double MANY_ZERO_VECTORS = 0.01;

    static List<String> all(SegmentationEvaluation e) {
        return of(e).stream().map(Remarks::text).toList();
    }

    static List<String> alarms(SegmentationEvaluation e) {
        return of(e).stream().filter(Remarks::alarm).map(Remarks::text).toList();
    }

    private static List<Remarks> of(SegmentationEvaluation e) {
        List<Remarks> remarks = new ArrayList<>();
        long ignored = e.ignoredPixels();
        double zeros = (double) e.zeroVectors() / (e.zeroVectors() + e.pixels());
        boolean manyZeros = zeros >= MANY_ZERO_VECTORS;
        if (e.pixels() == 0) {
            if (ignored > 0) {
                remarks.add(new Remarks("all pixels were ignored: there is no mean", true));
            }
            if (manyZeros) {
                remarks.add(ofZeroVectors(zeros));
            }
            return remarks;
        }
        List<Integer> absent = e.absentClasses();
        if (!absent.isEmpty()) {
            remarks.add(new Remarks("no pixel in the truth: " + classes(e, absent), false));
        }
        if (ignored > 0) {
            // pixels that have a remark of their own need no second question
            long others = manyZeros ? ignored - e.zeroVectors() : ignored;
            boolean much = others > MUCH * (ignored + e.pixels());
            remarks.add(
                    new Remarks(
                            String.format(
                                    Locale.ROOT,
                                    "ignored: %d pixels, %.2f %% of all%s",
                                    ignored,
                                    100 * e.ignoredShare(),
                                    much
                                            ? ", more than half: are ignoreIndex and label masks right?"
                                            : ""),
                            much));
        }
        if (manyZeros) {
            remarks.add(ofZeroVectors(zeros));
        }
        if (e.isSoftBelowHalf()) {
            remarks.add(
                    new Remarks(
                            "labels are soft and none is above 0.5: were masks of 0 and 1 divided by"
                                    + " 255 once more?",
                            true));
        } else if (absent.size() == e.classes() - 1) {
            remarks.add(new Remarks("the truth is of one class only: " + likelyReason(e), true));
        }
        if (e.areLogitsLikeProbabilities()) {
            remarks.add(
                    new Remarks(
                            "all predictions are from 0 to 1, though .logits() was said: are they"
                                    + " probabilities? then leave .logits() out, or take"
                                    + " SegmentationEvaluation.of(network)",
                            true));
        }
        Map<Boolean, List<Integer>> inMean =
                IntStream.range(0, e.classes())
                        .boxed()
                        .collect(Collectors.partitioningBy(c -> !Double.isNaN(e.iou(c))));
        List<Integer> in = inMean.get(true);
        if (in.size() == 1) {
            remarks.add(new Remarks("mean IoU is over 1 class only: " + classes(e, in), true));
        } else if (in.size() < e.classes()) {
            remarks.add(
                    new Remarks(
                            String.format(
                                    "mean IoU is over %d of %d classes, without %s",
                                    in.size(), e.classes(), classes(e, inMean.get(false))),
                            false));
        }
        return remarks;
    }

    private static Remarks ofZeroVectors(double share) {
        return new Remarks(
                String.format(
                        Locale.ROOT,
                        "%.2f %% of the pixels have a label vector of zeros and are ignored: is that"
                                + " the background? give it a channel of its own",
                        100 * share),
                true);
    }

    private static String likelyReason(SegmentationEvaluation e) {
        return e.ignoreIndex() != null && e.ignoredPixels() > 0
                ? "is the foreground "
                        + e.ignoreIndex()
                        + ", as in masks of 0 and 255? then divide by 255 and set no ignoreIndex"
                : "are the labels class indices, and not one channel of a colour picture?";
    }

    /** By number, and by name where there is one. */
    private static String classes(SegmentationEvaluation e, List<Integer> some) {
        return some.stream()
                .map(
                        c ->
                                e.className(c).equals(String.valueOf(c))
                                        ? c.toString()
                                        : c + " (" + e.className(c) + ")")
                .collect(Collectors.joining(", ", some.size() == 1 ? "class " : "classes ", ""));
    }
}
