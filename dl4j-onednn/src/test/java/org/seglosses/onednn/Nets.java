package org.seglosses.onednn;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.layers.LayerHelper;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Small networks with every kind of layer that has a oneDNN helper, and data for them. */
final class Nets {

    private static final int CHANNELS = 3;
    private static final int CLASSES = 4;

    private Nets() {}

    /** A U-Net-like network: a label for each pixel. DL4J's pixel loss knows NCHW only. */
    static ComputationGraph unet(DataType type, IUpdater updater) {
        GraphBuilder graph = trunk(type, updater, CNN2DFormat.NCHW);
        graph.addLayer("loss", pixelLoss(), "logits");
        return built(graph.setOutputs("loss"));
    }

    /** The same trunk with a label for each image, in either layout. */
    static ComputationGraph classifier(DataType type, IUpdater updater, CNN2DFormat format) {
        GraphBuilder graph = trunk(type, updater, format);
        graph.addLayer("pool", new GlobalPoolingLayer.Builder(PoolingType.AVG).build(), "logits")
                .addLayer(
                        "out",
                        new OutputLayer.Builder(LossFunction.MCXENT)
                                .nOut(CLASSES)
                                .activation(Activation.SOFTMAX)
                                .build(),
                        "pool");
        return built(graph.setOutputs("out"));
    }

    /** Few parameters: the gradient check runs the network twice for each of them. */
    static ComputationGraph tiny(DataType type, IUpdater updater) {
        GraphBuilder graph = start(type, updater, CNN2DFormat.NCHW);
        graph.addLayer("down", convolution(1, 2), "in")
                .addLayer("downNorm", new BatchNormalization.Builder().build(), "down")
                .addLayer("maxPool", pooling(SubsamplingLayer.PoolingType.MAX), "downNorm")
                .addLayer("up", new Upsampling2D.Builder(2).build(), "maxPool")
                .addLayer("logits", convolution(1, CLASSES), "up")
                .addLayer("loss", pixelLoss(), "logits");
        return built(graph.setOutputs("loss"));
    }

    /** oneDNN refuses a dilated convolution in this mode. */
    static ComputationGraph dilated(IUpdater updater) {
        GraphBuilder graph =
                start(DataType.FLOAT, updater, CNN2DFormat.NCHW)
                        .addLayer(
                                "dilated",
                                new ConvolutionLayer.Builder(3, 3)
                                        .dilation(2, 2)
                                        .nOut(CLASSES)
                                        .build(),
                                "in");
        graph.addLayer("loss", pixelLoss(), "dilated");
        return built(graph.setOutputs("loss"));
    }

    static List<LayerHelper> helpers(ComputationGraph net, String... layers) {
        List<LayerHelper> helpers = new ArrayList<>();
        for (String layer : layers) {
            helpers.add(net.getLayer(layer).getHelper());
        }
        return helpers;
    }

    static DataSet pixels(Random random, DataType type, int batch, int height, int width) {
        INDArray labels = Nd4j.zeros(type, batch, CLASSES, height, width);
        for (int n = 0; n < batch; n++) {
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    labels.putScalar(new int[] {n, random.nextInt(CLASSES), y, x}, 1);
                }
            }
        }
        return new DataSet(images(random, type, batch, CHANNELS, height, width), labels);
    }

    static DataSet classes(Random random, DataType type, CNN2DFormat format, int batch) {
        INDArray labels = Nd4j.zeros(type, batch, CLASSES);
        for (int n = 0; n < batch; n++) {
            labels.putScalar(n, random.nextInt(CLASSES), 1);
        }
        INDArray images =
                format == CNN2DFormat.NCHW
                        ? images(random, type, batch, CHANNELS, 16, 16)
                        : images(random, type, batch, 16, 16, CHANNELS);
        return new DataSet(images, labels);
    }

    static INDArray images(Random random, DataType type, long... shape) {
        INDArray images = Nd4j.create(type, shape);
        for (long i = 0; i < images.length(); i++) {
            images.putScalar(i, random.nextGaussian());
        }
        return images;
    }

    private static GraphBuilder trunk(DataType type, IUpdater updater, CNN2DFormat format) {
        return start(type, updater, format)
                .addLayer("down", convolution(1, 6), "in")
                .addLayer("downNorm", new BatchNormalization.Builder().build(), "down")
                .addLayer("maxPool", pooling(SubsamplingLayer.PoolingType.MAX), "downNorm")
                .addLayer("strided", convolution(2, 6), "maxPool")
                .addLayer("avgPool", pooling(SubsamplingLayer.PoolingType.AVG), "strided")
                .addLayer("bottom", convolution(1, 8), "avgPool")
                .addLayer("bottomNorm", new BatchNormalization.Builder().build(), "bottom")
                .addLayer(
                        "up", new Upsampling2D.Builder(8).dataFormat(format).build(), "bottomNorm")
                .addVertex("skip", new MergeVertex(), "up", "downNorm")
                .addLayer("fuse", convolution(1, 6), "skip")
                .addLayer(
                        "logits",
                        new ConvolutionLayer.Builder(1, 1)
                                .nOut(CLASSES)
                                .activation(Activation.IDENTITY)
                                .build(),
                        "fuse");
    }

    private static GraphBuilder start(DataType type, IUpdater updater, CNN2DFormat format) {
        return new NeuralNetConfiguration.Builder()
                .seed(7)
                .dataType(type)
                .updater(updater)
                .weightInit(WeightInit.XAVIER)
                // Smooth: a gradient check must not step over a kink.
                .activation(Activation.TANH)
                .convolutionMode(ConvolutionMode.Same)
                .graphBuilder()
                .addInputs("in")
                .setInputTypes(InputType.convolutional(16, 16, CHANNELS, format));
    }

    private static CnnLossLayer pixelLoss() {
        return new CnnLossLayer.Builder(LossFunction.MCXENT).activation(Activation.SOFTMAX).build();
    }

    private static ConvolutionLayer convolution(int stride, int channels) {
        return new ConvolutionLayer.Builder(3, 3).stride(stride, stride).nOut(channels).build();
    }

    private static SubsamplingLayer pooling(SubsamplingLayer.PoolingType type) {
        return new SubsamplingLayer.Builder(type).kernelSize(2, 2).stride(2, 2).build();
    }

    private static ComputationGraph built(GraphBuilder graph) {
        ComputationGraph net = new ComputationGraph(graph.build());
        net.init();
        return net;
    }
}
