package org.seglosses.samediff.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.seglosses.samediff.loss.LossRun.Kind;
import org.seglosses.samediff.loss.LossRun.Result;
import org.seglosses.samediff.loss.Subject.Draw;

import java.util.Arrays;
import java.util.List;

/** Losses of graphs that end in probabilities. */
class OnProbabilitiesTest {

    private static final DataType[] TYPES = {DataType.FLOAT, DataType.DOUBLE};

    /** All but the hinge and focal loss of one class against the rest, which need logits. */
    static List<Subject> subjects() {
        return Subject.all().stream()
                .filter(s -> !s.name().contains("hinge"))
                .filter(s -> s.mode() != Mode.MULTICLASS || !s.name().equals("focal"))
                .filter(s -> s.mode() == Mode.MULTICLASS || !s.name().equals("combined"))
                .toList();
    }

    /** Softmax or sigmoid of the logits. */
    private static Sample probabilities(Sample s) {
        double[] p = new double[s.z().length];
        for (int n = 0; n < s.n(); n++) {
            for (int pixel = 0; pixel < s.pixels(); pixel++) {
                double sum = 0;
                for (int c = 0; c < s.c(); c++) {
                    sum += Math.exp(s.z()[s.at(n, c, pixel)]);
                }
                for (int c = 0; c < s.c(); c++) {
                    double e = Math.exp(s.z()[s.at(n, c, pixel)]);
                    p[s.at(n, c, pixel)] = e / (s.perChannel() || s.c() == 1 ? 1 + e : sum);
                }
            }
        }
        return s.withLogits(p);
    }

