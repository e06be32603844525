package org.seglosses.dl4j.weights;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;
import org.seglosses.dl4j.data.LabelMasks;
import org.seglosses.dl4j.evaluation.ClassMapReader;
import org.seglosses.samediff.op.PixelWeights;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.IntToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * How many pixels of each class a data set holds, and the class weights that follow.
 *
 * <pre>{@code
 * ClassFrequencies frequencies = ClassFrequencies.of(iterator, 5, 255);
 * LossCrossEntropy.builder()
 *         .classWeights(frequencies.medianFrequency())
 *         .ignoreIndex(255)
 *         .build();
 * }</pre>
 *
 * <p>Labels and masks are those that the losses take, read as {@link ClassMapReader} says: class
 * indices {@code [N,H,W]} or {@code [N,1,H,W]}, or one-hot {@code [N,C,H,W]}; the binary case is
 * {@code classes = 2} with indices 0 and 1. A pixel counts once, whatever its mask, or, if it is
 * ignored (ignoreIndex, mask 0, a label vector of zeros), not at all. {@link #remarks()} says what
 * looks wrong in the counts.
 *
 * <h2>Formulas</h2>
 *
 * Let {@code n_c} be the counted pixels of class c, {@code n} those of all classes, and {@code K}
 * the number of classes that occur.
 *
 * <ul>
 *   <li>{@link #inverseFrequency()}: {@code n / (K n_c)}
 *   <li>{@link #medianFrequency()}: {@code median(f) / f_c}, {@code f_c} the share of class c in
 *       the images in which it occurs
 *   <li>{@link #enet(double)}: {@code 1 / ln(k + n_c / n)}
 *   <li>{@link #effectiveNumber(double)}: {@code (1 - b) / (1 - b^n_c)}, scaled to the sum {@code
 *       K}
 *   <li>{@link #positiveWeight()}: {@code n_0 / n_1}
 * </ul>
 *
 * <h2>Special cases</h2>
 *
 * <ul>
 *   <li>A class that never occurs is refused: mostly the labels are not what they should be, and a
 *       warning was logged when they were counted. If it is meant, {@link #allowAbsent()} gives it
 *       weight 0 and does not change those of the others; pixels of that class in other data have
 *       no influence on a loss with this weight.
 *   <li>If nothing was counted there are no weights: {@code IllegalStateException}.
 *   <li>The losses take weights of 0 or between 1e-10 and 1e10. A weight out of that range, as of a
 *       class with one pixel in 1e12, is not forced into it: {@code IllegalStateException}.
 * </ul>
 *
 * <p>Where the loss divides by the sum of the weights, as cross entropy does by default, only their
 * ratios matter.
 */
public final class ClassFrequencies {
    private static final Logger LOG = LoggerFactory.getLogger(ClassFrequencies.class);

    private static final double ENET_C = 1.02;
    private static final double MUCH = 0.5;

    private final long[] pixels;
    private final long[] imagePixels;
    private final long images;
    private final long voidPixels;
    private final boolean absentAllowed;

    ClassFrequencies(long[] pixels, long[] imagePixels, long images, long voidPixels) {
        this(pixels, imagePixels, images, voidPixels, false);
    }

    private ClassFrequencies(
            long[] pixels,
            long[] imagePixels,
            long images,
            long voidPixels,
            boolean absentAllowed) {
        this.absentAllowed = absentAllowed;
        this.pixels = pixels.clone();
        this.imagePixels = imagePixels.clone();
        this.images = images;
        this.voidPixels = voidPixels;
    }

    /**
     * Counts the labels of a data set in NCHW; {@link #counter(int, Integer, CNN2DFormat)} does it
     * for NHWC.
     *
     * @param iterator the data set, read as {@link Counter#add(DataSetIterator)} says
     * @param classes number of classes, 2 in the binary case
     * @param ignoreIndex the losses' ignoreIndex, or null for none
     * @return the counts
     * @throws IllegalArgumentException if {@code classes < 2}, or if labels or a mask are wrong
     */
    public static ClassFrequencies of(DataSetIterator iterator, int classes, Integer ignoreIndex) {
        return counter(classes, ignoreIndex).add(iterator).frequencies();
    }

    /**
     * Counts the labels of one output of a data set in NCHW.
     *
     * @param iterator the data set, read as {@link Counter#add(MultiDataSetIterator, int)} says
     * @param output index of the output
     * @param classes number of classes, 2 in the binary case
     * @param ignoreIndex the losses' ignoreIndex, or null for none
     * @return the counts
     * @throws IllegalArgumentException if {@code classes < 2}, if there is no such output, or if
     *     labels or a mask are wrong
     */
    public static ClassFrequencies of(
            MultiDataSetIterator iterator, int output, int classes, Integer ignoreIndex) {
        return counter(classes, ignoreIndex).add(iterator, output).frequencies();
    }

    /**
     * Starts to count labels in NCHW.
     *
     * @param classes number of classes, 2 in the binary case
     * @param ignoreIndex the losses' ignoreIndex, or null for none
     * @return a counter that has seen nothing
     * @throws IllegalArgumentException if {@code classes < 2}
     */
    public static Counter counter(int classes, Integer ignoreIndex) {
        return counter(classes, ignoreIndex, CNN2DFormat.NCHW);
    }

    /**
     * Starts to count.
     *
     * @param classes number of classes, 2 in the binary case
     * @param ignoreIndex the losses' ignoreIndex, or null for none
     * @param format where channels stand in labels and masks of rank 4
     * @return a counter that has seen nothing
     * @throws IllegalArgumentException if {@code classes < 2} or if the format is null
     */
    public static Counter counter(int classes, Integer ignoreIndex, CNN2DFormat format) {
        return new Counter(classes, ignoreIndex, format);
    }

    /**
     * Number of classes.
     *
     * @return at least 2
     */
    public int classes() {
        return pixels.length;
    }

    /**
     * Counted pixels of each class.
     *
     * @return a copy
     */
    public long[] pixels() {
        return pixels.clone();
    }

    /**
     * For each class, the counted pixels, of all classes, of the images in which it occurs.
     *
     * @return a copy
     */
    public long[] imagePixels() {
        return imagePixels.clone();
    }

    /**
     * Number of images, those without a counted pixel included.
     *
     * @return the number
     */
    public long images() {
        return images;
    }

    /**
     * Number of pixels that did not count.
     *
     * @return the number
     */
    public long voidPixels() {
        return voidPixels;
    }

    /**
     * The classes without a counted pixel.
     *
     * @return their numbers, rising
     */
    public List<Integer> absentClasses() {
        return IntStream.range(0, classes()).filter(c -> pixels[c] == 0).boxed().toList();
    }

    /**
     * Share of all pixels that did not count.
     *
     * @return 0..1, or NaN if there was no pixel
     */
    public double ignoredShare() {
        return (double) voidPixels / (voidPixels + LongStream.of(pixels).sum());
    }

    /**
     * The same counts, with weight 0 for a class that never occurs; without this call such a class
     * is refused.
     *
     * @return the counts
     */
    public ClassFrequencies allowAbsent() {
        return new ClassFrequencies(pixels, imagePixels, images, voidPixels, true);
    }

    /**
     * What one should know before weights are made of the counts: classes without a pixel, and how
     * many pixels are ignored.
     *
     * @return sentences, none if each class has pixels and none is ignored
     */
    public List<String> remarks() {
        List<String> remarks = new ArrayList<>();
        if (images == 0) {
            return remarks;
        }
        List<Integer> absent = absentClasses();
        if (!absent.isEmpty()) {
            remarks.add("no pixel of " + named(absent));
        }
        if (voidPixels > 0) {
            remarks.add(
                    String.format(
                            Locale.ROOT,
                            "ignored: %d pixels, %.2f %% of all%s",
                            voidPixels,
                            100 * ignoredShare(),
                            ignoredShare() > MUCH
                                    ? ", more than half: are ignoreIndex and label masks right?"
                                    : ""));
        }
        if (absent.size() == classes() - 1) {
            remarks.add(
                    "the labels are of one class only: "
                            + (voidPixels > 0
                                    ? "is the foreground ignored, as in masks of 0 and 255 with"
                                            + " ignoreIndex 255? then divide by 255 and give no"
                                            + " ignoreIndex"
                                    : "are they class indices, and not one channel of a colour"
                                            + " picture?"));
        }
        return remarks;
    }

    private boolean isSuspicious() {
        return images > 0 && (!absentClasses().isEmpty() || ignoredShare() > MUCH);
    }

    private static String named(List<Integer> classes) {
        return (classes.size() == 1 ? "class " : "classes ")
                + classes.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }

    /**
     * {@code n / (K n_c)}: all classes weigh the same in total, and a pixel weighs 1 on average.
     *
     * <p>Source: scikit-learn {@code compute_class_weight("balanced", ...)}, which refuses classes
     * that do not occur; after King and Zeng, Logistic Regression in Rare Events Data, 2001.
     *
     * @return a weight for each class
     * @throws IllegalStateException if nothing was counted, if a class never occurs and {@link
     *     #allowAbsent()} was not called, or if the losses cannot take a weight
     */
    public double[] inverseFrequency() {
        double total = total("inverseFrequency");
        long occurring = occurring();
        return weights("inverseFrequency", c -> total / occurring / pixels[c]);
    }

    /**
     * {@code median(f) / f_c} with {@code f_c = n_c / m_c}, where {@code m_c} are the counted
     * pixels of the images in which class c occurs ({@link #imagePixels()}); the median is over the
     * classes that occur, for an even number of them the mean of the middle two. A class that is
     * rare but large where it occurs weighs less than with {@link #inverseFrequency()}.
     *
     * <p>Source: Eigen and Fergus, Predicting Depth, Surface Normals and Semantic Labels, ICCV
     * 2015; used by SegNet (Badrinarayanan et al., 2017). Void pixels are no part of {@code m_c}
     * here.
     *
     * @return a weight for each class
     * @throws IllegalStateException if nothing was counted, if a class never occurs and {@link
     *     #allowAbsent()} was not called, or if the losses cannot take a weight
     */
    public double[] medianFrequency() {
        total("medianFrequency");
        double[] sorted =
                IntStream.range(0, classes())
                        .filter(c -> pixels[c] > 0)
                        .mapToDouble(this::shareWhereFound)
                        .sorted()
                        .toArray();
        double median = (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
        return weights("medianFrequency", c -> median / shareWhereFound(c));
    }

    /**
     * {@link #enet(double)} with the paper's c of 1.02: weights from 1.4 to 50.5.
     *
     * @return a weight for each class
     * @throws IllegalStateException if nothing was counted, or if a class never occurs and {@link
     *     #allowAbsent()} was not called
     */
    public double[] enet() {
        return enet(ENET_C);
    }

    /**
     * {@code 1 / ln(c + n_c / n)}: rare classes weigh more, but never more than {@code 1 / ln(c)}.
     *
     * <p>Source: Paszke et al., ENet, 2016, section 5.2; there a class that never occurs would
     * weigh {@code 1 / ln(c)}, here 0.
     *
     * @param c how close to each other the weights are, at least 1
     * @return a weight for each class
     * @throws IllegalArgumentException if c is less than 1 or not finite
     * @throws IllegalStateException if nothing was counted, if a class never occurs and {@link
     *     #allowAbsent()} was not called, or if the losses cannot take a weight
     */
    public double[] enet(double c) {
        if (!(c >= 1 && c < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("c must be finite and at least 1, got " + c);
        }
        double total = total("enet");
        // log1p: c may be so close to 1 that adding a small share to it would lose the share
        return weights("enet", i -> 1 / Math.log1p(c - 1 + pixels[i] / total));
    }

    /**
     * {@code (1 - beta) / (1 - beta^n_c)}, scaled so that the weights add up to the number of
     * classes that occur. Between no weighting (beta 0) and inverse frequency (beta towards 1):
     * pixels beyond {@code 1 / (1 - beta)} of a class hardly count, so that classes with more than
     * that weigh alike; with the millions of pixels of a data set take beta closer to 1 than for
     * images, such as {@code 1 - 1 / n}.
     *
     * <p>Source: Cui et al., Class-Balanced Loss Based on Effective Number of Samples, CVPR 2019.
     *
     * @param beta in [0,1)
     * @return a weight for each class
     * @throws IllegalArgumentException if beta is not in [0,1)
     * @throws IllegalStateException if nothing was counted, if a class never occurs and {@link
     *     #allowAbsent()} was not called, or if the losses cannot take a weight
     */
    public double[] effectiveNumber(double beta) {
        if (!(beta >= 0 && beta < 1)) {
            throw new IllegalArgumentException("beta must be in [0,1), got " + beta);
        }
        total("effectiveNumber");
        // expm1: beta^n may be so close to 1 that their difference would be lost
        double log = Math.log(beta);
        IntToDoubleFunction raw = c -> (beta - 1) / Math.expm1(pixels[c] * log);
        double sum =
                IntStream.range(0, classes()).filter(c -> pixels[c] > 0).mapToDouble(raw).sum();
        double scale = occurring() / sum;
        return weights("effectiveNumber", c -> scale * raw.applyAsDouble(c));
    }

    /**
     * {@code n_0 / n_1} for two classes: the factor by which binary cross entropy multiplies the
     * terms of positive pixels, so that they weigh in total as much as the negative ones.
     *
     * <p>Source: PyTorch {@code BCEWithLogitsLoss}, {@code pos_weight}.
     *
     * @return the weight of the foreground
     * @throws IllegalStateException if there are more than two classes, if one of them does not
     *     occur, or if the losses cannot take the weight
     */
    public double positiveWeight() {
        if (classes() != 2 || pixels[0] == 0 || pixels[1] == 0) {
            throw new IllegalStateException(
                    "positiveWeight needs pixels of two classes, background 0 and foreground 1, got "
                            + Arrays.toString(pixels));
        }
        return weight("positiveWeight", 1, (double) pixels[0] / pixels[1]);
    }

    private double[] weights(String method, IntToDoubleFunction ofClass) {
        return IntStream.range(0, classes())
                .mapToDouble(c -> pixels[c] == 0 ? 0 : weight(method, c, ofClass.applyAsDouble(c)))
                .toArray();
    }

    private double weight(String method, int c, double weight) {
        if (weight == 0 || !PixelWeights.isWeight(weight)) {
            throw new IllegalStateException(
                    "weights must be "
                            + PixelWeights.RULE
                            + " for the losses, got "
                            + weight
                            + " by "
                            + method
                            + " for class "
                            + c
                            + " of pixels "
                            + Arrays.toString(pixels));
        }
        return weight;
    }

    private double total(String method) {
        long total = LongStream.of(pixels).sum();
        if (total == 0) {
            throw new IllegalStateException(
                    "weights need at least one counted pixel, got none in " + this);
        }
        if (!absentAllowed && occurring() < classes()) {
            throw new IllegalStateException(
                    method
                            + " needs pixels of every class, got none of "
                            + named(absentClasses())
                            + " in "
                            + Arrays.toString(pixels)
                            + "; are the labels right? if no such pixel is meant to be there,"
                            + " allowAbsent()."
                            + method
                            + " gives it weight 0");
        }
        return total;
    }

    private long occurring() {
        return LongStream.of(pixels).filter(n -> n > 0).count();
    }

    private double shareWhereFound(int c) {
        return (double) pixels[c] / imagePixels[c];
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof ClassFrequencies other
                && Arrays.equals(pixels, other.pixels)
                && Arrays.equals(imagePixels, other.imagePixels)
                && images == other.images
                && voidPixels == other.voidPixels
                && absentAllowed == other.absentAllowed;
    }

    @Override
    public int hashCode() {
        return Objects.hash(
                Arrays.hashCode(pixels),
                Arrays.hashCode(imagePixels),
                images,
                voidPixels,
                absentAllowed);
    }

    @Override
    public String toString() {
        return "ClassFrequencies(pixels="
                + Arrays.toString(pixels)
                + ", imagePixels="
                + Arrays.toString(imagePixels)
                + ", images="
                + images
                + ", voidPixels="
                + voidPixels
                + ")"
                + remarks().stream().map(remark -> "; " + remark).collect(Collectors.joining());
    }

    /**
     * Adds up batches. A call that throws leaves no trace. A label mask that DL4J's {@code
     * DataSet.merge} would lose, or has lost, is warned of once ({@link LabelMasks}). Not safe for
     * use by several threads at once.
     */
    public static final class Counter {
        private final ClassMapReader reader;
        private ClassFrequencies sum;
        private boolean maskWarned;
        private boolean warned;

        private Counter(int classes, Integer ignoreIndex, CNN2DFormat format) {
            reader = new ClassMapReader(classes, ignoreIndex, format);
            sum = new ClassFrequencies(new long[classes], new long[classes], 0, 0);
        }

        /**
         * Adds a batch. The arrays are only read.
         *
         * @param labels the labels
         * @param mask the label mask, or null
         * @return this
         * @throws IllegalArgumentException if labels or mask are not what {@link ClassMapReader}
         *     reads
         */
        public Counter add(INDArray labels, INDArray mask) {
            Tally tally = new Tally(sum);
            read(labels, mask, tally);
            sum = tally.frequencies();
            return this;
        }

        /**
         * Adds all batches of an iterator, their labels and label masks, in one pass. The iterator
         * is reset before and after (after a failure too) if it supports that; if not, it is read
         * from where it stands to its end.
         *
         * @param iterator the data set
         * @return this
         * @throws IllegalArgumentException if the iterator is null, or as {@link #add(INDArray,
         *     INDArray)} does
         */
        public Counter add(DataSetIterator iterator) {
            requireGiven(iterator);
            Tally tally = new Tally(sum);
            reset(iterator);
            try {
                while (iterator.hasNext()) {
                    DataSet batch = iterator.next();
                    read(batch.getLabels(), batch.getLabelsMaskArray(), tally);
                }
            } finally {
                reset(iterator);
            }
            sum = tally.frequencies();
            return this;
        }

        /**
         * Adds one output of all batches of an iterator, as {@link #add(DataSetIterator)} does.
         *
         * @param iterator the data set
         * @param output index of the output
         * @return this
         * @throws IllegalArgumentException if the iterator is null or a batch has no such output,
         *     or as {@link #add(INDArray, INDArray)} does
         */
        public Counter add(MultiDataSetIterator iterator, int output) {
            requireGiven(iterator);
            Tally tally = new Tally(sum);
            reset(iterator);
            try {
                while (iterator.hasNext()) {
                    MultiDataSet batch = iterator.next();
                    if (output < 0 || output >= batch.numLabelsArrays()) {
                        throw new IllegalArgumentException(
                                "output must be the index of one of the "
                                        + batch.numLabelsArrays()
                                        + " outputs, got "
                                        + output);
                    }
                    read(batch.getLabels(output), batch.getLabelsMaskArray(output), tally);
                }
            } finally {
                reset(iterator);
            }
            sum = tally.frequencies();
            return this;
        }

        /**
         * What was counted up to now. If a class has no pixel, or more than half of all pixels are
         * ignored, a warning is logged, once for each counter.
         *
         * @return the counts; more batches do not change them
         */
        public ClassFrequencies frequencies() {
            if (!warned && sum.isSuspicious()) {
                warned = true;
                LOG.warn(
                        "class counts {}: {}",
                        Arrays.toString(sum.pixels),
                        String.join("; ", sum.remarks()));
            }
            return sum;
        }

        private void read(INDArray labels, INDArray mask, Tally tally) {
            String fault = maskWarned ? null : LabelMasks.fault(labels, mask);
            if (fault != null) {
                maskWarned = true;
                LOG.warn(fault);
            }
            reader.read(labels, mask, tally::addImage);
        }

        private static void requireGiven(Object iterator) {
            if (iterator == null) {
                throw new IllegalArgumentException("iterator must be given, got null");
            }
        }

        private static void reset(DataSetIterator iterator) {
            if (iterator.resetSupported()) {
                iterator.reset();
            }
        }

        private static void reset(MultiDataSetIterator iterator) {
            if (iterator.resetSupported()) {
                iterator.reset();
            }
        }
    }

    /** Sums on their way from one state of a counter to the next. */
    private static final class Tally {
        private final long[] pixels;
        private final long[] imagePixels;
        private final long[] ofImage;
        private long images;
        private long voidPixels;

        Tally(ClassFrequencies start) {
            pixels = start.pixels();
            imagePixels = start.imagePixels();
            ofImage = new long[start.classes()];
            images = start.images;
            voidPixels = start.voidPixels;
        }

        void addImage(int[] classes) {
            Arrays.fill(ofImage, 0);
            long counted = 0;
            for (int c : classes) {
                if (c != ClassMapReader.VOID) {
                    ofImage[c]++;
                    counted++;
                }
            }
            for (int c = 0; c < pixels.length; c++) {
                pixels[c] += ofImage[c];
                imagePixels[c] += ofImage[c] > 0 ? counted : 0;
            }
            images++;
            voidPixels += classes.length - counted;
        }

        ClassFrequencies frequencies() {
            return new ClassFrequencies(pixels, imagePixels, images, voidPixels);
        }
    }
}
