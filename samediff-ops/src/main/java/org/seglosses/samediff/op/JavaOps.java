package org.seglosses.samediff.op;

import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.imports.converters.ImportClassMapping;
import org.nd4j.linalg.env.EnvironmentalAction;
import org.nd4j.linalg.factory.Nd4j;

import java.util.List;
import java.util.Map;

/**
 * Makes the ops of this package known to ND4J by name.
 *
 * <p>ND4J finds this class as a service when it starts, so that saved graphs load in a fresh JVM
 * with nothing but this library on the class path. Where ND4J lies in a parent class loader (an
 * application server, a plug-in) it may have started before this library was there. So each op that
 * is made registers all, and who loads a graph before any op was made calls {@link #register()}
 * first. Without it ND4J says {@code No op known for hash ... and name seglosses_...}.
 *
 * <p>ND4J knows one class for a name. Of two copies of this library in class loaders of their own
 * (an application that is deployed anew), the one that made an op last is the registered one, and
 * the other one is kept no more. A graph that is loaded or cloned then has the ops of that copy; it
 * computes the same, but a {@link org.seglosses.samediff.plan.GraphPlan} of the other copy refuses
 * it.
 */
public final class JavaOps implements EnvironmentalAction {

    /**
     * One op of each kind. In a class of its own, which is initialized once ND4J is: two threads
     * that start ND4J and make an op would else wait for each other.
     */
    private static final class Kinds {

        private static final List<JavaOp> OPS =
                List.of(
                        new Targets(),
                        new PixelWeights(),
                        new ValidValues(),
                        new ClassCoefficients(),
                        new CrossEntropySums(),
                        new CrossEntropyGradient(),
                        new NormalizedSums(),
                        new NormalizedSumsGradient(),
                        new TrueProbability(),
                        new HardCodes(),
                        new Probabilities(),
                        new ProbabilitiesGradient(),
                        new LovaszSums(),
                        new WeightedSums(),
                        new WeightedSumsGradient(),
                        new ElementMaps(),
                        new ElementSums(),
                        new ElementSumsGradient(),
                        new ElementMeans(),
                        new ElementMeansGradient(),
                        new ContourSums(),
                        new ContourSumsGradient(),
                        new RegionMaps(),
                        new RegionSums(),
                        new RegionSumsGradient(),
                        new RegionLosses(),
                        new RegionLossesGradient(),
                        new BoundarySums(),
                        new BoundarySumsGradient(),
                        new BoundaryScores(),
                        new BoundaryScoresGradient(),
                        new BoundaryTargets(),
                        new LovaszWeights(),
                        new DistanceWeights(),
                        new KthSmallest(),
                        new Addition(),
                        new GroupMean(),
                        new GroupMeanGradient());

        private static final String FIRST = OPS.get(0).opName();

        private Kinds() {}
    }

    /** Registers the ops; called by ND4J's service loader. */
    public JavaOps() {
        register();
    }

    /**
     * Registers the ops, unless it is these that ND4J knows. To be called before a graph is loaded
     * where ND4J has started without seeing this library.
     */
    public static void register() {
        // starts ND4J, if it has not
        Nd4j.getBackend();
        List<JavaOp> ops = Kinds.OPS;
        // null while the ops are made that are to be registered
        if (ops == null) {
            return;
        }
        Map<String, DifferentialFunction> known = ImportClassMapping.getOpNameMapping();
        if (known.get(Kinds.FIRST) == ops.get(0)) {
            return;
        }
        // ND4J's map is one for all class loaders
        synchronized (known) {
            for (JavaOp op : ops) {
                known.put(op.opName(), op);
            }
        }
    }

    @Override
    public String targetVariable() {
        return "SEGLOSSES_OPS";
    }

    @Override
    public void process(String value) {
        // the registration needs no variable: it happens when the service is loaded
    }
}
