package org.seglosses.samediff.loss;

import org.nd4j.autodiff.samediff.SDVariable;
import org.seglosses.samediff.op.BoundaryScores;
import org.seglosses.samediff.op.BoundarySums;
import org.seglosses.samediff.op.BoundaryTargets;
import org.seglosses.samediff.op.ClassCoefficients;
import org.seglosses.samediff.op.Target;

import java.util.EnumSet;
import java.util.Set;
import java.util.function.Function;

/**
 * Boundary loss: one minus the F1 score of the predicted boundaries, of each class in each image.
 *
 * <p>Of a map x, the probabilities of a class or its one-hot target, the boundary is {@code b(x) =
 * maxpool(1-x, theta0) - (1-x)} and its extension {@code e(b) = maxpool(b, theta)}, with stride 1
 * and the same size. With {@code P = sum(b_p * e(b_y)) / (sum b_p + 1e-7)} and {@code R =
 * sum(e(b_p) * b_y) / (sum b_y + 1e-7)}, sums over H and W, the loss is the mean over images and
 * classes of {@code 1 - 2PR / (P + R + 1e-7)}. Among equal maxima of a window the gradient goes to
 * the first in (h,w) order.
 *
 * <p>Modes {@link Mode#MULTICLASS} and {@link Mode#BINARY}, where the sigmoid map of the foreground
 * is the only class, or with {@code complement} the background's too. Hard labels alone; fractional
 * masks are refused. In both pools a void pixel is -infinity, as the padding is; at a void pixel b
 * and e are 0. An image with nothing valid counts as 0 in the mean over images. From scratch the
 * loss learns little: add it to cross entropy.
 *
 * <p>Differences from the references: they cannot ignore pixels, and a class that is absent from an
 * image costs 1 there ({@link AbsentClass#PENALIZE}, the default here too).
 *
 * <p>Source: Bokhovkin and Burnaev, Boundary Loss for Remote Sensing Imagery Semantic Segmentation,
 * 2019; yiskw713/boundary_loss_for_remote_sensing {@code BoundaryLoss}; NRCan/geo-deep-learning
 * {@code BoundaryLoss}.
 *
 * @param theta0 the window whose maximum makes the boundary, odd and between 3 and 32767; 3 by
 *     default
 * @param theta the window of the extension, odd and between 3 and 32767; 5 by default
 * @param absentClass what absent classes count; {@link AbsentClass#PENALIZE} by default
 * @param complement whether the background of BINARY is a class too; false by default
 * @param ignoreIndex the index label of void pixels, or null, the default
 * @param mode the mode, or null to take it from the activation or the number of channels
 */
