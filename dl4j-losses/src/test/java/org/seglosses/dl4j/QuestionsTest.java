package org.seglosses.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.deeplearning4j.earlystopping.saver.LocalFileGraphSaver;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;
import org.seglosses.dl4j.PageSnippets.Snippet;
import org.seglosses.dl4j.data.LabelMasks;
import org.seglosses.dl4j.evaluation.SegmentationEvaluation;
import org.seglosses.dl4j.layer.SegmentationHead;
import org.seglosses.dl4j.layer.SegmentationLossLayer;
import org.seglosses.dl4j.weights.ClassFrequencies;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** docs/QUESTIONS.md: its errors are raised, its lines run, and its tables name all properties. */
public class QuestionsTest {

    private static final Path PAGE = Path.of("..", "docs", "QUESTIONS.md");

    private static final int CLASSES = 3;
    private static final int SIDE = 8;

    /** What this machine cannot raise, and where it comes from. */
    private static final Set<String> NOT_HERE =
            Set.of(
                    // SavedLossesTest raises it in a JVM without the library
                    "No op known for hash: 0 and name seglosses_...",
                    // ND4J prints it, see unevenSides
                    "CONCAT op: all input arrays must have the same dimensions",
                    // needs the CUDA backend
                    "libcusolver.so.11: cannot open shared object file",
                    // needs a class path without a backend
                    "Please ensure that you have an nd4j backend on your classpath",
                    // needs Spark
                    "module java.base does not \"opens java.lang.invoke\" to unnamed module");

