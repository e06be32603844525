package org.seglosses.samediff.op;

import org.nd4j.linalg.factory.Nd4j;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;

/**
 * Runs the tasks of a kernel on the calling thread and on daemon threads that help it. It is no
 * fork-join pool: the common one takes its threads' {@link Scratch} away after each job.
 *
 * <p>A kernel splits its work by the size of the data alone, never by the number of threads, and
 * each task writes to a place of its own; so results do not depend on the number of threads. That
 * number is never more than ND4J's own, and the system property {@value #THREADS} caps it further.
 *
 * <p>What holds whatever fails (a thread that cannot start, a full heap, a closed class loader, an
 * interrupt):
 *
 * <ul>
 *   <li>The caller takes tasks until none is left, so that no helper is needed. A helper that is
 *       asked may come late or never, and is not waited for.
 *   <li>A helper counts itself as at work before it takes a task, and stops doing so in a {@code
 *       finally}. The caller leaves only when no helper is at work: what it frees then, nobody
 *       reads.
 *   <li>What catches and counts allocates nothing and loads no class. A rehearsal of failures, when
 *       this class is initialized, links all that they need.
 * </ul>
 */
final class Parallel {

    static final String THREADS = "org.seglosses.threads";

    private static final int CORES = Runtime.getRuntime().availableProcessors();

    private static final AtomicInteger NUMBER = new AtomicInteger();

    /** A thread that nobody asks for so long ends. */
    private static final long IDLE = TimeUnit.MINUTES.toNanos(1);

    /**
     * For so long after a thread could not start, none is tried: the JVM prints a line each time.
     */
    private static final long RETRY = TimeUnit.SECONDS.toNanos(1);

    /** About what the last task of another thread takes; parking takes longer. */
    private static final int SPINS = 5_000;

    /** A caller looks again after so long even if nobody wakes it. */
    private static final long LOOK_AGAIN = TimeUnit.MILLISECONDS.toNanos(1);

    private static final Parallel POOL = new Parallel(CORES - 1, Parallel::daemon);

    static {
        rehearse();
    }

    private final ThreadFactory threads;
    private final Worker[] helpers;

    private volatile boolean shortOfThreads;
    private volatile long shortage;

    Parallel(int helpers, ThreadFactory threads) {
        this.threads = threads;
        this.helpers = new Worker[helpers];
        for (int i = 0; i < helpers; i++) {
            this.helpers[i] = new Worker(i);
        }
    }

    /**
     * Fails once in each way, so that nothing has to be linked when there is no memory for it, or
     * when the class loader is closed.
     */
    private static void rehearse() {
        RuntimeException failure = new IllegalStateException("a rehearsal");
        ThreadFactory none =
                helper -> {
                    throw failure;
                };
        IntConsumer task =
                i -> {
                    throw failure;
                };
        try {
            new Parallel(1, none).run(2, 2, task);
        } catch (RuntimeException thrown) {
            // as rehearsed
        }
        Job job = new Job(1, task, 1);
        job.help(0);
        if (job.pause(SPINS)) {
            job.caller.interrupt();
        }
    }

    /** Inherits nothing of the caller's: a thread of the pool must not keep its class loader. */
    private static Thread daemon(Runnable helper) {
        String name = "seglosses-kernel-" + NUMBER.incrementAndGet();
        Thread thread = new Thread(null, helper, name, 0, false);
        thread.setContextClassLoader(Parallel.class.getClassLoader());
        thread.setDaemon(true);
        return thread;
    }

    /**
     * Runs {@code task} for each of {@code 0 .. count - 1} and returns when all have ended. If
     * tasks fail, what the first of them threw is thrown once those that have started have ended.
     */
    static void run(int count, IntConsumer task) {
        POOL.run(count, threads(), task);
    }

    static int threads() {
        int limit = Integer.getInteger(THREADS, Integer.MAX_VALUE);
        return Math.max(1, Math.min(limit, Math.min(CORES, Nd4j.getEnvironment().maxThreads())));
    }

    void run(int count, int most, IntConsumer task) {
        int threads = Math.min(Math.min(count, most), helpers.length + 1);
        if (threads <= 1) {
            for (int i = 0; i < count; i++) {
                task.accept(i);
            }
            return;
        }
        Job job = new Job(count, task, helpers.length + 1);
        try {
            askForHelp(job, threads - 1);
            job.work(helpers.length);
        } finally {
            job.await();
        }
        for (Worker helper : helpers) {
            helper.takeBack(job);
        }
        job.rethrowFirst();
    }

    /** Asks those that have nothing to do, and then those whose work may end in time. */
    private void askForHelp(Job job, int wanted) {
        boolean[] asked = new boolean[helpers.length];
        int left = wanted;
        for (int i = 0; i < helpers.length && left > 0; i++) {
            asked[i] = !helpers[i].busy && helpers[i].ask(job);
            left -= asked[i] ? 1 : 0;
        }
        for (int i = 0; i < helpers.length && left > 0; i++) {
            left -= !asked[i] && helpers[i].ask(job) ? 1 : 0;
        }
    }

