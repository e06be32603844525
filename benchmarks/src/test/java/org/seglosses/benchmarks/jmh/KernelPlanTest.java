package org.seglosses.benchmarks.jmh;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.openjdk.jmh.annotations.Param;

import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;

/** The benchmarks' graphs can be compiled and run. */
class KernelPlanTest {

    private static final Maps MAPS = Maps.parse("2x3x30x40");

    @ParameterizedTest
    @EnumSource
    void everyKernelRunsAlone(Kernel kernel) {
        try (KernelPlan plan = KernelPlan.forward(kernel, MAPS)) {
            assertThat(plan.run()).hasSize(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyGradientRunsAlone(Kernel kernel) throws NoSuchFieldException {
        if (kernel.hasGradient()) {
            try (KernelPlan plan = KernelPlan.backward(kernel, MAPS)) {
                Map<String, INDArray> gradient = plan.run();
                assertThat(gradient.values().iterator().next().shape())
                        .containsExactly(2, 3, 30, 40);
            }
        }
        Stream<String> measured =
                Arrays.stream(
                        KernelGradients.class
                                .getField("kernel")
                                .getAnnotation(Param.class)
                                .value());
        assertThat(measured.anyMatch(kernel.name()::equals)).isEqualTo(kernel.hasGradient());
    }
}