public record Boundary(
        int theta0,
        int theta,
        AbsentClass absentClass,
        boolean complement,
        Integer ignoreIndex,
        Mode mode)
        implements SegmentationLoss {

    /**
     * Checks the parameters.
     *
     * @param theta0 as the record says
     * @param theta as the record says
     * @param absentClass as the record says
     * @param complement as the record says
     * @param ignoreIndex as the record says
     * @param mode as the record says
     * @throws IllegalArgumentException if one is out of its range
     */
    public Boundary {
        requireWindow(theta0, "theta0");
        requireWindow(theta, "theta");
        Rules.requireGiven(absentClass, "absentClass");
        Rules.require(mode != Mode.MULTILABEL, "mode", "MULTICLASS or BINARY", mode);
    }

    /** Twice the side of any image, and the square of it is an int. */
    private static void requireWindow(int window, String parameter) {
        boolean holds = window >= 3 && window <= Short.MAX_VALUE && window % 2 == 1;
        Rules.require(holds, parameter, "odd and between 3 and 32767", window);
    }

    /**
     * Starts a definition with the defaults.
     *
     * @return a builder
     */
    public static Builder<Boundary> builder() {
        return builder(Function.identity());
    }

    /**
     * Starts a definition with the defaults, for a class that wraps it.
     *
     * @param <T> what the builder builds
     * @param finish makes it of the definition
     * @return a builder
     */
    public static <T> Builder<T> builder(Function<Boundary, T> finish) {
        return new Builder<>(finish);
    }

    @Override
    public Set<Mode> modes() {
        return EnumSet.of(Mode.MULTICLASS, Mode.BINARY);
    }

    @Override
    public boolean perImage() {
        return true;
    }

    @Override
    public SDVariable groupLosses(LossGraph graph, boolean eachImage) {
        boolean both = complement && graph.mode() == Mode.BINARY;
        SDVariable codes = graph.codes();
        SDVariable sums;
        SDVariable maps;
        if (graph.usesNativeSums()) {
            Target target = new Target(graph.mode() == Mode.MULTICLASS, codes, null, null);
            SDVariable[] found = graph.nativeSums(target).boundary(theta0, theta, both);
            sums = found[0];
            maps = found[1];
        } else {
            SDVariable p = graph.probabilities();
            maps = BoundaryTargets.of(codes, p, theta0, theta, both);
            sums = BoundarySums.of(p, codes, maps, theta0, theta, both);
        }
        SDVariable coefficients =
                ClassCoefficients.of(
                        codes,
                        maps,
                        graph.mode() == Mode.MULTICLASS,
                        absentClass.ordinal(),
                        graph.type());
        return BoundaryScores.of(sums, coefficients);
    }

    @Override
    public LossParts parts(LossGraph graph) {
        return LossParts.of(BoundaryScores.ofClasses(groupLosses(graph, true)), true);
    }

    /**
     * Builds the definition or what wraps it.
     *
     * @param <T> what is built
     */
    public static final class Builder<T> {

        private final Function<Boundary, T> finish;
        private int theta0 = 3;
        private int theta = 5;
        private AbsentClass absentClass = AbsentClass.PENALIZE;
        private boolean complement;
        private Integer ignoreIndex;
        private Mode mode;

        private Builder(Function<Boundary, T> finish) {
            this.finish = finish;
        }

        /**
         * Sets the window that makes the boundary, 3 by default.
         *
         * @param theta0 its side in pixels, odd and between 3 and 32767
         * @return this
         */
        public Builder<T> theta0(int theta0) {
            this.theta0 = theta0;
            return this;
        }

        /**
         * Sets the window within which a boundary pixel counts as found, 5 by default.
         *
         * @param theta its side in pixels, odd and between 3 and 32767
         * @return this
         */
        public Builder<T> theta(int theta) {
            this.theta = theta;
            return this;
        }

        /**
         * Sets what absent classes count, {@link AbsentClass#PENALIZE} by default.
         *
         * @param absentClass what they count
         * @return this
         */
        public Builder<T> absentClass(AbsentClass absentClass) {
            this.absentClass = absentClass;
            return this;
        }

        /**
         * Sets whether the background of {@link Mode#BINARY} is a class too, false by default.
         *
         * @param complement whether it is
         * @return this
         */
        public Builder<T> complement(boolean complement) {
            this.complement = complement;
            return this;
        }

        /**
         * Sets the index label of void pixels, none by default.
         *
         * @param ignoreIndex the label, or null for none
         * @return this
         */
        public Builder<T> ignoreIndex(Integer ignoreIndex) {
            this.ignoreIndex = ignoreIndex;
            return this;
        }

        /**
         * Names the mode; by default the activation or the number of channels tells it.
         *
         * @param mode MULTICLASS or BINARY, or null
         * @return this
         */
        public Builder<T> mode(Mode mode) {
            this.mode = mode;
            return this;
        }

        /**
         * Sets the windows of NRCan/geo-deep-learning, 19 and 19.
         *
         * @return this
         */
        public Builder<T> gdl() {
            return theta0(19).theta(19);
        }

        /**
         * Builds it.
         *
         * @return what is built
         * @throws IllegalArgumentException if a parameter is out of its range
         */
        public T build() {
            return finish.apply(
                    new Boundary(theta0, theta, absentClass, complement, ignoreIndex, mode));
        }
    }
}
