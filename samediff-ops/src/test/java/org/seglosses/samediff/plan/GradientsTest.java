package org.seglosses.samediff.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

import java.util.Map;
import java.util.function.Function;

class GradientsTest {

    private static final double STEP = 1e-5;

    private final SameDiff sd = SameDiff.create();
    private final SDVariable x = sd.placeHolder("x", DataType.DOUBLE, 2, 3);
    private final INDArray at = Graphs.logits(DataType.DOUBLE, 3, 2, 3);

    private INDArray gradient(SDVariable loss, INDArray seed) {
        String name = Gradients.of(loss, x, sd.constant(seed)).name();
        try (GraphPlan plan =
                GraphPlan.builder(sd).input("x", DataType.DOUBLE, 2, 3).output(name).build()) {
            return plan.run(Map.of("x", at)).get(name).dup();
        }
    }

    /** Central differences of sum(seed * loss). */
    private INDArray differences(SDVariable loss, INDArray seed) {
        INDArray result = at.like();
        for (long i = 0; i < at.length(); i++) {
            INDArray up = at.dup();
            INDArray down = at.dup();
            up.putScalar(i, at.getDouble(i) + STEP);
            down.putScalar(i, at.getDouble(i) - STEP);
            double high = value(loss, up, seed);
            double low = value(loss, down, seed);
            result.putScalar(i, (high - low) / (2 * STEP));
        }
        return result;
    }

    private double value(SDVariable loss, INDArray in, INDArray seed) {
        return sd.outputSingle(Map.of("x", in), loss.name()).mul(seed).sumNumber().doubleValue();
    }

    private void check(SDVariable loss, INDArray seed) {
        INDArray expected = differences(loss, seed);
        INDArray actual = gradient(loss, seed);
        assertThat(actual.equalsWithEps(expected, 1e-7)).as("%s%n%s", expected, actual).isTrue();
    }

    @Test
    void scalarAndArrayLossesWithAnySeed() {
        check(sd.math().tanh(x).sum(), Nd4j.scalar(-2.5));
        check(sd.math().tanh(x), Graphs.logits(DataType.DOUBLE, 4, 2, 3));
        check(sd.math().exp(x).mean(1), Graphs.logits(DataType.DOUBLE, 5, 2));
    }

    @Test
    void contributionsAreAdded() {
        SDVariable y = sd.math().tanh(x);
        SDVariable z = y.mul(x).add(sd.math().square(y)).add(x).sub(y.mul(y));
        check(z.sum(), Nd4j.scalar(1.0));
        check(x.mul(x).sum(), Nd4j.scalar(3.0));
    }

    @Test
    void unusedOutputsOfAnOpContributeNothing() {
        SDVariable[] parts = sd.split(sd.math().square(x), 3, 1);
        check(parts[1].mul(4).sum(), Nd4j.scalar(1.0));
        SDVariable[] moments = sd.math().moments(x, new int[] {0, 1}, false);
        check(moments[1], Nd4j.scalar(2.0));
    }

    @Test
    void branchesThatDoNotReachTheVariableAreLeftOut() {
        // The comparison has no gradient, and neither has what is picked by index.
        SDVariable mask = x.gt(0.0).castTo(DataType.DOUBLE);
        SDVariable rows =
                sd.gatherNd(
                        sd.constant(at), sd.constant(Nd4j.createFromArray(new int[][] {{1}, {0}})));
        check(x.mul(mask).mul(rows).sum(), Nd4j.scalar(1.0));
        // In the middle: the gradient with respect to an intermediate value.
        SDVariable y = sd.math().tanh("y", x);
        SDVariable loss = sd.math().square(y).sum();
        String name = Gradients.of(loss, y, sd.constant(Nd4j.scalar(1.0))).name();
        INDArray dy = sd.outputSingle(Map.of("x", at), name);
        INDArray expected = sd.outputSingle(Map.of("x", at), "y").mul(2);
        assertThat(dy.equalsWithEps(expected, 1e-12)).isTrue();
    }

