package org.seglosses.samediff.loss;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.samediff.FreshJvm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/** A graph with a loss, saved to a file: what a JVM that has never built one computes from it. */
@Tag("smoke")
class SavedLossesTest {

    private static final List<DataType> TYPES = List.of(DataType.FLOAT, DataType.DOUBLE);

    /** Parameters vary from draw to draw. */
    private static final int DRAWS = 3;

    /** A graph in which a loss is defined, and what goes into it. */
    private record Case(String name, SegmentationLoss loss, Sample sample, DataType type) {

        SameDiff graph() {
            SameDiff sd = SameDiff.create();
            Map<String, SDVariable> variables = new LinkedHashMap<>();
            inputs().forEach((input, array) -> variables.put(input, placeholder(sd, input, array)));
            loss.define(
                            sd,
                            "loss",
                            variables.get("labels"),
                            variables.get("logits"),
                            variables.get("mask"))
                    .markAsLoss();
            return sd;
        }

        /** The channels are known, since they tell the mode; the batch and the size are not. */
        private static SDVariable placeholder(SameDiff sd, String name, INDArray array) {
            long[] shape = new long[array.rank()];
            Arrays.fill(shape, -1);
            if (array.rank() == 4) {
                shape[1] = array.size(1);
            }
            return sd.placeHolder(name, array.dataType(), shape);
        }

        Map<String, INDArray> inputs() {
            Integer ignoreIndex = LossRun.ignoreIndex(loss);
            Map<String, INDArray> inputs = new LinkedHashMap<>();
            inputs.put("labels", sample.labels(DataType.INT32, ignoreIndex));
            inputs.put("logits", sample.logits(type));
            if (sample.needsMask(ignoreIndex)) {
                inputs.put("mask", sample.mask(DataType.FLOAT));
            }
            return inputs;
        }

        @Override
        public String toString() {
            return type + " " + loss;
        }
    }

    private static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (Subject subject : Subject.all()) {
            for (int seed = 0; seed < DRAWS; seed++) {
                Subject.Draw draw = subject.draw(seed, 3);
                for (DataType type : TYPES) {
                    cases.add(new Case("" + cases.size(), draw.loss(), draw.sample(), type));
                }
            }
        }
        return cases;
    }

    private static Set<Class<?>> definitions() {
        return new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackagesOf(SegmentationLoss.class)
                        .stream()
                        .filter(found -> found.isAssignableTo(SegmentationLoss.class))
                        .filter(found -> !found.isInterface())
                        .map(JavaClass::reflect)
                        .collect(Collectors.toSet());
    }

    @Test
    void noDefinitionIsLeftOut() {
        Set<Class<?>> saved = new HashSet<>();
        cases().forEach(each -> saved.add(each.loss.getClass()));
        assertThat(saved).isEqualTo(definitions());
    }

    @Test
    void aFreshJvmComputesTheSameBits(@TempDir Path folder) throws Exception {
        for (Case each : cases()) {
            each.graph().save(folder.resolve(each.name + ".graph").toFile(), true);
            for (Map.Entry<String, INDArray> input : each.inputs().entrySet()) {
                save(input.getValue(), folder.resolve(each.name + "." + input.getKey()));
            }
        }
        FreshJvm.End end = FreshJvm.run(SavedLossesTest.class, List.of(folder.toString()));
        assertThat(end.status()).as(end.text()).isZero();
        for (Case each : cases()) {
            Map<String, INDArray> expected = results(each.graph(), each.inputs());
            for (Map.Entry<String, INDArray> result : expected.entrySet()) {
                assertThat(bits(read(folder.resolve(each.name + ".fresh-" + result.getKey()))))
                        .as("%s of %s", result.getKey(), each)
                        .isEqualTo(bits(result.getValue()));
            }
        }
    }

    /** What docs/SAMEDIFF.md says of a class path without the library. */
    @Test
    void withoutTheLibraryNd4jNamesTheMissingOp(@TempDir Path folder) throws Exception {
        Case any = cases().get(0);
        any.graph().save(folder.resolve("any.graph").toFile(), true);
        FreshJvm.End end =
                FreshJvm.runWithoutTheLibrary(LoadsAGraph.class, List.of(folder.toString()));
        assertThat(end.status()).as(end.text()).isNotZero();
        assertThat(end.text())
                .contains(
                        "java.lang.IllegalStateException: No op known for hash: 0 and name"
                                + " seglosses_");
    }

    private static Map<String, INDArray> results(SameDiff graph, Map<String, INDArray> inputs) {
        Map<String, INDArray> results = new LinkedHashMap<>();
        results.put("loss", graph.outputSingle(inputs, "loss").dup());
        graph.createGradFunction("logits");
        results.put("gradient", graph.calculateGradients(inputs, "logits").get("logits"));
        return results;
    }

    private static void save(INDArray array, Path file) throws IOException {
        Nd4j.saveBinary(array, file.toFile());
    }

    private static INDArray read(Path file) throws IOException {
        return Nd4j.readBinary(file.toFile());
    }

    private static List<Long> bits(INDArray array) {
        return DoubleStream.of(Sample.doubles(array))
                .mapToObj(Double::doubleToRawLongBits)
                .toList();
    }

    /**
     * Runs in the fresh JVM: computes what each saved graph of a folder gives.
     *
     * @param arguments the folder
     */
    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        List<Path> graphs;
        try (Stream<Path> files = Files.list(folder)) {
            graphs = files.filter(file -> file.toString().endsWith(".graph")).toList();
        }
        for (Path graph : graphs) {
            String name = graph.getFileName().toString().replace(".graph", "");
            Map<String, INDArray> inputs = new LinkedHashMap<>();
            for (String input : List.of("labels", "logits", "mask")) {
                Path file = folder.resolve(name + "." + input);
                if (Files.exists(file)) {
                    inputs.put(input, read(file));
                }
            }
            SameDiff loaded = SameDiff.load(graph.toFile(), true);
            for (Map.Entry<String, INDArray> result : results(loaded, inputs).entrySet()) {
                save(result.getValue(), folder.resolve(name + ".fresh-" + result.getKey()));
            }
        }
    }

    /** Knows nothing of the library, as a user who has forgotten it. */
    static final class LoadsAGraph {

        public static void main(String[] arguments) {
            SameDiff.load(Path.of(arguments[0], "any.graph").toFile(), true);
        }
    }
}
