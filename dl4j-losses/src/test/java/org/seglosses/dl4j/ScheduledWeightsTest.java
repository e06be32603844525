package org.seglosses.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.schedule.CycleSchedule;
import org.nd4j.linalg.schedule.ExponentialSchedule;
import org.nd4j.linalg.schedule.FixedSchedule;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.InverseSchedule;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.PolySchedule;
import org.nd4j.linalg.schedule.RampSchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.SigmoidSchedule;
import org.nd4j.linalg.schedule.StepSchedule;
import org.nd4j.shade.jackson.databind.ObjectMapper;
import org.seglosses.samediff.loss.Boundary;
import org.seglosses.samediff.loss.Combined;
import org.seglosses.samediff.loss.CrossEntropy;
import org.seglosses.samediff.loss.LovaszSoftmax;
import org.seglosses.samediff.loss.Mode;
import org.seglosses.samediff.loss.OhemCrossEntropy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.List;

/** Sums whose weights follow schedules, through the loss function; in networks elsewhere. */
class ScheduledWeightsTest {

    private static final CrossEntropy CROSS_ENTROPY =
            CrossEntropy.builder().ignoreIndex(Sample.VOID).build();
    private static final Boundary BOUNDARY = Boundary.builder().ignoreIndex(Sample.VOID).build();
    private static final LovaszSoftmax LOVASZ =
            LovaszSoftmax.builder().ignoreIndex(Sample.VOID).build();
    private static final OhemCrossEntropy OHEM = OhemCrossEntropy.builder().thresh(0.3).build();

    @BeforeEach
    @AfterEach
    void cold() {
        LossPrograms.clear();
    }

    private static ISchedule steps() {
        return new MapSchedule.Builder(ScheduleType.ITERATION)
                .add(0, 0)
                .add(1, 0.7)
                .add(5, 2)
                .build();
    }

    private static ISchedule epochs() {
        return new MapSchedule.Builder(ScheduleType.EPOCH).add(0, 1).add(1, 0.25).build();
    }

    /** {@code 0.5 CE + steps Boundary + epochs (2 Lovasz + 3 * 0.5^iteration OHEM)}. */
    private static LossCombined nested() {
        return LossCombined.builder()
                .add(0.5, CROSS_ENTROPY)
                .add(steps(), new LossBoundary(BOUNDARY))
                .add(
                        epochs(),
                        Combined.builder()
                                .add(2, LOVASZ)
                                .add(new ExponentialSchedule(ScheduleType.ITERATION, 3, 0.5), OHEM)
                                .build())
                .build();
    }

    /** Times, and by hand the weights of CE, Boundary, Lovasz and OHEM at them. */
    private static final double[][] TIMES = {
        {0, 0, 0.5, 0, 2, 3},
        {1, 0, 0.5, 0.7, 2, 1.5},
        {4, 1, 0.5, 0.7, 0.5, 0.25 * 3 / 16},
        {5, 1, 0.5, 2, 0.5, 0.25 * 3 / 32},
        {9, 2, 0.5, 2, 0.5, 0.25 * 3 / 512}
    };

    private record Outcome(
            double score, double[] gradient, double[] images, List<LossComponent> components) {

        static Outcome of(SegmentationLossFunction<?> loss, Sample sample, TrainingTime time) {
            INDArray gradient = Nd4j.create(sample.type(), sample.logits().shape());
            LossScore score =
                    loss.computeScoreAndGradient(
                            sample.classes(),
                            sample.logits(),
                            sample.activationFunction(),
                            null,
                            gradient,
                            time);
            double alone =
                    loss.computeScore(
                            sample.classes(),
                            sample.logits(),
                            sample.activationFunction(),
                            null,
                            time);
            assertThat(alone).isEqualTo(score.score());
            INDArray images =
                    loss.computeScoreArray(
                            sample.classes(),
                            sample.logits(),
                            sample.activationFunction(),
                            null,
                            time);
            return new Outcome(
                    score.score(), doubles(gradient), doubles(images), score.components());
        }
    }

