package org.seglosses.samediff.op;

import org.nd4j.linalg.factory.Nd4j;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;

/**
 * Runs the tasks of a kernel on the calling thread and a pool of daemon threads. It is no fork-join
 * pool: the common one takes its threads' {@link Scratch} away after each job.
 *
 * <p>A kernel splits its work by the size of the data alone, never by the number of threads, and
 * each task writes to a place of its own; so results do not depend on the number of threads. That
 * number is never more than ND4J's own, and the system property {@value #THREADS} caps it further.
 */
final class Parallel {

    static final String THREADS = "org.seglosses.threads";

    private static final int CORES = Runtime.getRuntime().availableProcessors();

    private static final Executor POOL = pool(Math.max(1, CORES - 1));

    private Parallel() {}

    private static Executor pool(int threads) {
        AtomicInteger number = new AtomicInteger();
        ThreadPoolExecutor pool =
                new ThreadPoolExecutor(
                        threads,
                        threads,
                        1,
                        TimeUnit.MINUTES,
                        new LinkedBlockingQueue<>(),
                        task -> {
                            String name = "seglosses-kernel-" + number.incrementAndGet();
                            Thread thread = new Thread(task, name);
                            thread.setDaemon(true);
                            return thread;
                        });
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

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
        Job job = new Job(count, task);
        for (int i = 1; i < threads; i++) {
            POOL.execute(job::work);
        }
        job.work();
        job.await();
    }

    /** The tasks of one call, which the caller and the pool's threads take one after the other. */
    private static final class Job {

        /** About what the last task of another thread takes; parking takes longer. */
        private static final int SPINS = 5_000;

        private final int count;
        private final IntConsumer task;
        private final Thread caller = Thread.currentThread();
        private final AtomicInteger next = new AtomicInteger();
        private final AtomicInteger working = new AtomicInteger();
        private final AtomicReference<Failure> failure = new AtomicReference<>();

        Job(int count, IntConsumer task) {
            this.count = count;
            this.task = task;
        }

        void work() {
            working.incrementAndGet();
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
            if (working.decrementAndGet() == 0) {
                LockSupport.unpark(caller);
            }
        }

        /**
         * Waits for the threads that are at work once no task is left. A thread of the pool that
         * comes later finds none, and is not waited for.
         */
        void await() {
            for (int i = 0; working.get() != 0; i++) {
                if (i < SPINS) {
                    Thread.onSpinWait();
                } else {
                    LockSupport.park(this);
                }
            }
            if (failure.get() != null) {
                failure.get().rethrow();
            }
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
        return Math.max(1, Math.min(limit, Math.min(CORES, Nd4j.getEnvironment().maxThreads())));
    }
}
