package org.seglosses.dl4j.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.factory.Nd4j;

import java.util.Arrays;

/** The formulas on counts, with numbers worked out by hand or with 60 digits elsewhere. */
class ClassFrequenciesTest {
    private static final double EXACT = 1e-14;

    /**
     * Two images of 8 and 6 counting pixels: class 0 in both, 1 in the first alone, 2 in the second
     * alone, 3 in none.
     */
    private static final ClassFrequencies FOUR =
            new ClassFrequencies(new long[] {11, 2, 1, 0}, new long[] {14, 8, 6, 0}, 2, 2)
                    .allowAbsent();

    /** Each class in one image of its own kind, so that its share there is 1. */
    private static ClassFrequencies pixels(long... pixels) {
        return new ClassFrequencies(pixels, pixels, pixels.length, 0);
    }

    @Test
    void inverseFrequency() {
        // 14 pixels, 3 classes that occur
        assertThat(FOUR.inverseFrequency())
                .containsExactly(new double[] {14 / 33.0, 14 / 6.0, 14 / 3.0, 0}, within(EXACT));
        assertThat(pixels(3, 1).inverseFrequency())
                .containsExactly(new double[] {2 / 3.0, 2}, within(EXACT));
    }

    @Test
    void medianFrequency() {
        // shares 11/14, 2/8, 1/6: the median is 1/4
        assertThat(FOUR.medianFrequency())
                .containsExactly(new double[] {3.5 / 11, 1, 1.5, 0}, within(EXACT));
        // shares 1/2, 1/4, 1/8, 1/16 in no order: the median is 3/16
        ClassFrequencies even =
                new ClassFrequencies(new long[] {4, 32, 16, 8}, new long[] {64, 64, 64, 64}, 1, 4);
        assertThat(even.medianFrequency())
                .containsExactly(new double[] {3, 0.375, 0.75, 1.5}, within(EXACT));
    }

    @Test
    void enet() {
        assertThat(FOUR.enet())
                .containsExactly(
                        new double[] {
                            1.6921726735123206, 6.6277823091833815, 11.430210308700494, 0
                        },
                        within(1e-13))
                .isEqualTo(FOUR.enet(1.02));
        assertThat(FOUR.enet(1.2))
                .containsExactly(
                        new double[] {
                            1.4577712296334806, 3.3921355482832252, 4.1642179731952025, 0
                        },
                        within(1e-13));
    }

    @Test
    void effectiveNumber() {
        // 1024/2047, 2/3 and 1, times 3 over their sum
        assertThat(FOUR.effectiveNumber(0.5))
                .containsExactly(
                        new double[] {
                            0.6925678214473585, 0.9229728714210566, 1.3844593071315849, 0
                        },
                        within(EXACT));
        assertThat(FOUR.effectiveNumber(0)).containsExactly(1, 1, 1, 0);
    }

    @Test
    void positiveWeight() {
        assertThat(pixels(30, 4).positiveWeight()).isEqualTo(7.5);
        assertThat(pixels(4, 30).positiveWeight()).isEqualTo(4 / 30.0);
    }

    @Test
    void oneClassAlone() {
        ClassFrequencies one = pixels(0, 5, 0).allowAbsent();
        assertThat(one.inverseFrequency()).containsExactly(0, 1, 0);
        assertThat(one.medianFrequency()).containsExactly(0, 1, 0);
        assertThat(one.effectiveNumber(0.999)).containsExactly(0, 1, 0);
        assertThat(one.enet(Math.E - 1)).containsExactly(new double[] {0, 1, 0}, within(EXACT));
    }

