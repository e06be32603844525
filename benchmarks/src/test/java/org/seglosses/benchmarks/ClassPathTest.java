package org.seglosses.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.factory.Nd4jBackend;

import java.util.ServiceLoader;

class ClassPathTest {

    /** Looks without starting ND4J, so that it runs with the cuda profile where there is no GPU. */
    @Test
    void hasExactlyOneBackend() {
        assertThat(ServiceLoader.load(Nd4jBackend.class).stream().map(ServiceLoader.Provider::type))
                .hasSize(1);
    }
}
