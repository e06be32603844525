package org.seglosses.benchmarks.compare;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToLongFunction;

/**
 * What value and gradient of one loss take in memory, beyond inputs and gradient.
 *
 * @param pytorch bytes at PyTorch's peak, if it was measured
 * @param ours ours, if it was measured
 */
record Memory(LossCase loss, Shape shape, OptionalDouble pytorch, Optional<OwnMemory> ours) {

    /** Times the logits' bytes. */
    static final double AT_MOST = 6;

    /** Bytes that a call may leave behind: what a collection's own books come and go by. */
    static final double MOST_GROWTH = 4096;

    OptionalDouble pytorchTimesLogits() {
        return pytorch.isEmpty()
                ? OptionalDouble.empty()
                : OptionalDouble.of(pytorch.getAsDouble() / shape.bytes());
    }

    OptionalDouble oursTimesLogits() {
        return own(OwnMemory::peak, shape.bytes());
    }

    /** At the first call alone, which builds the plan; nothing is asked of it. */
    OptionalDouble firstTimesLogits() {
        return own(OwnMemory::building, shape.bytes());
    }

    OptionalDouble allocatedACall() {
        return own(OwnMemory::allocatedACall, 1);
    }

    OptionalDouble grownACall() {
        return own(OwnMemory::grownACall, 1);
    }

    private OptionalDouble own(ToLongFunction<OwnMemory> bytes, long unit) {
        return ours.isEmpty()
                ? OptionalDouble.empty()
                : OptionalDouble.of((double) bytes.applyAsLong(ours.get()) / unit);
    }

    Figure peak() {
        return new Figure(
                loss.title() + ", " + shape + ", memory in times the logits' bytes",
                oursTimesLogits(),
                AT_MOST);
    }

    private Figure growth() {
        return new Figure(
                loss.title() + ", " + shape + ", bytes that a call leaves behind",
                grownACall(),
                MOST_GROWTH);
    }

    List<Figure> figures() {
        return List.of(peak(), growth());
    }

    String verdict() {
        return figures().stream().filter(Figure::isMissed).findFirst().orElse(peak()).verdict();
    }
}
