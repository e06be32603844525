package org.seglosses.samediff.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.seglosses.samediff.loss.LossRun.Result;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;

/**
 * Every numeric parameter of every loss, at each end of what it may be: finite logits give finite
 * values and gradients. And just beyond the ends: refused by name.
 */
class ParameterBoundsTest {

    private static final Double NAN = Double.NaN;
    private static final Double INFINITE = Double.POSITIVE_INFINITY;

    /**
     * The ends of a parameter.
     *
     * @param allowed values that are in
     * @param refused values that are not
     */
    private record Ends(List<?> allowed, List<?> refused) {}

    private static final Ends SCALE =
            new Ends(
                    List.of(0.0, 1e-10, 1e10),
                    List.of(-1e-10, 0.99e-10, 1.01e10, 1e40, 1e155, NAN, INFINITE));

    private static final Ends POSITIVE =
            new Ends(
                    List.of(1e-10, 1e10),
                    List.of(-1.0, 0.0, 0.99e-10, 1e-20, 1.01e10, 1e155, NAN, INFINITE));

    private static final Ends POWER =
            new Ends(List.of(1e-10, 10.0), List.of(-1.0, 0.0, 0.99e-10, 10.01, NAN, INFINITE));

    private static final Ends SHARE =
            new Ends(List.of(0.0, 1e-300, 1.0), List.of(-1e-10, 1.01, NAN, INFINITE));

    private static final Ends WINDOW =
            new Ends(List.of(3, 32767), List.of(-3, 0, 1, 4, 32769, Integer.MAX_VALUE));

    private static final Set<String> NO_NUMBERS =
            Set.of(
                    "classes",
                    "absentClass",
                    "complement",
                    "ignoreIndex",
                    "mode",
                    "normalizeBy",
                    "weighting",
                    "smoothInPixels",
                    "perImage",
                    "squaredDenominator",
                    "logLoss",
                    "flatten",
                    "form",
                    "normalized",
                    "symmetric",
                    "schedule");

    /** A parameter that comes later must be named here, or among those that are no numbers. */
    private static Ends ends(Object owner, String name) {
        String of = owner.getClass().getSimpleName() + "." + name;
        return switch (of) {
            case "RegionOptions.smooth",
                    "RegionOptions.smoothDenominator",
                    "GeneralizedDice.smooth",
                    "Tversky.alpha",
                    "Tversky.beta",
                    "Poly1CrossEntropy.epsilon",
                    "ActiveContour.weight",
                    "Term.weight" ->
                    SCALE;
            case "RegionOptions.eps", "Mcc.eps", "GeneralizedDice.smoothDenominator" -> POSITIVE;
            case "FBeta.beta" ->
                    new Ends(
                            List.of(1e-5, 1e5),
                            List.of(-1.0, 0.0, 0.99e-5, 1.01e5, 1e155, NAN, INFINITE));
            case "Tversky.gamma" -> POWER;
            case "Focal.gamma" ->
                    new Ends(
                            List.of(0.0, 1e-10, 10.0),
                            List.of(-1.0, 0.99e-10, 10.01, NAN, INFINITE));
            case "Focal.alpha" ->
                    ((Focal) owner).form() == Focal.Form.ONE_VS_REST ? SHARE : POSITIVE;
            case "Focal.reducedThreshold" ->
                    ((Focal) owner).form() == Focal.Form.AGGREGATE
                            ? new Ends(List.of(), List.of(0.5))
                            : new Ends(
                                    List.of(threshold((Focal) owner), 1.0),
                                    List.of(-1.0, 0.0, 1e-20, 0.99e-10, 1.01, NAN, INFINITE));
            case "CrossEntropy.smoothing", "SoftBce.smoothing", "OhemCrossEntropy.thresh" -> SHARE;
            case "OhemCrossEntropy.minKept" ->
                    new Ends(List.of(0, Integer.MAX_VALUE), List.of(-1, Integer.MIN_VALUE));
            case "Boundary.theta0", "Boundary.theta" -> WINDOW;
            default -> {
                assertThat(NO_NUMBERS).as(of).contains(name);
                yield new Ends(List.of(), List.of());
            }
        };
    }

