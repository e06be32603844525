package org.seglosses.samediff.plan;

import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** One value of the graph: its type and shape, and the array that holds it in the current run. */
final class Value {

    /** Where the array of a value comes from. */
    enum Source {
        /** Given to each run by the caller. */
        INPUT,
        /** A trainable variable of the graph, whose array belongs to the graph. */
        VARIABLE,
        /** A constant of the graph, or folded when the plan was built. */
        STATIC,
        /** Written by a step of the plan. */
        STEP
    }

    final String name;
    final Source source;
    final DataType type;
    final long[] shape;

    /** Steps that read or write this value: they rebind when its array changes. */
    final List<Step> users = new ArrayList<>();

    /** Index of the step that writes this value; -1 if it is there before the first. */
    int born = -1;

    /** Index of the last step that reads it; -1 if none does. */
    int dies = -1;

    /** The number of the planned buffer, or -1 if the value has none. */
    int buffer = -1;

    /**
     * The array that the plan itself has for this value; null for a variable, and for an input as
     * long as each array that was given could be read in place.
     */
    INDArray planned;

    /** Values that lie in this one's array before it does: each is overwritten by the next. */
    final List<Value> before = new ArrayList<>();

    private INDArray bound;
    private DataBuffer boundData;
    private DataBuffer boundShape;

    Value(String name, Source source, DataType type, long[] shape) {
        this.name = name;
        this.source = source;
        this.type = type;
        this.shape = shape.clone();
    }

    static Value ofStatic(String name, INDArray array) {
        Value value = new Value(name, Source.STATIC, array.dataType(), array.shape());
        value.planned = array;
        value.bind(array);
        return value;
    }

    boolean isStatic() {
        return source == Source.STATIC;
    }

    INDArray array() {
        return bound;
    }

    /**
     * Makes {@code array} hold this value. An array object can get other memory or another shape in
     * place, so the object's identity alone does not say that nothing changed.
     */
    void bind(INDArray array) {
        if (array == bound
                && array.data() == boundData
                && array.shapeInfoDataBuffer() == boundShape) {
            return;
        }
        // noted last: if the heap is full on the way, the next run must not find it bound
        bound = null;
        for (Step step : users) {
            step.release();
        }
        before.forEach(value -> value.bind(array));
        boundData = array.data();
        boundShape = array.shapeInfoDataBuffer();
        bound = array;
    }

    /** Forgets the array here and in all steps. */
    void unbind() {
        if (bound == null) {
            return;
        }
        bound = null;
        boundData = null;
        boundShape = null;
        for (Step step : users) {
            step.release();
        }
        before.forEach(Value::unbind);
    }

    /** Whether the memory of this value, an input of a step, can become that of the output. */
    boolean canBecome(Value output, Step step) {
        return source == Source.STEP
                && dies == output.born
                && type == output.type
                && Arrays.equals(shape, output.shape)
                && Collections.frequency(step.inputs, this) == 1;
    }

    long length() {
        long length = 1;
        for (long size : shape) {
            length *= size;
        }
        return length;
    }

    @Override
    public String toString() {
        return name + " " + type + Arrays.toString(shape);
    }
}
