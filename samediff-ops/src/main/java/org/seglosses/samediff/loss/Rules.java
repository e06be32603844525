package org.seglosses.samediff.loss;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** The rules that parameters of several losses share. */
final class Rules {

    private Rules() {}

    static void require(boolean holds, String parameter, String rule, Object value) {
        if (!holds) {
            throw new IllegalArgumentException(parameter + " must be " + rule + ", got " + value);
        }
    }

    static <T> T requireGiven(T value, String parameter) {
        require(value != null, parameter, "given", null);
        return value;
    }

    /** Returns an immutable copy; null means none. */
    static List<Double> classWeights(List<Double> weights) {
        if (weights == null) {
            return List.of();
        }
        for (Double weight : weights) {
            require(
                    weight != null && weight >= 0 && weight <= Double.MAX_VALUE,
                    "classWeights",
                    "finite and not negative",
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

    /** Returns an immutable set in the order of the enum, so that messages are always the same. */
    static Set<Mode> modes(Mode first, Mode... others) {
        return Collections.unmodifiableSet(EnumSet.of(first, others));
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
