package org.seglosses.dl4j.evaluation;

import static org.seglosses.dl4j.evaluation.LabelMaps.VOID;

import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;

import java.io.Serializable;
import java.util.Arrays;

/** All that an evaluation remembers: sums, so that evaluations of parts can be added up. */
final class Counts implements Serializable {
    private static final long serialVersionUID = 1L;

    /** Pixels by [truth][prediction]. */
    final long[][] confusion;

    /** Boundary pixels of each class, and how many of them the other side's boundary is near to. */
    final long[] truthBoundary;

    final long[] truthBoundaryNear;
    final long[] predictedBoundary;
    final long[] predictedBoundaryNear;

    /** Pixels that do not count. */
    long ignored;

    /** Of the pixels that count, those with a label that is neither 0 nor 1. */
    long soft;

    /** Of the pixels that count, those with a label above 0.5 for some class. */
    long aboveHalf;

    /** Of the pixels that do not count, those with a label vector of zeros. */
    long zeroVectors;

    /** Of the pixels that count, those with a logit of one channel from 0 to 1. */
    long logitsLikeProbabilities;

    Counts(int classes) {
        this(
                new long[classes][classes],
                new long[classes],
                new long[classes],
                new long[classes],
                new long[classes],
                0,
                0,
                0,
                0,
                0);
    }

    @JsonCreator
    private Counts(
            @JsonProperty("confusion") long[][] confusion,
            @JsonProperty("truthBoundary") long[] truthBoundary,
            @JsonProperty("truthBoundaryNear") long[] truthBoundaryNear,
            @JsonProperty("predictedBoundary") long[] predictedBoundary,
            @JsonProperty("predictedBoundaryNear") long[] predictedBoundaryNear,
            @JsonProperty("ignored") long ignored,
            @JsonProperty("soft") long soft,
            @JsonProperty("aboveHalf") long aboveHalf,
            @JsonProperty("zeroVectors") long zeroVectors,
            @JsonProperty("logitsLikeProbabilities") long logitsLikeProbabilities) {
        this.confusion = confusion;
        this.truthBoundary = truthBoundary;
        this.truthBoundaryNear = truthBoundaryNear;
        this.predictedBoundary = predictedBoundary;
        this.predictedBoundaryNear = predictedBoundaryNear;
        this.ignored = ignored;
        this.soft = soft;
        this.aboveHalf = aboveHalf;
        this.zeroVectors = zeroVectors;
        this.logitsLikeProbabilities = logitsLikeProbabilities;
    }

    /** For what comes from a text: anything else would fail later and far away. */
    void requireClasses(int classes) {
        requireCounts("confusion", classes, confusion == null ? -1 : confusion.length);
        for (long[] row : confusion) {
            requireCounts("confusion", classes, row);
        }
        requireCounts("truthBoundary", classes, truthBoundary);
        requireCounts("truthBoundaryNear", classes, truthBoundaryNear);
        requireCounts("predictedBoundary", classes, predictedBoundary);
        requireCounts("predictedBoundaryNear", classes, predictedBoundaryNear);
        requireCounts(
                "ignored, soft, aboveHalf, zeroVectors and logitsLikeProbabilities",
                5,
                new long[] {ignored, soft, aboveHalf, zeroVectors, logitsLikeProbabilities});
    }

    private static void requireCounts(String name, int classes, long[] counts) {
        requireCounts(name, classes, counts == null ? -1 : counts.length);
        for (long count : counts) {
            if (count < 0) {
                throw new IllegalArgumentException(
                        name + " must hold counts >= 0, got " + Arrays.toString(counts));
            }
        }
    }

    private static void requireCounts(String name, int classes, int length) {
        if (length != classes) {
            throw new IllegalArgumentException(
                    name
                            + " must hold counts for "
                            + classes
                            + " classes, got "
                            + (length < 0 ? "none" : length));
        }
    }

    long pixels() {
        return Arrays.stream(confusion).flatMapToLong(Arrays::stream).sum();
    }

    /** Whether all predictions were logits of one channel from 0 to 1, as probabilities are. */
    boolean areLogitsLikeProbabilities() {
        return logitsLikeProbabilities > 0 && logitsLikeProbabilities == pixels();
    }

    void addPixels(int[] truth, int[] predicted) {
        for (int i = 0; i < truth.length; i++) {
            if (truth[i] != VOID) {
                confusion[truth[i]][predicted[i]]++;
            } else {
                ignored++;
            }
        }
    }

    void add(Counts other) {
        for (int c = 0; c < confusion.length; c++) {
            add(confusion[c], other.confusion[c]);
        }
        add(truthBoundary, other.truthBoundary);
        add(truthBoundaryNear, other.truthBoundaryNear);
        add(predictedBoundary, other.predictedBoundary);
        add(predictedBoundaryNear, other.predictedBoundaryNear);
        ignored += other.ignored;
        soft += other.soft;
        aboveHalf += other.aboveHalf;
        zeroVectors += other.zeroVectors;
        logitsLikeProbabilities += other.logitsLikeProbabilities;
    }

    private static void add(long[] to, long[] from) {
        for (int i = 0; i < to.length; i++) {
            to[i] += from[i];
        }
    }

    void clear() {
        for (long[] row : confusion) {
            Arrays.fill(row, 0);
        }
        Arrays.fill(truthBoundary, 0);
        Arrays.fill(truthBoundaryNear, 0);
        Arrays.fill(predictedBoundary, 0);
        Arrays.fill(predictedBoundaryNear, 0);
        ignored = 0;
        soft = 0;
        aboveHalf = 0;
        zeroVectors = 0;
        logitsLikeProbabilities = 0;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Counts other
                && Arrays.deepEquals(confusion, other.confusion)
                && Arrays.equals(truthBoundary, other.truthBoundary)
                && Arrays.equals(truthBoundaryNear, other.truthBoundaryNear)
                && Arrays.equals(predictedBoundary, other.predictedBoundary)
                && Arrays.equals(predictedBoundaryNear, other.predictedBoundaryNear)
                && ignored == other.ignored
                && soft == other.soft
                && zeroVectors == other.zeroVectors
                // how many is never asked for, and one outside stays for good
                && areLogitsLikeProbabilities() == other.areLogitsLikeProbabilities()
                // asked for beside soft labels alone, of which older texts know nothing
                && (soft == 0 || aboveHalf == other.aboveHalf);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.deepHashCode(confusion) + Arrays.hashCode(truthBoundaryNear);
    }
}
