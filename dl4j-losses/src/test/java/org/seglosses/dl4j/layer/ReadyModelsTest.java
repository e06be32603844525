package org.seglosses.dl4j.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.deeplearning4j.gradientcheck.GradientCheckUtil;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.modelimport.keras.KerasModelImport;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.transferlearning.FineTuneConfiguration;
import org.deeplearning4j.nn.transferlearning.TransferLearning;
import org.deeplearning4j.nn.weights.WeightInit;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Sgd;
import org.seglosses.dl4j.LossBoundary;
import org.seglosses.dl4j.LossCombined;
import org.seglosses.dl4j.LossCrossEntropy;
import org.seglosses.dl4j.LossLovaszHinge;
import org.seglosses.dl4j.LossLovaszSoftmax;
import org.seglosses.dl4j.LossOhemCrossEntropy;
import org.seglosses.dl4j.SegmentationLossFunction;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Models of Keras, tuned with our losses as docs/READY-MODELS.md says. What they put out is known
 * from keras/make_models.py, which computes it without DL4J.
 */
class ReadyModelsTest {

    private static final String SOFTMAX = "sequential_softmax";
    private static final String SIGMOID = "sequential_sigmoid";
    private static final String UNET = "functional_softmax";

    private static final int HEIGHT = 8;
    private static final int WIDTH = 12;

    @TempDir Path directory;

    private static String file(String name) {
        return new File("src/test/resources/keras", name).getPath();
    }

    private static INDArray numbers(String name) {
        return Nd4j.createFromNpyFile(new File(file(name + ".npy")));
    }

    private static INDArray images() {
        return numbers("input");
    }

    private static Model imported(String name, boolean withLoss) throws Exception {
        String file = file(name + ".h5");
        return name.equals(UNET)
                ? KerasModelImport.importKerasModelAndWeights(file, withLoss)
                : KerasModelImport.importKerasSequentialModelAndWeights(file, withLoss);
    }

    private static Model replaced(String name, boolean withLoss, SegmentationLossFunction<?> loss)
            throws Exception {
        return imported(name, withLoss) instanceof ComputationGraph graph
                ? SegmentationHead.replaceOutput(
                        graph, graph.getConfiguration().getNetworkOutputs().get(0), loss)
                : SegmentationHead.replaceOutput(
                        (MultiLayerNetwork) imported(name, withLoss), loss);
    }

    private static INDArray output(Model model, INDArray images) {
        return model instanceof ComputationGraph graph
                ? graph.outputSingle(images)
                : ((MultiLayerNetwork) model).output(images);
    }

    private static double score(Model model, DataSet data) {
        return model instanceof ComputationGraph graph
                ? graph.score(data, true)
                : ((MultiLayerNetwork) model).score(data, true);
    }

    private static void fit(Model model, DataSet data, int steps) {
        for (int i = 0; i < steps; i++) {
            if (model instanceof ComputationGraph graph) {
                graph.fit(data);
            } else {
                ((MultiLayerNetwork) model).fit(data);
            }
        }
    }

    private static int label(int image, int y, int x, int classes) {
        return (x / 4 + y / 3 + image) % classes;
    }

    /** Class indices [N,H,W,1]. */
    private static INDArray indices(DataType type, int classes) {
        INDArray labels = Nd4j.create(type, 2, HEIGHT, WIDTH, 1);
        for (int n = 0; n < 2; n++) {
            for (int y = 0; y < HEIGHT; y++) {
                for (int x = 0; x < WIDTH; x++) {
                    labels.putScalar(new int[] {n, y, x, 0}, label(n, y, x, classes));
                }
            }
        }
        return labels;
    }

    private static INDArray oneHot() {
        INDArray labels = Nd4j.create(DataType.FLOAT, 2, HEIGHT, WIDTH, 3);
        for (int n = 0; n < 2; n++) {
            for (int y = 0; y < HEIGHT; y++) {
                for (int x = 0; x < WIDTH; x++) {
                    labels.putScalar(new int[] {n, y, x, label(n, y, x, 3)}, 1);
                }
            }
        }
        return labels;
    }

