package org.seglosses.examples.backend;

import org.nd4j.linalg.api.environment.Nd4jEnvironment;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.examples.Program;
import org.seglosses.goldens.GoldenCase;
import org.seglosses.samediff.Backend;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/** Runs every golden case on the backend that is there, and times the losses. */
@Command(
        name = "backend-check",
        sortOptions = false,
        usageHelpAutoWidth = true,
        separator = " ",
        header = "Check and time the losses on the ND4J backend that is on the class path.",
        description = {
            "",
            "Runs the golden cases, value and gradient, in FLOAT and in DOUBLE, with the tolerances"
                    + " of the tests. With Maven's profile cuda the backend is ND4J's CUDA 11.6,"
                    + " which needs a GPU. The exit status is 1 if a case fails.",
            ""
        },
        optionListHeading = "Options:%n")
public final class BackendCheck implements Callable<Integer> {

    private static final Path GOLDENS =
            Path.of("dl4j-losses", "src", "test", "resources", "goldens");

    @Spec private CommandSpec spec;

    @Option(
            names = "--goldens",
            paramLabel = "DIR",
            description = "The cases (default: those of the tests of dl4j-losses).")
    private Path goldens;

    @Option(
            names = "--size",
            paramLabel = "N",
            defaultValue = "256",
            description = "Times are of [4,5,N,N] (default: ${DEFAULT-VALUE}).")
    private int size;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    private boolean help;

    private BackendCheck() {}

    /**
     * Runs the check.
     *
     * @param args options; {@code --help} lists them
     */
    public static void main(String[] args) {
        Program.run(commandLine(), args);
    }

    static CommandLine commandLine() {
        return new CommandLine(new BackendCheck())
                .setParameterExceptionHandler(
                        (e, args) -> {
                            CommandLine line = e.getCommandLine();
                            line.getErr().println("backend-check: " + e.getMessage());
                            return line.getCommandSpec().exitCodeOnInvalidInput();
                        });
    }

    @Override
    public Integer call() throws IOException {
        if (size < 1) {
            throw bad("--size must be at least 1, got " + size);
        }
        List<GoldenCase> cases = cases();
        Optional<String> problem = Backend.problem();
        if (problem.isPresent()) {
            spec.commandLine().getErr().println("backend-check: " + problem.get());
            return 1;
        }
        PrintWriter out = spec.commandLine().getOut();
        PrintStream standard = System.out;
        // SameDiff prints a line for each op that it differentiates.
        System.setOut(new PrintStream(OutputStream.nullOutputStream()));
        try {
            return check(cases, out);
        } finally {
            System.setOut(standard);
        }
    }

    private int check(List<GoldenCase> cases, PrintWriter out) {
        out.println(device());
        Map<String, List<GoldenCase>> byLoss =
                cases.stream()
                        .collect(
                                Collectors.groupingBy(
                                        GoldenCase::loss, TreeMap::new, Collectors.toList()));
        out.println(LossLine.header(size));
        int failed = 0;
        int passed = 0;
        int unknown = 0;
        for (Map.Entry<String, List<GoldenCase>> loss : byLoss.entrySet()) {
            LossLine line = LossLine.of(loss.getKey(), loss.getValue(), size);
            out.println(line);
            line.failures().forEach(failure -> out.println("  " + failure));
            out.flush();
            failed += line.failed();
            passed += line.passed();
            unknown += line.unknown();
        }
        out.printf(
                Locale.ROOT,
                "%d cases: %d passed, %d failed, %d of losses or options that are not here%n",
                cases.size(),
                passed,
                failed,
                unknown);
        out.flush();
        return failed == 0 ? 0 : 1;
    }

    private List<GoldenCase> cases() throws IOException {
        Path directory = goldens;
        if (directory == null) {
            // Maven may have been called in the project's directory or in that of the examples.
            directory = Files.isDirectory(GOLDENS) ? GOLDENS : Path.of("..").resolve(GOLDENS);
        }
        List<GoldenCase> cases =
                Files.isDirectory(directory) ? GoldenCase.all(directory) : List.of();
        if (cases.isEmpty()) {
            throw bad("--goldens must be a directory of golden cases, got " + directory);
        }
        return cases;
    }

    private CommandLine.ParameterException bad(String message) {
        return new CommandLine.ParameterException(spec.commandLine(), message);
    }

    private static String device() {
        Properties environment = Nd4j.getExecutioner().getEnvironmentInformation();
        StringBuilder text = new StringBuilder("Backend ");
        text.append(environment.get(Nd4jEnvironment.BACKEND_KEY))
                .append(" (")
                .append(Nd4j.getBackend().getClass().getSimpleName())
                .append("), ");
        if (environment.get(Nd4jEnvironment.CUDA_DEVICE_INFORMATION_KEY)
                instanceof List<?> devices) {
            text.append(
                    devices.stream()
                            .map(
                                    device ->
                                            ((Map<?, ?>) device)
                                                    .get(Nd4jEnvironment.CUDA_DEVICE_NAME_KEY))
                            .map(String::valueOf)
                            .collect(Collectors.joining(", ")));
        } else {
            text.append(environment.get(Nd4jEnvironment.CPU_CORES_KEY)).append(" cores");
        }
        return text.append(", ").append(environment.get(Nd4jEnvironment.OS_KEY)).toString();
    }
}
