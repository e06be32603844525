package org.seglosses.samediff.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.seglosses.samediff.loss.LossRun.Result;

import java.util.Map;

/**
 * Generalized Dice of images of two halves, each predicted as the other: its size must not matter.
 */
class GeneralizedDiceSizesTest {

    private static double wrongHalves(GeneralizedDice loss, int side, DataType type) {
        INDArray labels = Nd4j.zeros(DataType.INT8, 1, side, side);
        INDArray logits = Nd4j.zeros(type, 1, 2, side, side);
        var all = NDArrayIndex.all();
        var half = NDArrayIndex.interval(side / 2, side);
        labels.get(all, all, half).assign(1);
        logits.get(all, NDArrayIndex.point(1), all, all).assign(200);
        logits.get(all, NDArrayIndex.point(1), all, half).assign(-200);
        SameDiff sd = SameDiff.create();
        SDVariable y = sd.placeHolder("y", DataType.INT8, 1, side, side);
        SDVariable z = sd.placeHolder("z", type, 1, 2, side, side);
        loss.define(sd, "loss", y, z);
        return sd.outputSingle(Map.of("y", labels, "z", logits), "loss").getDouble(0);
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 512, 2048})
    void allWrongCostsOne(int side) {
        GeneralizedDice own = GeneralizedDice.builder().build();
        GeneralizedDice batch = GeneralizedDice.builder().perImage(false).build();
        GeneralizedDice simple =
                GeneralizedDice.builder().weighting(GeneralizedDice.Weighting.SIMPLE).build();
        GeneralizedDice monai = GeneralizedDice.builder().monai().build();
        // weights are 4 / n^2 and P + Y is n for both classes
        double n = (double) side * side;
        double ofMonai = 8 / n / (8 / n + 1e-5);
        for (DataType type : new DataType[] {DataType.FLOAT, DataType.DOUBLE}) {
            assertThat(wrongHalves(own, side, type)).isCloseTo(1, within(1e-6));
            assertThat(wrongHalves(batch, side, type)).isCloseTo(1, within(1e-6));
            assertThat(wrongHalves(simple, side, type)).isCloseTo(1, within(1e-6));
            assertThat(wrongHalves(monai, side, type)).isCloseTo(ofMonai, within(1e-6));
        }
    }

    @Test
    void ofMonaiAtTheSizesThatItsJavadocNames() {
        GeneralizedDice monai = GeneralizedDice.builder().monai().build();
        assertThat(wrongHalves(monai, 64, DataType.DOUBLE)).isCloseTo(0.995, within(5e-4));
        assertThat(wrongHalves(monai, 2048, DataType.DOUBLE)).isCloseTo(0.16, within(5e-4));
    }

    /** Not saturated, and of a smoothing that is felt: value and gradient as of the plain loops. */
    @ParameterizedTest
    @EnumSource
    void gradientIsThatOfDifferences(GeneralizedDice.Weighting weighting) {
        int side = 16;
        int[] codes = new int[side * side];
        double[] z = new double[2 * codes.length];
        for (int i = 0; i < codes.length; i++) {
            codes[i] = i % side < 5 ? 1 : 0;
            z[i] = Math.sin(i);
            z[codes.length + i] = Math.cos(3 * i);
        }
        Sample s = new Sample(1, 2, side, side, false, z, codes, null, null);
        GeneralizedDice loss =
                GeneralizedDice.builder()
                        .weighting(weighting)
                        .smooth(3)
                        .smoothDenominator(20.0)
                        .build();
        Result result = LossRun.of(loss, s, DataType.DOUBLE);
        assertThat(result.value()).isCloseTo(ReferenceLosses.loss(loss, s), within(1e-12));
        Result single = LossRun.of(loss, s, DataType.FLOAT);
        assertThat(single.value()).isCloseTo(result.value(), within(1e-6));
        for (int i = 0; i < z.length; i += 7) {
            double step = 1e-4;
            double[] more = z.clone();
            double[] less = z.clone();
            more[i] += step;
            less[i] -= step;
            double difference =
                    ReferenceLosses.loss(loss, s.withLogits(more))
                            - ReferenceLosses.loss(loss, s.withLogits(less));
            assertThat(result.gradient()[i]).isCloseTo(difference / (2 * step), within(1e-10));
            assertThat(single.gradient()[i]).isCloseTo(result.gradient()[i], within(1e-7));
        }
    }
}
