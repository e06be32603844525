package org.seglosses.samediff.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.schedule.FixedSchedule;
import org.nd4j.linalg.schedule.PolySchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;
import org.nd4j.shade.jackson.databind.ObjectMapper;
import org.nd4j.shade.jackson.databind.exc.ValueInstantiationException;
import org.seglosses.samediff.op.PixelWeights;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Parameters: what is refused and how, defaults, and what definitions survive. */
class DefinitionsTest {

    private static Arguments refusal(String message, ThrowingCallable building) {
        return Arguments.of(message, building);
    }

    private static LovaszSoftmax lovasz(List<Integer> classes, List<Double> weights) {
        return new LovaszSoftmax(true, classes, AbsentClass.EXCLUDE, weights, null, null);
    }

    static Stream<Arguments> refusals() {
        double nan = Double.NaN;
        double inf = Double.POSITIVE_INFINITY;
        CrossEntropy.Builder<CrossEntropy> ce = CrossEntropy.builder();
        CrossEntropy loss = ce.build();
        return Stream.of(
                refusal(
                        "smoothing must be in [0,1], got -0.1",
                        () -> CrossEntropy.builder().smoothing(-0.1).build()),
                refusal(
                        "smoothing must be in [0,1], got 1.5",
                        () -> CrossEntropy.builder().smoothing(1.5).build()),
                refusal(
                        "smoothing must be in [0,1], got NaN",
                        () -> CrossEntropy.builder().smoothing(nan).build()),
                refusal(
                        "classWeights must be finite and not negative, "
                                + PixelWeights.RULE
                                + ", got [1.0, -2.0]",
                        () -> CrossEntropy.builder().classWeights(1, -2).build()),
                refusal(
                        "classWeights must be finite and not negative, "
                                + PixelWeights.RULE
                                + ", got [NaN]",
                        () -> CrossEntropy.builder().classWeights(nan).build()),
                refusal(
                        "classWeights must be finite and not negative, "
                                + PixelWeights.RULE
                                + ", got [Infinity]",
                        () -> OhemCrossEntropy.builder().classWeights(inf).build()),
                refusal(
                        "classWeights must be finite and not negative, "
                                + PixelWeights.RULE
                                + ", got [1.0, null]",
                        () -> lovasz(null, Arrays.asList(1.0, null))),
                refusal(
                        "classWeights must be given, got null",
                        () -> CrossEntropy.builder().classWeights((double[]) null)),
                refusal(
                        "normalizeBy must be given, got null",
                        () -> CrossEntropy.builder().normalizeBy(null).build()),
                refusal(
                        "thresh must be in [0,1], got -0.01",
                        () -> OhemCrossEntropy.builder().thresh(-0.01).build()),
                refusal(
                        "thresh must be in [0,1], got 1.01",
                        () -> OhemCrossEntropy.builder().thresh(1.01).build()),
                refusal(
                        "thresh must be in [0,1], got NaN",
                        () -> OhemCrossEntropy.builder().thresh(nan).build()),
                refusal(
                        "minKept must be at least 0, got -1",
                        () -> OhemCrossEntropy.builder().minKept(-1).build()),
                refusal(
                        "classes must be class indices of at least 0, got [0, -1]",
                        () -> LovaszSoftmax.builder().classes(0, -1).build()),
                refusal(
                        "classes must be different from each other, got [1, 2, 1]",
                        () -> LovaszSoftmax.builder().classes(1, 2, 1).build()),
                refusal(
                        "classes must be class indices of at least 0, got [1, null]",
                        () -> lovasz(Arrays.asList(1, null), null)),
                refusal(
                        "classes must be given, got null",
                        () -> LovaszSoftmax.builder().classes((int[]) null)),
                refusal(
                        "absentClass must be given, got null",
                        () -> LovaszSoftmax.builder().absentClass(null).build()),
                refusal(
                        "mode must be MULTICLASS or BINARY, got MULTILABEL",
                        () -> LovaszSoftmax.builder().mode(Mode.MULTILABEL).build()),
                refusal(
                        "mode must be BINARY or MULTILABEL, got MULTICLASS",
                        () -> LovaszHinge.builder().mode(Mode.MULTICLASS).build()),
                refusal(
                        "absentClass must be ZERO or EXCLUDE (an absent class has no distances),"
                                + " got PENALIZE",
                        () -> Surface.builder().absentClass(AbsentClass.PENALIZE).build()),
                refusal(
                        "absentClass must be given, got null",
                        () -> Surface.builder().absentClass(null).build()),
                refusal(
                        "classes must be different from each other, got [1, 1]",
                        () -> Surface.builder().classes(1, 1).build()),
                refusal(
                        "mode must be MULTICLASS or BINARY, got MULTILABEL",
                        () -> Surface.builder().mode(Mode.MULTILABEL).build()),
                refusal(
                        "theta0 must be odd and between 3 and 32767, got 4",
                        () -> Boundary.builder().theta0(4).build()),
                refusal(
                        "theta0 must be odd and between 3 and 32767, got 1",
                        () -> Boundary.builder().theta0(1).build()),
                refusal(
                        "theta must be odd and between 3 and 32767, got 2",
                        () -> Boundary.builder().theta(2).build()),
                refusal(
                        "theta must be odd and between 3 and 32767, got -5",
                        () -> Boundary.builder().theta(-5).build()),
                refusal(
                        "absentClass must be given, got null",
                        () -> Boundary.builder().absentClass(null).build()),
                refusal(
                        "mode must be MULTICLASS or BINARY, got MULTILABEL",
                        () -> Boundary.builder().mode(Mode.MULTILABEL).build()),
                refusal("terms must be at least one, got []", () -> Combined.builder().build()),
                refusal("terms must be given, got null", () -> new Combined(null)),
                refusal(
                        "weight must be finite and not negative, "
                                + PixelWeights.RULE
                                + ", got -1.0",
                        () -> Combined.builder().add(-1, loss)),
                refusal(
                        "weight must be finite and not negative, "
                                + PixelWeights.RULE
                                + ", got NaN",
                        () -> Combined.builder().add(nan, loss)),
                refusal(
                        "weight must be finite and not negative, "
                                + PixelWeights.RULE
                                + ", got Infinity",
                        () -> Combined.builder().add(inf, loss)),
                refusal("loss must be given, got null", () -> Combined.builder().add(1, null)),
                refusal("weight must be given, got null", () -> Combined.builder().add(null, loss)),
                refusal(
                        "weight must be either a number or a schedule, got neither",
                        () -> new Combined.Term(null, null, loss)),
                refusal(
                        "weight must be either a number or a schedule,"
                                + " got 1.0 and FixedSchedule(value=2.0)",
                        () -> new Combined.Term(1.0, new FixedSchedule(2), loss)),
                refusal(
                        "loss must be given, got null",
                        () -> Combined.builder().add(new FixedSchedule(2), null)),
                refusal(
                        "weight must be finite and not negative, "
                                + PixelWeights.RULE
                                + ", got -2.0 from FixedSchedule(value=-2.0) at iteration 7,"
                                + " epoch 3, of "
                                + loss.getClass().getSimpleName(),
                        () -> new Combined.Term(null, new FixedSchedule(-2), loss).weightAt(7, 3)),
                refusal(
                        "terms must be defined in a common mode, got "
                                + loss.getClass().getSimpleName()
                                + " [MULTICLASS], LovaszHinge [BINARY, MULTILABEL]",
                        () ->
                                Combined.builder()
                                        .add(1, loss)
                                        .add(1, LovaszHinge.builder().build())
                                        .build()),
                refusal(
                        "terms must be defined in a common mode, got LovaszHinge [MULTILABEL],"
                                + " Boundary [BINARY]",
                        () ->
                                Combined.builder()
                                        .add(1, LovaszHinge.builder().mode(Mode.MULTILABEL).build())
                                        .add(1, Boundary.builder().mode(Mode.BINARY).build())
                                        .build()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refusals")
    void refuses(String message, ThrowingCallable building) {
        assertThatThrownBy(building)
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void defaults() {
        assertThat(CrossEntropy.builder().build())
                .isEqualTo(new CrossEntropy(0, List.of(), -100, NormalizeBy.VALID));
        assertThat(OhemCrossEntropy.builder().build())
                .isEqualTo(new OhemCrossEntropy(0.6, 0, List.of(), 255));
        assertThat(LovaszSoftmax.builder().build())
                .isEqualTo(
                        new LovaszSoftmax(
                                true, List.of(), AbsentClass.EXCLUDE, List.of(), null, null));
        assertThat(LovaszHinge.builder().build())
                .isEqualTo(new LovaszHinge(true, false, null, null));
        assertThat(Boundary.builder().build())
                .isEqualTo(new Boundary(3, 5, AbsentClass.PENALIZE, false, null, null));
        assertThat(Boundary.builder().gdl().build())
                .isEqualTo(new Boundary(19, 19, AbsentClass.PENALIZE, false, null, null));
        assertThat(Surface.builder().build())
                .isEqualTo(new Surface(List.of(), AbsentClass.ZERO, List.of(), null, null));
        assertThat(new LovaszSoftmax(true, null, AbsentClass.ZERO, null, null, null).classes())
                .isEmpty();
    }

    @Test
    void modes() {
        assertThat(LovaszSoftmax.builder().build().modes())
                .containsExactly(Mode.MULTICLASS, Mode.BINARY);
        assertThat(LovaszHinge.builder().build().modes())
                .containsExactly(Mode.BINARY, Mode.MULTILABEL);
        Combined sum =
                Combined.builder()
                        .add(1, Boundary.builder().build())
                        .add(1, LovaszSoftmax.builder().mode(Mode.BINARY).build())
                        .build();
        assertThat(sum.modes()).containsExactly(Mode.BINARY);
        assertThat(sum.mode()).isEqualTo(Mode.BINARY);
    }

    /** All draws of parameters of all losses. */
    static Stream<SegmentationLoss> definitions() {
        return Subject.all().stream()
                .flatMap(s -> Stream.iterate(0, i -> i < 21, i -> i + 1).map(i -> s.draw(i, 1)))
                .map(Subject.Draw::loss);
    }

    @Test
    void equalDefinitionsAreEqualAndOthersAreNot() {
        List<SegmentationLoss> first = definitions().toList();
        List<SegmentationLoss> second = definitions().toList();
        assertThat(first).isEqualTo(second);
        for (int i = 0; i < first.size(); i++) {
            assertThat(first.get(i)).hasSameHashCodeAs(second.get(i));
            for (int j = 0; j < first.size(); j++) {
                // toString names every parameter, so it tells definitions apart as equals does
                boolean same = first.get(i).toString().equals(first.get(j).toString());
                assertThat(first.get(i).equals(second.get(j))).isEqualTo(same);
            }
        }
        assertThat(Boundary.builder().theta(7).ignoreIndex(255).build())
                .hasToString(
                        "Boundary[theta0=3, theta=7, absentClass=PENALIZE, complement=false,"
                                + " ignoreIndex=255, mode=null]");
    }

    @Test
    void lists() {
        double[] weights = {1, 2};
        CrossEntropy.Builder<CrossEntropy> builder = CrossEntropy.builder().classWeights(weights);
        CrossEntropy loss = builder.build();
        weights[0] = 5;
        builder.classWeights(7, 7, 7);
        assertThat(loss.classWeights()).containsExactly(1.0, 2.0);
        assertThatThrownBy(() -> loss.classWeights().add(3.0))
                .isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void survivesJson() throws Exception {
        ObjectMapper mapper = new ObjectMapper();
        for (SegmentationLoss loss : definitions().toList()) {
            String json = mapper.writeValueAsString(loss);
            assertThat(mapper.readValue(json, SegmentationLoss.class)).as(json).isEqualTo(loss);
        }
        String json = mapper.writeValueAsString(Boundary.builder().build());
        assertThat(json)
                .isEqualTo(
                        "{\"@class\":\"org.seglosses.samediff.loss.Boundary\",\"theta0\":3,"
                                + "\"theta\":5,\"absentClass\":\"PENALIZE\",\"complement\":false,"
                                + "\"ignoreIndex\":null,\"mode\":null}");
        assertThatThrownBy(
                        () ->
                                mapper.readValue(
                                        json.replace("\"theta\":5", "\"theta\":6"),
                                        SegmentationLoss.class))
                .isInstanceOf(ValueInstantiationException.class)
                .cause()
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage("theta must be odd and between 3 and 32767, got 6");
    }

    /**
     * A loss of a user's own, without a builder.
     *
     * @param power without a default
     * @param ignoreIndex null by default
     */
    record Own(double power, Integer ignoreIndex) implements SegmentationLoss {

        @Override
        public Set<Mode> modes() {
            return Set.of(Mode.BINARY);
        }

        @Override
        public SDVariable groupLosses(LossGraph graph, boolean eachImage) {
            throw new UnsupportedOperationException();
        }

        @Override
        public LossParts parts(LossGraph graph) {
            throw new UnsupportedOperationException();
        }
    }

    private static String json(Class<?> type, String properties) {
        return "{\"@class\":\"" + type.getName() + "\"" + properties + "}";
    }

    @Test
    void whatIsMissingInJsonIsTheDefault() throws Exception {
        ObjectMapper mapper = new ObjectMapper();
        String own = json(Own.class, ",\"power\":2");
        assertThat(mapper.readValue(json(Focal.class, ""), SegmentationLoss.class))
                .isEqualTo(Focal.builder().build());
        assertThat(
                        mapper.readValue(
                                "{\"gamma\":3," + json(Focal.class, "").substring(1), Focal.class))
                .isEqualTo(Focal.builder().gamma(3).build());
        assertThat(mapper.readValue(own, SegmentationLoss.class)).isEqualTo(new Own(2, null));
        String all = mapper.writeValueAsString(new Own(2, 7));
        assertThat(mapper.readValue(all, SegmentationLoss.class)).isEqualTo(new Own(2, 7));
    }

    static Stream<Arguments> unreadable() {
        return Stream.of(
                Arguments.of(json(Own.class, ""), "power of Own must be given, got none"),
                Arguments.of(
                        json(Own.class, ",\"power\":null"), "power of Own must be given, got null"),
                Arguments.of(
                        json(Own.class, ",\"power\":1,\"more\":2"),
                        "properties of Own must be among [power, ignoreIndex], got more"),
                Arguments.of(json(Combined.class, ""), "terms must be at least one, got []"),
                Arguments.of(
                        json(Combined.class, ",\"terms\":[{\"weight\":1,\"los\":null}]"),
                        "properties of Term must be among [weight, schedule, loss], got los"),
                Arguments.of(
                        json(Focal.class, ",\"gamma\":\"\""),
                        "gamma must be given, or left out for its default, got an empty text"),
                Arguments.of(
                        json(CrossEntropy.class, ",\"ignoreIndex\":\" \""),
                        "ignoreIndex must be given, or left out for its default, got an empty"
                                + " text"),
                Arguments.of(
                        json(Duo.class, ",\"lovasz\":{\"perImage\":\"\"}"),
                        "perImage must be given, or left out for its default, got an empty text"),
                Arguments.of(
                        json(Boundary.class, ",\"theta\":3000000001"),
                        "theta must be whole, below 2^31, got 3.000000001E9"));
    }

    @ParameterizedTest
    @MethodSource("unreadable")
    void refusesJson(String json, String message) {
        assertThatThrownBy(() -> new ObjectMapper().readValue(json, SegmentationLoss.class))
                .rootCause()
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void survivesJavaSerialization() throws Exception {
        for (SegmentationLoss loss : definitions().toList()) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
                out.writeObject(loss);
            }
            try (ObjectInputStream in =
                    new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
                assertThat(in.readObject()).isEqualTo(loss);
            }
        }
    }

    /** {@code 3 CE + 0.5 (2 Lovasz + step Boundary) + poly OHEM}. */
    private static Combined scheduled() {
        Combined inner =
                Combined.builder()
                        .add(2, LovaszSoftmax.builder().build())
                        .add(
                                new StepSchedule(ScheduleType.EPOCH, 1, 0.5, 10),
                                Boundary.builder().build())
                        .build();
        return Combined.builder()
                .add(new FixedSchedule(3), CrossEntropy.builder().build())
                .add(0.5, inner)
                .add(
                        new PolySchedule(ScheduleType.ITERATION, 1, 1, 100),
                        OhemCrossEntropy.builder().build())
                .build();
    }

    @Test
    void schedules() {
        Combined sum = scheduled();
        assertThat(sum.scheduledTerms())
                .extracting(term -> term.loss().getClass().getSimpleName())
                .containsExactly("Boundary", "CrossEntropy", "OhemCrossEntropy");
        assertThat(sum.scheduledTerms())
                .extracting(term -> term.weightAt(25, 20))
                // ND4J's PolySchedule grows until its end: (1 + 25/100)
                .containsExactly(0.25, 3.0, 1.25);
        assertThat(sum.terms().get(1).weightAt(25, 20)).isEqualTo(0.5);
        SegmentationLoss same = sum.withSchedules(new FixedSchedule(1));
        assertThat(same.scheduledTerms())
                .extracting(Combined.Term::schedule)
                .containsOnly(new FixedSchedule(1));
        assertThat(same).isNotEqualTo(sum).isEqualTo(same.withSchedules(new FixedSchedule(1)));
        assertThat(CrossEntropy.builder().build().scheduledTerms()).isEmpty();
        assertThat(sum).isEqualTo(scheduled()).hasSameHashCodeAs(scheduled());
    }

    @Test
    void schedulesSurviveJson() throws Exception {
        ObjectMapper mapper = new ObjectMapper();
        String json = mapper.writeValueAsString(scheduled());
        assertThat(mapper.readValue(json, SegmentationLoss.class)).isEqualTo(scheduled());
        String constant =
                mapper.writeValueAsString(
                        new Combined.Term(0.5, null, Boundary.builder().gdl().build()));
        assertThat(constant).startsWith("{\"weight\":0.5,\"loss\":{").doesNotContain("schedule");
    }

    /** Nothing knows the time in a graph of one's own; nothing is added to it. */
    @Test
    void refusesSchedulesInAGraph() {
        SameDiff sd = SameDiff.create();
        SDVariable y = sd.placeHolder("y", DataType.INT32, -1, 8, 8);
        SDVariable z = sd.placeHolder("z", DataType.FLOAT16, -1, 3, 8, 8);
        Combined sum = scheduled();
        for (ThrowingCallable use :
                List.<ThrowingCallable>of(
                        () -> sum.define(sd, "loss", y, z),
                        () -> sum.defineOnProbabilities(sd, "loss", y, z, null),
                        () -> LossGraph.ofLogits(sum, null, y, z, null))) {
            assertThatThrownBy(use)
                    .isExactlyInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "weight must be a constant in a graph of one's own, got "
                                    + "StepSchedule(scheduleType=EPOCH, initialValue=1.0,"
                                    + " decayRate=0.5, step=10.0) for "
                                    + "Boundary: SegmentationLossLayer alone knows iteration and epoch");
        }
        assertThat(sd.variables()).containsExactlyInAnyOrder(y, z);
        assertThat(sd.ops()).isEmpty();
    }

    /** Weights are asked for in the order of the terms that are scheduled. */
    @Test
    void weightsOfAGraph() {
        SameDiff sd = SameDiff.create();
        SDVariable y = sd.placeHolder("y", DataType.INT32, 1, 1, 1);
        SDVariable z = sd.placeHolder("z", DataType.DOUBLE, 1, 2, 1, 1);
        List<Double> values = new ArrayList<>(List.of(10.0, 100.0, 1000.0));
        Combined sum = scheduled();
        SDVariable loss =
                sum.loss(
                        LossGraph.ofLogits(
                                sum,
                                null,
                                y,
                                z,
                                null,
                                type -> sd.constant(Nd4j.scalar(type, values.remove(0)))));
        Map<String, INDArray> inputs =
                Map.of(
                        "y", Nd4j.zeros(DataType.INT32, 1, 1, 1),
                        "z", Nd4j.zeros(DataType.DOUBLE, 1, 2, 1, 1));
        // p = 1/2: Lovasz 1/2, Boundary 1 (there is none), cross entropies ln 2
        double expected = 0.5 * (2 * 0.5 + 10 * 1) + 100 * Math.log(2) + 1000 * Math.log(2);
        assertThat(sd.outputSingle(inputs, loss.name()).getDouble(0))
                .isCloseTo(expected, within(1e-9));
        assertThat(values).isEmpty();
    }

    private static final SameDiff GRAPH = SameDiff.create();

    private static SDVariable placeholder(DataType type, long... shape) {
        return GRAPH.placeHolder("p" + GRAPH.variables().size(), type, shape);
    }

    private static Arguments misuse(
            String message, SegmentationLoss loss, SDVariable labels, SDVariable logits) {
        return Arguments.of(message, loss, labels, logits);
    }

    static Stream<Arguments> misuses() {
        SDVariable y = placeholder(DataType.INT32, -1, 8, 8);
        SDVariable three = placeholder(DataType.FLOAT, -1, 3, 8, 8);
        SDVariable one = placeholder(DataType.FLOAT, -1, 1, 8, 8);
        SDVariable flat = placeholder(DataType.FLOAT, -1, 3);
        SDVariable ints = placeholder(DataType.INT32, -1, 3, 8, 8);
        SDVariable elsewhere = SameDiff.create().placeHolder("y", DataType.FLOAT, -1, 8, 8);
        CrossEntropy ce = CrossEntropy.builder().build();
        LovaszHinge hinge = LovaszHinge.builder().build();
        return Stream.of(
                misuse("labels must be given, got null", ce, null, three),
                misuse("logits must be given, got null", ce, y, null),
                misuse("logits must be of a floating-point type, got INT", ce, y, ints),
                misuse("logits must be of shape [N,C,H,W], got [-1, 3]", ce, y, flat),
                misuse(
                        "logits must have at least 2 channels in mode MULTICLASS, got [-1, 1, 8, 8]: the softmax of 1 channel is always 1",
                        Boundary.builder().mode(Mode.MULTICLASS).build(),
                        y,
                        one),
                misuse(
                        "logits must have 1 channel in mode BINARY, got [-1, 3, 8, 8]",
                        LovaszHinge.builder().mode(Mode.BINARY).build(),
                        y,
                        three),
                misuse(
                        "mode must be MULTICLASS for CrossEntropy, got BINARY, which logits of 1"
                                + " channel mean, [-1, 1, 8, 8]; give it 2 channels, or take a loss"
                                + " for 1 channel, as SoftBce",
                        ce,
                        y,
                        one),
                misuse(
                        "mode must be BINARY or MULTILABEL for LovaszHinge, got MULTICLASS, which"
                                + " logits of 3 channels mean, [-1, 3, 8, 8]; name the mode,"
                                + " mode(Mode.MULTILABEL), if each channel is a yes or no, or take a"
                                + " loss for classes, as CrossEntropy",
                        hinge,
                        y,
                        three),
                misuse(
                        "mode must be BINARY for Mcc, got MULTICLASS, which logits of 3 channels"
                                + " mean, [-1, 3, 8, 8]; give it 1 channel, or take a loss for"
                                + " classes, as CrossEntropy",
                        Mcc.builder().build(),
                        y,
                        three),
                misuse(
                        "mode must be MULTICLASS for term 1, CrossEntropy and term 2.1,"
                                + " CrossEntropy, got BINARY, which logits of 1 channel mean, [-1,"
                                + " 1, 8, 8]; give it 2 channels, or take a loss for 1 channel, as"
                                + " SoftBce",
                        Combined.builder()
                                .add(1, ce)
                                .add(
                                        1,
                                        Combined.builder()
                                                .add(1, ce)
                                                .add(1, Dice.builder().build())
                                                .build())
                                .build(),
                        y,
                        one),
                misuse("labels must be a variable of sd, got y", ce, elsewhere, three));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("misuses")
    void refusesVariables(
            String message, SegmentationLoss loss, SDVariable labels, SDVariable logits) {
        assertThatThrownBy(() -> loss.define(GRAPH, "loss", labels, logits))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void refusesAnotherGraph() {
        SameDiff other = SameDiff.create();
        SDVariable y = placeholder(DataType.INT32, -1, 8, 8);
        SDVariable z = placeholder(DataType.FLOAT, -1, 3, 8, 8);
        SDVariable mask = other.constant(Nd4j.ones(1, 8, 8));
        CrossEntropy loss = CrossEntropy.builder().build();
        assertThatThrownBy(() -> loss.define(GRAPH, "loss", y, z, mask))
                .hasMessage("mask must be a variable of sd, got " + mask.name());
        assertThatThrownBy(() -> loss.define(other, "loss", y, z))
                .hasMessage("labels must be a variable of sd, got " + y.name());
        assertThatThrownBy(() -> loss.define(GRAPH, z.name(), y, z))
                .hasMessage("name must be free in the graph, got " + z.name());
        assertThatThrownBy(() -> loss.define(null, "loss", y, z))
                .hasMessage("sd must be given, got null");
        assertThatThrownBy(() -> loss.define(GRAPH, null, y, z))
                .hasMessage("name must be given, got null");
    }

    /** SameDiff does not know the shape of what it computes: the loss takes its first mode. */
    @Test
    void logitsOfUnknownChannels() {
        SameDiff sd = SameDiff.create();
        SDVariable y = sd.placeHolder("y", DataType.INT32, -1, 2, 2);
        SDVariable z = sd.placeHolder("z", DataType.FLOAT, -1, -1, 2, 2);
        Boundary boundary = Boundary.builder().build();
        boundary.define(sd, "loss", y, z.mul(1));
        Map<String, INDArray> fits =
                Map.of("y", Nd4j.zeros(DataType.INT32, 1, 2, 2), "z", Nd4j.ones(1, 3, 2, 2));
        assertThat(sd.outputSingle(fits, "loss").getDouble(0)).isEqualTo(1);
        Map<String, INDArray> single =
                Map.of("y", Nd4j.zeros(DataType.INT32, 1, 2, 2), "z", Nd4j.ones(1, 1, 2, 2));
        assertThatThrownBy(() -> sd.outputSingle(single, "loss"))
                .hasStackTraceContaining("logits must have at least 2 channels for softmax");
    }
}
