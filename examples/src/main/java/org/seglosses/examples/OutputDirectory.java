package org.seglosses.examples;

import java.net.URISyntaxException;
import java.nio.file.Path;

/** Where examples write unless they are told otherwise. */
public final class OutputDirectory {

    private OutputDirectory() {}

    /**
     * Beside the compiled classes, so that the directory Maven was called in does not matter.
     *
     * @param example a name for the example
     * @return its directory, which need not exist
     */
    public static Path of(String example) {
        try {
            Path code =
                    Path.of(
                            OutputDirectory.class
                                    .getProtectionDomain()
                                    .getCodeSource()
                                    .getLocation()
                                    .toURI());
            if (code.endsWith(Path.of("target", "classes"))) {
                return code.resolveSibling(example);
            }
        } catch (URISyntaxException e) {
            throw new IllegalStateException("The class path is no file location", e);
        }
        return Path.of("target", example);
    }
}
