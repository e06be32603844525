package org.seglosses.samediff.loss;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.samediff.plan.Gradients;
import org.seglosses.samediff.plan.GraphPlan;

import java.util.Map;
import java.util.stream.Stream;

/** A plan gives the bits of SameDiff's own session, for the value and the gradient of each loss. */
class PlannedLossesTest {

    private static final int N = 2;
    private static final int C = 3;
    private static final int H = 13;
    private static final int W = 11;

    static Stream<Arguments> losses() {
        Stream<SegmentationLoss> losses =
                Stream.of(
                        CrossEntropy.builder().smoothing(0.1).classWeights(1, 2, 0.5).build(),
                        OhemCrossEntropy.builder().minKept(60).build(),
                        LovaszSoftmax.builder().build(),
                        LovaszSoftmax.builder().perImage(false).build(),
                        LovaszHinge.builder().build(),
                        Boundary.builder().build(),
                        Surface.builder().build(),
                        // codes of INT32 share a longer buffer with floats here
                        Combined.builder()
                                .add(1, CrossEntropy.builder().build())
                                .add(1, Boundary.builder().build())
                                .build(),
                        Combined.builder()
                                .add(0.7, CrossEntropy.builder().build())
                                .add(0.3, LovaszSoftmax.builder().build())
                                .build());
        return losses.flatMap(
                loss ->
                        Stream.of(DataType.FLOAT, DataType.DOUBLE)
                                .map(type -> Arguments.of(loss, type)));
    }

    @ParameterizedTest
    @MethodSource("losses")
    void equalsTheSession(SegmentationLoss loss, DataType type) {
        int channels = loss.modes().contains(Mode.MULTICLASS) ? C : 1;
        SameDiff sd = SameDiff.create();
        SDVariable z = sd.placeHolder("z", type, N, channels, H, W);
        SDVariable y = sd.placeHolder("y", DataType.INT32, N, H, W);
        SDVariable value = loss.define(sd, "loss", y, z);
        value.markAsLoss();
        sd.createGradFunction("z");
        SDVariable seed = sd.constant(Nd4j.scalar(type, 1));
        String gradient = Gradients.of(value, z, seed).name();
        try (GraphPlan plan =
                GraphPlan.builder(sd)
                        .input("z", type, N, channels, H, W)
                        .input("y", DataType.INT32, N, H, W)
                        .output("loss", gradient)
                        .build()) {
            for (int run = 0; run < 3; run++) {
                Map<String, INDArray> inputs =
                        Map.of("z", logits(type, run, channels), "y", labels(run, channels));
                INDArray expected = sd.calculateGradients(inputs, "z").get("z").dup();
                Map<String, INDArray> results = plan.run(inputs);
                assertThat(results.get(gradient)).isEqualTo(expected);
                assertThat(bits(results.get(gradient))).containsExactly(bits(expected));
                assertThat(bits(results.get("loss")))
                        .containsExactly(bits(sd.outputSingle(inputs, "loss")));
            }
        }
    }

    private static INDArray logits(DataType type, long seed, int channels) {
        long[] shape = {N, channels, H, W};
        return Nd4j.randn(0, 1, shape, Nd4j.getRandomFactory().getNewRandomInstance(seed))
                .castTo(type);
    }

    private static INDArray labels(int run, int channels) {
        INDArray labels = Nd4j.create(DataType.INT32, N, H, W);
        int classes = Math.max(2, channels);
        for (int n = 0; n < N; n++) {
            for (int h = 0; h < H; h++) {
                for (int w = 0; w < W; w++) {
                    labels.putScalar(new int[] {n, h, w}, (h / (3 + run) + w / 4 + n) % classes);
                }
            }
        }
        return labels;
    }

    private static long[] bits(INDArray array) {
        INDArray flat = array.dup('c');
        long[] bits = new long[(int) flat.length()];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = Double.doubleToRawLongBits(flat.data().getDouble(i));
        }
        return bits;
    }
}
