package org.seglosses.samediff.op;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.seglosses.samediff.FreshJvm;

import java.nio.file.Path;
import java.util.List;

/** ND4J in a parent class loader, this library in those of applications. */
class ClassLoadersTest {

    @TempDir Path folder;

    @Test
    void eachApplicationHasItsOps() throws Exception {
        FreshJvm.End end =
                FreshJvm.runWithoutTheLibrary(
                        Loaders.class,
                        List.of(
                                folder.resolve("graph").toString(),
                                FreshJvm.codeOf(JavaOps.class).toString(),
                                FreshJvm.codeOf(PluggedIn.class).toString()));
        List<String> said =
                end.text()
                        .lines()
                        .filter(line -> line.matches("(value|planned|refused|thrown) .*"))
                        .toList();
        assertThat(end.status()).as(end.text()).isZero();
        String value = said.get(0);
        assertThat(value).startsWith("value 0.");
        String refused =
                "refused op 'seglosses_group_mean' (seglosses_group_mean), which computes [loss], is"
                        + " neither one of ND4J's own ops nor a PlannedOp:"
                        + " org.seglosses.samediff.op.GroupMean";
        assertThat(said)
                .containsExactly(
                        value,
                        value,
                        value,
                        value,
                        refused,
                        value,
                        value,
                        refused,
                        value,
                        "thrown task 0",
                        value);
    }
}