    private static double[] doubles(INDArray array) {
        return array.dup('c').castTo(DataType.DOUBLE).data().asDouble();
    }

    private static TrainingTime time(int iteration, int epoch) {
        return new TrainingTime(iteration, epoch);
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void theSumOfTheSingleLosses(DataType type) {
        Sample sample = Sample.of(Mode.MULTICLASS, type, 301).withVoid();
        double tolerance = type == DataType.DOUBLE ? 1e-12 : 3e-6;
        List<Outcome> single =
                List.of(
                        Outcome.of(new LossCrossEntropy(CROSS_ENTROPY), sample, null),
                        Outcome.of(new LossBoundary(BOUNDARY), sample, null),
                        Outcome.of(new LossLovaszSoftmax(LOVASZ), sample, null),
                        Outcome.of(new LossOhemCrossEntropy(OHEM), sample, null));
        for (double[] at : TIMES) {
            Outcome sum = Outcome.of(nested(), sample, time((int) at[0], (int) at[1]));
            double score = 0;
            double[] gradient = new double[sum.gradient.length];
            double[] images = new double[sum.images.length];
            for (int k = 0; k < single.size(); k++) {
                double weight = at[2 + k];
                score += weight * single.get(k).score;
                for (int i = 0; i < gradient.length; i++) {
                    gradient[i] += weight * single.get(k).gradient[i];
                }
                for (int i = 0; i < images.length; i++) {
                    images[i] += weight * single.get(k).images[i];
                }
            }
            assertThat(sum.score).isCloseTo(score, within(tolerance * score));
            assertThat(sum.gradient).containsExactly(gradient, within(tolerance));
            assertThat(sum.images).containsExactly(images, within(tolerance * score));
        }
    }

    @Test
    void components() {
        Sample sample = Sample.of(Mode.MULTICLASS, DataType.DOUBLE, 302).withVoid();
        Outcome crossEntropy = Outcome.of(new LossCrossEntropy(CROSS_ENTROPY), sample, null);
        Outcome boundary = Outcome.of(new LossBoundary(BOUNDARY), sample, null);
        Outcome lovasz = Outcome.of(new LossLovaszSoftmax(LOVASZ), sample, null);
        Outcome ohem = Outcome.of(new LossOhemCrossEntropy(OHEM), sample, null);
        int n = Sample.IMAGES;
        for (double[] at : TIMES) {
            Outcome sum = Outcome.of(nested(), sample, time((int) at[0], (int) at[1]));
            assertThat(sum.components)
                    .extracting(LossComponent::name)
                    .containsExactly("CrossEntropy", "Boundary", "Combined");
            double outer = at[1] == 0 ? 1 : 0.25;
            assertThat(sum.components)
                    .extracting(LossComponent::weight)
                    .containsExactly(0.5, at[3], outer);
            double[] values = sum.components.stream().mapToDouble(LossComponent::value).toArray();
            double inner = (at[4] * lovasz.score + at[5] * ohem.score) / outer / n;
            assertThat(values)
                    .containsExactly(
                            new double[] {crossEntropy.score / n, boundary.score / n, inner},
                            within(1e-12));
            double total = sum.components.stream().mapToDouble(c -> c.weight() * c.value()).sum();
            assertThat(n * total).isCloseTo(sum.score, within(1e-12));
        }
        assertThat(boundary.components)
                .containsExactly(new LossComponent(BOUNDARY, 1, boundary.score / n));
        assertThat(boundary.components.get(0)).hasToString("1.0 * Boundary " + boundary.score / n);
    }

    /** As a constant in the place of the schedule, to the bit. */
    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE", "HALF"})
    void fixedSchedulesAreConstants(DataType type) {
        Sample sample = Sample.of(Mode.MULTICLASS, type, 303).withVoid();
        for (double weight : new double[] {0, 0.3, 1, 1e-10, 1e10}) {
            Outcome constant =
                    Outcome.of(
                            LossCombined.builder().add(weight, BOUNDARY).add(0.7, OHEM).build(),
                            sample,
                            null);
            Outcome fixed =
                    Outcome.of(
                            LossCombined.builder()
                                    .add(new FixedSchedule(weight), BOUNDARY)
                                    .add(new FixedSchedule(0.7), OHEM)
                                    .build(),
                            sample,
                            time(3, 1));
            assertThat(fixed.score).isEqualTo(constant.score);
            assertThat(fixed.gradient).isEqualTo(constant.gradient);
            assertThat(fixed.images).isEqualTo(constant.images);
            assertThat(fixed.components).isEqualTo(constant.components);
        }
    }

    /** Rows of images, as from DL4J's own layers, for those who call the loss themselves. */
    @Test
    void flatRows() {
        Sample sample = Sample.of(Mode.MULTICLASS, DataType.DOUBLE, 304).withVoid();
        Outcome whole = Outcome.of(nested(), sample, time(4, 1));
        INDArray logits = Sample.rows(sample.logits());
        INDArray gradient = Nd4j.create(DataType.DOUBLE, logits.shape());
        LossScore score =
                nested().imageSize(Sample.HEIGHT, Sample.WIDTH)
                        .computeScoreAndGradient(
                                Sample.rows(sample.classes()),
                                logits,
                                sample.activationFunction(),
                                null,
                                gradient,
                                time(4, 1));
        assertThat(score).isEqualTo(new LossScore(whole.score, whole.components));
    }

    /** A value that changes is an input: nothing is compiled for it. */
    @Test
    void programsServeAllTimesAndSchedules() {
        Sample sample = Sample.of(Mode.MULTICLASS, DataType.FLOAT, 305);
        Outcome.of(nested(), sample, time(0, 0));
        List<LossProgram> programs = LossPrograms.idle();
        assertThat(programs).hasSize(3);
        for (int i = 1; i < 20; i++) {
            Outcome.of(nested(), sample, time(i, i / 3));
        }
        assertThat(LossPrograms.idle()).containsExactlyInAnyOrderElementsOf(programs);
        LossCombined one = LossCombined.builder().add(new Unequal(1), OHEM).build();
        LossCombined two = LossCombined.builder().add(new Unequal(2), OHEM).build();
        LossPrograms.clear();
        double first = Outcome.of(one, sample, time(0, 0)).score;
        assertThat(Outcome.of(two, sample, time(0, 0)).score).isEqualTo(2 * first);
        assertThat(LossPrograms.idle()).hasSize(3);
        // a constant is no schedule
        Outcome.of(LossCombined.builder().add(1, OHEM).build(), sample, null);
        assertThat(LossPrograms.idle()).hasSize(6);
    }

    /** A schedule as a user may write it, without equals. */
    private static final class Unequal implements ISchedule {

        private static final long serialVersionUID = 1L;

        private final double value;

        Unequal(double value) {
            this.value = value;
        }

        @Override
        public double valueAt(int iteration, int epoch) {
            return value;
        }

        @Override
        public ISchedule clone() {
            return new Unequal(value);
        }

        @Override
        public String toString() {
            return "Unequal(" + value + ")";
        }
    }

    @Test
    void withoutATimeSchedulesAreRefused() {
        Sample sample = Sample.of(Mode.MULTICLASS, DataType.FLOAT, 306);
        LossCombined loss = nested().imageSize(Sample.HEIGHT, Sample.WIDTH);
        INDArray rows = Sample.rows(sample.logits());
        INDArray labels = Sample.rows(sample.oneHot());
        INDArray gradient = Nd4j.valueArrayOf(rows.shape(), 7.0, DataType.FLOAT);
        var activation = sample.activationFunction();
        List<ThrowingCallable> calls =
                List.of(
                        () -> loss.computeScore(labels, rows, activation, null, true),
                        () -> loss.computeScore(labels, rows, activation, null, false),
                        () -> loss.computeScoreArray(labels, rows, activation, null),
                        () -> loss.computeGradient(labels, rows, activation, null),
                        () -> loss.computeGradientAndScore(labels, rows, activation, null, false),
                        () ->
                                loss.computeScoreAndGradient(
                                        labels, rows, activation, null, gradient));
        for (ThrowingCallable call : calls) {
            assertThatThrownBy(call)
                    .isExactlyInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll(
                            "weight must be a constant for LossCombined",
                            "ExponentialSchedule(scheduleType=ITERATION",
                            "OhemCrossEntropy",
                            "SegmentationLossLayer");
        }
        assertThat(doubles(gradient)).containsOnly(7);
        assertThat(LossPrograms.idle()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(doubles = {-1, Double.NaN, Double.POSITIVE_INFINITY, 1e-11, 1.1e10, -0.5})
    void valuesThatAreNoWeights(double bad) {
        ISchedule schedule =
                new MapSchedule.Builder(ScheduleType.ITERATION)
                        .add(0, 0.5)
                        .add(12, bad)
                        .add(13, 0.5)
                        .build();
        LossCombined loss =
                LossCombined.builder()
                        .add(1, Combined.builder().add(schedule, BOUNDARY).build())
                        .build();
        Sample sample = Sample.of(Mode.MULTICLASS, DataType.FLOAT, 307);
        Outcome good = Outcome.of(loss, sample, time(11, 3));
        assertThatThrownBy(() -> Outcome.of(loss, sample, time(12, 3)))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(
                        "weight must be finite and not negative, 0 or between 1e-10 and 1e10, got "
                                + bad
                                + " from MapSchedule(")
                .hasMessageContainingAll("at iteration 12, epoch 3", "of Boundary");
        assertThat(Outcome.of(loss, sample, time(13, 3)).score).isEqualTo(good.score);
    }

    @Test
    void badParameters() {
        assertThatThrownBy(() -> time(-1, 0))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage("iteration and epoch must be at least 0, got -1 and 0");
        assertThatThrownBy(() -> time(0, -2))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("-2");
        assertThatThrownBy(() -> LossCombined.builder().add(null, BOUNDARY))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage("weight must be given, got null");
        assertThatThrownBy(
                        () ->
                                LossCombined.builder()
                                        .add(steps(), new LossBoundary(BOUNDARY).imageSize(3, 4)))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("imageSize", "3 x 4");
        assertThatThrownBy(
                        () ->
                                LossCombined.builder()
                                        .add(steps(), (SegmentationLossFunction<?>) null))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage("loss must be given, got null");
    }

    private static List<ISchedule> schedules() {
        return List.of(
                new FixedSchedule(0.5),
                steps(),
                new StepSchedule(ScheduleType.EPOCH, 1, 0.5, 10),
                new ExponentialSchedule(ScheduleType.ITERATION, 1, 0.9),
                new InverseSchedule(ScheduleType.EPOCH, 1, 0.1, 2),
                new PolySchedule(ScheduleType.EPOCH, 0.5, 1, 50),
                new SigmoidSchedule(ScheduleType.ITERATION, 1, 0.1, 20),
                new CycleSchedule(ScheduleType.ITERATION, 0.1, 1, 20, 4, 0.1));
    }

    private static Object throughJava(Object object) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(object);
        }
        try (ObjectInputStream in =
                new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            return in.readObject();
        }
    }

    @Test
    void serialization() throws Exception {
        Sample sample = Sample.of(Mode.MULTICLASS, DataType.FLOAT, 308);
        for (ISchedule schedule : schedules()) {
            LossCombined loss =
                    LossCombined.builder().add(1, CROSS_ENTROPY).add(schedule, BOUNDARY).build();
            double score = Outcome.of(loss, sample, time(7, 3)).score;
            for (ObjectMapper mapper :
                    List.of(NeuralNetConfiguration.mapper(), NeuralNetConfiguration.mapperYaml())) {
                String text = mapper.writeValueAsString(loss);
                ILossFunction back = mapper.readValue(text, ILossFunction.class);
                assertThat(back)
                        .isEqualTo(loss)
                        .hasSameHashCodeAs(loss)
                        .hasToString(loss.toString());
                assertThat(Outcome.of((LossCombined) back, sample, time(7, 3)).score)
                        .isEqualTo(score);
            }
            assertThat(throughJava(loss)).isEqualTo(loss).hasSameHashCodeAs(loss);
            MultiLayerConfiguration conf = Networks.of(loss, Mode.MULTICLASS).layersConfiguration();
            assertThat(MultiLayerConfiguration.fromJson(conf.toJson())).isEqualTo(conf);
            assertThat(MultiLayerConfiguration.fromYaml(conf.toYaml())).isEqualTo(conf);
            assertThat(conf.clone()).isEqualTo(conf);
        }
    }

    /** Each kind of weight writes itself alone, so that files of constants stay as they were. */
    @Test
    void json() throws Exception {
        String text =
                NeuralNetConfiguration.mapper()
                        .writeValueAsString(
                                LossCombined.builder()
                                        .add(0.5, CROSS_ENTROPY)
                                        .add(new FixedSchedule(2), BOUNDARY)
                                        .build())
                        .replaceAll("\\s", "");
        assertThat(text)
                .containsOnlyOnce("\"weight\":0.5")
                .containsOnlyOnce(
                        "\"schedule\":{\"@class\":\"org.nd4j.linalg.schedule.FixedSchedule\",\"value\":2.0}")
                .doesNotContain("\"schedule\":null", "\"weight\":null", "\"weight\":0.0");
        String unknown = text.replace("\"weight\":0.5", "\"weigth\":0.5");
        assertThatThrownBy(
                        () ->
                                NeuralNetConfiguration.mapper()
                                        .readValue(unknown, ILossFunction.class))
                .rootCause()
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "properties of Term must be among [weight, schedule, loss], got weigth");
        String neither = text.replace(",\"weight\":0.5", "");
        assertThat(neither).isNotEqualTo(text);
        assertThatThrownBy(
                        () ->
                                NeuralNetConfiguration.mapper()
                                        .readValue(neither, ILossFunction.class))
                .rootCause()
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage("weight must be either a number or a schedule, got neither");
    }