    private static final Map<String, ThrowingCallable> ERRORS =
            Map.ofEntries(
                    Map.entry(
                            "labels must be class indices from 0 to 2 ..., got 255.0",
                            () -> fit(indices(1).muli(255), null)),
                    Map.entry(
                            "labels must be vectors of values from 0 to 1 that sum to 1 (within"
                                    + " ...), or all zeros for an ignored pixel, got a vector with"
                                    + " sum ...",
                            () -> fit(images(1, CLASSES, SIDE).muli(255), null)),
                    Map.entry(
                            "labels must be class indices [N,H,W] or [N,1,H,W], or one-hot"
                                    + " [N,C,H,W], for logits ... (N,C,H,W), got labels ...",
                            () -> fit(Nd4j.zeros(DataType.FLOAT, 1, 1, SIDE - 2, SIDE), null)),
                    Map.entry(
                            "mask must be finite and not negative",
                            () -> fit(indices(1), Nd4j.ones(1, 1, SIDE, SIDE).negi())),
                    Map.entry(
                            "mask must be 0 or 1 for this loss",
                            () ->
                                    LossLovaszSoftmax.builder()
                                            .build()
                                            .computeScore(
                                                    indices(1),
                                                    images(1, CLASSES, SIDE),
                                                    Activation.SOFTMAX.getActivationFunction(),
                                                    Nd4j.valueArrayOf(new long[] {1, 1}, 0.5f),
                                                    true)),
                    Map.entry(
                            "mode must be MULTICLASS for LossCrossEntropy, got BINARY, which"
                                    + " activation ... with 1 channel means",
                            () -> score(loss(), Activation.SIGMOID, images(1, 1, SIDE))),
                    Map.entry(
                            "activation must be SOFTMAX, SIGMOID or IDENTITY (logits) for ...",
                            () -> score(loss(), Activation.RELU, images(1, CLASSES, SIDE))),
                    Map.entry(
                            "activation of layer \"...\" (...) must be IDENTITY before"
                                    + " SegmentationLossLayer",
                            () ->
                                    SegmentationHead.check(
                                            network(
                                                    new SegmentationLossLayer.Builder(loss()),
                                                    Activation.SIGMOID))),
                    Map.entry(
                            "imageSize must be set on ... for flat rows",
                            () ->
                                    LossBoundary.builder()
                                            .build()
                                            .computeScore(
                                                    Nd4j.zeros(DataType.FLOAT, 64, 1),
                                                    Nd4j.rand(DataType.FLOAT, 64, CLASSES),
                                                    Activation.SOFTMAX.getActivationFunction(),
                                                    null,
                                                    true)),
                    Map.entry(
                            "labels must be rows [R,C], [R,1] or [R] for preOutput ... (R,C), got"
                                    + " ...",
                            () ->
                                    network(
                                                    new OutputLayer.Builder(loss()).nOut(CLASSES),
                                                    Activation.IDENTITY)
                                            .fit(new DataSet(images(2, 3, SIDE), indices(2)))),
                    Map.entry(
                            "predictions of one channel must be probabilities from 0 to 1, got ...",
                            () ->
                                    new SegmentationEvaluation(2)
                                            .eval(
                                                    Nd4j.zeros(DataType.FLOAT, 1, 1, SIDE, SIDE),
                                                    images(1, 1, SIDE).addi(1))),
                    Map.entry(
                            "label masks must be [N,1,H,W], got ...",
                            () -> LabelMasks.check(indices(1), Nd4j.ones(1, SIDE, SIDE))),
                    Map.entry(
                            "... needs pixels of every class, got none of class ...",
                            () -> ClassFrequencies.of(iterator(), 4, null).medianFrequency()),
                    Map.entry(
                            "weight must be a constant for ..., got ...",
                            () ->
                                    score(
                                            LossCombined.builder()
                                                    .add(
                                                            new StepSchedule(
                                                                    ScheduleType.EPOCH, 1, 0.5, 2),
                                                            LossCrossEntropy.builder().build())
                                                    .build(),
                                            Activation.SOFTMAX,
                                            images(1, CLASSES, SIDE))),
                    Map.entry(
                            "properties of ... must be among ...",
                            () ->
                                    MultiLayerConfiguration.fromJson(
                                            network(
                                                            new SegmentationLossLayer.Builder(
                                                                    LossDice.builder().build()),
                                                            Activation.IDENTITY)
                                                    .getLayerWiseConfigurations()
                                                    .toJson()
                                                    .replace("\"smooth\"", "\"smoth\""))),
                    Map.entry(
                            "Input and label arrays do not have same shape: [2, 3, 8, 8] vs."
                                    + " [2, 1, 8, 8]",
                            () ->
                                    network(new CnnLossLayer.Builder(loss()), Activation.IDENTITY)
                                            .fit(new DataSet(images(2, 3, SIDE), indices(2)))),
                    Map.entry(
                            "New shape length doesn't match original length: [64] vs [192]."
                                    + " Original shape: [1, 8, 8, 3] New Shape: [64, 1]",
                            () ->
                                    network()
                                            .evaluate(
                                                    new ListDataSetIterator<>(
                                                            List.of(
                                                                    new DataSet(
                                                                            images(1, 3, SIDE),
                                                                            indices(1)))))),
                    Map.entry(
                            "input array channels does not match CNN layer configuration (data"
                                    + " format = NCHW, data input channels = ...",
                            () -> network().output(images(2, 3, SIDE).permute(0, 2, 3, 1).dup())),
                    Map.entry(
                            "Could not resolve type id 'org.seglosses...' as a subtype of ...",
                            () ->
                                    MultiLayerConfiguration.fromJson(
                                            network()
                                                    .getLayerWiseConfigurations()
                                                    .toJson()
                                                    .replace(
                                                            SegmentationLossLayer.class.getName(),
                                                            "org.seglosses.Missing"))),
                    Map.entry(
                            "path is marked non-null but is null",
                            () -> new LocalFileGraphSaver("../models").saveBestModel(joined(), 1)));

