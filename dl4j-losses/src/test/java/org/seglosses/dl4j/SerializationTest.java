package org.seglosses.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.shade.jackson.databind.ObjectMapper;
import org.seglosses.dl4j.layer.SegmentationLossLayer;
import org.seglosses.samediff.loss.Mode;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/**
 * All the ways in which DL4J and Spark send losses about: JSON, YAML, Java serialization, model
 * files; and what earlier versions have written.
 */
@Tag("smoke")
class SerializationTest {

    /** The version whose fixtures the configurations of today must equal. */
    private static final String VERSION = "0.1.0";

    /**
     * Names a directory to write the fixtures of {@link #VERSION} to, for a new version or loss.
     */
    private static final String WRITE = "org.seglosses.writeFixtures";

    @SuppressWarnings("unchecked")
    private static <T> T throughJava(T object) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(object);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try (ObjectInputStream in =
                new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            return (T) in.readObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A loss as it was and with the size of images. */
    private static List<SegmentationLossFunction<?>> variants(Losses loss) {
        return List.of(loss.function(), loss.function().imageSize(6, 7));
    }

    @ParameterizedTest
    @EnumSource
    void losses(Losses loss) throws Exception {
        for (SegmentationLossFunction<?> each : variants(loss)) {
            for (ObjectMapper mapper :
                    List.of(NeuralNetConfiguration.mapper(), NeuralNetConfiguration.mapperYaml())) {
                String text = mapper.writeValueAsString(each);
                ILossFunction back = mapper.readValue(text, ILossFunction.class);
                assertThat(back)
                        .isEqualTo(each)
                        .hasSameHashCodeAs(each)
                        .hasToString(each.toString());
                assertThat(mapper.writeValueAsString(back)).isEqualTo(text);
            }
            ILossFunction back = throughJava((ILossFunction) each);
            assertThat(back).isEqualTo(each).hasSameHashCodeAs(each).hasToString(each.toString());
        }
    }

    private static List<MultiLayerConfiguration> layers(Losses loss) {
        List<MultiLayerConfiguration> all = new ArrayList<>();
        for (SegmentationLossFunction<?> each : variants(loss)) {
            for (CNN2DFormat format : CNN2DFormat.values()) {
                all.add(Networks.of(each, loss.mode()).format(format).layersConfiguration());
            }
        }
        all.add(Networks.of(variants(loss).get(1), loss.mode()).flat().layersConfiguration());
        return all;
    }

    @ParameterizedTest
    @EnumSource
    void configurationsOfLayers(Losses loss) {
        for (MultiLayerConfiguration each : layers(loss)) {
            assertThat(MultiLayerConfiguration.fromJson(each.toJson())).isEqualTo(each);
            assertThat(MultiLayerConfiguration.fromYaml(each.toYaml())).isEqualTo(each);
            assertThat(throughJava(each)).isEqualTo(each);
            assertThat(each.clone()).isEqualTo(each);
        }
    }

    @ParameterizedTest
    @EnumSource
    void configurationsOfGraphs(Losses loss) {
        for (SegmentationLossFunction<?> each : variants(loss)) {
            ComputationGraphConfiguration graph =
                    Networks.of(each, loss.mode()).graphConfiguration();
            assertThat(ComputationGraphConfiguration.fromJson(graph.toJson())).isEqualTo(graph);
            assertThat(ComputationGraphConfiguration.fromYaml(graph.toYaml())).isEqualTo(graph);
            assertThat(throughJava(graph)).isEqualTo(graph);
            assertThat(graph.clone()).isEqualTo(graph);
        }
    }

    /** Equality must see each difference, else the tests above would see none. */
    @Test
    void equality() {
        Set<Object> losses = new HashSet<>();
        Set<Object> configurations = new HashSet<>();
        int count = 0;
        for (Losses loss : Losses.values()) {
            for (SegmentationLossFunction<?> each : variants(loss)) {
                losses.add(each);
                count++;
            }
            layers(loss).forEach(each -> configurations.add(each.toJson()));
        }
        assertThat(losses).hasSize(count);
        assertThat(configurations).hasSize(Losses.values().length * 5);
        SegmentationLossLayer one = layer(LossBoundary.builder().build(), CNN2DFormat.NCHW);
        assertThat(one)
                .isEqualTo(layer(LossBoundary.builder().build(), CNN2DFormat.NCHW))
                .hasSameHashCodeAs(layer(LossBoundary.builder().build(), CNN2DFormat.NCHW))
                .isNotEqualTo(layer(LossBoundary.builder().theta(7).build(), CNN2DFormat.NCHW))
                .isNotEqualTo(layer(LossBoundary.builder().build(), CNN2DFormat.NHWC))
                .isNotEqualTo(null);
        assertThat(LossBoundary.builder().build())
                .isEqualTo(LossBoundary.builder().build())
                .isNotEqualTo(LossBoundary.gdl().build())
                .isNotEqualTo(LossCrossEntropy.builder().build())
                .isNotEqualTo(null);
    }

    private static SegmentationLossLayer layer(ILossFunction loss, CNN2DFormat format) {
        return new SegmentationLossLayer.Builder(loss).format(format).name("out").build();
    }

    @Test
    void toStringShowsTheParameters() {
        assertThat(LossBoundary.builder().theta(7).ignoreIndex(9).build().imageSize(3, 4))
                .asString()
                .startsWith("LossBoundary(")
                .contains("theta0=3", "theta=7", "absentClass=PENALIZE", "ignoreIndex=9")
                .endsWith("imageSize=3x4)");
        assertThat(Losses.OHEM_MIN_KEPT.function())
                .asString()
                .contains("thresh=0.1", "minKept=25", "classWeights=[0.5, 1.0, 2.0]");
        assertThat(Losses.COMBINED.function())
                .asString()
                .contains("weight=0.7", "OhemCrossEntropy[thresh=0.3");
        assertThat(Losses.LOVASZ_SOFTMAX_BATCH.function())
                .asString()
                .contains("perImage=false", "absentClass=PENALIZE");
    }

    @ParameterizedTest
    @EnumSource
    void models(Losses loss, @TempDir Path directory) throws IOException {
        Networks networks =
                Networks.of(loss.function(), loss.mode())
                        .type(DataType.FLOAT)
                        .updater(new Adam(0.01));
        Sample sample = Sample.of(loss.mode(), DataType.FLOAT, 100).withVoid();
        DataSet data = networks.data(sample, false, true);
        Path file = directory.resolve("model.zip");

        MultiLayerNetwork layers = networks.layers();
        layers.fit(data);
        ModelSerializer.writeModel(layers, file.toFile(), true);
        MultiLayerNetwork again = ModelSerializer.restoreMultiLayerNetwork(file.toFile());
        assertThat(again.output(data.getFeatures())).isEqualTo(layers.output(data.getFeatures()));
        assertThat(again.score(data)).isEqualTo(layers.score(data));
        assertThat(again.scoreExamples(data, true)).isEqualTo(layers.scoreExamples(data, true));
        layers.fit(data);
        again.fit(data);
        assertThat(again.params()).isEqualTo(layers.params());

        ComputationGraph graph = networks.graph();
        graph.fit(data);
        ModelSerializer.writeModel(graph, file.toFile(), true);
        ComputationGraph restored = ModelSerializer.restoreComputationGraph(file.toFile());
        assertThat(restored.outputSingle(data.getFeatures()))
                .isEqualTo(graph.outputSingle(data.getFeatures()));
        assertThat(restored.score(data)).isEqualTo(graph.score(data));
        graph.fit(data);
        restored.fit(data);
        assertThat(restored.params()).isEqualTo(graph.params());
        assertThat(throughJava(layers).score(data)).isEqualTo(layers.score(data));
        assertThat(graph.clone().score(data)).isEqualTo(graph.score(data));
        assertThat(layers.clone().score(data)).isEqualTo(layers.score(data));
    }

    /** DL4J wraps what Jackson wraps; the reason is ours, and the end of the chain. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "BOUNDARY | \"theta\" : 5 | \"theta\" : 4 | theta must be odd",
                "BOUNDARY | \"absentClass\" : \"PENALIZE\" | \"absentClass\" : null | absentClass",
                "CROSS_ENTROPY_SMOOTH | \"smoothing\" : 0.1 | \"smoothing\" : 1.1 | smoothing",
                "CROSS_ENTROPY_SMOOTH | [ 0.5, 1.0, 2.0 ] | [ 0.5, -1.0, 2.0 ] | classWeights",
                "OHEM_MIN_KEPT | \"minKept\" : 25 | \"minKept\" : -25 | minKept",
                "COMBINED | \"weight\" : 0.7 | \"weight\" : -0.7 | weight must be",
                "DICE_LOG | \"smooth\" : 1.0 | \"smooth\" : -1.0 | smooth must be",
                "TVERSKY_FOCAL | \"gamma\" : 1.5 | \"gamma\" : 0.0 | gamma must be between 1e-10 and 10",
                "FOCAL_REDUCED | \"alpha\" : 0.25 | \"alpha\" : 1.25 | alpha must be in [0,1]",
                "FOCAL_AGGREGATE | \"normalized\" : false | \"normalized\" : true | normalized",
                "GENERALIZED_DICE | \"weighting\" : \"SQUARE\" | \"weighting\" : null | weighting",
                "BCE_DICE | \"posWeight\" : [ ] | \"posWeight\" : [ -1.0 ] | posWeight",
                "LOVASZ_HINGE | \"height\" : 6 | \"height\" : 0 | imageSize"
            })
    void badValues(Losses loss, String good, String bad, String message) {
        String json =
                Networks.of(loss.function().imageSize(6, 7), loss.mode())
                        .layersConfiguration()
                        .toJson();
        String changed = json.replace(good, bad);
        assertThat(changed).isNotEqualTo(json);
        assertThatThrownBy(() -> MultiLayerConfiguration.fromJson(changed))
                .rootCause()
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    /** A loss of DL4J's own in the place of ours would be silently wrong. */
    @Test
    void aForeignLossIsRefused() {
        String json =
                Networks.of(LossLovaszHinge.builder().build(), Mode.BINARY)
                        .layersConfiguration()
                        .toJson();
        String changed =
                json.replace(
                        "org.seglosses.dl4j.LossLovaszHinge",
                        "org.nd4j.linalg.lossfunctions.impl.LossHinge");
        assertThat(changed).isNotEqualTo(json);
        assertThatThrownBy(() -> MultiLayerConfiguration.fromJson(changed))
                .rootCause()
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("lossFn")
                .hasMessageContaining("LossHinge");
    }

    private static Networks networks(Losses loss) {
        return Networks.of(loss.function().imageSize(6, 7), loss.mode()).format(CNN2DFormat.NHWC);
    }

    private static String fileName(Losses loss, String kind) {
        return loss.name().toLowerCase(Locale.ROOT).replace('_', '-') + "." + kind + ".json";
    }

    /** What all versions have written can be read, and is written again as the same. */
    @TestFactory
    Stream<DynamicTest> allVersions() throws Exception {
        List<Path> files;
        try (Stream<Path> found = Files.walk(root())) {
            files = found.filter(file -> file.toString().endsWith(".json")).sorted().toList();
        }
        assertThat(files).isNotEmpty();
        return files.stream()
                .map(
                        file ->
                                DynamicTest.dynamicTest(
                                        root().relativize(file).toString(),
                                        () -> assertReads(file)));
    }

    private static Path root() {
        try {
            return Path.of(SerializationTest.class.getResource("/serialized").toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void assertReads(Path file) throws IOException {
        String text = Files.readString(file);
        if (file.toString().endsWith(".graph.json")) {
            ComputationGraphConfiguration read = ComputationGraphConfiguration.fromJson(text);
            assertThat(ComputationGraphConfiguration.fromJson(read.toJson())).isEqualTo(read);
            new ComputationGraph(read).init();
        } else {
            MultiLayerConfiguration read = MultiLayerConfiguration.fromJson(text);
            assertThat(MultiLayerConfiguration.fromJson(read.toJson())).isEqualTo(read);
            new MultiLayerNetwork(read).init();
        }
    }

    /**
     * The present version's fixtures mean today's configurations: a change that breaks this breaks
     * users' files, and asks for a fixture of a new version beside the old ones.
     */
    @ParameterizedTest
    @EnumSource
    void presentVersion(Losses loss) throws IOException {
        MultiLayerConfiguration layers = networks(loss).layersConfiguration();
        ComputationGraphConfiguration graph = networks(loss).graphConfiguration();
        String write = System.getProperty(WRITE);
        if (write != null) {
            Path directory = Files.createDirectories(Path.of(write));
            Files.writeString(directory.resolve(fileName(loss, "layers")), layers.toJson());
            Files.writeString(directory.resolve(fileName(loss, "graph")), graph.toJson());
            return;
        }
        Path directory = root().resolve(VERSION);
        assertThat(
                        MultiLayerConfiguration.fromJson(
                                Files.readString(directory.resolve(fileName(loss, "layers")))))
                .isEqualTo(layers);
        assertThat(
                        ComputationGraphConfiguration.fromJson(
                                Files.readString(directory.resolve(fileName(loss, "graph")))))
                .isEqualTo(graph);
    }
}