    /** Naive forms lose all digits here, or divide by 0. */
    @Test
    void largeCounts() {
        long trillion = 1_000_000_000_000L;
        assertThat(pixels(trillion, 5000, 3).effectiveNumber(0.9999))
                .containsExactly(
                        new double[] {8.98955031739953e-4, 2.284600846397551e-3, 2.996816444121862},
                        within(1e-14));
        // the double next to 1 - 1e-12
        assertThat(pixels(trillion, 1_000_000).effectiveNumber(1 - 1e-12))
                .containsExactly(
                        new double[] {3.163917568367e-6, 1.9999968360824316}, within(1e-14));
        // the last double before 1: inverse frequency
        assertThat(pixels(3, 1).effectiveNumber(Math.nextDown(1.0)))
                .containsExactly(new double[] {0.5, 1.5}, within(EXACT));
        assertThat(pixels(trillion, 1).enet())
                .containsExactly(
                        new double[] {1.422277826002917, 50.49834978934386}, within(1e-12));
        // 1/ln(1+p) = 1/p + 1/2 + O(p) with 1/p = 1e9 + 1
        assertThat(pixels(trillion, 1000).enet(1)[1]).isCloseTo(1e9 + 1.5, within(1e-3));
        assertThat(pixels(trillion, 100_000).inverseFrequency())
                .containsExactly(new double[] {0.50000005, 5000000.5}, within(1e-8));
    }

    @Test
    void weightsThatNoLossTakes() {
        ClassFrequencies extreme = pixels(1_000_000_000_000L, 1);
        assertThatIllegalStateException()
                .isThrownBy(extreme::inverseFrequency)
                .withMessage(
                        "weights must be 0 or between 1e-10 and 1e10 for the losses, got"
                                + " 5.000000000005E11 by inverseFrequency for class 1 of pixels"
                                + " [1000000000000, 1]");
        assertThatIllegalStateException()
                .isThrownBy(extreme::positiveWeight)
                .withMessageContaining("got 1.0E12 by positiveWeight for class 1");
        assertThatIllegalStateException()
                .isThrownBy(() -> extreme.effectiveNumber(Math.nextDown(1.0)))
                .withMessageContaining("by effectiveNumber for class 0");
        assertThatIllegalStateException()
                .isThrownBy(() -> extreme.enet(1))
                .withMessageContaining("by enet for class 1");
        assertThat(extreme.medianFrequency()).containsExactly(1, 1);
    }

    @Test
    void nothingCounted() {
        ClassFrequencies none = ClassFrequencies.counter(2, 9).frequencies();
        String message =
                "weights need at least one counted pixel, got none in ClassFrequencies(pixels=[0,"
                        + " 0], imagePixels=[0, 0], images=0, voidPixels=0)";
        assertThatIllegalStateException().isThrownBy(none::inverseFrequency).withMessage(message);
        assertThatIllegalStateException().isThrownBy(none::medianFrequency).withMessage(message);
        assertThatIllegalStateException().isThrownBy(none::enet).withMessage(message);
        assertThatIllegalStateException()
                .isThrownBy(() -> none.effectiveNumber(0.9))
                .withMessage(message);
    }

    @Test
    void aClassWithoutPixelsIsRefusedUnlessAllowed() {
        ClassFrequencies two = pixels(7, 0, 3, 0);
        String rule =
                " needs pixels of every class, got none of classes 1, 3 in [7, 0, 3, 0]; are the labels"
                        + " right? if no such pixel is meant to be there, allowAbsent().";
        assertThatIllegalStateException()
                .isThrownBy(two::inverseFrequency)
                .withMessage("inverseFrequency" + rule + "inverseFrequency gives it weight 0");
        assertThatIllegalStateException()
                .isThrownBy(two::medianFrequency)
                .withMessage("medianFrequency" + rule + "medianFrequency gives it weight 0");
        assertThatIllegalStateException()
                .isThrownBy(two::enet)
                .withMessage("enet" + rule + "enet gives it weight 0");
        assertThatIllegalStateException()
                .isThrownBy(() -> two.effectiveNumber(0.9))
                .withMessage("effectiveNumber" + rule + "effectiveNumber gives it weight 0");
        assertThat(two.allowAbsent().effectiveNumber(0)).containsExactly(1, 0, 1, 0);
        assertThat(two.allowAbsent()).isNotEqualTo(two).isEqualTo(two.allowAbsent());
        assertThat(two.absentClasses()).containsExactly(1, 3);
        assertThat(pixels(1, 2).absentClasses()).isEmpty();
    }