    @ParameterizedTest
    @MethodSource("subjects")
    void isTheLossOfTheirLogits(Subject subject) {
        for (int seed = 0; seed < 42; seed++) {
            Draw draw = subject.draw(seed, 2);
            double expected = ReferenceLosses.loss(draw.loss(), draw.sample());
            Sample p = probabilities(draw.sample());
            for (DataType type : TYPES) {
                double tolerance = type == DataType.FLOAT ? 1e-5 : 1e-10;
                Result result = LossRun.of(draw.loss(), p, type, Kind.ON_PROBABILITIES);
                assertThat(result.value())
                        .as("%s %s", type, draw)
                        .isCloseTo(expected, within(tolerance * Math.max(1, expected)));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("subjects")
    void theGradientIsTheDerivative(Subject subject) {
        double step = 1e-7;
        for (int seed = 0; seed < 42; seed++) {
            Draw draw = subject.draw(seed, 2);
            Sample p = probabilities(draw.sample());
            double[] gradient = run(draw, p, DataType.DOUBLE).gradient();
            double scale = Arrays.stream(gradient).map(Math::abs).max().orElse(0);
            for (int i = seed % 5; i < p.z().length; i += 1 + p.z().length / 3) {
                double[] moved = p.z().clone();
                moved[i] = p.z()[i] + step;
                double above = run(draw, p.withLogits(moved), DataType.DOUBLE).value();
                moved[i] = p.z()[i] - step;
                double below = run(draw, p.withLogits(moved), DataType.DOUBLE).value();
                assertThat(gradient[i])
                        .as("%s, element %d", draw, i)
                        .isCloseTo((above - below) / (2 * step), within(1e-6 + 1e-5 * scale));
            }
        }
    }

    private static Result run(Draw draw, Sample p, DataType type) {
        return LossRun.of(draw.loss(), p, type, Kind.ON_PROBABILITIES);
    }

    @ParameterizedTest
    @MethodSource("subjects")
    void voidPixelsHaveNoInfluenceAndNaNShows(Subject subject) {
        double inf = Double.POSITIVE_INFINITY;
        double[][] others = {{Double.NaN}, {inf, -inf, 1e30}, {-1, 0, 1}};
        for (DataType type : TYPES) {
            for (int seed = 0; seed < 42; seed++) {
                Draw draw = subject.draw(seed, 2);
                Sample p = probabilities(draw.sample());
                Result expected = run(draw, p, type);
                for (double[] other : others) {
                    assertThat(run(draw, p.withVoidLogits(other), type).bits())
                            .as("%s %s", type, draw)
                            .isEqualTo(expected.bits());
                }
                int at = seed % p.z().length;
                int plane = at / p.pixels();
                if (!p.isVoid(plane / p.c(), plane % p.c(), at % p.pixels())) {
                    double[] bad = p.z().clone();
                    bad[at] = Double.NaN;
                    Result result = run(draw, p.withLogits(bad), type);
                    assertThat(result.value()).as("%s %s", type, draw).isNaN();
                    assertThat(Arrays.stream(result.gradient()).anyMatch(Double::isNaN))
                            .as("%s %s: gradient is NaN", type, draw)
                            .isTrue();
                }
            }
        }
    }

    /** A logarithm of 0 would be infinite; the least probability that counts is 1e-30. */
    @ParameterizedTest
    @MethodSource("subjects")
    void zerosAndOnesAreFinite(Subject subject) {
        for (int seed = 0; seed < 42; seed++) {
            Draw draw = subject.draw(seed, 2);
            double[] p = draw.sample().z().clone();
            Sample s = draw.sample();
            for (int i = 0; i < p.length; i++) {
                int channel = i / s.pixels() % s.c();
                boolean chosen = (i % s.pixels() + seed) % s.c() == channel;
                boolean multiclass = s.c() > 1 && !s.perChannel();
                p[i] = multiclass ? chosen ? 1 : 0 : (i + seed) % 2;
            }
            for (DataType type : TYPES) {
                Result result = run(draw, draw.sample().withLogits(p), type);
                assertThat(result.value()).as("%s %s", type, draw).isFinite();
                assertThat(Arrays.stream(result.gradient()).allMatch(Double::isFinite))
                        .as("%s %s", type, draw)
                        .isTrue();
            }
        }
    }

    /** Whatever the loss: no loss trains on logits or sums that it takes for probabilities. */
    @ParameterizedTest
    @MethodSource("subjects")
    void otherNumbersAreRefusedWhereAPixelCounts(Subject subject) {
        for (DataType type : TYPES) {
            for (int seed = 0; seed < 21; seed++) {
                Draw draw = subject.draw(seed, 2);
                Sample p = probabilities(draw.sample());
                int at = (31 * seed + 7) % p.z().length;
                int image = at / p.pixels() / p.c();
                int channel = at / p.pixels() % p.c();
                if (p.isVoid(image, channel, at % p.pixels())) {
                    continue;
                }
                String place =
                        Arrays.toString(
                                new int[] {
                                    image, channel, at % p.pixels() / p.w(), at % p.pixels() % p.w()
                                });
                for (double wrong : new double[] {-2e-6, 1 + 2e-6, 17, -3, 1e30}) {
                    refused(draw, p, at, wrong, type, " at " + place + " of shape ");
                }
                refused(draw, p, at, Double.POSITIVE_INFINITY, type, "got Infinity at " + place);
                boolean multiclass = p.c() > 1 && !p.perChannel();
                double other = p.z()[at] + (p.z()[at] < 0.5 ? 2e-3 : -2e-3);
                if (multiclass) {
                    refused(draw, p, at, other, type, "must sum to 1 in mode MULTICLASS");
                } else {
                    double[] moved = p.z().clone();
                    moved[at] = other;
                    assertThat(run(draw, p.withLogits(moved), type).value()).isFinite();
                }
                double[] near = p.z().clone();
                near[at] += near[at] < 0.5 ? 9e-4 : -9e-4;
                assertThat(run(draw, p.withLogits(near), type).value()).isFinite();
            }
        }
    }

    private static void refused(
            Draw draw, Sample p, int at, double wrong, DataType type, String message) {
        double[] z = p.z().clone();
        z[at] = wrong;
        assertThatThrownBy(() -> run(draw, p.withLogits(z), type))
                .as("%s %s", type, draw)
                .hasStackTraceContaining("java.lang.IllegalArgumentException: probabilities ")
                .hasStackTraceContaining(message);
    }

    @Test
    void theSentencesNameWhatToWrite() {
        double[] sum = {0.5, 0.2, 0.5, 0.9};
        assertThatThrownBy(() -> ofTwoClasses(sum))
                .hasStackTraceContaining(
                        "probabilities of a pixel must sum to 1 in mode MULTICLASS (within 0.001),"
                                + " got the sum 1.1 at [0, 0, 0, 1] of shape [1, 2, 1, 2] (first"
                                + " channel); sigmoids? name mode MULTILABEL; logits? use define"
                                + " instead of defineOnProbabilities, or apply the activation");
        double[] range = {0.5, 0.2, 0.5, 3.5};
        assertThatThrownBy(() -> ofTwoClasses(range))
                .hasStackTraceContaining(
                        "probabilities must be from 0 to 1, got 3.5 at [0, 1, 0, 1] of shape"
                                + " [1, 2, 1, 2]; logits? use define instead of"
                                + " defineOnProbabilities, or apply the activation");
    }

    private static Result ofTwoClasses(double[] p) {
        return LossRun.of(
                CrossEntropy.builder().build(),
                Kind.ON_PROBABILITIES,
                Sample.array(DataType.INT32, new double[] {0, 1}, 1, 1, 2),
                Sample.array(DataType.DOUBLE, p, 1, 2, 1, 2),
                null);
    }

    /** A softmax in BFLOAT16 sums to 1 within the rounding of its values. */
    @Test
    void theToleranceBelongsToTheirType() {
        double[] p = new double[8];
        Arrays.fill(p, 0.1245);
        for (DataType type : new DataType[] {DataType.BFLOAT16, DataType.FLOAT}) {
            Runnable run =
                    () ->
                            LossRun.of(
                                    Dice.builder().build(),
                                    Kind.ON_PROBABILITIES,
                                    Sample.array(DataType.INT32, new double[] {3}, 1, 1, 1),
                                    Sample.array(type, p, 1, 8, 1, 1),
                                    null);
            if (type == DataType.BFLOAT16) {
                run.run();
            } else {
                assertThatThrownBy(run::run).hasStackTraceContaining("must sum to 1");
            }
        }
    }

    @Test
    void theHingeIsRefused() {
        SameDiff sd = SameDiff.create();
        SDVariable y = sd.placeHolder("y", DataType.FLOAT, -1, 4, 4);
        SDVariable p = sd.placeHolder("p", DataType.FLOAT, -1, 1, 4, 4);
        LovaszHinge loss = LovaszHinge.builder().build();
        assertThatThrownBy(() -> loss.defineOnProbabilities(sd, "loss", y, p, null))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "probabilities must not be given to "
                                + loss
                                + ": it is defined on logits alone");
    }
}
