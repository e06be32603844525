package org.seglosses.samediff.op;

import org.nd4j.linalg.api.buffer.DataType;

import java.util.Locale;

/**
 * What a label may be, for everybody who reads labels: the losses, and what counts pixels. It is
 * asked only where a pixel counts; where the mask is 0 a label may be anything.
 *
 * <ul>
 *   <li>A class index is a whole number from 0 to C-1, or the ignore index.
 *   <li>A label vector of a pixel with one class has values from 0 to 1 that sum to 1, within
 *       {@link #tolerance}; or all of it is 0, and the pixel is ignored.
 *   <li>An element, which is the label of one channel alone, is from 0 to 1, or the ignore index.
 * </ul>
 *
 * <p>Places are said by the caller, "at [0, 1, 2] of shape [1, 2, 3]" for example.
 */
public final class LabelRule {

    /** What a label vector is. */
    public enum Kind {
        /** All zeros: the pixel does not count. */
        IGNORED,
        /** A 1, and a sum of 1. */
        ONE_HOT,
        /** Values from 0 to 1 that sum to 1. */
        SOFT,
        /** None of them. */
        WRONG
    }

    private static final double TOLERANCE = 1e-3;

    private static final double LARGEST_BYTE = 255;

    private static final String MASK_OF_BYTES =
            "masks of 0 and 255? divide by 255, or, if 255 marks ignored pixels, ";

    private static final String NO_DATA = "; no data there? set the mask to 0 at these pixels";

    private static final String SIGNED =
            "; the array is of signed bytes (BYTE), where 255 reads as -1: use UBYTE (UINT8) labels";

    private final DataType type;
    private final int classes;
    private final Integer ignoreIndex;
    private final double tolerance;

    private LabelRule(DataType type, int classes, Integer ignoreIndex) {
        this.type = type;
        this.classes = classes;
        this.ignoreIndex = ignoreIndex;
        this.tolerance = tolerance(classes, epsilon(type));
    }

    /**
     * Makes the rule for labels of an array.
     *
     * @param type the type of the array as the user gave it, before any cast
     * @param classes C
     * @param ignoreIndex the label of ignored pixels, or null for none
     * @return the rule
     */
    public static LabelRule of(DataType type, int classes, Integer ignoreIndex) {
        return new LabelRule(type, classes, ignoreIndex);
    }

    /** The distance of 1 to the next number; 0 where {@value #TOLERANCE} is wide for any C. */
    static double epsilon(DataType type) {
        return switch (type) {
            case HALF -> 0x1p-10;
            case BFLOAT16 -> 0x1p-7;
            default -> 0;
        };
    }

    /** How far from 1 the sum of numbers of a type may be. */
    static double tolerance(int classes, double epsilon) {
        return Math.max(TOLERANCE, classes * epsilon);
    }

    /**
     * How far from 1 the sum of a label vector may be.
     *
     * @return 1e-3; in HALF and BFLOAT16 C times the type's epsilon if that is more
     */
    public double tolerance() {
        return tolerance;
    }

    /**
     * What the label vector of a pixel is.
     *
     * @param sum the sum of its values, not rounded to their type
     * @param least the least of them, NaN if one is
     * @param largest the largest of them, NaN if one is
     * @return it
     */
    public Kind kind(double sum, double least, double largest) {
        // written so that NaN is wrong
        if (!(least >= 0 && largest <= 1)) {
            return Kind.WRONG;
        }
        if (largest == 0) {
            return Kind.IGNORED;
        }
        if (!(Math.abs(sum - 1) <= tolerance)) {
            return Kind.WRONG;
        }
        return largest == 1 && sum == 1 ? Kind.ONE_HOT : Kind.SOFT;
    }

    /**
     * Whether a number may be the label of one channel; an ignore index is for the caller to know.
     *
     * @param label the number
     * @return whether it is from 0 to 1
     */
    public static boolean isElement(double label) {
        return label >= 0 && label <= 1;
    }

    /**
     * Refuses what is no class index and not the ignore index.
     *
     * @param label what was found
     * @param place where
     * @return the exception
     */
    public IllegalArgumentException notIndex(double label, String place) {
        return new IllegalArgumentException(
                "labels must be class indices from 0 to "
                        + (classes - 1)
                        + (ignoreIndex == null
                                ? " (no ignoreIndex is set)"
                                : " or the ignoreIndex, which is " + ignoreIndex)
                        + ", got "
                        + label
                        + " "
                        + place
                        + adviceOnIndex(label));
    }

