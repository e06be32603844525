package org.seglosses.samediff.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;

/** The limit is against hangs alone: each test takes a fraction of it. */
@Timeout(120)
class ParallelTest {

    @AfterEach
    void anyNumberOfThreads() {
        System.clearProperty(Parallel.THREADS);
    }

    /** Which of the threads that are asked for, by their number from 0, can start. */
    private static ThreadFactory threads(IntPredicate starts) {
        AtomicInteger number = new AtomicInteger();
        return helper -> {
            Thread thread;
            if (starts.test(number.getAndIncrement())) {
                thread = new Thread(helper);
            } else {
                thread =
                        new Thread(helper) {
                            @Override
                            public synchronized void start() {
                                throw new OutOfMemoryError("unable to create native thread");
                            }
                        };
            }
            thread.setDaemon(true);
            return thread;
        };
    }

    private static Parallel pool(int helpers) {
        return new Parallel(helpers, threads(number -> true));
    }

    /** Each task runs once, and none runs any more when the call has returned. */
    private static void requireEachOnce(Parallel pool, int count, int most) {
        AtomicIntegerArray runs = new AtomicIntegerArray(count);
        AtomicInteger running = new AtomicInteger();
        pool.run(
                count,
                most,
                i -> {
                    running.incrementAndGet();
                    runs.incrementAndGet(i);
                    running.decrementAndGet();
                });
        assertThat(running.get()).isZero();
        for (int i = 0; i < count; i++) {
            assertThat(runs.get(i)).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 8})
    void runsEachTaskOnce(int threads) {
        System.setProperty(Parallel.THREADS, "" + threads);
        Parallel pool = pool(7);
        for (int count : new int[] {0, 1, 2, 7, 1000}) {
            AtomicIntegerArray runs = new AtomicIntegerArray(count);
            Parallel.run(count, runs::incrementAndGet);
            for (int i = 0; i < count; i++) {
                assertThat(runs.get(i)).isEqualTo(1);
            }
            for (int round = 0; round < 200; round++) {
                requireEachOnce(pool, count, threads);
            }
        }
    }

    /**
     * The first bad element of an array is reported, whichever thread meets it, as it was thrown.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 8})
    void theFailureOfTheFirstFailingTaskIsThrown(int threads) {
        Parallel pool = pool(7);
        for (int round = 0; round < 200; round++) {
            AtomicInteger running = new AtomicInteger();
            assertThatThrownBy(
                            () ->
                                    pool.run(
                                            64,
                                            threads,
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
                    .hasNoCause()
                    .hasNoSuppressedExceptions();
            assertThat(running.get()).isZero();
        }
        requireEachOnce(pool, 100, threads);
    }

    /** Errors that are made beforehand, as the JVM's own are when the heap is full. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 8})
    void anErrorOfATaskIsThrownAsItIs(int threads) {
        Parallel pool = pool(7);
        OutOfMemoryError full = new OutOfMemoryError("Java heap space");
        for (int round = 0; round < 200; round++) {
            int bad = round % 50;
            assertThatThrownBy(
                            () ->
                                    pool.run(
                                            50,
                                            threads,
                                            i -> {
                                                if (i >= bad) {
                                                    throw full;
                                                }
                                            }))
                    .isSameAs(full);
        }
        requireEachOnce(pool, 100, threads);
    }

    /** What Java allows nobody to throw here, and other languages do. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 8})
    void aCheckedExceptionOfATaskIsThrownAsItIs(int threads) {
        Exception checked = new Exception("checked");
        assertThatThrownBy(
                        () ->
                                pool(7).run(
                                                50,
                                                threads,
                                                i -> ParallelTest.<RuntimeException>raise(checked)))
                .isSameAs(checked);
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void raise(Throwable thrown) throws T {
        throw (T) thrown;
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

    @Test
    void helpersHelp() {
        CyclicBarrier all = new CyclicBarrier(4);
        pool(3).run(4, 4, i -> meet(all));
    }

    private static void meet(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** No thread starts, or the first ones only, or each second one. */
    @Test
    void threadsThatCannotStartAreNotNeeded() {
        List<IntPredicate> shortages =
                List.of(number -> false, number -> number < 3, number -> number % 2 == 0);
        for (IntPredicate starts : shortages) {
            Parallel pool = new Parallel(7, threads(starts));
            for (int round = 0; round < 500; round++) {
                requireEachOnce(pool, 64, 8);
            }
        }
    }

    @Test
    void aFactoryThatFailsIsNotNeeded() {
        ThreadFactory failing =
                helper -> {
                    throw new OutOfMemoryError("Java heap space");
                };
        ThreadFactory empty = helper -> null;
        for (ThreadFactory factory : List.of(failing, empty)) {
            Parallel pool = new Parallel(7, factory);
            for (int round = 0; round < 100; round++) {
                requireEachOnce(pool, 64, 8);
            }
        }
    }

