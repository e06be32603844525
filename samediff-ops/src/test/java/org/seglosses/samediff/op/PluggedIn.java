package org.seglosses.samediff.op;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.samediff.loss.Dice;
import org.seglosses.samediff.loss.Mode;
import org.seglosses.samediff.plan.GraphPlan;

import java.io.File;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * What an application does whose class loader has this library, and whose parent has ND4J. Called
 * by reflection, with types of the JDK alone.
 */
public final class PluggedIn {

    private static final int PIXELS = 4;

    private PluggedIn() {}

    private static INDArray logits() {
        double[] values = {0.5, -1, 2, 0.3, 0.1, 0.7, -1, 1.2};
        return Nd4j.create(values, new long[] {1, 2, 2, 2}, DataType.DOUBLE);
    }

    private static INDArray labels(double first) {
        double[] values = new double[PIXELS];
        values[0] = first;
        values[1] = 1;
        return Nd4j.create(values, new long[] {1, 1, 2, 2}, DataType.DOUBLE);
    }

    private static Map<String, INDArray> inputs() {
        return Map.of("labels", labels(0), "logits", logits());
    }

    private static SameDiff graph() {
        SameDiff sd = SameDiff.create();
        SDVariable y = sd.placeHolder("labels", DataType.DOUBLE, -1, 1, -1, -1);
        SDVariable z = sd.placeHolder("logits", DataType.DOUBLE, -1, 2, -1, -1);
        SDVariable scale = sd.var("scale", Nd4j.scalar(1.0));
        Dice.builder()
                .mode(Mode.MULTICLASS)
                .build()
                .define(sd, "loss", y, z.mul(scale))
                .markAsLoss();
        return sd;
    }

    private static double value(SameDiff sd) {
        return sd.outputSingle(inputs(), "loss").getDouble(0);
    }

    /** Makes a graph, and computes it, its gradient, a copy and what was saved of it. */
    public static void useAndSave(File file) {
        SameDiff sd = graph();
        double value = value(sd);
        same(value, value(sd.dup()));
        INDArray gradient = sd.calculateGradients(inputs(), "scale").get("scale");
        sd.save(file, true);
        SameDiff loaded = SameDiff.load(file, true);
        same(value, value(loaded));
        INDArray ofLoaded = loaded.calculateGradients(inputs(), "scale").get("scale");
        if (!gradient.equals(ofLoaded)) {
            throw new IllegalStateException(gradient + " and " + ofLoaded);
        }
        same(value, planned(graph()));
        System.out.println("value " + value);
    }

    private static double planned(SameDiff sd) {
        try (GraphPlan plan =
                GraphPlan.builder(sd)
                        .input("labels", DataType.DOUBLE, 1, 1, 2, 2)
                        .input("logits", DataType.DOUBLE, 1, 2, 2, 2)
                        .output("loss")
                        .build()) {
            return plan.run(inputs()).get("loss").getDouble(0);
        }
    }

    /** Loads a graph before any op was made. */
    public static void registerAndLoad(File file) {
        JavaOps.register();
        System.out.println("value " + value(SameDiff.load(file, true)));
    }

    /** Loads a graph, and makes a plan of it. */
    public static void loadAndPlan(File file) {
        SameDiff loaded = SameDiff.load(file, true);
        System.out.println("value " + value(loaded));
        try {
            System.out.println("planned " + planned(loaded));
        } catch (IllegalArgumentException e) {
            System.out.println("refused " + e.getMessage());
        }
    }

    /** Uses several threads, so that what fails later is not linked for the first time. */
    public static void useThreads() {
        int[] sum = new int[64];
        new Parallel(3, Thread::new).run(64, 4, i -> sum[i]++);
    }

    /** Fails for the first time, in tasks of several threads. */
    public static void failInThreads() {
        Callable<?> bad =
                () -> {
                    new Parallel(3, Thread::new)
                            .run(
                                    64,
                                    4,
                                    i -> {
                                        throw new IllegalStateException("task " + i);
                                    });
                    return null;
                };
        try {
            bad.call();
        } catch (Exception e) {
            System.out.println("thrown " + e.getMessage());
        }
    }

    private static void same(double expected, double actual) {
        if (expected != actual) {
            throw new IllegalStateException("expected " + expected + ", got " + actual);
        }
    }
}
