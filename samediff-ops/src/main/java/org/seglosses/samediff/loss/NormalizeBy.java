package org.seglosses.samediff.loss;

import org.seglosses.samediff.op.NormalizedSums;

/** What a pixel-wise loss divides the sum of its pixels' terms by. */
public enum NormalizeBy {
    /** The sum of the weights of the valid pixels: PyTorch's mean. */
    VALID(NormalizedSums.Divisor.VALID),
    /** The number of all pixels, void ones included: what smp divides by. */
    ALL_PIXELS(NormalizedSums.Divisor.ALL_PIXELS),
    /** Nothing: PyTorch's sum. */
    SUM(NormalizedSums.Divisor.SUM),
    /** The number of images. */
    IMAGES(NormalizedSums.Divisor.IMAGES);

    private final NormalizedSums.Divisor divisor;

    NormalizeBy(NormalizedSums.Divisor divisor) {
        this.divisor = divisor;
    }

    NormalizedSums.Divisor divisor() {
        return divisor;
    }
}
