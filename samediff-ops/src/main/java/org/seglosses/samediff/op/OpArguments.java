package org.seglosses.samediff.op;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

import java.util.Arrays;
import java.util.List;

/**
 * What an op was given, for the op to state its rules: they hold for ops that a graph was loaded
 * with as for those that were built. What breaks a rule is an {@code IllegalArgumentException} that
 * names the op, the argument, the rule and the value.
 */
final class OpArguments {

    /** The types that kernels compute in. */
    static final List<DataType> FLOATING = List.of(DataType.FLOAT, DataType.DOUBLE);

    /** What an op says of a size that may be any. */
    static final long ANY = -1;

    private final String op;
    private final long[] integers;
    private final double[] reals;
    private final boolean[] booleans;

    /** Null as long as an op is built or loaded. */
    private final INDArray[] inputs;

    private String[] integerNames = {};
    private String[] realNames = {};
    private String[] inputNames = {};

    OpArguments(String op, long[] integers, double[] reals, boolean[] booleans, INDArray[] inputs) {
        this.op = op;
        this.integers = integers;
        this.reals = reals;
        this.booleans = booleans;
        this.inputs = inputs;
    }

    // ---- how many there are

    /** Integers of these names; those from the place {@code least} on may be left out. */
    OpArguments integers(int least, String... names) {
        integerNames = names;
        requireCount("integer", integers.length, least, names.length, names, integers);
        return this;
    }

    /** Integers of these names, and any number of a list after them. */
    OpArguments integersAndMore(String list, String... names) {
        integerNames = withList(names, list);
        int count = integers.length;
        requireCount("integer", count, names.length, Integer.MAX_VALUE, integerNames, integers);
        return this;
    }

    /** Reals of these names, all of them. */
    OpArguments reals(String... names) {
        return reals(names.length, names);
    }

    /** Reals of these names; those from the place {@code least} on may be left out. */
    OpArguments reals(int least, String... names) {
        realNames = names;
        requireCount("real", reals.length, least, names.length, names, reals);
        return this;
    }

    /** Reals of these names, and a list of weights after them, finite and not negative. */
    OpArguments realsAndWeights(String list, String... names) {
        realNames = withList(names, list);
        requireCount("real", reals.length, names.length, Integer.MAX_VALUE, realNames, reals);
        for (int i = names.length; i < reals.length; i++) {
            notNegative(i);
        }
        return this;
    }

    /** Inputs of these names; those from the place {@code least} on may be left out. */
    OpArguments inputs(int least, String... names) {
        inputNames = names;
        if (booleans.length != 0) {
            throw new IllegalArgumentException(
                    op + " must have no boolean arguments, got " + Arrays.toString(booleans));
        }
        if (inputs != null) {
            String[] shapes = new String[inputs.length];
            for (int i = 0; i < shapes.length; i++) {
                shapes[i] = shown(inputs[i]);
            }
            requireCount("input", inputs.length, least, names.length, names, shapes);
        }
        return this;
    }

    /** Whether the last input is added to the output, as the only boolean argument says. */
    boolean hasAddend() {
        if (booleans.length > 1 || booleans.length == 1 && !booleans[0]) {
            throw new IllegalArgumentException(
                    op
                            + " must have no boolean argument, or addend = true, got "
                            + Arrays.toString(booleans));
        }
        return booleans.length == 1;
    }

    /** The same but for the last input. */
    OpArguments withoutAddend() {
        if (inputs != null && inputs.length == 0) {
            throw new IllegalArgumentException(op + " must have the input addend, got none");
        }
        return new OpArguments(
                op,
                integers,
                reals,
                new boolean[0],
                inputs == null ? null : Arrays.copyOf(inputs, inputs.length - 1));
    }

    /** The last input, which is added to an output of a type and shape. */
    void addend(DataType type, long[] shape) {
        int last = inputs.length - 1;
        inputNames = new String[inputs.length];
        inputNames[last] = "addend";
        input(last, List.of(type), shape);
    }