    private static void assertClose(INDArray actual, INDArray expected, double tolerance) {
        assertThat(actual.shape()).isEqualTo(expected.shape());
        assertThat(actual.sub(expected).amaxNumber().doubleValue()).isLessThan(tolerance);
    }

    /** DL4J's side of it: should a release import otherwise, this says so first. */
    @ParameterizedTest
    @ValueSource(strings = {SOFTMAX, SIGMOID, UNET})
    void theImportComputesWhatKerasWould(String name) throws Exception {
        assertClose(output(imported(name, true), images()), numbers(name), 2e-6);
        assertClose(output(imported(name, false), images()), numbers(name), 2e-6);
    }

    @Test
    void theImportPutsTheLossBehindTheSoftmax() throws Exception {
        MultiLayerNetwork net = (MultiLayerNetwork) imported(SOFTMAX, true);
        CnnLossLayer loss = (CnnLossLayer) net.getOutputLayer().conf().getLayer();
        assertThat(loss.getActivationFn()).hasToString("identity");
        assertThat(loss.getFormat()).isEqualTo(CNN2DFormat.NHWC);
    }

    @ParameterizedTest
    @ValueSource(strings = {SOFTMAX, SIGMOID, UNET})
    void theOutputStaysWithTheActivationInTheNewLayer(String name) throws Exception {
        for (boolean withLoss : new boolean[] {true, false}) {
            Model model = replaced(name, withLoss, LossLovaszSoftmax.builder().build());
            assertClose(output(model, images()), numbers(name), 2e-6);
            Layer last =
                    model instanceof ComputationGraph graph
                            ? graph.getOutputLayer(0)
                            : ((MultiLayerNetwork) model).getOutputLayer();
            SegmentationLossLayer layer = (SegmentationLossLayer) last.conf().getLayer();
            assertThat(layer.getFormat()).isEqualTo(CNN2DFormat.NHWC);
            assertThat(layer.getActivationFn())
                    .hasToString(name.equals(SIGMOID) ? "sigmoid" : "softmax");
            assertThat(model.params()).isEqualTo(imported(name, withLoss).params());
        }
    }

    /** That the loss sees logits, and not probabilities as logits, shows in its value. */
    @ParameterizedTest
    @ValueSource(strings = {SOFTMAX, UNET})
    void theScoreIsThatOfTheProbabilities(String name) throws Exception {
        INDArray probabilities = numbers(name);
        double sum = 0;
        for (int n = 0; n < 2; n++) {
            for (int y = 0; y < HEIGHT; y++) {
                for (int x = 0; x < WIDTH; x++) {
                    sum -= Math.log(probabilities.getDouble(n, y, x, label(n, y, x, 3)));
                }
            }
        }
        double expected = sum / (2 * HEIGHT * WIDTH);
        Model model = replaced(name, true, LossCrossEntropy.builder().build());
        for (INDArray labels :
                List.of(
                        oneHot(),
                        indices(DataType.FLOAT, 3),
                        indices(DataType.INT32, 3),
                        indices(DataType.UINT8, 3).reshape(2, HEIGHT, WIDTH))) {
            double actual =
                    model instanceof ComputationGraph graph
                            ? graph.score(new DataSet(images(), labels), false)
                            : ((MultiLayerNetwork) model)
                                    .score(new DataSet(images(), labels), false);
            assertThat(actual).isCloseTo(expected, within(1e-5 * expected));
        }
    }

    static List<SegmentationLossFunction<?>> losses() {
        return List.of(
                LossCrossEntropy.builder().build(),
                LossOhemCrossEntropy.builder().thresh(0.7).minKept(50).build(),
                LossLovaszSoftmax.builder().build(),
                LossCombined.builder()
                        .add(1, LossCrossEntropy.builder().build())
                        .add(0.5, LossBoundary.builder().build())
                        .build());
    }

