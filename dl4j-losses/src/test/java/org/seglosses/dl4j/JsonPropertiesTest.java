package org.seglosses.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.shade.jackson.core.JsonProcessingException;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;
import org.nd4j.shade.jackson.databind.node.NullNode;
import org.nd4j.shade.jackson.databind.node.ObjectNode;
import org.seglosses.dl4j.layer.SegmentationLossLayer;
import org.seglosses.samediff.loss.Boundary;
import org.seglosses.samediff.loss.Combined;
import org.seglosses.samediff.loss.CrossEntropy;
import org.seglosses.samediff.loss.Mode;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InvalidObjectException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/** Properties that are missing, unknown or null in what a loss or its layer is read from. */
class JsonPropertiesTest {

    private static final String REGION =
            "'smooth': 0, 'smoothDenominator': null, 'eps': 1e-7, 'squaredDenominator': false,"
                    + " 'logLoss': false, 'perImage': false, 'absentClass': 'ZERO', 'classes': [],"
                    + " 'classWeights': []";

    private static final String LOVASZ =
            "'perImage': true, 'classes': [], 'absentClass': 'EXCLUDE', 'classWeights': [],"
                    + " 'ignoreIndex': null, 'mode': null";

    private static final String BOUNDARY =
            "'theta0': 3, 'theta': 5, 'absentClass': 'PENALIZE', 'complement': false,"
                    + " 'ignoreIndex': null, 'mode': null";

    private static final String BCE =
            "'smoothing': 0, 'classWeights': [], 'posWeight': [], 'normalizeBy': 'VALID',"
                    + " 'mode': null";

    /** The defaults that the builders' Javadoc names. */
    private static final Map<String, JsonNode> DEFAULTS =
            Map.ofEntries(
                    defaults(
                            "CrossEntropy",
                            "'smoothing': 0, 'classWeights': [], 'ignoreIndex': -100,"
                                    + " 'normalizeBy': 'VALID'"),
                    defaults(
                            "OhemCrossEntropy",
                            "'thresh': 0.6, 'minKept': 0, 'classWeights': [], 'ignoreIndex': 255"),
                    defaults("LovaszSoftmax", LOVASZ),
                    defaults(
                            "LovaszHinge",
                            "'perImage': true, 'flatten': false, 'ignoreIndex': null, 'mode': null"),
                    defaults("Boundary", BOUNDARY),
                    defaults(
                            "Surface",
                            "'classes': [], 'absentClass': 'ZERO', 'classWeights': [],"
                                    + " 'ignoreIndex': null, 'mode': null"),
                    defaults(
                            "Dice",
                            "'options': {" + REGION + "}, 'ignoreIndex': null, 'mode': null"),
                    defaults(
                            "Jaccard",
                            "'options': {" + REGION + "}, 'ignoreIndex': null, 'mode': null"),
                    defaults(
                            "Tversky",
                            "'alpha': 0.5, 'beta': 0.5, 'gamma': 1, 'options': {"
                                    + REGION
                                    + "}, 'ignoreIndex': null, 'mode': null"),
                    defaults(
                            "FBeta",
                            "'beta': 2, 'options': {"
                                    + REGION
                                    + "}, 'ignoreIndex': null, 'mode': null"),
                    defaults("Mcc", "'eps': 1e-5, 'ignoreIndex': null"),
                    defaults(
                            "GeneralizedDice",
                            "'weighting': 'SQUARE', 'smooth': 1e-5, 'smoothDenominator': null,"
                                    + " 'smoothInPixels': true, 'perImage': true, 'classes': [], 'ignoreIndex': null,"
                                    + " 'mode': null"),
                    defaults("SoftBce", BCE + ", 'ignoreIndex': -100"),
                    defaults(
                            "Focal",
                            "'form': 'ONE_VS_REST', 'gamma': 2, 'alpha': null,"
                                    + " 'reducedThreshold': null, 'normalized': false,"
                                    + " 'classWeights': [], 'ignoreIndex': null,"
                                    + " 'normalizeBy': 'VALID', 'mode': null"),
                    defaults(
                            "Poly1CrossEntropy",
                            "'epsilon': 1, 'classWeights': [], 'ignoreIndex': null,"
                                    + " 'normalizeBy': 'VALID'"),
                    defaults(
                            "ActiveContour",
                            "'weight': 10, 'symmetric': false, 'ignoreIndex': null, 'mode': null"),
                    defaults("Duo", "'lovasz': {" + LOVASZ + "}, 'boundary': {" + BOUNDARY + "}"),
                    defaults(
                            "BceDice",
                            "'bce': {"
                                    + BCE
                                    + ", 'ignoreIndex': null}, 'dice': {'options': {"
                                    + REGION.replace("'smooth': 0", "'smooth': 1")
                                            .replace("ZERO", "PENALIZE")
                                    + "}, 'ignoreIndex': null, 'mode': null}"));

