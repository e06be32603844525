package org.seglosses.examples.backend;

import org.nd4j.linalg.api.buffer.DataType;
import org.seglosses.dl4j.SegmentationLossFunction;
import org.seglosses.goldens.GoldenCase;
import org.seglosses.goldens.GoldenCheck;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What the cases of one original loss came to.
 *
 * @param original the original loss
 * @param passed how many cases passed, in both types
 * @param failed how many did not
 * @param unknown how many are of options that no loss here has
 * @param worst the largest deviation in each type
 * @param milliseconds what value and gradient take, if a case has options for that
 * @param failures what is wrong
 */
record LossLine(
        String original,
        int passed,
        int failed,
        int unknown,
        Map<DataType, Double> worst,
        OptionalDouble milliseconds,
        List<String> failures) {

    private static final String FORMAT = "%-26s %6s %6s %8s %11s %12s %9s";

    static LossLine of(String original, List<GoldenCase> cases, int size) {
        int passed = 0;
        int unknown = 0;
        Map<DataType, Double> worst = new EnumMap<>(DataType.class);
        List<String> failures = new ArrayList<>();
        for (GoldenCase golden : cases) {
            boolean known = false;
            List<String> found = new ArrayList<>();
            for (DataType type : List.of(DataType.FLOAT, DataType.DOUBLE)) {
                Optional<GoldenCheck.Result> result = GoldenCheck.of(golden, type);
                if (result.isPresent()) {
                    known = true;
                    worst.merge(type, result.get().worst(), Math::max);
                    found.addAll(result.get().failures());
                }
            }
            if (!known) {
                unknown++;
            } else if (found.isEmpty()) {
                passed++;
            }
            found.forEach(failure -> failures.add(golden.id() + ": " + failure));
        }
        return new LossLine(
                original,
                passed,
                cases.size() - passed - unknown,
                unknown,
                worst,
                milliseconds(cases, size),
                failures);
    }

    /** Of the first case whose options suit the classes of the stopwatch. */
    private static OptionalDouble milliseconds(List<GoldenCase> cases, int size) {
        for (GoldenCase golden : cases) {
            Optional<SegmentationLossFunction<?>> loss = GoldenCheck.loss(golden);
            if (loss.isPresent()) {
                try {
                    return OptionalDouble.of(new Stopwatch(loss.get(), size).milliseconds());
                } catch (IllegalArgumentException e) {
                    // weights for another number of classes
                }
            }
        }
        return OptionalDouble.empty();
    }

    static String header(int size) {
        return FORMAT.formatted(
                        "original loss",
                        "passed",
                        "failed",
                        "not here",
                        "worst float",
                        "worst double",
                        "ms")
                + "  ms: value and gradient of [4,5,"
                + size
                + ","
                + size
                + "] in FLOAT";
    }

    @Override
    public String toString() {
        return FORMAT.formatted(
                original,
                passed,
                failed,
                unknown,
                deviation(DataType.FLOAT),
                deviation(DataType.DOUBLE),
                milliseconds.isPresent()
                        ? String.format(Locale.ROOT, "%.2f", milliseconds.getAsDouble())
                        : "-");
    }

    private String deviation(DataType type) {
        return worst.containsKey(type) ? String.format(Locale.ROOT, "%.1e", worst.get(type)) : "-";
    }
}
