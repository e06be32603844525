package org.seglosses.examples.samediff;

import org.bytedeco.javacpp.Pointer;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.seglosses.samediff.plan.GraphPlan;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What SameDiff's session takes for a batch, and what a plan takes that runs the very same ops over
 * buffers which are allocated once. Times are milliseconds, the least of some rounds in which the
 * four take turns: what else the machine does only adds to them.
 *
 * @param fit a step of {@code sd.fit}: loss, gradients of all weights, Adam
 * @param gradients the loss and gradients of all weights by a plan
 * @param output the logits by {@code sd.output}
 * @param inference the logits by a plan
 * @param fitBytes memory of the process after some calls of {@code sd.fit} with a batch
 * @param planBytes all memory of the plan for the gradients
 */
record Costs(
        double fit,
        double gradients,
        double output,
        double inference,
        long fitBytes,
        long planBytes)
        implements Serializable {

    /** Trains on the batch, so it comes last. The graph has been trained before. */
    static Costs of(SameDiff net, DataSet batch, int rounds) {
        Map<String, INDArray> inputs = Score.inputs(batch);
        Map<String, INDArray> images = Map.of(Net.IMAGES, batch.getFeatures());
        double[][] millis = new double[4][rounds];
        for (int i = 0; i < rounds; i++) {
            net.fit(batch);
        }
        long fitBytes = Pointer.physicalBytes();
        SameDiff differentiated = net.getFunction("grad");
        try (GraphPlan gradients = Continuation.plan(differentiated, batch, gradients(net));
                GraphPlan inference =
                        GraphPlan.builder(net)
                                .input(
                                        Net.IMAGES,
                                        batch.getFeatures().dataType(),
                                        batch.getFeatures().shape())
                                .output(Net.LOGITS)
                                .build()) {
            for (int i = 0; i < rounds; i++) {
                millis[0][i] = millis(() -> net.fit(batch));
                millis[1][i] = millis(() -> gradients.run(inputs));
                millis[2][i] = millis(() -> net.output(images, Net.LOGITS));
                millis[3][i] = millis(() -> inference.run(images));
            }
            return new Costs(
                    least(millis[0]),
                    least(millis[1]),
                    least(millis[2]),
                    least(millis[3]),
                    fitBytes,
                    gradients.bytes());
        }
    }

    /** The share of a training step in which none of the graph's ops runs. */
    double share() {
        return 1 - gradients / fit;
    }

    private static String[] gradients(SameDiff net) {
        List<String> names = new ArrayList<>(List.of(Net.LOSS));
        for (SDVariable variable : net.variables()) {
            if (variable.getVariableType() == VariableType.VARIABLE) {
                names.add(variable.getGradient().name());
            }
        }
        return names.toArray(String[]::new);
    }

    private static double millis(Runnable step) {
        long start = System.nanoTime();
        step.run();
        return (System.nanoTime() - start) / 1e6;
    }

    private static double least(double[] values) {
        return Arrays.stream(values).min().orElseThrow();
    }
}