    private static Map.Entry<String, JsonNode> defaults(String name, String properties) {
        return Map.entry(name, tree("{" + properties.replace('\'', '"') + "}"));
    }

    private static JsonNode tree(String json) {
        try {
            return NeuralNetConfiguration.mapper().readTree(json);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ObjectNode tree(SegmentationLossFunction<?> loss) {
        return NeuralNetConfiguration.mapper().valueToTree(loss);
    }

    /**
     * A property of a definition.
     *
     * @param owner where its owner is in the loss's JSON
     * @param name its name
     * @param byDefault its default, or null if it has none
     */
    private record Property(String owner, String name, JsonNode byDefault) {

        /** The loss's JSON with a change at the owner. */
        ObjectNode in(SegmentationLossFunction<?> loss, Function<ObjectNode, JsonNode> change) {
            ObjectNode tree = tree(loss);
            change.apply((ObjectNode) tree.at(owner));
            return tree;
        }

        ObjectNode missing(SegmentationLossFunction<?> loss) {
            return in(loss, owner -> owner.remove(name));
        }

        ObjectNode with(SegmentationLossFunction<?> loss, JsonNode value) {
            return in(loss, owner -> owner.set(name, value));
        }
    }

    private static List<Property> properties(SegmentationLossFunction<?> loss) {
        List<Property> all = new ArrayList<>();
        collect(tree(loss).get("definition"), "/definition", null, all);
        return all;
    }

    private static void collect(
            JsonNode definition, String path, JsonNode defaults, List<Property> to) {
        String[] names = definition.path("@class").asText().split("\\.");
        JsonNode own =
                defaults == null || defaults.isMissingNode()
                        ? DEFAULTS.get(names[names.length - 1])
                        : defaults;
        definition
                .fields()
                .forEachRemaining(
                        field -> {
                            String name = field.getKey();
                            JsonNode value = field.getValue();
                            if (name.equals("terms")) {
                                to.add(new Property(path, name, null));
                                for (int i = 0; i < value.size(); i++) {
                                    String term = path + "/terms/" + i;
                                    for (String part : List.of("weight", "schedule", "loss")) {
                                        if (value.get(i).has(part)) {
                                            to.add(new Property(term, part, null));
                                        }
                                    }
                                    collect(value.get(i).get("loss"), term + "/loss", null, to);
                                }
                            } else if (!name.equals("@class")) {
                                assertThat(own.has(name)).as(path + "/" + name).isTrue();
                                to.add(new Property(path, name, own.get(name)));
                                if (value.isObject()) {
                                    collect(value, path + "/" + name, own.get(name), to);
                                }
                            }
                        });
    }

    /** Of both mappers; they must agree. */
    private static Object read(JsonNode tree) {
        Object json = read(NeuralNetConfiguration.mapper(), tree);
        assertThat(read(NeuralNetConfiguration.mapperYaml(), tree)).isEqualTo(json);
        return json;
    }

    /** The loss, or the sentence that refuses it. */
    private static Object read(ObjectMapper mapper, JsonNode tree) {
        try {
            return mapper.readValue(mapper.writeValueAsString(tree), ILossFunction.class);
        } catch (JsonProcessingException e) {
            Throwable root = e;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            assertThat(root).isExactlyInstanceOf(IllegalArgumentException.class);
            return root.getMessage();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aMissingPropertyIsTheDefault(Losses loss) {
        SegmentationLossFunction<?> function = loss.function();
        for (Property each : properties(function)) {
            Object read = read(each.missing(function));
            if (each.byDefault == null) {
                assertThat(read).as(each.toString()).isInstanceOf(String.class);
            } else {
                // where the defaults of two parameters do not fit together, a refusal
                assertThat(read)
                        .as(each.toString())
                        .isEqualTo(read(each.with(function, each.byDefault)));
            }
        }
        assertThat(read(tree(function))).isEqualTo(function);
    }

    @Test
    void nothingButTheClassIsTheDefault() throws JsonProcessingException {
        Map<String, ILossFunction> losses =
                Map.ofEntries(
                        Map.entry("CrossEntropy", LossCrossEntropy.builder().build()),
                        Map.entry("OhemCrossEntropy", LossOhemCrossEntropy.builder().build()),
                        Map.entry("LovaszSoftmax", LossLovaszSoftmax.builder().build()),
                        Map.entry("LovaszHinge", LossLovaszHinge.builder().build()),
                        Map.entry("Boundary", LossBoundary.builder().build()),
                        Map.entry("Surface", LossSurface.builder().build()),
                        Map.entry("Dice", LossDice.builder().build()),
                        Map.entry("Jaccard", LossJaccard.builder().build()),
                        Map.entry("Tversky", LossTversky.builder().build()),
                        Map.entry("FBeta", LossFBeta.builder().build()),
                        Map.entry("Mcc", LossMcc.builder().build()),
                        Map.entry("GeneralizedDice", LossGeneralizedDice.builder().build()),
                        Map.entry("SoftBce", LossSoftBce.builder().build()),
                        Map.entry("Focal", LossFocal.builder().build()),
                        Map.entry("Poly1CrossEntropy", LossPoly1CrossEntropy.builder().build()),
                        Map.entry("ActiveContour", LossActiveContour.builder().build()),
                        Map.entry("Duo", LossDuo.builder().build()),
                        Map.entry("BceDice", LossBceDice.builder().build()));
        assertThat(losses).containsOnlyKeys(DEFAULTS.keySet());
        losses.forEach(
                (name, loss) -> {
                    ObjectNode tree = tree((SegmentationLossFunction<?>) loss);
                    ((ObjectNode) tree.get("definition")).retain("@class");
                    assertThat(read(tree)).isEqualTo(loss);
                    ((ObjectNode) tree.get("definition")).setAll((ObjectNode) DEFAULTS.get(name));
                    assertThat(read(tree)).isEqualTo(loss);
                });
    }

    @ParameterizedTest
    @EnumSource
    void anUnknownPropertyIsRefused(Losses loss) {
        SegmentationLossFunction<?> function = loss.function().imageSize(6, 7);
        properties(function).stream()
                .map(each -> new Property(each.owner, "unheard", null))
                .distinct()
                .forEach(
                        each ->
                                assertThat(read(each.with(function, NullNode.instance)))
                                        .asString()
                                        .matches(
                                                "properties of [A-Z]\\w+ must be among"
                                                        + " \\[\\w+(, \\w+)*], got unheard"));
        assertThat(read(new Property("", "imagesize", null).with(function, NullNode.instance)))
                .isEqualTo(
                        "properties of "
                                + function.name()
                                + " must be among [definition, imageSize], got imagesize");
        assertThat(read(new Property("/imageSize", "depth", null).with(function, tree("1"))))
                .isEqualTo("properties of imageSize must be among [height, width], got depth");
    }

    @Test
    void anUnknownPropertyIsRefusedByName() {
        LossBoundary boundary = LossBoundary.builder().build();
        assertThat(read(new Property("/definition", "tetha", null).with(boundary, tree("7"))))
                .isEqualTo(
                        "properties of Boundary must be among [theta0, theta, absentClass,"
                                + " complement, ignoreIndex, mode], got tetha");
    }

    @ParameterizedTest
    @EnumSource
    void nullIsNullOrRefused(Losses loss) {
        SegmentationLossFunction<?> function = loss.function();
        for (Property each : properties(function)) {
            Object read = read(each.with(function, NullNode.instance));
            if (read instanceof SegmentationLossFunction<?> same) {
                JsonNode value = tree(same).at(each.owner).get(each.name);
                assertThat(value.isNull() || value.isArray() && value.isEmpty())
                        .as(each.toString())
                        .isTrue();
            } else {
                assertThat(read).asString().contains(" must be ");
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "FOCAL | /definition | gamma | null | gamma of Focal must be given, got null",
                "BOUNDARY | /definition | theta | 5.5 | theta must be whole, below 2^31, got 5.5",
                "SURFACE_OF_ONE | /definition | classes | [0.5] | classes must be whole, below 2^31, got 0.5",
                "BOUNDARY | /definition | theta | 6 | theta must be odd and between 3 and 32767, got 6",
                "BOUNDARY | | definition | null | definition must be given, got null",
                "DICE | /definition | options | null | options must be given, got null",
                "DICE | /definition | options | [] | RegionOptions must be an object of its parameters, got START_ARRAY",
                "DUO | /definition | boundary | null | boundary must be given, got null",
                "COMBINED_SOFT | /definition | terms | null | terms must be given, got null",
                "COMBINED_SOFT | /definition | terms | [] | terms must be at least one, got []",
                "COMBINED_SOFT | /definition | terms | [null] | terms must be without null, got [null]",
                "COMBINED_SOFT | /definition/terms/0 | loss | null | loss must be given, got null",
                "COMBINED_SOFT | /definition/terms/0 | weight | null | weight must be either a number or a schedule, got neither",
                "BOUNDARY | /imageSize | width | null | imageSize must be at least 1 x 1, got 6 x 0",
                "BOUNDARY | /imageSize | width | 4.7 | imageSize must be of whole numbers, got 6.0 x 4.7"
            })
    void refusals(Losses loss, String owner, String name, String value, String message) {
        SegmentationLossFunction<?> function = loss.function().imageSize(6, 7);
        Property property = new Property(owner == null ? "" : owner, name, null);
        assertThat(read(property.with(function, tree(value)))).isEqualTo(message);
    }

    @Test
    void whatIsMissingAndHasNoDefaultIsRefused() {
        SegmentationLossFunction<?> sum = Losses.COMBINED_SOFT.function().imageSize(6, 7);
        assertThat(read(new Property("", "definition", null).missing(sum)))
                .isEqualTo("definition must be given, got null");
        assertThat(read(new Property("/definition", "terms", null).missing(sum)))
                .isEqualTo("terms must be at least one, got []");
        assertThat(read(new Property("/definition/terms/1", "loss", null).missing(sum)))
                .isEqualTo("loss must be given, got null");
        assertThat(read(new Property("/imageSize", "width", null).missing(sum)))
                .isEqualTo("imageSize must be at least 1 x 1, got 6 x 0");
        assertThat(read(new Property("", "imageSize", null).missing(sum)))
                .isEqualTo(Losses.COMBINED_SOFT.function());
    }

    /** A mapper that leaves nulls out must not make -100 of "no ignore index". */
    @Test
    void nullsAreWritten() throws JsonProcessingException {
        ObjectMapper mapper =
                NeuralNetConfiguration.mapper()
                        .copy()
                        .setSerializationInclusion(
                                org.nd4j.shade.jackson.annotation.JsonInclude.Include.NON_NULL);
        ILossFunction loss =
                LossCombined.builder()
                        .add(1, CrossEntropy.builder().ignoreIndex(null).build())
                        .add(1, Losses.DICE.function())
                        .build();
        assertThat(mapper.readValue(mapper.writeValueAsString(loss), ILossFunction.class))
                .isEqualTo(loss);
    }

    /** Through the configurations of networks, in JSON and YAML. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ACTIVE_CONTOUR | weight",
                "FOCAL | gamma",
                "LOVASZ_SOFTMAX | perImage",
                "BOUNDARY | theta0",
                "DICE | eps",
                "BCE_DICE | absentClass",
                "BOUNDARY | format"
            })
    void configurations(Losses loss, String property) {
        Networks networks = Networks.of(loss.function(), loss.mode()).format(CNN2DFormat.NCHW);
        MultiLayerConfiguration layers = networks.layersConfiguration();
        ComputationGraphConfiguration graph = networks.graphConfiguration();
        assertThat(MultiLayerConfiguration.fromJson(without(property, layers.toJson())))
                .isEqualTo(layers);
        assertThat(MultiLayerConfiguration.fromYaml(without(property, layers.toYaml())))
                .isEqualTo(layers);
        assertThat(ComputationGraphConfiguration.fromJson(without(property, graph.toJson())))
                .isEqualTo(graph);
        assertThat(ComputationGraphConfiguration.fromYaml(without(property, graph.toYaml())))
                .isEqualTo(graph);
        String unknown = "\"" + property + "s\" : ";
        String json = layers.toJson().replace("\"" + property + "\" : ", unknown);
        assertThatThrownBy(() -> MultiLayerConfiguration.fromJson(json))
                .rootCause()
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("properties of ")
                .hasMessageEndingWith(", got " + property + "s");
    }

    /** Without all lines of the property, and without the comma that one then leaves at an end. */
    private static String without(String property, String text) {
        String changed = text.replaceAll("(?m)^[ -]*\"?" + property + "\"? ?: [^,\n]*,?\n", "");
        changed = changed.replaceAll(",(\\s*})", "$1");
        assertThat(changed).hasSizeLessThan(text.length());
        return changed;
    }

    @Test
    void layers() throws JsonProcessingException {
        SegmentationLossLayer layer =
                new SegmentationLossLayer.Builder(LossBoundary.builder().build()).build();
        ObjectNode tree = NeuralNetConfiguration.mapper().valueToTree(layer);
        assertThat(readLayer(tree)).isEqualTo(layer);
        assertThat(readLayer(tree.deepCopy().without("format"))).isEqualTo(layer);
        assertThatThrownBy(() -> readLayer(tree.deepCopy().without("lossFn")))
                .rootCause()
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("lossFn must be a loss of this library");
        assertThatThrownBy(() -> readLayer(tree.deepCopy().putNull("lossFn")))
                .rootCause()
                .hasMessageStartingWith("lossFn must be a loss of this library");
        assertThatThrownBy(() -> readLayer(tree.deepCopy().putNull("format")))
                .rootCause()
                .hasMessage("format must be NCHW or NHWC, got null");
        assertThatThrownBy(() -> readLayer(tree.deepCopy().put("fromat", "NHWC")))
                .rootCause()
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("format")
                .hasMessageEndingWith(", got fromat");
    }

    private static org.deeplearning4j.nn.conf.layers.Layer readLayer(JsonNode tree)
            throws JsonProcessingException {
        return NeuralNetConfiguration.mapper()
                .readValue(
                        NeuralNetConfiguration.mapper().writeValueAsString(tree),
                        org.deeplearning4j.nn.conf.layers.Layer.class);
    }

    /** Writes an object in which others stand in the place of some. */
    private static Object throughJava(Object object, Function<Object, Object> change)
            throws IOException, ClassNotFoundException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out =
                new ObjectOutputStream(bytes) {
                    {
                        enableReplaceObject(true);
                    }

                    @Override
                    protected Object replaceObject(Object each) {
                        return change.apply(each);
                    }
                }) {
            out.writeObject(object);
        }
        try (ObjectInputStream in =
                new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            return in.readObject();
        }
    }

    @Test
    void javaStreams() throws Exception {
        LossCombined sum =
                LossCombined.builder()
                        .add(1, CrossEntropy.builder().build())
                        .add(1, Boundary.builder().build())
                        .build();
        assertThat(throughJava(sum, each -> each)).isEqualTo(sum);
        assertThatThrownBy(() -> throughJava(sum, each -> each instanceof Combined ? null : each))
                .isExactlyInstanceOf(InvalidObjectException.class)
                .hasMessage("definition must be given, got null");
        assertThatThrownBy(() -> throughJava(sum, each -> each instanceof Boundary ? null : each))
                .isExactlyInstanceOf(InvalidObjectException.class)
                .hasMessageContaining("loss must be given, got null");
        Object term = sum.definition().terms().get(0);
        AtomicBoolean first = new AtomicBoolean(true); // the list of terms, before lists in them
        assertThatThrownBy(
                        () ->
                                throughJava(
                                        sum,
                                        each ->
                                                each.getClass().getSimpleName().equals("CollSer")
                                                                && first.getAndSet(false)
                                                        ? new ArrayList<>(Arrays.asList(term, null))
                                                        : each))
                .isExactlyInstanceOf(InvalidObjectException.class)
                .hasMessageContaining("terms must be without null");
        MultiLayerConfiguration layers =
                Networks.of(LossBoundary.builder().build(), Mode.MULTICLASS).layersConfiguration();
        assertThatThrownBy(
                        () ->
                                throughJava(
                                        layers, each -> each instanceof LossBoundary ? null : each))
                .isExactlyInstanceOf(InvalidObjectException.class)
                .hasMessageStartingWith("lossFn and format must be given, got null");
    }
}