    private static final String IMPORTS =
            """
            import org.deeplearning4j.earlystopping.saver.*;
            import org.deeplearning4j.nn.conf.*;
            import org.deeplearning4j.nn.conf.inputs.*;
            import org.deeplearning4j.nn.conf.layers.*;
            import org.deeplearning4j.nn.graph.*;
            import org.deeplearning4j.nn.multilayer.*;
            import org.nd4j.linalg.activations.*;
            import org.nd4j.linalg.api.buffer.*;
            import org.nd4j.linalg.api.ndarray.*;
            import org.nd4j.linalg.dataset.*;
            import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
            import org.nd4j.linalg.factory.*;
            import org.nd4j.linalg.indexing.*;
            import org.seglosses.dl4j.*;
            import org.seglosses.dl4j.data.*;
            import org.seglosses.dl4j.evaluation.*;
            import org.seglosses.dl4j.layer.*;
            import org.seglosses.dl4j.weights.*;
            import java.awt.image.BufferedImage;
            import java.nio.file.*;
            import java.util.*;
            """;

    private static final String GIVEN =
            """
            MultiLayerNetwork net = QuestionsTest.network();
            ComputationGraph graph = QuestionsTest.joined();
            DataSetIterator iterator = QuestionsTest.iterator();
            DataSet data = iterator.next();
            INDArray image = data.getFeatures();
            INDArray labels = data.getLabels();
            INDArray oneHotOfNhwc = Nd4j.zeros(DataType.FLOAT, 2, 8, 8, 3);
            INDArray mask = Nd4j.ones(DataType.FLOAT, 1, 64, 64);
            INDArray yesOrNo = Nd4j.zeros(DataType.FLOAT, 2, 3, 8, 8);
            INDArray output = Nd4j.rand(DataType.FLOAT, 2, 3, 8, 8);
            BufferedImage picture = new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB);
            Path directory = Path.of("target");
            iterator.reset();
            """;

    @TempDir private static Path compiled;

    public static DataSetIterator iterator() {
        return new ListDataSetIterator<>(List.of(new DataSet(images(2, 3, SIDE), indices(2))));
    }

    private static INDArray images(int n, int channels, int side) {
        return Nd4j.rand(DataType.FLOAT, n, channels, side, side);
    }

    /** Rows of classes 0, 1 and 2 in turn. */
    private static INDArray indices(int n) {
        INDArray labels = Nd4j.create(DataType.FLOAT, n, 1, SIDE, SIDE);
        for (long i = 0; i < labels.length(); i++) {
            labels.putScalar(i, i / SIDE % CLASSES);
        }
        return labels;
    }

    private static void fit(INDArray labels, INDArray mask) {
        network().fit(new DataSet(images(1, 3, SIDE), labels, null, mask));
    }

    private static double score(ILossFunction loss, Activation activation, INDArray logits) {
        return loss.computeScore(
                indices(1), logits, activation.getActivationFunction(), null, true);
    }

    private static ILossFunction loss() {
        return LossCrossEntropy.builder().build();
    }

    public static MultiLayerNetwork network() {
        return network(new SegmentationLossLayer.Builder(loss()), Activation.IDENTITY);
    }

    private static MultiLayerNetwork network(
            org.deeplearning4j.nn.conf.layers.FeedForwardLayer.Builder<?> output,
            Activation before) {
        Layer last = output.activation(Activation.SOFTMAX).build();
        MultiLayerNetwork net =
                new MultiLayerNetwork(
                        new NeuralNetConfiguration.Builder()
                                .seed(7)
                                .convolutionMode(ConvolutionMode.Same)
                                .list()
                                .layer(
                                        new ConvolutionLayer.Builder(3, 3)
                                                .nOut(CLASSES)
                                                .activation(before)
                                                .build())
                                .layer(last)
                                .setInputType(InputType.convolutional(SIDE, SIDE, 3))
                                .build());
        net.init();
        return net;
    }

