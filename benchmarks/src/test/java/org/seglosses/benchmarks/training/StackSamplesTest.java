package org.seglosses.benchmarks.training;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.seglosses.benchmarks.training.StackSamples.Part;

class StackSamplesTest {

    private static final String LAYERS = "org.deeplearning4j.nn.layers.convolution.";

    private static final StackTraceElement NATIVE = frame("org.nd4j.nativeblas.Nd4jCpu", "exec");
    private static final StackTraceElement PRE_OUTPUT =
            frame(LAYERS + "ConvolutionLayer", "preOutput");
    private static final StackTraceElement BACKWARD =
            frame(LAYERS + "ConvolutionLayer", "backpropGradient");
    private static final StackTraceElement FIT =
            frame("org.deeplearning4j.nn.graph.ComputationGraph", "fit");

    @Test
    void convolutionsAreToldApartByWhoAsks() {
        assertThat(Part.of(NATIVE, PRE_OUTPUT, FIT)).isEqualTo(Part.CONVOLUTION_FORWARD);
        assertThat(Part.of(NATIVE, BACKWARD, FIT)).isEqualTo(Part.CONVOLUTION_BACKWARD);
        assertThat(Part.of(NATIVE, PRE_OUTPUT, BACKWARD, FIT)).isEqualTo(Part.CONVOLUTION_AGAIN);
    }

    @Test
    void theInnermostFrameThatBelongsToAPartDecides() {
        StackTraceElement relu =
                frame("org.nd4j.linalg.activations.impl.ActivationReLU", "backprop");
        StackTraceElement loss = frame("org.seglosses.dl4j.LossProgram", "run");
        assertThat(Part.of(NATIVE, relu, BACKWARD, FIT)).isEqualTo(Part.ACTIVATION);
        assertThat(Part.of(NATIVE, loss, FIT)).isEqualTo(Part.LOSS);
        assertThat(Part.of(NATIVE, FIT)).isEqualTo(Part.REST);
        assertThat(Part.of()).isEqualTo(Part.REST);
    }

    private static StackTraceElement frame(String type, String method) {
        return new StackTraceElement(type, method, null, -1);
    }
}
