package org.seglosses.dl4j.layer;

import org.deeplearning4j.nn.api.Updater;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.dropout.Dropout;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.util.ComputationGraphUtil;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.updater.graph.ComputationGraphUpdater;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.seglosses.dl4j.SegmentationLossFunction;
import org.seglosses.samediff.loss.LossExplanation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Gives a ready network for segmentation, imported from Keras or saved by DL4J, a {@link
 * SegmentationLossLayer} as its output; checks networks that have one, and explains their scores.
 *
 * <p>The losses want what stands before the activation. A network may have its softmax or sigmoid
 * in the output layer ({@code CnnLossLayer}), in an {@code ActivationLayer} before it, or in the
 * last convolution, which is where imports from Keras have it; and it may have no output layer at
 * all. The new network has it in the {@code SegmentationLossLayer}, and IDENTITY in that other
 * place. All else is the same: what it puts out, names, structure, parameters, frozen layers, the
 * state of the updater, the counts of iterations and epochs. Listeners stay with the old network,
 * which is not changed and shares no arrays with the new one.
 *
 * <p>A {@code CnnLossLayer}, {@code SegmentationLossLayer} or {@code ActivationLayer} at the end is
 * replaced in its place. A convolution at the end gets the new layer behind it, whose name is that
 * of the convolution and {@code _loss}. A network that puts out logits goes on doing so.
 *
 * <p>Two things that change no output are mended, since DL4J cannot train what its import of Keras
 * leaves: dropout that drops nothing goes (its backward pass fails in NHWC), and a {@code
 * MergeVertex} along axis -1 merges along 3.
 *
 * <p>DL4J's softmax in a convolution or {@code ActivationLayer} runs over the last axis, which in
 * NCHW is the width of the image. The new layer's runs over the channels: there, and only there,
 * the output is another, and the one that was meant.
 */
public final class SegmentationHead {

    private static final String SUFFIX = "_loss";

    private SegmentationHead() {}

    /**
     * The same network with a loss for segmentation.
     *
     * @param network an initialized network of 2D images
     * @param loss the loss to go on with
     * @return a new network, initialized
     * @throws IllegalArgumentException if an argument is null, the network is not initialized, or
     *     it ends in none of the ways above
     */
    public static MultiLayerNetwork replaceOutput(
            MultiLayerNetwork network, SegmentationLossFunction<?> loss) {
        require(network != null && network.isInitCalled(), "network must be given and initialized");
        require(loss != null, "loss must be given, got null");
        // copies by way of JSON, as saving does: DL4J's clone forgets counts, and along what to
        // merge
        MultiLayerConfiguration configuration =
                MultiLayerConfiguration.fromJson(network.getLayerWiseConfigurations().toJson());
        List<NeuralNetConfiguration> layers = configuration.getConfs();
        layers.forEach(each -> withoutEmptyDropout(each.getLayer()));
        List<NetworkEnd.Place> places = new ArrayList<>();
        for (NeuralNetConfiguration each : layers) {
            places.add(0, new NetworkEnd.Place(each.getLayer().getLayerName(), each.getLayer(), 1));
        }
        NetworkEnd end = NetworkEnd.of(places);
        int last = layers.size() - 1;
        String name = layers.get(last).getLayer().getLayerName();
        NeuralNetConfiguration output =
                with(
                        layers.get(last).clone(),
                        end.output(end.replaces() ? name : name + SUFFIX, loss));
        if (end.replaces()) {
            layers.set(last, output);
        } else {
            layers.add(output);
        }
        MultiLayerNetwork result = new MultiLayerNetwork(configuration);
        result.init(network.params(), true);
        Updater updater = network.getUpdater(false);
        if (updater != null && updater.getStateViewArray() != null) {
            result.getUpdater().setStateViewArray(result, updater.getStateViewArray(), false);
        }
        ActivationsBefore.in(configuration).forEach(SegmentationHead::warn);
        return result;
    }

