package org.seglosses.benchmarks.compare;

import org.seglosses.benchmarks.compare.SideBySide.Series;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;

/**
 * Times this build beside an older one, each in a JVM of its own; the JVMs take turns. What the JIT
 * compiler makes of the same code differs from JVM to JVM, so that several pairs of them are
 * measured, one pair after the other.
 */
final class TwoBuilds {

    /** Float's rounding, where sums are taken in another order. */
    static final double TOLERANCE = 1e-5;

    /** Else the threads of the JVM whose turn is over would spin in the other's. */
    private static final Map<String, String> ENVIRONMENT = Map.of("OMP_WAIT_POLICY", "passive");

    private final List<LossCase> cases;
    private final List<Shape> shapes;
    private final int rounds;
    private final boolean differencesAllowed;
    private final Consumer<String> progress;

    private final Map<List<Object>, BuildRow> rows = new LinkedHashMap<>();
    private final List<String> leftOut = new ArrayList<>();
    private double otherCores;

    /**
     * @param rounds in which each of the two has a turn, with each pair of JVMs
     * @param differencesAllowed whether rows whose values differ are as good as others
     * @param progress is told each row
     */
    TwoBuilds(
            List<LossCase> cases,
            List<Shape> shapes,
            int rounds,
            boolean differencesAllowed,
            Consumer<String> progress) {
        this.cases = cases;
        this.shapes = shapes;
        this.rounds = rounds;
        this.differencesAllowed = differencesAllowed;
        this.progress = progress;
    }

    /** Starts a JVM with this class path that answers as {@link Worker} does. */
    static Peer start(List<String> classPath, Path directory) {
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Dorg.seglosses.cacheMiB=" + System.getProperty("org.seglosses.cacheMiB"));
        command.add("-cp");
        command.add(String.join(File.pathSeparator, classPath));
        command.add(Worker.class.getName());
        return Peer.start(command, directory, ENVIRONMENT);
    }

    /** Measures all rows with this pair of JVMs, and adds them to those of earlier pairs. */
    void measure(Peer newer, Peer older) {
        OtherLoad load =
                new OtherLoad(List.of(ProcessHandle.current(), newer.handle(), older.handle()));
        for (Shape shape : shapes) {
            for (Inputs.Kind kind : Inputs.Kind.values()) {
                Inputs inputs = Inputs.of(kind, shape);
                newer.load(inputs);
                older.load(inputs);
                cases.stream()
                        .filter(loss -> loss.appliesTo(shape))
                        .forEach(loss -> measure(loss, inputs, newer, older));
            }
        }
        otherCores = Math.max(otherCores, load.cores().orElse(Double.NaN));
    }

    private void measure(LossCase loss, Inputs inputs, Peer newer, Peer older) {
        String title = loss.title() + ", " + inputs.kind().title() + ", " + inputs.shape();
        Peer.Reference right = newer.reference(loss.id(), inputs);
        Peer.Reference other;
        try {
            other = older.reference(loss.id(), inputs);
        } catch (PeerException e) {
            if (!older.isAlive()) {
                throw e;
            }
            String words = title + ": the older build cannot compute it: " + e.getMessage();
            if (!leftOut.contains(words)) {
                leftOut.add(words);
            }
            return;
        }
        Agreement agreement =
                Agreement.of(
                        right.value(),
                        right.gradient(),
                        other.value(),
                        other.gradient(),
                        TOLERANCE);
        Optional<String> difference =
                differencesAllowed || agreement.holds()
                        ? Optional.empty()
                        : Optional.of(agreement.describe());
        Map<Peer, Contender> contenders = new LinkedHashMap<>();
        contenders.put(newer, newer.contender(loss.id(), inputs));
        contenders.put(older, older.contender(loss.id(), inputs));
        Map<Peer, Series> series = SideBySide.run(contenders, rounds);
        BuildRow row =
                new BuildRow(
                        loss,
                        inputs.kind(),
                        inputs.shape(),
                        series.get(newer),
                        series.get(older),
                        difference);
        progress.accept(String.format("%s: %.3f", title, row.ratio()));
        rows.merge(List.of(loss, inputs.kind(), inputs.shape()), row, BuildRow::and);
    }

    /** All rows, each with the rounds of all pairs. */
    List<BuildRow> rows() {
        return List.copyOf(rows.values());
    }

    /** Sentences on rows that the older build cannot compute. */
    List<String> leftOut() {
        return List.copyOf(leftOut);
    }

    /** What other programs did with the machine while the busiest pair was measured, in words. */
    String otherLoad() {
        return OtherLoad.describe(
                Double.isNaN(otherCores) ? OptionalDouble.empty() : OptionalDouble.of(otherCores));
    }
}
