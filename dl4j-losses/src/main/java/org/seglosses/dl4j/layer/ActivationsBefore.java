package org.seglosses.dl4j.layer;

import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.graph.SubsetVertex;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BaseUpsamplingLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.ZeroPaddingLayer;
import org.deeplearning4j.nn.conf.layers.convolutional.Cropping2D;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Looks for activations between the layers of a network and its {@link SegmentationLossLayer}s. */
final class ActivationsBefore {

    private ActivationsBefore() {}

    /** A sentence for each output that has one. */
    static Map<SegmentationLossLayer, String> in(MultiLayerConfiguration network) {
        Map<SegmentationLossLayer, String> found = new LinkedHashMap<>();
        int last = network.getConfs().size() - 1;
        if (last >= 0 && network.getConf(last).getLayer() instanceof SegmentationLossLayer head) {
            for (int i = last - 1; i >= 0; i--) {
                Layer layer = NetworkEnd.unfrozen(network.getConf(i).getLayer());
                if (!isClear(head, layer, layer.getLayerName(), found)) {
                    break;
                }
            }
        }
        return found;
    }

    /** A sentence for each output that has one. */
    static Map<SegmentationLossLayer, String> in(ComputationGraphConfiguration graph) {
        Map<SegmentationLossLayer, String> found = new LinkedHashMap<>();
        graph.getVertices()
                .forEach(
                        (name, vertex) -> {
                            if (layer(vertex) instanceof SegmentationLossLayer head) {
                                search(graph, name, head, found);
                            }
                        });
        return found;
    }

    private static Layer layer(GraphVertex vertex) {
        return vertex instanceof LayerVertex of
                ? NetworkEnd.unfrozen(of.getLayerConf().getLayer())
                : null;
    }

    private static void search(
            ComputationGraphConfiguration graph,
            String output,
            SegmentationLossLayer head,
            Map<SegmentationLossLayer, String> found) {
        Deque<String> open = new ArrayDeque<>(graph.getVertexInputs().get(output));
        while (!open.isEmpty()) {
            String name = open.remove();
            GraphVertex vertex = graph.getVertices().get(name);
            Layer layer = layer(vertex);
            if (vertex instanceof MergeVertex
                    || vertex instanceof SubsetVertex
                    || layer != null && isClear(head, layer, name, found)) {
                open.addAll(graph.getVertexInputs().getOrDefault(name, List.of()));
            }
        }
    }

    /** Whether a layer changes no values, so that what counts is what it reads. */
    private static boolean isClear(
            SegmentationLossLayer head,
            Layer layer,
            String name,
            Map<SegmentationLossLayer, String> found) {
        IActivation activation =
                layer instanceof ActivationLayer only
                        ? only.getActivationFn()
                        : layer instanceof ConvolutionLayer || layer instanceof DenseLayer
                                ? ((BaseLayer) layer).getActivationFn()
                                : null;
        if (activation != null && !(activation instanceof ActivationIdentity)) {
            found.putIfAbsent(
                    head,
                    String.format(
                            "activation of layer \"%s\" (%s) must be IDENTITY before"
                                    + " SegmentationLossLayer \"%s\", got %s: the loss takes what"
                                    + " stands before the activation, which is %s and that layer's"
                                    + " own; write .activation(Activation.IDENTITY) in \"%1$s\""
                                    + " (DL4J's convolutions default to SIGMOID)",
                            name,
                            layer.getClass().getSimpleName(),
                            head.getLayerName(),
                            activation,
                            head.getActivationFn()));
        }
        return layer instanceof ActivationLayer && activation instanceof ActivationIdentity
                || layer instanceof SubsamplingLayer
                || layer instanceof BaseUpsamplingLayer
                || layer instanceof ZeroPaddingLayer
                || layer instanceof Cropping2D
                || layer instanceof DropoutLayer;
    }
}
