package org.seglosses.samediff.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

class ParallelTest {

    @AfterEach
    void anyNumberOfThreads() {
        System.clearProperty(Parallel.THREADS);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 8})
    void runsEachTaskOnce(int threads) {
        System.setProperty(Parallel.THREADS, "" + threads);
        for (int count : new int[] {0, 1, 2, 7, 1000}) {
            AtomicIntegerArray runs = new AtomicIntegerArray(count);
            Parallel.run(count, runs::incrementAndGet);
            for (int i = 0; i < count; i++) {
                assertThat(runs.get(i)).isEqualTo(1);
            }
        }
    }

    /**
     * The first bad element of an array is reported, whichever thread meets it, as it was thrown.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 8})
    void theFailureOfTheFirstFailingTaskIsThrown(int threads) {
        System.setProperty(Parallel.THREADS, "" + threads);
        for (int round = 0; round < 200; round++) {
            AtomicInteger running = new AtomicInteger();
            assertThatThrownBy(
                            () ->
                                    Parallel.run(
                                            64,
                                            i -> {
                                                running.incrementAndGet();
                                                try {
                                                    if (i % 7 == 3) {
                                                        throw new IllegalArgumentException(
                                                                "task " + i);
                                                    }
                                                } finally {
                                                    running.decrementAndGet();
                                                }
                                            }))
                    .isExactlyInstanceOf(IllegalArgumentException.class)
                    .hasMessage("task 3")
                    .hasNoCause();
            assertThat(running.get()).isZero();
        }
    }

    @Test
    void threadsAreCapped() {
        System.setProperty(Parallel.THREADS, "1");
        assertThat(Parallel.threads()).isEqualTo(1);
        Thread caller = Thread.currentThread();
        Parallel.run(10, i -> assertThat(Thread.currentThread()).isSameAs(caller));
        System.setProperty(Parallel.THREADS, "0");
        assertThat(Parallel.threads()).isEqualTo(1);
    }
}
