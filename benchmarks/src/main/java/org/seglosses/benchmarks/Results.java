package org.seglosses.benchmarks;

import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Where a command leaves its figures. That they can be written is tried before anything is
 * measured.
 *
 * @param directory the directory
 */
public record Results(Path directory) {

    /** The module's directory, whose figures are kept; Maven says where it is. */
    private static final String HOME = "org.seglosses.benchmarks.home";

    /** What a command's help says of the directory. */
    public static final String DIRECTORY =
            "(default: benchmarks, whose figures are kept; with any other option, benchmarks/target)";

    /**
     * Prepares the directory.
     *
     * @param command the command that was called
     * @param given the directory that was asked for, or null
     * @return where its results go
     * @throws ParameterException if nothing can be written there
     */
    public static Results of(CommandLine command, Path given) {
        Path home = Path.of(System.getProperty(HOME, "."));
        boolean whole = command.getParseResult().originalArgs().isEmpty();
        Path directory = given != null ? given : whole ? home : home.resolve("target");
        try {
            Files.createDirectories(directory);
            Files.delete(Files.createTempFile(directory, "results", ".try"));
        } catch (IOException e) {
            throw new ParameterException(
                    command,
                    "--out must be a directory that can be written to, got " + directory,
                    e);
        }
        return new Results(directory);
    }

    /**
     * Prints a table, and then writes it.
     *
     * @param command the command that was called
     * @param name of the files, without ending
     * @param markdown the table
     * @param csv the same for machines
     * @throws IOException if they cannot be written
     */
    public void show(CommandLine command, String name, String markdown, String csv)
            throws IOException {
        PrintWriter print = command.getOut();
        print.println(markdown);
        print.flush();
        Files.writeString(directory.resolve(name + ".md"), markdown);
        Files.writeString(directory.resolve(name + ".csv"), csv);
        print.println("Written: " + directory.resolve(name + ".md") + " and .csv");
        print.flush();
    }

    /**
     * The Pythons to look for PyTorch in. They are started in other directories, so that a path is
     * made absolute.
     *
     * @param given the command that was asked for, or null
     * @return commands to try, in order
     */
    public static List<String> pythons(String given) {
        if (given == null) {
            // Debian's own has python3-torch even where another Python is first on the path
            return List.of("python3", "/usr/bin/python3");
        }
        Path path = Path.of(given);
        return List.of(path.getNameCount() > 1 ? path.toAbsolutePath().toString() : given);
    }
}
