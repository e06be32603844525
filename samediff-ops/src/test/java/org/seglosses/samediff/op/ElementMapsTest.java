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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/** {@link ElementSums} of {@link ElementMaps} against those that find everything twice. */
class ElementMapsTest {

    private static final int[] SHAPE = {2, 3, 37, 90};

    private static final double NONE = Double.NaN;

    private static final List<ElementSums.Modulation> MODULATIONS =
            List.of(
                    ElementSums.Modulation.NONE,
                    ElementSums.Modulation.smoothed(0.1),
                    new ElementSums.Modulation(1, 0, NONE, 0, 0),
                    new ElementSums.Modulation(2, 0, NONE, 0, 0),
                    new ElementSums.Modulation(3, 0, NONE, 0, 0),
                    new ElementSums.Modulation(2.5, 0, NONE, 0, 0),
                    new ElementSums.Modulation(2, 0, 0.25, 0, 0),
                    new ElementSums.Modulation(2, 0.4, NONE, 0, 0),
                    new ElementSums.Modulation(2, 0, NONE, 0.5, 0));

    private final Random random = new Random(11);

    /** What sums are made of, and what is asked of them. */
    private record Use(
            DataType type,
            boolean onePerPixel,
            boolean soft,
            boolean weighted,
            ElementSums.Modulation modulation,
            List<Double> positiveWeights,
            boolean maps) {

        Use withMaps() {
            return new Use(type, onePerPixel, soft, weighted, modulation, positiveWeights, true);
        }

        SDVariable sums(SDVariable logits, Target target) {
            return maps
                    ? ElementSums.of(
                            logits,
                            target,
                            ElementMaps.of(logits, target, modulation, positiveWeights, false))
                    : ElementSums.of(
                            logits,
                            target,
                            ElementSums.Entropy.SIGMOID,
                            modulation,
                            positiveWeights,
                            false);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void theSameAsWithoutMaps(DataType type) {
        List<List<Double>> positive = List.of(List.of(), List.of(1.0, 3.0, 0.5));
        for (ElementSums.Modulation modulation : MODULATIONS) {
            for (List<Double> weights : positive) {
                for (int bits = 0; bits < 8; bits++) {
                    boolean onePerPixel = (bits & 1) != 0;
                    boolean soft = (bits & 2) != 0;
                    boolean weighted = (bits & 4) != 0;
                    check(new Use(type, onePerPixel, soft, weighted, modulation, weights, false));
                }
            }
        }
    }

    /** A loss that is not a number has no gradient where it does not look. */
    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void voidPixelsHaveNoGradientWhateverTheLoss(DataType type) {
        int[] shape = {1, 2, 1, 2};
        for (ElementSums.Modulation modulation : MODULATIONS) {
            for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
                Use use = new Use(type, true, false, false, modulation, List.of(), true);
                Map<String, INDArray> inputs = new HashMap<>();
                inputs.put("logits", OpCases.array(type, new double[] {0, 0, 0, bad}, shape));
                inputs.put("codes", OpCases.ints(new int[] {Targets.VOID, 0}, shape, 1));
                double[] gradient = RandomMaps.doubles(run(use, inputs).get(1));
                assertThat(gradient[0]).as(use.toString()).isZero();
                assertThat(gradient[1]).as(use.toString()).isFinite();
                assertThat(gradient[2]).as(use.toString()).isZero();
                assertThat(gradient[3]).as(use.toString()).isNaN();
            }
        }
    }

    private void check(Use use) {
        int n = OpCases.length(SHAPE);
        double[] z = OpCases.normal(random, use.type, n, 4);
        z[5] = 200;
        z[n / 2] = -200;
        int codeChannels = use.onePerPixel ? 1 : SHAPE[1];
        int[] codes = OpCases.codes(random, SHAPE, codeChannels, use.onePerPixel ? 3 : 2);
        if (use.soft) {
            Arrays.setAll(codes, i -> codes[i] < 0 ? codes[i] : 0);
        }
        Map<String, INDArray> inputs = new HashMap<>();
        inputs.put("logits", OpCases.array(use.type, z, SHAPE));
        inputs.put("codes", OpCases.ints(codes, SHAPE, codeChannels));
        double[] uniform = new double[n];
        Arrays.setAll(uniform, i -> random.nextDouble());
        inputs.put("soft", OpCases.array(use.type, uniform, SHAPE));
        double[] w = new double[n / SHAPE[1]];
        Arrays.setAll(w, i -> codes[i] < 0 && use.onePerPixel ? 0 : random.nextInt(4));
        inputs.put("weights", OpCases.array(use.type, w, SHAPE[0], 1, SHAPE[2], SHAPE[3]));
        List<INDArray> expected = run(use, inputs);
        List<INDArray> actual = run(use.withMaps(), inputs);
        double tolerance = use.type == DataType.FLOAT ? 2e-5 : 1e-11;
        for (int i = 0; i < 2; i++) {
            OpCases.assertClose(
                    actual.get(i), RandomMaps.doubles(expected.get(i)), tolerance, use.toString());
        }
    }

    private static int channels(Map<String, INDArray> inputs) {
        return (int) inputs.get("logits").size(1);
    }

    /** The sums of terms and their gradient. */
    private static List<INDArray> run(Use use, Map<String, INDArray> inputs) {
        SameDiff graph = SameDiff.create();
        Map<String, SDVariable> in = new HashMap<>();
        for (Map.Entry<String, INDArray> input : inputs.entrySet()) {
            INDArray array = input.getValue();
            in.put(
                    input.getKey(),
                    graph.placeHolder(input.getKey(), array.dataType(), array.shape()));
        }
        SDVariable z = in.get("logits");
        Target target =
                new Target(
                        use.onePerPixel,
                        in.get("codes"),
                        use.soft ? in.get("soft") : null,
                        use.weighted ? in.get("weights") : null);
        SDVariable losses =
                ElementMeans.of(
                        use.sums(z, target),
                        NormalizedSums.Divisor.ALL_PIXELS,
                        false,
                        IntStream.rangeClosed(1, channels(inputs))
                                .mapToObj(i -> (double) i)
                                .toList(),
                        use.type);
        SDVariable loss = losses.sum();
        String gradient = Gradients.of(loss, z, graph.constant(Nd4j.scalar(use.type, 1.0))).name();
        GraphPlan.Builder plan = GraphPlan.builder(graph).output(loss.name(), gradient);
        Map<String, INDArray> used = new HashMap<>();
        List<String> needed = new ArrayList<>(List.of("logits", "codes"));
        if (use.soft) {
            needed.add("soft");
        }
        if (use.weighted) {
            needed.add("weights");
        }
        for (String name : needed) {
            INDArray array = inputs.get(name);
            plan.input(name, array.dataType(), array.shape());
            used.put(name, array);
        }
        try (GraphPlan built = plan.build()) {
            Map<String, INDArray> results = built.run(used);
            return List.of(results.get(loss.name()).dup(), results.get(gradient).dup());
        }
    }
}
