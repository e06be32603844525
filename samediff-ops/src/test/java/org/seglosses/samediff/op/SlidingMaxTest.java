package org.seglosses.samediff.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.samediff.op.RandomMaps.Draw;

import java.util.Random;

class SlidingMaxTest {

    private static final int[] WINDOWS = {3, 5, 7, 9, 19, 33, Integer.MAX_VALUE};

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void isTheMaximumOfEachWindow(DataType type) {
        for (Draw draw : RandomMaps.draws(type)) {
            int window = WINDOWS[draw.seed() % WINDOWS.length];
            checkForward(draw, draw.x(), window);
            checkForward(draw, RandomMaps.withSpecialValues(draw.x(), draw.seed()), window);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void gradientGoesToTheFirstMaximum(DataType type) {
        for (Draw draw : RandomMaps.draws(type)) {
            int window = WINDOWS[draw.seed() % WINDOWS.length];
            Random random = new Random(draw.seed());
            INDArray dense = RandomMaps.values(type, random, 1 << 24, draw.x().shape());
            INDArray sparse = sparse(dense, random);
            INDArray special = RandomMaps.withSpecialValues(draw.x(), draw.seed());
            checkGradient(draw, draw.x(), dense, window);
            checkGradient(draw, draw.x(), sparse, window);
            checkGradient(draw, special, dense, window);
            checkGradient(draw, special, sparse, window);
            checkGradient(draw, special, Nd4j.zerosLike(special), window);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void fewPlanesAreCutIntoBands(DataType type) {
        for (int seed = 0; seed < 8; seed++) {
            Draw draw = RandomMaps.draw(type, seed, 1, 1 + seed % 3, 150, 11);
            assertThat(CodedPlanes.of("x", draw.x(), draw.codes(), 1).bandsPerPlane())
                    .isGreaterThan(1);
            INDArray upstream = RandomMaps.withSpecialValues(draw.x(), 1);
            for (int window : new int[] {3, 19}) {
                checkForward(draw, draw.x(), window);
                checkGradient(draw, draw.x(), upstream, window);
                checkGradient(draw, draw.x(), sparse(upstream, new Random(seed)), window);
            }
        }
    }

    @Test
    void readsViews() {
        Draw draw = RandomMaps.draw(DataType.FLOAT, 5, 2, 3, 6, 8);
        INDArray other = Nd4j.rand(DataType.FLOAT, 4, 3, 6, 8);
        INDArray view =
                other.get(
                        org.nd4j.linalg.indexing.NDArrayIndex.interval(1, 3),
                        org.nd4j.linalg.indexing.NDArrayIndex.all(),
                        org.nd4j.linalg.indexing.NDArrayIndex.all(),
                        org.nd4j.linalg.indexing.NDArrayIndex.all());
        view.assign(draw.x());
        byte[] expected = OpRun.bits(OpRun.of(op(3), draw.x(), draw.codes()));
        assertThat(OpRun.bits(OpRun.of(op(3), view, draw.codes()))).isEqualTo(expected);
        assertThat(OpRun.bits(OpRun.of(op(3), draw.x().dup('f'), draw.codes())))
                .isEqualTo(expected);
    }

    @Test
    void refusesBadInput() {
        SameDiff graph = SameDiff.create();
        var x = graph.var("x", Nd4j.ones(1, 1, 2, 2));
        var codes = graph.constant("codes", Nd4j.create(DataType.INT32, 1, 1, 2, 2));
        assertThatThrownBy(() -> SlidingMax.of(x, codes, 4))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("window must be odd and >= 3, got 4");
        assertThatThrownBy(() -> SlidingMax.of(x, codes, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("window must be odd and >= 3, got 1");
        assertThatThrownBy(
                        () ->
                                OpRun.of(
                                        op(3),
                                        Nd4j.ones(2, 3, 4, 5),
                                        Nd4j.create(DataType.INT32, 2, 2, 4, 5)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "codes must be of shape [N,1,H,W] or [N,C,H,W] for x [2, 3, 4, 5] (N,C,H,W),"
                                + " got [2, 2, 4, 5]");
        assertThatThrownBy(
                        () ->
                                OpRun.of(
                                        op(3),
                                        Nd4j.ones(2, 4, 5),
                                        Nd4j.create(DataType.INT32, 2, 1, 4, 5)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("x must be of shape [N,C,H,W], got [2, 4, 5]");
        assertThatThrownBy(
                        () ->
                                OpRun.of(
                                        op(3),
                                        Nd4j.ones(DataType.BFLOAT16, 1, 1, 2, 2),
                                        Nd4j.create(DataType.INT32, 1, 1, 2, 2)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("x must be FLOAT or DOUBLE, got BFLOAT16");
    }

    private static INDArray sparse(INDArray dense, Random random) {
        double[] values = RandomMaps.doubles(dense);
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextInt(20) == 0 ? values[i] : 0;
        }
        return RandomMaps.of(dense.dataType(), values, dense.shape());
    }

    private static void checkForward(Draw draw, INDArray x, int window) {
        double[] values = RandomMaps.doubles(x);
        double[] actual = RandomMaps.doubles(OpRun.of(op(window), x, draw.codes()));
        double[] expected = new double[values.length];
        draw.each(
                (n, c, i, j) -> {
                    int at = draw.at(n, c, i, j);
                    // + 0.0: of two equal zeros either may be the maximum
                    expected[at] = values[maximum(draw, values, window, n, c, i, j)] + 0.0;
                    actual[at] += 0.0;
                });
        assertThat(actual).as("%s, window %d", draw, window).isEqualTo(expected);
    }

    private static void checkGradient(Draw draw, INDArray x, INDArray upstream, int window) {
        INDArray y = OpRun.of(op(window), x, draw.codes());
        SlidingMaxGradient gradient = new SlidingMaxGradient();
        gradient.addIArgument(window);
        INDArray actual = OpRun.of(gradient, x, draw.codes(), y, upstream);
        double[] values = RandomMaps.doubles(x);
        double[] from = RandomMaps.doubles(upstream);
        double[] expected = new double[values.length];
        boolean single = x.dataType() == DataType.FLOAT;
        draw.each(
                (n, c, i, j) -> {
                    int to = maximum(draw, values, window, n, c, i, j);
                    double sum = expected[to] + from[draw.at(n, c, i, j)];
                    expected[to] = single ? (float) sum : sum;
                });
        assertThat(RandomMaps.doubles(actual))
                .as("%s, window %d", draw, window)
                .isEqualTo(expected);
    }

    /** The place of the first maximum of a window, by looking at every pixel of it. */
    private static int maximum(Draw draw, double[] x, int window, int n, int c, int i, int j) {
        if (draw.isVoid(n, c, i, j)) {
            return draw.at(n, c, i, j);
        }
        int best = -1;
        int reach = Math.min(window / 2, 1000);
        for (int r = Math.max(0, i - reach); r <= Math.min(draw.h() - 1, i + reach); r++) {
            for (int s = Math.max(0, j - reach); s <= Math.min(draw.w() - 1, j + reach); s++) {
                int at = draw.at(n, c, r, s);
                if (!draw.isVoid(n, c, r, s)
                        && (best < 0
                                || x[at] > x[best]
                                || Double.isNaN(x[at]) && !Double.isNaN(x[best]))) {
                    best = at;
                }
            }
        }
        return best;
    }

    private static SlidingMax op(int window) {
        SlidingMax op = new SlidingMax();
        op.addIArgument(window);
        return op;
    }
}
