package org.seglosses.examples.earth;

import org.deeplearning4j.nn.conf.CacheMode;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;

import java.util.SplittableRandom;

/** A small U-Net: three levels of two 3 x 3 convolutions, nearest upsampling, skip connections. */
public final class UNet {

    private static final int[] WIDTHS = {16, 32, 48};

    private UNet() {}

    /**
     * A network whose weights depend on the seed alone, whatever its loss layer.
     *
     * @param channels channels of the imagery
     * @param outputs channels of the logits
     * @param lossLayer the last layer
     * @param updater how the weights follow the gradient
     * @param seed decides the weights
     * @return the network, initialized
     */
    public static ComputationGraph create(
            int channels, int outputs, Layer lossLayer, IUpdater updater, long seed) {
        GraphBuilder graph =
                new NeuralNetConfiguration.Builder()
                        .seed(seed)
                        .updater(updater)
                        // Else each convolution runs once more in the backward pass.
                        .cacheMode(CacheMode.DEVICE)
                        .convolutionMode(ConvolutionMode.Same)
                        .activation(Activation.RELU)
                        .graphBuilder()
                        .addInputs("tile")
                        .setInputTypes(InputType.convolutional(Tile.SIZE, Tile.SIZE, channels));
        String top = level(graph, "down1", WIDTHS[0], "tile");
        String middle = level(graph, "down2", WIDTHS[1], halve(graph, "pool1", top));
        String bottom = level(graph, "down3", WIDTHS[2], halve(graph, "pool2", middle));
        String up = level(graph, "up2", WIDTHS[1], join(graph, "join2", bottom, middle));
        up = level(graph, "up1", WIDTHS[0], join(graph, "join1", up, top));
        graph.addLayer("logits", convolution(1, outputs, Activation.IDENTITY), up)
                .addLayer("loss", lossLayer, "logits")
                .setOutputs("loss");
        ComputationGraph net = new ComputationGraph(graph.build());
        net.init();
        initialize(net, seed);
        return net;
    }

    private static String level(GraphBuilder graph, String name, int width, String input) {
        graph.addLayer(name + "a", convolution(3, width, Activation.RELU), input);
        graph.addLayer(name + "b", convolution(3, width, Activation.RELU), name + "a");
        return name + "b";
    }

    private static String halve(GraphBuilder graph, String name, String input) {
        graph.addLayer(
                name,
                new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX)
                        .kernelSize(2, 2)
                        .stride(2, 2)
                        .build(),
                input);
        return name;
    }

    private static String join(GraphBuilder graph, String name, String deep, String skip) {
        graph.addLayer(name + "up", new Upsampling2D.Builder(2).build(), deep);
        graph.addVertex(name, new MergeVertex(), name + "up", skip);
        return name;
    }

    private static ConvolutionLayer convolution(int kernel, int width, Activation activation) {
        return new ConvolutionLayer.Builder(kernel, kernel)
                .nOut(width)
                .activation(activation)
                .build();
    }

    /**
     * Weights and biases uniform in ±1/sqrt(fan-in), PyTorch's default for convolutions: the
     * figures that others report for these losses start from it, and DL4J's initializers leave the
     * biases 0.
     */
    private static void initialize(ComputationGraph net, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (org.deeplearning4j.nn.api.Layer layer : net.getLayers()) {
            if (layer.numParams() > 0) {
                INDArray weights = layer.getParam("W");
                double bound = 1 / Math.sqrt(weights.length() / (double) weights.size(0));
                fill(weights, random, bound);
                fill(layer.getParam("b"), random, bound);
            }
        }
    }

    private static void fill(INDArray target, SplittableRandom random, double bound) {
        float[] values = new float[(int) target.length()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(-bound, bound);
        }
        target.assign(Nd4j.create(values, target.shape(), 'c'));
    }
}
