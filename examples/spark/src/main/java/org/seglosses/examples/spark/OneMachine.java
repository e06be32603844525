package org.seglosses.examples.spark;

import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.seglosses.dl4j.evaluation.SegmentationEvaluation;

import java.util.List;

/**
 * The same work without Spark.
 *
 * @param network the network
 * @param batch tiles a step
 */
record OneMachine(NeuralNetwork network, int batch) implements Learner {

    @Override
    public void fit(List<String> paths) {
        for (int first = 0; first < paths.size(); first += batch) {
            network.fit(read(paths.subList(first, Math.min(first + batch, paths.size()))));
        }
    }

    @Override
    public SegmentationEvaluation evaluate(List<String> paths) {
        DataSetIterator tiles =
                new ExistingDataSetIterator(paths.stream().map(TileFiles::read).iterator());
        return network.doEvaluation(tiles, Learner.evaluation())[0];
    }

    private static DataSet read(List<String> paths) {
        return DataSet.merge(paths.stream().map(TileFiles::read).toList());
    }
}
