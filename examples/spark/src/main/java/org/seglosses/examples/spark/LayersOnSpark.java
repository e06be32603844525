package org.seglosses.examples.spark;

import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.spark.api.TrainingMaster;
import org.deeplearning4j.spark.impl.multilayer.SparkDl4jMultiLayer;
import org.seglosses.dl4j.evaluation.SegmentationEvaluation;

import java.util.List;

/** A MultiLayerNetwork on Spark. */
final class LayersOnSpark implements Learner {

    private final SparkDl4jMultiLayer net;
    private final JavaSparkContext spark;
    private final int workers;

    LayersOnSpark(
            MultiLayerNetwork network,
            JavaSparkContext spark,
            int workers,
            TrainingMaster<?, ?> trainingMaster) {
        this.net = new SparkDl4jMultiLayer(spark, network, trainingMaster);
        this.spark = spark;
        this.workers = workers;
    }

    @Override
    public MultiLayerNetwork network() {
        return net.getNetwork();
    }

    @Override
    public void fit(List<String> paths) {
        // In one partition, for DL4J cuts each partition on its own, and so evenly only a single
        // one.
        net.fitPaths(spark.parallelize(paths, 1));
    }

    @Override
    public SegmentationEvaluation evaluate(List<String> paths) {
        return net.doEvaluation(
                spark.parallelize(paths, workers).map(TileFiles::read),
                Learner.evaluation(),
                Averaging.BATCH);
    }
}
