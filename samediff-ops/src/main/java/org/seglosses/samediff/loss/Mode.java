package org.seglosses.samediff.loss;

import org.seglosses.samediff.op.Targets;

/** What the channels of the logits mean, and with it which activation belongs to them. */
public enum Mode {
    /** Each pixel has one of at least two classes: softmax over the channels. */
    MULTICLASS(Targets.Labelling.PIXEL),
    /** One channel, foreground or background: sigmoid. */
    BINARY(Targets.Labelling.ONLY_CHANNEL),
    /** Each channel is a yes or no of its own: sigmoid in each. */
    MULTILABEL(Targets.Labelling.CHANNEL);

    private final Targets.Labelling labelling;

    Mode(Targets.Labelling labelling) {
        this.labelling = labelling;
    }

    Targets.Labelling labelling() {
        return labelling;
    }
}
