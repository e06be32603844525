package org.seglosses.examples.earth;

import java.nio.file.Path;
import java.util.List;

/**
 * What the command line asks for.
 *
 * @param task what to learn
 * @param losses what to learn it with
 * @param epochs passes over the training tiles
 * @param tiles the most training tiles
 * @param seeds one run each
 * @param out the page's directory
 */
record Settings(
        Task task, List<NamedLoss> losses, int epochs, int tiles, List<Long> seeds, Path out) {

    Settings {
        losses = List.copyOf(losses);
        seeds = List.copyOf(seeds);
    }
}