    @Test
    void remarks() {
        assertThat(pixels(3, 4).remarks()).isEmpty();
        assertThat(pixels(3, 4)).asString().doesNotContain(";");
        assertThat(FOUR.remarks())
                .containsExactly("no pixel of class 3", "ignored: 2 pixels, 12.50 % of all");
        assertThat(FOUR)
                .hasToString(
                        "ClassFrequencies(pixels=[11, 2, 1, 0], imagePixels=[14, 8, 6, 0], images=2,"
                                + " voidPixels=2); no pixel of class 3; ignored: 2 pixels, 12.50 % of"
                                + " all");
        assertThat(FOUR.ignoredShare()).isEqualTo(0.125);
        assertThat(new ClassFrequencies(new long[] {2, 1}, new long[] {3, 3}, 1, 5).remarks())
                .containsExactly(
                        "ignored: 5 pixels, 62.50 % of all, more than half: are ignoreIndex and"
                                + " label masks right?");
        assertThat(new ClassFrequencies(new long[] {6, 0}, new long[] {6, 0}, 1, 2).remarks())
                .containsExactly(
                        "no pixel of class 1",
                        "ignored: 2 pixels, 25.00 % of all",
                        "the labels are of one class only: is the foreground ignored, as in masks of"
                                + " 0 and 255 with ignoreIndex 255? then divide by 255 and give no"
                                + " ignoreIndex");
        assertThat(pixels(6, 0, 0).remarks())
                .containsExactly(
                        "no pixel of classes 1, 2",
                        "the labels are of one class only: are they class indices, and not one"
                                + " channel of a colour picture?");
    }

    @Test
    void positiveWeightNeedsBothClasses() {
        for (ClassFrequencies wrong : Arrays.asList(pixels(0, 3), pixels(3, 0), pixels(1, 1, 1))) {
            assertThatIllegalStateException()
                    .isThrownBy(wrong::positiveWeight)
                    .withMessage(
                            "positiveWeight needs pixels of two classes, background 0 and"
                                    + " foreground 1, got "
                                    + Arrays.toString(wrong.pixels()));
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {-0.1, 1, 1.5, Double.NaN, Double.POSITIVE_INFINITY})
    void wrongBeta(double beta) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FOUR.effectiveNumber(beta))
                .withMessage("beta must be in [0,1), got " + beta);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.99, -2, Double.NaN, Double.POSITIVE_INFINITY})
    void wrongC(double c) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FOUR.enet(c))
                .withMessage("c must be finite and at least 1, got " + c);
    }

    @Test
    void isAValue() {
        FOUR.pixels()[0] = 99;
        FOUR.imagePixels()[0] = 99;
        assertThat(FOUR.pixels()).containsExactly(11, 2, 1, 0);
        assertThat(FOUR.imagePixels()).containsExactly(14, 8, 6, 0);
        ClassFrequencies.Counter counter = ClassFrequencies.counter(2, null);
        ClassFrequencies before =
                counter.add(Nd4j.createFromArray(new int[][][] {{{0, 1, 1}}}), null).frequencies();
        counter.add(Nd4j.createFromArray(new int[][][] {{{0}}}), null);
        assertThat(before)
                .isEqualTo(new ClassFrequencies(new long[] {1, 2}, new long[] {3, 3}, 1, 0))
                .hasSameHashCodeAs(new ClassFrequencies(new long[] {1, 2}, new long[] {3, 3}, 1, 0))
                .isNotEqualTo(counter.frequencies());
        assertThat(counter.frequencies())
                .hasToString(
                        "ClassFrequencies(pixels=[2, 2], imagePixels=[4, 3], images=2,"
                                + " voidPixels=0)");
    }
}
