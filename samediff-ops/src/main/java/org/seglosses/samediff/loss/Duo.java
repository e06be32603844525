package org.seglosses.samediff.loss;

import org.nd4j.autodiff.samediff.SDVariable;

import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;

/**
 * Duo loss: half {@link LovaszSoftmax}, half {@link Boundary}: regions and outlines.
 *
 * <p>Formula, special cases and shapes are those of the two. Modes {@link Mode#MULTICLASS} and
 * {@link Mode#BINARY}; hard labels alone; fractional masks are refused.
 *
 * <p>Differences: geo-deep-learning's fails on any option but the ignore index, and on that one at
 * the first void pixel.
 *
 * <p>Source: NRCan/geo-deep-learning {@code DuoLoss}.
 *
 * @param lovasz the part that is about regions
 * @param boundary the part that is about outlines, of the same ignore index and mode
 */
public record Duo(LovaszSoftmax lovasz, Boundary boundary) implements SegmentationLoss {

    /**
     * Checks the parameters.
     *
     * @param lovasz as the record says
     * @param boundary as the record says
     * @throws IllegalArgumentException if they differ in ignore index or mode
     */
    public Duo {
        Rules.requireGiven(lovasz, "lovasz");
        Rules.requireGiven(boundary, "boundary");
        Rules.require(
                Objects.equals(lovasz.ignoreIndex(), boundary.ignoreIndex()),
                "ignoreIndex",
                "the same in both parts",
                lovasz.ignoreIndex() + " and " + boundary.ignoreIndex());
        Rules.require(
                lovasz.mode() == boundary.mode(),
                "mode",
                "the same in both parts",
                lovasz.mode() + " and " + boundary.mode());
    }

    /**
     * Starts a definition with the defaults.
     *
     * @return a builder
     */
    public static Builder<Duo> builder() {
        return builder(Function.identity());
    }

    /**
     * Starts a definition with the defaults, for a class that wraps it.
     *
     * @param <T> what the builder builds
     * @param finish makes it of the definition
     * @return a builder
     */
    public static <T> Builder<T> builder(Function<Duo, T> finish) {
        return new Builder<>(finish);
    }

    @Override
    public Set<Mode> modes() {
        return EnumSet.of(Mode.MULTICLASS, Mode.BINARY);
    }

    @Override
    public Mode mode() {
        return lovasz.mode();
    }

    @Override
    public Integer ignoreIndex() {
        return lovasz.ignoreIndex();
    }

    @Override
    public boolean needsImages() {
        return lovasz.needsImages() || boundary.needsImages();
    }

    @Override
    public SDVariable groupLosses(LossGraph graph, boolean eachImage) {
        return lovasz.groupLosses(graph, eachImage)
                .mul(0.5)
                .add(boundary.groupLosses(graph, eachImage).mul(0.5));
    }

    @Override
    public SDVariable loss(LossGraph graph) {
        return lovasz.loss(graph).mul(0.5).add(boundary.loss(graph).mul(0.5));
    }

    @Override
    public LossParts parts(LossGraph graph) {
        return LossParts.of(
                LossParts.Component.of(0.5, lovasz, graph),
                LossParts.Component.of(0.5, boundary, graph));
    }

    /**
     * Builds the definition or what wraps it.
     *
     * @param <T> what is built
     */
    public static final class Builder<T> {

        private final Function<Duo, T> finish;
        private final LovaszSoftmax.Builder<LovaszSoftmax> lovasz = LovaszSoftmax.builder();
        private final Boundary.Builder<Boundary> boundary = Boundary.builder();

        private Builder(Function<Duo, T> finish) {
            this.finish = finish;
        }

        /**
         * Sets whether the Lovász loss is taken of each image, the default, or of the batch.
         *
         * @param perImage whether it is taken of each image
         * @return this
         */
        public Builder<T> perImage(boolean perImage) {
            lovasz.perImage(perImage);
            return this;
        }

        /**
         * Sets the classes that the Lovász loss averages over, all by default.
         *
         * @param classes class indices
         * @return this
         */
        public Builder<T> classes(int... classes) {
            lovasz.classes(classes);
            return this;
        }

        /**
         * Sets the class weights of the Lovász loss, 1 for all by default.
         *
         * @param classWeights a weight for each class, finite and not negative
         * @return this
         */
        public Builder<T> classWeights(double... classWeights) {
            lovasz.classWeights(classWeights);
            return this;
        }

        /**
         * Sets what absent classes count in both parts; by default they leave the mean in the first
         * and are penalized in the second.
         *
         * @param absentClass what they count
         * @return this
         */
        public Builder<T> absentClass(AbsentClass absentClass) {
            lovasz.absentClass(absentClass);
            boundary.absentClass(absentClass);
            return this;
        }

        /**
         * Sets the window that makes the boundary, 3 by default.
         *
         * @param theta0 its side in pixels, odd and between 3 and 32767
         * @return this
         */
        public Builder<T> theta0(int theta0) {
            boundary.theta0(theta0);
            return this;
        }

        /**
         * Sets the window within which a boundary pixel counts as found, 5 by default.
         *
         * @param theta its side in pixels, odd and between 3 and 32767
         * @return this
         */
        public Builder<T> theta(int theta) {
            boundary.theta(theta);
            return this;
        }

        /**
         * Sets whether the background of {@link Mode#BINARY} has an outline too, false by default.
         *
         * @param complement whether it has
         * @return this
         */
        public Builder<T> complement(boolean complement) {
            boundary.complement(complement);
            return this;
        }

        /**
         * Sets the label of void pixels, none by default.
         *
         * @param ignoreIndex the label, or null for none
         * @return this
         */
        public Builder<T> ignoreIndex(Integer ignoreIndex) {
            lovasz.ignoreIndex(ignoreIndex);
            boundary.ignoreIndex(ignoreIndex);
            return this;
        }

        /**
         * Names the mode; by default the activation or the number of channels tells it.
         *
         * @param mode MULTICLASS or BINARY, or null
         * @return this
         */
        public Builder<T> mode(Mode mode) {
            lovasz.mode(mode);
            boundary.mode(mode);
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
            return finish.apply(new Duo(lovasz.build(), boundary.build()));
        }
    }
}
