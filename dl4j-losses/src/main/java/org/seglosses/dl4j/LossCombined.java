package org.seglosses.dl4j;

import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.seglosses.samediff.loss.Combined;
import org.seglosses.samediff.loss.SegmentationLoss;

/**
 * A weighted sum of losses as a DL4J loss function. Formula, options and special cases are those of
 * the definition, {@link Combined}.
 *
 * <p>A weight may be a schedule over iteration or epoch, as in
 *
 * <pre>{@code
 * LossCombined.builder()
 *         .add(1.0, LossCrossEntropy.builder().build())
 *         .add(
 *                 new MapSchedule.Builder(ScheduleType.EPOCH).add(0, 0).add(10, 0.5).build(),
 *                 LossBoundary.builder().build())
 *         .build()
 * }</pre>
 *
 * in a {@link org.seglosses.dl4j.layer.SegmentationLossLayer}; DL4J's own output layers do not tell
 * a loss the time, and a schedule is refused there. The numbers are those that a schedule of the
 * learning rate is given: the network's counts of iterations and epochs, which are saved with it. A
 * score outside of training is that of the counts that the network has reached. Where DL4J's counts
 * are not what one expects, both kinds of schedules follow them: {@code ComputationGraph.clone()},
 * and with it each split on Spark, starts at 0 again; in a {@code ParallelWrapper} each worker
 * counts its own iterations, and nobody the epochs; {@code fit(DataSet)} counts no epoch.
 *
 * <p>{@link org.seglosses.dl4j.layer.LossComponentsListener} tells what each component contributes.
 */
public final class LossCombined extends SegmentationLossFunction<Combined> {

    private static final long serialVersionUID = 1L;

    /**
     * Wraps a definition.
     *
     * @param definition the definition
     */
    public LossCombined(Combined definition) {
        this(definition, null);
    }

    @JsonCreator
    private LossCombined(
            @JsonProperty("definition") Combined definition,
            @JsonProperty("imageSize") ImageSize imageSize) {
        super(definition, imageSize);
    }

    /**
     * Starts a sum without components.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public LossCombined imageSize(int height, int width) {
        return new LossCombined(definition(), new ImageSize(height, width));
    }

    /** Builds a sum of losses. */
    public static final class Builder {

        private final Combined.Builder<LossCombined> terms = Combined.builder(LossCombined::new);

        private Builder() {}

        /**
         * Adds a component.
         *
         * @param weight its weight, 0 or between 1e-10 and 1e10
         * @param loss the loss
         * @return this
         * @throws IllegalArgumentException if the loss has an image size: that belongs to the sum
         */
        public Builder add(double weight, SegmentationLossFunction<?> loss) {
            return add(weight, definition(loss));
        }

        /**
         * Adds a component.
         *
         * @param weight its weight, 0 or between 1e-10 and 1e10
         * @param loss its definition
         * @return this
         */
        public Builder add(double weight, SegmentationLoss loss) {
            terms.add(weight, loss);
            return this;
        }

        /**
         * Adds a component whose weight changes in training.
         *
         * @param weight its weight over iteration or epoch, 0 or between 1e-10 and 1e10 at each
         * @param loss the loss
         * @return this
         * @throws IllegalArgumentException if the loss has an image size: that belongs to the sum
         */
        public Builder add(ISchedule weight, SegmentationLossFunction<?> loss) {
            return add(weight, definition(loss));
        }

        /**
         * Adds a component whose weight changes in training.
         *
         * @param weight its weight over iteration or epoch, 0 or between 1e-10 and 1e10 at each
         * @param loss its definition
         * @return this
         */
        public Builder add(ISchedule weight, SegmentationLoss loss) {
            terms.add(weight, loss);
            return this;
        }

        private static SegmentationLoss definition(SegmentationLossFunction<?> loss) {
            if (loss != null && loss.imageSize() != null) {
                throw new IllegalArgumentException(
                        "imageSize must be set on the sum, not on a component, got "
                                + loss.imageSize().height()
                                + " x "
                                + loss.imageSize().width()
                                + " on "
                                + loss.name());
            }
            return loss == null ? null : loss.definition();
        }

        /**
         * Builds the loss.
         *
         * @return the loss
         * @throws IllegalArgumentException if there is no component, or they have no mode in common
         */
        public LossCombined build() {
            return terms.build();
        }
    }
}
