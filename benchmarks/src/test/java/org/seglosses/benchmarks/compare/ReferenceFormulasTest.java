package org.seglosses.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.abort;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.factory.Nd4j;

import java.nio.file.Path;
import java.util.List;

/** The formulas in {@code reference_peer.py}, on cases that a pencil solves; needs PyTorch. */
class ReferenceFormulasTest {

    private static final double LN2 = Math.log(2);
    private static final double LN4 = Math.log(4);

    /** Far enough for a probability of exactly 1 in float. */
    private static final float SURE = 60;

    @TempDir private static Path directory;

    private static Peer peer;

    @BeforeAll
    static void start() {
        try {
            peer = Peer.start(List.of("python3", "/usr/bin/python3"), directory, 2);
        } catch (PeerException e) {
            abort(e.getMessage());
        }
    }

    @AfterAll
    static void stop() {
        if (peer != null) {
            peer.close();
        }
    }

    @Test
    void crossEntropyAndItsGradient() {
        // Probabilities of class 0: 3/4 and 1/2; the labels are 1 and 0.
        Inputs inputs = inputs(new float[] {(float) Math.log(3), 0, 0, 0}, 1, 0);

        assertThat(value("cross_entropy", inputs)).isCloseTo((LN4 + LN2) / 2, within(1e-6));
        Peer.Reference reference = peer.reference("cross_entropy", inputs);
        assertThat(reference.value()).isCloseTo((LN4 + LN2) / 2, within(1e-7));
        assertThat(reference.gradient().shape()).containsExactly(1, 2, 1, 2);
        assertThat(reference.gradient().ravel().toDoubleVector())
                .containsExactly(new double[] {0.375, -0.25, -0.375, 0.25}, within(1e-7));
    }

    @Test
    void ohemKeepsTheImprobableAndAtLeastMinKept() {
        // The true classes have 1/4 and 1/2.
        Inputs inputs = inputs(new float[] {(float) Math.log(3), 0, 0, 0}, 1, 0);

        assertThat(value("ohem thresh=0.3 min_kept=0", inputs)).isCloseTo(LN4, within(1e-6));
        assertThat(value("ohem thresh=0.3 min_kept=1", inputs)).isCloseTo(LN4, within(1e-6));
        assertThat(value("ohem thresh=0.3 min_kept=2", inputs))
                .isCloseTo((LN4 + LN2) / 2, within(1e-6));
    }

    @Test
    void lovaszSoftmaxWeighsErrorsByRank() {
        // Class 0 is the truth of both pixels, with 3/4 and 1/2: of two hits each costs a half.
        Inputs inputs = inputs(new float[] {(float) Math.log(3), 0, 0, 0}, 0, 0);

        assertThat(value("lovasz_softmax per_image=false", inputs))
                .isCloseTo((0.25 + 0.5) / 2, within(1e-6));
        assertThat(value("lovasz_softmax per_image=true", inputs))
                .isCloseTo((0.25 + 0.5) / 2, within(1e-6));
    }

    @Test
    void boundaryIsNothingWhereRimsMeetAndOneWhereTheyAreFarApart() {
        assertThat(value("boundary theta0=3 theta=3", halves(8, 8))).isCloseTo(0, within(1e-5));
        assertThat(value("boundary theta0=3 theta=3", halves(8, 3))).isCloseTo(1, within(1e-5));
        assertThat(value("boundary theta0=3 theta=11", halves(8, 3))).isCloseTo(0, within(1e-5));
    }

    @Test
    void regionScoresOfTheClassesAreAveraged() {
        // Probabilities of class 0: 3/4 and 1/2; the labels are 1 and 0. Of class 0 and class 1
        // both are 1/2 and 1/4, the predicted 5/4 and 3/4, the labelled 1 and 1.
        Inputs inputs = inputs(new float[] {(float) Math.log(3), 0, 0, 0}, 1, 0);

        assertThat(value("dice", inputs)).isCloseTo(40 / 63.0, within(1e-6));
        assertThat(value("jaccard", inputs)).isCloseTo(65 / 84.0, within(1e-6));
        assertThat(value("tversky alpha=0.3 beta=0.7", inputs))
                .isCloseTo(1 - (0.5 / 1.075 + 0.25 / 0.925) / 2, within(1e-6));
    }

    @Test
    void focalAddsUpTheClassesAgainstTheRest() {
        Inputs inputs = inputs(new float[] {(float) Math.log(3), 0, 0, 0}, 1, 0);

        assertThat(value("focal gamma=2", inputs))
                .isCloseTo((9 / 16.0 * LN4 + LN2 / 4) / 2 + LN2 / 4, within(1e-6));
    }

