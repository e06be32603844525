package org.seglosses.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShapeTest {

    @Test
    void readsWhatItWrites() {
        Shape shape = new Shape(2, 19, 512, 256);

        assertThat(shape.name()).isEqualTo("2x19x512x256");
        assertThat(Shape.of(shape.name())).isEqualTo(shape);
        assertThat(shape).hasToString("[2,19,512,256]");
        assertThat(shape.bytes()).isEqualTo(4L * 2 * 19 * 512 * 256);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "4x5x256",
                "4x5x256x256x1",
                "0x5x256x256",
                "[4,5,6,7]",
                "4x5x256x999999"
            })
    void whatIsNoShapeIsNamed(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Shape.of(name))
                .withMessageEndingWith("got '" + name + "'");
    }
}
