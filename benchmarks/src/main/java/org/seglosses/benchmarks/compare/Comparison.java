package org.seglosses.benchmarks.compare;

import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.benchmarks.compare.Contender.Side;
import org.seglosses.benchmarks.compare.SideBySide.Series;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/** The command: times our losses beside PyTorch's formulas and DL4J's LossMCXENT. */
@Command(
        name = "benchmarks",
        description = {
            "Times value and gradient of our losses, as SegmentationLossLayer computes them, beside"
                    + " the reference formulas in PyTorch and DL4J's LossMCXENT: the same arrays,"
                    + " taking turns in one session.",
            "Prints a Markdown table and writes it, as results.csv too. A ratio is the median over"
                    + " the rounds of our time divided by the other side's in the same round."
        },
        footer = {
            "",
            "PyTorch is looked for in python3; on Debian and Ubuntu: apt install python3-torch."
                    + " Without it the other columns are measured alone.",
            "Close other programs: with a busy core the figures mean nothing (the report says how"
                    + " busy it was)."
        },
        sortOptions = false,
        usageHelpAutoWidth = true)
public final class Comparison implements Callable<Integer> {

    private static final int THREADS = Math.min(2, Machine.cores());

    private static final List<Shape> SHAPES = List.of(new Shape(4, 5, 256, 256));

    /** Debian's own Python has python3-torch even where another Python is first on the path. */
    private static final List<String> INTERPRETERS = List.of("python3", "/usr/bin/python3");

    /** Of a core: more than what an idle desktop or the system's own services take. */
    private static final double BUSY = 0.1;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "5",
            description = "rounds in which every side has a turn (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Option(
            names = "--cases",
            paramLabel = "CASE",
            split = ",",
            completionCandidates = CaseIds.class,
            description = "only these, separated by commas: ${COMPLETION-CANDIDATES}")
    private List<String> cases = LossCase.ids();

    @Option(
            names = "--python",
            paramLabel = "COMMAND",
            description = "the Python that has PyTorch (default: the first that has it)")
    private String python;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = "${sys:org.seglosses.benchmarks.out:-target}",
            description = "where results.md and results.csv go (default: benchmarks/target)")
    private Path out;

    @Option(names = "--help", usageHelp = true, description = "shows this and ends")
    private boolean help;

    @Spec private CommandSpec spec;

    /** Constructs the command, for the command line to fill. */
    public Comparison() {}

    /**
     * Runs the command.
     *
     * @param arguments see {@code --help}
     */
    public static void main(String[] arguments) {
        int status = new CommandLine(new Comparison()).execute(arguments);
        // Ending this way ends Maven too, so only a failure does.
        if (status != 0) {
            System.exit(status);
        }
    }

    /**
     * Measures, prints and writes.
     *
     * @return 0, or 1 if two sides did not compute the same
     * @throws IOException if the results cannot be written
     */
    @Override
    public Integer call() throws IOException {
        if (rounds < 1) {
            throw new ParameterException(
                    spec.commandLine(), "--rounds must be >= 1, got " + rounds);
        }
        List<LossCase> chosen = chosenCases();
        Nd4j.getEnvironment().setMaxThreads(THREADS);
        Nd4j.getEnvironment().setMaxMasterThreads(THREADS);
        Path directory = Files.createTempDirectory("loss-benchmarks");
        Report report;
        try {
            report = measure(chosen, directory);
        } finally {
            delete(directory);
        }
        Path table = out.resolve("results.md");
        Path figures = out.resolve("results.csv");
        Files.createDirectories(out);
        Files.writeString(table, report.markdown());
        Files.writeString(figures, report.csv());
        PrintWriter print = spec.commandLine().getOut();
        print.println(report.markdown());
        print.println("Written: " + table + ", " + figures);
        print.flush();
        return report.mismatches().isEmpty() ? 0 : 1;
    }

    private List<LossCase> chosenCases() {
        try {
            return cases.stream().map(LossCase::of).distinct().toList();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private Report measure(List<LossCase> chosen, Path directory) {
        Optional<Peer> peer = startPeer(directory);
        try {
            List<ProcessHandle> processes = new ArrayList<>();
            processes.add(ProcessHandle.current());
            peer.ifPresent(one -> processes.add(one.handle()));
            OtherLoad load = new OtherLoad(processes);
            List<Row> rows = new ArrayList<>();
            for (Shape shape : SHAPES) {
                for (Inputs.Kind kind : Inputs.Kind.values()) {
                    Inputs inputs = Inputs.of(kind, shape);
                    peer.ifPresent(one -> one.load(inputs));
                    for (LossCase loss : chosen) {
                        tell("%s, %s, %s", loss.title(), kind.title(), shape);
                        rows.add(measure(loss, inputs, peer));
                    }
                }
            }
            return new Report(machine(peer, load.cores()), rows);
        } finally {
            peer.ifPresent(Peer::close);
        }
    }

    private Optional<Peer> startPeer(Path directory) {
        try {
            List<String> interpreters = python == null ? INTERPRETERS : List.of(python);
            return Optional.of(Peer.start(interpreters, directory, THREADS));
        } catch (PeerException e) {
            tell("%s. Going on without it.", e.getMessage());
            return Optional.empty();
        }
    }

    private Row measure(LossCase loss, Inputs inputs, Optional<Peer> peer) {
        List<String> mismatches = new ArrayList<>();
        String row = loss.title() + ", " + inputs.kind().title() + ", " + inputs.shape();
        Ours ours = new Ours(loss.loss(), inputs);
        if (peer.isPresent()) {
            Agreement agreement = ours.against(peer.get().reference(loss.formula(), inputs));
            if (!agreement.holds()) {
                mismatches.add(row + ": PyTorch in double and ours: " + agreement.describe());
            }
        }
        List<Contender> contenders = new ArrayList<>();
        peer.ifPresent(one -> contenders.add(one.contender(loss.formula(), inputs)));
        contenders.addAll(ours.contenders());
        if (loss.isMcxent()) {
            contenders.add(Mcxent.contender(inputs));
        }
        Map<Side, Series> series = SideBySide.run(contenders, rounds);
        series.forEach(
                (side, one) -> {
                    Agreement values = Agreement.of(series.get(Side.OURS).value(), one.value());
                    if (!values.holds()) {
                        mismatches.add(
                                row + ": " + side.title() + " and ours: " + values.describe());
                    }
                });
        return new Row(loss, inputs.kind(), inputs.shape(), series, mismatches);
    }

    private static String machine(Optional<Peer> peer, OptionalDouble othersCores) {
        StringBuilder line = new StringBuilder(Machine.describe());
        line.append(", ").append(peer.map(Peer::description).orElse("no PyTorch"));
        line.append(", ").append(THREADS).append(" threads each");
        othersCores.ifPresent(
                cores -> {
                    line.append(String.format("; other programs kept %.2f cores busy", cores));
                    if (cores > BUSY) {
                        line.append(" (TOO BUSY: repeat this on a quiet machine)");
                    }
                });
        return line.toString();
    }

    private void tell(String format, Object... arguments) {
        spec.commandLine().getErr().println(String.format(format, arguments));
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(
                            file -> {
                                try {
                                    Files.delete(file);
                                } catch (IOException e) {
                                    throw new UncheckedIOException(e);
                                }
                            });
        }
    }

    /** For the help page. */
    private static final class CaseIds extends ArrayList<String> {

        private static final long serialVersionUID = 1L;

        CaseIds() {
            super(LossCase.ids());
        }
    }
}
