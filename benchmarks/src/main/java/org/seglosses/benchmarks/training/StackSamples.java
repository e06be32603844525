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
        LOSS("loss") {
            @Override
            boolean owns(StackTraceElement frame) {
                return isIn(frame, "org.seglosses.dl4j.")
                        || isIn(frame, "org.deeplearning4j.nn.layers.convolution.CnnLossLayer");
            }
        },
        ACTIVATION("ReLU, forward and backward") {
            @Override
            boolean owns(StackTraceElement frame) {
                return isIn(frame, "org.nd4j.linalg.activations.");
            }
        },
        CONVOLUTION_BACKWARD("convolutions, backward") {
            @Override
            boolean owns(StackTraceElement frame) {
                return isIn(frame, CONVOLUTION) && isBackward(frame);
            }
        },
        CONVOLUTION_FORWARD("convolutions, forward") {
            @Override
            boolean owns(StackTraceElement frame) {
                return isIn(frame, CONVOLUTION) && !isBackward(frame);
            }
        },
        POOLING("max pooling") {
            @Override
            boolean owns(StackTraceElement frame) {
                return isIn(frame, "org.deeplearning4j.nn.layers.convolution.subsampling.");
            }
        },
        UPSAMPLING("upsampling") {
            @Override
            boolean owns(StackTraceElement frame) {
                return isIn(frame, "org.deeplearning4j.nn.layers.convolution.upsampling.");
            }
        },
        MERGE("joining the skip connections") {
            @Override
            boolean owns(StackTraceElement frame) {
                return isIn(frame, "org.deeplearning4j.nn.graph.vertex.impl.MergeVertex");
            }
        },
        UPDATER("updater: Adam") {
            @Override
            boolean owns(StackTraceElement frame) {
                return isIn(frame, "org.deeplearning4j.nn.updater.");
            }
        },
        REST("the rest of DL4J") {
            @Override
            boolean owns(StackTraceElement frame) {
                return true;
            }
        };

        private static final String CONVOLUTION =
                "org.deeplearning4j.nn.layers.convolution.ConvolutionLayer";

        private final String title;

        Part(String title) {
            this.title = title;
        }

        String title() {
            return title;
        }

        abstract boolean owns(StackTraceElement frame);

        private static boolean isIn(StackTraceElement frame, String prefix) {
            return frame.getClassName().startsWith(prefix);
        }

        private static boolean isBackward(StackTraceElement frame) {
            return frame.getMethodName().equals("backpropGradient");
        }

        /** The part that is at work in a stack, innermost frame first. */
        static Part of(StackTraceElement... stack) {
            for (StackTraceElement frame : stack) {
                for (Part part : values()) {
                    if (part != REST && part.owns(frame)) {
                        return part;
                    }
                }
            }
            return REST;
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
