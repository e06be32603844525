package org.seglosses.samediff.op;

import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.imports.converters.ImportClassMapping;
import org.nd4j.linalg.env.EnvironmentalAction;

import java.util.List;
import java.util.Map;

/**
 * Makes the ops of this package known to ND4J by name.
 *
 * <p>ND4J finds this class as a service when it starts, so that saved graphs load in a fresh JVM
 * with nothing but this library on the class path. Without it ND4J says {@code No op known for hash
 * ... and name seglosses_...}.
 */
public final class JavaOps implements EnvironmentalAction {

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

    /** Registers the ops; called by ND4J's service loader. */
    public JavaOps() {
        Map<String, DifferentialFunction> known = ImportClassMapping.getOpNameMapping();
        for (JavaOp op : OPS) {
            known.putIfAbsent(op.opName(), op);
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
