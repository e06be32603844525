package org.seglosses.samediff.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.factory.Nd4j;

class BlocksTest {

    @ParameterizedTest
    @CsvSource({
        "1, 1, 1, 1",
        "1, 1, 1, 2",
        "3, 1, 5, 1",
        "2, 19, 3, 7",
        "1, 150, 1, 257",
        "1, 150, 31, 33",
        "2, 3, 130, 70",
        "1, 1, 128, 128",
        "2, 1, 129, 128",
        "1, 64, 16, 16",
        "3, 65, 17, 31"
    })
    void coverEachElementOnce(int n, int c, int h, int w) {
        Blocks blocks = Blocks.of("x", Nd4j.createUninitialized(n, c, h, w));
        int[] seen = new int[n * c * h * w];
        int[] pixels = new int[n * h * w];
        for (int block = 0; block < blocks.count(); block++) {
            assertThat(blocks.length(block)).isBetween(1, blocks.size());
            for (int i = 0; i < blocks.length(block); i++) {
                for (int channel = 0; channel < c; channel++) {
                    int place = blocks.offset(block, channel) + i;
                    assertThat(place / (h * w)).isEqualTo(blocks.image(block) * c + channel);
                    assertThat(place % (h * w)).isEqualTo(blocks.start(block) + i);
                    seen[place]++;
                }
                pixels[blocks.withChannels(1).offset(block, 0) + i]++;
            }
        }
        assertThat(seen).containsOnly(1);
        assertThat(pixels).containsOnly(1);
        assertThat(blocks.count()).isEqualTo(n * blocks.perImage());
    }

    @Test
    void refuseOtherShapes() {
        assertThatThrownBy(() -> Blocks.of("logits", Nd4j.ones(2, 3, 4)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("logits must be of shape [N,C,H,W], got [2, 3, 4]");
        Blocks blocks = Blocks.of("logits", Nd4j.ones(2, 3, 4, 5));
        blocks.requireMatch("codes", Nd4j.ones(2, 1, 4, 5), 1, 3);
        blocks.requireMatch("codes", Nd4j.ones(2, 3, 4, 5), 1, 3);
        long[][] others = {{2, 2, 4, 5}, {1, 1, 4, 5}, {2, 1, 5, 5}, {2, 4, 5}, {2, 1, 5, 4}};
        for (long[] other : others) {
            assertThatThrownBy(() -> blocks.requireMatch("codes", Nd4j.ones(other), 1, 3))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("codes must be of shape")
                    .hasMessageEndingWith("got " + java.util.Arrays.toString(other));
        }
    }
}
