package org.seglosses.dl4j.evaluation;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.graph.ScaleVertex;
import org.deeplearning4j.nn.conf.graph.ShiftVertex;
import org.deeplearning4j.nn.conf.graph.SubsetVertex;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LocalResponseNormalization;
import org.deeplearning4j.nn.conf.layers.PReLULayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.conf.layers.ZeroPaddingLayer;
import org.deeplearning4j.nn.conf.layers.convolutional.Cropping2D;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationHardSigmoid;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.activations.impl.ActivationReLU6;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.activations.impl.ActivationSoftPlus;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.seglosses.dl4j.SegmentationLossFunction;
import org.seglosses.dl4j.layer.SegmentationLossLayer;
import org.seglosses.samediff.loss.Mode;
import org.seglosses.samediff.loss.SegmentationLoss;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** Reads off a network's output what an evaluation must know of it. */
final class NetworkOutput {
    private static final String BY_HAND =
            "; say it by hand: SegmentationEvaluation.builder(classes), with .format(...),"
                    + " .ignoreIndex(...), and .logits() for one channel of logits";

    private final String name;
    private final Layer layer;

    /** The layers from there back, as far as each reads the next. */
    private final List<Layer> back;

    /** 0 if it cannot be known. */
    private final long channels;

    private NetworkOutput(String name, List<Layer> back, long channels) {
        this.name = name;
        this.layer = back.isEmpty() ? null : back.get(0);
        this.back = back;
        this.channels = channels;
    }

    static SegmentationEvaluation.Builder builder(MultiLayerNetwork network) {
        require(network != null, "network must be given, got null");
        List<Layer> back = new ArrayList<>();
        for (NeuralNetConfiguration each : network.getLayerWiseConfigurations().getConfs()) {
            back.add(0, unfrozen(each.getLayer()));
        }
        long channels = channels(back.get(0));
        for (int i = 1; i < back.size() && channels == 0; i++) {
            channels = channels(back.get(i));
            if (channels == 0 && !keepsChannels(back.get(i))) {
                break;
            }
        }
        return new NetworkOutput(back.get(0).getLayerName(), back, channels).builder();
    }

    static SegmentationEvaluation.Builder builder(ComputationGraph graph) {
        require(graph != null, "graph must be given, got null");
        List<String> outputs = graph.getConfiguration().getNetworkOutputs();
        require(
                outputs.size() == 1,
                "output must be named where a graph has several, one of " + outputs);
        return builder(graph, outputs.get(0));
    }

    static SegmentationEvaluation.Builder builder(ComputationGraph graph, String output) {
        require(graph != null, "graph must be given, got null");
        ComputationGraphConfiguration configuration = graph.getConfiguration();
        List<String> outputs = configuration.getNetworkOutputs();
        require(outputs.contains(output), "output must be one of " + outputs + ", got " + output);
        List<Layer> back = new ArrayList<>();
        for (String at = output; at != null; at = first(configuration, at)) {
            GraphVertex vertex = configuration.getVertices().get(at);
            if (layer(vertex) != null) {
                back.add(layer(vertex));
            } else if (back.isEmpty() || !(vertex instanceof SubsetVertex)) {
                break;
            }
        }
        long own = back.isEmpty() ? 0 : channels(back.get(0));
        return new NetworkOutput(
                        output,
                        back,
                        own != 0 ? own : channels(configuration, first(configuration, output)))
                .builder();
    }

    private SegmentationEvaluation.Builder builder() {
        ILossFunction loss;
        CNN2DFormat format;
        if (layer instanceof SegmentationLossLayer ours) {
            loss = ours.getLossFn();
            format = ours.getFormat();
        } else if (layer instanceof CnnLossLayer stock) {
            loss = stock.getLossFn();
            format = stock.getFormat();
        } else {
            throw refused(
                    "must be a SegmentationLossLayer or CnnLossLayer to be read, got "
                            + (layer == null ? "a vertex" : layer.getClass().getSimpleName())
                            + BY_HAND);
        }
        if (channels == 0) {
            throw refused(
                    "has a number of channels that the layers before it do not tell" + BY_HAND);
        }
        IActivation activation = ((BaseLayer) layer).getActivationFn();
        SegmentationLoss definition =
                loss instanceof SegmentationLossFunction<?> ours ? ours.definition() : null;
        int classes = channels == 1 ? 2 : Math.toIntExact(channels);
        SegmentationEvaluation.Builder builder =
                SegmentationEvaluation.builder(classes).format(format);
        if (channels == 1) {
            requireOneChannel(activation);
            if (activation instanceof ActivationIdentity && definition != null) {
                requireLogits();
                builder.logits();
            }
        } else if (activation instanceof ActivationSigmoid
                || definition != null && definition.mode() == Mode.MULTILABEL) {
            throw refused(
                    "must be of one class a pixel, got "
                            + channels
                            + " channels with a sigmoid each: score them one by one, each by a"
                            + " SegmentationEvaluation of 2 classes");
        }
        Integer ignoreIndex = definition == null ? null : ignoreIndex(definition, classes);
        return ignoreIndex == null ? builder : builder.ignoreIndex(ignoreIndex);
    }

