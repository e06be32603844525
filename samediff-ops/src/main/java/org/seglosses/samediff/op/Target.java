package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a prediction is compared with, for ops that take soft labels and weights.
 *
 * @param onePerPixel whether a pixel has one label, its class, and not one for each channel
 * @param codes codes of {@link Targets}; where labels are soft, they tell void pixels alone
 * @param soft soft labels {@code [N,C,H,W]} from 0 to 1, of the logits' type; or null
 * @param weights {@code [N,1,H,W]} or {@code [N,C,H,W]}, of the logits' type; or null for 1
 */
public record Target(boolean onePerPixel, SDVariable codes, SDVariable soft, SDVariable weights) {

    static final int SOFT = 1;
    static final int WEIGHTS = 2;
    static final int ONE_PER_PIXEL = 4;

    /** The inputs of an op on a prediction and this, and on others after it. */
    SDVariable[] inputs(SDVariable prediction, SDVariable... others) {
        List<SDVariable> inputs = new ArrayList<>(List.of(prediction, codes));
        if (soft != null) {
            inputs.add(soft);
        }
        if (weights != null) {
            inputs.add(weights);
        }
        inputs.addAll(Arrays.asList(others));
        return inputs.toArray(new SDVariable[0]);
    }

    /** Says in an op's arguments what labels are and which of the inputs there are. */
    int form() {
        return (soft == null ? 0 : SOFT)
                | (weights == null ? 0 : WEIGHTS)
                | (onePerPixel ? ONE_PER_PIXEL : 0);
    }

    /** The target among the inputs of an op. */
    static Target of(int form, SDVariable[] inputs) {
        return new Target(
                (form & ONE_PER_PIXEL) != 0,
                inputs[1],
                (form & SOFT) == 0 ? null : inputs[2],
                (form & WEIGHTS) == 0 ? null : inputs[(form & SOFT) == 0 ? 2 : 3]);
    }

    /** How many inputs a prediction and its target are. */
    static int count(int form) {
        return 2 + Integer.bitCount(form & (SOFT | WEIGHTS));
    }

    /**
     * The rules of an op whose first argument is a form, and whose inputs are a prediction, its
     * target and others.
     *
     * @return the form
     */
    static int require(OpArguments given, String... others) {
        given.integersAndMore("others", "target");
        int form = given.integer(0, 0, SOFT | WEIGHTS | ONE_PER_PIXEL);
        List<String> names = new ArrayList<>(List.of("prediction", "codes"));
        if ((form & SOFT) != 0) {
            names.add("labels");
        }
        if ((form & WEIGHTS) != 0) {
            names.add("weights");
        }
        names.addAll(Arrays.asList(others));
        given.inputs(names.size(), names.toArray(new String[0]));
        given.predictions(0).codes(1, 0);
        int next = 2;
        if ((form & SOFT) != 0) {
            given.length(next, given.typeOf(0), given.elements(0));
            next++;
        }
        if ((form & WEIGHTS) != 0) {
            given.input(
                    next,
                    given.typeOf(0),
                    given.size(0, 0),
                    OpArguments.ANY,
                    given.size(0, 2),
                    given.size(0, 3));
        }
        return form;
    }
}
