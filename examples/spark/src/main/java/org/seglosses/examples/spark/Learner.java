package org.seglosses.examples.spark;

import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.spark.api.TrainingMaster;
import org.seglosses.dl4j.evaluation.SegmentationEvaluation;
import org.seglosses.examples.earth.EarthTiles;

import java.util.List;

/** A network that learns from tile files, on one machine or on Spark. */
interface Learner {

    /** The network as it is now. */
    NeuralNetwork network();

    /** Passes over the files once. */
    void fit(List<String> paths);

    /** Scores the network on the files. */
    SegmentationEvaluation evaluate(List<String> paths);

    /** The same on Spark for both kinds of network. */
    static Learner onSpark(
            NeuralNetwork network,
            JavaSparkContext spark,
            int workers,
            TrainingMaster<?, ?> trainingMaster) {
        return network instanceof ComputationGraph graph
                ? new GraphOnSpark(graph, spark, workers, trainingMaster)
                : new LayersOnSpark((MultiLayerNetwork) network, spark, workers, trainingMaster);
    }

    /** An evaluation that has seen nothing. */
    static SegmentationEvaluation evaluation() {
        return SegmentationEvaluation.builder(EarthTiles.CLASSES)
                .classNames("water", "land")
                .ignoreIndex(EarthTiles.VOID)
                .build();
    }
}