    /** The least; a bit more, as its power of gamma is rounded. */
    private static double threshold(Focal focal) {
        return focal.gamma() <= 1 ? 1e-10 : Math.pow(1e-10, 1 / focal.gamma()) * (1 + 1e-9);
    }

    private static final Ends WEIGHTS =
            new Ends(
                    List.of(
                            List.of(0.0, 0.0, 0.0, 0.0),
                            List.of(1e10, 1e10, 1e10, 1e10),
                            List.of(1e-10, 1e-10, 1e-10, 1e-10),
                            List.of(1e10, 1e-10, 0.0, 1e10)),
                    List.of(List.of(1.01e10), List.of(0.99e-10), List.of(-1.0), List.of(NAN)));

    /**
     * A definition or a part of one with one parameter set.
     *
     * @param path where the parameter is
     * @param value its value
     * @param build builds the whole
     */
    private record Variant(String path, Object value, Function<Object, Object> build) {

        Object built() {
            return build.apply(value);
        }

        @Override
        public String toString() {
            return path + " = " + value;
        }
    }

    /** The variants of a record, allowed or refused, built into what the record is a part of. */
    private static void collect(
            Object owner,
            int channels,
            boolean allowed,
            String path,
            Function<Object, Object> whole,
            List<Variant> to) {
        RecordComponent[] components = owner.getClass().getRecordComponents();
        for (int i = 0; i < components.length; i++) {
            int at = i;
            String name = components[i].getName();
            Function<Object, Object> build = v -> whole.apply(with(owner, at, v));
            Object value = get(owner, components[i]);
            String own = path + "." + name;
            if (value instanceof Record) {
                collect(value, channels, allowed, own, build, to);
            } else if (name.equals("terms")) {
                List<?> terms = (List<?>) value;
                for (int k = 0; k < terms.size(); k++) {
                    int term = k;
                    Function<Object, Object> list =
                            v -> {
                                List<Object> changed = new ArrayList<>(terms);
                                changed.set(term, v);
                                return build.apply(changed);
                            };
                    collect(terms.get(k), channels, allowed, own + k, list, to);
                }
            } else if (name.equals("classWeights") || name.equals("posWeight")) {
                for (Object each : allowed ? WEIGHTS.allowed : WEIGHTS.refused) {
                    List<?> weights = (List<?>) each;
                    to.add(
                            new Variant(
                                    own,
                                    weights.subList(0, Math.min(channels, weights.size())),
                                    build));
                }
            } else {
                Ends ends = ends(owner, name);
                for (Object each : allowed ? ends.allowed : ends.refused) {
                    to.add(new Variant(own, each, build));
                }
            }
        }
    }

