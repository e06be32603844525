package org.seglosses.benchmarks.training;

import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.dataset.DataSet;

import java.util.List;

/** A network in training: one loss, the same batches over and over. */
final class Trainee {

    private static final double NANOSECONDS_IN_A_MILLISECOND = 1e6;

    /** The JIT compiler and DL4J's workspaces settle within this time. */
    private static final double WARM_UP_MILLISECONDS = 1000;

    private static final int MIN_WARM_UPS = 4;

    private final TimedLoss loss;
    private final ComputationGraph net;
    private final List<DataSet> batches;
    private int next;

    Trainee(int edge, int outputs, Layer lossLayer, List<DataSet> batches) {
        this.loss = new TimedLoss(lossLayer);
        this.net = UNet.create(edge, outputs, loss);
        this.batches = List.copyOf(batches);
    }

    /**
     * What steps took.
     *
     * @param step the median step, in milliseconds
     * @param loss the median time in the loss layer
     */
    record Turn(double step, double loss) {}

    Turn turn(int steps) {
        double[] step = new double[steps];
        double[] within = new double[steps];
        for (int i = 0; i < steps; i++) {
            DataSet batch = batches.get(next++ % batches.size());
            loss.takeNanoseconds();
            long start = System.nanoTime();
            net.fit(batch);
            step[i] = (System.nanoTime() - start) / NANOSECONDS_IN_A_MILLISECOND;
            within[i] = loss.takeNanoseconds() / NANOSECONDS_IN_A_MILLISECOND;
        }
        return new Turn(new Rounds(step).median(), new Rounds(within).median());
    }

    /** Returns about what a step takes, once warm. */
    double warmUp() {
        double spent = 0;
        double last = 0;
        for (int i = 0; i < MIN_WARM_UPS || spent < WARM_UP_MILLISECONDS; i++) {
            last = turn(1).step();
            spent += last;
        }
        return last;
    }

    double score() {
        return net.score();
    }
}
