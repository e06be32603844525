package org.seglosses.samediff.plan;

import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

import java.util.ArrayList;
import java.util.List;

/**
 * Gives each value a buffer such that values that are alive at the same time never share one.
 *
 * <p>Steps are walked in order. A value takes the smallest free buffer of its type that holds it,
 * among equal ones the one freed last (it is warm in the cache); else the largest free one grows;
 * else a new one is made. For values of one size, the common case, this uses as few buffers as
 * possible.
 */
final class BufferLayout {

    private static final class Slot {
        final DataType type;
        long length;
        INDArray memory;

        Slot(DataType type, long length) {
            this.type = type;
            this.length = length;
        }
    }

    private final List<Slot> slots = new ArrayList<>();
    private final List<List<Slot>> freeAfter = new ArrayList<>();
    private final List<Slot> free = new ArrayList<>();

    BufferLayout(int steps) {
        for (int i = 0; i < steps; i++) {
            freeAfter.add(new ArrayList<>());
        }
    }

    /** To be called step by step. */
    void place(Value value) {
        Slot slot = take(value.type, value.length());
        value.buffer = slots.indexOf(slot);
        int last = Math.max(value.dies, value.born);
        if (last >= 0) {
            freeAfter.get(last).add(slot);
        }
    }

    /** Gives the buffer of an input of a step to the step's output. */
    void handOn(Value input, Value output) {
        Slot slot = slots.get(input.buffer);
        freeAfter.get(input.dies).remove(slot);
        freeAfter.get(Math.max(output.dies, output.born)).add(slot);
        output.buffer = input.buffer;
    }

    /** Frees what died with this step, so that later steps can take it. */
    void endOfStep(int step) {
        free.addAll(freeAfter.get(step));
    }

    private Slot take(DataType type, long length) {
        Slot fitting = null;
        Slot largest = null;
        for (int i = free.size() - 1; i >= 0; i--) {
            Slot slot = free.get(i);
            if (slot.type != type) {
                continue;
            }
            if (slot.length >= length && (fitting == null || slot.length < fitting.length)) {
                fitting = slot;
            }
            if (largest == null || slot.length > largest.length) {
                largest = slot;
            }
        }
        Slot chosen = fitting != null ? fitting : largest;
        if (chosen == null) {
            chosen = new Slot(type, length);
            slots.add(chosen);
        } else {
            chosen.length = Math.max(chosen.length, length);
            free.remove(chosen);
        }
        return chosen;
    }

    List<INDArray> allocate() {
        List<INDArray> memory = new ArrayList<>();
        for (Slot slot : slots) {
            slot.memory = Nd4j.createUninitializedDetached(slot.type, slot.length);
            memory.add(slot.memory);
        }
        return memory;
    }

    /** An array in C order over the beginning of {@code memory}. */
    static INDArray over(INDArray memory, long[] shape) {
        long length = 1;
        for (long size : shape) {
            length *= size;
        }
        DataBuffer data = memory.data();
        // A buffer of exactly the array's length: code that asks data() sees no more than it may.
        DataBuffer exact = data.length() == length ? data : Nd4j.createBuffer(data, 0, length);
        return Nd4j.create(exact, shape, Nd4j.getStrides(shape, 'c'), 0, 'c', memory.dataType());
    }
}