    @Test
    void aForegroundAloneIsASigmoidsMap() {
        // Probabilities 3/4 and 1/2; the labels are 0 and 1.
        Inputs inputs = foreground(new float[] {(float) Math.log(3), 0}, 0, 1);

        assertThat(value("dice", inputs)).isCloseTo(1 - 2 * 0.5 / 2.25, within(1e-6));
        assertThat(value("focal gamma=2", inputs))
                .isCloseTo((9 / 16.0 * LN4 + LN2 / 4) / 2, within(1e-6));
        assertThat(value("soft_bce", inputs)).isCloseTo((LN4 + LN2) / 2, within(1e-6));
        assertThat(value("bce_dice smooth=1", inputs))
                .isCloseTo((LN4 + LN2) / 2 + 1 - 2 / 3.25, within(1e-6));
        // errors 3/4 and, of the only hit, 1/2: the first costs a half
        assertThat(value("lovasz_softmax per_image=false", inputs))
                .isCloseTo(0.75 / 2 + 0.5 / 2, within(1e-6));
    }

    @Test
    void severalChannelsAreAYesOrNoEach() {
        Inputs inputs = inputs(new float[] {(float) Math.log(3), 0, 0, 0}, 1, 0);

        assertThat(value("soft_bce", inputs)).isCloseTo((LN4 + 3 * LN2) / 4, within(1e-6));
        // both are 1/2 and 1/2, the predicted 5/4 and 1, the labelled 1 and 1
        assertThat(value("bce_dice smooth=1", inputs))
                .isCloseTo((LN4 + 3 * LN2) / 4 + 1 - (2 / 3.25 + 2 / 3.0) / 2, within(1e-6));
    }

    @Test
    void lovaszHingeWeighsTheErrorsOfScoresByRank() {
        // Errors 1 + 2 at the background pixel and 1 - 1/2 at the foreground's.
        Inputs inputs = foreground(new float[] {2, 0.5f}, 0, 1);

        assertThat(value("lovasz_hinge", inputs)).isCloseTo(3 / 2.0 + 0.5 / 2, within(1e-6));
    }

    @Test
    void memoryIsThatBeyondInputsAndGradient() {
        Inputs inputs = Inputs.of(Inputs.Kind.RANDOM, new Shape(2, 4, 256, 256));
        peer.load(inputs);

        // a softmax and its logarithm at least; one-hot labels and their products are none of it
        assertThat(peer.memory("cross_entropy", inputs).orElse(2.0 * inputs.shape().bytes()))
                .isBetween(0.5 * inputs.shape().bytes(), 4.0 * inputs.shape().bytes());
    }

    /** Float's rounding is far smaller than what {@link Agreement} allows. */
    @ParameterizedTest
    @EnumSource
    void everyFormulaIsThatOfOurLoss(LossCase loss) {
        for (String shape : List.of("2x3x24x20", "2x1x24x20")) {
            Inputs inputs = Inputs.of(Inputs.Kind.RANDOM, Shape.of(shape));
            if (loss.appliesTo(inputs.shape())) {
                peer.load(inputs);
                Agreement agreement =
                        new Ours(loss, inputs).against(peer.reference(loss.formula(), inputs));
                assertThat(agreement.holds()).as(shape + ": " + agreement.describe()).isTrue();
            }
        }
    }

    @Test
    void activeContourOfAFlatPredictionHasNoLength() {
        Inputs inputs = halves(16, 16);
        Inputs flat =
                new Inputs(
                        inputs.kind(),
                        inputs.shape(),
                        Nd4j.zerosLike(inputs.logits()),
                        inputs.labels());

        assertThat(value("active_contour weight=10", flat)).isCloseTo(0.501, within(1e-6));
    }

    @Test
    void duoIsHalfOfEach() {
        Inputs inputs = halves(8, 3);

        assertThat(value("duo theta0=3 theta=3", inputs))
                .isCloseTo(
                        (value("lovasz_softmax per_image=true", inputs)
                                        + value("boundary theta0=3 theta=3", inputs))
                                / 2,
                        within(1e-6));
    }

    private static double value(String formula, Inputs inputs) {
        peer.load(inputs);
        return peer.contender(formula, inputs).run(1).value();
    }

    private static Inputs inputs(float[] logits, int... labels) {
        return new Inputs(
                Inputs.Kind.RANDOM,
                new Shape(1, 2, 1, labels.length),
                Nd4j.createFromArray(logits).reshape(1, 2, 1, labels.length),
                Nd4j.createFromArray(labels).reshape(1, 1, labels.length));
    }

    private static Inputs foreground(float[] logits, int... labels) {
        return new Inputs(
                Inputs.Kind.RANDOM,
                new Shape(1, 1, 1, labels.length),
                Nd4j.createFromArray(logits).reshape(1, 1, 1, labels.length),
                Nd4j.createFromArray(labels).reshape(1, 1, labels.length));
    }

    /** 16 x 16 in two halves: the truth changes at one column, a sure prediction at another. */
    private static Inputs halves(int truthAt, int predictionAt) {
        int side = 16;
        int[] labels = new int[side * side];
        float[] logits = new float[2 * side * side];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = i % side < truthAt ? 0 : 1;
            logits[i] = i % side < predictionAt ? SURE : 0;
            logits[labels.length + i] = SURE - logits[i];
        }
        return new Inputs(
                Inputs.Kind.TRAINED,
                new Shape(1, 2, side, side),
                Nd4j.createFromArray(logits).reshape(1, 2, side, side),
                Nd4j.createFromArray(labels).reshape(1, side, side));
    }
}
