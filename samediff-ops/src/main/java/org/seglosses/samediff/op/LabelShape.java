package org.seglosses.samediff.op;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The shape of labels beside that of their logits {@code [N,C,H,W]}: {@code [N,H,W]}, {@code
 * [N,1,H,W]} or {@code [N,C,H,W]}. A side below 0 is one that nobody knows yet, and fits any.
 */
public final class LabelShape {

    private static final String[] NAMES = {"batch size", "channels", "height", "width"};

    private final long[] labels;
    private final long[] logits;

    private LabelShape(long[] labels, long[] logits) {
        this.labels = labels;
        this.logits = logits;
    }

    /**
     * Refuses labels that do not fit.
     *
     * @param labels the shape of the labels
     * @param logits the shape of the logits, of rank 4
     * @throws IllegalArgumentException if they do not fit; it names what differs
     */
    public static void require(long[] labels, long[] logits) {
        new LabelShape(labels, logits).require();
    }

    private void require() {
        String differing = differing();
        if (differing.isEmpty()) {
            return;
        }
        boolean declared =
                Arrays.stream(labels).anyMatch(side -> side < 0)
                        || Arrays.stream(logits).anyMatch(side -> side < 0);
        throw new IllegalArgumentException(
                "labels must be "
                        + (declared ? "declared as " : "")
                        + "class indices [N,H,W] or [N,1,H,W], or one-hot [N,C,H,W], for logits "
                        + Arrays.toString(logits)
                        + " (N,C,H,W), got labels "
                        + Arrays.toString(labels)
                        + ": "
                        + differing
                        + advice());
    }

    /** What differs, in words; nothing if the labels fit. */
    private String differing() {
        int rank = labels.length;
        if (rank != 3 && rank != 4) {
            return "rank " + rank + " instead of 3 or 4";
        }
        List<String> found = new ArrayList<>();
        for (int side = 0; side < 4; side++) {
            long expected = logits[side];
            if (side == 1 && (rank == 3 || labels[1] == 1)) {
                continue;
            }
            long size = labels[rank == 3 && side > 0 ? side - 1 : side];
            if (!agree(size, expected)) {
                found.add(
                        NAMES[side]
                                + " "
                                + size
                                + " instead of "
                                + expected
                                + (side == 1 ? " (or 1, of class indices)" : ""));
            }
        }
        return String.join(", ", found);
    }

    /** What to write where the channels of one of the two come last. */
    private String advice() {
        if (labels.length == 4 && new LabelShape(channelsFirst(labels), logits).fits()) {
            return lastChannels("labels");
        }
        return new LabelShape(labels, channelsFirst(logits)).fits() ? lastChannels("logits") : "";
    }

    private static String lastChannels(String name) {
        return "; "
                + name
                + " [N,H,W,C]? permute(0, 3, 1, 2) makes them [N,C,H,W], and the layer of an NHWC"
                + " network takes them with .format(NHWC)";
    }

    private boolean fits() {
        return differing().isEmpty();
    }

    private static long[] channelsFirst(long[] shape) {
        return new long[] {shape[0], shape[3], shape[1], shape[2]};
    }

    private static boolean agree(long a, long b) {
        return a < 0 || b < 0 || a == b;
    }
}
