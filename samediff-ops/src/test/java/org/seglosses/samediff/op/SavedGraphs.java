package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.samediff.FreshJvm;

import java.io.File;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Loads saved graphs in a JVM that has not built any, runs them, and writes what comes out. */
final class SavedGraphs {

    private static final String GRAPH = ".graph";
    private static final String INPUT = ".input";

    private SavedGraphs() {}

    static void save(File folder, OpGraph graph) throws IOException {
        graph.build().save(new File(folder, graph.name() + GRAPH), true);
        INDArray[] inputs = graph.inputs();
        for (int i = 0; i < inputs.length; i++) {
            Nd4j.saveBinary(inputs[i], new File(folder, graph.name() + INPUT + i));
        }
    }

    /** Runs all saved graphs of a folder in one new JVM. */
    static void run(File folder) throws IOException, InterruptedException {
        FreshJvm.End end = FreshJvm.run(SavedGraphs.class, List.of(folder.getPath()));
        if (end.status() != 0) {
            throw new IOException(end.text());
        }
    }

    static INDArray output(File folder, OpGraph graph) throws IOException {
        return Nd4j.readBinary(new File(folder, graph.name() + "." + OpGraph.OUTPUT));
    }

    static INDArray gradient(File folder, OpGraph graph) throws IOException {
        return Nd4j.readBinary(new File(folder, graph.name() + "." + OpGraph.WEIGHTS));
    }

    /**
     * Runs in the new JVM.
     *
     * @param arguments the folder
     */
    public static void main(String[] arguments) throws IOException {
        File folder = new File(arguments[0]);
        for (String file : List.of(folder.list())) {
            if (!file.endsWith(GRAPH)) {
                continue;
            }
            String name = file.substring(0, file.length() - GRAPH.length());
            SameDiff graph = SameDiff.load(new File(folder, file), true);
            Map<String, INDArray> inputs = new HashMap<>();
            for (int i = 0; new File(folder, name + INPUT + i).exists(); i++) {
                inputs.put("input" + i, Nd4j.readBinary(new File(folder, name + INPUT + i)));
            }
            Nd4j.saveBinary(
                    graph.outputSingle(inputs, OpGraph.OUTPUT),
                    new File(folder, name + "." + OpGraph.OUTPUT));
            if (graph.hasVariable(OpGraph.LOSS)) {
                Nd4j.saveBinary(
                        graph.calculateGradients(inputs, OpGraph.WEIGHTS).get(OpGraph.WEIGHTS),
                        new File(folder, name + "." + OpGraph.WEIGHTS));
            }
        }
    }
}
