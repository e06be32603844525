package org.seglosses.dl4j;

import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * A loss on several threads where the machine gives no more threads or no more memory, or where the
 * library's class loader is closed. Run by {@code .ci/shortage}, in JVMs that have to end in time.
 */
public final class Shortage {

    private static final String THREADS = "org.seglosses.threads";
    private static final IActivation SOFTMAX = Activation.SOFTMAX.getActivationFunction();

    private final SegmentationLossFunction<?> loss = LossCrossEntropy.builder().build();
    private final INDArray logits;
    private final INDArray labels;

    private Shortage(int side) {
        logits = Nd4j.rand(DataType.FLOAT, 4, 3, side, side);
        labels = Nd4j.zeros(DataType.FLOAT, 4, 1, side, side);
    }

    private Pair<Double, INDArray> run() {
        return loss.computeGradientAndScore(labels, logits, SOFTMAX, null, true);
    }

    private void requireSame(Pair<Double, INDArray> expected) {
        Pair<Double, INDArray> actual = run();
        if (!expected.getFirst().equals(actual.getFirst())
                || !expected.getSecond().equals(actual.getSecond())) {
            throw new IllegalStateException("expected " + expected + ", got " + actual);
        }
    }

    /**
     * Runs one case.
     *
     * @param arguments {@code processes} and how many threads can still start, {@code heap} and a
     *     seed, or {@code loader}
     */
    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
            case "processes" -> processes(Integer.parseInt(arguments[1]));
            case "heap" -> heap(Long.parseLong(arguments[1]));
            case "loader" -> loader();
            default -> throw new IllegalArgumentException(arguments[0]);
        }
        System.out.println("right");
        System.exit(0);
    }

    // ---- processes

    private static void processes(int more) throws Exception {
        System.setProperty(THREADS, "1");
        Shortage given = new Shortage(900);
        Pair<Double, INDArray> expected = given.run();
        limitProcesses(more);
        System.clearProperty(THREADS);
        for (int i = 0; i < 5; i++) {
            given.requireSame(expected);
        }
    }

    /** Lets this user have as many threads as there are, and some more. */
    private static void limitProcesses(int more) throws Exception {
        // once, so that the thread that waits for processes is among those that are counted
        new ProcessBuilder("true").start().waitFor();
        String pid = "" + ProcessHandle.current().pid();
        int limit = threadsOfThisUser() + more;
        int status =
                new ProcessBuilder("prlimit", "--pid", pid, "--nproc=" + limit + ":" + limit)
                        .inheritIO()
                        .start()
                        .waitFor();
        if (status != 0) {
            throw new IllegalStateException("prlimit: " + status);
        }
        System.out.println("limit of threads: " + limit);
    }

    private static int threadsOfThisUser() throws IOException {
        String user = field(Path.of("/proc/self"), "Uid:");
        List<Path> processes;
        try (Stream<Path> all = Files.list(Path.of("/proc"))) {
            processes = all.filter(path -> path.getFileName().toString().matches("\\d+")).toList();
        }
        int threads = 0;
        for (Path process : processes) {
            try {
                if (field(process, "Uid:").equals(user)) {
                    threads += Integer.parseInt(field(process, "Threads:"));
                }
            } catch (NoSuchFileException e) {
                // it has ended
            }
        }
        return threads;
    }

    private static String field(Path process, String name) throws IOException {
        for (String line : Files.readAllLines(process.resolve("status"))) {
            if (line.startsWith(name)) {
                return line.substring(name.length()).trim();
            }
        }
        throw new NoSuchFileException(name);
    }

    // ---- heap

    private static void heap(long seed) throws InterruptedException {
        Random random = new Random(seed);
        Shortage given = new Shortage(100);
        Pair<Double, INDArray> expected = given.run();
        refuseBadLabels(given);
        given.requireSame(expected);
        int full = 0;
        for (int round = 0; round < 12; round++) {
            // in half of the rounds tasks fail by themselves too
            given.labels.putScalar(given.labels.length() - 1, round % 2 == 0 ? 7 : 0);
            Ballast ballast = new Ballast(random.nextInt(1 << 18));
            ballast.start();
            ballast.full.await();
            for (int call = 0; call < 5; call++) {
                try {
                    given.run();
                } catch (IllegalArgumentException e) {
                    // the label, if there was memory enough to say so
                } catch (OutOfMemoryError e) {
                    full++;
                }
            }
            ballast.drop();
            given.labels.putScalar(given.labels.length() - 1, 0);
            given.requireSame(expected);
        }
        System.out.println("calls that found the heap full: " + full);
    }

    private static void refuseBadLabels(Shortage given) {
        given.labels.putScalar(given.labels.length() - 1, 7);
        try {
            given.run();
            throw new IllegalStateException("label 7 of 3 classes was taken");
        } catch (IllegalArgumentException e) {
            // as it must be
        } finally {
            given.labels.putScalar(given.labels.length() - 1, 0);
        }
    }

    /** Takes all of the heap, and what others set free, until it is dropped. */
    private static final class Ballast extends Thread {

        private static final int MOST = 1 << 17;

        private final byte[][] chunks = new byte[MOST][];
        private byte[] reserve;
        private volatile boolean dropped;

        final CountDownLatch full = new CountDownLatch(1);

        /** Gives back so many bytes once the heap was full. */
        Ballast(int reserve) {
            this.reserve = new byte[reserve];
            setDaemon(true);
        }

        @Override
        public void run() {
            int count = 0;
            int size = 1 << 20;
            while (!dropped && count < MOST) {
                try {
                    chunks[count] = new byte[size];
                    count++;
                } catch (OutOfMemoryError e) {
                    size /= 2;
                    if (size == 0) {
                        reserve = null;
                        full.countDown();
                        size = 1 << 12;
                        LockSupport.parkNanos(200_000);
                    }
                }
            }
        }

        void drop() throws InterruptedException {
            dropped = true;
            join();
            Arrays.fill(chunks, null);
        }
    }

    // ---- class loader

    private static final class Own extends URLClassLoader {

        Own(URL[] urls) {
            super(urls, Shortage.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith("org.seglosses.")) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded == null ? findClass(name) : loaded;
            }
        }
    }

    private static void loader() throws Exception {
        List<URL> urls = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            if (!entry.endsWith(".jar")) {
                urls.add(Path.of(entry).toUri().toURL());
            }
        }
        Own own = new Own(urls.toArray(new URL[0]));
        Runnable afterwards =
                (Runnable)
                        own.loadClass("org.seglosses.dl4j.Shortage", false)
                                .getMethod("beforeAndAfter")
                                .invoke(null);
        own.close();
        afterwards.run();
    }

    /** Uses the library, and returns what is to be done once its class loader is closed. */
    public static Runnable beforeAndAfter() {
        Shortage given = new Shortage(300);
        Pair<Double, INDArray> expected = given.run();
        return () -> {
            for (int i = 0; i < 3; i++) {
                try {
                    refuseBadLabels(given);
                } catch (NoClassDefFoundError e) {
                    System.out.println("a closed class loader: " + e);
                }
                given.requireSame(expected);
            }
        };
    }
}