    private String adviceOnIndex(double label) {
        if (isSigned(label)) {
            return SIGNED;
        }
        if (label == LARGEST_BYTE) {
            return "; ignored pixels? set ignoreIndex(255); foreground? divide by 255";
        }
        if (Double.isNaN(label)) {
            return NO_DATA;
        }
        if (Double.isInfinite(label)) {
            return "";
        }
        if (label != Math.rint(label)) {
            return "; an index is a whole number: were the labels scaled, by a division by 255 say?"
                    + " leave that out";
        }
        if (label < 0) {
            return noData(label);
        }
        return label == classes
                ? "; labels from 1 to " + classes + "? subtract 1"
                : "; grey values or colours? turn each into its class index";
    }

    private static String noData(double label) {
        return String.format(
                Locale.ROOT,
                "; no data there? set ignoreIndex(%.0f), or the mask to 0 at these pixels",
                label);
    }

    /**
     * Refuses what is no label of one channel and not the ignore index.
     *
     * @param label what was found
     * @param place where
     * @return the exception
     */
    public IllegalArgumentException notElement(double label, String place) {
        String advice = "";
        if (isSigned(label)) {
            advice = SIGNED;
        } else if (label == LARGEST_BYTE) {
            advice = "; " + MASK_OF_BYTES + "set ignoreIndex(255)";
        } else if (label > 1) {
            advice =
                    label == 2
                            ? "; labels 1 and 2? subtract 1"
                            : "; grey values? make the foreground 1 and all else 0";
        } else if (Double.isNaN(label)) {
            advice = NO_DATA;
        } else if (label == Math.rint(label) && !Double.isInfinite(label)) {
            advice = noData(label);
        }
        return new IllegalArgumentException(
                "labels must be from 0 to 1"
                        + (ignoreIndex == null
                                ? ""
                                : " or the ignoreIndex, which is " + ignoreIndex)
                        + ", got "
                        + label
                        + " "
                        + place
                        + advice);
    }

    /**
     * Refuses a label vector whose {@link #kind} is wrong.
     *
     * @param sum the sum of its values
     * @param least the least of them
     * @param largest the largest of them
     * @param place where
     * @return the exception
     */
    public IllegalArgumentException notVector(
            double sum, double least, double largest, String place) {
        return new IllegalArgumentException(
                "labels must be vectors of values from 0 to 1 that sum to 1 (within "
                        + tolerance
                        + "), or all zeros for an ignored pixel, got a vector "
                        + found(sum, least, largest)
                        + " "
                        + place
                        + adviceOnVector(sum, least, largest));
    }

    /**
     * Refuses a label vector that is not one-hot where nothing else is taken.
     *
     * @param sum the sum of its values
     * @param least the least of them
     * @param largest the largest of them
     * @param place where
     * @return the exception
     */
    public IllegalArgumentException notOneHot(
            double sum, double least, double largest, String place) {
        boolean soft = least >= 0 && largest <= 1 && sum <= 1 + tolerance;
        return new IllegalArgumentException(
                "labels must be one-hot here (one 1 and zeros, or all zeros for an ignored pixel),"
                        + " got a vector "
                        + found(sum, least, largest)
                        + " "
                        + place
                        + (soft
                                ? "; soft labels are not supported here"
                                : adviceOnVector(sum, least, largest)));
    }

    private static String found(double sum, double least, double largest) {
        return Double.isNaN(sum)
                ? "with NaN"
                : "with sum " + sum + " and values from " + least + " to " + largest;
    }

    private String adviceOnVector(double sum, double least, double largest) {
        if (isSigned(least)) {
            return SIGNED;
        }
        if (largest > 1) {
            return "; colours? turn each into its class index; "
                    + MASK_OF_BYTES
                    + "use index labels with ignoreIndex(255)";
        }
        if (Double.isNaN(sum)) {
            return NO_DATA;
        }
        if (least < 0) {
            return "";
        }
        return sum > 1
                ? "; colours? turn each into its class index; several classes in a pixel? that is"
                        + " mode MULTILABEL, with sigmoids"
                : "; a picture? labels are classes, not colours; soft labels? divide each vector by"
                        + " its sum";
    }

    private boolean isSigned(double label) {
        return type == DataType.INT8 && label < 0;
    }
}
