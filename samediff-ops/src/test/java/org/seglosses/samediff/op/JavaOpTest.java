package org.seglosses.samediff.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.listeners.records.History;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.imports.converters.ImportClassMapping;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.learning.config.Sgd;

import java.io.File;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

/**
 * What every op does as a part of a graph: run, differentiate, be cloned, saved, loaded, trained.
 */
@Tag("smoke")
class JavaOpTest {

    static List<OpGraph> all() {
        return OpGraphs.all();
    }

    static List<OpGraph> trained() {
        return all().stream().filter(OpGraph::trained).toList();
    }

    @Test
    void noOpIsLeftOut() {
        Set<String> registered = new TreeSet<>();
        for (String name : ImportClassMapping.getOpNameMapping().keySet()) {
            if (name != null && name.startsWith(JavaOp.PREFIX)) {
                registered.add(name);
            }
        }
        Set<String> tested = new TreeSet<>();
        for (OpGraph graph : all()) {
            SameDiff built = graph.build();
            addNames(built, tested);
            if (graph.trained()) {
                built.createGradFunction();
                addNames(built.getFunction("grad"), tested);
            }
        }
        assertThat(tested).isEqualTo(registered).hasSizeGreaterThan(20);
    }

    private static void addNames(SameDiff graph, Set<String> names) {
        for (SameDiffOp op : graph.getOps().values()) {
            if (op.getOp() instanceof JavaOp) {
                names.add(op.getOp().opName());
            }
        }
    }

    /** The carrier hands on every type and shape that ops have. */
    @ParameterizedTest
    @MethodSource("all")
    void outputIsWhatTheOpComputes(OpGraph graph) {
        for (OpGraph each : List.of(graph, graph.firstImage())) {
            SameDiff built = each.build();
            INDArray output = built.outputSingle(each.values(), OpGraph.OUTPUT);
            JavaOp op = (JavaOp) built.getVariableOutputOp(OpGraph.OUTPUT);
            String[] names = built.getInputsForOp(op);
            INDArray[] inputs = new INDArray[names.length];
            for (int i = 0; i < names.length; i++) {
                inputs[i] = built.outputSingle(each.values(), names[i]);
            }
            INDArray expected = OpRun.of(op, inputs);
            assertThat(output.dataType()).isEqualTo(expected.dataType());
            assertThat(output.shape()).isEqualTo(expected.shape());
            assertThat(OpRun.bits(output)).isEqualTo(OpRun.bits(expected));
        }
    }

    @ParameterizedTest
    @MethodSource("trained")
    void gradientIsThatOfCentralDifferences(OpGraph graph) {
        boolean wide = graph.inputs()[0].dataType() == DataType.DOUBLE;
        SameDiff built = graph.build();
        INDArray gradient = gradient(built, graph);
        // in float, differences say little: compared with those of the same graph in double
        OpGraph exact =
                trained().stream()
                        .filter(g -> g.name().equals(graph.name().replace("FLOAT", "DOUBLE")))
                        .findFirst()
                        .orElseThrow();
        SameDiff differences = exact.build();
        INDArray weights = differences.getVariable(OpGraph.WEIGHTS).getArr();
        double scale = gradient.amaxNumber().doubleValue();
        assertThat(scale).isPositive();
        Random random = new Random(1);
        double step = 1e-5;
        for (int k = 0; k < 16; k++) {
            int i = random.nextInt((int) weights.length());
            double[] loss = new double[2];
            for (int side = 0; side < 2; side++) {
                weights.putScalar(i, side == 0 ? -step : step);
                loss[side] = differences.outputSingle(exact.values(), OpGraph.LOSS).getDouble(0);
            }
            weights.putScalar(i, 0);
            assertThat(gradient.getDouble(i))
                    .as("element %d", i)
                    .isCloseTo(
                            (loss[1] - loss[0]) / (2 * step), within((wide ? 1e-7 : 1e-4) * scale));
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void clonesDoTheSame(OpGraph graph) {
        SameDiff built = graph.build();
        SameDiff clone = built.dup();
        assertThat(OpRun.bits(clone.outputSingle(graph.values(), OpGraph.OUTPUT)))
                .isEqualTo(OpRun.bits(built.outputSingle(graph.values(), OpGraph.OUTPUT)));
        if (graph.trained()) {
            assertThat(OpRun.bits(gradient(clone, graph)))
                    .isEqualTo(OpRun.bits(gradient(built, graph)));
        }
    }

    @ParameterizedTest
    @MethodSource("trained")
    void trains(OpGraph graph) {
        SameDiff built = graph.build();
        TrainingConfig.Builder config =
                TrainingConfig.builder()
                        .updater(new Sgd(1e-3))
                        .minimize(OpGraph.LOSS)
                        .dataSetFeatureMapping(List.copyOf(graph.values().keySet()))
                        .markLabelsUnused();
        built.setTrainingConfig(config.build());
        MultiDataSet data = new MultiDataSet(graph.inputs(), new INDArray[0]);
        double before = built.outputSingle(graph.values(), OpGraph.LOSS).getDouble(0);
        for (int step = 0; step < 3; step++) {
            History history = built.fit(data);
            assertThat(history).isNotNull();
        }
        double after = built.outputSingle(graph.values(), OpGraph.LOSS).getDouble(0);
        assertThat(built.getVariable(OpGraph.WEIGHTS).getArr().amaxNumber().doubleValue())
                .isPositive();
        assertThat(after).isLessThan(before);
    }

    @Test
    void savedGraphsRunInAFreshJvm(@TempDir File folder) throws Exception {
        for (OpGraph graph : all()) {
            SavedGraphs.save(folder, graph);
        }
        SavedGraphs.run(folder);
        for (OpGraph graph : all()) {
            check(folder, graph);
        }
    }

    private static void check(File folder, OpGraph graph) throws IOException {
        SameDiff built = graph.build();
        INDArray output = built.outputSingle(graph.values(), OpGraph.OUTPUT);
        INDArray fresh = SavedGraphs.output(folder, graph);
        assertThat(fresh.dataType()).isEqualTo(output.dataType());
        assertThat(OpRun.bits(fresh)).as("%s", graph).isEqualTo(OpRun.bits(output));
        if (graph.trained()) {
            assertThat(OpRun.bits(SavedGraphs.gradient(folder, graph)))
                    .as("gradient of %s", graph)
                    .isEqualTo(OpRun.bits(gradient(built, graph)));
        }
    }

    private static INDArray gradient(SameDiff built, OpGraph graph) {
        return built.calculateGradients(graph.values(), OpGraph.WEIGHTS).get(OpGraph.WEIGHTS);
    }
}
