package org.seglosses.benchmarks.compare;

/** The shape of a batch of logits. */
record Shape(int images, int classes, int height, int width) {

    long[] logits() {
        return new long[] {images, classes, height, width};
    }

    long[] labels() {
        return new long[] {images, height, width};
    }

    int pixels() {
        return height * width;
    }

    @Override
    public String toString() {
        return "[" + images + "," + classes + "," + height + "," + width + "]";
    }
}
