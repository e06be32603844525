package org.seglosses.samediff.op;

import org.nd4j.linalg.factory.Nd4j;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;

/**
 * Runs the tasks of a kernel on the common fork-join pool.
 *
 * <p>A kernel splits its work by the size of the data alone, never by the number of threads, and
 * each task writes to a place of its own; so results do not depend on the number of threads. That
 * number is never more than ND4J's own, and the system property {@value #THREADS} caps it further.
 */
final class Parallel {

    static final String THREADS = "org.seglosses.threads";

    private Parallel() {}

    /**
     * Runs {@code task} for each of {@code 0 .. count - 1} and returns when all have ended. If
     * tasks fail, what the first of them threw is thrown.
     */
    static void run(int count, IntConsumer task) {
        int threads = Math.min(count, threads());
        if (threads <= 1) {
            for (int i = 0; i < count; i++) {
                task.accept(i);
            }
            return;
        }
        AtomicInteger next = new AtomicInteger();
        AtomicReference<Failure> failure = new AtomicReference<>();
        Runnable worker =
                () -> {
                    for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
                        try {
                            task.accept(i);
                        } catch (RuntimeException | Error thrown) {
                            Failure own = new Failure(i, thrown);
                            failure.accumulateAndGet(own, Failure::earlier);
                            // ends the other threads early; all are waited for: they use the arrays
                            next.addAndGet(count);
                        }
                    }
                };
        List<ForkJoinTask<?>> others = new ArrayList<>(threads - 1);
        for (int i = 1; i < threads; i++) {
            others.add(ForkJoinPool.commonPool().submit(worker));
        }
        worker.run();
        others.forEach(ForkJoinTask::quietlyJoin);
        if (failure.get() != null) {
            failure.get().rethrow();
        }
    }

    /**
     * What a task threw. Tasks start in order and each that has started ends, so the earliest
     * failure is the one that a single thread would have met. It is thrown as it is: a pool would
     * wrap it, and its message with it.
     */
    private record Failure(int task, Throwable thrown) {

        static Failure earlier(Failure a, Failure b) {
            return a == null || b.task < a.task ? b : a;
        }

        void rethrow() {
            if (thrown instanceof RuntimeException exception) {
                throw exception;
            }
            throw (Error) thrown;
        }
    }

    static int threads() {
        int limit = Integer.getInteger(THREADS, Integer.MAX_VALUE);
        int pool = ForkJoinPool.getCommonPoolParallelism() + 1;
        return Math.max(1, Math.min(limit, Math.min(pool, Nd4j.getEnvironment().maxThreads())));
    }
}
