package org.seglosses.dl4j.layer;

import org.seglosses.dl4j.LogOutput;

import java.util.List;

/** What the layers warn of, kept off the tests' console. */
final class Warnings {

    private Warnings() {}

    /** The warnings of a JVM that has seen no training yet. */
    static List<String> of(Runnable training) {
        TrainingWatch.forget();
        return more(training);
    }

    /** The warnings of a JVM that has seen others before. */
    static List<String> more(Runnable training) {
        return LogOutput.warnings(SegmentationLossLayer.class, training);
    }
}
