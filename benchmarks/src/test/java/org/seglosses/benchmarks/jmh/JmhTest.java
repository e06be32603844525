package org.seglosses.benchmarks.jmh;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** JMH finds its benchmarks, whose loops the compiler's annotation processor has written. */
class JmhTest {

    @Test
    void measuresEachOfThem() throws RunnerException {
        Options once =
                new OptionsBuilder()
                        .param("shape", "1x2x16x16")
                        .param("kernel", Kernel.SOFTMAX.name())
                        .param("loss", Losses.Loss.CROSS_ENTROPY.name())
                        .forks(0)
                        .warmupIterations(0)
                        .measurementIterations(1)
                        .measurementTime(TimeValue.milliseconds(1))
                        .shouldFailOnError(true)
                        .verbosity(VerboseMode.SILENT)
                        .build();

        assertThat(new Runner(once).run())
                .extracting(RunResult::getPrimaryResult)
                .extracting(result -> result.getLabel())
                .containsExactlyInAnyOrder("forward", "backward", "layer", "score", "gradient");
    }
}
