package org.seglosses.samediff;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nd4j.common.io.Resource;
import org.nd4j.linalg.factory.Environment;
import org.nd4j.linalg.factory.Nd4jBackend;

import java.util.List;
import java.util.ServiceLoader;
import java.util.function.BooleanSupplier;

@Tag("smoke")
class BackendTest {

    /** Of two backends ND4J takes one by priority, and the other's classes stay in the way. */
    @Test
    void theClassPathHasExactlyOneBackend() {
        assertThat(ServiceLoader.load(Nd4jBackend.class).stream().map(ServiceLoader.Provider::type))
                .hasSize(1);
    }

    @Test
    void aBackendThatRunsIsNoProblem() {
        assertThat(Backend.problem(List.of(backend(() -> false), backend(() -> true)))).isEmpty();
    }

    @Test
    void noBackendIsSaidInOneSentence() {
        assertThat(Backend.problem(List.of()))
                .hasValueSatisfying(
                        text ->
                                assertThat(text)
                                        .startsWith("no ND4J backend is on the class path")
                                        .doesNotContain("\n"));
    }

    @Test
    void aBackendThatCannotRunIsSaidInOneSentenceWithItsReason() {
        Nd4jBackend backend =
                backend(
                        () -> {
                            throw new UnsatisfiedLinkError(
                                    "/tmp/libx.so: libcuda.so.1: cannot open\nmore");
                        });

        assertThat(Backend.problem(List.of(backend)))
                .hasValue(
                        "ND4J's backend FakeBackend cannot run on this machine (libx.so:"
                                + " libcuda.so.1: cannot open)");
    }

    private static Nd4jBackend backend(BooleanSupplier canRun) {
        return new FakeBackend(canRun);
    }

    private static final class FakeBackend extends Nd4jBackend {

        private final BooleanSupplier canRun;

        FakeBackend(BooleanSupplier canRun) {
            this.canRun = canRun;
        }

        @Override
        public boolean canRun() {
            return canRun.getAsBoolean();
        }

        @Override
        public boolean isAvailable() {
            throw new AssertionError("prints a stack trace");
        }

        @Override
        public boolean allowsOrder() {
            throw new UnsupportedOperationException();
        }

        @Override
        public int getPriority() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Resource getConfigurationResource() {
            throw new UnsupportedOperationException();
        }

        @Override
        @SuppressWarnings("rawtypes")
        public Class getNDArrayClass() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Environment getEnvironment() {
            throw new UnsupportedOperationException();
        }

        @Override
        public String buildInfo() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void logBackendInit() {
            throw new UnsupportedOperationException();
        }
    }
}
