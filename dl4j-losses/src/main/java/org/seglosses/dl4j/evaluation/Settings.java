package org.seglosses.dl4j.evaluation;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;

import java.io.Serializable;
import java.util.List;

/**
 * What an evaluation was asked to do; the one place where its parameters are checked.
 *
 * @param classNames one name a class, or null for "0", "1", ...
 * @param ignoreIndex index label of ignored pixels, or null for none
 * @param threshold from which value on one channel is foreground
 * @param logits whether one channel holds logits instead of probabilities
 */
record Settings(
        int classes,
        List<String> classNames,
        Integer ignoreIndex,
        CNN2DFormat format,
        int boundaryTolerance,
        double threshold,
        boolean logits)
        implements Serializable {

    Settings {
        if (classes < 2) {
            throw new IllegalArgumentException(
                    "classes must be >= 2 (2 for a network with one output channel), got "
                            + classes);
        }
        if (classNames != null) {
            for (String name : classNames) {
                if (name == null) {
                    throw new IllegalArgumentException(
                            "classNames must not hold null, got " + classNames);
                }
            }
            if (classNames.size() != classes) {
                throw new IllegalArgumentException(
                        "classNames must hold one name for each of the "
                                + classes
                                + " classes, got "
                                + classNames.size()
                                + ": "
                                + classNames);
            }
            classNames = List.copyOf(classNames);
        }
        if (format == null) {
            throw new IllegalArgumentException("format must be NCHW or NHWC, got null");
        }
        if (boundaryTolerance < 0) {
            throw new IllegalArgumentException(
                    "boundaryTolerance must be >= 0 pixels, got " + boundaryTolerance);
        }
        if (!Double.isFinite(threshold)) {
            throw new IllegalArgumentException("threshold must be finite, got " + threshold);
        }
        if (!logits && (threshold < 0 || threshold > 1)) {
            throw new IllegalArgumentException(
                    "threshold must be a probability from 0 to 1, got "
                            + threshold
                            + "; for one of logits call .logits() first");
        }
    }

    /** What a text leaves out has the builder's default. */
    @JsonCreator
    static Settings read(
            @JsonProperty("classes") Integer classes,
            @JsonProperty("classNames") List<String> classNames,
            @JsonProperty("ignoreIndex") Integer ignoreIndex,
            @JsonProperty("format") CNN2DFormat format,
            @JsonProperty("boundaryTolerance") Integer boundaryTolerance,
            @JsonProperty("threshold") Double threshold,
            @JsonProperty("logits") boolean logits) {
        if (classes == null) {
            throw new IllegalArgumentException("classes must be given, got null");
        }
        SegmentationEvaluation.Builder options = SegmentationEvaluation.builder(classes);
        if (classNames != null) {
            options.classNames(classNames.toArray(new String[0]));
        }
        if (ignoreIndex != null) {
            options.ignoreIndex(ignoreIndex);
        }
        if (format != null) {
            options.format(format);
        }
        if (boundaryTolerance != null) {
            options.boundaryTolerance(boundaryTolerance);
        }
        if (logits) {
            options.logits();
        }
        if (threshold != null) {
            options.threshold(threshold);
        }
        return options.settings();
    }

    String className(int c) {
        return classNames == null ? String.valueOf(c) : classNames.get(c);
    }
}