    @ParameterizedTest
    @MethodSource("losses")
    void trainingLowersTheLoss(SegmentationLossFunction<?> loss) throws Exception {
        for (String name : List.of(SOFTMAX, UNET)) {
            Model model = replaced(name, true, loss);
            DataSet data = new DataSet(images(), indices(DataType.FLOAT, 3));
            double before = score(model, data);
            fit(model, data, 20);
            assertThat(score(model, data)).isLessThan(before);
        }
    }

    @Test
    void trainingLowersTheLossOfABinaryModel() throws Exception {
        for (SegmentationLossFunction<?> loss :
                List.of(
                        LossLovaszHinge.builder().build(),
                        LossLovaszSoftmax.builder().build(),
                        LossBoundary.builder().build())) {
            Model model = replaced(SIGMOID, true, loss);
            DataSet data = new DataSet(images(), indices(DataType.FLOAT, 2));
            double before = score(model, data);
            fit(model, data, 20);
            assertThat(score(model, data)).isLessThan(before);
        }
    }

    @Test
    void layersOfKeras() throws Exception {
        String path = file("sequential_softmax.h5");
        INDArray images = images();
        INDArray labels = indices(DataType.FLOAT, 3);

        MultiLayerNetwork keras =
                KerasModelImport.importKerasSequentialModelAndWeights(path, false);
        MultiLayerNetwork net =
                SegmentationHead.replaceOutput(
                        keras,
                        LossCombined.builder()
                                .add(1.0, LossCrossEntropy.builder().ignoreIndex(255).build())
                                .add(0.5, LossLovaszSoftmax.builder().ignoreIndex(255).build())
                                .build());
        MultiLayerNetwork tuned =
                new TransferLearning.Builder(net)
                        .fineTuneConfiguration(
                                new FineTuneConfiguration.Builder().updater(new Adam(1e-3)).build())
                        .setFeatureExtractor(2) // layers 0 to 2 stay as they are
                        .build();
        tuned.fit(images, labels); // [N,H,W,C] and class indices [N,H,W,1]

        for (int i = 0; i < 5; i++) {
            INDArray before = keras.getLayer(i).params();
            INDArray after = tuned.getLayer(i).params();
            if (before != null && before.length() > 0) {
                assertThat(before.equals(after)).as("layer %s is frozen", i).isEqualTo(i <= 2);
            }
        }
    }

    @Test
    void graphOfKeras() throws Exception {
        String path = file("functional_softmax.h5");
        INDArray images = images();
        INDArray labels = indices(DataType.FLOAT, 3);

        ComputationGraph keras = KerasModelImport.importKerasModelAndWeights(path, false);
        ComputationGraph net =
                SegmentationHead.replaceOutput(
                        keras, "softmax", LossBoundary.builder().theta(5).build());
        ComputationGraph tuned =
                new TransferLearning.GraphBuilder(net)
                        .fineTuneConfiguration(
                                new FineTuneConfiguration.Builder().updater(new Adam(1e-3)).build())
                        .setInputTypes(InputType.convolutional(8, 12, 3, CNN2DFormat.NHWC))
                        .setFeatureExtractor("conv2") // this one and all that it reads
                        .build();
        assertClose(tuned.outputSingle(images), numbers(UNET), 2e-6);
        tuned.fit(new DataSet(images, labels));

        for (String name : List.of("conv1", "conv2", "classes")) {
            assertThat(keras.getLayer(name).params().equals(tuned.getLayer(name).params()))
                    .as("%s is frozen", name)
                    .isEqualTo(!name.equals("classes"));
        }
    }

    @Test
    void otherClasses() throws Exception {
        MultiLayerNetwork net =
                (MultiLayerNetwork) replaced(SOFTMAX, false, LossCrossEntropy.builder().build());

        MultiLayerNetwork other =
                new TransferLearning.Builder(net)
                        .fineTuneConfiguration(
                                new FineTuneConfiguration.Builder().updater(new Adam(1e-3)).build())
                        .nOutReplace(4, 7, WeightInit.XAVIER) // the last convolution
                        .build();

        INDArray output = other.output(images());
        assertThat(output.shape()).containsExactly(2, HEIGHT, WIDTH, 7);
        assertThat(output.sum(3).sub(1).amaxNumber().doubleValue()).isLessThan(1e-5);
        other.fit(images(), indices(DataType.FLOAT, 7));
        assertThat(other.getLayer(0).params()).isNotEqualTo(net.getLayer(0).params());
    }

