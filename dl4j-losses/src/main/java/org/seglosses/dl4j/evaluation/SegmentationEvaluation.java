package org.seglosses.dl4j.evaluation;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.evaluation.BaseEvaluation;
import org.nd4j.evaluation.IMetric;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.IntToDoubleFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Judges semantic segmentation: confusion matrix, IoU, Dice, precision and recall for each class
 * and on average, pixel accuracy, and how well the outlines agree (boundary F1).
 *
 * <pre>{@code
 * SegmentationEvaluation e = net.doEvaluation(iterator, SegmentationEvaluation.of(net))[0];
 * e.meanIou();
 * e.boundaryF1(2);
 * System.out.println(e.stats());
 * }</pre>
 *
 * <h2>Formulas</h2>
 *
 * Let {@code n[t][p]} be the number of counting pixels of true class {@code t} and predicted class
 * {@code p} over everything evaluated, and for a class {@code c}: {@code TP = n[c][c]}, {@code FP =
 * sum over t != c of n[t][c]}, {@code FN = sum over p != c of n[c][p]}.
 *
 * <ul>
 *   <li>{@code iou(c) = TP / (TP + FP + FN)}
 *   <li>{@code dice(c) = 2 TP / (2 TP + FP + FN)}
 *   <li>{@code precision(c) = TP / (TP + FP)}, {@code recall(c) = TP / (TP + FN)}
 *   <li>{@code pixelAccuracy() = sum over c of n[c][c] / sum of n}
 *   <li>{@code boundaryF1(c)}: the boundary of a class in an image, true or predicted, are its
 *       pixels that have one of another class among their eight neighbours. Rims of the image are
 *       no boundaries, and neighbours that do not count are of no class, so rims of ignored areas
 *       are none either. {@code P} is the share of the predicted boundary pixels that lie within
 *       the true boundary dilated by a window of {@code 2t+1} by {@code 2t+1} pixels, {@code R} the
 *       share of the true ones within the dilated predicted boundary, both counted over all images
 *       (each image on its own) before dividing; {@code 2PR / (P + R)}. {@code t} is the
 *       {@linkplain Builder#boundaryTolerance(int) tolerance}.
 * </ul>
 *
 * Means are over classes.
 *
 * <h2>Input</h2>
 *
 * <ul>
 *   <li>Predictions {@code [N,C,H,W]}, or {@code [N,H,W,C]} in {@linkplain
 *       Builder#format(CNN2DFormat) format} NHWC; the predicted class is the first of the largest
 *       values, so probabilities and logits do alike. With one channel there are two classes, and
 *       class 1 is predicted where the value is at least the {@linkplain Builder#threshold(double)
 *       threshold}; the values are probabilities from 0 to 1, or {@linkplain Builder#logits()
 *       logits} if that is said. Any numeric type.
 *   <li>Labels: class indices {@code [N,H,W]} or {@code [N,1,H,W]} ({@code [N,H,W,1]}) of any
 *       numeric type, or one value a class in the shape of the predictions, from 0 to 1 with sum 1
 *       (one-hot or soft: the first of the largest counts). For predictions of one channel: values
 *       from 0 to 1, foreground from 0.5 on. Multi-hot labels, 1 for several classes of a pixel,
 *       are refused: evaluate each channel on its own, as {@code [N,1,H,W]} of two classes.
 *   <li>Mask: null, or {@code [N]}, {@code [N,1]}, {@code [N,H,W]}, or rank 4 and broadcastable to
 *       the predictions. Any value but 0 counts fully. Channels must agree. Hand masks to DL4J as
 *       {@code [N,1,H,W]}: its DataSet.merge, on which several of its iterators rest, drops {@code
 *       [N,H,W]} in silence and mangles {@code [N,1]} where labels are of rank 4 ({@link
 *       org.seglosses.dl4j.data.LabelMasks} finds them).
 *   <li>Flat rows, predictions {@code [R,C]} with labels {@code [R,C]}, {@code [R,1]} or {@code
 *       [R]} and a mask {@code [R]}, {@code [R,1]} or {@code [R,C]}: pixels without neighbours, so
 *       that they take no part in boundary F1.
 * </ul>
 *
 * A pixel does not count where its mask is 0, where its index label is the {@linkplain
 * Builder#ignoreIndex(int) ignoreIndex}, and where its label is 0 for all of two or more classes.
 * What predictions hold there has no influence, NaN included. The mask is read first: where it is 0
 * a label may be anything.
 *
 * <h2>Special cases</h2>
 *
 * <ul>
 *   <li>A class absent from truth and prediction has NaN for IoU, Dice, precision and recall. A
 *       class absent from the truth alone has NaN for recall, one absent from the prediction alone
 *       NaN for precision. Means leave NaN out; a mean over nothing is NaN.
 *   <li>{@code boundaryF1(c)} is NaN if the class has no boundary in truth and prediction, 0 if it
 *       has one in only one of them, or if no pixels match.
 *   <li>{@code pixelAccuracy()} is NaN if no pixel counts.
 *   <li>An image with nothing that counts changes nothing but {@link #ignoredPixels()}.
 * </ul>
 *
 * <p>A mean can be beautiful because there was nothing to be wrong at. {@link #stats()} says so
 * before any mean, and {@link #remarks()} alone: classes without a pixel in the truth, the share of
 * ignored pixels, label vectors of zeros, a mean over fewer classes than there are, and soft labels
 * that never reach one half.
 *
 * <p>All state is sums, so {@link #merge merging} the evaluations of parts equals evaluating all at
 * once. A batch that is refused leaves no trace. Not safe for use by several threads at once.
 *
 * <p>{@link SegmentationScoreCalculator} stops training early by any of the {@link Metric}s.
 */
public final class SegmentationEvaluation extends BaseEvaluation<SegmentationEvaluation> {
    private static final long serialVersionUID = 1L;

    /** The options. */
    private final Settings settings;

    /** All that was seen. */
    private final Counts counts;

    /** The numbers that {@link #getValue} gives; larger is better in all of them. */
    public enum Metric implements IMetric {
        /** {@link SegmentationEvaluation#meanIou()}. */
        MEAN_IOU(SegmentationEvaluation::meanIou),
        /** {@link SegmentationEvaluation#meanDice()}. */
        MEAN_DICE(SegmentationEvaluation::meanDice),
        /** {@link SegmentationEvaluation#meanPrecision()}. */
        MEAN_PRECISION(SegmentationEvaluation::meanPrecision),
        /** {@link SegmentationEvaluation#meanRecall()}. */
        MEAN_RECALL(SegmentationEvaluation::meanRecall),
        /** {@link SegmentationEvaluation#pixelAccuracy()}. */
        PIXEL_ACCURACY(SegmentationEvaluation::pixelAccuracy),
        /** {@link SegmentationEvaluation#boundaryF1()}. */
        BOUNDARY_F1(SegmentationEvaluation::boundaryF1);

        private final ToDoubleFunction<SegmentationEvaluation> value;

        Metric(ToDoubleFunction<SegmentationEvaluation> value) {
            this.value = value;
        }

        @Override
        public Class<SegmentationEvaluation> getEvaluationClass() {
            return SegmentationEvaluation.class;
        }

        @Override
        public boolean minimize() {
            return false;
        }
    }

    /**
     * An evaluation with the {@linkplain Builder defaults}.
     *
     * @param classes number of classes, 2 for a network with one output channel
     * @throws IllegalArgumentException if {@code classes < 2}
     */
    public SegmentationEvaluation(int classes) {
        this(builder(classes).settings());
    }

    private SegmentationEvaluation(Settings settings) {
        this(settings, new Counts(settings.classes()));
    }

    @JsonCreator
    private SegmentationEvaluation(
            @JsonProperty("settings") Settings settings, @JsonProperty("counts") Counts counts) {
        if (settings == null || counts == null) {
            throw new IllegalArgumentException(
                    "settings and counts must both be given, got settings "
                            + settings
                            + " and counts "
                            + counts);
        }
        counts.requireClasses(settings.classes());
        this.settings = settings;
        this.counts = counts;
    }

    /**
     * Starts an evaluation with options.
     *
     * @param classes number of classes, 2 for a network with one output channel
     * @return a builder with the defaults
     */
    public static Builder builder(int classes) {
        return new Builder(classes);
    }

    /**
     * The evaluation that fits a network: {@link #builder(MultiLayerNetwork)} without more options.
     *
     * @param network the network
     * @return an evaluation that has seen nothing
     * @throws IllegalArgumentException as the builder does
     */
    public static SegmentationEvaluation of(MultiLayerNetwork network) {
        return builder(network).build();
    }

    /**
     * The evaluation that fits a graph with one output: {@link #builder(ComputationGraph)} without
     * more options.
     *
     * @param graph the graph
     * @return an evaluation that has seen nothing
     * @throws IllegalArgumentException as the builder does
     */
    public static SegmentationEvaluation of(ComputationGraph graph) {
        return builder(graph).build();
    }

    /**
     * The evaluation that fits one of a graph's outputs: {@link #builder(ComputationGraph, String)}
     * without more options.
     *
     * @param graph the graph
     * @param output the name of the output
     * @return an evaluation that has seen nothing
     * @throws IllegalArgumentException as the builder does
     */
    public static SegmentationEvaluation of(ComputationGraph graph, String output) {
        return builder(graph, output).build();
    }

    /**
     * Starts an evaluation with what a network says of itself: the number of classes, the format,
     * whether one channel holds logits, and the ignoreIndex of the loss. The last layer must be a
     * {@code SegmentationLossLayer} or a {@code CnnLossLayer}. Of a sum of losses the ignoreIndex
     * is the one that all terms share; if they differ there is none, since each of these labels is
     * refused by some term.
     *
     * @param network the network
     * @return a builder
     * @throws IllegalArgumentException if the network is null, if it does not end in such a layer,
     *     if the layers do not tell its number of channels, if several channels have a sigmoid
     *     each, if one channel of logits has been through an activation before, or if terms of a
     *     sum ignore different labels of which one is a class
     */
    public static Builder builder(MultiLayerNetwork network) {
        return NetworkOutput.builder(network);
    }

    /**
     * Starts an evaluation with what a graph with one output says of itself, as {@link
     * #builder(MultiLayerNetwork)} does.
     *
     * @param graph the graph
     * @return a builder
     * @throws IllegalArgumentException as there, or if there are several outputs
     */
    public static Builder builder(ComputationGraph graph) {
        return NetworkOutput.builder(graph);
    }

    /**
     * Starts an evaluation with what a graph says of one of its outputs, as {@link
     * #builder(MultiLayerNetwork)} does.
     *
     * @param graph the graph
     * @param output the name of the output
     * @return a builder
     * @throws IllegalArgumentException as there, or if there is no such output
     */
    public static Builder builder(ComputationGraph graph, String output) {
        return NetworkOutput.builder(graph, output);
    }

    /**
     * Reads what {@link #toJson()} wrote, counts included.
     *
     * @param json the text
     * @return an equal evaluation
     */
    public static SegmentationEvaluation fromJson(String json) {
        return fromJson(json, SegmentationEvaluation.class);
    }

    /**
     * Reads what {@link #toYaml()} wrote, counts included.
     *
     * @param yaml the text
     * @return an equal evaluation
     */
    public static SegmentationEvaluation fromYaml(String yaml) {
        return fromYaml(yaml, SegmentationEvaluation.class);
    }

    /**
     * Adds one batch. The arrays are only read.
     *
     * @param labels see the class comment for all shapes
     * @param predictions the network's output
     * @param mask label mask, or null
     * @param recordMetaData not used, may be null
     * @throws IllegalArgumentException if a shape or type does not fit, if a label that counts is
     *     neither a class nor the ignoreIndex nor a vector of sum 1, if a prediction that counts is
     *     NaN or, of one channel, is no probability and not said to be a logit, or if a mask is
     *     negative, not finite, or differs between channels
     */
    @Override
    public void eval(
            INDArray labels,
            INDArray predictions,
            INDArray mask,
            List<? extends Serializable> recordMetaData) {
        ClassMaps maps = new ClassMaps(labels, predictions, mask, settings);
        int[] truth = new int[maps.height * maps.width];
        int[] predicted = new int[maps.height * maps.width];
        Boundaries boundaries =
                maps.geometry
                        ? new Boundaries(maps.height, maps.width, settings.boundaryTolerance())
                        : null;
        // Apart from the totals until the whole batch has proved good.
        Counts batch = new Counts(settings.classes());
        for (int image = 0; image < maps.images; image++) {
            maps.read(image, truth, predicted);
            batch.addPixels(truth, predicted);
            if (boundaries != null) {
                boundaries.count(truth, predicted, batch);
            }
        }
        batch.soft = maps.softPixels();
        batch.aboveHalf = maps.pixelsAboveHalf();
        batch.zeroVectors = maps.zeroVectors();
        batch.logitsLikeProbabilities = maps.logitsLikeProbabilities();
        counts.add(batch);
    }

    /**
     * Adds what another evaluation has seen.
     *
     * @param other left as it is
     * @throws IllegalArgumentException if the other one has other classes or another boundary
     *     tolerance, so that the sums would mean nothing
     */
    @Override
    public void merge(SegmentationEvaluation other) {
        if (other == null) {
            throw new IllegalArgumentException("other must not be null");
        }
        if (other.classes() != classes() || other.boundaryTolerance() != boundaryTolerance()) {
            throw new IllegalArgumentException(
                    String.format(
                            "other must have %d classes and boundaryTolerance %d as this evaluation"
                                    + " has, got %d classes and boundaryTolerance %d",
                            classes(),
                            boundaryTolerance(),
                            other.classes(),
                            other.boundaryTolerance()));
        }
        counts.add(other.counts);
    }

    /** Forgets all pixels, keeps the options. */
    @Override
    public void reset() {
        counts.clear();
    }

    /**
     * An evaluation with the same options that has seen nothing.
     *
     * @return the new evaluation
     */
    @Override
    public SegmentationEvaluation newInstance() {
        return new SegmentationEvaluation(settings);
    }

    /**
     * The value of one of {@link Metric}.
     *
     * @param metric which
     * @return the value, NaN where the metric is a mean over nothing
     * @throws IllegalArgumentException if the metric belongs to another evaluation
     */
    @Override
    public double getValue(IMetric metric) {
        if (metric instanceof Metric m) {
            return m.value.applyAsDouble(this);
        }
        throw new IllegalArgumentException(
                "metric must be one of SegmentationEvaluation.Metric "
                        + Arrays.toString(Metric.values())
                        + ", got "
                        + (metric == null
                                ? "null"
                                : metric + " of " + metric.getClass().getName()));
    }

    /**
     * Number of classes.
     *
     * @return at least 2
     */
    public int classes() {
        return settings.classes();
    }

    /**
     * Name of a class.
     *
     * @param c class, 0..classes-1
     * @return its name, the number itself if no names were given
     */
    public String className(int c) {
        return settings.className(checked(c));
    }

    /**
     * The tolerance of boundary F1.
     *
     * @return pixels, at least 0
     */
    public int boundaryTolerance() {
        return settings.boundaryTolerance();
    }

    /**
     * Number of pixels that counted so far.
     *
     * @return the sum over the confusion matrix
     */
    public long pixels() {
        return counts.pixels();
    }

    /**
     * Number of pixels of a class in the truth.
     *
     * @param c class, 0..classes-1
     * @return the sum over a row of the confusion matrix
     */
    public long pixels(int c) {
        return Arrays.stream(counts.confusion[checked(c)]).sum();
    }

    /**
     * Number of pixels that did not count so far.
     *
     * @return those with mask 0, the ignoreIndex, or a label vector of zeros
     */
    public long ignoredPixels() {
        return counts.ignored;
    }

    /**
     * Share of all pixels that did not count.
     *
     * @return 0..1, or NaN if no pixel was seen
     */
    public double ignoredShare() {
        return ratio(ignoredPixels(), ignoredPixels() + pixels());
    }

    /**
     * The classes that had no pixel in the truth.
     *
     * @return their numbers, rising
     */
    public List<Integer> absentClasses() {
        return IntStream.range(0, classes()).filter(c -> pixels(c) == 0).boxed().toList();
    }

    /**
     * Over how many classes {@link #meanIou()} and {@link #meanDice()} are.
     *
     * @return the number of classes in truth or prediction
     */
    public int classesInMeanIou() {
        return (int) IntStream.range(0, classes()).filter(c -> !Double.isNaN(iou(c))).count();
    }

    /**
     * Number of counting pixels with soft labels, neither 0 nor 1 for some class.
     *
     * @return the number
     */
    public long softPixels() {
        return counts.soft;
    }

    /**
     * Whether there were soft labels and none of them was above 0.5 at any pixel, as of masks of 0
     * and 1 that were divided by 255 once more.
     *
     * @return whether it is so
     */
    public boolean isSoftBelowHalf() {
        return counts.soft > 0 && counts.aboveHalf == 0;
    }

    /**
     * What one should know before believing a mean.
     *
     * @return sentences, none if each class had pixels in the truth, none was ignored, and logits
     *     looked like logits
     */
    public List<String> remarks() {
        return Remarks.all(this);
    }

    long zeroVectors() {
        return counts.zeroVectors;
    }

    boolean areLogitsLikeProbabilities() {
        return counts.areLogitsLikeProbabilities();
    }

    Integer ignoreIndex() {
        return settings.ignoreIndex();
    }

    /**
     * The confusion matrix.
     *
     * @return a copy: number of pixels by [true class][predicted class]
     */
    public long[][] confusion() {
        return Arrays.stream(counts.confusion).map(long[]::clone).toArray(long[][]::new);
    }

    /**
     * Intersection over union of a class, also called Jaccard index.
     *
     * @param c class, 0..classes-1
     * @return 0..1, or NaN for a class absent from truth and prediction
     */
    public double iou(int c) {
        long hit = counts.confusion[checked(c)][c];
        return ratio(hit, pixels(c) + predictedPixels(c) - hit);
    }

    /**
     * Dice coefficient of a class, its F1 over pixels.
     *
     * @param c class, 0..classes-1
     * @return 0..1, or NaN for a class absent from truth and prediction
     */
    public double dice(int c) {
        return ratio(2 * counts.confusion[checked(c)][c], pixels(c) + predictedPixels(c));
    }

    /**
     * Share of the pixels predicted as a class that are of it.
     *
     * @param c class, 0..classes-1
     * @return 0..1, or NaN for a class that was never predicted
     */
    public double precision(int c) {
        return ratio(counts.confusion[checked(c)][c], predictedPixels(c));
    }

    /**
     * Share of the pixels of a class that were predicted as it.
     *
     * @param c class, 0..classes-1
     * @return 0..1, or NaN for a class absent from the truth
     */
    public double recall(int c) {
        return ratio(counts.confusion[checked(c)][c], pixels(c));
    }

    /**
     * Agreement of the outlines of a class, see the class comment.
     *
     * @param c class, 0..classes-1
     * @return 0..1, or NaN for a class without a boundary in truth and prediction
     */
    public double boundaryF1(int c) {
        long predicted = counts.predictedBoundary[checked(c)];
        long truth = counts.truthBoundary[c];
        if (predicted == 0 && truth == 0) {
            return Double.NaN;
        }
        if (counts.predictedBoundaryNear[c] == 0 || counts.truthBoundaryNear[c] == 0) {
            return 0;
        }
        double p = ratio(counts.predictedBoundaryNear[c], predicted);
        double r = ratio(counts.truthBoundaryNear[c], truth);
        return 2 * p * r / (p + r);
    }

    /**
     * Mean of {@link #iou(int)} over the classes for which it is defined.
     *
     * @return 0..1, or NaN if no pixel counted
     */
    public double meanIou() {
        return mean(this::iou);
    }

    /**
     * Mean of {@link #dice(int)} over the classes for which it is defined.
     *
     * @return 0..1, or NaN if no pixel counted
     */
    public double meanDice() {
        return mean(this::dice);
    }

    /**
     * Mean of {@link #precision(int)} over the classes for which it is defined.
     *
     * @return 0..1, or NaN if no pixel counted
     */
    public double meanPrecision() {
        return mean(this::precision);
    }

    /**
     * Mean of {@link #recall(int)} over the classes for which it is defined, also called class
     * accuracy.
     *
     * @return 0..1, or NaN if no pixel counted
     */
    public double meanRecall() {
        return mean(this::recall);
    }

    /**
     * Mean of {@link #boundaryF1(int)} over the classes for which it is defined.
     *
     * @return 0..1, or NaN if there was no boundary at all
     */
    public double boundaryF1() {
        return mean(this::boundaryF1);
    }

    /**
     * Share of the pixels whose class was predicted.
     *
     * @return 0..1, or NaN if no pixel counted
     */
    public double pixelAccuracy() {
        long hits = IntStream.range(0, classes()).mapToLong(c -> counts.confusion[c][c]).sum();
        return ratio(hits, pixels());
    }

    /**
     * The {@link #remarks()}, and a table of all numbers, one line a class; "-" where a number is
     * not defined.
     *
     * @return several lines
     */
    @Override
    public String stats() {
        return StatsTable.of(this);
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof SegmentationEvaluation other
                && settings.equals(other.settings)
                && counts.equals(other.counts);
    }

    @Override
    public int hashCode() {
        return Objects.hash(settings, counts);
    }

    private long predictedPixels(int c) {
        return Arrays.stream(counts.confusion).mapToLong(row -> row[c]).sum();
    }

    private double mean(IntToDoubleFunction ofClass) {
        return IntStream.range(0, classes())
                .mapToDouble(ofClass)
                .filter(v -> !Double.isNaN(v))
                .average()
                .orElse(Double.NaN);
    }

    private int checked(int c) {
        if (c < 0 || c >= classes()) {
            throw new IllegalArgumentException(
                    "c must be a class in 0.." + (classes() - 1) + ", got " + c);
        }
        return c;
    }

    /** NaN for 0/0. */
    private static double ratio(long part, long whole) {
        return (double) part / whole;
    }

    /**
     * Options of a {@link SegmentationEvaluation}; all are checked in {@link #build()}.
     *
     * <p>Defaults: NCHW, no ignoreIndex, boundary tolerance 1, threshold 0.5, classes named by
     * their numbers.
     */
    public static final class Builder {
        private static final double PROBABILITY_THRESHOLD = 0.5;
        private static final double LOGIT_THRESHOLD = 0;

        private final int classes;
        private List<String> classNames;
        private Integer ignoreIndex;
        private CNN2DFormat format = CNN2DFormat.NCHW;
        private int boundaryTolerance = 1;
        private double threshold = PROBABILITY_THRESHOLD;
        private boolean logits;

        private Builder(int classes) {
            this.classes = classes;
        }

        /**
         * Names for {@link SegmentationEvaluation#stats()}.
         *
         * @param names one a class
         * @return this
         */
        public Builder classNames(String... names) {
            classNames = names == null ? null : Arrays.asList(names.clone());
            return this;
        }

        /**
         * Index label of pixels that do not count, 255 or -100 for instance; it has no meaning for
         * one-hot labels.
         *
         * @param index any integer; that of a class leaves this class's pixels out
         * @return this
         */
        public Builder ignoreIndex(int index) {
            ignoreIndex = index;
            return this;
        }

        /**
         * Where channels stand in arrays of rank 4, labels and masks included.
         *
         * @param dataFormat NCHW or NHWC
         * @return this
         */
        public Builder format(CNN2DFormat dataFormat) {
            format = dataFormat;
            return this;
        }

        /**
         * How far apart boundaries may be for boundary F1, along rows and columns.
         *
         * @param pixels 0 (same pixel) or more
         * @return this
         */
        public Builder boundaryTolerance(int pixels) {
            boundaryTolerance = pixels;
            return this;
        }

        /**
         * From which value on a network with one output channel predicts the foreground.
         *
         * @param value a probability from 0 to 1; after {@link #logits()} any finite logit
         * @return this
         */
        public Builder threshold(double value) {
            threshold = value;
            return this;
        }

        /**
         * For a network whose one output channel holds logits (activation IDENTITY): threshold 0.
         * Without it, a value outside of 0..1 is refused.
         *
         * @return this
         */
        public Builder logits() {
            logits = true;
            return threshold(LOGIT_THRESHOLD);
        }

        /**
         * Builds the evaluation.
         *
         * @return an evaluation that has seen nothing
         * @throws IllegalArgumentException if {@code classes < 2}, if there is not one non-null
         *     name a class, if the tolerance is negative, the threshold not finite or no
         *     probability where no logits are expected, or the format null
         */
        public SegmentationEvaluation build() {
            return new SegmentationEvaluation(settings());
        }

        Settings settings() {
            return new Settings(
                    classes, classNames, ignoreIndex, format, boundaryTolerance, threshold, logits);
        }
    }
}
