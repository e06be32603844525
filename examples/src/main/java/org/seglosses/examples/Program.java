package org.seglosses.examples;

import picocli.CommandLine;

/** What the examples' commands have in common. */
public final class Program {

    private Program() {}

    /**
     * Runs a command.
     *
     * @param line the command
     * @param args its arguments
     */
    public static void run(CommandLine line, String... args) {
        int status = line.execute(args);
        if (status != 0) {
            // Maven runs a command in its own JVM, and only so does a failure become its status.
            System.exit(status);
        }
    }

    /**
     * A command whose user is told in two lines what was wrong with the arguments.
     *
     * @param command an object with picocli's annotations
     * @return its command line
     */
    public static CommandLine of(Object command) {
        CommandLine program = new CommandLine(command);
        return program.setParameterExceptionHandler(
                (e, args) -> {
                    CommandLine line = e.getCommandLine();
                    line.getErr().println(program.getCommandName() + ": " + e.getMessage());
                    line.getErr().println("Try --help for the options.");
                    return line.getCommandSpec().exitCodeOnInvalidInput();
                });
    }
}
