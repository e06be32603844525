package org.seglosses.dl4j.layer;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.seglosses.dl4j.LossComponent;
import org.seglosses.dl4j.TrainingTime;

import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Tells after each iteration what the components of the loss were, for every {@link
 * SegmentationLossLayer} of a {@code MultiLayerNetwork} or {@code ComputationGraph}.
 *
 * <pre>{@code
 * net.addListeners(new LossComponentsListener(System.out::println));
 * }</pre>
 *
 * <p>The values are by-products of the training step; nothing is computed for them. They are those
 * of the step's batch before the update, as the network's score is, but without its regularization.
 * A copy of the network in a {@code ParallelWrapper} reports its own steps from its own thread.
 */
public final class LossComponentsListener extends BaseTrainingListener {

    /**
     * The components of one layer's loss in one iteration.
     *
     * @param layer the name of the layer
     * @param time the iteration and its epoch
     * @param components the terms of a sum in their order; any other loss is its only component,
     *     with weight 1
     */
    public record Report(String layer, TrainingTime time, List<LossComponent> components) {

        /**
         * Keeps a copy of the components.
         *
         * @param layer as the record says
         * @param time as the record says
         * @param components as the record says
         */
        public Report {
            components = List.copyOf(components);
        }

        /** As in {@code iteration 3, epoch 0, loss: 1.0 * CrossEntropy 1.25 + 0.5 * Dice 0.75}. */
        @Override
        public String toString() {
            return "iteration "
                    + time.iteration()
                    + ", epoch "
                    + time.epoch()
                    + ", "
                    + layer
                    + ": "
                    + components.stream()
                            .map(LossComponent::toString)
                            .collect(Collectors.joining(" + "));
        }

        /**
         * The loss of the batch, without the network's regularization.
         *
         * @return the sum of {@code weight * value}
         */
        public double loss() {
            return components.stream().mapToDouble(c -> c.weight() * c.value()).sum();
        }
    }

    private final Consumer<Report> consumer;

    /**
     * Makes a listener.
     *
     * @param consumer what takes the reports; may be called by several threads if the network is
     *     trained by a {@code ParallelWrapper}
     * @throws IllegalArgumentException if there is none
     */
    public LossComponentsListener(Consumer<Report> consumer) {
        if (consumer == null) {
            throw new IllegalArgumentException("consumer must be given, got null");
        }
        this.consumer = consumer;
    }

    @Override
    public void iterationDone(Model model, int iteration, int epoch) {
        for (Layer layer : layers(model)) {
            if (layer instanceof SegmentationLoss output && output.last() != null) {
                consumer.accept(output.last());
            }
        }
    }

    private static Layer[] layers(Model model) {
        if (model instanceof MultiLayerNetwork network) {
            return network.getLayers();
        }
        if (model instanceof ComputationGraph graph) {
            return graph.getLayers();
        }
        throw new IllegalArgumentException(
                "model must be a MultiLayerNetwork or a ComputationGraph, got " + model);
    }
}
