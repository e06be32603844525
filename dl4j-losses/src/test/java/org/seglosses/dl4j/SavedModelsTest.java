package org.seglosses.dl4j;

import static org.assertj.core.api.Assertions.assertThat;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.DoubleStream;

/**
 * Trained networks with each loss in each mode, saved to DL4J's zip files: what a JVM that has
 * never seen them computes from them, and where a step of training takes them there. One JVM for
 * all; its {@link #main} is in this class.
 */
@Tag("smoke")
class SavedModelsTest {

    private static final long SECONDS = 600;

    private record Saved(Path layers, Path graph, Path data) {

        static Saved of(Path folder, int index) {
            return new Saved(
                    folder.resolve(index + ".layers"),
                    folder.resolve(index + ".graph"),
                    folder.resolve(index + ".data"));
        }
    }

    @Test
    void aFreshJvmGoesOnWithTheSameBits(@TempDir Path folder) throws Exception {
        List<Losses.InMode> losses = Losses.inAllModes();
        Map<Integer, Map<String, INDArray>> expected = new LinkedHashMap<>();
        for (int i = 0; i < losses.size(); i++) {
            Saved files = Saved.of(folder, i);
            Losses.InMode loss = losses.get(i);
            Networks networks =
                    Networks.of(loss.function(), loss.mode())
                            .type(DataType.FLOAT)
                            .updater(new Adam(0.01));
            Sample sample = Sample.of(loss.mode(), DataType.FLOAT, 100).withVoid();
            DataSet data = networks.data(sample, false, true);
            data.save(files.data.toFile());
            MultiLayerNetwork layers = networks.layers();
            layers.fit(data);
            ModelSerializer.writeModel(layers, files.layers.toFile(), true);
            ComputationGraph graph = networks.graph();
            graph.fit(data);
            ModelSerializer.writeModel(graph, files.graph.toFile(), true);
            expected.put(i, results(layers, graph, data));
        }
        runInAFreshJvm(folder, losses.size());
        for (int i = 0; i < losses.size(); i++) {
            for (Map.Entry<String, INDArray> result : expected.get(i).entrySet()) {
                INDArray fresh = Nd4j.readBinary(file(folder, i, result.getKey()));
                assertThat(bits(fresh))
                        .as("%s of %s", result.getKey(), losses.get(i))
                        .isEqualTo(bits(result.getValue()));
            }
        }
    }

    /** Output, score, and the parameters after one more step. */
    private static Map<String, INDArray> results(
            MultiLayerNetwork layers, ComputationGraph graph, DataSet data) {
        Map<String, INDArray> results = new LinkedHashMap<>();
        results.put("layers output", layers.output(data.getFeatures()));
        results.put("layers score", Nd4j.scalar(layers.score(data)));
        results.put("graph output", graph.outputSingle(data.getFeatures()));
        results.put("graph score", Nd4j.scalar(graph.score(data)));
        layers.fit(data);
        graph.fit(data);
        results.put("layers parameters", layers.params().dup());
        results.put("graph parameters", graph.params().dup());
        return results;
    }

    private static File file(Path folder, int index, String result) {
        return folder.resolve(index + " " + result).toFile();
    }

    private static List<Long> bits(INDArray array) {
        return DoubleStream.of(array.castTo(DataType.DOUBLE).dup('c').data().asDouble())
                .mapToObj(Double::doubleToRawLongBits)
                .toList();
    }

    private static void runInAFreshJvm(Path folder, int count)
            throws IOException, InterruptedException {
        File log = folder.resolve("log").toFile();
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx1g",
                                "-cp",
                                System.getProperty("java.class.path"),
                                SavedModelsTest.class.getName(),
                                folder.toString(),
                                String.valueOf(count))
                        .redirectErrorStream(true)
                        .redirectOutput(log)
                        .start();
        if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
        assertThat(process.exitValue()).as(Files.readString(log.toPath())).isZero();
    }

    /**
     * Runs in the fresh JVM.
     *
     * @param arguments the folder, and how many losses were saved to it
     */
    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        for (int i = 0; i < Integer.parseInt(arguments[1]); i++) {
            Saved files = Saved.of(folder, i);
            DataSet data = new DataSet();
            data.load(files.data.toFile());
            Map<String, INDArray> results =
                    results(
                            ModelSerializer.restoreMultiLayerNetwork(files.layers.toFile()),
                            ModelSerializer.restoreComputationGraph(files.graph.toFile()),
                            data);
            for (Map.Entry<String, INDArray> result : results.entrySet()) {
                Nd4j.saveBinary(result.getValue(), file(folder, i, result.getKey()));
            }
        }
    }
}