    /** The tasks of one call, which the caller and its helpers take one after the other. */
    private static final class Job {

        private final int count;
        private final IntConsumer task;
        private final Thread caller = Thread.currentThread();
        private final AtomicInteger next = new AtomicInteger();
        private final AtomicInteger helping = new AtomicInteger();

        /** What failed, by who met it: a place of its own for each, so that nobody allocates. */
        private final Throwable[] thrown;

        private final int[] failed;

        Job(int count, IntConsumer task, int workers) {
            this.count = count;
            this.task = task;
            this.thrown = new Throwable[workers];
            this.failed = new int[workers];
        }

        /** Takes tasks until none is left or one fails. */
        void work(int worker) {
            int i = 0;
            try {
                for (i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
                    task.accept(i);
                }
            } catch (Throwable failure) {
                thrown[worker] = failure;
                failed[worker] = i;
                next.set(count);
            }
        }

        void help(int worker) {
            helping.incrementAndGet();
            try {
                work(worker);
            } finally {
                if (helping.decrementAndGet() == 0) {
                    LockSupport.unpark(caller);
                }
            }
        }

        /**
         * Waits for the helpers that are at work once no task is left. One that comes later finds
         * none. Whatever is thrown here, the wait goes on.
         */
        void await() {
            boolean interrupted = false;
            boolean waiting = true;
            for (int spins = 0; waiting; spins = Math.min(spins + 1, SPINS)) {
                try {
                    if (next.get() < count) {
                        next.set(count);
                    }
                    if (helping.get() == 0) {
                        waiting = false;
                    } else {
                        interrupted |= pause(spins);
                    }
                } catch (Throwable ignored) {
                    // not yet known that nobody is at work
                }
            }
            if (interrupted) {
                caller.interrupt();
            }
        }

        /** Returns whether the thread was interrupted: its status would end each pause at once. */
        private boolean pause(int spins) {
            if (spins < SPINS) {
                Thread.onSpinWait();
                return false;
            }
            LockSupport.parkNanos(this, LOOK_AGAIN);
            return Thread.interrupted();
        }

        /**
         * Throws what failed first. Tasks start in order and each that has started ends, so that is
         * the failure that a single thread would have met. It is thrown as it is: a pool would wrap
         * it, and its message with it.
         */
        void rethrowFirst() {
            int first = -1;
            for (int worker = 0; worker < thrown.length; worker++) {
                if (thrown[worker] != null && (first < 0 || failed[worker] < failed[first])) {
                    first = worker;
                }
            }
            if (first >= 0) {
                Job.<RuntimeException>rethrow(thrown[first]);
            }
        }

        @SuppressWarnings("unchecked")
        private static <T extends Throwable> void rethrow(Throwable failure) throws T {
            throw (T) failure;
        }
    }

    /** Takes the jobs that it is asked for, on a thread that it starts when it has none. */
    private final class Worker implements Runnable {

        private final int number;
        private final AtomicReference<Job> asked = new AtomicReference<>();
        private final AtomicReference<Thread> thread = new AtomicReference<>();

        volatile boolean busy;

        Worker(int number) {
            this.number = number;
        }

        /** Returns whether it is asked; never throws, and the answer is a hope, no promise. */
        boolean ask(Job job) {
            if (asked.get() != null) {
                return false;
            }
            Thread running = thread.get();
            if (running == null) {
                running = start();
                if (running == null) {
                    return false;
                }
            }
            if (!asked.compareAndSet(null, job)) {
                return false;
            }
            LockSupport.unpark(running);
            return true;
        }

        private Thread start() {
            if (shortOfThreads && System.nanoTime() - shortage < RETRY) {
                return null;
            }
            Thread made = null;
            boolean started = false;
            try {
                made = threads.newThread(this);
                if (!thread.compareAndSet(null, made)) {
                    return thread.get();
                }
                made.start();
                started = true;
            } catch (Throwable thrown) {
                // the caller works without this helper
            }
            if (!started) {
                shortage = System.nanoTime();
                thread.compareAndSet(made, null);
                made = null;
            }
            shortOfThreads = !started;
            return made;
        }

        void takeBack(Job job) {
            asked.compareAndSet(job, null);
        }

        @Override
        public void run() {
            try {
                long end = System.nanoTime() + IDLE;
                for (long left = IDLE; left > 0; left = end - System.nanoTime()) {
                    Job job = asked.getAndSet(null);
                    if (job == null) {
                        LockSupport.parkNanos(this, left);
                    } else {
                        busy = true;
                        job.help(number);
                        busy = false;
                        job = null;
                        end = System.nanoTime() + IDLE;
                    }
                    // a task's interrupt is not the next one's
                    Thread.interrupted();
                }
            } finally {
                busy = false;
                thread.set(null);
            }
        }
    }
}