    @ParameterizedTest
    @ValueSource(strings = {SOFTMAX, UNET})
    void savedAndRestoredItGoesOnAlike(String name) throws Exception {
        Model model = replaced(name, true, LossCrossEntropy.builder().build());
        DataSet data = new DataSet(images(), indices(DataType.FLOAT, 3));
        fit(model, data, 3);
        File file = directory.resolve("model.zip").toFile();
        ModelSerializer.writeModel(model, file, true);
        Model restored =
                name.equals(UNET)
                        ? ModelSerializer.restoreComputationGraph(file, true)
                        : ModelSerializer.restoreMultiLayerNetwork(file, true);
        assertThat(output(restored, images())).isEqualTo(output(model, images()));
        fit(model, data, 3);
        fit(restored, data, 3);
        assertThat(restored.params()).isEqualTo(model.params());
    }

    /** DL4J's own backward pass in NHWC is on the way too. */
    @Test
    void gradientsAreThoseOfTheScore() throws Exception {
        INDArray images = images().castTo(DataType.DOUBLE);
        INDArray labels = indices(DataType.DOUBLE, 3);
        SegmentationLossFunction<?> loss = LossCrossEntropy.builder().build();
        FineTuneConfiguration plain =
                new FineTuneConfiguration.Builder().updater(new Sgd(1)).build();
        MultiLayerNetwork layers =
                new TransferLearning.Builder((MultiLayerNetwork) replaced(SOFTMAX, false, loss))
                        .fineTuneConfiguration(plain)
                        .build();
        ComputationGraph graph =
                new TransferLearning.GraphBuilder((ComputationGraph) replaced(UNET, false, loss))
                        .fineTuneConfiguration(plain)
                        .setInputTypes(InputType.convolutional(HEIGHT, WIDTH, 3, CNN2DFormat.NHWC))
                        .build();
        DataType before = Nd4j.dataType();
        Nd4j.setDefaultDataTypes(DataType.DOUBLE, DataType.DOUBLE); // GradientCheckUtil insists
        try {
            assertThat(
                            GradientCheckUtil.checkGradients(
                                    new GradientCheckUtil.MLNConfig()
                                            .net(layers.convertDataType(DataType.DOUBLE))
                                            .input(images)
                                            .labels(labels)
                                            .epsilon(1e-6)
                                            .maxRelError(1e-5)
                                            .minAbsoluteError(1e-9)
                                            .subset(true)
                                            .maxPerParam(5)))
                    .isTrue();
            assertThat(
                            GradientCheckUtil.checkGradients(
                                    new GradientCheckUtil.GraphConfig()
                                            .net(graph.convertDataType(DataType.DOUBLE))
                                            .inputs(new INDArray[] {images})
                                            .labels(new INDArray[] {labels})
                                            .epsilon(1e-6)
                                            .maxRelError(1e-5)
                                            .minAbsoluteError(1e-8)
                                            .excludeParams(Set.of("norm_mean", "norm_var"))
                                            .subset(true)
                                            .maxPerParam(5)))
                    .isTrue();
        } finally {
            Nd4j.setDefaultDataTypes(before, before);
        }
    }

    /** The code of the page is code of this class. */
    @Test
    void thePageShowsWhatRuns() throws Exception {
        String page = Files.readString(Path.of("../docs/READY-MODELS.md"));
        String code =
                words(
                        Files.readString(
                                Path.of(
                                        "src/test/java/org/seglosses/dl4j/layer/ReadyModelsTest.java")));
        Matcher blocks = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(page);
        int found = 0;
        while (blocks.find()) {
            assertThat(code).contains(words(blocks.group(1)));
            found++;
        }
        assertThat(found).isEqualTo(3);
    }

    private static String words(String code) {
        return code.replaceAll("\\s+", "");
    }
}
