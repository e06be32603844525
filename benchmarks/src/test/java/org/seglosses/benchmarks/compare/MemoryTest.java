package org.seglosses.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.Optional;
import java.util.OptionalDouble;

class MemoryTest {

    private static final Shape SHAPE = new Shape(1, 2, 64, 64);

    @Test
    void theSumIsShownInTimesTheLogits() {
        long logits = SHAPE.bytes();
        OwnMemory own = new OwnMemory(9 * logits, 4 * logits, logits, logits / 2, 10);
        Memory memory = memory(OptionalDouble.of(7 * logits), Optional.of(own));

        assertThat(memory.pytorchTimesLogits()).hasValue(7);
        assertThat(memory.oursTimesLogits()).hasValue(5.5);
        assertThat(memory.firstTimesLogits()).hasValue(9);
        assertThat(memory.verdict()).isEqualTo("met");
    }

    @Test
    void tooMuchAndGrowthAreMissed() {
        long logits = SHAPE.bytes();
        OwnMemory much = new OwnMemory(0, 6 * logits, 1, 0, 0);
        OwnMemory growing = new OwnMemory(0, logits, 1, 0, 5000);

        assertThat(memory(OptionalDouble.empty(), Optional.of(much)).verdict()).isEqualTo("missed");
        assertThat(memory(OptionalDouble.empty(), Optional.of(growing)).verdict())
                .isEqualTo("missed");
    }

    @Test
    void withoutFiguresNothingIsKnown() {
        Memory memory = memory(OptionalDouble.empty(), Optional.empty());

        assertThat(memory.pytorchTimesLogits()).isEmpty();
        assertThat(memory.verdict()).isEqualTo("-");
    }

    /** Codes, probabilities, the plan's own gradient: more than one and less than ten arrays. */
    @Test
    void aJvmOfItsOwnTellsWhatALossTakes() {
        OwnMemory own = OwnMemory.of(LossCase.DICE, SHAPE);

        assertThat(own.natives()).isBetween(SHAPE.bytes(), 10 * SHAPE.bytes());
        assertThat(own.building()).isGreaterThanOrEqualTo(own.natives());
        assertThat(own.kept()).isLessThan(1 << 20);
        assertThat(own.allocatedACall()).isBetween(1L, 1L << 20);
        assertThat(own.grownACall()).isLessThan((long) Memory.MOST_GROWTH);
    }

    private static Memory memory(OptionalDouble pytorch, Optional<OwnMemory> ours) {
        return new Memory(LossCase.DICE, SHAPE, pytorch, ours);
    }
}
