package org.seglosses.benchmarks.jmh;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

import java.util.Random;

/**
 * Float logits of normal numbers, and labels in squares.
 *
 * @param shape N,C,H,W
 */
record Maps(int... shape) {

    /** As a house or a field in a tile. */
    private static final int SQUARE = 24;

    /** As "4x5x256x256": JMH takes commas for itself. */
    static Maps parse(String shape) {
        String[] sizes = shape.split("x");
        int[] numbers = new int[sizes.length];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = Integer.parseInt(sizes[i]);
        }
        return new Maps(numbers);
    }

    private int images() {
        return shape[0];
    }

    private int pixels() {
        return shape[2] * shape[3];
    }

    INDArray logits() {
        Random random = new Random(1);
        float[] values = new float[images() * shape[1] * pixels()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return array(values, shape[1]);
    }

    /** Numbers in 0..1, as probabilities and errors are. */
    INDArray fractions() {
        Random random = new Random(2);
        float[] values = new float[images() * shape[1] * pixels()];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat();
        }
        return array(values, shape[1]);
    }

    /** Class indices, int [N,1,H,W]. */
    INDArray labels() {
        Random random = new Random(3);
        int across = shape[3] / SQUARE + 1;
        int[] squares = random.ints((long) images() * pixels(), 0, shape[1]).toArray();
        int[] values = new int[images() * pixels()];
        for (int i = 0; i < values.length; i++) {
            int y = i / shape[3] / SQUARE;
            values[i] = squares[y * across + i % shape[3] / SQUARE];
        }
        return Nd4j.createFromArray(values).reshape('c', images(), 1, shape[2], shape[3]);
    }

    private INDArray array(float[] values, int channels) {
        return Nd4j.createFromArray(values).reshape('c', images(), channels, shape[2], shape[3]);
    }
}
