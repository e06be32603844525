package org.seglosses.examples.spark;

import org.deeplearning4j.spark.api.RDDTrainingApproach;
import org.deeplearning4j.spark.impl.paramavg.ParameterAveragingTrainingMaster;

/** Training by averaging: each worker goes some steps on its own, then all take the mean. */
final class Averaging {

    /** Tiles that one worker sees in a step. */
    static final int BATCH = 8;

    private Averaging() {}

    /**
     * The settings, with their reasons.
     *
     * @param workers tasks that train at the same time: the cluster's cores
     * @param steps steps between two averages; 1 is the same as one machine with workers times the
     *     batch, for plain SGD and a loss that is a mean over images
     */
    static ParameterAveragingTrainingMaster every(int steps, int workers) {
        return new ParameterAveragingTrainingMaster.Builder(workers, 1)
                .batchSizePerWorker(BATCH)
                .averagingFrequency(steps)
                // Else momentum starts from 0 after each average.
                .saveUpdater(true)
                // The default writes the data to a shared file system first; here it lies there.
                .rddTrainingApproach(RDDTrainingApproach.Direct)
                // Which tiles make a step.
                .rngSeed(1)
                .build();
    }
}