    // ---- integers

    int countOfIntegers() {
        return integers.length;
    }

    int countOfReals() {
        return reals.length;
    }

    /** A number from {@code least} to {@code most}. */
    int integer(int i, long least, long most) {
        requireInteger(
                i,
                integers[i] >= least && integers[i] <= most,
                least == most ? "" + least : "from " + least + " to " + most);
        return (int) integers[i];
    }

    /** A number that stands for one of so many choices. */
    int code(int i, int count) {
        return integer(i, 0, count - 1);
    }

    boolean flag(int i) {
        return integer(i, 0, 1) != 0;
    }

    /** What is there only to say yes. */
    OpArguments yes(int i) {
        if (i < integers.length) {
            integer(i, 1, 1);
        }
        return this;
    }

    void window(int i) {
        long window = integers[i];
        requireInteger(
                i,
                window >= 3 && window % 2 == 1 && window <= Integer.MAX_VALUE,
                "odd and from 3 to " + Integer.MAX_VALUE);
    }

    /**
     * Class indices from a place on, of which there are {@code channels}, {@link #ANY} for many.
     */
    void classes(int from, long channels) {
        long end = channels < 0 ? Integer.MAX_VALUE : channels;
        for (int i = from; i < integers.length; i++) {
            requireInteger(
                    i,
                    integers[i] >= 0 && integers[i] < end,
                    channels < 0 ? "at least 0" : "from 0 to " + (channels - 1));
        }
    }

    void requireInteger(int i, boolean holds, String rule) {
        if (!holds) {
            refuse(name(integerNames, i), rule, integers[i]);
        }
    }

    // ---- reals

    void notNegative(int i) {
        requireReal(i, reals[i] >= 0 && Double.isFinite(reals[i]), "finite and not negative");
    }

    void finite(int i) {
        requireReal(i, Double.isFinite(reals[i]), "finite");
    }

    void positive(int i) {
        requireReal(i, reals[i] > 0 && Double.isFinite(reals[i]), "finite and above 0");
    }

    void share(int i) {
        requireReal(i, reals[i] >= 0 && reals[i] <= 1, "from 0 to 1");
    }

    double real(int i) {
        return reals[i];
    }

    void requireReal(int i, boolean holds, String rule) {
        if (!holds) {
            refuse(name(realNames, i), rule, reals[i]);
        }
    }

    /** Weights from a place on: none, or one for each channel, {@link #ANY} for not yet known. */
    void weightOfEach(int from, long channels) {
        int count = reals.length - from;
        if (channels >= 0 && count != 0 && count != channels) {
            refuse(
                    name(realNames, from),
                    "none or one for each of " + channels + " channels",
                    count + " of them for " + shown(inputs[0]));
        }
    }

    // ---- inputs

    /** The inputs, or null as long as they are not known. */
    INDArray[] inputs() {
        return inputs;
    }

    /** How many inputs there are; none as long as they are not known. */
    int countOfInputs() {
        return inputs == null ? 0 : inputs.length;
    }

    /** The elements of an input, {@link #ANY} for not yet known. */
    long elements(int input) {
        return inputs == null ? ANY : inputs[input].length();
    }

    /** The size of an input, {@link #ANY} for not yet known. */
    long size(int input, int dimension) {
        boolean known = inputs != null && dimension < inputs[input].rank();
        return known ? inputs[input].size(dimension) : ANY;
    }

    /** The type of an input as the only choice; all floating ones if it is not yet known. */
    List<DataType> typeOf(int input) {
        return inputs == null ? FLOATING : List.of(inputs[input].dataType());
    }

    /** The type of bits of numbers of the type of an input. */
    List<DataType> bitsOf(int input) {
        return inputs == null ? FLOATING : List.of(Maps.type(inputs[input].dataType()));
    }

