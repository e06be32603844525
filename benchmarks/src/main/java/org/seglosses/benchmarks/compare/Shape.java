package org.seglosses.benchmarks.compare;

import java.util.Arrays;
import java.util.regex.Pattern;

/** The shape of a batch of logits. */
record Shape(int images, int classes, int height, int width) {

    private static final Pattern FORM = Pattern.compile("[1-9]\\d{0,4}(x[1-9]\\d{0,4}){3}");

    /** Reads what {@link #name} writes. */
    static Shape of(String name) {
        if (!FORM.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "shape must be as 4x5x256x256, images x channels x height x width, got '"
                            + name
                            + "'");
        }
        int[] sizes = Arrays.stream(name.split("x")).mapToInt(Integer::parseInt).toArray();
        return new Shape(sizes[0], sizes[1], sizes[2], sizes[3]);
    }

    /** What {@code --shapes} takes, fit for a file's name. */
    String name() {
        return images + "x" + classes + "x" + height + "x" + width;
    }

    long[] logits() {
        return new long[] {images, classes, height, width};
    }

    long[] labels() {
        return new long[] {images, height, width};
    }

    int pixels() {
        return height * width;
    }

    /** The size of the logits, which are floats. */
    long bytes() {
        return (long) Float.BYTES * images * classes * pixels();
    }

    @Override
    public String toString() {
        return "[" + images + "," + classes + "," + height + "," + width + "]";
    }
}
