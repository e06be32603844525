package org.seglosses.samediff.loss;

import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;

/** What is said where a loss is not defined in a mode. */
final class ModeRefusals {

    private ModeRefusals() {}

    /**
     * Says what the mode was told from, and what to write instead.
     *
     * @param derived whether nobody named the mode, so that the channels told it
     * @param shape of the logits
     */
    static IllegalArgumentException of(
            SegmentationLoss loss, Mode mode, boolean derived, long[] shape) {
        boolean single = mode == Mode.BINARY;
        return new IllegalArgumentException(
                "mode must be "
                        + loss.modes().stream().map(Mode::name).collect(Collectors.joining(" or "))
                        + " for "
                        + who(loss, mode)
                        + ", got "
                        + mode
                        + (derived
                                ? ", which logits of "
                                        + (single
                                                ? "1 channel mean, "
                                                : shape[1] + " channels mean, ")
                                : " with logits ")
                        + Arrays.toString(shape)
                        + (derived ? "; " + instead(loss, single) : ""));
    }

    /** The name of the loss or, of a sum, the terms that are not defined in the mode. */
    private static String who(SegmentationLoss loss, Mode mode) {
        if (!(loss instanceof Combined sum)) {
            return loss.getClass().getSimpleName();
        }
        return sum.places().entrySet().stream()
                .filter(term -> !isDefinedIn(mode, term.getValue()))
                .map(Map.Entry::getKey)
                .collect(Collectors.joining(" and "));
    }

    private static boolean isDefinedIn(Mode mode, SegmentationLoss loss) {
        return loss.mode() == null ? loss.modes().contains(mode) : loss.mode() == mode;
    }

    private static String instead(SegmentationLoss loss, boolean single) {
        if (single) {
            return "give it 2 channels, or take a loss for 1 channel, as SoftBce";
        }
        return (loss.modes().contains(Mode.MULTILABEL)
                        ? "name the mode, mode(Mode.MULTILABEL), if each channel is a yes or no"
                        : "give it 1 channel")
                + ", or take a loss for classes, as CrossEntropy";
    }
}