    private void requireOneChannel(IActivation activation) {
        if (!(activation instanceof ActivationSigmoid
                || activation instanceof ActivationIdentity)) {
            throw refused(
                    "must have activation SIGMOID or IDENTITY with one channel, got " + activation);
        }
    }

    /** What the loss takes for logits must not have lost its sign in an activation before. */
    private void requireLogits() {
        for (Layer before : back.subList(1, back.size())) {
            IActivation earlier = activation(before);
            if (earlier instanceof ActivationSigmoid
                    || earlier instanceof ActivationHardSigmoid
                    || earlier instanceof ActivationSoftmax
                    || earlier instanceof ActivationSoftPlus
                    || earlier instanceof ActivationReLU
                    || earlier instanceof ActivationReLU6) {
                throw refused(
                        "puts out logits, but layer \""
                                + before.getLayerName()
                                + "\" before it has activation "
                                + earlier
                                + ": give that layer IDENTITY (DL4J's convolutions have SIGMOID by"
                                + " default)");
            }
            if (earlier != null && !(earlier instanceof ActivationIdentity)
                    || !(before instanceof ActivationLayer || keepsValues(before))) {
                return;
            }
        }
    }

    /**
     * The one that all terms share. A label that one term ignores and another knows as a class
     * would mean two things; one that another refuses never gets this far.
     */
    private Integer ignoreIndex(SegmentationLoss definition, int classes) {
        Set<Integer> all = definition.ignoreIndices();
        if (all.size() == 1) {
            return all.iterator().next();
        }
        if (all.stream().filter(Objects::nonNull).anyMatch(i -> i >= 0 && i < classes)) {
            throw refused(
                    "has terms that ignore different labels, "
                            + all
                            + ", one of them a class: give all terms the same ignoreIndex");
        }
        return null;
    }

    private static long channels(ComputationGraphConfiguration configuration, String name) {
        GraphVertex vertex = configuration.getVertices().get(name);
        Layer layer = layer(vertex);
        if (layer != null && channels(layer) != 0) {
            return channels(layer);
        }
        if (layer != null && keepsChannels(layer)
                || vertex instanceof ElementWiseVertex
                || vertex instanceof ScaleVertex
                || vertex instanceof ShiftVertex) {
            return channels(configuration, first(configuration, name));
        }
        if (vertex instanceof SubsetVertex subset) {
            return subset.getTo() - subset.getFrom() + 1L;
        }
        if (vertex instanceof MergeVertex) {
            List<Long> parts = new ArrayList<>();
            for (String input : configuration.getVertexInputs().get(name)) {
                parts.add(channels(configuration, input));
            }
            return parts.contains(0L) ? 0 : parts.stream().mapToLong(part -> part).sum();
        }
        return 0;
    }

    /** What a layer puts out, or 0 if it says nothing of it. */
    private static long channels(Layer layer) {
        if (layer instanceof DepthwiseConvolution2D depthwise) {
            return depthwise.getNIn() * depthwise.getDepthMultiplier();
        }
        return layer instanceof FeedForwardLayer one ? Math.max(one.getNOut(), 0) : 0;
    }

    private static boolean keepsChannels(Layer layer) {
        return layer instanceof ActivationLayer
                || layer instanceof BatchNormalization
                || layer instanceof LocalResponseNormalization
                || layer instanceof PReLULayer
                || keepsValues(layer);
    }

    private static boolean keepsValues(Layer layer) {
        return layer instanceof DropoutLayer
                || layer instanceof SubsamplingLayer
                || layer instanceof Upsampling2D
                || layer instanceof ZeroPaddingLayer
                || layer instanceof Cropping2D;
    }

    /** Null for a layer that cannot have one. */
    private static IActivation activation(Layer layer) {
        if (layer instanceof ActivationLayer one) {
            return one.getActivationFn();
        }
        return layer instanceof ConvolutionLayer one ? one.getActivationFn() : null;
    }

    private static String first(ComputationGraphConfiguration configuration, String name) {
        List<String> inputs = configuration.getVertexInputs().get(name);
        return inputs == null || inputs.isEmpty() ? null : inputs.get(0);
    }

    private static Layer layer(GraphVertex vertex) {
        return vertex instanceof LayerVertex one ? unfrozen(one.getLayerConf().getLayer()) : null;
    }

    private static Layer unfrozen(Layer layer) {
        if (layer instanceof FrozenLayer frozen) {
            return frozen.getLayer();
        }
        return layer instanceof FrozenLayerWithBackprop frozen ? frozen.getUnderlying() : layer;
    }

    private IllegalArgumentException refused(String rule) {
        return new IllegalArgumentException("output \"" + name + "\" " + rule);
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