    /** One level of a U-Net. */
    public static ComputationGraph joined() {
        ComputationGraph net =
                new ComputationGraph(
                        new NeuralNetConfiguration.Builder()
                                .seed(7)
                                .convolutionMode(ConvolutionMode.Same)
                                .graphBuilder()
                                .addInputs("images")
                                .addLayer(
                                        "down",
                                        new SubsamplingLayer.Builder(2, 2)
                                                .stride(2, 2)
                                                .convolutionMode(ConvolutionMode.Truncate)
                                                .build(),
                                        "images")
                                .addLayer("up", new Upsampling2D.Builder(2).build(), "down")
                                .addVertex("both", new MergeVertex(), "images", "up")
                                .addLayer(
                                        "classes",
                                        new ConvolutionLayer.Builder(1, 1)
                                                .nOut(CLASSES)
                                                .activation(Activation.IDENTITY)
                                                .build(),
                                        "both")
                                .addLayer(
                                        "output",
                                        new SegmentationLossLayer.Builder(loss())
                                                .activation(Activation.SOFTMAX)
                                                .build(),
                                        "classes")
                                .setOutputs("output")
                                .setInputTypes(InputType.convolutional(24, 24, 3))
                                .build());
        net.init();
        return net;
    }

    private static String page() {
        try {
            return Files.readString(PAGE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The headings that are the text of an error. */
    static List<String> texts() {
        return Pattern.compile("^### `(.+)`$", Pattern.MULTILINE)
                .matcher(page())
                .results()
                .map(found -> found.group(1))
                .toList();
    }

    @Test
    void eachErrorIsRaisedHereOrSaidNotToBe() {
        Set<String> known = new TreeSet<>(ERRORS.keySet());
        known.addAll(NOT_HERE);
        assertThat(texts()).containsExactlyInAnyOrderElementsOf(known);
    }

    @ParameterizedTest
    @MethodSource("texts")
    void error(String text) {
        ThrowingCallable call = ERRORS.get(text);
        if (call == null) {
            assertThat(NOT_HERE).contains(text);
            return;
        }
        Throwable thrown = catchThrowable(call);
        assertThat(thrown).as(text).isNotNull();
        List<String> messages = new ArrayList<>();
        for (Throwable t = thrown; t != null; t = t.getCause()) {
            messages.add(String.valueOf(t.getMessage()));
        }
        Pattern expected =
                Pattern.compile(
                        Stream.of(text.split("\\.\\.\\.", -1))
                                .map(Pattern::quote)
                                .reduce((a, b) -> a + ".*" + b)
                                .orElseThrow(),
                        Pattern.DOTALL);
        assertThat(messages).as(text).anySatisfy(m -> assertThat(m).containsPattern(expected));
    }

    @Test
    void unevenSides() {
        assertThatThrownBy(() -> joined().output(images(1, 3, 25)))
                .hasMessageContaining("concat")
                .hasMessageContaining("failed to execute");
    }

    @BeforeAll
    static void compile() throws IOException {
        assertThat(PageSnippets.of(PAGE).compile(IMPORTS, GIVEN, compiled)).isEmpty();
    }

    static List<Snippet> snippets() throws IOException {
        return PageSnippets.of(PAGE).all();
    }

    @ParameterizedTest
    @MethodSource("snippets")
    void snippetRuns(Snippet snippet) throws Throwable {
        PageSnippets.run(snippet, compiled);
    }

    /** In the sources of the libraries; benchmarks have properties of their own. */
    @Test
    void allPropertiesAreInTheTables() throws IOException {
        Set<String> properties = new TreeSet<>();
        for (String module : List.of("samediff-ops", "dl4j-losses")) {
            try (Stream<Path> sources = Files.walk(Path.of("..", module, "src", "main", "java"))) {
                for (Path source : sources.filter(p -> p.toString().endsWith(".java")).toList()) {
                    Matcher named =
                            Pattern.compile("= \"(org\\.seglosses\\.\\w+)\";")
                                    .matcher(Files.readString(source));
                    while (named.find()) {
                        properties.add(named.group(1));
                    }
                }
            }
        }
        assertThat(properties).isNotEmpty();
        Set<String> listed = new TreeSet<>();
        Matcher row =
                Pattern.compile("^\\|.*\\| `(org\\.seglosses\\.\\w+)` \\|", Pattern.MULTILINE)
                        .matcher(page());
        while (row.find()) {
            listed.add(row.group(1));
        }
        assertThat(listed).isEqualTo(properties);
    }
}
