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

    private static final int[] WINDOWS = {3, 5, 7, 9, 19, 201};

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
            INDArray sparse = dense.dup();
            for (long i = 0; i < sparse.length(); i++) {
                if (random.nextInt(20) != 0) {
                    sparse.putScalar(i, 0);
                }
            }
            INDArray special = RandomMaps.withSpecialValues(draw.x(), draw.seed());
            checkGradient(draw, draw.x(), dense, window);
            checkGradient(draw, draw.x(), sparse, window);
            checkGradient(draw, special, dense, window);
            checkGradient(draw, special, sparse, window);
            checkGradient(draw, special, Nd4j.zerosLike(special), window);
        }
    }

    @Test
    void onePlaneIsCutIntoBands() {
        Draw draw = RandomMaps.draw(DataType.FLOAT, 3, 1, 1, 150, 31);
        assertThat(CodedPlanes.of("x", draw.x(), draw.codes(), 1).bands()).isGreaterThan(1);
        for (int window : new int[] {3, 19}) {
            checkForward(draw, draw.x(), window);
            checkGradient(draw, draw.x(), RandomMaps.withSpecialValues(draw.x(), 1), window);
        }
    }

    @Test
    void readsViews() {
        Draw draw = RandomMaps.draw(DataType.FLOAT, 5, 2, 3, 6, 8);
        INDArray view = draw.x().dup('f').permute(0, 1, 2, 3);
        assertThat(OpRun.bits(OpRun.of(op(3), view, draw.codes())))
                .isEqualTo(OpRun.bits(OpRun.of(op(3), draw.x(), draw.codes())));
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
                                        Nd4j.ones(DataType.BFLOAT16, 1, 1, 2, 2),
                                        Nd4j.create(DataType.INT32, 1, 1, 2, 2)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("x must be FLOAT or DOUBLE, got BFLOAT16");
    }

    private static void checkForward(Draw draw, INDArray x, int window) {
        INDArray y = OpRun.of(op(window), x, draw.codes());
        each(
                draw,
                (n, c, i, j) -> {
                    long[] at = maximum(draw, x, window, n, c, i, j);
                    // == and not bits: the maximum of the two zeros is either
                    assertThat(y.getDouble(n, c, i, j) + 0.0)
                            .as("%s window %d at %d %d %d %d", draw, window, n, c, i, j)
                            .isEqualTo(x.getDouble(n, c, at[0], at[1]) + 0.0);
                });
    }

    private static void checkGradient(Draw draw, INDArray x, INDArray upstream, int window) {
        INDArray y = OpRun.of(op(window), x, draw.codes());
        SlidingMaxGradient gradient = new SlidingMaxGradient();
        gradient.addIArgument(window);
        INDArray actual = OpRun.of(gradient, x, draw.codes(), y, upstream);
        INDArray expected = Nd4j.zerosLike(x);
        each(
                draw,
                (n, c, i, j) -> {
                    long[] at = maximum(draw, x, window, n, c, i, j);
                    int[] to = {(int) n, (int) c, (int) at[0], (int) at[1]};
                    double sum = expected.getDouble(to) + upstream.getDouble(n, c, i, j);
                    expected.putScalar(to, sum);
                });
        assertThat(OpRun.bits(actual))
                .as("%s window %d", draw, window)
                .isEqualTo(OpRun.bits(expected));
    }

    /** The row and column of the first maximum, by looking at every pixel of the window. */
    private static long[] maximum(
            Draw draw, INDArray x, int window, long n, long c, long i, long j) {
        if (draw.isVoid(n, c, i, j)) {
            return new long[] {i, j};
        }
        long[] best = null;
        double max = 0;
        for (long r = Math.max(0, i - window / 2);
                r <= Math.min(draw.h() - 1, i + window / 2);
                r++) {
            for (long s = Math.max(0, j - window / 2);
                    s <= Math.min(draw.w() - 1, j + window / 2);
                    s++) {
                if (draw.isVoid(n, c, r, s)) {
                    continue;
                }
                double value = x.getDouble(n, c, r, s);
                if (best == null || value > max || Double.isNaN(value) && !Double.isNaN(max)) {
                    best = new long[] {r, s};
                    max = value;
                }
            }
        }
        return best;
    }

    private interface Place {
        void accept(long n, long c, long i, long j);
    }

    private static void each(Draw draw, Place place) {
        for (long n = 0; n < draw.n(); n++) {
            for (long c = 0; c < draw.c(); c++) {
                for (long i = 0; i < draw.h(); i++) {
                    for (long j = 0; j < draw.w(); j++) {
                        place.accept(n, c, i, j);
                    }
                }
            }
        }
    }

    private static SlidingMax op(int window) {
        SlidingMax op = new SlidingMax();
        op.addIArgument(window);
        return op;
    }
}
