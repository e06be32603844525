package org.seglosses.samediff.loss;

/** What a class that no valid pixel of the target has counts in the mean over classes. */
public enum AbsentClass {
    /** It counts as 0, and in the number of classes. */
    ZERO,
    /** It leaves the mean. */
    EXCLUDE,
    /** It counts as the formula comes out: all of its predicted pixels are wrong. */
    PENALIZE
}
