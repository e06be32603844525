package org.seglosses.dl4j;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.seglosses.samediff.loss.Mode;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Checks the README's table of losses. */
class ReadmeTest {

    private static final String TABLE = "| DL4J | SameDiff | what | modes | reproduces |";

    private static final Pattern FACTORY = Pattern.compile("`(\\w+)\\(\\)`");

    /** One loss, by the names in its cells. */
    private record Row(String dl4j, String sameDiff, String what, String modes, String reproduces) {

        static Row of(String line) {
            String[] cells = line.split("\\|", -1);
            assertThat(cells).as(line).hasSize(7);
            return new Row(
                    code(cells[1]), code(cells[2]), cells[3].strip(), cells[4].strip(), cells[5]);
        }

        private static String code(String cell) {
            assertThat(cell.strip()).matches("`\\w+`");
            return cell.strip().replace("`", "");
        }

        /** The lines of {@link Losses} that are of this class. */
        List<SegmentationLossFunction<?>> lines() {
            return Arrays.stream(Losses.values())
                    .<SegmentationLossFunction<?>>map(Losses::function)
                    .filter(loss -> loss.name().equals(dl4j))
                    .toList();
        }

        @Override
        public String toString() {
            return dl4j;
        }
    }

    static List<Row> rows() {
        try {
            List<String> lines = Files.readAllLines(Path.of("..", "README.md"));
            int head = lines.indexOf(TABLE);
            assertThat(head).as("the table of losses").isNotNegative();
            return lines.stream()
                    .skip(head + 2L)
                    .takeWhile(line -> line.startsWith("|"))
                    .map(Row::of)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void eachLossHasOneRow() {
        assertThat(rows())
                .extracting(Row::dl4j)
                .doesNotHaveDuplicates()
                .containsExactlyInAnyOrderElementsOf(
                        LossRegistryTest.losses().stream().map(Class::getSimpleName).toList());
    }

    @ParameterizedTest
    @MethodSource("rows")
    void row(Row row) {
        List<SegmentationLossFunction<?>> lines = row.lines();
        assertThat(row.what).isNotEmpty();
        assertThat(lines)
                .isNotEmpty()
                .allSatisfy(
                        loss ->
                                assertThat(loss.definition().getClass().getSimpleName())
                                        .isEqualTo(row.sameDiff));
        if (!row.dl4j.equals("LossCombined")) { // its modes are those of its parts
            Set<Mode> modes =
                    lines.stream()
                            .flatMap(loss -> loss.definition().modes().stream())
                            .collect(Collectors.toCollection(TreeSet::new));
            assertThat(row.modes)
                    .isEqualTo(
                            modes.stream()
                                    .map(mode -> mode.name().toLowerCase(Locale.ROOT))
                                    .collect(Collectors.joining(", ")));
        }
        assertThat(FACTORY.matcher(row.reproduces).results().map(found -> found.group(1)).toList())
                .containsExactlyInAnyOrderElementsOf(factories(lines.get(0).getClass()));
    }

    /** What starts a builder with the options of a reference. */
    private static List<String> factories(Class<?> loss) {
        return Arrays.stream(loss.getMethods())
                .filter(method -> Modifier.isStatic(method.getModifiers()))
                .map(Method::getName)
                .filter(name -> !name.equals("builder"))
                .toList();
    }
}