    /**
     * The same graph with a loss for segmentation at one of its outputs.
     *
     * @param graph an initialized graph
     * @param output the name of the output, of 2D images
     * @param loss the loss to go on with
     * @return a new graph, initialized
     * @throws IllegalArgumentException if an argument is null, the graph is not initialized, has no
     *     such output or one that ends in none of the ways above, or if something else reads what
     *     would be changed
     */
    public static ComputationGraph replaceOutput(
            ComputationGraph graph, String output, SegmentationLossFunction<?> loss) {
        require(
                graph != null && graph.getVertices() != null,
                "graph must be given and initialized");
        require(loss != null, "loss must be given, got null");
        ComputationGraphConfiguration old = graph.getConfiguration();
        require(
                old.getNetworkOutputs().contains(output),
                "output must be one of " + old.getNetworkOutputs() + ", got " + output);
        ComputationGraphConfiguration configuration =
                ComputationGraphConfiguration.fromJson(old.toJson());
        Map<String, GraphVertex> vertices = configuration.getVertices();
        for (GraphVertex each : vertices.values()) {
            if (each instanceof LayerVertex vertex) {
                withoutEmptyDropout(vertex.getLayerConf().getLayer());
            }
        }
        countAxesFromStart(configuration);
        NetworkEnd end = NetworkEnd.of(places(configuration, output));
        LayerVertex last = (LayerVertex) vertices.get(output);
        String name = end.replaces() ? output : output + SUFFIX;
        InputPreProcessor preProcessor = end.replaces() ? last.getPreProcessor() : null;
        if (!end.replaces()) {
            // the order of the vertices is that of the parameters: it must not be found anew
            List<String> order = new ArrayList<>(configuration.getTopologicalOrderStr());
            int[] indices = configuration.getTopologicalOrder();
            require(!order.contains(name), "graph must have no vertex \"" + name + "\" yet");
            configuration.getVertexInputs().put(name, new ArrayList<>(List.of(output)));
            configuration.getNetworkOutputs().replaceAll(each -> each.equals(output) ? name : each);
            indices = Arrays.copyOf(indices, order.size() + 1);
            indices[order.size()] = order.size();
            order.add(name);
            configuration.setTopologicalOrder(indices);
            configuration.setTopologicalOrderStr(order);
        }
        vertices.put(
                name,
                new LayerVertex(
                        with(last.getLayerConf().clone(), end.output(name, loss)), preProcessor));
        ComputationGraph result = new ComputationGraph(configuration);
        result.init(graph.params(), true);
        ComputationGraphUpdater updater = graph.getUpdater(false);
        if (updater != null && updater.getStateViewArray() != null) {
            result.getUpdater().setStateViewArray(updater.getStateViewArray());
        }
        ActivationsBefore.in(configuration).forEach(SegmentationHead::warn);
        return result;
    }

    /** No refusal: the network was trained with it, and would put out something else without. */
    private static void warn(SegmentationLossLayer layer, String sentence) {
        TrainingWatch.activationBefore(
                layer, sentence + ". It stays, since the network was trained with it");
    }

    /**
     * Checks that no layer before a {@link SegmentationLossLayer} has an activation of its own: the
     * losses take logits, and DL4J's convolutions have a sigmoid unless they are told otherwise.
     *
     * @param network the network
     * @throws IllegalArgumentException if a layer has one; the message names it and what to write
     */
    public static void check(MultiLayerNetwork network) {
        require(network != null, "network must be given, got null");
        refuse(ActivationsBefore.in(network.getLayerWiseConfigurations()).values());
    }

    /**
     * Checks that no layer before a {@link SegmentationLossLayer} has an activation of its own: the
     * losses take logits, and DL4J's convolutions have a sigmoid unless they are told otherwise.
     *
     * @param graph the graph
     * @throws IllegalArgumentException if a layer has one; the message names it and what to write
     */
    public static void check(ComputationGraph graph) {
        require(graph != null, "graph must be given, got null");
        refuse(ActivationsBefore.in(graph.getConfiguration()).values());
    }

    private static void refuse(Collection<String> sentences) {
        require(sentences.isEmpty(), String.join("; ", sentences));
    }

    /**
     * Explains a network's score of a batch: what images, classes and terms of a sum contribute to
     * it. The explanation's value is {@code network.score(data)} without regularization (with
     * {@code miniBatch(false)}, divided by the number of examples): dropout is off, and batch
     * normalization takes its averages. Weights that are scheduled are those of the network's
     * iteration and epoch.
     *
     * @param network a network that ends in a {@link SegmentationLossLayer}
     * @param data the batch
     * @return the explanation
     * @throws IllegalArgumentException if an argument is null, the network ends otherwise, or the
     *     batch does not fit
     */
    public static LossExplanation explain(MultiLayerNetwork network, DataSet data) {
        require(network != null && network.isInitCalled(), "network must be given and initialized");
        require(data != null, "data must be given, got null");
        Layer last = network.getOutputLayer().conf().getLayer();
        require(
                network.getOutputLayer() instanceof SegmentationLoss,
                "network must end in a SegmentationLossLayer (SegmentationHead.replaceOutput gives"
                        + " it one), got "
                        + last.getClass().getSimpleName()
                        + " \""
                        + last.getLayerName()
                        + "\"");
        return ((SegmentationLoss) network.getOutputLayer())
                .explain(() -> network.score(data, false));
    }

    /**
     * Explains a graph's score of a batch as {@link #explain(MultiLayerNetwork, DataSet)} does.
     *
     * @param graph a graph of one input and one output, a {@link SegmentationLossLayer}
     * @param data the batch
     * @return the explanation
     * @throws IllegalArgumentException if an argument is null, the graph has another output or
     *     several, or the batch does not fit
     */
    public static LossExplanation explain(ComputationGraph graph, DataSet data) {
        require(data != null, "data must be given, got null");
        return explain(graph, ComputationGraphUtil.toMultiDataSet(data));
    }

