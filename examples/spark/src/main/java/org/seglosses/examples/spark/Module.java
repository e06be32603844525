package org.seglosses.examples.spark;

import java.net.URISyntaxException;
import java.nio.file.Path;

/** Where this module lies, so that the directory of the call does not matter. */
final class Module {

    private Module() {}

    /** Its target directory; the working directory's for code from a jar. */
    static Path target() {
        try {
            Path code =
                    Path.of(
                            Module.class
                                    .getProtectionDomain()
                                    .getCodeSource()
                                    .getLocation()
                                    .toURI());
            return code.endsWith(Path.of("target", "classes"))
                    ? code.getParent()
                    : Path.of("target").toAbsolutePath();
        } catch (URISyntaxException e) {
            throw new IllegalStateException("The class path is no file location", e);
        }
    }
}
