package org.seglosses.onednn;

import java.util.List;
import java.util.Objects;

/**
 * What {@link OneDnn#enable()} found, condition by condition.
 *
 * @param natives the native library that ND4J has loaded contains oneDNN and may use it
 * @param shim DL4J, asking in its own way, is told so
 * @param property the system property by which DL4J switches its fast layers off says no
 * @param inTime no living network was built before the others held: a layer asks once, when it is
 *     created
 */
public record OneDnnReport(
        Condition natives, Condition shim, Condition property, Condition inTime) {

    /**
     * One condition.
     *
     * @param holds whether it holds
     * @param why what was found; if it does not hold, what to do about it
     */
    public record Condition(boolean holds, String why) {

        /**
         * Refuses null.
         *
         * @param holds whether it holds
         * @param why what was found
         */
        public Condition {
            Objects.requireNonNull(why, "why");
        }

        static Condition met(String why) {
            return new Condition(true, why);
        }

        static Condition unmet(String why) {
            return new Condition(false, why);
        }
    }

    /**
     * Refuses null.
     *
     * @param natives of the native library
     * @param shim of what DL4J is told
     * @param property of the system property
     * @param inTime of what was built before
     */
    public OneDnnReport {
        Objects.requireNonNull(natives, "natives");
        Objects.requireNonNull(shim, "shim");
        Objects.requireNonNull(property, "property");
        Objects.requireNonNull(inTime, "inTime");
    }

    /**
     * Whether DL4J's FLOAT networks run on oneDNN, those of now and those to come.
     *
     * @return true if all conditions hold
     */
    public boolean active() {
        return natives.holds() && shim.holds() && property.holds() && inTime.holds();
    }

    /**
     * One line: on or off, and why. Of several reasons the first, as the others often follow from
     * it.
     *
     * @return for people to read; not a format to parse
     */
    @Override
    public String toString() {
        if (active()) {
            return "oneDNN is on: " + natives.why();
        }
        for (Condition condition : List.of(natives, shim, property)) {
            if (!condition.holds()) {
                return "oneDNN is off: " + condition.why();
            }
        }
        return "oneDNN is on for networks built from now on, but " + inTime.why();
    }
}
