package org.seglosses.benchmarks.compare;

import org.seglosses.dl4j.SegmentationLossFunction;
import org.seglosses.onednn.OneDnn;
import org.seglosses.samediff.loss.SegmentationLoss;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What JVMs of their own are started with: this build, or an older one of this project. */
final class ClassPath {

    /** In every build of this project. */
    private static final String LOSSES = "org/seglosses/benchmarks/compare/LossCase";

    private static final Path CLASSES = Path.of("target", "classes");

    private ClassPath() {}

    /** The class path of this JVM, whole paths. */
    static List<String> ofThisBuild() {
        // Maven runs a command in a loader of its own, of which the JVM's class path knows nothing.
        if (ClassPath.class.getClassLoader() instanceof URLClassLoader loader) {
            return Arrays.stream(loader.getURLs())
                    .map(ClassPath::path)
                    .map(Path::toString)
                    .toList();
        }
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .toList();
    }

    /**
     * The classes of another checkout, and the libraries of this one.
     *
     * @param checkout the other checkout's directory
     * @param scratch an empty directory. A build from before {@link Worker} gets it lent there.
     * @throws IllegalArgumentException if that is no compiled checkout of this project
     */
    static List<String> of(Path checkout, Path scratch) {
        Path benchmarks = classes(checkout);
        List<Path> entries = new ArrayList<>();
        if (!Files.exists(benchmarks.resolve(file(Worker.class)))) {
            lend(Worker.class, scratch);
            lend(Ours.class, scratch);
            entries.add(scratch);
        }
        entries.add(benchmarks);
        try (Stream<Path> modules = Files.list(checkout)) {
            modules.map(module -> module.resolve(CLASSES))
                    .filter(module -> Files.isDirectory(module) && !module.equals(benchmarks))
                    .sorted()
                    .forEach(entries::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Stream.concat(
                        entries.stream().map(path -> path.toAbsolutePath().toString()), libraries())
                .toList();
    }

    /**
     * Refuses what is no compiled checkout of this project.
     *
     * @return where the benchmarks' classes are
     */
    static Path classes(Path checkout) {
        String must = "--against must be a compiled checkout of this project, got " + checkout;
        if (!Files.isDirectory(checkout)) {
            throw new IllegalArgumentException(must + ", which is no directory");
        }
        Path module = checkout.resolve("benchmarks");
        if (!Files.exists(module.resolve("src/main/java").resolve(LOSSES + ".java"))) {
            throw new IllegalArgumentException(
                    must + ", which holds another project, or none of its benchmarks");
        }
        Path classes = module.resolve(CLASSES);
        if (!Files.exists(classes.resolve(LOSSES + ".class"))) {
            throw new IllegalArgumentException(
                    must + ", which is not compiled: run mvn -B -ntp -q compile there");
        }
        return classes;
    }

    /** Jars that are not this project's. */
    private static Stream<String> libraries() {
        Set<Path> own =
                Stream.of(
                                SegmentationLoss.class,
                                SegmentationLossFunction.class,
                                OneDnn.class,
                                ClassPath.class)
                        .map(type -> path(type.getProtectionDomain().getCodeSource().getLocation()))
                        .collect(Collectors.toSet());
        return ofThisBuild().stream()
                .filter(entry -> Files.isRegularFile(Path.of(entry)))
                .filter(entry -> !own.contains(Path.of(entry)));
    }

    private static void lend(Class<?> type, Path directory) {
        Path file = directory.resolve(file(type));
        try (InputStream bytes = type.getResourceAsStream("/" + file(type))) {
            Files.createDirectories(file.getParent());
            Files.copy(bytes, file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String file(Class<?> type) {
        return type.getName().replace('.', '/') + ".class";
    }

    private static Path path(URL url) {
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException("no path: " + url, e);
        }
    }
}
