package org.seglosses.benchmarks.compare;

import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

/** DL4J's own cross entropy, by the two calls that its layers make. */
final class Mcxent {

    private Mcxent() {}

    /** Its flat rows are made here and now, outside the timing. */
    static Contender contender(Inputs inputs) {
        Inputs.FlatRows rows = inputs.flatRows();
        LossMCXENT loss = new LossMCXENT();
        ActivationSoftmax softmax = new ActivationSoftmax();
        return new LocalContender(
                () -> {
                    double value =
                            loss.computeScore(rows.labels(), rows.logits(), softmax, null, true);
                    loss.computeGradient(rows.labels(), rows.logits(), softmax, null);
                    return value;
                });
    }
}
