package org.seglosses.benchmarks.training;

import org.seglosses.benchmarks.compare.Machine;
import org.seglosses.benchmarks.compare.OtherLoad;
import org.seglosses.onednn.OneDnn;
import org.seglosses.onednn.OneDnnReport;

import java.util.ArrayList;
import java.util.List;

/**
 * The machine of a measurement, and how much of it other programs took meanwhile: with a busy core
 * the figures mean little, and whoever reads them must know.
 */
final class Host {

    private final OneDnnReport oneDnn;
    private final OtherLoad load;

    /**
     * Prepares this JVM as its users are told to, and starts to watch.
     *
     * @param helper a process whose work is part of the measurement
     */
    Host(ProcessHandle... helper) {
        oneDnn = OneDnn.enable();
        // as many for each side, so that DL4J and PyTorch have the same
        Machine.limitThreads();
        List<ProcessHandle> ours = new ArrayList<>(List.of(helper));
        ours.add(ProcessHandle.current());
        load = new OtherLoad(ours);
    }

    String describe() {
        return Machine.processor()
                + ", "
                + Machine.cores()
                + " cores, Java "
                + Runtime.version().feature()
                + (oneDnn.active() ? ", oneDNN helpers on" : ", WITHOUT oneDNN helpers")
                + ", "
                + Machine.threads()
                + " threads"
                + Machine.waitPolicy()
                + load.describe();
    }
}
