package org.seglosses.examples.earth;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.seglosses.dl4j.evaluation.SegmentationEvaluation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Trains the same network on the same tiles in the same order, whatever the loss.
 *
 * @param task what is learned
 * @param region the task's pixels
 * @param split which tiles are for what
 * @param epochs passes over the training tiles
 */
record Training(Task task, Region region, Split split, int epochs) {

    static final int BATCH = 8;

    static final double LEARNING_RATE = 3e-3;

    /** Hears of every step. */
    interface Progress {

        void step(int epoch, double score, double millis);
    }

    int stepsPerEpoch() {
        return (split.training().size() + BATCH - 1) / BATCH;
    }

    int steps() {
        return epochs * stepsPerEpoch();
    }

    Run run(NamedLoss loss, long seed, Progress progress) {
        int classes = task.classes().size();
        ComputationGraph net =
                UNet.create(
                        task.channels(),
                        loss.channels(classes),
                        loss.layer(),
                        new Adam(new CosineDecay(LEARNING_RATE, steps())),
                        seed);
        SplittableRandom random = new SplittableRandom(seed);
        List<Run.Epoch> course = new ArrayList<>();
        double[] millis = new double[steps()];
        int step = 0;
        for (int epoch = 0; epoch < epochs; epoch++) {
            List<Tile> order = shuffled(split.training(), random);
            double score = 0;
            for (int first = 0; first < order.size(); first += BATCH) {
                List<Tile> tiles = order.subList(first, Math.min(first + BATCH, order.size()));
                DataSet batch =
                        loss.dataSet(Batch.of(region, tiles, flips(tiles.size(), random)), classes);
                long start = System.nanoTime();
                net.fit(batch);
                millis[step] = (System.nanoTime() - start) / 1e6;
                double stepScore = loss.perPixel(net.score());
                progress.step(epoch, stepScore, millis[step]);
                score += stepScore;
                step++;
            }
            course.add(new Run.Epoch(score / stepsPerEpoch(), evaluate(net)));
        }
        return new Run(seed, course, median(millis), map(net, everyTile()));
    }

    private Scores evaluate(ComputationGraph net) {
        SegmentationEvaluation evaluation =
                SegmentationEvaluation.builder(task.classes().size())
                        .ignoreIndex(Region.VOID)
                        .boundaryTolerance(1)
                        .build();
        List<Tile> tiles = split.heldOut();
        for (int first = 0; first < tiles.size(); first += BATCH) {
            Batch batch =
                    Batch.of(region, tiles.subList(first, Math.min(first + BATCH, tiles.size())));
            evaluation.eval(batch.labels(), net.outputSingle(batch.input()));
        }
        return Scores.of(evaluation);
    }

    /** The predicted class of each pixel of the tiles; all others are void. */
    private int[] map(ComputationGraph net, List<Tile> tiles) {
        int[] map = new int[region.labels().length];
        Arrays.fill(map, Region.VOID);
        for (int first = 0; first < tiles.size(); first += BATCH) {
            List<Tile> some = tiles.subList(first, Math.min(first + BATCH, tiles.size()));
            INDArray output = net.outputSingle(Batch.of(region, some).input());
            int channels = (int) output.size(1);
            float[] scores =
                    output.dup('c').reshape('c', new long[] {output.length()}).toFloatVector();
            for (int n = 0; n < some.size(); n++) {
                for (int i = 0; i < Tile.PIXELS; i++) {
                    int x = some.get(n).x() + i % Tile.SIZE;
                    int y = some.get(n).y() + i / Tile.SIZE;
                    map[y * region.width() + x] =
                            predicted(scores, n * channels * Tile.PIXELS + i, channels);
                }
            }
        }
        return map;
    }

    /** The class of a pixel: the largest channel, or what a single one is surer of. */
    private static int predicted(float[] scores, int at, int channels) {
        if (channels == 1) {
            return scores[at] >= 0.5 ? 1 : 0;
        }
        int best = 0;
        for (int c = 1; c < channels; c++) {
            if (scores[at + c * Tile.PIXELS] > scores[at + best * Tile.PIXELS]) {
                best = c;
            }
        }
        return best;
    }

    private List<Tile> everyTile() {
        List<Tile> tiles = new ArrayList<>();
        for (int row = 0; row < region.height() / Tile.SIZE; row++) {
            for (int column = 0; column < region.width() / Tile.SIZE; column++) {
                tiles.add(new Tile(row, column));
            }
        }
        return tiles;
    }

    static List<Tile> shuffled(List<Tile> tiles, SplittableRandom random) {
        List<Tile> order = new ArrayList<>(tiles);
        for (int i = order.size() - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            order.set(i, order.set(j, order.get(i)));
        }
        return order;
    }

    static boolean[] flips(int count, SplittableRandom random) {
        boolean[] flips = new boolean[count];
        for (int i = 0; i < count; i++) {
            flips[i] = random.nextInt(2) == 1;
        }
        return flips;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
