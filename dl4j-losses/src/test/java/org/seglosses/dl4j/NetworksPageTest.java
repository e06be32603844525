package org.seglosses.dl4j;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** docs/NETWORKS.md: its code is code of the tests that it names. */
class NetworksPageTest {

    @Test
    void thePageShowsWhatRuns() throws IOException {
        String page = Files.readString(Path.of("../docs/NETWORKS.md"));
        StringBuilder code = new StringBuilder();
        for (String test :
                List.of(
                        "layer/ZooUNetTest",
                        "TrainingInDl4jTest",
                        "SeveralOutputsTest",
                        "PrecisionTest",
                        "RowsOfTimeAndVolumesTest")) {
            assertThat(page).contains("`" + test.replace("layer/", "") + "`");
            code.append(
                    Files.readString(
                            Path.of("src/test/java/org/seglosses/dl4j/" + test + ".java")));
        }
        Matcher blocks = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(page);
        int found = 0;
        while (blocks.find()) {
            assertThat(words(code.toString())).contains(words(blocks.group(1)));
            found++;
        }
        assertThat(found).isEqualTo(5);
    }

    private static String words(String code) {
        return code.replaceAll("\\s+", "");
    }
}
