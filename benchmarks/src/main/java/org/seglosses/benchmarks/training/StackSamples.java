package org.seglosses.benchmarks.training;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;

/**
 * Where a thread spends its time, by looking at its stack again and again from another one: DL4J
 * has no clock around its parts.
 */
final class StackSamples implements AutoCloseable {

    private static final int INTERVAL_MILLISECONDS = 1;

    /** A part of DL4J's training step: that of the innermost frame that belongs to one. */
    enum Part {
        CONVOLUTION_FORWARD("convolutions, forward"),
        /** DL4J's layer asks for its activation's input, which it has not kept. */
        CONVOLUTION_AGAIN("convolutions, forward once more, within the backward pass"),
        CONVOLUTION_BACKWARD("convolutions, backward"),
        ACTIVATION("ReLU, forward and backward"),
        POOLING("max pooling"),
        UPSAMPLING("upsampling"),
        MERGE("joining the skip connections"),
        LOSS("loss"),
        UPDATER("updater: Adam"),
        REST("the rest of DL4J");

        private static final String CONVOLUTION =
                "org.deeplearning4j.nn.layers.convolution.ConvolutionLayer";

        private static final Map<String, Part> PACKAGES =
                Map.of(
                        "org.nd4j.linalg.activations.", ACTIVATION,
                        "org.deeplearning4j.nn.layers.convolution.subsampling.", POOLING,
                        "org.deeplearning4j.nn.layers.convolution.upsampling.", UPSAMPLING,
                        "org.deeplearning4j.nn.graph.vertex.impl.MergeVertex", MERGE,
                        "org.seglosses.dl4j.", LOSS,
                        "org.deeplearning4j.nn.updater.", UPDATER);

        private final String title;

        Part(String title) {
            this.title = title;
        }

        String title() {
            return title;
        }

        /** The part that is at work in a stack, innermost frame first. */
        static Part of(StackTraceElement... stack) {
            for (int i = 0; i < stack.length; i++) {
                String name = stack[i].getClassName();
                if (name.equals(CONVOLUTION)) {
                    if (isBackward(stack[i])) {
                        return CONVOLUTION_BACKWARD;
                    }
                    return Arrays.stream(stack, i, stack.length).anyMatch(Part::isBackward)
                            ? CONVOLUTION_AGAIN
                            : CONVOLUTION_FORWARD;
                }
                for (Map.Entry<String, Part> one : PACKAGES.entrySet()) {
                    if (name.startsWith(one.getKey())) {
                        return one.getValue();
                    }
                }
            }
            return REST;
        }

        private static boolean isBackward(StackTraceElement frame) {
            return frame.getClassName().equals(CONVOLUTION)
                    && frame.getMethodName().equals("backpropGradient");
        }
    }

    private final Map<Part, Integer> counts = new EnumMap<>(Part.class);
    private final Thread sampler;
    private volatile boolean running = true;

    /** Watches the calling thread until closed. */
    StackSamples() {
        Arrays.stream(Part.values()).forEach(part -> counts.put(part, 0));
        Thread watched = Thread.currentThread();
        sampler = new Thread(() -> sample(watched), "stack samples");
        sampler.setDaemon(true);
        sampler.start();
    }

    private void sample(Thread watched) {
        while (running) {
            counts.merge(Part.of(watched.getStackTrace()), 1, Integer::sum);
            try {
                Thread.sleep(INTERVAL_MILLISECONDS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /** How much of the time each part took; all together 1. Call after {@link #close()}. */
    Map<Part, Double> shares() {
        double all = counts.values().stream().mapToInt(Integer::intValue).sum();
        Map<Part, Double> shares = new EnumMap<>(Part.class);
        counts.forEach((part, count) -> shares.put(part, count / all));
        return shares;
    }

    @Override
    public void close() {
        running = false;
        try {
            sampler.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