    /** An input of one of some types (none for any), and a shape. */
    OpArguments input(int i, List<DataType> types, long... shape) {
        if (inputs == null) {
            return this;
        }
        long[] actual = inputs[i].shape();
        boolean fits = actual.length == shape.length;
        for (int d = 0; fits && d < shape.length; d++) {
            fits = shape[d] == ANY || shape[d] == actual[d];
        }
        if (!fits || !types.isEmpty() && !types.contains(inputs[i].dataType())) {
            String sizes = Arrays.toString(shape).replace("-1", "any");
            refuse(inputNames[i], named(types) + "of shape " + sizes, shown(inputs[i]));
        }
        return this;
    }

    /** An input of one of some types that has so many elements, in any shape. */
    OpArguments length(int i, List<DataType> types, long length) {
        if (inputs != null
                && (length != ANY && inputs[i].length() != length
                        || !types.contains(inputs[i].dataType()))) {
            String count = length == ANY ? "" : "with elements: " + length;
            refuse(inputNames[i], named(types) + count, shown(inputs[i]));
        }
        return this;
    }

    /** Predictions, or what is as they are: {@code [N,C,H,W]}, FLOAT or DOUBLE. */
    OpArguments predictions(int i) {
        return input(i, FLOATING, ANY, ANY, ANY, ANY);
    }

    /** What has the type and shape of predictions that are input 0. */
    OpArguments likePredictions(int i) {
        return input(i, typeOf(0), size(0, 0), size(0, 1), size(0, 2), size(0, 3));
    }

    /** An input that has some channels at least, if it is known. */
    void channels(int i, long least) {
        if (inputs != null && inputs[i].size(1) < least) {
            refuse(inputNames[i], "of at least " + least + " channels", shown(inputs[i]));
        }
    }

    /** Codes of {@link Targets} that go with predictions that are an input. */
    OpArguments codes(int i, int predictions) {
        return input(
                i,
                List.of(DataType.INT32),
                size(predictions, 0),
                ANY,
                size(predictions, 2),
                size(predictions, 3));
    }

    /** The maps of predictions that are input 0. */
    OpArguments maps(int i, int columns) {
        if (inputs == null) {
            return this;
        }
        long length = new Maps(inputs[0].shape(), columns).length(inputs[0].dataType());
        return input(i, bitsOf(0), length);
    }

    private static String named(List<DataType> types) {
        StringBuilder named = new StringBuilder();
        for (DataType type : types) {
            named.append(named.length() == 0 ? "" : "or ").append(type).append(' ');
        }
        return named.toString();
    }

    private static String shown(INDArray input) {
        return input.dataType() + " " + Arrays.toString(input.shape());
    }

    private static String[] withList(String[] names, String list) {
        String[] all = Arrays.copyOf(names, names.length + 1);
        all[names.length] = list;
        return all;
    }

    /** The last name is that of all the arguments of a list. */
    private static String name(String[] names, int i) {
        return names[Math.min(i, names.length - 1)];
    }

    private void requireCount(
            String kind, int count, int least, int most, String[] names, Object given) {
        if (count >= least && count <= most) {
            return;
        }
        String rule =
                least == most
                        ? "" + least
                        : most == Integer.MAX_VALUE
                                ? "at least " + least
                                : "from " + least + " to " + most;
        String values =
                given instanceof long[] all
                        ? Arrays.toString(all)
                        : given instanceof double[] all
                                ? Arrays.toString(all)
                                : Arrays.toString((Object[]) given);
        throw new IllegalArgumentException(
                op
                        + " must have "
                        + rule
                        + " "
                        + kind
                        + (kind.equals("input") ? "s " : " arguments ")
                        + Arrays.toString(names)
                        + ", got "
                        + count
                        + ": "
                        + values);
    }

    void refuse(String argument, String rule, Object value) {
        throw new IllegalArgumentException(
                op + ": " + argument + " must be " + rule + ", got " + value);
    }
}