    /** The helper that has started works on while the others fail to start and the caller fails. */
    @Test
    void theCallerDoesNotLeaveBeforeAStartedTask() throws Exception {
        Parallel pool = new Parallel(7, threads(number -> number == 0));
        Thread caller = Thread.currentThread();
        for (int round = 0; round < 50; round++) {
            CountDownLatch helperWorks = new CountDownLatch(1);
            AtomicInteger working = new AtomicInteger();
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            IntConsumer task =
                    i -> {
                        if (Thread.currentThread() == caller) {
                            await(helperWorks);
                            throw new OutOfMemoryError("Java heap space");
                        }
                        working.incrementAndGet();
                        helperWorks.countDown();
                        busyFor(2_000_000);
                        working.decrementAndGet();
                    };
            try {
                pool.run(64, 8, task);
            } catch (OutOfMemoryError e) {
                thrown.set(e);
            }
            assertThat(working.get()).isZero();
            assertThat(thrown.get()).hasMessage("Java heap space");
        }
    }

    private static void await(CountDownLatch latch) {
        boolean interrupted = false;
        while (latch.getCount() > 0) {
            try {
                latch.await();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void busyFor(long nanos) {
        long start = System.nanoTime();
        while (System.nanoTime() - start < nanos) {
            Thread.onSpinWait();
        }
    }

    @Test
    void anInterruptedCallerStaysAndStaysInterrupted() {
        Parallel pool = pool(3);
        Thread caller = Thread.currentThread();
        for (int round = 0; round < 50; round++) {
            boolean before = round % 2 == 0;
            CountDownLatch helperWorks = new CountDownLatch(1);
            AtomicInteger working = new AtomicInteger();
            if (before) {
                caller.interrupt();
            }
            pool.run(
                    4,
                    4,
                    i -> {
                        if (Thread.currentThread() == caller) {
                            await(helperWorks);
                            return;
                        }
                        working.incrementAndGet();
                        helperWorks.countDown();
                        busyFor(1_000_000);
                        if (!before) {
                            caller.interrupt();
                        }
                        busyFor(1_000_000);
                        working.decrementAndGet();
                    });
            assertThat(working.get()).isZero();
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    /** A helper that a task has interrupted is none for the next. */
    @Test
    void anInterruptOfAHelperEndsWithItsTask() {
        Parallel pool = pool(3);
        Thread caller = Thread.currentThread();
        AtomicInteger seen = new AtomicInteger();
        for (int round = 0; round < 50; round++) {
            CyclicBarrier all = new CyclicBarrier(4);
            pool.run(
                    4,
                    4,
                    i -> {
                        meet(all);
                        if (Thread.currentThread() != caller) {
                            seen.addAndGet(Thread.currentThread().isInterrupted() ? 1 : 0);
                            Thread.currentThread().interrupt();
                        }
                    });
        }
        assertThat(seen.get()).isZero();
    }

    @Test
    void callsWithinTasksAndManyCallersAtOnce() throws Exception {
        Parallel pool = new Parallel(3, threads(number -> number != 1));
        int callers = 8;
        List<Throwable> failures = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int c = 0; c < callers; c++) {
            int seed = c;
            Thread thread = new Thread(() -> callOften(pool, new Random(seed)));
            thread.setUncaughtExceptionHandler(
                    (where, failure) -> {
                        synchronized (failures) {
                            failures.add(failure);
                        }
                    });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failures).isEmpty();
    }

    private static void callOften(Parallel pool, Random random) {
        for (int round = 0; round < 300; round++) {
            int outer = 1 + random.nextInt(6);
            int inner = 1 + random.nextInt(20);
            int bad = random.nextInt(2 * outer * inner);
            AtomicInteger sum = new AtomicInteger();
            AtomicInteger running = new AtomicInteger();
            IntConsumer task =
                    i ->
                            pool.run(
                                    inner,
                                    4,
                                    j -> {
                                        running.incrementAndGet();
                                        try {
                                            if (i * inner + j == bad) {
                                                throw new IllegalArgumentException("" + bad);
                                            }
                                            sum.addAndGet(i * inner + j);
                                        } finally {
                                            running.decrementAndGet();
                                        }
                                    });
            if (bad < outer * inner) {
                assertThatThrownBy(() -> pool.run(outer, 4, task))
                        .isExactlyInstanceOf(IllegalArgumentException.class)
                        .hasMessage("" + bad);
            } else {
                pool.run(outer, 4, task);
                assertThat(sum.get()).isEqualTo(outer * inner * (outer * inner - 1) / 2);
            }
            assertThat(running.get()).isZero();
        }
    }
}
