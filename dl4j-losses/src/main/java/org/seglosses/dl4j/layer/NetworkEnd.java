package org.seglosses.dl4j.layer;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution3D;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.seglosses.dl4j.SegmentationLossFunction;

import java.util.List;

/**
 * How a network ends.
 *
 * @param replaces whether its last layer gives way to the new output, or goes on before it
 * @param activation what the network puts out: softmax, sigmoid, or identity
 * @param format of the images
 */
record NetworkEnd(boolean replaces, IActivation activation, CNN2DFormat format) {

    /**
     * A layer on the way back from the output.
     *
     * @param name for messages
     * @param layer the configuration, or null for a vertex without one
     * @param readers how many layers and outputs read it
     */
    record Place(String name, Layer layer, long readers) {

        Place {
            layer = unfrozen(layer);
        }

        private boolean isConvolution() {
            return layer instanceof ConvolutionLayer
                    && !(layer instanceof Convolution1DLayer
                            || layer instanceof Convolution3D
                            || layer instanceof Deconvolution3D);
        }

        private boolean isLoss() {
            return layer instanceof CnnLossLayer || layer instanceof SegmentationLossLayer;
        }

        private IActivation activation() {
            return layer instanceof ActivationLayer one
                    ? one.getActivationFn()
                    : ((BaseLayer) layer).getActivationFn();
        }

        private Place require(boolean holds, String rule) {
            if (!holds) {
                throw new IllegalArgumentException(
                        rule
                                + ", got "
                                + (layer == null ? "a vertex" : layer.getClass().getSimpleName())
                                + " \""
                                + name
                                + "\"");
            }
            return this;
        }

        /** Takes the activation away from the layer. */
        private IActivation strip() {
            IActivation activation = known();
            if (layer instanceof ActivationLayer one) {
                one.setActivationFn(new ActivationIdentity());
            } else {
                ((BaseLayer) layer).setActivationFn(new ActivationIdentity());
            }
            return activation;
        }

        private IActivation known() {
            IActivation activation = activation();
            require(
                    activation instanceof ActivationSoftmax
                            || activation instanceof ActivationSigmoid
                            || activation instanceof ActivationIdentity,
                    "the network's last activation must be softmax, sigmoid or identity, is "
                            + activation);
            return activation;
        }
    }

    /**
     * Finds the end, and takes the activation away where it stands.
     *
     * @param places the layers from the output back; their configurations are changed
     */
    static NetworkEnd of(List<Place> places) {
        CNN2DFormat format =
                places.stream()
                        .filter(Place::isConvolution)
                        .map(place -> ((ConvolutionLayer) place.layer()).getCnn2dDataFormat())
                        .findFirst()
                        .orElseThrow(
                                () ->
                                        new IllegalArgumentException(
                                                "the network must have a 2D convolution on the way to its output"));
        Place last = places.get(0);
        last.require(
                last.isLoss() || last.layer() instanceof ActivationLayer || last.isConvolution(),
                "the network must end in a CnnLossLayer, SegmentationLossLayer, ActivationLayer or 2D"
                        + " convolution");
        boolean replaces = !last.isConvolution();
        // behind an identity another activation may hide, as in imports from Keras
        int i = 0;
        while (places.get(i).activation() instanceof ActivationIdentity
                && !places.get(i).isConvolution()) {
            i++;
            places.get(i)
                    .require(
                            places.get(i).layer() instanceof ActivationLayer
                                    || places.get(i).isConvolution(),
                            "what an output without activation reads must be an ActivationLayer or 2D"
                                    + " convolution");
        }
        for (Place place : places.subList(0, i + 1)) {
            place.require(
                    place.readers() == 1,
                    "from the network's last activation on, each layer must have one reader (the"
                            + " output counts as one)");
        }
        Place active = places.get(i);
        boolean stays = i > 0 || !replaces;
        return new NetworkEnd(replaces, stays ? active.strip() : active.known(), format);
    }

    /**
     * Whether what stands at the first place is of rank 4: a 2D convolution comes before anything
     * that may change the rank.
     *
     * @param places the layers back from there
     */
    static boolean isOfImages(List<Place> places) {
        for (Place place : places) {
            if (place.isConvolution()) {
                return true;
            }
            Layer layer = place.layer();
            boolean keepsRank =
                    layer instanceof BatchNormalization
                            || !(layer instanceof FeedForwardLayer
                                    || layer instanceof GlobalPoolingLayer);
            if (!keepsRank) {
                return false;
            }
        }
        return false;
    }

    /** The layer that a frozen layer wraps, or the layer itself. */
    static Layer unfrozen(Layer layer) {
        if (layer instanceof FrozenLayer frozen) {
            return frozen.getLayer();
        }
        return layer instanceof FrozenLayerWithBackprop frozen ? frozen.getUnderlying() : layer;
    }

    SegmentationLossLayer output(String name, SegmentationLossFunction<?> loss) {
        return new SegmentationLossLayer.Builder(loss)
                .name(name)
                .activation(activation)
                .format(format)
                .build();
    }
}
