package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * All ops in graphs as the losses use them. A new op needs a line here: {@link JavaOpTest} says so.
 */
final class OpGraphs {

    private static final int N = 2;
    private static final int C = 3;
    private static final int H = 5;
    private static final int W = 6;
    private static final int[] SHAPE = {N, C, H, W};
    private static final int IGNORED = 255;

    private OpGraphs() {}

    static List<OpGraph> all() {
        List<OpGraph> graphs = new ArrayList<>();
        for (DataType type : OpCases.TYPES) {
            addAll(graphs, type);
        }
        return graphs;
    }

    private static void addAll(List<OpGraph> graphs, DataType type) {
        Random random = new Random(7);
        INDArray logits = distinct(type, random, N, C, H, W);
        int[] code = integers(random, C, N * H * W);
        INDArray codes = OpCases.ints(code, SHAPE, 1);
        INDArray flags = OpCases.ints(integers(random, 2, N * C * H * W), SHAPE, C);
        int[] label = Arrays.stream(code).map(c -> c < 0 ? IGNORED : c).toArray();
        INDArray labels = OpCases.ints(label, SHAPE, 1);
        INDArray mask = distinct(type, random, N, 1, H, W).addi(3);
        String suffix = "_" + type;

        graphs.add(
                new OpGraph(
                        "valid_values" + suffix,
                        true,
                        in -> ValidValues.of(in[0], in[1]),
                        logits,
                        logits.gt(0).castTo(type)));
        graphs.add(
                new OpGraph(
                        "boundary_targets" + suffix,
                        false,
                        in -> BoundaryTargets.of(in[1], in[0], 3, 5, false),
                        logits,
                        codes));
        graphs.add(
                new OpGraph(
                        "lovasz_weights" + suffix,
                        false,
                        in ->
                                LovaszWeights.of(
                                        in[0],
                                        in[1],
                                        false,
                                        true,
                                        ClassCoefficients.EXCLUDE,
                                        List.of(0, 2),
                                        List.of(1.0, 2.0, 3.0)),
                        Transforms.abs(logits),
                        codes));
        graphs.add(
                new OpGraph(
                        "distance_weights" + suffix,
                        false,
                        in ->
                                DistanceWeights.of(
                                        in[0],
                                        in[1],
                                        in[2],
                                        false,
                                        ClassCoefficients.EXCLUDE,
                                        List.of(0, 2),
                                        List.of(1.0, 2.0, 3.0)),
                        logits,
                        codes,
                        mask));
        graphs.add(
                new OpGraph(
                        "kth_smallest" + suffix,
                        false,
                        in -> KthSmallest.of(in[0], 7, true),
                        logits));
        graphs.add(
                new OpGraph(
                        "lovasz_softmax" + suffix, true, OpGraphs::lovaszSoftmax, logits, labels));
        graphs.add(
                new OpGraph("lovasz_hinge" + suffix, true, OpGraphs::lovaszHinge, logits, flags));
        graphs.add(new OpGraph("boundary" + suffix, true, OpGraphs::boundary, logits, codes));
        graphs.add(new OpGraph("surface" + suffix, true, OpGraphs::surface, logits, codes));
        graphs.add(new OpGraph("ohem" + suffix, true, OpGraphs::ohem, logits, codes));
        INDArray soft = Transforms.sigmoid(distinct(type, random, N, C, H, W));
        graphs.add(
                new OpGraph("region" + suffix, true, in -> region(type, in), logits, codes, mask));
        graphs.add(
                new OpGraph(
                        "elements" + suffix,
                        true,
                        in -> elements(type, ElementSums.Entropy.SIGMOID, false, in),
                        logits,
                        flags,
                        soft));
        graphs.add(
                new OpGraph(
                        "element_maps" + suffix, true, in -> elementMaps(type, in), logits, flags));
        graphs.add(
                new OpGraph(
                        "pixels" + suffix,
                        true,
                        in -> elements(type, ElementSums.Entropy.SOFTMAX, true, in),
                        logits,
                        codes,
                        soft));
        graphs.add(
                new OpGraph(
                        "addition" + suffix,
                        true,
                        in -> Addition.of(in[0], Probabilities.softmax(in[0], in[1])),
                        logits,
                        codes));
        graphs.add(
                new OpGraph(
                        "group_mean" + suffix, true, in -> GroupMean.of(ohem(in)), logits, codes));
        graphs.add(new OpGraph("contours" + suffix, true, OpGraphs::contours, logits, codes));
        graphs.add(
                new OpGraph(
                        "cross_entropy" + suffix,
                        true,
                        in ->
                                NormalizedSums.of(
                                        CrossEntropySums.of(
                                                in[0],
                                                new Target(
                                                        true,
                                                        in[1],
                                                        null,
                                                        PixelWeights.of(in[2], in[1], false, type)),
                                                List.of(1.0, 0.5, 2.0),
                                                0.1,
                                                false),
                                        NormalizedSums.Divisor.VALID,
                                        true,
                                        type),
                        logits,
                        codes,
                        mask));
    }

