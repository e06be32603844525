package org.seglosses.benchmarks.compare;

import org.seglosses.benchmarks.Results;
import org.seglosses.benchmarks.compare.Contender.Side;
import org.seglosses.benchmarks.compare.SideBySide.Series;
import org.seglosses.samediff.Backend;

import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Stream;

/** The command: our losses beside PyTorch's formulas and DL4J's LossMCXENT, in time and memory. */
@Command(
        name = "benchmarks",
        description = {
            "Times value and gradient of our losses, as SegmentationLossLayer computes them, beside"
                    + " the reference formulas in PyTorch and DL4J's LossMCXENT: the same arrays,"
                    + " taking turns in one session. Then how our times grow with the image, and"
                    + " what each side takes in memory. Or, with --against, this build beside an"
                    + " older one.",
            "Prints Markdown tables and writes them, as results.csv too. A ratio is the median over"
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

    private static final String COMMAND = "mvn -B -ntp -q -pl benchmarks -am compile exec:java";

    /**
     * A loss in five sizes fits in, so that none is built anew in its turn; a training has one or
     * two sizes and gets by with the default.
     */
    private static final String CACHE_MEBIBYTES = "2048";

    private static final String SHAPES = "4x5x256x256,1x5x512x512,8x1x256x256,2x19x512x512";

    /** Fewer pixels, since every shape is warmed up four times: twice in each build. */
    private static final String SHAPES_AGAINST = "4x5x256x256,8x1x256x256,1x19x512x512";

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
            names = "--shapes",
            paramLabel = "SHAPE",
            split = ",",
            description =
                    "images x channels x height x width, separated by commas; one channel is"
                            + " binary (default: "
                            + SHAPES
                            + "; with --against "
                            + SHAPES_AGAINST
                            + ")")
    private List<String> shapes;

    @Option(names = "--no-times", description = "leaves out the times beside the other sides")
    private boolean noTimes;

    @Option(names = "--no-scaling", description = "leaves out how our times grow")
    private boolean noScaling;

    @Option(names = "--no-memory", description = "leaves out the memory")
    private boolean noMemory;

    @Option(
            names = "--python",
            paramLabel = "COMMAND",
            description = "the Python that has PyTorch (default: the first that has it)")
    private String python;

    @ArgGroup(exclusive = false)
    private Older older;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description =
                    "where results.md and results.csv, or against.md and .csv, go "
                            + Results.DIRECTORY)
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
        if (older != null && older.jvms < 1) {
            throw new ParameterException(
                    spec.commandLine(), "--jvms must be >= 1, got " + older.jvms);
        }
        if (noTimes && noScaling && noMemory) {
            throw new ParameterException(spec.commandLine(), "nothing is left to measure");
        }
        List<LossCase> chosen = all(cases, LossCase::of);
        if (shapes == null) {
            shapes = List.of((older == null ? SHAPES : SHAPES_AGAINST).split(","));
        }
        List<Shape> forms = all(shapes, Shape::of);
        if (forms.stream().noneMatch(form -> chosen.stream().anyMatch(c -> c.appliesTo(form)))) {
            throw new ParameterException(
                    spec.commandLine(),
                    "none of the cases "
                            + String.join(", ", cases)
                            + " has a mode for any of the shapes "
                            + String.join(", ", shapes)
                            + ": one channel is binary, several are classes");
        }
        if (older != null) {
            // refuses another directory before anything runs
            all(List.of(older.checkout), ClassPath::classes);
        }
        Results results = Results.of(spec.commandLine(), out);
        Optional<String> problem = Backend.problem();
        if (problem.isPresent()) {
            spec.commandLine().getErr().println("benchmarks: " + problem.get());
            return 1;
        }
        Machine.limitThreads();
        if (System.getProperty("org.seglosses.cacheMiB") == null) {
            System.setProperty("org.seglosses.cacheMiB", CACHE_MEBIBYTES);
        }
        Path directory = Files.createTempDirectory("loss-benchmarks");
        if (older != null) {
            try {
                return against(chosen, forms, directory, results);
            } catch (PeerException e) {
                spec.commandLine().getErr().println("benchmarks: " + e.getMessage());
                return 1;
            } finally {
                delete(directory);
            }
        }
        Report report;
        try {
            report = measure(chosen, forms, directory);
        } finally {
            delete(directory);
        }
        results.show(spec.commandLine(), "results", report.markdown(), report.csv());
        return report.mismatches().isEmpty() ? 0 : 1;
    }

    private <S, T> List<T> all(List<S> names, Function<S, T> of) {
        try {
            return names.stream().map(of).distinct().toList();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private Report measure(List<LossCase> chosen, List<Shape> forms, Path directory) {
        String machine = Machine.describe();
        Optional<Peer> peer = startPeer(directory);
        try {
            List<ProcessHandle> processes = new ArrayList<>();
            processes.add(ProcessHandle.current());
            peer.ifPresent(one -> processes.add(one.handle()));
            OtherLoad load = new OtherLoad(processes);
            List<Row> rows = noTimes ? List.of() : times(chosen, forms, peer);
            List<Scaling> scalings = noScaling ? List.of() : scalings(chosen);
            // the processes that measure memory are not in the books
            String others = load.describe();
            List<Memory> memories = noMemory ? List.of() : memories(chosen, forms, peer);
            List<String> header =
                    List.of("`" + command() + "`", date() + ", " + machine(machine, peer) + others);
            return new Report(header, rows, scalings, memories);
        } finally {
            peer.ifPresent(Peer::close);
        }
    }

    private int against(List<LossCase> chosen, List<Shape> forms, Path directory, Results results)
            throws IOException {
        String machine = Machine.describe();
        List<String> classPath = ClassPath.of(older.checkout, directory.resolve("lent"));
        TwoBuilds builds =
                new TwoBuilds(chosen, forms, rounds, older.differencesAllowed, this::tell);
        for (int pair = 1; pair <= older.jvms; pair++) {
            tell("JVMs, pair %d of %d", pair, older.jvms);
            try (Peer newer =
                            TwoBuilds.start(
                                    ClassPath.ofThisBuild(), directory.resolve("newer" + pair));
                    Peer other = TwoBuilds.start(classPath, directory.resolve("older" + pair))) {
                builds.measure(newer, other);
            }
        }
        if (builds.rows().isEmpty()) {
            throw new PeerException(String.join("; ", builds.leftOut()));
        }
        String description =
                machine + ", " + Machine.threads() + " threads each, OMP_WAIT_POLICY=passive";
        List<String> header =
                List.of("`" + command() + "`", date() + ", " + description + builds.otherLoad());
        BuildReport report = new BuildReport(header, builds.rows(), builds.leftOut());
        results.show(spec.commandLine(), "against", report.markdown(), report.csv());
        return 0;
    }

    private static String date() {
        return LocalDate.now(ZoneOffset.UTC).toString();
    }

    private String command() {
        List<String> arguments = spec.commandLine().getParseResult().originalArgs();
        return arguments.isEmpty()
                ? COMMAND
                : COMMAND + " -Dexec.args=\"" + String.join(" ", arguments) + "\"";
    }

    private List<Row> times(List<LossCase> chosen, List<Shape> forms, Optional<Peer> peer) {
        List<Row> rows = new ArrayList<>();
        for (Shape shape : forms) {
            for (Inputs.Kind kind : Inputs.Kind.values()) {
                Inputs inputs = Inputs.of(kind, shape);
                peer.ifPresent(one -> one.load(inputs));
                for (LossCase loss : chosen) {
                    if (loss.appliesTo(shape)) {
                        tell("%s, %s, %s", loss.title(), kind.title(), shape);
                        rows.add(times(loss, inputs, peer));
                    }
                }
            }
        }
        return rows;
    }

    private List<Scaling> scalings(List<LossCase> chosen) {
        Map<Integer, Inputs> inputs = Scaling.inputs();
        List<Scaling> scalings = new ArrayList<>();
        for (LossCase loss : chosen) {
            tell("%s, scaling", loss.title());
            scalings.add(Scaling.measure(loss, inputs, rounds));
        }
        scalings.add(Scaling.measureCopy(inputs, rounds));
        return scalings;
    }

    private List<Memory> memories(List<LossCase> chosen, List<Shape> forms, Optional<Peer> peer) {
        List<Memory> memories = new ArrayList<>();
        for (Shape shape : forms) {
            Inputs inputs = Inputs.of(Inputs.Kind.RANDOM, shape);
            peer.ifPresent(one -> one.load(inputs));
            for (LossCase loss : chosen) {
                if (loss.appliesTo(shape)) {
                    tell("%s, memory, %s", loss.title(), shape);
                    OptionalDouble pytorch =
                            peer.isPresent()
                                    ? peer.get().memory(loss.formula(), inputs)
                                    : OptionalDouble.empty();
                    memories.add(new Memory(loss, shape, pytorch, ownMemory(loss, shape)));
                }
            }
        }
        return memories;
    }

    private Optional<OwnMemory> ownMemory(LossCase loss, Shape shape) {
        try {
            return Optional.of(OwnMemory.of(loss, shape));
        } catch (IllegalStateException e) {
            tell("%s. Going on without it.", e.getMessage());
            return Optional.empty();
        }
    }

    private Optional<Peer> startPeer(Path directory) {
        try {
            return Optional.of(Peer.start(Results.pythons(python), directory, Machine.threads()));
        } catch (PeerException e) {
            tell("%s. Going on without it.", e.getMessage());
            return Optional.empty();
        }
    }

    private Row times(LossCase loss, Inputs inputs, Optional<Peer> peer) {
        List<String> mismatches = new ArrayList<>();
        String row = loss.title() + ", " + inputs.kind().title() + ", " + inputs.shape();
        Ours ours = new Ours(loss, inputs);
        if (peer.isPresent()) {
            Agreement agreement = ours.against(peer.get().reference(loss.formula(), inputs));
            if (!agreement.holds()) {
                mismatches.add(row + ": PyTorch in double and ours: " + agreement.describe());
            }
        }
        Map<Side, Contender> contenders = new EnumMap<>(ours.contenders());
        peer.ifPresent(one -> contenders.put(Side.PYTORCH, one.contender(loss.formula(), inputs)));
        if (loss.isMcxent()) {
            contenders.put(Side.MCXENT, Mcxent.contender(inputs));
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

    private static String machine(String machine, Optional<Peer> peer) {
        return machine
                + ", "
                + peer.map(Peer::description).orElse("no PyTorch")
                + ", "
                + Machine.threads()
                + " threads each"
                + Machine.waitPolicy();
    }

    private void tell(String format, Object... arguments) {
        tell(String.format(format, arguments));
    }

    private void tell(String words) {
        spec.commandLine().getErr().println(words);
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

    /** What {@code --against} takes; without it there is none. */
    private static final class Older {

        @Option(
                names = "--against",
                required = true,
                paramLabel = "DIR",
                description =
                        "a compiled checkout of an older commit: times this build beside that one,"
                                + " each in a JVM of its own, and nothing else")
        private Path checkout;

        @Option(
                names = "--jvms",
                paramLabel = "N",
                defaultValue = "2",
                description =
                        "with --against: pairs of JVMs, one after the other, each with its own"
                                + " rounds (default: ${DEFAULT-VALUE})")
        private int jvms;

        @Option(
                names = "--allow-differences",
                description = "with --against: does not list rows whose values or gradients differ")
        private boolean differencesAllowed;
    }

    /** For the help page. */
    private static final class CaseIds extends ArrayList<String> {

        private static final long serialVersionUID = 1L;

        CaseIds() {
            super(LossCase.ids());
        }
    }
}
