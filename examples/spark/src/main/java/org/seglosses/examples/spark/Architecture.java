package org.seglosses.examples.spark;

import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.seglosses.dl4j.layer.SegmentationLossLayer;
import org.seglosses.examples.earth.EarthTiles;
import org.seglosses.examples.earth.UNet;

/** The two kinds of network that DL4J trains on Spark. */
enum Architecture {
    /** The earth example's network, a graph. */
    UNET("U-Net") {
        @Override
        NeuralNetwork create(ILossFunction loss, IUpdater updater) {
            return UNet.create(
                    EarthTiles.CHANNELS, EarthTiles.CLASSES, lossLayer(loss), updater, SEED);
        }
    },

    /** Layers one after the other: convolutions, the middle ones on half the resolution. */
    SEQUENTIAL("sequential") {
        @Override
        NeuralNetwork create(ILossFunction loss, IUpdater updater) {
            MultiLayerNetwork net =
                    new MultiLayerNetwork(
                            new NeuralNetConfiguration.Builder()
                                    .seed(SEED)
                                    .updater(updater)
                                    .convolutionMode(ConvolutionMode.Same)
                                    .weightInit(WeightInit.RELU)
                                    .list()
                                    .layer(convolution(3, 16, Activation.RELU))
                                    .layer(new SubsamplingLayer.Builder().stride(2, 2).build())
                                    .layer(convolution(3, 32, Activation.RELU))
                                    .layer(convolution(3, 32, Activation.RELU))
                                    .layer(new Upsampling2D.Builder(2).build())
                                    .layer(convolution(3, 16, Activation.RELU))
                                    .layer(convolution(1, EarthTiles.CLASSES, Activation.IDENTITY))
                                    .layer(lossLayer(loss))
                                    .setInputType(
                                            InputType.convolutional(
                                                    EarthTiles.SIZE,
                                                    EarthTiles.SIZE,
                                                    EarthTiles.CHANNELS))
                                    .build());
            net.init();
            return net;
        }
    };

    private static final long SEED = 1;

    private final String title;

    Architecture(String title) {
        this.title = title;
    }

    String title() {
        return title;
    }

    /** A new network with the same weights at each call. */
    abstract NeuralNetwork create(ILossFunction loss, IUpdater updater);

    private static SegmentationLossLayer lossLayer(ILossFunction loss) {
        return new SegmentationLossLayer.Builder(loss).activation(Activation.SOFTMAX).build();
    }

    private static ConvolutionLayer convolution(int kernel, int width, Activation activation) {
        return new ConvolutionLayer.Builder(kernel, kernel)
                .nOut(width)
                .activation(activation)
                .build();
    }
}