    private static SDVariable lovaszSoftmax(SDVariable... in) {
        SDVariable codes =
                Targets.of(in[1], in[0], null, Targets.Labelling.PIXEL, IGNORED, false, false);
        SDVariable p = Probabilities.softmax(in[0], codes);
        SDVariable weights =
                LovaszWeights.of(
                        p, codes, false, true, ClassCoefficients.EXCLUDE, List.of(), List.of());
        return LovaszSums.of(p, weights, false, true);
    }

    private static SDVariable lovaszHinge(SDVariable... in) {
        return LovaszSums.of(in[0], LovaszWeights.flat(in[0], in[1], false), true, false);
    }

    private static SDVariable boundary(SDVariable... in) {
        SDVariable p = Probabilities.softmax(in[0], in[1]);
        SDVariable targets = BoundaryTargets.of(in[1], p, 3, 5, false);
        return BoundaryScores.of(
                BoundarySums.of(p, in[1], targets, 3, 5, false),
                ClassCoefficients.of(
                        in[1], targets, true, ClassCoefficients.PENALIZE, p.dataType()));
    }

    private static SDVariable surface(SDVariable... in) {
        SDVariable p = Probabilities.softmax(in[0], in[1]);
        return WeightedSums.of(
                p,
                DistanceWeights.of(
                        p, in[1], null, true, ClassCoefficients.ZERO, List.of(), List.of()));
    }

    private static SDVariable region(DataType type, SDVariable... in) {
        SDVariable weights = PixelWeights.of(in[2], in[1], false, type);
        RegionLosses.Mean mean =
                new RegionLosses.Mean(
                        true, ClassCoefficients.PENALIZE, List.of(), List.of(1.0, 2.0, 3.0), type);
        Target target = new Target(true, in[1], null, weights);
        SDVariable maps =
                RegionMaps.of(Probabilities.Form.SOFTMAX, in[0], target, true, true, false);
        return RegionLosses.ratio(
                RegionSums.of(in[0], target, maps),
                mean,
                new RegionLosses.Ratio(2, 0, 1, 1, 0.5, 0.25, 1e-7),
                true,
                0.75);
    }

    private static SDVariable elements(
            DataType type, ElementSums.Entropy entropy, boolean onePerPixel, SDVariable... in) {
        SDVariable sums =
                ElementSums.of(
                        in[0],
                        new Target(onePerPixel, in[1], in[2], null),
                        entropy,
                        new ElementSums.Modulation(1.5, 0.4, 0.7, 0.5, 0),
                        List.of(),
                        false);
        return ElementMeans.of(
                sums,
                NormalizedSums.Divisor.SUM,
                true,
                false,
                true,
                null,
                List.of(1.0, 2.0, 3.0),
                type);
    }

    private static SDVariable elementMaps(DataType type, SDVariable... in) {
        Target target = new Target(false, in[1], null, null);
        ElementSums.Modulation squared = new ElementSums.Modulation(2, 0, Double.NaN, 0, 0);
        return ElementMeans.of(
                ElementSums.of(
                        in[0],
                        target,
                        ElementMaps.of(in[0], target, squared, List.of(1.0, 2.0, 3.0), false)),
                NormalizedSums.Divisor.VALID,
                true,
                List.of(1.0, 2.0, 3.0),
                type);
    }

    private static SDVariable contours(SDVariable... in) {
        return NormalizedSums.of(
                ContourSums.of(
                        Probabilities.Form.SOFTMAX,
                        in[0],
                        RegionMaps.of(
                                Probabilities.Form.SOFTMAX,
                                in[0],
                                new Target(true, in[1], null, null),
                                false,
                                false,
                                false),
                        in[1],
                        false),
                NormalizedSums.Divisor.VALID,
                true,
                in[0].dataType());
    }

    private static SDVariable ohem(SDVariable... in) {
        SDVariable ofTrueClass = TrueProbability.of(in[0], in[1], false);
        SDVariable kth = KthSmallest.ofProbabilities(ofTrueClass, 12, true);
        return NormalizedSums.of(
                CrossEntropySums.ofHard(
                        in[0],
                        HardCodes.of(in[1], ofTrueClass, kth, 0.1),
                        null,
                        List.of(),
                        ofTrueClass,
                        false),
                NormalizedSums.Divisor.VALID,
                true,
                in[0].dataType());
    }

    /** Values that no small step makes equal. */
    private static INDArray distinct(DataType type, Random random, int... shape) {
        List<Integer> ranks = new ArrayList<>();
        for (int i = 0; i < OpCases.length(shape); i++) {
            ranks.add(i);
        }
        Collections.shuffle(ranks, random);
        double[] values = new double[ranks.size()];
        Arrays.setAll(values, i -> 4.0 * ranks.get(i) / values.length - 2.013);
        return OpCases.array(type, values, shape);
    }

    /** Codes below a limit, some of them void. */
    private static int[] integers(Random random, int limit, int n) {
        int[] codes = new int[n];
        Arrays.setAll(codes, i -> random.nextInt(9) == 0 ? Targets.VOID : random.nextInt(limit));
        return codes;
    }
}
