package org.seglosses.dl4j.evaluation;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.nd4j.evaluation.BaseEvaluation;
import org.nd4j.evaluation.IMetric;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.IntToDoubleFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Judges semantic segmentation: confusion matrix, IoU, Dice, precision and recall for each class
 * and on average, pixel accuracy, and how well the outlines agree (boundary F1).
 *
 * <pre>{@code
 * SegmentationEvaluation e = net.doEvaluation(iterator, new SegmentationEvaluation(3))[0];
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
 *   <li>{@code boundaryF1(c)}: let {@code m} be the 0/1 mask of class {@code c} in one image, its
 *       boundary {@code m - (1 - maxpool3x3(1 - m))}: the pixels of the class with a neighbour
 *       outside of it, rims of the image being no boundaries; pixels that do not count are 0 in
 *       truth and prediction. {@code P} is the share of the predicted boundary pixels that lie
 *       within the true boundary dilated by a window of {@code 2t+1} by {@code 2t+1} pixels, {@code
 *       R} the share of the true ones within the dilated predicted boundary, both counted over all
 *       images (each image on its own) before dividing; {@code 2PR / (P + R)}. {@code t} is the
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
 *       threshold}. Any numeric type.
 *   <li>Labels: class indices {@code [N,H,W]} or {@code [N,1,H,W]} ({@code [N,H,W,1]}) of any
 *       numeric type, or one value a class in the shape of the predictions (one-hot or soft: the
 *       first of the largest counts). For predictions of one channel: values in 0..1, foreground
 *       from 0.5 on. Multi-hot labels, 1 for several classes of a pixel, are refused: evaluate each
 *       channel on its own, as {@code [N,1,H,W]} of two classes.
 *   <li>Mask: null, or {@code [N]}, {@code [N,1]}, {@code [N,H,W]}, or rank 4 and broadcastable to
 *       the predictions. Any value but 0 counts fully. Channels must agree. Hand masks to DL4J as
 *       {@code [N,1,H,W]}: its DataSet.merge, on which several of its iterators rest, drops {@code
 *       [N,H,W]} in silence and mangles {@code [N,1]} where labels are of rank 4.
 *   <li>Flat rows, predictions {@code [R,C]} with labels {@code [R,C]}, {@code [R,1]} or {@code
 *       [R]} and a mask {@code [R]}, {@code [R,1]} or {@code [R,C]}: pixels without neighbours, so
 *       that they take no part in boundary F1.
 * </ul>
 *
 * A pixel does not count where its mask is 0, where its index label is the {@linkplain
 * Builder#ignoreIndex(int) ignoreIndex}, and where its label is 0 for all of two or more classes.
 * What predictions hold there has no influence, NaN included. Labels are checked there too, as the
 * losses do.
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
 *   <li>An image with nothing that counts changes nothing.
 * </ul>
 *
 * <p>All state is sums, so {@link #merge merging} the evaluations of parts equals evaluating all at
 * once. A batch that is refused leaves no trace. Not safe for use by several threads at once.
 *
 * <p>{@link SegmentationScoreCalculator} stops training early by any of the {@link Metric}s.
 */
public final class SegmentationEvaluation extends BaseEvaluation<SegmentationEvaluation> {
    private static final long serialVersionUID = 1L;

    /** More columns than this do not fit a line. */
    private static final int MAX_PRINTED_CONFUSION = 16;

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
     * @throws IllegalArgumentException if a shape or type does not fit, if a label is neither a
     *     class nor the ignoreIndex, if a prediction that counts is NaN, or if a mask is negative,
     *     not finite, or differs between channels
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
        return Arrays.stream(counts.confusion).flatMapToLong(Arrays::stream).sum();
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
        return ratio(hit, truePixels(c) + predictedPixels(c) - hit);
    }

    /**
     * Dice coefficient of a class, its F1 over pixels.
     *
     * @param c class, 0..classes-1
     * @return 0..1, or NaN for a class absent from truth and prediction
     */
    public double dice(int c) {
        return ratio(2 * counts.confusion[checked(c)][c], truePixels(c) + predictedPixels(c));
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
        return ratio(counts.confusion[checked(c)][c], truePixels(c));
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
     * A table of all numbers, one line a class; "-" where a number is not defined.
     *
     * @return several lines
     */
    @Override
    public String stats() {
        int names = "class".length();
        for (int c = 0; c < classes(); c++) {
            names = Math.max(names, className(c).length());
        }
        StringBuilder out = new StringBuilder();
        line(
                out,
                "Segmentation: %d classes, %d pixels, boundary tolerance %d",
                classes(),
                pixels(),
                boundaryTolerance());
        String row = "%-" + names + "s %12s %7s %7s %9s %7s %11s";
        line(out, row, "class", "pixels", "IoU", "Dice", "precision", "recall", "boundary F1");
        for (int c = 0; c < classes(); c++) {
            line(
                    out,
                    row,
                    className(c),
                    truePixels(c),
                    text(iou(c)),
                    text(dice(c)),
                    text(precision(c)),
                    text(recall(c)),
                    text(boundaryF1(c)));
        }
        line(
                out,
                row,
                "mean",
                "",
                text(meanIou()),
                text(meanDice()),
                text(meanPrecision()),
                text(meanRecall()),
                text(boundaryF1()));
        line(out, "pixel accuracy %s", text(pixelAccuracy()));
        if (classes() <= MAX_PRINTED_CONFUSION) {
            line(out, "pixels of a true class (row) predicted as a class (column)");
            out.append(cell(names, ""));
            for (int c = 0; c < classes(); c++) {
                out.append(String.format(Locale.ROOT, " %12.12s", className(c)));
            }
            out.append('\n');
            for (int t = 0; t < classes(); t++) {
                out.append(cell(names, className(t)));
                for (long pixels : counts.confusion[t]) {
                    out.append(String.format(Locale.ROOT, " %12d", pixels));
                }
                out.append('\n');
            }
        }
        return out.toString();
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

    private long truePixels(int c) {
        return Arrays.stream(counts.confusion[c]).sum();
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

    private static String text(double v) {
        return Double.isNaN(v) ? "-" : String.format(Locale.ROOT, "%.4f", v);
    }

    private static String cell(int width, String text) {
        return String.format(Locale.ROOT, "%-" + width + "s", text);
    }

    private static void line(StringBuilder out, String format, Object... values) {
        out.append(String.format(Locale.ROOT, format, values)).append('\n');
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
         * @param value finite
         * @return this
         */
        public Builder threshold(double value) {
            threshold = value;
            return this;
        }

        /**
         * For a network whose one output channel holds logits (activation IDENTITY): threshold 0.
         *
         * @return this
         */
        public Builder logits() {
            return threshold(LOGIT_THRESHOLD);
        }

        /**
         * Builds the evaluation.
         *
         * @return an evaluation that has seen nothing
         * @throws IllegalArgumentException if {@code classes < 2}, if there is not one non-null
         *     name a class, if the tolerance is negative, the threshold not finite or the format
         *     null
         */
        public SegmentationEvaluation build() {
            return new SegmentationEvaluation(settings());
        }

        private Settings settings() {
            return new Settings(
                    classes, classNames, ignoreIndex, format, boundaryTolerance, threshold);
        }
    }
}
