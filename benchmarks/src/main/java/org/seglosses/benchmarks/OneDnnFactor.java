package org.seglosses.benchmarks;

import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.seglosses.onednn.OneDnn;
import org.seglosses.onednn.OneDnnReport;
import org.seglosses.samediff.Backend;

import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;

/**
 * How much faster a small U-Net trains with {@link OneDnn}: the same network on the same tiles,
 * once without and once with it.
 *
 * <pre>
 * mvn -B -ntp -q -pl benchmarks -am compile exec:java \
 *     -Dexec.mainClass=org.seglosses.benchmarks.OneDnnFactor
 * </pre>
 */
public final class OneDnnFactor {

    private static final int[] WIDTHS = {16, 32, 48};
    private static final int SIZE = 80;
    private static final int BATCH = 8;
    private static final int CHANNELS = 3;
    private static final int CLASSES = 5;

    private static final int STEPS = 10;

    private OneDnnFactor() {}

    /**
     * Prints the time of a training step without and with oneDNN, and their ratio.
     *
     * @param arguments none
     */
    public static void main(String[] arguments) {
        PrintStream out = System.out;
        if (arguments.length > 0) {
            System.err.println("one-dnn-factor takes no arguments, got " + List.of(arguments));
            System.exit(2);
        }
        Optional<String> problem = Backend.problem();
        if (problem.isPresent()) {
            System.err.println("one-dnn-factor: " + problem.get());
            System.exit(1);
        }
        OneDnnReport report = OneDnn.enable();
        if (!report.active()) {
            out.println(report);
            return;
        }
        DataSet tiles = tiles(new Random(1));
        out.printf(
                "U-Net %s, %d tiles of %d x %d a step, %d processors, best of %d steps%n",
                Arrays.toString(WIDTHS),
                BATCH,
                SIZE,
                SIZE,
                Runtime.getRuntime().availableProcessors(),
                STEPS);
        OneDnn.disable();
        Trainee without = new Trainee(unet());
        OneDnn.enable();
        Trainee with = new Trainee(unet());
        // In turns, so that whatever else the machine does slows both down.
        for (int step = 0; step < STEPS; step++) {
            without.step(tiles);
            with.step(tiles);
        }
        out.println("without oneDNN  " + without);
        out.println("with oneDNN     " + with);
        out.printf(
                Locale.ROOT,
                "factor          %.1f; the scores differ by %.0e of their size%n",
                without.milliseconds / with.milliseconds,
                Math.abs(with.net.score() - without.net.score()) / without.net.score());
    }

    /** A network, and the shortest time that a step of it took. */
    private static final class Trainee {

        private final ComputationGraph net;
        private double milliseconds = Double.POSITIVE_INFINITY;

        Trainee(ComputationGraph net) {
            this.net = net;
        }

        void step(DataSet tiles) {
            long start = System.nanoTime();
            net.fit(tiles);
            milliseconds = Math.min(milliseconds, (System.nanoTime() - start) / 1e6);
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%8.1f ms   score %.4f", milliseconds, net.score());
        }
    }

    private static ComputationGraph unet() {
        GraphBuilder graph =
                new NeuralNetConfiguration.Builder()
                        .seed(1)
                        .dataType(DataType.FLOAT)
                        // Small: the network is to stay comparable, not to learn noise.
                        .updater(new Sgd(1e-6))
                        .weightInit(WeightInit.RELU)
                        .activation(Activation.RELU)
                        .convolutionMode(ConvolutionMode.Same)
                        .graphBuilder()
                        .addInputs("tile")
                        .setInputTypes(InputType.convolutional(SIZE, SIZE, CHANNELS));
        String top = level(graph, "down1", WIDTHS[0], "tile");
        String middle = level(graph, "down2", WIDTHS[1], halve(graph, "pool1", top));
        String bottom = level(graph, "down3", WIDTHS[2], halve(graph, "pool2", middle));
        String up = level(graph, "up2", WIDTHS[1], join(graph, "join2", bottom, middle));
        up = level(graph, "up1", WIDTHS[0], join(graph, "join1", up, top));
        ConvolutionLayer logits =
                new ConvolutionLayer.Builder(1, 1)
                        .nOut(CLASSES)
                        .activation(Activation.IDENTITY)
                        .build();
        CnnLossLayer loss =
                new CnnLossLayer.Builder(LossFunction.MCXENT)
                        .activation(Activation.SOFTMAX)
                        .build();
        graph.addLayer("logits", logits, up).addLayer("loss", loss, "logits").setOutputs("loss");
        ComputationGraph net = new ComputationGraph(graph.build());
        net.init();
        return net;
    }

    private static String level(GraphBuilder graph, String name, int width, String input) {
        graph.addLayer(name + "a", convolution(width), input);
        graph.addLayer(name + "b", convolution(width), name + "a");
        return name + "b";
    }

    private static ConvolutionLayer convolution(int width) {
        return new ConvolutionLayer.Builder(3, 3).nOut(width).build();
    }

    private static String halve(GraphBuilder graph, String name, String input) {
        SubsamplingLayer pool =
                new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX)
                        .kernelSize(2, 2)
                        .stride(2, 2)
                        .build();
        graph.addLayer(name, pool, input);
        return name;
    }

    private static String join(GraphBuilder graph, String name, String deep, String skip) {
        graph.addLayer(name + "up", new Upsampling2D.Builder(2).build(), deep);
        graph.addVertex(name, new MergeVertex(), name + "up", skip);
        return name;
    }

    private static DataSet tiles(Random random) {
        float[] pixels = new float[BATCH * CHANNELS * SIZE * SIZE];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) random.nextGaussian();
        }
        int plane = SIZE * SIZE;
        float[] oneHot = new float[BATCH * CLASSES * plane];
        for (int n = 0; n < BATCH; n++) {
            for (int pixel = 0; pixel < plane; pixel++) {
                oneHot[(n * CLASSES + random.nextInt(CLASSES)) * plane + pixel] = 1;
            }
        }
        INDArray images = Nd4j.create(pixels, new long[] {BATCH, CHANNELS, SIZE, SIZE}, 'c');
        INDArray labels = Nd4j.create(oneHot, new long[] {BATCH, CLASSES, SIZE, SIZE}, 'c');
        return new DataSet(images, labels);
    }
}
