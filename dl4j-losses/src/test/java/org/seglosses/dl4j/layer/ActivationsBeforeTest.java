package org.seglosses.dl4j.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.graph.SubsetVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.seglosses.dl4j.LossCrossEntropy;

import java.util.ArrayList;
import java.util.List;

/** An activation before the layer that has one is found by its name. */
class ActivationsBeforeTest {

    @AfterEach
    void cold() {
        TrainingWatch.forget();
    }

    private static ConvolutionLayer.Builder convolution(String name) {
        return new ConvolutionLayer.Builder(1, 1).nOut(3).name(name);
    }

    private static Layer identity(String name) {
        return convolution(name).activation(Activation.IDENTITY).build();
    }

    private static Layer activation(Activation activation) {
        return new ActivationLayer.Builder().name("act").activation(activation).build();
    }

    private static SegmentationLossLayer output() {
        return new SegmentationLossLayer.Builder(LossCrossEntropy.builder().build())
                .name("out")
                .activation(Activation.SOFTMAX)
                .build();
    }

    private static MultiLayerNetwork network(Layer... layers) {
        var builder =
                new NeuralNetConfiguration.Builder().convolutionMode(ConvolutionMode.Same).list();
        for (Layer each : layers) {
            builder.layer(each);
        }
        MultiLayerNetwork net =
                new MultiLayerNetwork(
                        builder.setInputType(InputType.convolutional(8, 8, 2)).build());
        net.init();
        return net;
    }

    private static String sentence(String name, String type, String activation) {
        return "activation of layer \""
                + name
                + "\" ("
                + type
                + ") must be IDENTITY before SegmentationLossLayer \"out\", got "
                + activation
                + ": the loss takes what stands before the activation, which is softmax and that"
                + " layer's own; write .activation(Activation.IDENTITY) in \""
                + name
                + "\" (DL4J's convolutions default to SIGMOID)";
    }

    private static void assertRefused(String sentence, Layer... layers) {
        assertThatThrownBy(() -> SegmentationHead.check(network(layers)))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage(sentence);
    }

    @Test
    void inLayers() {
        // DL4J's default
        assertRefused(
                sentence("last", "ConvolutionLayer", "sigmoid"),
                convolution("last").build(),
                output());
        assertRefused(
                sentence("last", "ConvolutionLayer", "softmax"),
                convolution("last").activation(Activation.SOFTMAX).build(),
                new Upsampling2D.Builder(2).build(),
                activation(Activation.IDENTITY),
                output());
        assertRefused(
                sentence("act", "ActivationLayer", "relu"),
                identity("last"),
                activation(Activation.RELU),
                output());
        // DL4J gives a frozen layer this name
        assertRefused(
                sentence("layer0", "ConvolutionLayer", "sigmoid"),
                new FrozenLayer(convolution("last").build()),
                output());
        for (List<Layer> sound :
                List.of(
                        List.<Layer>of(convolution("first").build(), identity("last")),
                        List.<Layer>of(
                                convolution("last").build(),
                                new BatchNormalization.Builder().build()))) {
            List<Layer> layers = new ArrayList<>(sound);
            layers.add(output());
            assertThatCode(() -> SegmentationHead.check(network(layers.toArray(new Layer[0]))))
                    .doesNotThrowAnyException();
        }
        // another's output layer is another's matter
        assertThatCode(
                        () ->
                                SegmentationHead.check(
                                        network(
                                                convolution("last").build(),
                                                new CnnLossLayer.Builder(new LossMCXENT())
                                                        .activation(Activation.SOFTMAX)
                                                        .build())))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> SegmentationHead.check((MultiLayerNetwork) null))
                .hasMessage("network must be given, got null");
        assertThatThrownBy(() -> SegmentationHead.check((ComputationGraph) null))
                .hasMessage("graph must be given, got null");
    }

    private static ComputationGraph graph(Layer second) {
        return graph(second, new MergeVertex(), "one", "two");
    }

    private static ComputationGraph graph(Layer second, GraphVertex before, String... inputs) {
        ComputationGraph graph =
                new ComputationGraph(
                        new NeuralNetConfiguration.Builder()
                                .graphBuilder()
                                .addInputs("in")
                                .addLayer("one", identity("one"), "in")
                                .addLayer("two", second, "in")
                                .addVertex("before", before, inputs)
                                .addLayer("out", output(), "before")
                                .allowDisconnected(true)
                                .setOutputs("out")
                                .setInputTypes(InputType.convolutional(8, 8, 2))
                                .build());
        graph.init();
        return graph;
    }

    @Test
    void inAGraph() {
        assertThatCode(() -> SegmentationHead.check(graph(identity("two"))))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> SegmentationHead.check(graph(convolution("two").build())))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage(sentence("two", "ConvolutionLayer", "sigmoid"));
    }

    @Test
    void beforeSomeOfItsChannels() {
        GraphVertex some = new SubsetVertex(0, 1);
        assertThatCode(() -> SegmentationHead.check(graph(identity("two"), some, "two")))
                .doesNotThrowAnyException();
        assertThatThrownBy(
                        () ->
                                SegmentationHead.check(
                                        graph(convolution("two").build(), some, "two")))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage(sentence("two", "ConvolutionLayer", "sigmoid"));
    }

    /** A trained network must go on putting out what it did, so that it is told and no more. */
    @Test
    void whereAnOutputIsReplaced() {
        MultiLayerNetwork sigmoid =
                network(
                        convolution("last").build(),
                        new CnnLossLayer.Builder(new LossMCXENT())
                                .name("out")
                                .activation(Activation.SOFTMAX)
                                .build());
        Runnable replaces =
                () -> SegmentationHead.replaceOutput(sigmoid, LossCrossEntropy.builder().build());
        assertThat(Warnings.of(replaces))
                .containsExactly(
                        sentence("last", "ConvolutionLayer", "sigmoid")
                                + ". It stays, since the network was trained with it."
                                + " SegmentationLossLayer.Builder's warnings(false) switches such"
                                + " warnings off");
        assertThat(Warnings.more(replaces)).isEmpty();
        MultiLayerNetwork sound =
                network(
                        identity("last"),
                        new CnnLossLayer.Builder(new LossMCXENT())
                                .name("out")
                                .activation(Activation.SOFTMAX)
                                .build());
        assertThat(
                        Warnings.of(
                                () ->
                                        SegmentationHead.replaceOutput(
                                                sound, LossCrossEntropy.builder().build())))
                .isEmpty();
    }
}
