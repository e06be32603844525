package org.seglosses.benchmarks.jmh;

import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.seglosses.dl4j.LossActiveContour;
import org.seglosses.dl4j.LossBoundary;
import org.seglosses.dl4j.LossCombined;
import org.seglosses.dl4j.LossCrossEntropy;
import org.seglosses.dl4j.LossDice;
import org.seglosses.dl4j.LossDuo;
import org.seglosses.dl4j.LossFBeta;
import org.seglosses.dl4j.LossFocal;
import org.seglosses.dl4j.LossGeneralizedDice;
import org.seglosses.dl4j.LossJaccard;
import org.seglosses.dl4j.LossLovaszSoftmax;
import org.seglosses.dl4j.LossOhemCrossEntropy;
import org.seglosses.dl4j.LossPoly1CrossEntropy;
import org.seglosses.dl4j.LossSurface;
import org.seglosses.dl4j.LossTversky;
import org.seglosses.dl4j.SegmentationLossFunction;

import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Value and gradient of the losses, called as DL4J calls an ILossFunction and as our layer does.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class Losses {

    /** A loss of classes. */
    public enum Loss {
        /** Cross entropy. */
        CROSS_ENTROPY(() -> LossCrossEntropy.builder().build()),
        /** Cross entropy of hard pixels. */
        OHEM_PLAIN(() -> LossOhemCrossEntropy.builder().thresh(0.7).build()),
        /** The same, with a least number of them. */
        OHEM(() -> LossOhemCrossEntropy.builder().thresh(0.7).minKept(100_000).build()),
        /** Poly-1. */
        POLY1(() -> LossPoly1CrossEntropy.builder().build()),
        /** Focal, one class against the rest. */
        FOCAL(() -> LossFocal.builder().build()),
        /** Dice. */
        DICE(() -> LossDice.builder().build()),
        /** Jaccard. */
        JACCARD(() -> LossJaccard.builder().build()),
        /** Tversky. */
        TVERSKY(() -> LossTversky.builder().alpha(0.3).beta(0.7).build()),
        /** F-beta. */
        F_BETA(() -> LossFBeta.builder().build()),
        /** Generalized Dice. */
        GENERALIZED_DICE(() -> LossGeneralizedDice.builder().build()),
        /** Lovász-Softmax of the batch. */
        LOVASZ_BATCH(() -> LossLovaszSoftmax.builder().perImage(false).build()),
        /** Lovász-Softmax of each image. */
        LOVASZ_PER_IMAGE(() -> LossLovaszSoftmax.builder().perImage(true).build()),
        /** Boundary, small windows. */
        BOUNDARY_3_5(() -> LossBoundary.builder().theta0(3).theta(5).build()),
        /** Boundary, large windows. */
        BOUNDARY_19_19(() -> LossBoundary.builder().theta0(19).theta(19).build()),
        /** Surface; labels that it has seen before, whose distances it keeps. */
        SURFACE(() -> LossSurface.builder().build()),
        /** Active contour. */
        ACTIVE_CONTOUR(() -> LossActiveContour.builder().build()),
        /** Lovász-Softmax and Boundary. */
        DUO(() -> LossDuo.gdl().build()),
        /** Cross entropy and Lovász-Softmax. */
        CROSS_ENTROPY_AND_LOVASZ(
                () ->
                        LossCombined.builder()
                                .add(1, CROSS_ENTROPY.create())
                                .add(1, LOVASZ_BATCH.create())
                                .build());

        private final Supplier<SegmentationLossFunction<?>> loss;

        Loss(Supplier<SegmentationLossFunction<?>> loss) {
            this.loss = loss;
        }

        SegmentationLossFunction<?> create() {
            return loss.get();
        }
    }

    private final IActivation identity = new ActivationIdentity();

    /** Which loss. */
    @Param public Loss loss;

    /** N x C x H x W. */
    @Param("4x5x256x256")
    public String shape;

    private SegmentationLossFunction<?> function;
    private INDArray labels;
    private INDArray logits;
    private INDArray gradient;

    /** For JMH. */
    public Losses() {}

    /** Makes the arrays. */
    @Setup
    public void create() {
        Maps maps = Maps.parse(shape);
        function = loss.create();
        labels = maps.labels();
        logits = maps.logits();
        gradient = Nd4j.createUninitialized(logits.dataType(), logits.shape(), 'c');
    }

    /**
     * As SegmentationLossLayer: both in one run, the gradient into the layer's array.
     *
     * @return the value
     */
    @Benchmark
    public double layer() {
        return function.computeScoreAndGradient(labels, logits, identity, null, gradient);
    }

    /**
     * ILossFunction's value.
     *
     * @return the value
     */
    @Benchmark
    public double score() {
        return function.computeScore(labels, logits, identity, null, false);
    }

    /**
     * ILossFunction's gradient.
     *
     * @return the gradient
     */
    @Benchmark
    public INDArray gradient() {
        return function.computeGradient(labels, logits, identity, null);
    }
}
