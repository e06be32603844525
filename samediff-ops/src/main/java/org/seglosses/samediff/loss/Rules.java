package org.seglosses.samediff.loss;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.seglosses.samediff.op.PixelWeights;

import java.util.ArrayList;
import java.util.List;

/**
 * The rules that parameters of several losses share.
 *
 * <p>A number that scales something is 0, where that means something, or between 1e-10 and 1e10,
 * and a power is at most 10: beyond that a finite input may give what FLOAT cannot hold, once
 * logits of 1e4 and millions of pixels come in.
 */
final class Rules {

    private Rules() {}

    static void require(boolean holds, String parameter, String rule, Object value) {
        if (!holds) {
            throw new IllegalArgumentException(parameter + " must be " + rule + ", got " + value);
        }
    }

    /** Of a number that scales something, and may be 0. */
    static void requireScale(double value, String parameter) {
        require(PixelWeights.isWeight(value), parameter, PixelWeights.RULE, value);
    }

    /** Of a number that scales something, and must not be 0. */
    static void requirePositive(double value, String parameter) {
        require(value > 0 && PixelWeights.isWeight(value), parameter, PixelWeights.POSITIVE, value);
    }

    /** Of a power, above 0. */
    static void requirePower(double value, String parameter) {
        require(value >= 1e-10 && value <= 10, parameter, "between 1e-10 and 10", value);
    }

    static void requirePlace(
            SameDiff sd, String name, SDVariable labels, SDVariable logits, SDVariable mask) {
        requireGiven(sd, "sd");
        requireGiven(name, "name");
        requireGiven(labels, "labels");
        requireGiven(logits, "logits");
        require(!sd.hasVariable(name), "name", "free in the graph", name);
        require(labels.getSameDiff() == sd, "labels", "a variable of sd", labels.name());
        require(logits.getSameDiff() == sd, "logits", "a variable of sd", logits.name());
        require(
                mask == null || mask.getSameDiff() == sd,
                "mask",
                "a variable of sd",
                mask == null ? null : mask.name());
    }

    static <T> T requireGiven(T value, String parameter) {
        require(value != null, parameter, "given", null);
        return value;
    }

    static void requireWeight(double weight, Object got) {
        require(
                PixelWeights.isWeight(weight),
                "weight",
                "finite and not negative, " + PixelWeights.RULE,
                got);
    }

    static void requireConstantWeights(SegmentationLoss loss) {
        List<Combined.Term> scheduled = loss.scheduledTerms();
        if (!scheduled.isEmpty()) {
            throw new IllegalArgumentException(
                    "weight must be a constant in a graph of one's own, got "
                            + scheduled.get(0).schedule()
                            + " for "
                            + scheduled.get(0).loss().getClass().getSimpleName()
                            + ": SegmentationLossLayer alone knows iteration and epoch");
        }
    }

    /** Returns an immutable copy; null means none. */
    static List<Double> classWeights(List<Double> weights) {
        return weights(weights, "classWeights");
    }

    /** Returns an immutable copy; null means none. */
    static List<Double> weights(List<Double> weights, String parameter) {
        if (weights == null) {
            return List.of();
        }
        for (Double weight : weights) {
            require(
                    weight != null && PixelWeights.isWeight(weight),
                    parameter,
                    "finite and not negative, " + PixelWeights.RULE,
                    weights);
        }
        return List.copyOf(weights);
    }

    /** Returns an immutable copy; null means none. */
    static List<Integer> classes(List<Integer> classes) {
        if (classes == null) {
            return List.of();
        }
        for (Integer c : classes) {
            require(c != null && c >= 0, "classes", "class indices of at least 0", classes);
        }
        require(
                classes.stream().distinct().count() == classes.size(),
                "classes",
                "different from each other",
                classes);
        return List.copyOf(classes);
    }

    static List<Double> list(double[] values, String parameter) {
        requireGiven(values, parameter);
        List<Double> list = new ArrayList<>(values.length);
        for (double value : values) {
            list.add(value);
        }
        return list;
    }

    static List<Integer> list(int[] values, String parameter) {
        requireGiven(values, parameter);
        List<Integer> list = new ArrayList<>(values.length);
        for (int value : values) {
            list.add(value);
        }
        return list;
    }
}
