package org.seglosses.examples.backend;

import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.dl4j.SegmentationLossFunction;
import org.seglosses.samediff.loss.Mode;
import org.seglosses.samediff.loss.SegmentationLoss;

import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import java.util.function.DoubleSupplier;

/** Times value and gradient of a loss on random logits and labels. */
final class Stopwatch {

    private static final int IMAGES = 4;
    private static final int CLASSES = 5;
    private static final int WARM_UPS = 5;
    private static final int RUNS = 11;
    private static final double NANOSECONDS_IN_A_MILLISECOND = 1e6;

    private final SegmentationLossFunction<?> loss;
    private final IActivation activation;
    private final INDArray logits;
    private final INDArray labels;
    private final INDArray gradient;

    Stopwatch(SegmentationLossFunction<?> loss, int size) {
        this.loss = loss;
        Mode mode = mode(loss.definition());
        this.activation =
                mode == Mode.MULTICLASS ? new ActivationSoftmax() : new ActivationSigmoid();
        long channels = mode == Mode.BINARY ? 1 : CLASSES;
        long[] shape = {IMAGES, channels, size, size};
        long[] ofLabels = {IMAGES, mode == Mode.MULTILABEL ? CLASSES : 1, size, size};
        Random random = new Random(1);
        this.logits = array(shape, DataType.FLOAT, random::nextGaussian);
        int labelled = mode == Mode.MULTICLASS ? CLASSES : 2;
        this.labels = array(ofLabels, DataType.FLOAT, () -> random.nextInt(labelled));
        this.gradient = Nd4j.createUninitialized(DataType.FLOAT, shape);
    }

    /**
     * The median of several runs.
     *
     * @throws IllegalArgumentException if the loss has options for another number of classes
     */
    double milliseconds() {
        double[] times = new double[RUNS];
        for (int i = -WARM_UPS; i < RUNS; i++) {
            long start = System.nanoTime();
            loss.computeScoreAndGradient(labels, logits, activation, null, gradient);
            // a GPU may still be at work
            Nd4j.getExecutioner().commit();
            if (i >= 0) {
                times[i] = (System.nanoTime() - start) / NANOSECONDS_IN_A_MILLISECOND;
            }
        }
        Arrays.sort(times);
        return times[RUNS / 2];
    }

    /** The one that it was made for, or what several channels most often mean. */
    private static Mode mode(SegmentationLoss definition) {
        Set<Mode> modes = definition.modes();
        if (definition.mode() != null) {
            return definition.mode();
        }
        if (modes.contains(Mode.MULTICLASS)) {
            return Mode.MULTICLASS;
        }
        return modes.contains(Mode.MULTILABEL) ? Mode.MULTILABEL : Mode.BINARY;
    }

    private static INDArray array(long[] shape, DataType type, DoubleSupplier values) {
        double[] all = new double[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
        Arrays.setAll(all, i -> values.getAsDouble());
        return Nd4j.createFromArray(all).reshape('c', shape).castTo(type);
    }
}