    /** What the Javadoc warns of: if ND4J mends it, the warning goes. */
    @Test
    void rampSchedulesCannotBeReadBack() throws Exception {
        LossCombined loss =
                LossCombined.builder()
                        .add(new RampSchedule(new FixedSchedule(1), 10), BOUNDARY)
                        .build();
        Sample sample = Sample.of(Mode.MULTICLASS, DataType.FLOAT, 309);
        assertThat(Outcome.of(loss, sample, time(4, 0)).score)
                .isCloseTo(0.5 * Outcome.of(loss, sample, time(9, 0)).score, within(1e-6));
        assertThat(throughJava(loss)).isNotEqualTo(loss);
        ObjectMapper mapper = NeuralNetConfiguration.mapper();
        String text = mapper.writeValueAsString(loss);
        assertThatThrownBy(() -> mapper.readValue(text, ILossFunction.class))
                .hasMessageContaining("RampSchedule");
    }

    @Test
    void equality() {
        assertThat(nested()).isEqualTo(nested()).hasSameHashCodeAs(nested());
        LossCombined constant = LossCombined.builder().add(2, BOUNDARY).build();
        LossCombined fixed = LossCombined.builder().add(new FixedSchedule(2), BOUNDARY).build();
        assertThat(fixed)
                .isNotEqualTo(constant)
                .isNotEqualTo(LossCombined.builder().add(new FixedSchedule(3), BOUNDARY).build())
                .hasToString(
                        "LossCombined(Combined[terms=[Term[weight=FixedSchedule(value=2.0), loss="
                                + BOUNDARY
                                + "]]])");
    }
}
