package org.seglosses.samediff.op;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.samediff.plan.Gradients;
import org.seglosses.samediff.plan.GraphPlan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Gradients that are added to each other while they are written. */
class ScoreGradientTest {

    private static final int[] SHAPE = {2, 3, 40, 30};

    /** A scalar of each op whose gradient takes an addend. */
    private enum Part {
        CROSS_ENTROPY {
            @Override
            SDVariable of(SDVariable logits, SDVariable codes) {
                return CrossEntropySums.of(
                        logits, new Target(true, codes, null, null), List.of(), 0, false);
            }
        },
        REGIONS {
            @Override
            SDVariable of(SDVariable logits, SDVariable codes) {
                return RegionSums.of(logits, target(codes), maps(logits, codes));
            }
        },
        CONTOURS {
            @Override
            SDVariable of(SDVariable logits, SDVariable codes) {
                return ContourSums.of(
                        Probabilities.Form.SOFTMAX, logits, maps(logits, codes), codes, true);
            }
        },
        ELEMENTS {
            @Override
            SDVariable of(SDVariable logits, SDVariable codes) {
                return ElementSums.of(
                        logits,
                        target(codes),
                        ElementSums.Entropy.SOFTMAX,
                        ElementSums.Modulation.NONE,
                        List.of(),
                        false);
            }
        },
        LOVASZ {
            @Override
            SDVariable of(SDVariable logits, SDVariable codes) {
                SDVariable weights =
                        LovaszWeights.of(
                                logits,
                                codes,
                                false,
                                true,
                                ClassCoefficients.EXCLUDE,
                                List.of(),
                                List.of());
                return LovaszSums.of(logits, weights, false, true);
            }
        };

        abstract SDVariable of(SDVariable logits, SDVariable codes);

        private static Target target(SDVariable codes) {
            return new Target(true, codes, null, null);
        }

        private static SDVariable maps(SDVariable logits, SDVariable codes) {
            return RegionMaps.of(
                    Probabilities.Form.SOFTMAX, logits, target(codes), false, false, false);
        }
    }

    private final Random random = new Random(7);
    private final INDArray codes = OpCases.ints(OpCases.codes(random, SHAPE, 1, 3), SHAPE, 1);

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void sumsAreThoseOfTheParts(DataType type) {
        INDArray logits =
                OpCases.array(type, OpCases.normal(random, type, OpCases.length(SHAPE), 2), SHAPE);
        for (Part one : Part.values()) {
            for (Part other : Part.values()) {
                check(type, logits, one, other);
            }
        }
        check(type, logits, Part.values());
    }

    private void check(DataType type, INDArray logits, Part... parts) {
        INDArray expected = Nd4j.zeros(type, logits.shape());
        for (int i = 0; i < parts.length; i++) {
            expected.addi(gradient(type, logits, parts[i]).mul(i + 1));
        }
        OpCases.assertClose(
                gradient(type, logits, parts),
                RandomMaps.doubles(expected),
                type == DataType.FLOAT ? 1e-5 : 1e-12,
                Arrays.toString(parts));
    }

    private INDArray gradient(DataType type, INDArray logits, Part... parts) {
        SameDiff graph = SameDiff.create();
        long[] shape = logits.shape();
        SDVariable z = graph.placeHolder("logits", type, shape);
        SDVariable c = graph.placeHolder("codes", DataType.INT32, codes.shape());
        List<SDVariable> terms = new ArrayList<>();
        for (Part part : parts) {
            // each with a factor of its own
            terms.add(part.of(z, c).castTo(type).sum().mul(1 + terms.size()));
        }
        SDVariable loss = terms.stream().reduce(SDVariable::add).orElseThrow();
        String name = Gradients.of(loss, z, graph.constant(Nd4j.scalar(type, 1.0))).name();
        try (GraphPlan plan =
                GraphPlan.builder(graph)
                        .input("logits", type, shape)
                        .input("codes", DataType.INT32, codes.shape())
                        .output(name)
                        .build()) {
            assertThat(plan.describe()).doesNotContain("seglosses_addition");
            return plan.run(Map.of("logits", logits, "codes", codes)).get(name).dup();
        }
    }
}
