package org.seglosses.dl4j;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.seglosses.goldens.GoldenCase;
import org.seglosses.goldens.GoldenCheck;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** Every golden case that a loss here reproduces, in float and in double. */
class GoldenConformanceTest {

    @Test
    void everyCaseIsReproduced() throws Exception {
        List<String> failures = new ArrayList<>();
        TreeSet<String> unmapped = new TreeSet<>();
        int passed = 0;
        int unmappedCases = 0;
        List<GoldenCase> cases = GoldenCase.all(directory());
        for (GoldenCase golden : cases) {
            boolean mapped = false;
            List<String> ofThisCase = new ArrayList<>();
            for (DataType type : List.of(DataType.FLOAT, DataType.DOUBLE)) {
                Optional<GoldenCheck.Result> result = GoldenCheck.of(golden, type);
                mapped = result.isPresent();
                result.ifPresent(checked -> ofThisCase.addAll(checked.failures()));
            }
            ofThisCase.forEach(failure -> failures.add(golden.id() + ": " + failure));
            if (!mapped) {
                unmappedCases++;
                unmapped.add(golden.loss());
            } else if (ofThisCase.isEmpty()) {
                passed++;
            }
        }
        failures.forEach(System.out::println);
        if (!unmapped.isEmpty()) {
            System.out.println("unmapped: " + unmapped);
        }
        System.out.printf(
                "goldens: %d cases, %d passed, %d failed, %d unmapped%n",
                cases.size(), passed, cases.size() - passed - unmappedCases, unmappedCases);
        assertThat(failures).isEmpty();
        assertThat(passed).isPositive();
    }

    /** The directory that -Dgoldens names, or the one on the class path. */
    private static Path directory() throws Exception {
        String given = System.getProperty("goldens", "");
        return given.isEmpty()
                ? Path.of(GoldenConformanceTest.class.getResource("/goldens").toURI())
                : Path.of(given);
    }
}
