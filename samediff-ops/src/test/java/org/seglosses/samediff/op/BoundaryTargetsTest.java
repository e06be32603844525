package org.seglosses.samediff.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.samediff.op.RandomMaps.Draw;

class BoundaryTargetsTest {

    private static final int[] WINDOWS = {3, 5, 7, 19, 33, 131, Integer.MAX_VALUE};

    @Test
    void isTheBoundaryOfEachClass() {
        for (Draw draw : RandomMaps.draws(DataType.FLOAT)) {
            check(draw, window(draw.seed()), window(draw.seed() / 7), false);
        }
    }

    @Test
    void hasTheBackgroundAsASecondMap() {
        for (int seed = 0; seed < 40; seed++) {
            Draw draw = RandomMaps.draw(DataType.FLOAT, seed, 1 + seed % 3, 1, 4 + seed, 70);
            check(draw, window(seed), window(seed / 7), true);
        }
    }

    @Test
    void wordsAndBandsHaveNoSeams() {
        for (int seed = 0; seed < 20; seed++) {
            Draw draw = RandomMaps.draw(DataType.FLOAT, seed, 1, 1 + seed % 2, 140, 120 + seed);
            assertThat(CodedPlanes.of("x", draw.x(), draw.codes(), 2).bandsPerPlane())
                    .isGreaterThan(1);
            check(draw, 3, 5, false);
            check(draw, window(seed % 4), 19, false);
        }
    }

    @Test
    void refusesBadInput() {
        SameDiff graph = SameDiff.create();
        var x = graph.var("x", Nd4j.ones(1, 2, 2, 2));
        var codes = graph.constant("codes", Nd4j.create(DataType.INT32, 1, 1, 2, 2));
        assertThatThrownBy(() -> BoundaryTargets.of(codes, x, 2, 3, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("theta0 must be odd and >= 3, got 2");
        assertThatThrownBy(() -> BoundaryTargets.of(codes, x, 3, -5, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("theta must be odd and >= 3, got -5");
        assertThatThrownBy(() -> OpRun.of(op(3, 3, true), codes.getArr(), x.getArr()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("like must be of shape [N,1,H,W] for the complement, got [1, 2, 2, 2]");
    }

    private static int window(int index) {
        return WINDOWS[index % WINDOWS.length];
    }

    private static void check(Draw draw, int theta0, int theta, boolean complement) {
        INDArray output = OpRun.of(op(theta0, theta, complement), draw.codes(), draw.x());
        int maps = complement ? 2 : draw.c();
        int words = (draw.w() + 63) / 64;
        assertThat(output.shape()).containsExactly(draw.n(), maps, draw.h(), 2 * words);
        long[] actual = output.data().asLong();
        long[] expected = new long[actual.length];
        for (int n = 0; n < draw.n(); n++) {
            for (int map = 0; map < maps; map++) {
                boolean wanted = map < draw.c();
                int c = wanted ? map : 0;
                boolean[][] boundary = new boolean[draw.h()][draw.w()];
                for (int i = 0; i < draw.h(); i++) {
                    for (int j = 0; j < draw.w(); j++) {
                        boundary[i][j] =
                                !draw.isVoid(n, c, i, j)
                                        && draw.foreground(n, c, i, j) == wanted
                                        && othersNear(draw, n, c, i, j, theta0, wanted);
                    }
                }
                for (int i = 0; i < draw.h(); i++) {
                    for (int j = 0; j < draw.w(); j++) {
                        int at = ((n * maps + map) * draw.h() + i) * 2 * words + j / 64;
                        if (boundary[i][j]) {
                            expected[at] |= 1L << j;
                        }
                        if (!draw.isVoid(n, c, i, j) && near(boundary, i, j, theta)) {
                            expected[at + words] |= 1L << j;
                        }
                    }
                }
            }
        }
        assertThat(actual).as("%s, %d %d", draw, theta0, theta).isEqualTo(expected);
    }

    private static boolean othersNear(
            Draw draw, int n, int c, int i, int j, int window, boolean wanted) {
        int reach = Math.min(window / 2, 1000);
        for (int r = Math.max(0, i - reach); r <= Math.min(draw.h() - 1, i + reach); r++) {
            for (int s = Math.max(0, j - reach); s <= Math.min(draw.w() - 1, j + reach); s++) {
                if (!draw.isVoid(n, c, r, s) && draw.foreground(n, c, r, s) != wanted) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean near(boolean[][] map, int i, int j, int window) {
        int reach = Math.min(window / 2, 1000);
        for (int r = Math.max(0, i - reach); r <= Math.min(map.length - 1, i + reach); r++) {
            for (int s = Math.max(0, j - reach); s <= Math.min(map[0].length - 1, j + reach); s++) {
                if (map[r][s]) {
                    return true;
                }
            }
        }
        return false;
    }

    private static BoundaryTargets op(int theta0, int theta, boolean complement) {
        BoundaryTargets op = new BoundaryTargets();
        op.addIArgument(theta0, theta, complement ? 1 : 0);
        return op;
    }
}
