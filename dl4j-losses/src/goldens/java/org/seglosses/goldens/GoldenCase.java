package org.seglosses.goldens;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;

/** One run of an original loss: its arguments, its input, and what came out. */
public final class GoldenCase {

    private final Path directory;
    private final JsonNode json;

    private GoldenCase(Path directory) {
        this.directory = directory;
        try {
            this.json = new ObjectMapper().readTree(directory.resolve("case.json").toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Reads the cases of a directory.
     *
     * @param root the directory, or the one above its {@code cases}
     * @return the cases in the order of their names
     * @throws IOException if the directory cannot be read
     */
    public static List<GoldenCase> all(Path root) throws IOException {
        Path cases = Files.isDirectory(root.resolve("cases")) ? root.resolve("cases") : root;
        try (Stream<Path> entries = Files.list(cases)) {
            return entries.filter(entry -> Files.exists(entry.resolve("case.json")))
                    .sorted()
                    .map(GoldenCase::new)
                    .toList();
        }
    }

    /**
     * The name of the case.
     *
     * @return the name
     */
    public String id() {
        return json.get("id").asText();
    }

    /**
     * The name of the original loss.
     *
     * @return the name
     */
    public String loss() {
        return json.get("loss").asText();
    }

    /** An argument of constructor or call, or null. */
    JsonNode argument(String name) {
        JsonNode value = json.get("constructor").get(name);
        return value == null ? json.get("forward_args").get(name) : value;
    }

    /** The names of all arguments that were given. */
    List<String> arguments() {
        return Stream.of("constructor", "forward_args")
                .flatMap(
                        part -> {
                            Iterator<String> names = json.get(part).fieldNames();
                            return Stream.iterate(
                                    names.hasNext() ? names.next() : null,
                                    name -> name != null,
                                    name -> names.hasNext() ? names.next() : null)
                                    .toList()
                                    .stream();
                        })
                .toList();
    }

    boolean onProbabilities() {
        return json.get("input_kind").asText().equals("probabilities");
    }

    long channels() {
        return npy("logits.npy").shape[1];
    }

    long pixels() {
        long[] shape = npy("logits.npy").shape;
        return shape[0] * shape[2] * shape[3];
    }

    /** Whether the original came to a value. */
    boolean expectsValue() {
        return json.get("compare").get("expect").asText().equals("value");
    }

    double value() {
        return json.get("compare").get("loss").asDouble();
    }

    double[] gradient() {
        return doubles(json.get("compare").get("grad").asText());
    }

    /**
     * What a run in a type may give: the gradient, and for FLOAT with ties the original's own float
     * run too, where rounding may have sent a gradient to the other of two that are nearly equal.
     */
    List<double[]> gradients(DataType type) {
        String float32 = "grad32.npy";
        boolean both = type == DataType.FLOAT && Files.exists(directory.resolve(float32));
        return both ? List.of(gradient(), doubles(float32)) : List.of(gradient());
    }

    /** Whether an element's gradient is arbitrary, in double or in float. */
    boolean[] unstable(DataType type) {
        boolean[] unstable = new boolean[Math.toIntExact(logits(type).length())];
        JsonNode mask = json.get("compare").get("ignore_mask");
        if (mask != null && !mask.isNull()) {
            double[] bits = doubles(mask.asText());
            for (int i = 0; i < bits.length; i++) {
                unstable[i] = ((int) bits[i] & (type == DataType.DOUBLE ? 1 : 3)) != 0;
            }
        }
        return unstable;
    }

    INDArray logits(DataType type) {
        Npy npy = npy("logits.npy");
        return Nd4j.createFromArray(npy.values).reshape('c', npy.shape).castTo(type);
    }

    INDArray labels() {
        Npy npy = npy("labels.npy");
        long[] shape = npy.shape;
        if (json.get("labels").get("passed_layout").asText().equals("N1HW")) {
            shape = new long[] {shape[0], 1, shape[1], shape[2]};
        }
        DataType type =
                json.get("labels").get("passed_dtype").asText().equals("float")
                        ? DataType.FLOAT
                        : DataType.INT64;
        return Nd4j.createFromArray(npy.values).reshape('c', shape).castTo(type);
    }

    private double[] doubles(String file) {
        return npy(file).values;
    }

    private record Npy(long[] shape, double[] values) {}

    private Npy npy(String file) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(directory.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int headerLength = buffer.getShort(8);
        String header = new String(bytes, 10, headerLength, StandardCharsets.US_ASCII);
        String type = header.replaceAll(".*'descr': *'([^']*)'.*", "$1").trim();
        String dimensions = header.replaceAll(".*'shape': *\\(([^)]*)\\).*", "$1").trim();
        long[] shape =
                Arrays.stream(dimensions.split(","))
                        .map(String::trim)
                        .filter(text -> !text.isEmpty())
                        .mapToLong(Long::parseLong)
                        .toArray();
        double[] values = new double[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
        buffer.position(10 + headerLength);
        for (int i = 0; i < values.length; i++) {
            values[i] =
                    switch (type) {
                        case "<f4" -> buffer.getFloat();
                        case "<f8" -> buffer.getDouble();
                        case "<i4" -> buffer.getInt();
                        case "|u1" -> buffer.get() & 0xff;
                        default -> throw new IllegalArgumentException("type " + type);
                    };
        }
        return new Npy(shape, values);
    }

    @Override
    public String toString() {
        return id();
    }
}