    /**
     * Explains a graph's score of a batch as {@link #explain(MultiLayerNetwork, DataSet)} does.
     *
     * @param graph a graph with one {@link SegmentationLossLayer} among its outputs
     * @param data the batch, with labels for all outputs
     * @return the explanation
     * @throws IllegalArgumentException if an argument is null, the graph has no such output or
     *     several, or the batch does not fit
     */
    public static LossExplanation explain(ComputationGraph graph, MultiDataSet data) {
        require(
                graph != null && graph.getVertices() != null,
                "graph must be given and initialized");
        List<String> outputs = outputs(graph);
        require(
                outputs.size() == 1,
                outputs.isEmpty()
                        ? "graph must have a SegmentationLossLayer among its outputs, got "
                                + graph.getConfiguration().getNetworkOutputs()
                        : "output must be named, one of "
                                + outputs
                                + ": explain(graph, data, name)");
        return explain(graph, data, outputs.get(0));
    }

    /**
     * Explains what one output adds to a graph's score of a batch, as {@link
     * #explain(MultiLayerNetwork, DataSet)} does.
     *
     * @param graph the graph
     * @param data the batch, with labels for all outputs
     * @param output the name of the output, a {@link SegmentationLossLayer}
     * @return the explanation
     * @throws IllegalArgumentException if an argument is null, there is no such output, or the
     *     batch does not fit
     */
    public static LossExplanation explain(
            ComputationGraph graph, MultiDataSet data, String output) {
        require(
                graph != null && graph.getVertices() != null,
                "graph must be given and initialized");
        require(data != null, "data must be given, got null");
        require(
                outputs(graph).contains(output),
                "output must be a SegmentationLossLayer, one of "
                        + outputs(graph)
                        + ", got "
                        + output);
        return ((SegmentationLoss) graph.getLayer(output)).explain(() -> graph.score(data, false));
    }

    private static List<String> outputs(ComputationGraph graph) {
        return graph.getConfiguration().getNetworkOutputs().stream()
                .filter(name -> graph.getLayer(name) instanceof SegmentationLoss)
                .toList();
    }

    /** From an output back along first inputs. */
    private static List<NetworkEnd.Place> places(
            ComputationGraphConfiguration configuration, String output) {
        List<NetworkEnd.Place> places = new ArrayList<>();
        String name = output;
        while (configuration.getVertices().containsKey(name)) {
            places.add(place(configuration, name));
            List<String> inputs = configuration.getVertexInputs().get(name);
            name = inputs == null || inputs.isEmpty() ? null : inputs.get(0);
        }
        return places;
    }

    private static NetworkEnd.Place place(
            ComputationGraphConfiguration configuration, String name) {
        long readers =
                configuration.getVertexInputs().values().stream()
                        .filter(inputs -> inputs.contains(name))
                        .count();
        boolean isOutput = configuration.getNetworkOutputs().contains(name);
        return new NetworkEnd.Place(
                name,
                configuration.getVertices().get(name) instanceof LayerVertex vertex
                        ? vertex.getLayerConf().getLayer()
                        : null,
                isOutput ? readers + 1 : readers);
    }

    /**
     * Takes away dropout that drops nothing, which imports from Keras are full of: DL4J's backward
     * pass through it fails in NHWC.
     */
    private static void withoutEmptyDropout(Layer layer) {
        Layer inner = NetworkEnd.unfrozen(layer);
        if (inner.getIDropout() instanceof Dropout dropout
                && dropout.getP() == 1
                && dropout.getPSchedule() == null) {
            inner.setIDropout(null);
        }
    }

    /**
     * Names the axis of a merge that counts from the end, as imports of Keras's {@code axis=-1} do:
     * DL4J's backward pass cannot.
     */
    private static void countAxesFromStart(ComputationGraphConfiguration configuration) {
        configuration
                .getVertices()
                .forEach(
                        (name, vertex) -> {
                            if (vertex instanceof MergeVertex merge
                                    && merge.getMergeAxis() == -1
                                    && NetworkEnd.isOfImages(places(configuration, name))) {
                                merge.setMergeAxis(3);
                            }
                        });
    }

    private static NeuralNetConfiguration with(NeuralNetConfiguration configuration, Layer layer) {
        // with DL4J's defaults for what the layer leaves open: a network saved without is not read
        configuration.setLayer(
                new NeuralNetConfiguration.Builder().layer(layer).build().getLayer());
        configuration.clearVariables();
        return configuration;
    }

    private static void require(boolean holds, String rule) {
        if (!holds) {
            throw new IllegalArgumentException(rule);
        }
    }
}
