package org.seglosses.samediff.loss;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A small convolutional network in plain SameDiff with a loss at its end, and data that it can
 * learn. Its {@link #main} is what a fresh JVM runs: it loads saved networks and trains them on.
 */
final class Trainee {

    private static final int SIDE = 12;

    private Trainee() {}

    /** Adds the losses under test to a graph; a scalar comes back. */
    interface End {
        SDVariable add(SameDiff sd, SDVariable labels, SDVariable logits);
    }

    /** The network; the batch size is unknown to it. */
    static SameDiff network(int channels, DataType type, End end) {
        SameDiff sd = SameDiff.create();
        SDVariable x = sd.placeHolder("x", type, -1, 1, SIDE, SIDE);
        SDVariable y = sd.placeHolder("y", type, -1, SIDE, SIDE);
        SDVariable w = sd.var("w", normal(1, 3, 3, 1, 6).castTo(type));
        SDVariable b = sd.var("b", Nd4j.zeros(type, 6));
        SDVariable v = sd.var("v", normal(2, 1, 1, 6, channels).castTo(type));
        Conv2DConfig same =
                Conv2DConfig.builder().kH(3).kW(3).paddingMode(PaddingMode.SAME).build();
        SDVariable hidden = sd.nn().relu(sd.cnn().conv2d(x, w, b, same), 0);
        Conv2DConfig one = Conv2DConfig.builder().kH(1).kW(1).build();
        SDVariable logits = sd.cnn().conv2d("logits", hidden, v, one);
        end.add(sd, y, logits).rename("loss").markAsLoss();
        sd.setTrainingConfig(
                TrainingConfig.builder()
                        .updater(new Adam(0.03))
                        .dataSetFeatureMapping("x")
                        .dataSetLabelMapping("y")
                        .build());
        return sd;
    }

    private static INDArray normal(long seed, long... shape) {
        return Nd4j.randn(0, 0.4, shape, Nd4j.getRandomFactory().getNewRandomInstance(seed));
    }

    /** Batches of different sizes: noisy images of bands, and which band a pixel is of. */
    static List<DataSet> batches(int classes, DataType type) {
        return List.of(batch(4, classes, type, 1), batch(3, classes, type, 2));
    }

    private static DataSet batch(int n, int classes, DataType type, long seed) {
        Random random = new Random(seed);
        double[] features = new double[n * SIDE * SIDE];
        double[] labels = new double[features.length];
        for (int i = 0; i < features.length; i++) {
            int band = (i / SIDE % SIDE + i / SIDE / SIDE) / 4 % classes;
            labels[i] = random.nextInt(20) == 0 ? 255 : band;
            features[i] = band - 0.5 + 0.2 * random.nextGaussian();
        }
        return new DataSet(
                Sample.array(type, features, n, 1, SIDE, SIDE),
                Sample.array(type, labels, n, SIDE, SIDE));
    }

    /** The mean loss over the batches. */
    static double loss(SameDiff sd, List<DataSet> batches) {
        double sum = 0;
        for (DataSet batch : batches) {
            sum += sd.outputSingle(inputs(batch), "loss").getDouble(0);
        }
        return sum / batches.size();
    }

    private static Map<String, INDArray> inputs(DataSet batch) {
        return Map.of("x", batch.getFeatures(), "y", batch.getLabels());
    }

    static void train(SameDiff sd, List<DataSet> batches, int epochs) {
        for (int i = 0; i < epochs; i++) {
            for (DataSet batch : batches) {
                sd.fit(batch);
            }
        }
    }

    /** All that two steps of training show: the losses before and after, and the weights. */
    static INDArray trace(SameDiff sd, List<DataSet> batches) {
        INDArray before = sd.outputSingle(inputs(batches.get(0)), "loss").dup().reshape(1);
        train(sd, batches, 1);
        INDArray after = sd.outputSingle(inputs(batches.get(0)), "loss").dup().reshape(1);
        return Nd4j.concat(
                0,
                before,
                after,
                sd.getVariable("w").getArr().ravel(),
                sd.getVariable("v").getArr().ravel());
    }

    static File network(Path directory, String name) {
        return directory.resolve(name + ".fb").toFile();
    }

    static File traceFile(Path directory, String name) {
        return directory.resolve(name + ".bin").toFile();
    }

    /** Loads, trains on and leaves the trace of each network: directory, then name=classes. */
    public static void main(String[] arguments) throws IOException {
        Path directory = Path.of(arguments[0]);
        for (int i = 1; i < arguments.length; i++) {
            String[] network = arguments[i].split("=");
            SameDiff sd = SameDiff.load(network(directory, network[0]), true);
            List<DataSet> batches = batches(Integer.parseInt(network[1]), DataType.FLOAT);
            Nd4j.saveBinary(trace(sd, batches), traceFile(directory, network[0]));
        }
    }
}