    private static Object get(Object owner, RecordComponent component) {
        try {
            component.getAccessor().setAccessible(true);
            return component.getAccessor().invoke(owner);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Object with(Object owner, int index, Object value) {
        RecordComponent[] components = owner.getClass().getRecordComponents();
        Object[] values = new Object[components.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = i == index ? value : get(owner, components[i]);
        }
        try {
            return owner.getClass()
                    .getDeclaredConstructor(
                            Arrays.stream(components)
                                    .map(RecordComponent::getType)
                                    .toArray(Class<?>[]::new))
                    .newInstance(values);
        } catch (InvocationTargetException e) {
            throw (RuntimeException) e.getCause();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    static List<Subject> subjects() {
        return Subject.all();
    }

    private static SegmentationLoss draw(Subject subject, int seed, int channels) {
        return subject.draw().apply(new Subject.Parameters(seed, subject.mode(), channels));
    }

    private static int channels(Subject subject) {
        return subject.mode() == Mode.BINARY ? 1 : 3;
    }

    private static List<Variant> variants(SegmentationLoss loss, int channels, boolean allowed) {
        List<Variant> all = new ArrayList<>();
        collect(loss, channels, allowed, loss.getClass().getSimpleName(), v -> v, all);
        return all;
    }

    /** What one parameter forbids another. */
    private static final List<String> BETWEEN_PARAMETERS =
            List.of(
                    "eps must be below 1, the best score, with logLoss",
                    "reducedThreshold must be between 1e-10 and 1, and so must be",
                    "smooth must be between 1e-10 and 1e10, got 0.0");

    private static SegmentationLoss build(Variant variant) {
        try {
            return (SegmentationLoss) variant.built();
        } catch (IllegalArgumentException e) {
            assertThat(BETWEEN_PARAMETERS)
                    .as(variant.toString())
                    .anyMatch(rule -> e.getMessage().startsWith(rule));
            return null;
        }
    }

    /** Logits as usual, at the ends, all equal, and where probabilities leave FLOAT; labels too. */
    private static List<Sample> samples(Subject subject, int seed) {
        int c = channels(subject);
        Random random = new Random(seed);
        Sample s = Sample.draw(random, subject.mode(), c, new int[] {2, 7, 5}, 1, false);
        double[] ends = s.z().clone();
        double[] edge = s.z().clone();
        for (int i = 0; i < ends.length; i++) {
            ends[i] = random.nextBoolean() ? 1e4 : -1e4;
            edge[i] = 50 * s.z()[i];
        }
        int[] absent = s.codes().clone();
        Arrays.setAll(absent, i -> Math.min(absent[i], 0));
        int[] none = new int[absent.length];
        Arrays.fill(none, Sample.VOID);
        List<Sample> all = new ArrayList<>();
        for (double[] z : List.of(s.z(), ends, edge, new double[ends.length])) {
            all.add(s.withLogits(z));
            all.add(s.withLogits(z).withCodes(absent));
        }
        all.add(s.withCodes(none));
        return all;
    }

    private static void requireFinite(
            SegmentationLoss loss, Subject subject, int seed, DataType... types) {
        for (Sample s : samples(subject, seed)) {
            for (DataType type : types) {
                Result result = LossRun.of(loss, s, type);
                String as = type + " " + loss;
                assertThat(Arrays.stream(result.values()).allMatch(Double::isFinite))
                        .as("value %s of %s", result.value(), as)
                        .isTrue();
                assertThat(Arrays.stream(result.gradient()).allMatch(Double::isFinite))
                        .as("gradient %s of %s", Arrays.toString(result.gradient()), as)
                        .isTrue();
            }
        }
    }

    @AfterEach
    void byBackend() {
        System.clearProperty(Kernels.PROPERTY);
    }

    @ParameterizedTest
    @MethodSource("subjects")
    void eachEndIsFinite(Subject subject) {
        int c = channels(subject);
        for (int seed = 0; seed < 2; seed++) {
            for (Variant variant : variants(draw(subject, seed, c), c, true)) {
                SegmentationLoss loss = build(variant);
                if (loss != null) {
                    requireFinite(loss, subject, seed, DataType.FLOAT, DataType.DOUBLE);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("subjects")
    void eachEndIsFiniteInOpsOfNd4j(Subject subject) {
        System.setProperty(Kernels.PROPERTY, "native");
        int c = channels(subject);
        for (Variant variant : variants(draw(subject, 3, c), c, true)) {
            SegmentationLoss loss = build(variant);
            if (loss != null) {
                requireFinite(loss, subject, 3, DataType.FLOAT);
            }
        }
    }

    /** All parameters at once, each at one of its ends. */
    @ParameterizedTest
    @MethodSource("subjects")
    void cornersAreFinite(Subject subject) {
        int c = channels(subject);
        for (int seed = 0; seed < 4; seed++) {
            Random random = new Random(seed);
            SegmentationLoss loss = draw(subject, seed, c);
            for (int i = 0; i < variants(loss, c, true).size(); i++) {
                List<Variant> all = variants(loss, c, true);
                SegmentationLoss changed = build(all.get(random.nextInt(all.size())));
                loss = changed == null ? loss : changed;
            }
            requireFinite(loss, subject, seed, DataType.FLOAT, DataType.DOUBLE);
        }
    }

    /** The gradient comes back in HALF, whose greatest number is 65504. */
    @ParameterizedTest
    @MethodSource("subjects")
    void halfIsFiniteWhereItCanBe(Subject subject) {
        int c = channels(subject);
        for (Variant variant : variants(draw(subject, 0, c), c, true)) {
            SegmentationLoss loss = build(variant);
            if (loss == null) {
                continue;
            }
            for (Sample drawn : samples(subject, 0)) {
                // as HALF holds it
                Sample s = drawn.withLogits(Sample.doubles(drawn.logits(DataType.FLOAT16)));
                Result half = LossRun.of(loss, s, DataType.FLOAT16);
                double[] single = LossRun.of(loss, s, DataType.FLOAT).gradient();
                assertThat(half.value()).as(loss.toString()).isFinite();
                for (int i = 0; i < single.length; i++) {
                    boolean fits = Math.abs(single[i]) < 30000;
                    assertThat(!fits || Double.isFinite(half.gradient()[i]))
                            .as("%s at %s of %s", half.gradient()[i], single[i], loss)
                            .isTrue();
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("subjects")
    void beyondEachEndIsRefused(Subject subject) {
        int c = channels(subject);
        List<Variant> all = variants(draw(subject, 0, c), c, false);
        assertThat(all.isEmpty()).isEqualTo(variants(draw(subject, 0, c), c, true).isEmpty());
        for (Variant each : all) {
            String name = each.path.substring(each.path.lastIndexOf('.') + 1);
            assertThatThrownBy(each::built)
                    .as(each.toString())
                    .isExactlyInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith(name + " must be ")
                    .hasMessageEndingWith(", got " + each.value);
        }
    }

    /** What users of the originals pass. */
    @Test
    void whatIsInUseIsAllowed() {
        Dice.builder().smooth(0).eps(1e-7).build();
        Dice.builder().smooth(1e-5).eps(1e-8).build();
        Dice.builder().monai().build();
        Tversky.builder().alpha(0).beta(1).gamma(4.0 / 3).build();
        Focal.builder().gamma(5).reducedThreshold(0.5).build();
        Focal.builder().gamma(10).reducedThreshold(0.5).alpha(0.25).build();
        SoftBce.builder().posWeight(1e4, 0).classWeights(0, 1e-3).build();
        Mcc.builder().eps(1e-7).build();
        GeneralizedDice.builder().monai().build();
        Combined.builder().add(0, Dice.builder().build()).add(1e4, Jaccard.builder().build());
        assertThat(Focal.builder().gamma(0).build().gamma()).isZero();
    }

    /** Pixels whose every term is as large as it can be; 2^22 of them must fit into FLOAT. */
    @Test
    void largeImages() {
        int side = 16;
        double[] z = new double[2 * side * side];
        // of two channels one is right, in rows by turns
        Arrays.setAll(z, i -> (i / side + i / (side * side)) % 2 == 0 ? 1e4 : -1e4);
        int[] codes = new int[side * side];
        Arrays.setAll(codes, i -> i / side / 3 % 2);
        Sample s = new Sample(1, 2, side, side, false, z, codes, null, null);
        double[] weights = {1e10, 1e10};
        double parts = (double) (1 << 22) / codes.length;
        List<SegmentationLoss> losses =
                List.of(
                        CrossEntropy.builder()
                                .classWeights(weights)
                                .normalizeBy(NormalizeBy.SUM)
                                .build(),
                        Poly1CrossEntropy.builder()
                                .epsilon(1e10)
                                .classWeights(weights)
                                .normalizeBy(NormalizeBy.SUM)
                                .build(),
                        Focal.builder()
                                .gamma(10)
                                .reducedThreshold(0.1001)
                                .classWeights(weights)
                                .normalizeBy(NormalizeBy.SUM)
                                .build(),
                        SoftBce.builder()
                                .mode(Mode.MULTILABEL)
                                .posWeight(weights)
                                .classWeights(weights)
                                .normalizeBy(NormalizeBy.SUM)
                                .build());
        for (SegmentationLoss loss : losses) {
            Sample own =
                    loss.mode() == Mode.MULTILABEL
                            ? new Sample(1, 2, side, side, true, z, new int[z.length], null, null)
                            : s;
            Result result = LossRun.of(loss, own, DataType.FLOAT);
            assertThat(result.value() * parts)
                    .as(loss.toString())
                    .isBetween(1e4, (double) Float.MAX_VALUE);
            assertThat(Arrays.stream(result.gradient()).allMatch(Double::isFinite))
                    .as(loss.toString())
                    .isTrue();
        }
    }
}