    @Test
    void theGradientOfAVariableWithRespectToItselfIsTheSeed() {
        INDArray seed = Graphs.logits(DataType.DOUBLE, 4, 2, 3);
        Bits.assertSame(gradient(x, seed), seed);
    }

    @Test
    void leavesTheGraphAsItWasForSessionsAndTraining() {
        SDVariable loss = sd.math().tanh(x).mean().rename("loss");
        loss.markAsLoss();
        INDArray before = sd.outputSingle(Map.of("x", at), "loss").dup();
        INDArray ours = gradient(loss, Nd4j.scalar(1.0));
        Bits.assertSame(sd.outputSingle(Map.of("x", at), "loss"), before);
        assertThat(x.hasGradient()).isFalse();
        sd.createGradFunction("x");
        INDArray theirs = sd.calculateGradients(Map.of("x", at), "x").get("x");
        assertThat(ours.equalsWithEps(theirs, 1e-12)).isTrue();
    }

    @Test
    void refusesWhatHasNoOrAWrongGradient() {
        SDVariable labels =
                sd.constant(Nd4j.createFromArray(new double[][] {{1, 0, 0}, {0, 1, 0}}));
        SDVariable indices = sd.constant(Nd4j.createFromArray(2, 0, 1));
        Map<String, Function<SDVariable, SDVariable>> table =
                Map.of(
                        "(gather_nd) has no gradient",
                        v -> sd.gatherNd(v, sd.constant(Nd4j.createFromArray(new int[][] {{1}}))),
                        "(gather) has a wrong gradient",
                        v -> sd.gather(v, indices, 1),
                        "(softmax_cross_entropy_loss) has a wrong gradient",
                        v -> sd.loss().softmaxCrossEntropy(labels, v, null),
                        "(sigm_cross_entropy_loss) has a wrong gradient",
                        v -> sd.loss().sigmoidCrossEntropy(labels, v, null),
                        "(log_loss) has a wrong gradient",
                        v -> sd.loss().logLoss(labels, v),
                        "(cumsum) has a wrong gradient",
                        v -> sd.cumsum(v, false, true, 1),
                        "(var) has a wrong gradient",
                        v -> sd.variance(v, false, 1));
        table.forEach(
                (message, op) -> {
                    SDVariable loss = op.apply(sd.math().tanh(x)).sum();
                    SDVariable seed = sd.constant(Nd4j.scalar(1.0));
                    assertThatThrownBy(() -> Gradients.of(loss, x, seed))
                            .isInstanceOf(IllegalArgumentException.class)
                            .hasMessageStartingWith("op '")
                            .hasMessageContaining(message);
                });
    }

    @Test
    void cumulativeSumAndVarianceAreRightOtherwise() {
        check(
                sd.cumsum(sd.math().square(x), false, false, 1),
                Graphs.logits(DataType.DOUBLE, 4, 2, 3));
        check(sd.variance(x, true, 1), Graphs.logits(DataType.DOUBLE, 4, 2));
    }

    @Test
    void rejectsBadArguments() {
        SDVariable loss = x.sum();
        SDVariable one = sd.constant(Nd4j.scalar(1.0));
        SDVariable other = SameDiff.create().constant(Nd4j.scalar(1.0));
        SDVariable integer = sd.constant(Nd4j.scalar(1));
        SDVariable single = sd.constant(Nd4j.scalar(1f));
        SDVariable y = sd.placeHolder("y", DataType.DOUBLE, 2, 3);
        SDVariable rounded = x.castTo(DataType.INT32).castTo(DataType.DOUBLE).sum();
        assertThatThrownBy(() -> Gradients.of(loss, x, other))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("two graphs");
        assertThatThrownBy(() -> Gradients.of(loss, integer, one))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must be floating point, is INT");
        assertThatThrownBy(() -> Gradients.of(loss, x, single))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("seed must have the type of the loss, DOUBLE, got FLOAT");
        for (SDVariable independent : new SDVariable[] {y.sum(), rounded}) {
            assertThatThrownBy(() -> Gradients.of(independent, x, one))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("does not depend on 'x'");
        }
    }
}
